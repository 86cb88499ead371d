//! Whose a login is: the plugin's that it was made with, and not whatever's has the same id by now.

use std::fs::{self, File};

use systemprompt_tests::{LogFile, Output, Sandbox, until};

use super::supabase::{COLLEAGUES, Supabase, TOKEN, Trouble};
use super::{COMPONENT, CREATE, VARIABLE, with_component};

/// The component with a note in it: other bytes that do the same.
fn with_note(note: u8) -> Vec<u8> {
    // A custom section: its id, its length, the length of its name, the name, and what it holds.
    [COMPONENT, &[0, 6, 4], b"note", &[note]].concat()
}

/// A file of it in the project.
fn put(sandbox: &Sandbox, name: &str, component: &[u8]) {
    fs::write(sandbox.project().join(name), component).expect("a file can be written");
}

fn log_in(sandbox: &mut Sandbox, supabase: &Supabase) {
    log_in_with(TOKEN, sandbox, supabase);
}

fn log_in_with(token: &str, sandbox: &mut Sandbox, supabase: &Supabase) {
    sandbox.set(VARIABLE, token);
    sandbox.say(&format!("cloud auth login --provider supabase --api-url {}", supabase.url)).ok();
    sandbox.set(VARIABLE, "");
}

fn whoami(sandbox: &Sandbox) -> Output {
    sandbox.say("cloud auth whoami --provider supabase --json")
}

#[track_caller]
fn is_of_another(output: &Output) {
    assert_eq!((output.code, output.error_code()), (5, "login-of-another".to_owned()), "\n{}", output.whole());
    assert!(!output.whole().contains(TOKEN), "{}", output.whole());
}

#[test]
fn what_is_not_signed_has_the_logins_of_its_very_bytes_alone() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    put(&sandbox, "other.wasm", &with_note(1));
    sandbox.say("plugin install supabase.wasm --yes").ok();
    log_in(&mut sandbox, &supabase);
    whoami(&sandbox).ok();

    let replaced = sandbox.say("plugin install other.wasm --yes").ok();
    assert!(replaced.stderr.contains("a login to the one before does not count for it"), "{}", replaced.whole());
    let asked = supabase.asked().len();
    is_of_another(&whoami(&sandbox));
    is_of_another(&sandbox.say("cloud auth whoami --provider supabase --check --json"));
    is_of_another(&sandbox.say(&format!("{CREATE} --json")));
    assert_eq!(supabase.asked().len(), asked, "somebody was asked with the login of another");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);

    log_in(&mut sandbox, &supabase);
    sandbox.say("cloud auth whoami --provider supabase --check").ok();
    sandbox.say("plugin install supabase.wasm --yes").ok();
    is_of_another(&whoami(&sandbox));
}

#[test]
fn what_is_signed_has_the_logins_of_all_that_is_signed_with_the_same_key() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    for key in ["mine.key", "theirs.key"] {
        sandbox.say(&format!("plugin keygen -o {key} --no-password")).ok();
    }
    for (file, note, key) in
        [("first.wasm", 1, "mine.key"), ("second.wasm", 2, "mine.key"), ("third.wasm", 3, "theirs.key")]
    {
        put(&sandbox, file, &with_note(note));
        sandbox.say(&format!("plugin sign {file} --key {key}")).ok();
    }
    sandbox.say("plugin install first.wasm --yes").ok();
    log_in(&mut sandbox, &supabase);
    let upgraded = sandbox.say("plugin upgrade supabase second.wasm --yes").ok();
    assert!(!upgraded.stderr.contains("does not count"), "{}", upgraded.whole());
    sandbox.say("cloud auth whoami --provider supabase --check").ok();

    let theirs = fs::read_to_string(sandbox.project().join("theirs.key.pub")).expect("a key can be read");
    let theirs = theirs.lines().last().expect("a key has lines");
    sandbox.say(&format!("plugin install third.wasm --key {theirs} --yes")).ok();
    is_of_another(&whoami(&sandbox));
}

