//! Who only looks at a project opens no plugin, however many are installed.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use systemprompt_tests::{Sandbox, binary, repository, seed};

/// Enough to see whether there is something for each.
const PLUGINS: usize = 5;
const READS: [&str; 9] = [
    "cloud tenant list",
    "cloud tenant list --json",
    "cloud tenant show my-project-prod",
    "which",
    "cloud profile list",
    "admin session list",
    "history log",
    "history blame my-project-prod",
    "cloud secrets list",
];

/// A project with tenants, of which one is selected.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox
}

/// The same with plugins: one provider by several names, as each is known by its own.
fn with_plugins() -> Sandbox {
    let sandbox = project();
    let component = fs::read(repository().join("tests/plugins/v1.0/native.wasm")).expect("it is kept for ever");
    for number in 0..PLUGINS {
        let name = format!("many{number:02}");
        let mut named = component.clone();
        let places = (0..component.len() - name.len()).filter(|place| component[*place..].starts_with(b"native"));
        places.for_each(|place| named[place..place + name.len()].copy_from_slice(name.as_bytes()));
        let path = sandbox.root().join(format!("{name}.wasm"));
        fs::write(&path, named).expect("a file can be written");
        sandbox.say(&format!("plugin install {} --yes", path.display())).ok();
    }
    assert_eq!(Sandbox::files_below(&sandbox.data().join("plugins")).len(), PLUGINS);
    sandbox
}

/// Every path that a command handed to the operating system, as it would be in any sandbox.
fn paths(sandbox: &Sandbox, line: &str) -> BTreeSet<String> {
    let trace = sandbox.root().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=%file", "-s", "4096", "-o"]).arg(&trace).arg(binary());
    sandbox.start(sandbox.prepare(strace, line.split(' '))).end().ok();
    let said = fs::read_to_string(&trace).expect("strace writes its file");
    let root = sandbox.root().display().to_string();
    let quoted = said.lines().filter_map(|call| call.split('"').nth(1));
    quoted.map(|path| path.replace(&root, "/world")).collect()
}

#[test]
fn a_read_command_touches_the_same_files_with_five_plugins_as_with_none() {
    let (with, without) = (with_plugins(), project());
    for line in READS {
        let (touched, expected) = (paths(&with, line), paths(&without, line));
        assert!(touched.iter().any(|path| path.ends_with("/log.db")), "{line} was seen: {touched:?}");
        assert_eq!(touched, expected, "{line}");
    }
    let verified = paths(&with, "plugin verify");
    let components =
        verified.iter().filter(|path| path.starts_with("/world/data/plugins/many") && path.contains(".wasm"));
    assert_eq!(components.count(), PLUGINS, "what does read them is seen to: {verified:?}");
}

#[test]
fn a_read_command_works_when_the_files_of_all_plugins_are_gone() {
    let mut sandbox = with_plugins();
    fs::remove_dir_all(sandbox.data().join("plugins")).expect("a directory can be removed");
    let cache = sandbox.root().join("no-cache");
    sandbox.set("SYSTEMPROMPT_CACHE_DIR", &cache.display().to_string());
    for line in READS {
        sandbox.say(line).ok();
    }
    assert!(!cache.exists(), "nothing is compiled for a look");
    assert_ne!(sandbox.say("plugin verify --json").code, 0, "whoever needs them says so");
}
