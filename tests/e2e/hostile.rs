//! Plugins that trap, spin, grab, flood, lie and cheat: the host names the limit, nothing is lost, and all else goes on.

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

    sandbox.say("cloud tenant delete x -y").ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    assert_carries_on(&sandbox);
}

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
    stopped("trap", str![[r#"
! error: plugin `hostile` was stopped: it trapped: wasm trap: wasm `unreachable` instruction executed
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_panic_between_two_steps_is_no_worse() {
    stopped("outside-trap", str![[r#"
! error: plugin `hostile` was stopped: it trapped: wasm trap: wasm `unreachable` instruction executed
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn endless_recursion_is_stopped() {
    stopped("overflow", str![[r#"
! error: plugin `hostile` was stopped: it trapped: wasm trap: call stack exhausted
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn an_endless_loop_is_stopped_after_two_seconds() {
    stopped("spin", str![[r#"
! error: plugin `hostile` was stopped: it computed for more than 2 s without calling the host
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_memory_bomb_is_stopped_at_its_limit() {
    stopped("memory", str![[r#"
! error: plugin `hostile` was stopped: it needs more than 64 MiB of memory
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn ten_thousand_steps_are_too_many() {
    stopped_within(CALL_BOUND, "many-steps", str![[r#"
! error: plugin `hostile` was stopped: its operation has more than 1000 steps
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_result_that_is_too_large_is_refused() {
    stopped("huge-result", str![[r#"
! error: plugin `hostile` was stopped: it handed over a value of more than 1024 KiB
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_result_that_is_too_deep_is_refused() {
    stopped("deep-result", str![[r#"
! error: plugin `hostile` was stopped: [..]invalid JSON: recursion limit exceeded[..]
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_result_that_is_not_json_is_refused() {
    stopped("odd-result", str![[r#"
! error: plugin `hostile` was stopped: [..]invalid JSON: expected value at line 1 column 9
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_step_that_ends_without_having_begun_is_refused() {
    stopped("finish-nothing", str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: a step ends that did not begin
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_step_inside_a_step_is_refused() {
    stopped("begin-twice", str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: step `inner` begins inside another
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn an_undo_of_what_never_began_is_refused() {
    stopped("undo-nothing", str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: the undo of `never` begins, which never began
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_step_that_is_left_open_is_noticed() {
    stopped("leave-open", str![[r#"
! error: plugin `hostile` was stopped: it broke the journal's protocol: [..]`left open`[..]
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn a_name_that_is_not_one_is_refused_and_shown_harmlessly() {
    stopped("odd-name", str![[r#"
! error: plugin `hostile` was stopped: `step /u{1b}[2J/u{1b}]0;owned/u{7}/u{9b}31m/u{202e}/r/n/u{8}evil` is not a step name: 1 to 100 characters, none of them a control character
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
    stopped("huge-name", str![[r#"
! error: plugin `hostile` was stopped: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not a step name: 1 to 100 characters, none of them a control character
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn an_answer_that_is_too_large_is_refused_and_everything_is_undone() {
    undone("huge-answer", str![[r#"
! error: could not create tenant `x`
!   caused by: the provider's result is not usable: a JSON document of 2097166 bytes is too large: at most 1048576
! help: everything that was done is undone
? 1

"#]]);
}

#[test]
fn an_answer_that_is_too_deep_is_refused_and_everything_is_undone() {
    undone("deep-answer", str![[r#"
! error: could not create tenant `x`
!   caused by: the provider's result is not usable: a JSON document is nested too deeply: at most 64 levels
! help: everything that was done is undone
? 1

"#]]);
}

#[test]
fn an_answer_that_names_a_secret_of_somebody_else_is_refused() {
    undone("stolen-secret", str![[r#"
! error: could not create tenant `x`
!   caused by: the provider's result is not usable: [..]{{machine:shared-db-admin@1}}[..]
! help: everything that was done is undone
? 1

"#]]);
    undone("unknown-secret", str![[r#"
! error: could not create tenant `x`
!   caused by: the provider's result is not usable: [..]{{secret:of-somebody-else@1}}[..]
! help: everything that was done is undone
? 1

"#]]);
}

#[test]
fn an_answer_that_is_no_template_is_refused() {
    undone("broken-template", str![[r#"
! error: could not create tenant `x`
!   caused by: the provider's result is not usable: [..]
! help: everything that was done is undone
? 1

"#]]);
}

#[test]
fn a_change_outside_of_a_step_is_refused() {
    undone("outside-step", str![[r#"
! error: could not create tenant `x`
!   caused by: a change has to be made inside a step
! help: everything that was done is undone
? 4

"#]]);
}

#[test]
fn terminal_escapes_in_messages_are_shown_harmlessly() {
    undone("escapes", str![[r#"
! warn: hostile: [2J ]0;owned  31m    evil
! error: hostile: error  [2J ]0;owned  31m    evil
! error: could not create tenant `x`
!   caused by: message  [2J ]0;owned  31m    evil
! help: help  [2J ]0;owned  31m    evil; everything that was done is undone
? 4

"#]]);
}

#[test]
fn ten_thousand_complaints_about_a_setting_are_cut_short() {
    undone("check-flood", str![[r#"
! error: provider `hostile` cannot use these settings
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
!   caused by: /mode [2J: never [2J  good
! hint: run `systemprompt plugin show hostile`
? 2

"#]]);
}

#[test]
fn a_panic_while_a_setting_is_checked_leaves_nothing() {
    undone("check-trap", str![[r#"
! error: plugin `hostile` was stopped: it trapped: wasm trap: wasm `unreachable` instruction executed
? 1

"#]]);
}

#[test]
fn a_million_log_lines_are_cut_short_and_the_plugin_is_stopped() {
    let sandbox = plugin::sandbox();
    let begun = Instant::now();
    let output = sandbox.say(&creation("log-flood")).exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    let (lines, rest): (Vec<_>, Vec<_>) = output.stderr.lines().partition(|line| line.starts_with("warn: hostile: line"));
    assert_eq!(lines.len(), 1_000);
    assert_data_eq!(rest.join("\n"), str![[r#"
error: plugin `hostile` was stopped: it called the host more than 100000 times in one call
help: nothing was lost: what was done is recorded
hint: run `systemprompt cloud tenant resume local_6c6f672d666c6f6f64`
"#]]);
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

#[test]
fn a_step_that_has_another_name_when_it_is_resumed_is_not_guessed_at() {
    nondeterministic("renamed", str![[r#"
! error: nondeterministic plugin `hostile`: step 1 is `named [RANDOM]` now, and was `named [RANDOM]` when it was recorded
! help: use the plugin that began the operation, or undo it with `resume --undo`
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
}

#[test]
fn steps_that_come_in_another_order_when_they_are_resumed_are_not_guessed_at() {
    nondeterministic("reordered", str![[r#"
! error: nondeterministic plugin `hostile`: step 2 is `two` now, and was `one` when it was recorded
! help: use the plugin that began the operation, or undo it with `resume --undo`
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]]);
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
fn status_and_probe_only_look() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("status-changes")).ok();
    let output = sandbox.say("cloud tenant status x").exits(4);
    assert!(output.stderr.contains("a change has to be made inside an operation"), "{}", output.whole());

    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-changes")).ok();
    let output = sandbox.say(&creation("honest")).exits(6);
    assert!(output.stderr.contains("a change has to be made inside an operation"), "{}", output.whole());
    assert_carries_on(&sandbox);
}

#[test]
fn a_status_that_never_comes_is_not_waited_for() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("status-spin")).ok();
    let begun = Instant::now();
    let output = sandbox.say("cloud tenant status x").exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    assert_data_eq!(told(&output), str![]);
    assert_carries_on(&sandbox);
}

#[test]
fn a_probe_that_never_answers_is_not_waited_for() {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-spin")).ok();
    let begun = Instant::now();
    let output = sandbox.say(&creation("honest")).exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    assert_data_eq!(told(&output), str![]);
    assert_carries_on(&sandbox);
}

#[test]
fn a_description_that_never_comes_installs_nothing() {
    let sandbox = Sandbox::new();
    for (mode, says) in [
        ("describe-spin", "it computed for more than 2 s without calling the host"),
        ("describe-trap", "it trapped"),
        ("describe-memory", "it needs more than 64 MiB of memory"),
    ] {
        let begun = Instant::now();
        let output = install(&sandbox, &variant(mode)).exits(1);
        assert!(begun.elapsed() < STRETCH_BOUND, "{mode}");
        assert!(output.stderr.contains(says), "{}", output.whole());
        assert_harmless(&output);
    }
    assert!(!sandbox.file("log.db").exists(), "a plugin that was not installed makes no project");
}

#[test]
fn what_a_plugin_says_of_itself_does_not_reach_a_terminal_as_it_is() {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-escapes")).ok();
    let mut seen = ["plugin list", "plugin show hostile", "history log"].map(|line| terminal::see(&sandbox, line, 0)).to_vec();
    seen.push(terminal::see(&sandbox, &creation("honest"), 6));
    install(&sandbox, plugin::COMPONENT).ok();
    seen.push(terminal::see(&sandbox, &creation("escapes"), 4));
    seen.push(terminal::see(&sandbox, &creation("check-flood"), 2));
    seen.push(terminal::see(&sandbox, &format!("{} --plan", creation("honest")), 0));
    seen.push(terminal::see(&sandbox, &creation("status-escapes"), 0));
    seen.push(terminal::see(&sandbox, "cloud tenant status x", 1));
    seen.push(terminal::see(&sandbox, "history log", 0));
    for text in seen {
        // Moving the cursor is the program's own right, within a line; these are not.
        for forbidden in ["\u{1b}[2J", "\u{1b}]0;", "\u{9b}", "\u{7}", "\u{202e}", "\u{8}evil"] {
            assert!(!text.contains(forbidden), "{forbidden:?} in {text:?}");
        }
    }
}

#[test]
fn a_cluster_belongs_to_the_plugin_that_made_it() {
    let sandbox = plugin::sandbox();
    sandbox.say("cloud tenant create --type local --provider native --name victim --id local_aeeeeeeee1").ok();
    let url = url(&sandbox, "victim");
    for (mode, name) in [("shared-cluster", "x"), ("shared-admin", "x"), ("neighbour", "drop-aeeeeeeee1")] {
        let output = sandbox.say(&creation(mode).replace("--name x", &format!("--name {name}")));
        assert_eq!(output.code, 4, "{mode}: {}", output.whole());
        Login::to(&url).unwrap_or_else(|error| panic!("after `{mode}` the victim cannot log in: {error}")).close();
    }
    assert_carries_on(&sandbox);
}

#[test]
fn a_plugin_gets_no_secret_container_or_directory_of_others() {
    let Some(docker) = Docker::hold("a_plugin_gets_no_secret_container_or_directory_of_others") else { return };
    let sandbox = Sandbox::with(&docker);
    let victim = format!("cloud tenant create --type local --provider docker --name victim {}", Docker::image_flag());
    sandbox.say(&victim).ok();
    let url = url(&sandbox, "victim");
    let made = docker.made();
    install(&sandbox, plugin::COMPONENT).ok();
    let told: String =
        ["stolen-env", "host-mount", "shared-container"].iter().map(|mode| told(&sandbox.say(&creation(mode)))).collect();
    assert_data_eq!(told, str![[r#"
! error: could not create tenant `x`
!   caused by: there is no secret `{{machine:shared-db-admin@1}}`
! help: everything that was done is undone
? 4
! error: the id `[ID]` is or was that of another tenant
! help: an id belongs to one tenant for ever; choose another
? 4
! error: the id `[ID]` is or was that of another tenant
! help: an id belongs to one tenant for ever; choose another
? 4

"#]]);
    assert_eq!(docker.made(), made, "nothing was made, and nothing removed");
    Login::to(&url).expect("the victim's server runs").close();
    assert_carries_on(&sandbox);
}
