//! `cargo xtask test`: makes the machine ready, runs every test and adds up what the runners say.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::image;
use crate::javascript;
use crate::options::Options;
use crate::places;
use crate::prism;
use crate::process::{Failure, Outcome, cargo, run as run_program};
use crate::python;
use crate::registry;
use crate::setup;
use crate::toolchain;
use crate::zig;

/// The longest tests take some minutes, on two cores that compile beside them.
const QUIET_MAX: Duration = Duration::from_mins(15);

pub(crate) fn run(options: &Options) -> Outcome {
    let machine = setup::ensure(options)?;
    println!("toolchain: {}", toolchain::ensure(options)?);
    // `cargo test` leaves out a program whose own package has no integration tests; ours has them in another.
    let profile = before_the_tests_own(&options.rest).find(|argument| *argument == "--release" || *argument == "-r");
    let mut build = cargo();
    // In the scope of the tests, for another one may choose other features and compile everything twice.
    build.arg("build").args(scope(&options.rest).map_or(&["-p", "systemprompt-host"][..], |_| &["--workspace"]));
    build.args(profile);
    run_program(build.current_dir(places::repository()).env("CARGO_TARGET_DIR", places::target()?))?;
    let mut command = cargo();
    // One test that fails says nothing of those behind it.
    command.args(["test", "--no-fail-fast"]).args(scope(&options.rest)).args(&options.rest);
    if machine.has_docker {
        println!("image: {}", image::ensure(options)?);
        command.env("SYSTEMPROMPT_TEST_IMAGE", image::TAG);
    }
    if let Some(program) = registry::ensure(options)? {
        command.env("SYSTEMPROMPT_TEST_REGISTRY", program);
    }
    if let Some(program) = prism::ensure(options)? {
        command.env("SYSTEMPROMPT_TEST_PRISM", program);
    }
    if let Some(dir) = javascript::ensure(options)? {
        command.env("SYSTEMPROMPT_TEST_COMPONENTIZE_JS", dir);
    }
    if let Some(dir) = python::ensure(options)? {
        command.env("SYSTEMPROMPT_TEST_COMPONENTIZE_PY", dir);
    }
    if let Some(dir) = zig::ensure(options)? {
        command.env("SYSTEMPROMPT_TEST_ZIG", dir);
    }
    if std::env::var_os("RUST_TEST_THREADS").is_none() {
        command.env("RUST_TEST_THREADS", at_once().to_string());
    }
    command.current_dir(places::repository()).env("CARGO_TARGET_DIR", places::target()?);
    let (tally, passed) = follow(&mut command)?;
    println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    if passed { Ok(()) } else { Err(Failure::new("not every test passed; see above")) }
}

/// Tests at a time. Most of a test is waiting: for a server that starts, for a disk, and for the engine or the directory that
/// one test has at a time.
fn at_once() -> usize {
    2 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// All of the workspace, unless a package was named.
fn scope(arguments: &[String]) -> Option<&'static str> {
    let named =
        before_the_tests_own(arguments).any(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    (!named).then_some("--workspace")
}

/// What is for cargo rather than for the programs that it runs.
fn before_the_tests_own(arguments: &[String]) -> impl Iterator<Item = &str> {
    arguments.iter().map(String::as_str).take_while(|argument| *argument != "--")
}

/// Shows the output as it comes, and counts. A run that says nothing for long hangs: the tests that are not done are named,
/// and it is ended, for else nobody would learn which they are.
fn follow(command: &mut Command) -> Outcome<(Tally, bool)> {
    let broken = |e: std::io::Error| Failure::new(format!("cannot follow `cargo test`: {e}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(broken)?;
    let output = child.stdout.take().map(BufReader::new);
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || {
        output.into_iter().flat_map(|output| output.split(b'\n')).try_for_each(|line| say.send(line))
    });
    let (mut tally, mut slow) = (Tally::default(), Slow::default());
    loop {
        let line = match said.recv_timeout(QUIET_MAX) {
            Ok(line) => line.map_err(broken)?,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child);
                return Err(Failure::new(slow.complaint()));
            }
        };
        let text = String::from_utf8_lossy(&line);
        tally.add(&text);
        slow.add(&text);
        let mut out = std::io::stdout().lock();
        out.write_all(&line).and_then(|()| out.write_all(b"\n")).map_err(broken)?;
    }
    Ok((tally, child.wait().map_err(broken)?.success()))
}

/// Ends cargo and the tests that it runs.
fn end(cargo: &mut Child) {
    let _gone_meanwhile = Command::new("pkill").args(["-KILL", "-P", &cargo.id().to_string()]).status();
    let _gone_meanwhile = cargo.kill();
}

/// The tests of which the runner said that they take long, and which are not done.
#[derive(Debug, Default)]
struct Slow(BTreeSet<String>);

impl Slow {
    /// Reads `test NAME has been running for over 60 seconds` and `test NAME ... ok`.
    fn add(&mut self, line: &str) {
        let Some(test) = line.strip_prefix("test ") else { return };
        if let Some((name, _)) = test.split_once(" has been running for over ") {
            self.0.insert(name.to_owned());
        } else if let Some((name, _)) = test.split_once(" ... ") {
            self.0.remove(name);
        }
    }

    fn complaint(&self) -> String {
        let names: Vec<_> = self.0.iter().map(String::as_str).collect();
        let minutes = QUIET_MAX.as_secs() / 60;
        format!("the tests said nothing for {minutes} minutes and were ended; not done were:\n  {}", names.join("\n  "))
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
    /// Skipped, and not yet taken out of the runner's count of those that passed.
    left_out: u32,
}

impl Tally {
    /// Reads a runner's closing line: `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`, and what a test
    /// says that cannot run on this machine: `skipped: …`. The runner counts that one as passed.
    fn add(&mut self, line: &str) {
        if line.starts_with("skipped: ") {
            self.skipped += 1;
            self.left_out += 1;
        }
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for count in result.split(['.', ';']) {
            let mut words = count.split_whitespace();
            let (number, what) = (words.next().and_then(|word| word.parse::<u32>().ok()), words.next());
            match (number, what) {
                (Some(number), Some("passed")) => {
                    self.passed += number.saturating_sub(std::mem::take(&mut self.left_out));
                }
                (Some(number), Some("failed")) => self.failed += number,
                (Some(number), Some("ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_all_runners_are_added_up() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        tally.add("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        tally.add("test something ... ok");
        tally.add("skipped: something: no Docker engine answers");
        tally.add("test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s");
        assert_eq!(tally, Tally { passed: 5, failed: 2, skipped: 2, left_out: 0 });
    }

    #[test]
    fn of_tests_that_hang_those_that_are_not_done_are_named() {
        let mut slow = Slow::default();
        slow.add("test one::hangs has been running for over 60 seconds");
        slow.add("test two::is_slow has been running for over 60 seconds");
        slow.add("test three::is_quick ... ok");
        slow.add("test two::is_slow ... ok");
        assert!(slow.complaint().ends_with("not done were:\n  one::hangs"), "{}", slow.complaint());
    }

    #[test]
    fn naming_a_package_leaves_the_rest_of_the_workspace_out() {
        let words = |line: &str| line.split_whitespace().map(String::from).collect::<Vec<_>>();
        assert_eq!(scope(&words("crash")), Some("--workspace"));
        assert_eq!(scope(&words("-- -p")), Some("--workspace"));
        assert_eq!(scope(&words("--package systemprompt-events")), None);
        assert_eq!(scope(&words("-psystemprompt-events")), None);
    }
}
