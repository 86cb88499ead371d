//! A project to begin with: template and SDK, as they are in this program, written into a new directory.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use systemprompt_events::PluginId;

use crate::error::{CliError, Exit};
use crate::files::sync_dir;

// The texts themselves: the build script gathers them.
include!(concat!(env!("OUT_DIR"), "/scaffold.rs"));

/// Stands in the template for the name, and for that of its crate.
const NAME: &str = "my-provider";
const CRATE: &str = "my_provider";
/// Where the SDK goes, as the template's manifest has it.
const SDK_DIR: &str = "sdk";
/// Where the contract is, below that.
const CONTRACT: &str = "wit/";
/// What cargo and rustc do not take for the name of a package.
const NOT_FOR_CRATES: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A project for this plugin, as yet unwritten.
pub struct Scaffold {
    name: PluginId,
    files: Vec<(PathBuf, String)>,
}

impl Scaffold {
    /// A project in Rust.
    pub fn rust(name: PluginId) -> Result<Scaffold, CliError> {
        if NOT_FOR_CRATES.contains(&name.as_str()) || is_dependency(&name) || name.as_str().ends_with('-') {
            return Err(CliError::usage("bad-plugin-name", format!("`{name}` cannot be the name of a Rust package"))
                .help("take a longer name, such as the name of the service and what it is: `acme-postgres`"));
        }
        crate::plugin::candidate::check_free(&name)?;
        let crate_name = name.as_str().replace('-', "_");
        let named = |text: &str| text.replace(NAME, name.as_str()).replace(CRATE, &crate_name);
        let own = RUST.iter().map(|(file, text)| (PathBuf::from(dotted(file)), named(text)));
        let sdk = SDK.iter().map(|(file, text)| (Path::new(SDK_DIR).join(file), (*text).to_owned()));
        let mut files: Vec<_> = own.chain(sdk).collect();
        files.extend(LOCK.iter().map(|(file, text)| (PathBuf::from(file), locked(text, &name))));
        files.sort();
        Ok(Scaffold { name, files })
    }

    /// A project in Python.
    pub fn python(name: PluginId) -> Result<Scaffold, CliError> {
        Scaffold::beside_the_contract(name, PYTHON)
    }

    /// A project in C.
    pub fn c(name: PluginId) -> Result<Scaffold, CliError> {
        Scaffold::beside_the_contract(name, C)
    }

    /// A project in JavaScript.
    pub fn javascript(name: PluginId) -> Result<Scaffold, CliError> {
        Scaffold::beside_the_contract(name, JS)
    }

    /// A template that has a layer of its own over the contract.
    fn beside_the_contract(name: PluginId, template: &[(&str, &str)]) -> Result<Scaffold, CliError> {
        crate::plugin::candidate::check_free(&name)?;
        let own = template.iter().map(|(file, text)| (PathBuf::from(dotted(file)), text.replace(NAME, name.as_str())));
        let contract = SDK.iter().filter(|(file, _)| file.starts_with(CONTRACT));
        let contract = contract.map(|(file, text)| (Path::new(SDK_DIR).join(file), (*text).to_owned()));
        let mut files: Vec<_> = own.chain(contract).collect();
        files.sort();
        Ok(Scaffold { name, files })
    }

    /// Paths of what it writes, below its directory.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// Writes it to a directory of its name: whole, or not at all.
    pub fn write(&self, parent: &Path) -> Result<PathBuf, CliError> {
        let dir = parent.join(self.name.as_str());
        let failed = |error: io::Error| {
            CliError::new(Exit::Failed, "scaffold-failed", format!("could not make {}", crate::text::shown(&dir)))
                .because(&error)
                .help("nothing was written")
        };
        match fs::read_dir(&dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(not_empty(&self.name));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        self.fill(parent, &dir).map_err(|error| {
            if error.kind() == io::ErrorKind::DirectoryNotEmpty { not_empty(&self.name) } else { failed(error) }
        })?;
        Ok(dir)
    }

    fn fill(&self, parent: &Path, dir: &Path) -> io::Result<()> {
        let draft = tempfile::Builder::new().prefix(&format!(".{}-", self.name)).tempdir_in(parent)?;
        for (file, text) in &self.files {
            let path = draft.path().join(file);
            if let Some(dir) = path.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(path, text)?;
        }
        fs::set_permissions(draft.path(), fs::Permissions::from_mode(0o755))?;
        // Onto an empty directory as well, but onto nothing else.
        fs::rename(draft.path(), dir)?;
        // It is not where it was made any more, so there is nothing to remove.
        let _moved = draft.keep();
        sync_dir(parent)
    }
}

fn not_empty(name: &PluginId) -> CliError {
    CliError::new(Exit::Refused, "directory-not-empty", format!("there is something in `{name}` already"))
        .help("nothing was written; take another name, or move what is there")
}

/// A template's `gitignore` would count in our own repository if it had its dot.
fn dotted(file: &str) -> &str {
    if file == "gitignore" { ".gitignore" } else { file }
}

/// Whether the template depends on a package of this name: two of one name are more than cargo and rustc can tell apart.
fn is_dependency(name: &PluginId) -> bool {
    let names = LOCK.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| line.strip_prefix("name = "));
    let mut names = names.map(|quoted| quoted.trim_matches('"')).filter(|known| *known != NAME);
    names.any(|known| known.replace('_', "-") == name.as_str())
}

