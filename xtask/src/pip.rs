//! Programs from pip, each of a fixed version in an environment of its own in the cache.

use std::path::PathBuf;
use std::process::Command;

use crate::debian;
use crate::options::{Options, on_ci};
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

/// What was downloaded is kept here, beside the environment: a test installs it again as its reader would, from there.
const WHEELS: &str = "wheels";

/// A program from pip.
pub(crate) struct Package {
    /// What it is called.
    pub(crate) program: &'static str,
    /// Its directory in the cache.
    pub(crate) dir: &'static str,
    /// As pip names it, with the version.
    pub(crate) source: &'static str,
}

impl Package {
    /// The directory that the program is in; none where a person does not have it.
    pub(crate) fn ensure(&self, options: &Options) -> Outcome<Option<PathBuf>> {
        match self.install(options) {
            Ok(dir) => Ok(Some(dir)),
            Err(failure) if on_ci() => Err(failure),
            Err(failure) => {
                eprintln!("warning: going on without {}: {failure}", self.program);
                Ok(None)
            }
        }
    }

    fn install(&self, options: &Options) -> Outcome<PathBuf> {
        let Self { program, dir, source } = self;
        let cache = places::cache()?;
        let _alone = places::lock(&cache.join(format!("{dir}.lock")))?;
        let dir = cache.join(dir).join(source);
        let (programs, wheels) = (dir.join("bin"), dir.join(WHEELS));
        if programs.join(program).is_file() && wheels.is_dir() {
            return Ok(programs);
        }
        if debian::is_here() && (find("python3").is_none() || !can_make_environments()) {
            debian::install(&["python3", "python3-venv"], options)?;
        }
        let python = find("python3").ok_or_else(|| Failure::new("python3 is missing; install Python 3.10 or newer"))?;
        options.agree_to(&format!("download {source} (pip)"))?;
        places::remove_dir(&dir)?;
        capture(Command::new(python).args(["-m", "venv"]).arg(&dir))?;
        let pip = || {
            let mut command = Command::new(programs.join("pip"));
            command.arg("--disable-pip-version-check");
            command
        };
        capture(pip().args(["download", "--quiet", source, "--dest"]).arg(&wheels))?;
        capture(pip().args(["install", "--quiet", "--no-index", source, "--find-links"]).arg(&wheels))?;
        let is_there = programs.join(program).is_file();
        is_there.then_some(programs).ok_or_else(|| Failure::new(format!("{source} has no program {program}")))
    }
}

/// Debian has the part of Python that does so in a package of its own.
fn can_make_environments() -> bool {
    capture(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}
