//! `componentize-js`, which makes components of JavaScript: from npm, in the version that the program asks for.

use std::path::PathBuf;

use crate::debian;
use crate::npm::Package;
use crate::options::{Options, on_ci};
use crate::process::{Failure, Outcome, find};

/// As `host/src/authoring/javascript.rs` asks for it.
const COMPONENTIZE: Package =
    Package { program: "componentize-js", source: "@bytecodealliance/componentize-js@0.23.0" };

/// The `node_modules` that it is in; none where a person does not have it.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    match install(options) {
        Ok(dir) => Ok(Some(dir)),
        Err(failure) if on_ci() => Err(failure),
        Err(failure) => {
            eprintln!("warning: going on without componentize-js: {failure}");
            Ok(None)
        }
    }
}

fn install(options: &Options) -> Outcome<PathBuf> {
    if find("npm").is_none() && debian::is_here() {
        debian::install(&["npm"], options)?;
    }
    let program = COMPONENTIZE.ensure(options)?;
    let modules = program.ancestors().nth(2).map(PathBuf::from);
    modules.ok_or_else(|| Failure::new(format!("{} is in no `node_modules`", program.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    #[test]
    fn the_version_is_the_one_that_the_program_and_the_template_ask_for() {
        let (package, version) = COMPONENTIZE.source.rsplit_once('@').unwrap();
        for (file, asked) in [
            ("host/src/authoring/javascript.rs", format!("const VERSION: &str = \"{version}\";")),
            ("host/templates/js/package.json", format!("\"{package}\": \"{version}\"")),
        ] {
            let text = std::fs::read_to_string(places::repository().join(file)).unwrap();
            assert!(text.contains(&asked), "{file}");
        }
    }
}