/// The lock with the project's own package under its name, where cargo would put it.
fn locked(lock: &str, name: &PluginId) -> String {
    const MARK: &str = "[[package]]\n";
    let mut blocks = lock.split(MARK);
    let head = blocks.next().unwrap_or_default();
    let own = format!("name = \"{NAME}\"");
    let renamed = |block: &str| match block.strip_prefix(own.as_str()) {
        Some(rest) => format!("name = \"{name}\"{rest}"),
        None => block.to_owned(),
    };
    let mut packages: Vec<String> = blocks.map(|block| renamed(block).trim_end().to_owned()).collect();
    // By the line of the name: versions of one package are in order already.
    packages.sort_by(|one, other| one.lines().next().cmp(&other.lines().next()));
    format!("{head}{MARK}{}\n", packages.join(&format!("\n\n{MARK}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<Scaffold, CliError> {
        Scaffold::rust(name.parse().expect("an id"))
    }

    #[test]
    fn nothing_of_the_templates_own_name_is_left() {
        let scaffold = named("acme-db").unwrap();
        for (file, text) in scaffold.files.iter().filter(|(file, _)| !file.starts_with("sdk")) {
            assert!(!text.contains(NAME) && !text.contains(CRATE), "{}", file.display());
        }
        assert!(scaffold.files().any(|file| file == Path::new("sdk/wit/v1/provider.wit")));
        assert!(scaffold.files().any(|file| file == Path::new(".gitignore")));
    }

    #[test]
    fn what_cannot_be_a_crate_or_is_carried_already_is_refused() {
        let crates = ["match", "serde", "serde-json", "log", "semver", "syn", "systemprompt-sdk"];
        for name in crates {
            assert_eq!(named(name).err().map(|error| error.code).as_deref(), Some("bad-plugin-name"), "{name}");
        }
        assert_eq!(named("docker").err().map(|error| error.code).as_deref(), Some("plugin-id-taken"));
    }

    #[test]
    fn the_lock_of_a_new_project_is_as_cargo_wants_it() {
        for name in ["acme-db", "zz"] {
            let parent = tempfile::tempdir().unwrap();
            let dir = named(name).unwrap().write(parent.path()).unwrap();
            let mut cargo = std::process::Command::new(env!("CARGO"));
            cargo.args(["metadata", "--offline", "--locked", "--format-version", "1"]).current_dir(dir);
            let output = cargo.output().unwrap();
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    #[test]
    fn what_is_there_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir(parent.path().join("acme")).unwrap();
        fs::write(parent.path().join("acme/mine"), "mine").unwrap();
        let error = named("acme").unwrap().write(parent.path()).unwrap_err();
        assert_eq!(error.code, "directory-not-empty");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(parent.path().join("acme")).unwrap().count(), 1);
        fs::remove_file(parent.path().join("acme/mine")).unwrap();
        named("acme").unwrap().write(parent.path()).unwrap();
        assert!(parent.path().join("acme/src/lib.rs").is_file(), "an empty directory is as good as none");
    }

    #[test]
    fn the_lock_is_sorted_whatever_the_name() {
        let names = |lock: &str| {
            let lines = lock.lines().filter_map(|line| line.strip_prefix("name = ")).map(ToOwned::to_owned);
            lines.collect::<Vec<_>>()
        };
        let found = names(&locked(LOCK[0].1, &"aaa".parse().unwrap()));
        assert_eq!(found[0], "\"aaa\"");
        assert!(found.is_sorted(), "{found:?}");
    }
}
