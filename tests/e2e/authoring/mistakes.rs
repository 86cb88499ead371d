//! What authors and machines get wrong: each is named with what to do, and nothing is lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use systemprompt_tests::{Sandbox, assert_data_eq, file, str};

use super::{change, say_in, with_rust};

#[test]
fn a_project_is_begun_in_a_directory_of_its_own_under_a_name_that_can_be_one() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.project().join("taken")).expect("a directory can be made");
    fs::write(sandbox.project().join("taken/notes.txt"), "mine").expect("a file can be written");
    let session = sandbox.session(&[
        "plugin new taken",
        "plugin new match",
        "plugin new docker",
        "plugin new acme --lang cobol",
        "plugin build",
        "plugin test",
        "plugin test nothing.wasm",
        "plugin test fly",
        "plugin test fly --service fly=http://127.0.0.1:1",
        "plugin test fly --service https://api.machines.dev=https://example.com",
        "plugin test native --input edit",
        "plugin run fly native",
        "plugin run create native --input {",
    ]);
    assert_data_eq!(session, file!["../expected/authoring/mistakes.txt"]);
    let left: Vec<_> = Sandbox::files_below(&sandbox.project());
    assert_eq!(left, [sandbox.project().join("taken/notes.txt")], "nothing was written");
}

pub(super) fn program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a script can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
}

#[test]
fn what_is_missing_is_named_with_what_installs_it() {
    let mut sandbox = with_rust();
    sandbox.say("plugin new acme").ok();
    let rustc = sandbox.root().join("rustc");
    program(&rustc, "case \"$*\" in *sysroot*) echo /nonexistent ;; *) echo 'host: x' ;; esac");
    sandbox.set("RUSTC", rustc.to_str().expect("a path is text"));
    sandbox.set("SYSTEMPROMPT_WASM_TOOLCHAIN", "/nonexistent");
    let no_target = say_in(&sandbox, "acme", "plugin build").exits(6);
    sandbox.set("PATH", "/nonexistent");
    let no_rust = say_in(&sandbox, "acme", "plugin build").exits(6);
    assert_data_eq!(
        no_target.transcript() + &no_rust.transcript(),
        str![[r#"
$ systemprompt plugin build
! error: Rust is here, but cannot compile for `wasm32-unknown-unknown` yet
! hint: run `rustup target add wasm32-unknown-unknown`
? 6
$ systemprompt plugin build
! error: Rust's `cargo` is needed to build this, and cannot be run
!   caused by: No such file or directory (os error 2)
! help: install Rust as https://rustup.rs says, then run the command again
? 6

"#]]
    );
}

#[test]
fn what_the_compiler_has_against_the_code_is_shown_and_an_earlier_component_stays() {
    let sandbox = with_rust();
    sandbox.say("plugin new acme-postgres").ok();
    let dir = sandbox.project().join("acme-postgres");
    let (code, component) = (dir.join("src/lib.rs"), dir.join("acme-postgres.wasm"));
    fs::write(&component, "an earlier one").expect("a file can be written");
    let text = fs::read_to_string(&code).expect("the code can be read");
    fs::write(&code, text.replace("fn probe()", "fn prob()")).expect("the code can be written");
    let failed = say_in(&sandbox, "acme-postgres", "plugin build").exits(1);
    assert!(failed.stderr.contains("error[E0407]") && failed.stderr.contains("src/lib.rs"), "{}", failed.whole());
    assert!(failed.stderr.ends_with("help: the compiler said above what it has against it\n"), "{}", failed.whole());
    assert_eq!(say_in(&sandbox, "acme-postgres", "plugin build --json").exits(1).error_code(), "build-failed");

    fs::write(&code, "//! Nothing is exported.\n").expect("the code can be written");
    let empty = say_in(&sandbox, "acme-postgres", "plugin build --json").exits(4);
    assert_eq!(empty.error_code(), "not-a-provider", "{}", empty.whole());
    assert_eq!(fs::read_to_string(&component).expect("it is there"), "an earlier one");
}

#[test]
fn a_provider_that_reads_its_account_before_anybody_allowed_that_is_refused_when_it_is_built() {
    let sandbox = with_rust();
    sandbox.say("plugin new acme-postgres").ok();
    let code = sandbox.project().join("acme-postgres/src/lib.rs");
    let describe = "    fn describe() -> Description {\n";
    let reads = "let _answered = systemprompt_sdk::account::value(\"user\");";
    change(&code, describe, &format!("{describe}        {reads}\n"));
    let refused = say_in(&sandbox, "acme-postgres", "plugin build --json").exits(1);
    assert_eq!(refused.error_code(), "plugin-too-early", "{}", refused.whole());
    assert!(refused.whole().contains("it called `account` while it was asked who it is"), "{}", refused.whole());
    assert!(!sandbox.project().join("acme-postgres/acme-postgres.wasm").exists());
}

#[test]
fn a_directory_that_holds_no_plugin_is_said_to_hold_none() {
    let sandbox = with_rust();
    let dir = sandbox.project().join("other");
    fs::create_dir_all(dir.join("src")).expect("a directory can be made");
    fs::write(dir.join("src/lib.rs"), "").expect("a file can be written");
    let manifest = "[package]\nname = \"other\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(dir.join("Cargo.toml"), manifest).expect("a file can be written");
    let no_cdylib = say_in(&sandbox, "other", "plugin build").exits(4);
    fs::write(dir.join("Cargo.toml"), "[package\n").expect("a file can be written");
    let unreadable = say_in(&sandbox, "other", "plugin build --json").exits(4);
    assert_eq!(unreadable.error_code(), "not-a-plugin-project");
    assert_data_eq!(
        no_cdylib.transcript(),
        str![[r#"
$ systemprompt plugin build
! error: this is no plugin's project: package `other` has no library of the type `cdylib`
! help: add `crate-type = ["cdylib", "rlib"]` below `[lib]` in its `Cargo.toml`
? 4

"#]]
    );
}
