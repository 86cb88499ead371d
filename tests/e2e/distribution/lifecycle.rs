//! What was allowed is taken back, given again, checked, replaced and removed.

use std::fs;

use systemprompt_tests::{LogFile, Sandbox, terminal, until};

use super::{of_file, refused};
use crate::hostile::plugin::{COMPONENT, creation, file, install, sandbox, variant};

#[test]
fn a_plugin_with_less_than_it_imports_is_not_run_until_it_is_allowed_that_again() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    let shown = sandbox.say("plugin revoke hostile docker --json").ok().data();
    assert_eq!(shown["granted"], true);
    let allowed = shown["allowed"].as_array().expect("a list").clone();
    assert!(!allowed.contains(&"docker".into()) && allowed.contains(&"postgres".into()), "{allowed:?}");
    let text = sandbox.say("plugin show hostile").ok().stdout;
    assert!(text.contains("all but 1 of what it asks for, since "), "{text}");
    assert!(text.contains("docker    not allowed: manage Docker"), "{text}");

    let stopped = sandbox.say("cloud tenant status x").exits(4);
    assert!(stopped.stderr.ends_with("hint: run `systemprompt plugin grant hostile docker`\n"), "{}", stopped.whole());
    refused(&sandbox.say("plugin grant hostile docker --json"), 4, "confirmation-needed");
    sandbox.say("plugin grant hostile docker --yes").ok();
    sandbox.say("cloud tenant status x").ok();
    let kinds = sandbox.say("history log --type CapabilitiesGranted --json").ok().data();
    assert_eq!(kinds["events"].as_array().map(Vec::len), Some(3), "installed, taken back, given again");
}

#[test]
fn a_plugin_that_may_nothing_any_more_says_how_it_is_allowed_again() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    assert_eq!(sandbox.say("plugin revoke hostile --json").ok().data()["granted"], false);
    let again = sandbox.say("plugin revoke hostile").ok();
    assert_eq!(again.stderr, "");
    let stopped = sandbox.say("cloud tenant status x").exits(4);
    assert!(stopped.stderr.ends_with("hint: run `systemprompt plugin grant hostile`\n"), "{}", stopped.whole());
    sandbox.say("plugin grant hostile --yes").ok();
    sandbox.say("cloud tenant status x").ok();
    let events = sandbox.say("history log --type GrantRevoked --json").ok().data();
    assert_eq!(events["events"].as_array().map(Vec::len), Some(1));
    sandbox.say("history verify").ok();
}

#[test]
fn what_is_revoked_or_granted_has_to_be_something_that_the_plugin_has() {
    let sandbox = sandbox();
    refused(&sandbox.say("plugin revoke hostile teleport --json"), 3, "capability-not-found");
    refused(&sandbox.say("plugin grant hostile teleport --yes --json"), 3, "capability-not-found");
    for word in ["revoke", "grant", "remove", "verify", "upgrade"] {
        refused(&sandbox.say(&format!("plugin {word} docker --json")), 4, "plugin-carried");
        refused(&sandbox.say(&format!("plugin {word} nobody --json")), 3, "plugin-not-found");
    }
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["granted"], true, "nothing changed");
}

#[test]
fn a_plugin_is_not_removed_while_something_is_left_that_only_it_can_end() {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    let output = sandbox.say("plugin remove hostile --json");
    refused(&output, 4, "plugin-in-use");
    assert!(output.stdout.contains("local_686f6e657374"), "it is not said which: {}", output.whole());
    sandbox.say("cloud tenant status x").ok();
    sandbox.say("cloud tenant delete x -y").ok();
    let removed = sandbox.say("plugin remove hostile --json").ok().data();
    assert_eq!(removed["files_removed"].as_array().map(Vec::len), Some(1));
    assert!(Sandbox::files_below(&sandbox.data().join("plugins")).is_empty(), "its file is still there");
    refused(&sandbox.say("plugin show hostile --json"), 3, "plugin-not-found");
    refused(&sandbox.say("plugin remove hostile --json"), 3, "plugin-not-found");
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();
    install(&sandbox, COMPONENT).ok();
}

