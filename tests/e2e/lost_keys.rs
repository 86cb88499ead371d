//! Keys that are gone, or are another user's: nothing is replaced, nothing is lost, and it is said.

use std::fs;

use systemprompt_tests::{LogFile, Output, Sandbox, assert_data_eq, seed, str};

use crate::hostile::plugin::{creation, sandbox};

/// A project with tenants whose passwords are sealed, and no servers behind it.
fn sealed() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox
}

fn registry(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.file("tenants.json")).expect("the registry is there")
}

#[test]
fn a_change_without_the_keys_takes_no_password_out_of_the_registry() {
    let mut sandbox = sealed();
    let (before, own) = (registry(&sandbox), sandbox.data().display().to_string());
    let elsewhere = sandbox.root().join("elsewhere").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &elsewhere);
    sandbox.say("cloud tenant edit my-project --name renamed").ok();
    assert_eq!(registry(&sandbox), before);
    let listed = sandbox.say("cloud tenant list").ok();
    assert!(listed.stderr.contains("`tenants.json` is left as it is"), "{}", listed.whole());
    assert_eq!(registry(&sandbox), before);

    // Where there is none to be left, one without passwords is better than none.
    fs::remove_file(sandbox.file("tenants.json")).expect("the registry is there");
    sandbox.say("cloud tenant list").ok();
    let without = registry(&sandbox);
    assert!(without.contains("\"renamed\"") && !without.contains("localdev"), "{without}");
    sandbox.say("cloud tenant edit renamed --name again").ok();
    assert!(registry(&sandbox).contains("\"again\""), "{}", registry(&sandbox));

    sandbox.set("SYSTEMPROMPT_DATA_DIR", &own);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    let healed = registry(&sandbox);
    let secrets = ["localdev", "user:pass", "sp_sync_abc123..."];
    assert!(secrets.iter().all(|secret| healed.contains(secret)) && healed.contains("\"again\""), "{healed}");
}

