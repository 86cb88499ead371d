//! The system's keyring: none, one that accepts and never answers, one that works.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use systemprompt_tests::{Output, Sandbox, assert_data_eq, binary, skip, str, terminal};

use crate::hostile::plugin::{COMPONENT, creation, file, install};

/// The program waits for three seconds; the rest is for a loaded machine.
const BOUND: Duration = Duration::from_secs(15);

/// A bus that takes every connection and says nothing, until the test's process ends.
struct SilentBus {
    connections: Arc<AtomicUsize>,
}

impl SilentBus {
    /// The session's bus of all that runs in the sandbox from now on.
    fn of(sandbox: &mut Sandbox) -> SilentBus {
        let socket = sandbox.root().join("bus");
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        sandbox.set("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", socket.display()));
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for connection in listener.incoming().flatten() {
                held.push(connection);
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        SilentBus { connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// What a command does within the bound.
#[track_caller]
fn timely(sandbox: &Sandbox, line: &str) -> Output {
    let begun = Instant::now();
    let output = sandbox.say(line);
    assert!(begun.elapsed() < BOUND, "it took {} s\n{}", begun.elapsed().as_secs(), output.whole());
    output
}

fn key_file(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.data().join("vault/master.key")
}

fn pointer(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.data().join("vault/master.keyring")
}

/// What `doctor` says of the key.
fn found(sandbox: &Sandbox) -> String {
    let checks = sandbox.say("doctor --json").data()["checks"].clone();
    let check = checks.as_array().into_iter().flatten().find(|check| check["name"] == "master key").cloned();
    check.expect("doctor looks at the key")["found"].as_str().expect("a text").to_owned()
}

#[test]
fn without_a_bus_the_key_is_in_a_file_and_a_person_is_told_once() {
    let sandbox = Sandbox::new();
    assert!(found(&sandbox).contains("none yet"), "{}", found(&sandbox));
    assert!(!key_file(&sandbox).exists(), "looking makes no key");
    let plugin = file(&sandbox, "hostile.wasm", COMPONENT);
    let line = format!("plugin install {} --yes", plugin.display());
    let told = "there is no keyring here; the master key is in ";
    assert_eq!(terminal::see(&sandbox, &line, 0).matches(told).count(), 1);
    assert_eq!(terminal::see(&sandbox, &line, 0).matches(told).count(), 0, "it is said once");
    assert!(found(&sandbox).starts_with("in ") && found(&sandbox).contains("master.key"), "{}", found(&sandbox));

    let quiet = Sandbox::new();
    let output = install(&quiet, COMPONENT).ok();
    assert!(!output.stderr.contains("keyring"), "a script is not told what is as usual\n{}", output.whole());
    assert!(key_file(&quiet).exists());
}

#[test]
fn a_keyring_that_never_answers_is_waited_for_once_and_the_key_goes_into_a_file() {
    let mut sandbox = Sandbox::new();
    let bus = SilentBus::of(&mut sandbox);
    let begun = Instant::now();
    let output = install(&sandbox, COMPONENT).ok();
    assert!(begun.elapsed() < BOUND, "it took {} s", begun.elapsed().as_secs());
    let told = "the keyring did not answer within 3 s; the master key is in ";
    assert!(output.stderr.contains(told), "{}", output.whole());
    assert_eq!(bus.connections(), 1);
    assert!(key_file(&sandbox).exists() && !pointer(&sandbox).exists());
    // From now on the file is enough.
    let output = sandbox.say(&creation("honest")).ok();
    assert!(!output.stderr.contains("keyring"), "{}", output.whole());
    sandbox.say("cloud tenant delete x -y").ok();
    assert_eq!(bus.connections(), 1, "nobody asked again");
}

#[test]
fn off_means_that_no_keyring_is_asked() {
    let mut sandbox = Sandbox::new();
    let bus = SilentBus::of(&mut sandbox);
    sandbox.set("SYSTEMPROMPT_KEYRING", "off");
    install(&sandbox, COMPONENT).ok();
    assert_eq!((bus.connections(), key_file(&sandbox).exists()), (0, true));
}

#[test]
fn a_key_in_a_keyring_that_is_silent_is_not_made_anew_and_reading_goes_on() {
    let mut sandbox = Sandbox::new();
    install(&sandbox, COMPONENT).ok();
    sandbox.say(&creation("honest")).ok();
    // As if the keyring had taken it.
    fs::remove_file(key_file(&sandbox)).expect("the key is there");
    fs::write(pointer(&sandbox), "master-key-0123456789abcdef\n").expect("a sandbox can be written to");
    let bus = SilentBus::of(&mut sandbox);

    for line in ["cloud tenant list", "cloud tenant show x", "history log", "history verify", "which"] {
        timely(&sandbox, line).ok();
    }
    timely(&sandbox, "cloud tenant select x").ok();
    assert_eq!(bus.connections(), 0, "what needs no key asks nobody");

    assert_data_eq!(
        timely(&sandbox, "cloud tenant delete x -y").transcript(),
        str![[r#"
$ systemprompt cloud tenant delete x -y
! note: tenant `x` ([ID]), named on the command line
! error: the master key cannot be read: the keyring did not answer within 3 s
! help: nothing was done; unlock your keyring, in the session of the user whose it is, and try again
! hint: run `systemprompt doctor`
? 6

"#]]
    );
    assert_eq!(found(&sandbox), "the master key cannot be read: the keyring did not answer within 3 s ");
    assert!(!key_file(&sandbox).exists(), "no second key");
}

/// Starts a bus and an open keyring, and in them the program: `$@`. What stays behind holds none of its pipes.
const SESSION: &str =
    "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 && exec \"$@\"";

/// Runs the program in a session of its own, whose keyring is kept in the sandbox's home.
fn in_session(sandbox: &Sandbox, line: &str) -> Output {
    let program = binary().display().to_string();
    let words = ["--", "sh", "-c", SESSION, "sh", &program].into_iter().chain(line.split_whitespace());
    sandbox.start(sandbox.prepare(Command::new("dbus-run-session"), words)).end()
}

fn has_keyring(test: &str) -> bool {
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let has = runs("dbus-run-session") && runs("gnome-keyring-daemon");
    if !has {
        skip(test, "gnome-keyring is missing; run `cargo xtask setup`");
    }
    has
}

#[test]
fn a_keyring_that_works_has_the_key_and_nobody_else_has() {
    if !has_keyring("a_keyring_that_works_has_the_key_and_nobody_else_has") {
        return;
    }
    let sandbox = Sandbox::new();
    let plugin = file(&sandbox, "hostile.wasm", COMPONENT);
    in_session(&sandbox, &format!("plugin install {} --yes", plugin.display())).ok();
    assert!(!key_file(&sandbox).exists() && pointer(&sandbox).exists(), "{:?}", Sandbox::files_below(&sandbox.data()));
    let entry = fs::read_to_string(pointer(&sandbox)).expect("the pointer is there").trim().to_owned();

    // In another session, with another daemon, the same key: what it allowed is allowed, what it sealed opens.
    in_session(&sandbox, &creation("honest")).ok();
    let doctor = in_session(&sandbox, "doctor");
    assert!(doctor.stdout.contains(&format!("in the system's keyring, as `{entry}`")), "{}", doctor.whole());

    // Outside of a session there is no key, and none is made.
    let refused = sandbox.say("cloud tenant delete x -y --json").exits(6);
    assert_eq!(refused.error_code(), "keyring-unavailable");
    assert!(!key_file(&sandbox).exists());
    in_session(&sandbox, "cloud tenant delete x -y").ok();
}
