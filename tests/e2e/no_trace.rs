//! Commands that leave nothing behind: plans, refusals, and those that find nothing to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use systemprompt_tests::{Sandbox, assert_data_eq, seed, str};

#[test]
fn a_plan_records_nothing() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let log = || sandbox.say("history log --json").ok().data()["events"].clone();
    let before = log();
    sandbox.say("cloud tenant create --type local --provider native --name x --plan").ok();
    assert_eq!(log(), before);
}

#[test]
fn where_there_is_no_project_a_server_that_is_refused_or_does_not_run_makes_none() {
    let sandbox = Sandbox::new();
    assert_data_eq!(
        sandbox.session(&["infra db up --provider nonsense", "infra db down --provider native"]),
        str![[r#"
$ systemprompt infra db up --provider nonsense
! error: there is no plugin `nonsense` here
! hint: run `systemprompt plugin list`
? 3
$ systemprompt infra db down --provider native
Provider:  native
State:     missing
there is none to stop; to make one, run `systemprompt infra db up --provider native`

"#]]
    );
    assert!(!sandbox.file("").exists());
}

#[test]
fn without_docker_the_status_is_that_of_the_native_server() {
    let sandbox = Sandbox::new();
    let status = sandbox.say("infra db status --json").data();
    assert_eq!((&status["provider"], &status["state"]), (&"native".into(), &"missing".into()), "{status}");
}

#[test]
fn a_directory_for_keys_that_depends_on_the_working_directory_is_refused() {
    let mut sandbox = Sandbox::new();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", "rel");
    assert_data_eq!(
        sandbox.say("cloud tenant create --type local --provider native --name x").transcript(),
        str![[r#"
$ systemprompt cloud tenant create --type local --provider native --name x
! error: SYSTEMPROMPT_DATA_DIR is `rel`, which is not an absolute path
! help: keys and servers would be elsewhere in every working directory; write it in full, from `/` on
? 2

"#]]
    );
    assert_eq!(Sandbox::files_below(&sandbox.project()).len(), 0);
}

#[test]
fn a_region_that_the_provider_does_not_have_is_refused() {
    let sandbox = Sandbox::new();
    assert_data_eq!(
        sandbox.say("cloud tenant create --type local --provider native --name x --region fra").transcript(),
        str![[r#"
$ systemprompt cloud tenant create --type local --provider native --name x --region fra
! error: provider `native` has no region `fra`
! help: leave out `--region`
? 2

"#]]
    );
    assert!(!sandbox.file("").exists());
}

#[test]
fn a_project_that_cannot_be_made_says_what_is_in_the_way() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.project().join(".systemprompt"), "").expect("a file can be written");
    let create = "cloud tenant create --type local --name x --database-url postgres://u:p@127.0.0.1:1/db";
    assert_eq!(sandbox.say(&format!("{create} --json")).exits(6).error_code(), "database-connection-failed");
    assert_data_eq!(
        sandbox.say("infra db up --provider native").transcript(),
        str![[r#"
$ systemprompt infra db up --provider native
! error: could not make a project in [SANDBOX]/project
!   caused by: File exists (os error 17)
! help: `.systemprompt` is in the way and is no directory; move it aside
? 1

"#]]
    );
}

#[test]
fn a_project_that_may_not_be_entered_does_not_count_as_none() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let home = sandbox.root().join("home").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &home);
    let mode = |mode| fs::set_permissions(sandbox.file(""), fs::Permissions::from_mode(mode)).expect("it can be set");
    let is_root = rustix::process::geteuid().is_root();
    mode(if is_root { 0o700 } else { 0 });
    for line in ["cloud tenant list", "history verify", "cloud tenant create --type local --name x --plan"] {
        let output = sandbox.say_bound_by_modes(&format!("{line} --json")).exits(4);
        assert_eq!(output.error_code(), "project-unreadable", "{}", output.whole());
    }
    mode(0o755);
    let log = sandbox.file("log.db");
    fs::set_permissions(&log, fs::Permissions::from_mode(if is_root { 0o600 } else { 0 })).expect("it can be set");
    let output = sandbox.say_bound_by_modes("cloud tenant list");
    assert_data_eq!(
        output.transcript(),
        str![[r#"
$ systemprompt [..]cloud tenant list
! error: could not use the log at `[SANDBOX]/project/.systemprompt/log.db`
!   caused by: Permission denied (os error 13)
! help: nothing was written; look at it with `ls -l [SANDBOX]/project/.systemprompt/log.db`
? 1

"#]]
    );
}
