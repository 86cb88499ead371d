//! Zig's C compiler, which makes components of C: from pip, in the version that the program asks for.

use std::path::PathBuf;

use crate::options::Options;
use crate::pip::Package;
use crate::process::Outcome;

/// As `host/src/authoring/c.rs` asks for it.
const ZIG: Package = Package { program: "python-zig", dir: "ziglang", source: "ziglang==0.17.1" };

/// The directory that the program is in; none where a person does not have it.
pub(crate) fn ensure(options: &Options) -> Outcome<Option<PathBuf>> {
    ZIG.ensure(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places;

    #[test]
    fn the_version_is_the_one_that_the_program_and_the_template_ask_for() {
        let version = ZIG.source.rsplit("==").next().unwrap();
        for (file, asked) in [
            ("host/src/authoring/c.rs", format!("const VERSION: &str = \"{version}\";")),
            ("host/src/view/authoring.rs", ZIG.source.to_owned()),
            ("host/templates/c/README.md", ZIG.source.to_owned()),
        ] {
            let text = std::fs::read_to_string(places::repository().join(file)).unwrap();
            assert!(text.contains(&asked), "{file}");
        }
    }
}
