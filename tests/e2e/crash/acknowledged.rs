//! `kill -9` at moments that nobody chose: what a command said that it did is in the log, and nothing is half there.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use systemprompt_tests::{LogFile, Sandbox, binary, seed};

const ROUNDS: u32 = 50;
/// For the first acknowledgement, on the worst of days.
const FIRST: Duration = Duration::from_mins(1);
/// One tenant and the other, for ever.
const WRITER: &str =
    r#"while "$0" cloud tenant select "$1" --json && "$0" cloud tenant select "$2" --json; do :; done"#;
const TENANTS: [&str; 2] = ["local_19bff27604c", "999bc654-9a64-49bc-98be-db976fc84e76"];

/// A shell that writes without an end, in a process group of its own.
struct Writer {
    shell: Child,
    said: Receiver<String>,
}

impl Writer {
    fn start(sandbox: &Sandbox, tenants: [&str; 2]) -> Writer {
        let program = binary().display().to_string();
        let mut command = sandbox.prepare(Command::new("sh"), ["-c", WRITER, &program, tenants[0], tenants[1]]);
        let mut shell = command.process_group(0).spawn().expect("a shell runs");
        let lines = BufReader::new(shell.stdout.take().expect("it is piped")).lines();
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Writer { shell, said }
    }

    /// Lets it write for so long after its first acknowledgement, and kills all of it: the tenants that it said are selected.
    fn killed_after(mut self, time: Duration) -> Vec<String> {
        let mut said = vec![];
        // An acknowledgement ends with a brace of its own line.
        while said.last().is_none_or(|line| line != "}") {
            said.push(self.said.recv_timeout(FIRST).expect("the writer writes"));
        }
        let end = Instant::now() + time;
        let more = || self.said.recv_timeout(end.saturating_duration_since(Instant::now())).ok();
        said.extend(std::iter::from_fn(more));
        let group = i32::try_from(self.shell.id()).ok().and_then(Pid::from_raw).expect("a process has an id");
        kill_process_group(group, Signal::KILL).expect("it is there");
        self.shell.wait().expect("a child can be waited for");
        // What stands in the pipe was said as well.
        said.extend(self.said.iter());
        selected(&said.join("\n"))
    }
}

/// The tenants of acknowledgements; of one that was cut off none.
fn selected(said: &str) -> Vec<String> {
    let documents = serde_json::Deserializer::from_str(said).into_iter::<serde_json::Value>();
    let tenant = |document: serde_json::Value| document["data"]["selected"].as_str().map(str::to_owned);
    documents.map_while(Result::ok).filter_map(tenant).collect()
}

#[test]
fn what_was_acknowledged_is_in_the_log_whenever_its_writer_is_killed() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    let mut before = vec![TENANTS[0].to_owned()];
    for round in 0..ROUNDS {
        let mut next = TENANTS;
        // What is selected already would be no event.
        if before.last().is_some_and(|last| last == next[0]) {
            next.reverse();
        }
        let said = Writer::start(&sandbox, next).killed_after(Duration::from_micros(u64::from(round) * 1_700));
        let mut log = LogFile::open(&sandbox.file("log.db"));
        let of_type = "select json_extract(payload, '$.tenant') from events where type = 'TenantSelected'";
        let logged = log.texts(&format!("{of_type} order by position"));
        log.close();
        let acknowledged = [before, said].concat();
        let unsaid = logged.strip_prefix(acknowledged.as_slice());
        // One may be on the disk whose command was killed before it could say so.
        assert!(unsaid.is_some_and(|unsaid| unsaid.len() < 2), "round {round}: {acknowledged:?} and {logged:?}");
        sandbox.say("history verify").ok();
        before = logged;
    }
    assert!(before.len() > ROUNDS as usize, "{} events", before.len());
}
