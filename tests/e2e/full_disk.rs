//! A disk without room, below the log, the keys, a cluster that is made, and a server that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_tests::{LogFile, Output, Sandbox, Server, skip};

use crate::damage::quiet_log;

#[test]
fn on_a_full_disk_nothing_is_written_and_what_was_there_stays_good() {
    let sandbox = quiet_log();
    let Some(disk) = SmallDisk::mount(&sandbox.root().join("disk"), 4) else {
        return skip(
            "on_a_full_disk_nothing_is_written_and_what_was_there_stays_good",
            "a tmpfs cannot be mounted here",
        );
    };
    let moved = disk.0.join(".systemprompt");
    let copied = Command::new("cp").arg("-a").arg(sandbox.file("")).arg(&moved).status();
    assert!(copied.expect("cp runs").success());
    let on_disk = |line: &str| {
        let mut command = sandbox.command(line.split(' '));
        command.current_dir(&disk.0);
        sandbox.start(command).end()
    };
    on_disk("cloud tenant select my-project-prod").ok();
    LogFile::open(&moved.join("log.db")).close();
    disk.fill();
    // There is no room to open it in place.
    let events = || {
        let copy = sandbox.root().join("copy.db");
        fs::copy(moved.join("log.db"), &copy).expect("it can be read");
        let _there_may_be_none = fs::copy(moved.join("log.db-wal"), sandbox.root().join("copy.db-wal"));
        LogFile::open(&copy).number("select count(*) from events")
    };
    let before = events();
    let output = on_disk("cloud tenant select my-project --json").exits(1);
    assert_eq!(output.error_code(), "disk-full", "{}", output.whole());
    assert_eq!(events(), before);
    let registry = fs::read_to_string(moved.join("tenants.json")).expect("the registry is there");
    assert!(registry.contains("my-project-prod"), "{registry}");

    disk.make_room();
    on_disk("cloud tenant select my-project").ok();
    on_disk("history verify").ok();
}

/// A world whose keys and servers are on a small disk.
fn with_data_on_disk(test: &str, megabytes: u32) -> Option<(Sandbox, SmallDisk)> {
    let mut sandbox = Sandbox::new();
    let Some(disk) = SmallDisk::mount(&sandbox.root().join("disk"), megabytes) else {
        skip(test, "a tmpfs cannot be mounted here");
        return None;
    };
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &disk.0.join("data").display().to_string());
    Some((sandbox, disk))
}

fn create(sandbox: &Sandbox, name: &str) -> Output {
    sandbox.say(&format!("cloud tenant create --type local --provider native --name {name}"))
}

/// It is said what is wrong, by one code and one exit code, and what to do.
#[track_caller]
fn assert_told(output: &Output) {
    assert_eq!(output.code, 1, "{}", output.whole());
    assert!(output.stderr.contains("make room, then type the same again"), "{}", output.whole());
}

#[test]
fn a_cluster_for_which_there_is_no_room_leaves_nothing_and_the_keys_lose_nothing() {
    let test = "a_cluster_for_which_there_is_no_room_leaves_nothing_and_the_keys_lose_nothing";
    let Some((sandbox, disk)) = with_data_on_disk(test, 12) else { return };
    let output = create(&sandbox, "x");
    assert_told(&output);
    assert!(output.stderr.contains("there is no room for a PostgreSQL cluster below"), "{}", output.whole());
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");

    // Not even for a key.
    disk.fill();
    let output = create(&sandbox, "y");
    assert_told(&output);
    disk.make_room();
    disk.grow(300);
    let listed = sandbox.say("cloud tenant list").ok();
    if listed.stderr.contains("unfinished: ") {
        sandbox.say("cloud tenant resume y").ok();
    } else {
        create(&sandbox, "y").ok();
    }
    assert_eq!(sandbox.say("cloud tenant status y --json").ok().data()["reachable"], true);
    sandbox.say("history verify").ok();
}

#[test]
fn a_running_server_without_room_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let test = "a_running_server_without_room_keeps_what_it_has_and_goes_on_when_there_is_room";
    let Some((sandbox, disk)) = with_data_on_disk(test, 300) else { return };
    create(&sandbox, "x").ok();
    disk.fill();
    let output = create(&sandbox, "y");
    assert_ne!(output.code, 0, "{}", output.whole());
    println!("{}", output.whole());
    assert!(output.stderr.contains("make room, then type the same again"), "{}", output.whole());
    disk.make_room();
    let listed = sandbox.say("cloud tenant list").ok();
    if listed.stderr.contains("unfinished: ") {
        sandbox.say("cloud tenant resume y").ok();
    } else {
        create(&sandbox, "y").ok();
    }
    for name in ["x", "y"] {
        assert_eq!(sandbox.say(&format!("cloud tenant status {name} --json")).ok().data()["reachable"], true);
    }
    sandbox.say("history verify").ok();
}

/// A file system of so many megabytes.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, megabytes: u32) -> Option<SmallDisk> {
        fs::create_dir(at).ok()?;
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output().ok()?;
        mounted.status.success().then(|| SmallDisk(at.to_owned()))
    }

    /// Makes it larger, with all that is on it.
    fn grow(&self, megabytes: u32) {
        let size = format!("remount,size={megabytes}m");
        let grown = Command::new("mount").args(["-o", &size]).arg(&self.0).output().expect("mount runs");
        assert!(grown.status.success(), "{}", String::from_utf8_lossy(&grown.stderr));
    }

    /// Leaves not a byte.
    fn fill(&self) {
        use std::io::Write;
        let mut filler = fs::File::create(self.0.join("filler")).expect("a file can be made");
        for size in [65_536, 4_096, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Takes away what fills it.
    fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).expect("the filler is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        for server in Server::all_below(&self.0) {
            server.end();
        }
        let _nothing_better_to_do = Command::new("umount").arg(&self.0).output();
    }
}
