//! Files of a project that may be read and not written: looking goes on working.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use systemprompt_tests::{Output, Sandbox, binary, seed};

const NOBODY: u32 = 65_534;

/// Runs the program as somebody whom modes bind: root becomes somebody else.
fn as_nobody(sandbox: &Sandbox, line: &str) -> Output {
    if !rustix::process::geteuid().is_root() {
        return sandbox.say(line);
    }
    let ours = binary().display().to_string();
    let words = ["--reuid=65534", "--regid=65534", "--clear-groups", &ours];
    let command = sandbox.prepare(Command::new("setpriv"), words.into_iter().chain(line.split(' ')));
    sandbox.start(command).end()
}

#[test]
fn a_project_whose_files_are_read_only_can_be_looked_at_by_its_owner() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox.say("cloud profile create local").ok();
    for path in Sandbox::files_below(&sandbox.file("")) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("the mode can be set");
    }
    if rustix::process::geteuid().is_root() {
        let status = Command::new("chown").args(["-R", "65534"]).arg(sandbox.file("")).status();
        assert!(status.is_ok_and(|status| status.success()), "root may give files away");
        chown(sandbox.data(), Some(NOBODY), None).expect("root may give files away");
    }
    let other_home = sandbox.root().join("home").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &other_home);
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    for line in [
        "cloud tenant list",
        "cloud tenant show my-project-prod",
        "cloud profile list",
        "cloud profile show local",
        "admin session show",
        "admin session list",
        "history log",
        "which",
    ] {
        as_nobody(&sandbox, line).ok();
    }
    let refused = as_nobody(&sandbox, "cloud tenant select my-project-prod --json");
    assert_ne!(refused.code, 0, "{}", refused.whole());
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before), "nothing was written");
}
