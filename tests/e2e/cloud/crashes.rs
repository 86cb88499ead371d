//! `kill -9` at every edge of the journal: going on ends in the world of an undisturbed run.

use std::time::Duration;

use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::Sandbox;

use super::{
    APP, CREATE, ID, access, agree_on_password, application, counts, intake, logged_in, managed, password, registered,
    with_tenant, with_tenant_of,
};
use crate::crash::strace::{self, Call};

const KILLED: i32 = 128 + 9;

/// A creation that is killed there, and gone on with by `resume` or by typing the same again.
fn survive(line: &str, whole: [usize; 4], call: &Call, resume: bool, edge: &str) {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let words: Vec<&str> = line.split_whitespace().collect();
    let killed = strace::disturb(&sandbox, &sandbox.project(), &words, call, "signal=KILL");
    assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
    strace::create_on(&sandbox, line, ID, resume, edge);
    assert_eq!(counts(&fly.inventory()), whole, "{edge}");
    assert_eq!(fly.inventory().clusters.len(), usize::from(line.contains("database=managed")), "{edge}");
    let list = sandbox.say("cloud tenant list --json").ok();
    assert_eq!((&list.data()["total"], list.stderr.as_str()), (&serde_json::Value::from(1), ""), "{edge}");
    sandbox.say("history verify").ok();
}

/// Killed before and after each record. Says how many edges there are.
fn creation(line: &str, whole: [usize; 4], edges_min: usize) -> String {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let words: Vec<&str> = line.split_whitespace().collect();
    let commits = strace::commits(&sandbox, &sandbox.project(), &words);
    assert!(commits.len() > edges_min, "{} edges: each step has two records", commits.len());
    for (number, commit) in commits.iter().enumerate() {
        for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
            let resume = (number % 2 == 0) == (side == "before");
            let edge = format!("killed {side} commit {} of {}", number + 1, commits.len());
            survive(line, whole, call, resume, &edge);
        }
    }
    format!("{} edges, killed before and after each", commits.len())
}

#[test]
fn a_creation_at_fly_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_at_fly_survives_being_killed_at_every_edge") {
        return;
    }
    println!("a creation at Fly: {}", creation(CREATE, [1, 1, 1, 2], 20));
}

#[test]
fn a_creation_with_a_managed_database_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_with_a_managed_database_survives_being_killed_at_every_edge") {
        return;
    }
    println!("a managed database: {}", creation(&managed::create(), managed::ALL, 24));
}

#[test]
fn what_is_done_with_a_managed_database_survives_being_killed_at_every_edge() {
    if !strace::is_here("what_is_done_with_a_managed_database_survives_being_killed_at_every_edge") {
        return;
    }
    let is_rotated = |fly: &FakeFly, sandbox: &Sandbox, old: &str| {
        managed::is_whole(fly) && managed::agrees(fly, sandbox) && !fly.takes_password(APP, old)
    };
    let line = "cloud tenant rotate-credentials my-project-prod -y";
    println!("{}", Change { ready: managed::made, line, is_done: is_rotated }.survive());
    let is_cancelled = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        let tenant = sandbox.say("cloud tenant list --json").ok().data()["tenants"][0].clone();
        fly.inventory().is_empty() && tenant["state"] == "cancelled"
    };
    let line = "cloud tenant cancel my-project-prod -y";
    println!("{}", Change { ready: managed::made, line, is_done: is_cancelled }.survive());
    let is_deleted = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        fly.inventory().is_empty() && sandbox.say("cloud tenant list --json").ok().data()["total"] == 0
    };
    let line = "cloud tenant delete my-project-prod -y";
    println!("{}", Change { ready: managed::made, line, is_done: is_deleted }.survive());
}

#[test]
fn a_creation_with_an_application_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_creation_with_an_application_survives_being_killed_at_every_edge") {
        return;
    }
    println!("a creation with an application: {}", creation(&application::create(), application::ALL, 26));
}

/// A change of a tenant that is there, and what is to be true when it is done.
struct Change {
    /// The world before it.
    ready: fn() -> (FakeFly, Sandbox),
    line: &'static str,
    /// Of a tenant that had this password before.
    is_done: fn(&FakeFly, &Sandbox, &str) -> bool,
}

