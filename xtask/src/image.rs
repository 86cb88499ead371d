//! `cargo xtask image`: builds the `postgres` image that the tests run, with the official image's contract.
//!
//! It is put together from Debian's packages, so that the tests need no image registry. Where those packages are not to be
//! had, the official image is pulled and takes its place.

use std::path::Path;
use std::process::Command;

use crate::docker;
use crate::options::Options;
use crate::places;
use crate::process::{Failure, Outcome, capture, run as run_program};
use crate::rootfs;

pub(crate) const TAG: &str = "systemprompt-test/postgres:15";
const OFFICIAL: &str = "docker.io/library/postgres:15";
const LABEL: &str = "io.systemprompt.test.inputs";

/// What the image is made from, beside this program's own rules.
const INPUTS: &[&str] = &["Dockerfile", "docker-entrypoint.sh", "packages.txt"];

pub(crate) fn run(options: &Options) -> Outcome {
    docker::engine()
        .map_err(|why| Failure::new(format!("no Docker engine answers: {why}; run `cargo xtask setup`")))?;
    println!("image: {}", ensure(options)?);
    Ok(())
}

/// Returns, in words, where the image comes from.
pub(crate) fn ensure(options: &Options) -> Outcome<String> {
    let sources = places::repository().join("tests/images/postgres");
    let inputs = digest(&sources)?;
    let cache = places::cache()?;
    let _alone = places::lock(&cache.join("image.lock"))?;
    match label() {
        Some(label) if label == inputs => return Ok(format!("{TAG} is up to date")),
        Some(label) if label.is_empty() && !rootfs::is_possible(&sources, options)? => {
            return Ok(format!("{TAG} is the official image"));
        }
        _ => {}
    }
    if rootfs::is_possible(&sources, options)? {
        build(&sources, &cache.join("image"), &inputs, options)?;
        return Ok(format!("{TAG} was built from Debian's packages"));
    }
    run_program(Command::new("docker").args(["pull", "--quiet", OFFICIAL]))?;
    capture(Command::new("docker").args(["tag", OFFICIAL, TAG]))?;
    Ok(format!("{TAG} is {OFFICIAL}, because Debian's packages for it are not to be had here"))
}

/// The context is kept: unpacking is the slow part, and a changed entrypoint does not need it again.
fn build(sources: &Path, context: &Path, inputs: &str, options: &Options) -> Outcome {
    places::make_dir(context)?;
    rootfs::ensure(sources, context, options)?;
    for name in ["Dockerfile", "docker-entrypoint.sh"] {
        let (from, to) = (sources.join(name), context.join(name));
        std::fs::copy(&from, &to).map_err(|e| Failure::file("copy", &from, &e))?;
    }
    let label = format!("{LABEL}={inputs}");
    capture(Command::new("docker").args(["build", "--quiet", "--label", &label, "--tag", TAG]).arg(context)).map(drop)
}

/// The label of the image that is there; an official one has none, which Docker prints as an empty line.
fn label() -> Option<String> {
    let format = format!("{{{{index .Config.Labels \"{LABEL}\"}}}}");
    let printed = capture(Command::new("docker").args(["image", "inspect", "--format", &format, TAG])).ok()?;
    Some(printed.trim().replace("<no value>", ""))
}

fn digest(sources: &Path) -> Outcome<String> {
    let mut digest = Fnv::default();
    digest.add(rootfs::RULES.as_bytes());
    for name in INPUTS {
        let path = sources.join(name);
        digest.add(&std::fs::read(&path).map_err(|e| Failure::file("read", &path, &e))?);
    }
    Ok(format!("{:016x}", digest.0))
}

/// FNV-1a: tells one version of our own files from another, with the same answer from every compiler.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_fnv_1a() {
        let mut digest = Fnv::default();
        digest.add(b"foobar");
        assert_eq!(digest.0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_input_of_the_image_is_in_the_repository() {
        assert!(digest(&places::repository().join("tests/images/postgres")).is_ok());
    }
}
