//! Plugins that trap, spin, grab, flood, lie and cheat: the host names the limit, nothing is lost, and all else goes on.

mod answers;
mod component;
mod early;
mod exports;
mod http;
mod journal;
mod outside;
pub(crate) mod plugin;

use std::time::{Duration, Instant};

use plugin::{creation, install, variant};
use snapbox::data::Inline;
use systemprompt_tests::{Docker, Login, Output, Sandbox, assert_data_eq, str, terminal};

use crate::life::url;

/// Two seconds of computing are allowed at a stretch; the rest is for a loaded machine.
const STRETCH_BOUND: Duration = Duration::from_secs(15);
/// Twenty seconds of computing are allowed in one call.
const CALL_BOUND: Duration = Duration::from_secs(90);

/// What would change a terminal, or what a person reads in it.
const UNSAFE: [char; 6] = ['\u{1b}', '\u{9b}', '\u{7}', '\u{8}', '\r', '\u{202e}'];

#[track_caller]
fn assert_harmless(output: &Output) {
    let found = output.stderr.chars().chain(output.stdout.chars()).find(|character| UNSAFE.contains(character));
    assert_eq!(found, None, "\n{:?}", output.whole());
}

/// The host carries on: other commands work, and the record is whole.
#[track_caller]
fn assert_carries_on(sandbox: &Sandbox) {
    assert_harmless(&sandbox.say("cloud tenant list").ok());
    sandbox.say("history verify").ok();
}

/// A creation in this mode is stopped, and says what `expected` says; typing the hint works, and so does giving up.
#[track_caller]
fn stopped(mode: &str, expected: Inline) {
    stopped_within(STRETCH_BOUND, mode, expected);
}

#[track_caller]
fn stopped_within(bound: Duration, mode: &str, expected: Inline) {
    let sandbox = plugin::sandbox();
    let begun = Instant::now();
    let output = sandbox.say(&creation(mode));
    assert!(begun.elapsed() < bound, "it took {} s", begun.elapsed().as_secs());
    assert_harmless(&output);
    assert_data_eq!(told(&output), expected);

    let hint = format!("hint: run `systemprompt cloud tenant resume {}`\n", plugin::id(mode));
    assert!(output.stderr.ends_with(&hint), "{}", output.whole());
    let list = sandbox.say("cloud tenant list").ok();
    let unfinished = list.stderr.lines().filter(|line| line.contains("unfinished: create tenant `x`")).count();
    assert_eq!(unfinished, 1, "{}", list.whole());
    assert_carries_on(&sandbox);

    let deleted = sandbox.say("cloud tenant delete x -y");
    if DEAF.contains(&mode) {
        // It breaks the protocol when it is asked to undo as well: nobody can undo for it.
        abandoned(&sandbox, &deleted, &plugin::id(mode));
    } else {
        deleted.ok();
    }
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    assert_carries_on(&sandbox);
}

/// A plugin stood in the way of `output`, which ends with the way out: the operation can be given up.
#[track_caller]
fn abandoned(sandbox: &Sandbox, output: &Output, id: &str) {
    let output = output.clone().exits(7);
    let hint = format!("hint: run `systemprompt cloud tenant resume {id} --abandon`\n");
    assert!(output.stderr.ends_with(&hint), "{}", output.whole());
    let asked = sandbox.say("cloud tenant resume x --abandon --json").exits(4);
    assert_eq!(asked.error_code(), "confirmation-needed");
    let given_up = sandbox.say("cloud tenant resume x --abandon --yes --json").ok().data();
    assert_eq!(given_up["outcome"], "abandoned", "{given_up}");
    assert_eq!(sandbox.say("cloud tenant resume x --json").exits(3).error_code(), "tenant-not-found");
}

/// Modes that call the journal as they like, and do not listen to what it answers.
const DEAF: [&str; 5] = ["odd-result", "deep-result", "huge-result", "begin-twice", "leave-open"];

