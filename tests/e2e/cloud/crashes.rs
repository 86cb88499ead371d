//! `kill -9` at every edge of the journal: going on ends in the world of an undisturbed creation.

use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::Sandbox;

use super::{CREATE, ID, counts, logged_in};
use crate::crash::strace::{self, Call};

const KILLED: i32 = 128 + 9;

/// A creation that is killed there, and gone on with by `resume` or by typing the same again.
fn survive(call: &Call, resume: bool, edge: &str) {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let words: Vec<&str> = CREATE.split_whitespace().collect();
    let killed = strace::disturb(&sandbox, &sandbox.project(), &words, call, "signal=KILL");
    assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
    go_on(&sandbox, resume, edge);
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2], "{edge}");
    let list = sandbox.say("cloud tenant list --json").ok();
    assert_eq!((&list.data()["total"], list.stderr.as_str()), (&serde_json::Value::from(1), ""), "{edge}");
    sandbox.say("history verify").ok();
}

fn go_on(sandbox: &Sandbox, resume: bool, edge: &str) {
    // Before the first step is recorded, or after the last, there is nothing to resume.
    if resume {
        let resumed = sandbox.say(&format!("cloud tenant resume {ID} --json"));
        if resumed.code == 0 {
            return;
        }
        let code = resumed.error_code();
        assert!(["nothing-unfinished", "tenant-not-found"].contains(&code.as_str()), "{edge}: {}", resumed.whole());
    }
    let again = sandbox.say(CREATE);
    assert_eq!(again.code, 0, "{edge}: {}", again.whole());
}

#[test]
fn a_creation_at_fly_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_at_fly_survives_being_killed_at_every_edge") {
        return;
    }
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let words: Vec<&str> = CREATE.split_whitespace().collect();
    let commits = strace::commits(&sandbox, &sandbox.project(), &words);
    assert!(commits.len() > 20, "a creation has nine steps, and two records of each");
    for (number, commit) in commits.iter().enumerate() {
        for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
            let resume = (number % 2 == 0) == (side == "before");
            survive(call, resume, &format!("killed {side} commit {} of {}", number + 1, commits.len()));
        }
    }
    println!("a creation at Fly: {} edges, killed before and after each", commits.len());
}
