//! Prism, which holds what the provider for Fly and the fake of the tests say to each other against Fly's documents. Those lie
//! beside the repository, for they are not ours to give away; where they do not, nothing is downloaded.

use std::path::PathBuf;

use crate::debian;
use crate::npm::Package;
use crate::options::{Options, on_ci};
use crate::places;
use crate::process::{Outcome, find};

/// The newest that runs on Node.js 18 and 20.
const PRISM: Package = Package { program: "prism", source: "@stoplight/prism-cli@5.14.2" };

/// The program; none where there is nothing to hold against, or where a person does not have it.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    if !places::repository().join("../shared/data").is_dir() {
        return Ok(None);
    }
    match install(options) {
        Ok(program) => Ok(Some(program)),
        Err(failure) if on_ci() => Err(failure),
        Err(failure) => {
            eprintln!("warning: going on without Prism: {failure}");
            Ok(None)
        }
    }
}

fn install(options: &Options) -> Outcome<PathBuf> {
    if find("npm").is_none() && debian::is_here() {
        debian::install(&["npm"], options)?;
    }
    PRISM.ensure(options)
}
