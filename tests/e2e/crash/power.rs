//! A disk that loses power while the program writes: a file system of our own, shut down without a flush and mounted again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use systemprompt_tests::{Sandbox, seed, skip, until};

use super::writer::{TENANTS, Writer, logged, next};

const ROUNDS: u32 = 20;
const IMAGE_BYTES: u64 = 64 << 20;

/// An ext4 file system in a file.
struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// None where this user may not mount it.
    fn mount(directory: &Path, at: &Path) -> Option<Disk> {
        let image = directory.join("disk.img");
        let file = fs::File::create(&image).expect("a file can be made");
        file.set_len(IMAGE_BYTES).expect("it can be as long");
        done(Command::new("mkfs.ext4").arg("-q").arg(&image)).expect("a file system can be made in a file");
        let disk = Disk { image, at: at.to_owned() };
        disk.power_up().ok().map(|()| disk)
    }

    fn power_up(&self) -> Result<(), String> {
        done(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.at))
    }

    /// Nothing reaches the file from now on, not even what the file system's journal has not written yet.
    fn power_cut(&self) {
        done(Command::new("xfs_io").args(["-x", "-c", "shutdown"]).arg(&self.at)).expect("it can be shut down");
    }

    /// Whoever still has a file of it open is about to go.
    fn unmount(&self) {
        until("the disk to be let go", || done(Command::new("umount").arg(&self.at)).ok());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _is_unmounted_already = done(Command::new("umount").arg(&self.at));
    }
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = || format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.status.success().then_some(()).ok_or_else(said)
}

#[test]
fn what_was_acknowledged_is_in_the_log_after_a_power_cut() {
    let sandbox = Sandbox::new();
    let Some(disk) = Disk::mount(sandbox.root(), &sandbox.project()) else {
        let test = "what_was_acknowledged_is_in_the_log_after_a_power_cut";
        return skip(test, "a file system in a file cannot be mounted here");
    };
    fs::create_dir(sandbox.file("")).expect("a directory can be made");
    fs::write(sandbox.file("tenants.json"), seed::REGISTRY).expect("a file can be written");
    sandbox.say("cloud tenant select my-project").ok();
    let mut before = vec![TENANTS[0].to_owned()];
    for round in 0..ROUNDS {
        let time = Duration::from_micros(u64::from(round) * 1_700);
        let said = Writer::start(&sandbox, next(&before)).stopped_after(time, || disk.power_cut());
        disk.unmount();
        disk.power_up().expect("it can be mounted again");
        let acknowledged = [before, said].concat();
        // Files that follow from the log may be older than it; the next command brings them up to it.
        sandbox.say("history verify").ok();
        let which = sandbox.say("which --json").ok();
        before = logged(&sandbox);
        let unsaid = before.strip_prefix(acknowledged.as_slice());
        assert!(unsaid.is_some_and(|unsaid| unsaid.len() < 2), "round {round}: {acknowledged:?} and {before:?}");
        assert_eq!(which.data()["tenant"]["id"], before[before.len() - 1].as_str(), "round {round}");
        assert_eq!(which.stderr, "", "round {round}: nothing looks edited or lost");
    }
    assert!(before.len() > ROUNDS as usize, "{} events", before.len());
}