impl Change {
    /// Killed at every edge of its journal, gone on with, and once more where it had not begun. Says how many edges.
    fn survive(&self) -> String {
        let words: Vec<&str> = self.line.split_whitespace().collect();
        let (_fly, undisturbed) = (self.ready)();
        let commits = strace::commits(&undisturbed, &undisturbed.project(), &words);
        for (number, commit) in commits.iter().enumerate() {
            for (side, call) in [("before", &commit.before), ("after", &commit.after)] {
                let edge = format!("`{}` killed {side} commit {} of {}", self.line, number + 1, commits.len());
                self.survive_at(call, &words, &edge);
            }
        }
        format!("`{}`: {} edges, killed before and after each", self.line, commits.len())
    }

    fn survive_at(&self, call: &Call, words: &[&str], edge: &str) {
        let (fly, sandbox) = (self.ready)();
        let old = registered(&sandbox)["internal_database_url"].is_string().then(|| password(&sandbox));
        let old = old.unwrap_or_default();
        let killed = strace::disturb(&sandbox, &sandbox.project(), words, call, "signal=KILL");
        assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
        // A lease that it held is over by then.
        fly.clock().advance(Duration::from_mins(1));
        let resumed = strace::resumed(&sandbox, ID, edge);
        sandbox.say("cloud tenant list").ok();
        if !(self.is_done)(&fly, &sandbox, &old) {
            assert_ne!(resumed.code, 0, "{edge}: it was gone on with, and is not done");
            sandbox.say(self.line).ok();
        }
        assert!((self.is_done)(&fly, &sandbox, &old), "{edge}: {:?}", fly.inventory());
        assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "{edge}");
        sandbox.say("history verify").ok();
    }
}

fn with_application() -> (FakeFly, Sandbox) {
    with_tenant_of(&application::create(), 1.0)
}

fn opened() -> (FakeFly, Sandbox) {
    let (fly, sandbox) = with_tenant();
    sandbox.say(access::OPEN).ok();
    (fly, sandbox)
}

fn taken_in() -> (FakeFly, Sandbox) {
    let (fly, sandbox) = intake::lost(CREATE);
    sandbox.say(intake::TAKE_IN).ok();
    (fly, sandbox)
}

#[test]
fn a_first_password_of_what_was_taken_in_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_first_password_of_what_was_taken_in_survives_being_killed_at_every_edge") {
        return;
    }
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        registered(sandbox)["internal_database_url"].is_string() && agree_on_password(fly, sandbox)
    };
    println!(
        "{}",
        Change { ready: taken_in, line: "cloud tenant rotate-credentials my-project-prod -y", is_done }.survive()
    );
}

#[test]
fn an_edit_of_an_application_survives_being_killed_at_every_edge() {
    if !strace::is_here("an_edit_of_an_application_survives_being_killed_at_every_edge") {
        return;
    }
    let line = "cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2";
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
        let images = fly.inventory().machines.into_iter().filter(|machine| machine.name == "app").map(|it| it.image);
        images.eq(["registry.fly.io/shop:2"]) && shown["config"]["app_image"] == "registry.fly.io/shop:2"
    };
    println!("{}", Change { ready: with_application, line, is_done }.survive());
}

#[test]
fn a_rotation_at_fly_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_rotation_at_fly_survives_being_killed_at_every_edge") {
        return;
    }
    let line = "cloud tenant rotate-credentials my-project-prod -y";
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, old: &str| {
        let is_whole = counts(&fly.inventory()) == [1, 1, 1, 2] && agree_on_password(fly, sandbox);
        is_whole && !fly.takes_password(APP, old)
    };
    println!("{}", Change { ready: with_tenant, line, is_done }.survive());
}

#[test]
fn a_rotation_with_an_application_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_rotation_with_an_application_survives_being_killed_at_every_edge") {
        return;
    }
    let line = "cloud tenant rotate-credentials my-project-prod -y";
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, old: &str| {
        let is_whole = counts(&fly.inventory()) == application::ALL && application::agrees(fly, sandbox);
        is_whole && !fly.takes_password(APP, old)
    };
    println!("{}", Change { ready: with_application, line, is_done }.survive());
}