#[test]
fn a_login_is_of_one_project_and_no_other_one_has_it() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    sandbox.say("plugin install supabase.wasm --yes").ok();
    log_in(&mut sandbox, &supabase);
    let other = sandbox.root().join("other");
    fs::create_dir(&other).expect("a directory can be made");
    let elsewhere = |line: &str| sandbox.say(&format!("{line} --project {}", other.display()));
    elsewhere("plugin install supabase.wasm --yes").ok();
    let refused = elsewhere("cloud auth whoami --provider supabase --json");
    assert_eq!((refused.code, refused.error_code()), (5, "not-logged-in".to_owned()), "{}", refused.whole());
}

#[test]
fn a_plugin_to_which_somebody_logs_in_while_it_is_removed_stays() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    sandbox.say("plugin install supabase.wasm --yes").ok();
    let path = sandbox.data().join("locks/installed.lock");
    let lock = File::open(&path).expect("an installation locks it");
    lock.lock().expect("nobody has it");
    let removal = sandbox.spawn(["plugin", "remove", "supabase", "--json"]);
    let open = format!("/proc/{}/fd", removal.child.id());
    until("the removal has come to the lock", || {
        let mut files = fs::read_dir(&open).ok()?.flatten();
        files.find(|file| fs::read_link(file.path()).is_ok_and(|file| file == path)).map(drop)
    });
    log_in(&mut sandbox, &supabase);
    drop(lock);
    let refused = removal.end();
    assert_eq!((refused.code, refused.error_code()), (4, "logged-in".to_owned()), "{}", refused.whole());
    whoami(&sandbox).ok();
    assert_eq!(sandbox.say("plugin show supabase --json").ok().data()["granted"], true);
    sandbox.say("cloud auth logout --provider supabase").ok();
    sandbox.say("plugin remove supabase").ok();
}

#[test]
fn a_login_to_what_is_removed_meanwhile_is_refused_and_leaves_nothing() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    sandbox.say("plugin install supabase.wasm --yes").ok();
    sandbox.set(VARIABLE, TOKEN);
    let held = supabase.hold("GET");
    let line = ["cloud", "auth", "login", "--provider", "supabase", "--json", "--api-url", supabase.url.as_str()];
    let login = sandbox.spawn(line);
    held.until_it_comes();
    sandbox.say("plugin remove supabase").ok();
    held.let_go();
    let late = login.end();
    assert_eq!((late.code, late.error_code()), (3, "plugin-not-found".to_owned()), "{}", late.whole());
    let mut keys = LogFile::open(&sandbox.file("keys.db"));
    assert_eq!(keys.texts("select provider from account_keys"), [""; 0]);
    keys.close();
    sandbox.set(VARIABLE, "");
    sandbox.say("plugin install supabase.wasm --yes").ok();
    assert_eq!(whoami(&sandbox).exits(5).error_code(), "not-logged-in");
    sandbox.say("history verify").ok();
}

#[test]
fn a_creation_that_broke_off_is_undone_by_whoever_began_it_and_not_forgotten_by_a_colleague() {
    let mut sandbox = with_component();
    let supabase = Supabase::start();
    sandbox.say("plugin install supabase.wasm --yes").ok();
    log_in(&mut sandbox, &supabase);
    supabase.fail("POST", Trouble::LostAnswer);
    // It is neither found again nor undone.
    for _ in 0..2 {
        supabase.fail("GET", Trouble::Status(403, ""));
    }
    sandbox.say(CREATE).exits(7);
    assert_eq!(supabase.projects().len(), 1, "it was made");

    log_in_with(COLLEAGUES, &mut sandbox, &supabase);
    let refused = sandbox.say("cloud tenant resume shop").exits(7);
    assert!(refused.whole().contains("ada@example.com began this"), "{}", refused.whole());
    assert_eq!(supabase.projects().len(), 1, "a colleague's list does not have it");

    log_in(&mut sandbox, &supabase);
    sandbox.say("cloud tenant resume shop");
    assert_eq!(supabase.projects(), [""; 0]);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    sandbox.say("history verify").ok();
}