#[test]
fn a_master_key_that_was_lost_is_not_replaced_by_another() {
    let sandbox = sealed();
    let (key, aside) = (sandbox.data().join("vault/master.key"), sandbox.root().join("master.key"));
    fs::rename(&key, &aside).expect("the key is there");
    let create = "cloud tenant create --type local --provider native --name y";
    assert_data_eq!(
        sandbox.say(create).transcript(),
        str![[r#"
$ systemprompt cloud tenant create --type local --provider native --name y
! error: the master key is gone: a key was made in [SANDBOX]/data/vault, and is not there any more
! help: put it back from a backup; without it nothing that was sealed here can be read, and to begin anew, move `[SANDBOX]/data/vault` aside
? 1

"#]]
    );
    assert!(!key.exists(), "another key was made");
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");
    let doctor = sandbox.say("doctor").exits(1);
    assert!(doctor.stdout.contains("fail  master key"), "{}", doctor.whole());
    fs::rename(&aside, &key).expect("the key can be put back");
    let shown = sandbox.say("cloud tenant show my-project --reveal").ok();
    assert!(shown.stdout.contains("localdev"), "{}", shown.whole());
}

#[test]
fn stars_are_not_shown_to_who_asked_for_the_password() {
    let mut sandbox = sealed();
    let elsewhere = sandbox.root().join("elsewhere").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &elsewhere);
    sandbox.say("cloud tenant show my-project").ok();
    let refused = sandbox.say("cloud tenant show my-project --reveal --json").exits(4);
    assert_eq!(refused.error_code(), "made-elsewhere");
    assert_eq!(refused.stdout.matches("***").count(), 0, "{}", refused.whole());
}

#[test]
fn verifying_says_which_sealed_values_no_key_opens_where_the_log_lives() {
    let sandbox = acting();
    let set = |name: &str| {
        fs::write(sandbox.project().join("value"), "canary").expect("a file can be written");
        sandbox.say(&format!("cloud secrets set {name} --tenant x --file value")).ok();
    };
    set("API_KEY");
    assert!(verified(&sandbox, 0).stdout.contains("\nsealed: 1 of 1 values open\n"));
    let (master, elsewhere) = (sandbox.data().join("vault/master.key"), sandbox.root().join("master.key"));
    fs::rename(&master, &elsewhere).expect("the master key is there");
    let lost = verified(&sandbox, 1);
    assert!(lost.stdout.contains("\nsealed: 0 of 1 values open\n") && !master.exists(), "{}", lost.whole());
    assert!(
        lost.stdout.starts_with("not ok: 1 faults of keys") && lost.stdout.contains("master key that wraps it is gone")
    );
    fs::rename(&elsewhere, &master).expect("the master key can be put back");
    let (keys, aside) = (sandbox.file("keys.db"), sandbox.root().join("keys.db"));
    fs::rename(&keys, &aside).expect("the keys are there");
    let missing = verified(&sandbox, 1);
    assert!(missing.stdout.contains("\nsealed: 0 of 1 values open\n  position "), "{}", missing.whole());
    assert!(missing.stdout.contains("is not here"), "{}", missing.whole());
    assert!(missing.stdout.starts_with("not ok: "), "{}", missing.whole());
    // A new key for what is sealed from now on does not open what was sealed before.
    set("OTHER");
    let broken = sandbox.say("history verify --json").exits(1);
    assert_eq!((&broken.data()["sealed"]["values"], &broken.data()["sealed"]["opened"]), (&2.into(), &1.into()));
    let fault = &broken.data()["faults"][0];
    assert_eq!(fault["kind"], "sealed-value", "{}", broken.whole());
    let shown = sandbox.say(&format!("history show {}", fault["position"])).ok();
    assert!(shown.stdout.contains("API_KEY"), "{}", shown.whole());
}

#[test]
fn a_key_that_another_master_key_wraps_is_told_from_one_that_is_missing() {
    let sandbox = acting();
    fs::write(sandbox.project().join("value"), "canary").expect("a file can be written");
    sandbox.say("cloud secrets set API_KEY --tenant x --file value").ok();
    // As after the vault was begun anew.
    for entry in fs::read_dir(sandbox.data().join("vault")).expect("the vault is there").flatten() {
        if entry.file_name().to_string_lossy().starts_with("master.") {
            fs::rename(entry.path(), sandbox.root().join(entry.file_name())).expect("a file can be moved");
        }
    }
    let other = sandbox.say("history verify --json").exits(1);
    assert_eq!(other.data()["faults"][0]["kind"], "key-of-another", "{}", other.whole());
    assert!(verified(&sandbox, 1).stdout.contains("is wrapped by another master key"));
}

#[test]
fn a_history_that_was_claimed_elsewhere_has_no_faults_for_keys_that_stayed_behind() {
    let mut sandbox = sealed();
    let file = sandbox.root().join("history.ndjson");
    fs::write(&file, sandbox.say("history export").ok().stdout).expect("a file can be written");
    let (data, elsewhere) = (sandbox.root().join("another-machine"), sandbox.root().join("elsewhere"));
    fs::create_dir(&elsewhere).expect("a directory can be made");
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &data.display().to_string());
    let say = |line: &str| sandbox.say(&format!("{line} --project {}", elsewhere.display()));
    say(&format!("history import {}", file.display())).ok();
    let before = say("history verify").ok();
    assert!(before.stdout.starts_with("ok: ") && before.stdout.contains("is kept elsewhere"), "{}", before.whole());
    say("history claim --yes").ok();
    let after = say("history verify").ok();
    assert!(after.stdout.starts_with("ok: "), "{}", after.whole());
    assert!(after.stdout.contains("systemprompt cloud tenant rotate-credentials"), "{}", after.whole());
    let data = say("history verify --json").ok().data();
    assert_eq!(data["faults"], serde_json::json!([]), "{data}");
    assert!(data["sealed"]["elsewhere"].as_array().is_some_and(|all| !all.is_empty()), "{data}");
    // What is sealed here from now on is missed if its key is lost.
    fs::write(elsewhere.join("value"), "canary").expect("a file can be written");
    let value = elsewhere.join("value").display().to_string();
    say(&format!("cloud secrets set API_KEY --tenant my-project --file {value}")).ok();
    say("history verify").ok();
    fs::remove_file(elsewhere.join(".systemprompt/keys.db")).expect("the keys are there");
    let lost = say("history verify --json").exits(1);
    assert_eq!(lost.data()["faults"][0]["kind"], "key-missing", "{}", lost.whole());
}

#[test]
fn one_value_that_does_not_open_keeps_no_other_from_being_used() {
    let sandbox = sealed();
    let before = registry(&sandbox);
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.run("update secrets set sealed = 'AAAA' where key = (select min(key) from secrets)");
    log.close();
    let edited = sandbox.say("cloud tenant edit my-project --name renamed").ok();
    assert!(edited.stderr.contains("does not open: see `systemprompt history verify`"), "{}", edited.whole());
    assert_eq!(registry(&sandbox), before, "no password is lost");
    sandbox.say("history verify").exits(1);
}

#[test]
fn a_log_without_its_keys_is_whole_where_it_does_not_live() {
    let sandbox = acting();
    fs::write(sandbox.project().join("value"), "canary").expect("a file can be written");
    sandbox.say("cloud secrets set API_KEY --tenant x --file value").ok();
    let elsewhere = sandbox.root().join("auditor/.systemprompt");
    fs::create_dir_all(&elsewhere).expect("a directory can be made");
    LogFile::open(&sandbox.file("log.db")).close();
    fs::copy(sandbox.file("log.db"), elsewhere.join("log.db")).expect("the log can be copied");
    let mut command = sandbox.command(["history", "verify"]);
    command.current_dir(elsewhere.join(".."));
    let looked = sandbox.start(command).end().ok();
    assert!(looked.stdout.contains("\nsealed: 0 of 1 values open\n"), "{}", looked.whole());
}

/// A project with a tenant that was created here.
fn acting() -> Sandbox {
    let sandbox = sandbox();
    sandbox.say(&creation("honest")).ok();
    sandbox
}

fn verified(sandbox: &Sandbox, code: i32) -> Output {
    sandbox.say("history verify").exits(code)
}
