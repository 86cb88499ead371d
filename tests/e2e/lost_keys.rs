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
    fs::rename(&elsewhere, &master).expect("the master key can be put back");
    let (keys, aside) = (sandbox.file("keys.db"), sandbox.root().join("keys.db"));
    fs::rename(&keys, &aside).expect("the keys are there");
    let missing = verified(&sandbox, 1);
    assert!(missing.stdout.contains("\nsealed: 0 of 1 values open\n  position "), "{}", missing.whole());
    assert!(missing.stdout.contains("is not here"), "{}", missing.whole());
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
