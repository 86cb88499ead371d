//! What a plugin tells the journal: what is no result, what is out of order, what it said otherwise before.

use super::*;

#[test]
fn a_result_that_is_too_large_is_refused() {
    stopped(
        "huge-result",
        str![[r#"
! error: plugin `hostile` was stopped: it handed over a value of more than 1024 KiB
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_result_that_is_too_deep_is_refused() {
    stopped(
        "deep-result",
        str![[r#"
! error: plugin `hostile` was stopped: [..]invalid JSON: recursion limit exceeded[..]
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_result_that_is_not_json_is_refused() {
    stopped(
        "odd-result",
        str![[r#"
! error: plugin `hostile` was stopped: [..]invalid JSON: expected value at line 1 column 9
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_step_that_ends_without_having_begun_is_refused() {
    stopped(
        "finish-nothing",
        str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: a step ends that did not begin
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_step_inside_a_step_is_refused() {
    stopped(
        "begin-twice",
        str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: step `inner` begins inside another
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn an_undo_of_what_never_began_is_refused() {
    stopped(
        "undo-nothing",
        str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: the undo of `never` begins, which never began
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_step_that_is_left_open_is_noticed() {
    stopped(
        "leave-open",
        str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: it ended inside a step
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_step_that_has_another_name_when_it_is_resumed_is_not_guessed_at() {
    nondeterministic(
        "renamed",
        str![[r#"
! error: nondeterministic plugin `hostile`: step 1 is `named [RANDOM]` now, and was `named [RANDOM]` when it was recorded
! help: use the plugin that began the operation, or undo it with `resume --undo`
! hint: run `systemprompt cloud tenant resume [ID]`
! hint: run `systemprompt cloud tenant resume [ID] --abandon`
? 1

"#]],
    );
}

#[test]
fn steps_that_come_in_another_order_when_they_are_resumed_are_not_guessed_at() {
    nondeterministic(
        "reordered",
        str![[r#"
! error: nondeterministic plugin `hostile`: step 2 is `two` now, and was `one` when it was recorded
! help: use the plugin that began the operation, or undo it with `resume --undo`
! hint: run `systemprompt cloud tenant resume [ID]`
! hint: run `systemprompt cloud tenant resume [ID] --abandon`
? 1

"#]],
    );
}

/// The first run traps, and the second does not do what the first did.
#[track_caller]
fn nondeterministic(mode: &str, expected: Inline) {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation(mode)).exits(1);
    let resumed = sandbox.say("cloud tenant resume x");
    let text = told(&resumed);
    let random = regex::Regex::new("named [0-9a-f]{16}").expect("a pattern");
    assert_data_eq!(random.replace_all(&text, "named [RANDOM]").into_owned(), expected);
    assert_carries_on(&sandbox);
}

#[test]
fn a_result_that_was_recorded_is_not_replaced_by_another() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("altered")).exits(1);
    let resumed = sandbox.say("cloud tenant resume x").exits(1);
    assert!(
        resumed.stderr.contains("it broke the journal's protocol: a step ends that did not begin"),
        "{}",
        resumed.whole()
    );
    let log = sandbox.say("history log --json").ok().stdout;
    assert!(log.contains(r#""one""#) && !log.contains(r#""another""#), "{log}");
    sandbox.say("cloud tenant resume x --abandon --yes").ok();
    assert_carries_on(&sandbox);
}

#[test]
fn a_deletion_that_a_plugin_never_finishes_can_be_given_up() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("delete-trap")).ok();
    let id = plugin::id("delete-trap");
    let stopped = sandbox.say("cloud tenant delete x -y").exits(1);
    assert!(!stopped.stderr.contains("--abandon"), "going on comes first\n{}", stopped.whole());
    let again = sandbox.say("cloud tenant delete x -y").exits(1);
    let hint = format!("hint: run `systemprompt cloud tenant resume {id} --abandon`\n");
    assert!(again.stderr.ends_with(&hint), "{}", again.whole());
    assert_data_eq!(
        sandbox.say("cloud tenant resume x --abandon --yes").ok().transcript(),
        str![[r#"
$ systemprompt cloud tenant resume x --abandon --yes
given up: delete tenant `x`
still there may be the effects of `remove`
what provider `hostile` made for [ID] is nobody's now

"#]]
    );
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    // The name is free, and what was sealed for the tenant is not to be read any more.
    sandbox.say(&creation("honest")).ok();
    let log = sandbox.say("history log --json").ok().data();
    let kinds: Vec<_> = log["events"].as_array().into_iter().flatten().map(|event| event["type"].clone()).collect();
    for kind in ["OperationAbandoned", "TenantAbandoned", "TenantKeyDestroyed"] {
        assert!(kinds.contains(&kind.into()), "{kind}: {kinds:?}");
    }
    assert_carries_on(&sandbox);
}

#[test]
fn what_goes_on_is_not_given_up() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("honest")).ok();
    assert_eq!(sandbox.say("cloud tenant resume x --abandon --yes --json").exits(3).error_code(), "nothing-unfinished");
    sandbox.say("cloud tenant resume x --abandon --undo --yes").exits(2);
    sandbox.say("cloud tenant resume x --yes").exits(2);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
}
