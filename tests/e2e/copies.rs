//! A project that was copied, moved, renamed or reached by another path: one directory acts for a history.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{Output, Sandbox, assert_data_eq, skip, str};

use crate::hostile::plugin::{COMPONENT, creation, install, sandbox};

/// A project with a tenant.
fn original() -> Sandbox {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    sandbox
}

/// Copies the project with all that is in it.
fn copied(sandbox: &Sandbox) -> PathBuf {
    let copy = sandbox.root().join("copy");
    let status = Command::new("cp").arg("-a").arg(sandbox.project()).arg(&copy).status();
    assert!(status.is_ok_and(|status| status.success()), "a project can be copied");
    copy
}

/// Runs a command line in another directory.
fn say_in(sandbox: &Sandbox, dir: &Path, line: &str) -> Output {
    let mut command = sandbox.command(line.split_whitespace());
    command.current_dir(dir);
    sandbox.start(command).end()
}

#[test]
fn a_copy_changes_nothing_outside_and_says_which_is_the_original() {
    let sandbox = original();
    let copy = copied(&sandbox);
    assert_data_eq!(
        say_in(&sandbox, &copy, "cloud tenant delete x -y").transcript(),
        str![[r#"
$ systemprompt cloud tenant delete x -y
! note: tenant `x` ([ID]), named on the command line
! error: this project is a copy of the one in [SANDBOX]/project
! help: nothing was done: both name the same databases; work in [SANDBOX]/project, or make this directory the one that acts
! hint: run `systemprompt history claim`
? 4

"#]]
    );
    let create = creation("honest-2").replace("--name x", "--name y");
    assert_eq!(say_in(&sandbox, &copy, &format!("{create} --json")).exits(4).error_code(), "project-copied");
    // It can be looked at, and its own record can be changed.
    say_in(&sandbox, &copy, "cloud tenant list").ok();
    say_in(&sandbox, &copy, "cloud tenant select x").ok();
    say_in(&sandbox, &copy, "history verify").ok();
    assert_eq!(say_in(&sandbox, &copy, "cloud tenant list --json").ok().data()["total"], 1);
    sandbox.say("cloud tenant delete x -y").ok();
}

#[test]
fn a_copy_that_is_claimed_acts_and_the_original_does_not_any_more() {
    let sandbox = original();
    let copy = copied(&sandbox);
    assert_eq!(say_in(&sandbox, &copy, "history claim --json").exits(4).error_code(), "confirmation-needed");
    assert_data_eq!(
        say_in(&sandbox, &copy, "history claim --yes").ok().transcript(),
        str![[r#"
$ systemprompt history claim --yes
[SANDBOX]/copy acts for its history now, and [SANDBOX]/project does not any more

"#]]
    );
    let refused = sandbox.say("cloud tenant delete x -y --json").exits(4);
    assert_eq!(refused.error_code(), "project-copied");
    say_in(&sandbox, &copy, "cloud tenant delete x -y").ok();
    assert_eq!(sandbox.say("history claim --yes --json").ok().data()["before"], copy.display().to_string());
}

#[test]
fn a_project_that_was_moved_is_followed_with_one_line() {
    let sandbox = original();
    let moved = sandbox.root().join("elsewhere").join("renamed");
    fs::create_dir(sandbox.root().join("elsewhere")).expect("a directory can be made");
    fs::rename(sandbox.project(), &moved).expect("a directory can be renamed");
    let line = creation("honest-2").replace("--name x", "--name y");
    let output = say_in(&sandbox, &moved, &line).ok();
    let followed = "this project was in [SANDBOX]/project before, and is followed here";
    assert_eq!(output.transcript().matches(followed).count(), 1, "{}", output.whole());
    let again = say_in(&sandbox, &moved, "cloud tenant delete y -y").ok();
    assert!(!again.stderr.contains("is followed"), "{}", again.whole());
}

#[test]
fn a_project_that_was_copied_and_then_removed_is_followed_too() {
    let sandbox = original();
    let copy = copied(&sandbox);
    fs::remove_dir_all(sandbox.project().join(".systemprompt")).expect("a directory can be removed");
    let output = say_in(&sandbox, &copy, "cloud tenant delete x -y").ok();
    assert!(output.stderr.contains("is followed here"), "{}", output.whole());
    // What is made in the old place later is another project.
    install(&sandbox, COMPONENT).ok();
    sandbox.say(&creation("honest")).ok();
    say_in(&sandbox, &copy, &creation("honest-2")).ok();
}

#[test]
fn the_original_acts_from_its_new_place_though_a_copy_took_its_old_one() {
    let sandbox = original();
    let moved = sandbox.root().join("moved");
    fs::rename(sandbox.project(), &moved).expect("a directory can be renamed");
    let status = Command::new("cp").arg("-a").arg(&moved).arg(sandbox.project()).status();
    assert!(status.is_ok_and(|status| status.success()), "a project can be copied");
    let output = say_in(&sandbox, &moved, "cloud tenant delete x -y").ok();
    assert!(output.stderr.contains("is followed here"), "{}", output.whole());
    assert_eq!(sandbox.say("cloud tenant delete x -y --json").exits(4).error_code(), "project-copied");
}

#[test]
fn a_link_another_working_directory_and_a_bind_mount_are_the_same_project() {
    let sandbox = original();
    let below = sandbox.project().join("below");
    fs::create_dir(&below).expect("a directory can be made");
    let link = sandbox.root().join("link");
    std::os::unix::fs::symlink(sandbox.project(), &link).expect("a link can be made");
    let creation_of = |number: u32| {
        let (mode, name) = (format!("honest-{number}"), format!("--name y{number}"));
        creation(&mode).replace("--name x", &name)
    };
    let mut outputs = vec![
        say_in(&sandbox, &below, &creation_of(1)),
        say_in(&sandbox, &link, &creation_of(2)),
        say_in(&sandbox, sandbox.root(), &format!("{} --project link", creation_of(3))),
        say_in(&sandbox, sandbox.root(), &format!("{} --project project", creation_of(4))),
    ];
    let bound = sandbox.root().join("bound");
    fs::create_dir(&bound).expect("a directory can be made");
    let mounted = Command::new("mount").arg("--bind").arg(sandbox.project()).arg(&bound).output();
    if mounted.is_ok_and(|mounted| mounted.status.success()) {
        outputs.push(say_in(&sandbox, &bound, &creation_of(5)));
        let _nothing_better_to_do = Command::new("umount").arg(&bound).output();
    } else {
        skip(
            "a_link_another_working_directory_and_a_bind_mount_are_the_same_project",
            "no bind mount is possible here",
        );
    }
    for output in outputs {
        let output = output.ok();
        assert!(!output.stderr.contains("is followed"), "{}", output.whole());
    }
    sandbox.say("cloud tenant delete x -y").ok();
}

#[test]
fn a_project_restored_where_it_was_goes_on() {
    let sandbox = original();
    let copy = copied(&sandbox);
    fs::remove_dir_all(sandbox.project()).expect("a directory can be removed");
    let status = Command::new("cp").arg("-a").arg(&copy).arg(sandbox.project()).status();
    assert!(status.is_ok_and(|status| status.success()), "a project can be copied");
    let output = sandbox.say("cloud tenant delete x -y").ok();
    assert!(!output.stderr.contains("is followed"), "{}", output.whole());
    assert_eq!(say_in(&sandbox, &copy, "cloud tenant delete x -y --json").exits(4).error_code(), "project-copied");
}

#[test]
fn an_empty_variable_names_no_project() {
    let mut sandbox = original();
    sandbox.set("SYSTEMPROMPT_PROJECT", "");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
}
