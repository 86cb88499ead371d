//! A plugin may what this user allowed on this machine, and nothing else says so: no history, no file, no name.

use std::fs;
use std::path::Path;
use std::process::Command;

use systemprompt_tests::{LogFile, Output, Sandbox, assert_data_eq, str};

use crate::hostile::plugin::{COMPONENT, creation, file, install, sandbox, variant};

/// The project of one user as another user gets it, by `cp -r` or `git clone`.
fn copied(from: &Sandbox) -> Sandbox {
    let to = Sandbox::new();
    let copied = Command::new("cp").arg("-r").arg(from.project().join(".systemprompt")).arg(to.project()).status();
    assert!(copied.is_ok_and(|status| status.success()), "a project can be copied");
    to
}

#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, code: &str) {
    let output = sandbox.say(&format!("{line} --json")).exits(4);
    assert_eq!(output.error_code(), code, "\n{}", output.whole());
}

fn install_file(sandbox: &Sandbox, path: &Path) -> Output {
    sandbox.run(["plugin".as_ref(), "install".as_ref(), path.as_os_str(), "--yes".as_ref()])
}

#[test]
fn a_project_from_elsewhere_brings_its_history_and_no_rights() {
    let theirs = sandbox();
    theirs.say(&creation("honest")).ok();
    let mine = copied(&theirs);
    refused(&mine, &creation("trap").replace("--name x", "--name y"), "plugin-not-granted");
    // Its settings are not trusted either; allowing these does not allow the plugin.
    refused(&mine, "cloud tenant status x", "not-allowed-here");
    mine.say("cloud tenant allow x --yes").ok();
    for line in ["cloud tenant delete x -y", "cloud tenant status x"] {
        refused(&mine, line, "plugin-not-granted");
    }
    let list = mine.say("plugin list");
    assert_data_eq!(
        list.transcript(),
        str![[r#"
$ systemprompt plugin list
Plugins
  docker           0.1.0     local  PostgreSQL in Docker
  native           0.1.0     local  PostgreSQL on this machine
  fly              0.1.0     cloud  PostgreSQL on Fly.io
  postgres         0.1.0     cloud  PostgreSQL on a server that you name
  hostile          0.1.0     local  Hostile [2J  provider   (not allowed on this machine)

"#]]
    );
    mine.say("history verify").ok();
    assert_eq!(mine.say("cloud tenant list --json").ok().data()["total"], 1);
    assert!(!mine.data().join("plugins").exists(), "nothing was installed");
}

#[test]
fn a_copied_component_beside_a_copied_project_is_no_grant_either() {
    let theirs = sandbox();
    let mine = copied(&theirs);
    fs::create_dir_all(mine.data()).expect("a directory can be made");
    let copied = Command::new("cp").arg("-r").arg(theirs.data().join("plugins")).arg(mine.data()).status();
    assert!(copied.is_ok_and(|status| status.success()), "plugins can be copied");
    refused(&mine, &creation("honest"), "plugin-not-granted");
}

#[test]
fn what_this_user_allows_is_allowed_in_a_project_from_elsewhere() {
    let mine = copied(&sandbox());
    install(&mine, COMPONENT).ok();
    mine.say(&creation("honest")).ok();
}

#[test]
fn an_operation_of_a_project_from_elsewhere_is_not_resumed_by_its_plugin() {
    let theirs = sandbox();
    theirs.say(&creation("trap")).exits(1);
    let mine = copied(&theirs);
    for code in ["not-allowed-here", "plugin-not-granted"] {
        refused(&mine, "cloud tenant resume x", code);
        refused(&mine, "cloud tenant resume x --undo", code);
        mine.say("cloud tenant allow x --yes").ok();
    }
}

#[test]
fn an_operation_of_a_project_from_elsewhere_can_be_given_up_without_its_plugin() {
    let theirs = sandbox();
    theirs.say(&creation("trap")).exits(1);
    let mine = copied(&theirs);
    let refused = mine.say("cloud tenant resume x").exits(4);
    let hint = "hint: run `systemprompt cloud tenant resume local_74726170 --abandon`\n";
    assert!(refused.stderr.ends_with(hint), "{}", refused.whole());
    mine.say("cloud tenant resume x --abandon --yes").ok();
    assert_eq!(mine.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(mine.say("cloud tenant list").ok().stderr, "");
    mine.say("history verify").ok();
}

#[test]
fn programs_that_a_project_from_elsewhere_names_are_not_run_before_they_are_allowed() {
    let theirs = Sandbox::new();
    let found = Command::new("pg_config").arg("--bindir").output().expect("the tests need `pg_config`");
    let bin_dir = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let create = "cloud tenant create --type local --provider native --name x --config";
    theirs.say(&format!("{create} bin_dir={bin_dir}")).ok();
    let mine = copied(&theirs);
    for line in ["cloud tenant status x", "cloud tenant delete x -y", "cloud tenant rotate-credentials x -y"] {
        let output = mine.say(&format!("{line} --json")).exits(4);
        assert_eq!(output.error_code(), "not-allowed-here", "{}", output.whole());
        assert!(output.stdout.contains(&bin_dir), "it is not said what is to be allowed: {}", output.whole());
    }
    assert!(!mine.data().join("clusters").exists(), "a program was run");
}

#[test]
fn a_forged_grant_does_not_count() {
    let sandbox = sandbox();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let mac = log.texts("select mac from grants where key = 'hostile'").concat();
    log.run(&format!("update grants set mac = '{}'", "0".repeat(mac.len())));
    log.close();
    refused(&sandbox, &creation("honest"), "plugin-not-granted");
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run(&format!("update grants set mac = '{mac}', capabilities = '[\"journal\"]'"));
    log.close();
    refused(&sandbox, &creation("honest"), "plugin-not-granted");
}

#[test]
fn a_component_that_was_changed_after_it_was_allowed_is_not_run() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    let installed = Sandbox::files_below(&sandbox.data().join("plugins"));
    assert_eq!(installed.len(), 1, "{installed:?}");
    fs::write(&installed[0], variant("describe-spin")).expect("its owner can write it");
    refused(&sandbox, "cloud tenant status x", "plugin-hash");
    refused(&sandbox, &creation("trap").replace("--name x", "--name y"), "plugin-hash");
    fs::remove_file(&installed[0]).expect("its owner can remove it");
    assert_eq!(sandbox.say("cloud tenant status x --json").exits(1).error_code(), "plugin-file");
    install(&sandbox, COMPONENT).ok();
    sandbox.say("cloud tenant status x").ok();
}

#[test]
fn another_component_of_the_same_id_has_to_be_allowed_anew() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    install(&sandbox, &variant("other")).ok();
    sandbox.say("cloud tenant status x").ok();
    let list = sandbox.say("plugin list --json").ok().data();
    let hostile: Vec<_> =
        list["plugins"].as_array().into_iter().flatten().filter(|plugin| plugin["id"] == "hostile").collect();
    assert_eq!(hostile.len(), 1);
}

#[test]
fn installing_without_a_terminal_needs_yes() {
    let sandbox = Sandbox::new();
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let output = sandbox.run(["plugin".as_ref(), "install".as_ref(), path.as_os_str()]);
    assert_data_eq!(
        output.transcript(),
        str![[r#"
$ systemprompt plugin install [SANDBOX]/hostile.wasm
! note: plugin `hostile` 0.1.0: Hostile [2J  provider
! note: it is from [SANDBOX]/hostile.wasm
! note: it has [..] bytes, and SHA-256 [..]
! note: it is not signed
! note: it may read the time, and wait
! note: it may manage Docker containers and volumes that it made itself
! note: it may send requests to the destinations that are listed with it, and to no other
! note: it may record the steps of an operation
! note: it may write log lines
! note: it may manage roles and databases of its own tenants
! note: it may show progress
! note: it may get random bytes
! note: it may have secrets generated, which it never sees
! note: it may run a PostgreSQL server on this machine
! note: it may send requests to https://localhost:[PORT], with secrets of its own tenants
! error: allowing a plugin needs a confirmation
! help: read what it may do, then give `--yes`
? 4

"#]]
    );
    assert!(!sandbox.file("log.db").exists() && !sandbox.data().join("plugins").exists(), "nothing was done");
}

#[test]
fn the_ids_of_what_the_program_carries_cannot_be_taken() {
    for (stamp, code) in
        [("id-docker", "plugin-id-taken"), ("id-path", "bad-plugin-id"), ("id-escapes", "bad-plugin-id")]
    {
        let sandbox = Sandbox::new();
        let path = file(&sandbox, "hostile.wasm", &variant(stamp));
        let output =
            sandbox.run(["plugin".as_ref(), "install".as_ref(), path.as_os_str(), "--yes".as_ref(), "--json".as_ref()]);
        assert_eq!(output.clone().exits(4).error_code(), code, "{stamp}");
        assert!(!sandbox.data().join("plugins").exists(), "{stamp}");
    }
}

#[test]
fn what_asks_for_something_that_no_world_offers_is_not_installed() {
    let sandbox = Sandbox::new();
    for (import, says) in [
        ("wasi:filesystem/types@0.2.6", "it imports `wasi:filesystem/types@0.2.6`"),
        ("systemprompt:provider/teleport@1.0.0", "teleport"),
        ("systemprompt:provider/journal@2.0.0", "2.0.0"),
    ] {
        let path = file(&sandbox, "importing.wasm", &importing(import));
        let output = install_file(&sandbox, &path);
        assert_eq!(output.code, 4, "{import}: {}", output.whole());
        assert!(
            output.stderr.contains("this is not a provider plugin") && output.stderr.contains(says),
            "{}",
            output.whole()
        );
    }
}

#[test]
fn what_is_no_component_is_not_installed() {
    let sandbox = Sandbox::new();
    let half = &COMPONENT[..COMPONENT.len() / 2];
    let core_module = [b"\0asm".as_slice(), &[1, 0, 0, 0]].concat();
    let empty_component = [b"\0asm".as_slice(), &[13, 0, 1, 0]].concat();
    let files: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("text", b"#!/bin/sh\nreboot\n"),
        ("half", half),
        ("module", &core_module),
        ("nothing", &empty_component),
    ];
    for (name, content) in files {
        let output = install_file(&sandbox, &file(&sandbox, name, content));
        assert_eq!(output.code, 4, "{name}: {}", output.whole());
        assert!(output.stderr.starts_with("error: this is not a provider plugin: "), "{name}: {}", output.whole());
        assert!(!output.stderr.contains("panicked"), "{name}: {}", output.whole());
    }
    let output = install_file(&sandbox, &sandbox.root().join("missing.wasm")).exits(1);
    assert!(output.stderr.contains("could not access"), "{}", output.whole());
    let output = install_file(&sandbox, &sandbox.project());
    assert_eq!(output.code, 1, "a directory: {}", output.whole());
    assert!(!sandbox.file("log.db").exists(), "nothing was recorded");
}

/// The smallest component that imports one instance, and exports nothing.
fn importing(name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a short name");
    let instance_type = [7, 3, 1, 0x42, 0];
    let import = [[10, length + 5, 1, 0, length].as_slice(), name.as_bytes(), &[5, 0]].concat();
    [b"\0asm".as_slice(), &[13, 0, 1, 0], &instance_type, &import].concat()
}

#[test]
fn the_plugins_of_a_moment_are_those_that_the_history_had_by_then() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    let registered = sandbox.say("history log --type PluginRegistered -n 1 --json").ok().data();
    let registered = registered["events"][0]["position"].as_u64().expect("the plugin was registered");
    let at = |position: u64| {
        let listed = sandbox.say(&format!("plugin list --at {position} --json")).ok().data();
        let ids = listed["plugins"].as_array().into_iter().flatten().map(|plugin| plugin["id"].clone());
        (ids.collect::<Vec<_>>(), listed["plugins"][0]["granted"].clone())
    };
    assert_eq!(at(registered), (vec!["hostile".into()], false.into()), "registered, and not yet allowed");
    assert_eq!(at(registered + 1), (vec!["hostile".into()], true.into()));
    if registered > 1 {
        assert_eq!(at(registered - 1).0, [""; 0]);
    }
    let missing = sandbox.say(&format!("plugin show docker --at {registered}")).exits(3);
    assert!(missing.stderr.contains("help: there are `hostile`"), "{}", missing.whole());
}