#[test]
fn a_file_that_another_project_uses_stays_until_that_does_not_use_it() {
    let sandbox = sandbox();
    let other = sandbox.root().join("other");
    fs::create_dir(&other).expect("a directory can be made");
    let file = file(&sandbox, "hostile.wasm", COMPONENT);
    of_file(&sandbox, "install", &file, &format!("--yes --project {}", other.display())).ok();
    let removed = sandbox.say("plugin remove hostile --json").ok().data();
    assert_eq!(removed["files_removed"].as_array().map(Vec::len), Some(0));
    assert!(removed["files_needed_by"][0].as_str().is_some_and(|dir| dir.contains("other")), "{removed}");
    sandbox.say(&format!("plugin verify hostile --project {}", other.display())).ok();
    let removed = sandbox.say(&format!("plugin remove hostile --project {} --json", other.display())).ok().data();
    assert_eq!(removed["files_removed"].as_array().map(Vec::len), Some(1));
}

#[test]
fn while_one_command_takes_files_in_no_other_takes_any_away() {
    let sandbox = sandbox();
    let path = sandbox.data().join("locks/installed.lock");
    let lock = fs::File::open(&path).expect("an installation locks it");
    lock.lock().expect("nobody has it");
    let removal = sandbox.spawn(["plugin", "remove", "hostile"]);
    let open = format!("/proc/{}/fd", removal.child.id());
    until("the removal has come to the lock", || {
        let mut files = fs::read_dir(&open).ok()?.flatten();
        files.find(|file| fs::read_link(file.path()).is_ok_and(|file| file == path)).map(drop)
    });
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["granted"], true);
    assert!(!Sandbox::files_below(&sandbox.data().join("plugins")).is_empty(), "its file is gone");
    drop(lock);
    removal.end().ok();
    assert!(Sandbox::files_below(&sandbox.data().join("plugins")).is_empty(), "its file is still there");
}

#[test]
fn the_next_plugin_of_an_id_does_not_get_the_secrets_of_the_one_before() {
    let sandbox = sandbox();
    let other = sandbox.root().join("other");
    fs::create_dir(&other).expect("a directory can be made");
    let file = file(&sandbox, "hostile.wasm", COMPONENT);
    of_file(&sandbox, "install", &file, &format!("--yes --project {}", other.display())).ok();
    let secrets = |statement: &str| {
        let mut vault = LogFile::open(&sandbox.data().join("vault/machine.db"));
        vault.run(statement);
        vault.texts("select plugin || ' ' || name from secrets order by 1")
    };
    secrets("insert into secrets values('hostile', 'admin', 1, 'sealed'), ('other', 'admin', 1, 'sealed')");
    sandbox.say("plugin remove hostile").ok();
    assert_eq!(secrets(""), ["hostile admin", "other admin"], "another project works with it");
    sandbox.say(&format!("plugin remove hostile --project {}", other.display())).ok();
    assert_eq!(secrets(""), ["other admin"]);
}

#[test]
fn a_removal_is_not_undone_and_says_so() {
    let sandbox = sandbox();
    sandbox.say("plugin remove hostile").ok();
    let output = sandbox.say("history undo");
    assert_ne!(output.code, 0, "{}", output.whole());
    assert!(output.stderr.contains("install the file that you trust"), "{}", output.whole());
}

