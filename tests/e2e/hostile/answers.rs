//! What a plugin answers: too much, too deep, not its own, or meant for a terminal.

use super::*;

#[test]
fn a_name_that_is_not_one_is_refused_and_shown_harmlessly() {
    stopped(
        "odd-name",
        str![[r#"
! error: plugin `hostile` was stopped: `step /u{1b}[2J/u{1b}]0;owned/u{7}/u{9b}31m/u{202e}/r/n/u{8}evil` is not a step name: 1 to 100 characters, none of them a control character
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
    stopped(
        "huge-name",
        str![[r#"
! error: plugin `hostile` was stopped: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not a step name: 1 to 100 characters, none of them a control character
! help: nothing was lost: what was done is recorded
! hint: run `systemprompt cloud tenant resume [ID]`
? 1

"#]],
    );
}

#[test]
fn an_answer_that_is_too_large_is_refused_and_everything_is_undone() {
    undone(
        "huge-answer",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: the result of plugin `hostile` cannot be used: a JSON document of 2097166 bytes is too large: at most 1048576
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 1

"#]],
    );
}

#[test]
fn an_answer_that_is_too_deep_is_refused_and_everything_is_undone() {
    undone(
        "deep-answer",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: the result of plugin `hostile` cannot be used: a JSON document is nested too deeply: at most 64 levels
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 1

"#]],
    );
}

#[test]
fn an_answer_that_names_a_secret_of_somebody_else_is_refused() {
    undone(
        "stolen-secret",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: the result of plugin `hostile` cannot be used: it names `{{machine:shared-db-admin@1}}`, which is no secret of this tenant
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 1

"#]],
    );
    undone(
        "unknown-secret",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: the result of plugin `hostile` cannot be used: it names `{{secret:of-somebody-else@1}}`, which is no secret of this tenant
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 1

"#]],
    );
}

#[test]
fn an_answer_that_is_no_template_is_refused() {
    undone(
        "broken-template",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: the result of plugin `hostile` cannot be used: `{{secret:@127.0.0.1:[PORT]/hostile` is not a reference to a secret: `{{secret:NAME@VERSION}}`, `{{machine:NAME@VERSION}}` or `{{account:NAME@VERSION}}`
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 1

"#]],
    );
}

#[test]
fn a_change_outside_of_a_step_is_refused() {
    undone(
        "outside-step",
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: a change has to be made inside a step
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4

"#]],
    );
}

#[test]
fn terminal_escapes_in_messages_are_shown_harmlessly() {
    undone(
        "escapes",
        str![[r#"
! warn: hostile: [2J ]0;owned  31m    evil
! error: hostile: error  [2J ]0;owned  31m    evil
! error: Provisioning failed: could not create tenant `x`
!   caused by: message  [2J ]0;owned  31m    evil
! help: help  [2J ]0;owned  31m    evil; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4

"#]],
    );
}

#[test]
fn ten_thousand_complaints_about_a_setting_are_cut_short() {
    undone(
        "check-flood",
        str![[r#"
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

"#]],
    );
}

#[test]
fn a_panic_while_a_setting_is_checked_leaves_nothing() {
    undone(
        "check-trap",
        str![[r#"
! error: plugin `hostile` was stopped: it trapped: it panicked at tests/hostile/src/lib.rs:[..]: check
!   at systemprompt_hostile::Hostile::check
? 1

"#]],
    );
}
