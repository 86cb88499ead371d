//! `componentize-py`, which makes components of Python: from pip, in the version that the program asks for, into an
//! environment of its own in the cache.

use std::path::PathBuf;
use std::process::Command;

use crate::debian;
use crate::options::{Options, on_ci};
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

/// As `host/src/authoring/python.rs` asks for it.
const PACKAGE: &str = "componentize-py==0.25.1";
const PROGRAM: &str = "componentize-py";

/// The directory that the program is in; none where a person does not have it.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    match install(options) {
        Ok(dir) => Ok(Some(dir)),
        Err(failure) if on_ci() => Err(failure),
        Err(failure) => {
            eprintln!("warning: going on without {PROGRAM}: {failure}");
            Ok(None)
        }
    }
}

fn install(options: &Options) -> Outcome<PathBuf> {
    let cache = places::cache()?;
    let _alone = places::lock(&cache.join(format!("{PROGRAM}.lock")))?;
    let dir = cache.join(PROGRAM).join(PACKAGE);
    let programs = dir.join("bin");
    if programs.join(PROGRAM).is_file() {
        return Ok(programs);
    }
    if debian::is_here() && (find("python3").is_none() || !can_make_environments()) {
        debian::install(&["python3", "python3-venv"], options)?;
    }
    let python = find("python3").ok_or_else(|| Failure::new("python3 is missing; install Python 3.10 or newer"))?;
    options.agree_to(&format!("download {PACKAGE} (pip)"))?;
    places::remove_dir(&dir)?;
    capture(Command::new(python).args(["-m", "venv"]).arg(&dir))?;
    let pip = programs.join("pip");
    capture(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    let is_there = programs.join(PROGRAM).is_file();
    is_there.then_some(programs).ok_or_else(|| Failure::new(format!("{PACKAGE} has no program {PROGRAM}")))
}

/// Debian has the part of Python that does so in a package of its own.
fn can_make_environments() -> bool {
    capture(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_the_program_asks_for() {
        let file = places::repository().join("host/src/authoring/python.rs");
        let source = std::fs::read_to_string(file).unwrap();
        let version = PACKAGE.rsplit("==").next().unwrap();
        assert!(source.contains(&format!("const VERSION: &str = \"{version}\";")));
        let template = places::repository().join("host/templates/python/README.md");
        assert!(std::fs::read_to_string(template).unwrap().contains(PACKAGE));
    }
}