#[test]
fn an_opening_survives_being_killed_at_every_edge() {
    if !strace::is_here("an_opening_survives_being_killed_at_every_edge") {
        return;
    }
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        access::is_settled(fly, sandbox, true) && agree_on_password(fly, sandbox)
    };
    println!("{}", Change { ready: with_tenant, line: access::OPEN, is_done }.survive());
}

#[test]
fn a_closing_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_closing_survives_being_killed_at_every_edge") {
        return;
    }
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        access::is_settled(fly, sandbox, false) && agree_on_password(fly, sandbox)
    };
    println!("{}", Change { ready: opened, line: access::CLOSE, is_done }.survive());
}

/// A closing that is killed there and taken back, where that can be: what is open then has the address that it had.
fn take_back_a_closing(call: &Call, words: &[&str], edge: &str) -> bool {
    let (fly, sandbox) = with_tenant();
    sandbox.say(access::OPEN).ok();
    let addresses = access::paid(&fly);
    let killed = strace::disturb(&sandbox, &sandbox.project(), words, call, "signal=KILL");
    assert_eq!(killed.code, KILLED, "{edge}: {}", killed.whole());
    fly.clock().advance(Duration::from_mins(1));
    let undone = sandbox.say(&format!("cloud tenant resume {ID} --undo --json"));
    // Writes the project's files, where that was not done.
    sandbox.say("cloud tenant list").ok();
    if undone.code != 0 && undone.error_code() == "irreversible" {
        sandbox.say(&format!("cloud tenant resume {ID}")).ok();
        assert!(access::is_settled(&fly, &sandbox, false), "{edge}: {:?}", fly.inventory());
    } else if undone.code == 0 {
        assert!(access::is_settled(&fly, &sandbox, true), "{edge}: {:?}", fly.inventory());
        assert_eq!(access::paid(&fly), addresses, "{edge}");
    } else {
        assert_eq!(undone.error_code(), "nothing-unfinished", "{edge}: {}", undone.whole());
        let is_settled = [true, false].iter().any(|open| access::is_settled(&fly, &sandbox, *open));
        assert!(is_settled, "{edge}: {:?}", fly.inventory());
    }
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "{edge}");
    sandbox.say("history verify").ok();
    undone.code == 0
}

#[test]
fn a_closing_that_is_taken_back_is_open_at_the_address_that_it_had() {
    if !strace::is_here("a_closing_that_is_taken_back_is_open_at_the_address_that_it_had") {
        return;
    }
    let (_fly, undisturbed) = with_tenant();
    undisturbed.say(access::OPEN).ok();
    let words: Vec<&str> = access::CLOSE.split_whitespace().collect();
    let commits = strace::commits(&undisturbed, &undisturbed.project(), &words);
    let mut undone = 0;
    for (number, commit) in commits.iter().enumerate() {
        let call = if number % 2 == 0 { &commit.before } else { &commit.after };
        let edge = format!("killed at commit {} of {}", number + 1, commits.len());
        undone += usize::from(take_back_a_closing(call, &words, &edge));
    }
    assert!((1..commits.len()).contains(&undone), "{undone} of {} could be taken back", commits.len());
}

#[test]
fn a_cancellation_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_cancellation_survives_being_killed_at_every_edge") {
        return;
    }
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        let tenant = sandbox.say("cloud tenant list --json").ok().data()["tenants"][0].clone();
        counts(&fly.inventory()) == [0; 4] && tenant["state"] == "cancelled"
    };
    println!("{}", Change { ready: with_tenant, line: "cloud tenant cancel my-project-prod -y", is_done }.survive());
}

#[test]
fn a_deletion_at_fly_survives_being_killed_at_every_edge() {
    if !strace::is_here("a_deletion_at_fly_survives_being_killed_at_every_edge") {
        return;
    }
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, _: &str| {
        counts(&fly.inventory()) == [0; 4] && sandbox.say("cloud tenant list --json").ok().data()["total"] == 0
    };
    println!("{}", Change { ready: with_tenant, line: "cloud tenant delete my-project-prod -y", is_done }.survive());
}
