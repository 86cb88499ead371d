//! Searching for the first event after which something is wrong.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use systemprompt_tests::until;

use super::*;

#[test]
fn the_first_event_after_which_a_command_fails_is_found() {
    let sandbox = story();
    let found = sandbox
        .run(["history", "bisect", "--good", "4", "--run", "grep -q my-project\\\" tenants.json", "--json"])
        .ok();
    assert_eq!(found.data()["first"]["type"], "TenantRenamed");
    assert_data_eq!(
        sandbox.run(["history", "bisect", "--run", "true"]).exits(1).transcript(),
        str![[r#"
$ systemprompt history bisect --run true
! note: after event 14 the command succeeds
! error: the command succeeds already after event 14, which `--bad` names
! help: name another moment, or mend the command
? 1

"#]]
    );
    assert_data_eq!(
        sandbox.run(["history", "bisect", "--run", "exit 125"]).exits(1).transcript(),
        str![[r#"
$ systemprompt history bisect --run exit 125
! error: after event 14 the command could not tell: exit status: 125
! help: a command that fails ends with 1 to 124; 125 and above, or a signal, say nothing of the moment
? 1

"#]]
    );
    assert_data_eq!(
        sandbox.say("history bisect --good @ --bad 2 --run true").exits(2).transcript(),
        str![[r#"
$ systemprompt history bisect --good @ --bad 2 --run true
! error: event 14 is not before event 2
! help: `--good` names a moment before that of `--bad`
? 2

"#]]
    );
}

#[test]
fn who_stops_the_search_leaves_no_passwords_behind() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut sandbox = story();
        let temporary = sandbox.root().join("tmp");
        fs::create_dir(&temporary).expect("a directory can be made");
        sandbox.set("TMPDIR", &temporary.display().to_string());
        let running = sandbox.spawn(["history", "bisect", "--run", "sleep 300"]);
        let written =
            || Sandbox::files_below(&temporary).iter().any(|file| file.ends_with("tenants.json")).then_some(());
        until("the files of a moment to be written", written);
        kill_process(Pid::from_child(&running.child), signal).expect("it runs");
        let ended = running.end();
        assert_eq!(ended.code, 130, "{}", ended.whole());
        assert_eq!(fs::read_dir(&temporary).expect("it is there").count(), 0, "{signal:?}");
    }
}
