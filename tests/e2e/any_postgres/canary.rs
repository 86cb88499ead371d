//! The administrator's password, looked for wherever it must not be: files, events, and all that is printed.

use std::fs;

use systemprompt_tests::Sandbox;

use super::{ADMIN, CREATE, PASSWORD, log_in, world};

/// Files of the sandbox in which the password stands, those of the server itself left out.
fn files_with_it(sandbox: &Sandbox) -> Vec<String> {
    let own = sandbox.root().join("own");
    let holds = |bytes: &[u8]| bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
    let files = Sandbox::files_below(sandbox.root()).into_iter().filter(|path| !path.starts_with(&own));
    let found = files.filter(|path| holds(&fs::read(path).unwrap_or_default()));
    found.map(|path| path.display().to_string()).collect()
}

#[test]
fn the_administrators_password_is_in_no_file_no_event_and_nothing_that_is_printed() {
    let (mut sandbox, server) = world();
    let login = log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, ""));
    assert!(!login.ok().whole().contains(PASSWORD));
    assert!(!sandbox.file("credentials.json").exists(), "a program of a tenant has nothing to do with it");
    for line in [
        CREATE,
        "cloud auth whoami --provider postgres",
        "cloud auth whoami --provider postgres --check",
        "cloud tenant select shop",
        "cloud tenant show --reveal",
        "cloud tenant status",
        "cloud tenant list --verbose",
        "env --reveal",
        "doctor",
        "plugin show postgres",
        "cloud tenant rotate-credentials shop -y",
        "history log",
        "history export",
        "history verify",
        "history rebuild",
        "cloud tenant delete shop --grace 1h -y",
        "cloud tenant restore shop",
    ] {
        for line in [line.to_owned(), format!("{line} --json")] {
            let whole = sandbox.say(&line).whole();
            assert!(!whole.contains(PASSWORD), "{whole}");
        }
    }
    let events = sandbox.say("history verify --json").data()["events"].as_i64().expect("a number");
    for position in 1..=events {
        let whole = sandbox.say(&format!("history show {position} --json")).ok().whole();
        assert!(!whole.contains(PASSWORD), "{whole}");
    }
    assert_eq!(files_with_it(&sandbox), [""; 0]);
    server.stop();
    for line in ["cloud tenant status shop", "cloud tenant delete shop -y", "cloud auth logout --provider postgres"] {
        let whole = sandbox.say(line).whole();
        assert!(!whole.contains(PASSWORD), "{whole}");
    }
    assert_eq!(files_with_it(&sandbox), [""; 0]);
}

#[test]
fn the_search_finds_a_password_where_there_is_one() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.project().join("leak"), format!("x{PASSWORD}y")).expect("a file can be written");
    assert_eq!(files_with_it(&sandbox).len(), 1);
}
