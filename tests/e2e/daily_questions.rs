//! Questions about profiles, sessions, credentials and what comes from elsewhere: a no does nothing, a yes does it.

use std::fs;

use systemprompt_tests::{Sandbox, Screen, seed};

use crate::hostile::plugin;

const RETURN: &str = "\r";
const YAML: &str = "profiles/local/profile.yaml";

/// Runs a command on a terminal, waits for its question and types an answer; how it ends, and what is shown then.
#[track_caller]
fn answered(sandbox: &Sandbox, line: &str, question: &str, answer: &str) -> (i32, String) {
    let mut screen = Screen::run(sandbox, line, 120);
    screen.wait_for(question);
    screen.press(&format!("{answer}{RETURN}"));
    screen.end()
}

/// The document's project, its local tenant selected, with a profile.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    for line in ["cloud tenant select my-project", "cloud profile create local"] {
        sandbox.say(line).ok();
    }
    sandbox
}

fn edited(sandbox: &Sandbox) -> String {
    let text = fs::read_to_string(sandbox.file(YAML)).expect("it is there") + "# by hand\nruntime:\n  no_color: true\n";
    fs::write(sandbox.file(YAML), &text).expect("the file can be written");
    text
}

#[test]
fn a_profiles_name_is_asked_for_until_it_is_one() {
    let sandbox = project();
    let mut screen = Screen::run(&sandbox, "cloud profile create", 120);
    screen.wait_for("Name of the profile:");
    screen.press(&format!("No Good{RETURN}"));
    screen.wait_for("note: ");
    screen.press(&format!("test{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert!(sandbox.file("profiles/test/profile.yaml").exists());
}

#[test]
fn the_profile_to_switch_to_is_chosen_from_a_list() {
    let sandbox = project();
    sandbox.say("cloud profile create other").ok();
    let (code, text) = answered(&sandbox, "cloud profile switch", "Which profile?", "local");
    assert_eq!(code, 0, "{text}");
    assert_eq!(sandbox.say("admin session show --json").ok().data()["profile"], "local");
}

#[test]
fn an_edit_is_taken_in_or_dropped_by_a_yes_alone() {
    let sandbox = project();
    let before = fs::read_to_string(sandbox.file(YAML)).expect("it is there");
    let text = edited(&sandbox);
    let (take, drop) = ("cloud profile edit local --from-file", "cloud profile edit local --discard");
    assert_eq!(answered(&sandbox, take, "Take these changes in?", "n").0, 4);
    assert_eq!(answered(&sandbox, drop, "Drop what was edited in the file?", "n").0, 4);
    assert_eq!(fs::read_to_string(sandbox.file(YAML)).expect("it is there"), text);
    let (code, shown) = answered(&sandbox, drop, "Drop what was edited in the file?", "y");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("what was edited in the file is dropped; profile `local` is as it was recorded"), "{shown}");
    assert_eq!(fs::read_to_string(sandbox.file(YAML)).expect("it is there"), before);
    let again = sandbox.say(&format!("{drop} --yes")).ok().stdout;
    assert_eq!(again, "nothing was edited in the file; profile `local` is as it was recorded\n");
    edited(&sandbox);
    let (code, shown) = answered(&sandbox, take, "Take these changes in?", "y");
    assert_eq!(code, 0, "{shown}");
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "");
}

#[test]
fn profiles_and_sessions_end_by_a_yes_alone() {
    let sandbox = project();
    let sessions = |sandbox: &Sandbox| sandbox.say("admin session show --json").ok().data()["state"].clone();
    assert_eq!(answered(&sandbox, "admin session logout --all", "End the sessions", "n").0, 4);
    assert_eq!(sessions(&sandbox), "active");
    assert_eq!(answered(&sandbox, "admin session logout --all", "End the sessions", "y").0, 0);
    assert_eq!(sessions(&sandbox), "none");
    assert_eq!(answered(&sandbox, "cloud profile delete local", "Delete profile `local`", "n").0, 4);
    assert!(sandbox.file(YAML).exists());
    assert_eq!(answered(&sandbox, "cloud profile delete local", "Delete profile `local`", "y").0, 0);
    assert!(!sandbox.file(YAML).exists());
}

#[test]
fn a_deletion_says_what_goes_before_it_asks() {
    let sandbox = project();
    let question = "with its profile `local` and its session. Type `my-project` to go on:";
    assert_eq!(answered(&sandbox, "cloud tenant delete my-project", question, "no").0, 4);
    assert!(sandbox.file(YAML).exists());
}

#[test]
fn rotations_want_the_name_typed() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let secrets = || sandbox.say("cloud tenant show mine --reveal --json").ok().data()["resources"].clone();
    for line in ["cloud tenant rotate-credentials mine", "cloud tenant rotate-sync-token mine"] {
        let before = secrets();
        let (code, text) = answered(&sandbox, line, "Type `mine` to go on:", "other");
        assert_eq!(code, 4, "{line}: {text}");
        assert_eq!(secrets(), before, "{line}");
        let (code, text) = answered(&sandbox, line, "Type `mine` to go on:", "mine");
        assert_eq!(code, 0, "{line}: {text}");
        assert_ne!(secrets(), before, "{line}");
    }
}

#[test]
fn an_operation_is_given_up_and_a_history_claimed_by_a_yes_alone() {
    let sandbox = plugin::sandbox();
    sandbox.say(&plugin::creation("calm")).ok();
    sandbox.say("cloud tenant edit x --config mode=edit-trap").exits(1);
    let unfinished = |sandbox: &Sandbox| sandbox.say("cloud tenant list").ok().stderr.contains("unfinished");
    let line = "cloud tenant resume x --abandon";
    assert_eq!(answered(&sandbox, line, "Give it up?", "n").0, 4);
    assert!(unfinished(&sandbox));
    assert_eq!(answered(&sandbox, line, "Give it up?", "y").0, 0);
    assert!(!unfinished(&sandbox));
    let question = "Let this directory act for its history";
    assert_eq!(answered(&sandbox, "history claim", question, "n").0, 4);
    assert_eq!(answered(&sandbox, "history claim", question, "y").0, 0);
}

#[test]
fn what_comes_from_elsewhere_is_allowed_by_a_yes_alone() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let line = "cloud tenant allow my-project";
    assert_eq!(answered(&sandbox, line, "Allow this on this machine?", "n").0, 4);
    assert_eq!(sandbox.say("env --tenant my-project --json").exits(4).error_code(), "not-allowed-here");
    assert_eq!(answered(&sandbox, line, "Allow this on this machine?", "y").0, 0);
    sandbox.say("env --tenant my-project").ok();
    assert!(sandbox.say(line).ok().stdout.contains("allowed here already"));
}
