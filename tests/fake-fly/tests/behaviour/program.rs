//! The program that a person starts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Ends the program with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_by_itself = self.0.kill();
        let _gone = self.0.wait();
    }
}

#[test]
fn the_program_says_where_it_is_and_fails_as_its_script_says() {
    let script = std::env::temp_dir().join(format!("fake-fly-{}.json", std::process::id()));
    std::fs::write(&script, r#"[{ "request": 2, "fault": { "status": 500 } }]"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-fly"));
    command.args(["--token", "mine", "--speed", "10", "--faults"]).arg(&script);
    let mut program = Program(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = first.strip_prefix("url: ").unwrap();
    std::fs::remove_file(&script).unwrap();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let ask = || {
        let request = agent.get(format!("{url}/v1/tokens/current")).header("authorization", "Bearer mine");
        request.call().unwrap().status().as_u16()
    };
    assert_eq!([ask(), ask(), ask()], [200, 500, 200]);
}

#[test]
fn the_program_goes_on_when_nobody_reads_what_it_says() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-fly"));
    let mut program = Program(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap());
    let first = BufReader::new(program.0.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    let url = first.strip_prefix("url: ").unwrap_or_else(|| panic!("it says where it is, and not: {first}"));
    let request = ureq::get(format!("{url}/v1/tokens/current")).header("authorization", "Bearer nobody's");
    assert!(matches!(request.call(), Err(ureq::Error::StatusCode(401))), "it does not answer");
}

#[test]
fn a_script_that_cannot_be_read_is_an_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-fly"));
    let output = command.args(["--faults", "/no/such/file"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file"));
}