/// A creation in this mode fails, says what `expected` says, and leaves nothing behind.
#[track_caller]
fn undone(mode: &str, expected: Inline) {
    let sandbox = plugin::sandbox();
    let output = sandbox.say(&creation(mode));
    assert_harmless(&output);
    assert_data_eq!(told(&output), expected);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    assert_carries_on(&sandbox);
}

/// What a command said, without the command itself.
fn told(output: &Output) -> String {
    output.transcript().split_once('\n').map_or_else(String::new, |(_, told)| told.to_owned())
}

#[test]
fn a_plugin_that_behaves_is_not_stopped() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("honest")).ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    sandbox.say("cloud tenant delete x -y").ok();
    assert_carries_on(&sandbox);
}

#[test]
fn a_panic_in_a_step_stops_the_plugin_and_nothing_else() {
    stopped(
        "trap",
        str![[r#"
! error: plugin `hostile` was stopped: it trapped: it panicked at tests/hostile/src/misdeed.rs:[..]:  [2J ]0;owned  31m    evil
!   at systemprompt_sdk::step::Step::run
!   at systemprompt_hostile::Hostile::create
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume local_74726170`
? 1

"#]],
    );
}

#[test]
fn a_panic_between_two_steps_is_no_worse() {
    stopped(
        "outside-trap",
        str![[r#"
! error: plugin `hostile` was stopped: it trapped: it panicked at tests/hostile/src/misdeed.rs:[..]: between two steps
!   at systemprompt_hostile::Hostile::create
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn endless_recursion_is_stopped() {
    stopped(
        "overflow",
        str![[r#"
! error: plugin `hostile` was stopped: it trapped: wasm trap: call stack exhausted
!   at systemprompt_hostile::misdeed::overflow
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn an_endless_loop_is_stopped_after_two_seconds() {
    stopped(
        "spin",
        str![[r#"
! error: plugin `hostile` was stopped: it computed for more than 2 s without calling the host
!   at systemprompt_hostile::misdeed::spin
!   at systemprompt_sdk::step::Step::run
!   at systemprompt_hostile::Hostile::create
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume local_7370696e`
? 1

"#]],
    );
}

#[test]
fn a_memory_bomb_is_stopped_at_its_limit() {
    stopped(
        "memory",
        str![[r#"
! error: plugin `hostile` was stopped: it needs more than 64 MiB of memory
!   at systemprompt_hostile::misdeed::grab_memory
!   at systemprompt_sdk::step::Step::run
!   at systemprompt_hostile::Hostile::create
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn ten_thousand_steps_are_too_many() {
    stopped_within(
        CALL_BOUND,
        "many-steps",
        str![[r#"
! error: plugin `hostile` was stopped: its operation has more than 1000 steps
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn a_million_log_lines_are_cut_short_and_the_plugin_is_stopped() {
    let sandbox = plugin::sandbox();
    let begun = Instant::now();
    let output = sandbox.say(&creation("log-flood")).exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    let (lines, rest): (Vec<_>, Vec<_>) =
        output.stderr.lines().partition(|line| line.starts_with("warn: hostile: line"));
    assert_eq!(lines.len(), 1_000);
    assert_data_eq!(
        rest.join("\n"),
        str![[r#"
error: plugin `hostile` was stopped: it called the host more than 100000 times in one call
  at systemprompt_sdk::log::warn
  at systemprompt_sdk::step::Step::run
  at systemprompt_hostile::Hostile::create
help: nothing was lost: what was done is recorded
hint: run `systemprompt cloud tenant resume local_6c6f672d666c6f6f64`
"#]]
    );
    sandbox.say("cloud tenant delete x -y").ok();
    assert_carries_on(&sandbox);
}

#[test]
fn a_log_line_of_two_megabytes_is_cut_short() {
    let sandbox = plugin::sandbox();
    let output = sandbox.say(&creation("log-huge")).ok();
    assert!(output.stderr.len() < 3_000 * 4, "{} bytes", output.stderr.len());
    assert_carries_on(&sandbox);
}
