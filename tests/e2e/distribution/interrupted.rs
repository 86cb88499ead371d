//! `plugin install --locked` that is killed wherever it changes a file, and two of them at once: all that is listed is there
//! in the end, or nothing.

use systemprompt_tests::Sandbox;

use super::locked::{checked_out, published, text};
use crate::crash::strace;
use crate::registry::{CALLS, killed};

const INSTALL: &str = "plugin install --locked --yes";

fn is_whole(sandbox: &Sandbox, lock: &str) {
    sandbox.say("plugin verify").ok();
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["granted"], true);
    assert_eq!(text(sandbox), lock);
    sandbox.say("history verify").ok();
}

fn registrations(sandbox: &Sandbox) -> usize {
    let log = sandbox.say("history log --type PluginRegistered --json").ok().data();
    log["events"].as_array().into_iter().flatten().filter(|event| event["stream"] == "plugin/hostile").count()
}

#[test]
fn an_installation_that_is_killed_anywhere_is_finished_by_the_next() {
    if !strace::is_here("an_installation_that_is_killed_anywhere_is_finished_by_the_next") {
        return;
    }
    let (author, _) = published();
    let lock = text(&author);
    let mut kills = 0;
    for call in CALLS {
        for nth in 1..=12 {
            let sandbox = checked_out(&author);
            if !killed(&sandbox, INSTALL, call, nth) {
                break;
            }
            kills += 1;
            assert_eq!(text(&sandbox), lock, "{call} {nth}: what was checked out is still there");
            sandbox.say(INSTALL).ok();
            is_whole(&sandbox, &lock);
            assert_eq!(registrations(&sandbox), 1, "{call} {nth}");
        }
    }
    assert!(kills > 5, "{kills} kills");
}

#[test]
fn two_installations_at_once_end_with_one_plugin() {
    let (author, _) = published();
    let sandbox = checked_out(&author);
    let both = [sandbox.spawn(INSTALL.split(' ')), sandbox.spawn(INSTALL.split(' '))];
    for running in both {
        running.end().ok();
    }
    is_whole(&sandbox, &text(&author));
    assert_eq!(registrations(&sandbox), 1);
}
