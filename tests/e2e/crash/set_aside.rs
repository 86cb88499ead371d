//! A deletion with a grace, or the way back from it, is killed; then the tenant is to be deleted for good: it is.

use serde_json::json;

use super::strace::{self, Call};
use super::world::{Machine, Project};
use super::{KILLED, native};

/// Kills `args` at every edge, and deletes the tenant then. Answers how often it was unfinished.
fn kill_and_delete(machine: &Machine, prepare: &[&str], args: &[&str]) -> usize {
    let prepared = || {
        let project = machine.project();
        project.create().ok();
        if !prepare.is_empty() {
            run(&project, prepare).ok();
        }
        project
    };
    let empty = machine.count();
    let project = prepared();
    let words = words(&project, args);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let commits = strace::commits(&machine.sandbox, &project.dir, &words);
    run(&project, if args.contains(&"restore") { &["delete", "-y"] } else { &["purge", "-y"] }).ok();
    assert_eq!(machine.count(), empty, "undisturbed");
    let mut unfinished = 0;
    for (number, commit) in commits.iter().enumerate() {
        let edge = format!("{args:?}, killed at commit {} of {}", number + 1, commits.len());
        let project = prepared();
        kill(&project, args, &commit.after);
        let is_unfinished = project.list().ok().stderr.contains("unfinished: ");
        if !is_unfinished {
            let _either = (run(&project, &["delete", "-y"]), run(&project, &["purge", "-y"]));
            continue;
        }
        unfinished += 1;
        let deleted = run(&project, &["delete", "-y", "--json"]).ok().data();
        assert_eq!((&deleted["database_dropped"], &deleted["until"]), (&json!(true), &json!(null)), "{edge}");
        let aside = project.run(&["cloud", "tenant", "list", "--deleted", "--json"]).ok().data();
        assert_eq!(aside["total"], json!(0), "{edge}: it is only set aside");
        assert_eq!(project.count("TenantDeleted"), 1, "{edge}");
        assert_eq!(machine.count(), empty, "{edge}: the data is still there");
        assert_eq!(project.list().ok().stderr, "", "{edge}");
    }
    unfinished
}

fn words(project: &Project, args: &[&str]) -> Vec<String> {
    let named: Vec<&str> =
        ["cloud", "tenant", args[0], &project.id].into_iter().chain(args[1..].iter().copied()).collect();
    project.args(&named)
}

fn run(project: &Project, args: &[&str]) -> systemprompt_tests::Output {
    project.machine.sandbox.run(words(project, args))
}

fn kill(project: &Project, args: &[&str], call: &Call) {
    let words = words(project, args);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let _killed = strace::disturb(&project.machine.sandbox, &project.dir, &words, call, "signal=KILL").exits(KILLED);
}

#[test]
fn what_was_being_set_aside_is_deleted_for_good_where_that_is_asked_for() {
    if strace::is_here("what_was_being_set_aside_is_deleted_for_good_where_that_is_asked_for") {
        let unfinished = kill_and_delete(&native(), &[], &["delete", "--grace", "1h", "-y"]);
        assert!(unfinished >= 6, "three steps of two edges each: {unfinished}");
    }
}

#[test]
fn what_was_being_brought_back_is_deleted_for_good_where_that_is_asked_for() {
    if strace::is_here("what_was_being_brought_back_is_deleted_for_good_where_that_is_asked_for") {
        let unfinished = kill_and_delete(&native(), &["delete", "--grace", "1h", "-y"], &["restore"]);
        assert!(unfinished >= 8, "four steps of two edges each: {unfinished}");
    }
}
