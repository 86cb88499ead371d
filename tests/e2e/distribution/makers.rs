//! What a plugin keeps for the whole machine is its maker's, and not of whatever has the same id in another project.

use std::fs;
use std::path::Path;

use systemprompt_tests::{LogFile, Output, Sandbox};

use super::of_file;
use crate::hostile::plugin::{COMPONENT, creation, file, variant};

/// Makes a cluster of the plugin's own, which all projects of the machine share, and a role in it by its administrator.
const MAKE: &str = "shared-admin";
/// Logs in as that one, to drop a database that is not there.
const LOG_IN: &str = "neighbour";

/// Makes a tenant in a project, in this mode.
fn made(sandbox: &Sandbox, mode: &str, name: &str, project: &Path) -> Output {
    let line = creation(mode).replace("--name x", &format!("--name {name}"));
    sandbox.say(&format!("{line} --json --project {}", project.display()))
}

/// For how many makers of the plugin something is kept on this machine.
fn makers(sandbox: &Sandbox) -> usize {
    let mut vault = LogFile::open(&sandbox.data().join("vault/machine.db"));
    let shelves = vault.texts("select distinct plugin from secrets order by 1");
    vault.close();
    assert!(shelves.iter().all(|shelf| shelf.starts_with("hostile sha256:")), "{shelves:?}");
    shelves.len()
}

#[test]
fn a_plugin_of_the_same_id_in_another_project_does_not_log_in_to_the_first_ones_server() {
    let sandbox = Sandbox::new();
    let (mine, theirs) = (sandbox.root().join("mine"), sandbox.root().join("theirs"));
    let (own, other) = (file(&sandbox, "own.wasm", COMPONENT), file(&sandbox, "other.wasm", &variant("newer")));
    let install = |component: &Path, project: &Path| {
        of_file(&sandbox, "install", component, &format!("--yes --project {}", project.display())).ok()
    };
    for project in [&mine, &theirs] {
        fs::create_dir(project).expect("a directory can be made");
    }
    let note = "it is given what the one before had kept on this machine";
    assert!(!install(&own, &mine).stderr.contains(note), "there is none before it");
    made(&sandbox, MAKE, "first", &mine).ok();
    assert_eq!(makers(&sandbox), 1);

    assert!(!install(&other, &theirs).stderr.contains(note), "there is none before it");
    let refused = made(&sandbox, MAKE, "second", &theirs).exits(4);
    assert_eq!(refused.error_code(), "secret-of-another", "{}", refused.whole());
    assert_eq!(makers(&sandbox), 1, "no password is made that the server does not know");

    // The very same bytes go on with the server, wherever they are installed.
    let third = sandbox.root().join("third");
    fs::create_dir(&third).expect("a directory can be made");
    install(&own, &third);
    made(&sandbox, LOG_IN, "third", &third).ok();

    // What the user puts in its place goes on with it as well, and is told to before it is allowed.
    let newest = file(&sandbox, "newest.wasm", &variant("newer-narrower"));
    let replaced = install(&newest, &mine);
    assert!(replaced.stderr.contains(note), "{}", replaced.whole());
    made(&sandbox, LOG_IN, "fourth", &mine).ok();
    assert_eq!(makers(&sandbox), 2);

    // Whoever goes takes along what is theirs alone.
    sandbox.say(&format!("cloud tenant delete third -y --project {}", third.display())).ok();
    sandbox.say(&format!("plugin remove hostile --project {}", third.display())).ok();
    assert_eq!(makers(&sandbox), 1, "no project has the first one any more");
}
