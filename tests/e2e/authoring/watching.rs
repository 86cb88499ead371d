//! `--watch`: a round whenever a source changes, until somebody stops it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use systemprompt_tests::{Running, Sandbox};

use super::{change, with_rust};

/// A round on a loaded machine compiles a package and tries each promise.
const ROUND_MAX: Duration = Duration::from_mins(3);

/// The program while it watches, and all lines that it says.
struct Watching {
    running: Running,
    lines: Receiver<String>,
}

impl Watching {
    fn start(sandbox: &Sandbox, line: &str) -> Watching {
        let mut command = sandbox.command(line.split_whitespace());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = sandbox.start(command);
        let (say, lines) = mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(running.child.stdout.take().expect("a pipe")),
            Box::new(running.child.stderr.take().expect("a pipe")),
        ];
        for stream in streams {
            let say = say.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let _nobody_asks_any_more = say.send(line);
                }
            });
        }
        Watching { running, lines }
    }

    /// Reads on until a line has this in it; all lines by then.
    fn hear(&self, text: &str) -> String {
        let (mut said, until) = (String::new(), Instant::now() + ROUND_MAX);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("`{text}` was not said: {said}"));
            said.push_str(&line);
            said.push('\n');
            if line.contains(text) {
                return said;
            }
        }
    }

    /// Ctrl-C; the exit code.
    fn interrupt(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.running.child), Signal::INT).expect("it runs");
        self.running.child.wait().expect("it ends").code()
    }
}

fn begun() -> (Sandbox, PathBuf) {
    let sandbox = with_rust();
    sandbox.say("plugin new acme-postgres").ok();
    let code = sandbox.project().join("acme-postgres/src/lib.rs");
    (sandbox, code)
}

#[test]
fn a_build_begins_again_when_a_source_changes_and_a_mistake_does_not_end_it() {
    let (sandbox, code) = begun();
    let watching = Watching::start(&sandbox, "plugin build acme-postgres --watch");
    watching.hear("built `acme-postgres/acme-postgres.wasm`, ");
    // What the build has written, and what is no source, begins no round: the next one is about the mistake.
    fs::write(code.with_file_name("lib.rs~"), "an editor's").expect("a file can be written");
    change(&code, "fn probe()", "fn prob()");
    let said = watching.hear("waiting for a change");
    assert!(said.contains("error[E0407]") && said.contains("it failed after ") && !said.contains("built `"), "{said}");
    change(&code, "fn prob()", "fn probe()");
    watching.hear("built `acme-postgres/acme-postgres.wasm`, ");
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn a_test_begins_again_when_a_source_changes_and_says_what_is_broken() {
    let (sandbox, code) = begun();
    let watching = Watching::start(&sandbox, "plugin test acme-postgres --watch");
    let said = watching.hear("waiting for a change");
    assert!(said.contains("24 promises kept, 0 broken, 0 not tried (") && !said.contains("BROKEN"), "{said}");
    change(&code, ".undo(server.dropping_role(&role))", "");
    let said = watching.hear("waiting for a change");
    assert!(said.contains("BROKEN     leaves nothing when any call of it fails"), "{said}");
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn what_is_no_project_is_not_watched() {
    let sandbox = with_rust();
    let empty = sandbox.say("plugin build --watch --json").exits(3);
    assert_eq!(empty.error_code(), "not-a-plugin-project");
    assert_eq!(sandbox.say("plugin test native --watch --json").exits(3).error_code(), "not-a-plugin-project");
    assert_eq!(sandbox.say("plugin test native --watch --junit report.xml").exits(2).stdout, "");
}
