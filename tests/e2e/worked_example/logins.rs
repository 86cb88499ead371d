//! Whose a login is: the plugin's that it was made with, and not whatever's has the same id by now.

use std::fs::{self, File};

use systemprompt_tests::{LogFile, Output, Sandbox, until};

use super::supabase::{Supabase, TOKEN};
use super::{VARIABLE, with_component};

fn log_in(sandbox: &mut Sandbox, supabase: &Supabase) {
    sandbox.set(VARIABLE, TOKEN);
    sandbox.say(&format!("cloud auth login --provider supabase --api-url {}", supabase.url)).ok();
    sandbox.set(VARIABLE, "");
}

fn whoami(sandbox: &Sandbox) -> Output {
    sandbox.say("cloud auth whoami --provider supabase --json")
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
