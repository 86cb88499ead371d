//! `componentize-py`, which makes components of Python: from pip, in the version that the program asks for.

use std::path::PathBuf;

use crate::options::Options;
use crate::pip::Package;
use crate::process::Outcome;

/// As `host/src/authoring/python.rs` asks for it.
const COMPONENTIZE: Package =
    Package { program: "componentize-py", dir: "componentize-py", source: "componentize-py==0.25.1" };

/// The directory that the program is in; none where a person does not have it.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    COMPONENTIZE.ensure(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    #[test]
    fn the_version_is_the_one_that_the_program_asks_for() {
        let file = places::repository().join("host/src/authoring/python.rs");
        let source = std::fs::read_to_string(file).unwrap();
        let version = COMPONENTIZE.source.rsplit("==").next().unwrap();
        assert!(source.contains(&format!("const VERSION: &str = \"{version}\";")));
        let template = places::repository().join("host/templates/python/README.md");
        assert!(std::fs::read_to_string(template).unwrap().contains(COMPONENTIZE.source));
    }
}
