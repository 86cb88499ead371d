//! `kill -9` at every edge of the journal: going on ends in the world of an undisturbed creation.

use systemprompt_tests::{Login, OwnServer, Sandbox};

use super::{ADMIN, ADMIN_ALONE, CREATE, ID, PASSWORD, log_in, url, world};
use crate::crash::strace::{self, Call};

const KILLED: i32 = 128 + 9;

/// A project of its own, in which somebody is logged in to the server.
fn project(server: &OwnServer) -> Sandbox {
    let mut sandbox = Sandbox::new();
    log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    sandbox
}

/// A creation that is killed there, and gone on with by `resume` or by typing the same again.
fn survive(server: &OwnServer, call: &Call, resume: bool, edge: &str) {
    let sandbox = project(server);
    let words: Vec<&str> = CREATE.split_whitespace().collect();
    let killed = strace::disturb(&sandbox, &sandbox.project(), &words, call, "signal=KILL");
    assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
    strace::create_on(&sandbox, CREATE, ID, resume, edge);
    assert_eq!(server.inventory().len(), 3, "{edge}");
    Login::to(&url(&sandbox, "shop")).unwrap_or_else(|said| panic!("{edge}: {said}")).close();
    let list = sandbox.say("cloud tenant list --json").ok();
    assert_eq!((&list.data()["total"], list.stderr.as_str()), (&1.into(), ""), "{edge}");
    sandbox.say("history verify").ok();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE, "{edge}");
}

#[test]
fn a_creation_on_an_own_server_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_on_an_own_server_survives_being_killed_at_every_edge") {
        return;
    }
    let (_place, server) = world();
    let sandbox = project(&server);
    let words: Vec<&str> = CREATE.split_whitespace().collect();
    let commits = strace::commits(&sandbox, &sandbox.project(), &words);
    assert!(commits.len() > 9, "a creation has four steps, and two records of each");
    sandbox.say("cloud tenant delete shop -y").ok();
    for (number, commit) in commits.iter().enumerate() {
        for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
            let resume = (number % 2 == 0) == (side == "before");
            survive(&server, call, resume, &format!("killed {side} commit {} of {}", number + 1, commits.len()));
        }
    }
    println!("a creation on an own server: {} edges, killed before and after each", commits.len());
}
