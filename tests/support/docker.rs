//! The machine's Docker engine, held by one test at a time: the shared container has one name for the whole machine.

use std::fs::File;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::skip;

/// The container that all projects of the machine share.
const SHARED: &str = "systemprompt-shared-db";
const OURS: &str = "label=io.systemprompt.managed=true";
const IMAGE: &str = "systemprompt-test/postgres:15";

static HELD: Mutex<()> = Mutex::new(());

/// The engine, with nothing of ours in it at the start and at the end.
#[derive(Debug)]
pub struct Docker {
    before: Vec<(&'static str, String)>,
    _file: File,
    _held: MutexGuard<'static, ()>,
}

impl Docker {
    /// Waits for its turn. None where no engine answers, which is said.
    ///
    /// # Panics
    /// If no engine answers on a build server (`CI` is set), and if there is a shared container that the tests did not make: it may hold a developer's data, and is not touched.
    pub fn hold(test: &str) -> Option<Docker> {
        let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::create("/tmp/systemprompt-e2e-docker.lock").expect("/tmp can be written to");
        file.lock().expect("a file can be locked");
        if let Err(why) = docker(&["version", "--format", "{{.Server.Version}}"]) {
            assert!(std::env::var_os("CI").is_none(), "no Docker engine answers on a build server: {why}");
            skip(test, &format!("no Docker engine answers ({}); run `cargo xtask setup`", why.trim()));
            return None;
        }
        let image = docker(&["inspect", "--type", "container", "--format", "{{.Config.Image}}", SHARED]);
        if let Ok(image) = &image {
            assert_eq!(
                image.trim(),
                Docker::image(),
                "the container `{SHARED}` was not made by a test: remove it, or move it away"
            );
        }
        for (kind, name) in managed().iter().filter(|(_, name)| name == SHARED || *name == format!("{SHARED}-data")) {
            remove(kind, name);
        }
        Some(Docker { before: managed(), _file: file, _held: held })
    }

    /// The image that the tests run.
    pub fn image() -> String {
        std::env::var("SYSTEMPROMPT_TEST_IMAGE").unwrap_or_else(|_| IMAGE.to_owned())
    }

    /// The flag that names the image: `--config=image=…`.
    pub fn image_flag() -> String {
        format!("--config=image={}", Docker::image())
    }

    /// Names of the containers and volumes that were made since the engine was held.
    pub fn made(&self) -> Vec<String> {
        let mut made: Vec<_> = managed().into_iter().filter(|found| !self.before.contains(found)).collect();
        made.sort();
        made.into_iter().map(|(kind, name)| format!("{kind} {name}")).collect()
    }

    /// Runs `docker` and returns what it prints, or what it complains about.
    pub fn run(&self, args: &[&str]) -> Result<String, String> {
        docker(args)
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        for (kind, name) in managed().iter().filter(|found| !self.before.contains(found)) {
            remove(kind, name);
        }
    }
}

/// Containers before volumes, for a volume in use cannot be removed.
fn managed() -> Vec<(&'static str, String)> {
    let list = |kind, args: &[&str]| {
        let names = docker(args).unwrap_or_default();
        names.lines().map(|name| (kind, name.to_owned())).collect::<Vec<_>>()
    };
    let mut found = list("container", &["ps", "--all", "--filter", OURS, "--format", "{{.Names}}"]);
    found.extend(list("volume", &["volume", "ls", "--filter", OURS, "--format", "{{.Name}}"]));
    found
}

fn remove(kind: &str, name: &str) {
    let _gone_meanwhile = docker(&[kind, "rm", "--force", name]);
}

fn docker(args: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(args).output().map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
