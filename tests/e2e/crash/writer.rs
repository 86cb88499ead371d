//! A writer without an end, whose acknowledgements are kept until it is stopped.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use systemprompt_tests::{LogFile, Sandbox, binary};

/// For the first acknowledgement, on the worst of days.
const FIRST: Duration = Duration::from_mins(1);
/// One tenant and the other, for ever.
const WRITER: &str =
    r#"while "$0" cloud tenant select "$1" --json && "$0" cloud tenant select "$2" --json; do :; done"#;
pub(super) const TENANTS: [&str; 2] = ["local_19bff27604c", "999bc654-9a64-49bc-98be-db976fc84e76"];

/// What it selects in turn: another tenant than the one that was selected last, for what is selected already would be no
/// event.
pub(super) fn next(selected: &[String]) -> [&'static str; 2] {
    let [one, other] = TENANTS;
    if selected.last().is_some_and(|last| last == one) { [other, one] } else { [one, other] }
}

/// The tenants that were selected, by the log.
pub(super) fn logged(sandbox: &Sandbox) -> Vec<String> {
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let of_type = "select json_extract(payload, '$.tenant') from events where type = 'TenantSelected'";
    let logged = log.texts(&format!("{of_type} order by position"));
    log.close();
    logged
}

/// A shell that writes without an end, in a process group of its own.
pub(super) struct Writer {
    shell: Child,
    said: Receiver<String>,
}

impl Writer {
    pub(super) fn start(sandbox: &Sandbox, tenants: [&str; 2]) -> Writer {
        let program = binary().display().to_string();
        let mut command = sandbox.prepare(Command::new("sh"), ["-c", WRITER, &program, tenants[0], tenants[1]]);
        let mut shell = command.process_group(0).spawn().expect("a shell runs");
        let lines = BufReader::new(shell.stdout.take().expect("it is piped")).lines();
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Writer { shell, said }
    }

    /// Lets it write for so long after its first acknowledgement, lets `cut` happen, and kills all of it: the tenants that
    /// it said are selected.
    pub(super) fn stopped_after(mut self, time: Duration, cut: impl FnOnce()) -> Vec<String> {
        let mut said = vec![];
        // An acknowledgement ends with a brace of its own line.
        while said.last().is_none_or(|line| line != "}") {
            said.push(self.said.recv_timeout(FIRST).expect("the writer writes"));
        }
        let end = Instant::now() + time;
        let more = || self.said.recv_timeout(end.saturating_duration_since(Instant::now())).ok();
        said.extend(std::iter::from_fn(more));
        cut();
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
