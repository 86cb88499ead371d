//! Programs from npm, each of a fixed version in a directory of its own in the cache.

use std::path::PathBuf;
use std::process::Command;

use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

/// A program from npm.
pub(crate) struct Package {
    /// What it is called, which is the directory, too.
    pub(crate) program: &'static str,
    /// As npm names it, with the version.
    pub(crate) source: &'static str,
}

impl Package {
    /// The program, downloaded if it is not there.
    pub(crate) fn ensure(&self, options: &Options) -> Outcome<PathBuf> {
        let Self { program: name, source } = self;
        let cache = places::cache()?;
        let _alone = places::lock(&cache.join(format!("{name}.lock")))?;
        // Of another version nothing is taken for this one.
        let dir = cache.join(name).join(source.replace(['/', '@'], "_"));
        let program = dir.join("node_modules/.bin").join(name);
        if program.is_file() {
            return Ok(program);
        }
        let npm = find("npm").ok_or_else(|| Failure::new("npm is missing; install Node.js with npm"))?;
        options.agree_to(&format!("download {source} (npm)"))?;
        places::make_dir(&dir)?;
        let mut install = Command::new(npm);
        install.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]).arg(&dir);
        capture(install.arg(source))?;
        let is_there = program.is_file();
        is_there.then_some(program).ok_or_else(|| Failure::new(format!("the package {source} has no such program")))
    }
}
