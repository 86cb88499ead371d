//! What will go is shown before it goes, as Fly says it then.

use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::{Sandbox, Screen};

use super::{CREATE, ID, counts, logged_in};

const ALL: [usize; 4] = [1, 1, 1, 2];

fn made(fly: &FakeFly) -> Sandbox {
    let sandbox = logged_in(fly);
    sandbox.say(CREATE).ok();
    sandbox
}

/// What there is at Fly, each as it should be named.
fn parts(fly: &FakeFly) -> Vec<String> {
    let there = fly.inventory();
    let machines = there.machines.iter().map(|machine| format!("machine `{}` (started)", machine.id));
    let volumes = there.volumes.iter().map(|volume| format!("volume `{}` (10 GB)", volume.id));
    machines.chain(volumes).chain(there.ips.iter().map(|address| address.ip.clone())).collect()
}

#[test]
fn a_plan_of_a_deletion_and_of_a_cancellation_names_all_that_goes_and_changes_nothing() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let asked = fly.requests().len();
    for command in ["delete", "cancel"] {
        let plan = sandbox.say(&format!("cloud tenant {command} my-project-prod --plan --json")).ok().data();
        let last = plan["steps"].as_array().and_then(|steps| steps.last()).expect("there are steps").clone();
        assert_eq!((&last["name"], &last["undo"]), (&"remove the app".into(), &"irreversible".into()));
        for part in parts(&fly) {
            assert!(last["summary"].as_str().is_some_and(|summary| summary.contains(&part)), "{part}: {last}");
        }
    }
    assert_eq!(counts(&fly.inventory()), ALL);
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"));
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was begun");
}

#[test]
fn a_person_who_is_asked_sees_what_goes_and_who_types_another_name_keeps_it() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    for command in ["delete", "cancel"] {
        let mut screen = Screen::run(&sandbox, &format!("cloud tenant {command} my-project-prod"), 400);
        screen.wait_for("Type `my-project-prod` to go on:");
        screen.press("other\r");
        let (code, seen) = screen.end();
        assert_eq!(code, 4, "{seen}");
        for part in parts(&fly) {
            assert!(seen.contains(&part), "{part}: {seen}");
        }
        assert_eq!(counts(&fly.inventory()), ALL);
    }
}

#[test]
fn where_fly_does_not_answer_a_plan_says_so() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    drop(fly);
    let plan = sandbox.say("cloud tenant delete my-project-prod --plan").ok();
    assert!(plan.stdout.contains("what that is cannot be looked up now"), "{}", plan.whole());
}

#[test]
fn what_is_gone_at_fly_or_cancelled_is_said_to_be() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    sandbox.say(&format!("cloud tenant cancel {ID} -y")).ok();
    let plan = sandbox.say("cloud tenant delete my-project-prod --plan").ok();
    assert!(plan.stdout.contains("forget the tenant"), "{}", plan.whole());
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
}

#[test]
fn a_local_tenant_has_a_plan_of_its_deletion_too() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    let plan = sandbox.say("cloud tenant delete one --plan").ok();
    assert!(plan.stdout.contains("drop database") && plan.stdout.contains("cannot be undone"), "{}", plan.whole());
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
}