#[test]
fn verifying_names_each_fault_and_ends_with_1() {
    let sandbox = sandbox();
    assert_eq!(sandbox.say("plugin verify").ok().stdout, "ok: 1 installed\n");
    let kinds = || {
        let data = sandbox.say("plugin verify hostile --json").exits(1).data();
        let faults = data["faults"].as_array().expect("a list").iter();
        faults.map(|fault| fault["kind"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let installed = Sandbox::files_below(&sandbox.data().join("plugins"));
    fs::write(&installed[0], variant("other")).expect("its owner can write it");
    assert_eq!(kinds(), ["hash"]);
    fs::remove_file(&installed[0]).expect("its owner can remove it");
    assert_eq!(kinds(), ["file"]);
    install(&sandbox, COMPONENT).ok();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("update grants set capabilities = '[\"journal\"]'");
    log.close();
    assert_eq!(kinds(), ["grant"]);
}

#[test]
fn an_upgrade_says_what_changes_and_an_older_version_has_to_be_asked_for() {
    let sandbox = sandbox();
    let newer = file(&sandbox, "newer.wasm", &variant("newer-wider"));
    let upgrade = |more: &str| {
        let head = ["plugin".as_ref(), "upgrade".as_ref(), "hostile".as_ref(), newer.as_os_str()];
        sandbox.run(head.into_iter().chain(more.split_whitespace().map(AsRef::as_ref)))
    };
    let asked = upgrade("").exits(4);
    assert!(asked.stderr.contains("note: it takes the place of version 0.1.0\n"), "{}", asked.whole());
    let wider = "note: + it may from now on send requests to https://wider.example, with secrets of its own tenants\n";
    assert!(asked.stderr.contains(wider), "{}", asked.whole());
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["version"], "0.1.0", "nothing was done");
    assert_eq!(upgrade("--yes --json").ok().data()["version"], "0.2.0");

    let older = file(&sandbox, "older.wasm", COMPONENT);
    refused(&of_file(&sandbox, "install", &older, "--yes --json"), 4, "plugin-downgrade");
    let narrower = of_file(&sandbox, "install", &older, "--yes --allow-downgrade").ok();
    assert!(
        narrower.stderr.contains("note: - it may no longer send requests to https://wider.example"),
        "{}",
        narrower.whole()
    );
    assert_eq!(sandbox.say("plugin show hostile --json").ok().data()["version"], "0.1.0");
}

#[test]
fn an_upgrade_without_a_file_takes_the_one_that_it_was_installed_from() {
    let sandbox = sandbox();
    file(&sandbox, "hostile.wasm", &variant("newer"));
    assert_eq!(sandbox.say("plugin upgrade hostile --yes --json").ok().data()["version"], "0.2.0");
    let unlike = file(&sandbox, "other.wasm", b"");
    let output = sandbox.say(&format!("plugin upgrade hostile {} --yes --json", unlike.display()));
    refused(&output, 4, "not-a-provider");
}

#[test]
fn a_plugin_that_was_never_compiled_here_is_compiled_in_front_of_the_user() {
    let mut sandbox = Sandbox::new();
    let cache = sandbox.root().join("cache");
    sandbox.set("SYSTEMPROMPT_CACHE_DIR", cache.to_str().expect("a path is text"));
    let path = file(&sandbox, "hostile.wasm", COMPONENT);
    let compiled = |more: &str| of_file(&sandbox, "install", &path, more).stdout.matches("compile the plugin").count();
    assert_eq!(compiled("--json=stream"), 2, "it begins and ends, before anything is asked");
    assert_eq!(compiled("--json=stream --yes"), 0, "once is enough");
    fs::remove_dir_all(cache).expect("it can be removed");
    let seen = terminal::see(&sandbox, &format!("plugin install {} --yes", path.display()), 0);
    assert!(seen.contains("✓ compile the plugin ("), "{seen}");
}

#[test]
fn what_was_agreed_to_one_by_one_is_all_that_is_allowed() {
    let sandbox = Sandbox::new();
    let path = file(&sandbox, "hostile.wasm", &variant("newer-narrower"));
    let all = "clock docker http journal log postgres progress random secrets server";
    let grants = |words: &str| words.split(' ').map(|word| format!("--grant {word}")).collect::<Vec<_>>().join(" ");
    let fewer = of_file(&sandbox, "install", &path, &format!("--json {}", grants("clock docker")));
    refused(&fewer, 4, "asks-for-more");
    assert!(!sandbox.file("log.db").exists(), "nothing was done");
    let allowed = of_file(&sandbox, "install", &path, &format!("--json {}", grants(all))).ok().data();
    assert_eq!(allowed["allowed"], allowed["capabilities"]);
}
