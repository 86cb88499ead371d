//! The registry that the tests pull images from and push plugins to: Debian's program, unpacked beside our other tools. Installed as a
//! package it would run as a service of the machine.

use std::path::PathBuf;

use crate::debian;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, find};

const PROGRAM: &str = "docker-registry";

/// The program; none where this machine has no Debian packages.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    if let Some(installed) = find(PROGRAM) {
        return Ok(Some(installed));
    }
    if !debian::is_here() {
        return Ok(None);
    }
    let cache = places::cache()?;
    let _alone = places::lock(&cache.join("registry.lock"))?;
    let root = cache.join("registry");
    let program = root.join("usr/bin").join(PROGRAM);
    if !program.is_file() {
        if debian::candidate(PROGRAM, options)?.is_none() {
            return Ok(None);
        }
        debian::unpack(&[PROGRAM.to_owned()], &cache.join("registry-downloads"), &root, options)?;
    }
    let is_there = program.is_file();
    is_there.then_some(Some(program)).ok_or_else(|| Failure::new(format!("the package {PROGRAM} has no such program")))
}
