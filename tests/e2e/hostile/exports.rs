//! The same misdeeds in each function that the host calls: it names the limit, and goes on.

use super::*;

const TRAPPED: &str = "it trapped";
const TOO_LONG: &str = "it computed for more than 2 s without calling the host";
const TOO_MUCH: &str = "it needs more than 64 MiB of memory";

/// Goes to the tenant's database, by way of its provider where that cannot be reached.
const QUERY: &str = "infra db psql -- -c \\dt";

/// What follows the function's name, and what is said then.
const MISDEEDS: [(&str, &str); 3] = [("trap", TRAPPED), ("spin", TOO_LONG), ("memory", TOO_MUCH)];

/// The plugin is stopped while this command runs, and says why in one line.
#[track_caller]
pub(super) fn is_stopped(sandbox: &Sandbox, command: &str, says: &str) -> Output {
    let begun = Instant::now();
    let output = sandbox.say(command).exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND, "`{command}` took {} s", begun.elapsed().as_secs());
    assert!(output.whole().contains(says), "{}", output.whole());
    assert_harmless(&output);
    assert_carries_on(sandbox);
    output
}

#[test]
fn a_check_that_misbehaves_makes_no_tenant() {
    let sandbox = plugin::sandbox();
    for (misdeed, says) in MISDEEDS {
        is_stopped(&sandbox, &creation(&format!("check-{misdeed}")), says);
    }
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
}

#[test]
fn a_plan_that_misbehaves_is_not_waited_for() {
    let sandbox = plugin::sandbox();
    for (misdeed, says) in MISDEEDS {
        is_stopped(&sandbox, &format!("{} --plan", creation(&format!("plan-{misdeed}"))), says);
    }
    is_stopped(&sandbox, &format!("{} --plan", creation("plan-flood")), "its operation has more than 1000 steps");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
}

#[test]
fn a_probe_that_misbehaves_is_told_as_what_it_is() {
    for (misdeed, says) in MISDEEDS {
        let sandbox = Sandbox::new();
        install(&sandbox, &variant(&format!("probe-{misdeed}"))).ok();
        is_stopped(&sandbox, &creation("honest"), says);
    }
}

#[test]
fn a_status_that_misbehaves_leaves_its_tenant_alone() {
    for (misdeed, says) in MISDEEDS {
        let sandbox = plugin::sandbox();
        sandbox.say(&creation(&format!("status-{misdeed}"))).ok();
        is_stopped(&sandbox, "cloud tenant status x", says);
        assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    }
}

#[test]
fn an_operation_that_misbehaves_can_be_resumed_or_given_up() {
    for (misdeed, says) in MISDEEDS {
        let sandbox = plugin::sandbox();
        sandbox.say(&creation("honest")).ok();
        let edited = format!("cloud tenant edit x --config mode=edit-{misdeed}");
        let output = is_stopped(&sandbox, &edited, says);
        assert!(output.stderr.contains("cloud tenant resume"), "{}", output.whole());
    }
}

#[test]
fn a_deletion_that_misbehaves_can_be_resumed_or_given_up() {
    for (misdeed, says) in MISDEEDS {
        let sandbox = plugin::sandbox();
        let mode = format!("delete-{misdeed}");
        sandbox.say(&creation(&mode)).ok();
        let output = is_stopped(&sandbox, "cloud tenant delete x -y", says);
        let hint = format!("hint: run `systemprompt cloud tenant resume {}`\n", plugin::id(&mode));
        assert!(output.stderr.ends_with(&hint), "{}", output.whole());
    }
}

/// A world in which the plugin is in a cloud, with one tenant there.
fn in_a_cloud(stamp: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant(stamp)).ok();
    sandbox.say("cloud tenant create --type cloud --provider hostile --region iad --name x").ok();
    sandbox
}

#[test]
fn a_list_of_what_is_nobodys_that_misbehaves_is_no_answer() {
    let giant = [
        ("flood", "it named more than 10000 things that belong to no tenant"),
        ("huge", "it handed over more than 16 MiB at once"),
    ];
    for (misdeed, says) in MISDEEDS.into_iter().chain(giant) {
        let sandbox = in_a_cloud(&format!("orphans-{misdeed}"));
        is_stopped(&sandbox, "cloud sync", says);
        assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    }
}

#[test]
fn statements_that_a_plugin_does_not_carry_out_are_not_waited_for() {
    for (misdeed, says) in MISDEEDS {
        let sandbox = in_a_cloud(&format!("psql-{misdeed}"));
        sandbox.say("cloud tenant select x").ok();
        is_stopped(&sandbox, QUERY, says);
    }
}

#[test]
fn an_undo_that_misbehaves_can_be_tried_again_or_given_up() {
    let sandbox = plugin::sandbox();
    is_stopped(&sandbox, &creation("undo-spin"), TOO_LONG);
    let output = sandbox.say("cloud tenant resume x").exits(7);
    assert!(output.stderr.contains(TOO_LONG) && output.stderr.contains("--abandon"), "{}", output.whole());
    sandbox.say("cloud tenant resume x --abandon --yes").ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_carries_on(&sandbox);
}
