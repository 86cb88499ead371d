//! What holds the repository in shape: arrows between crates, first sentences, sizes, this suite's own list.

use std::fs;
use std::path::{Path, PathBuf};

use systemprompt_tests::{Sandbox, repository};

/// No file of ours may be longer; 300 is what we aim for.
const LINES_MAX: usize = 500;

/// Our packages, and which of the others each may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("events", &[]),
    ("sdk", &[]),
    ("host", &["systemprompt-events", "systemprompt-guest-build", "systemprompt-sdk"]),
    ("plugins/docker", &["systemprompt-sdk"]),
    ("plugins/fly", &["systemprompt-sdk"]),
    ("plugins/native", &["systemprompt-sdk"]),
    ("plugins/postgres", &["systemprompt-sdk"]),
    ("tests", &["systemprompt-fake-fly", "systemprompt-guest-build"]),
    ("tests/bench-plugin", &["systemprompt-sdk"]),
    ("tests/fake-fly", &[]),
    ("tests/hostile", &["systemprompt-sdk"]),
    ("bench", &["systemprompt-events"]),
    ("guest-build", &[]),
    ("xtask", &["systemprompt-guest-build"]),
];

fn sources() -> Vec<PathBuf> {
    let parts = ["events", "sdk", "host", "plugins", "tests", "xtask", "bench", "guest-build"];
    let files = parts.iter().flat_map(|part| Sandbox::files_below(&repository().join(part)));
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let in_target = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "target");
    let mut found: Vec<_> = files.filter(|path| is_source(path) && !in_target(path)).collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

/// Names of our own packages that a manifest mentions as keys, its own name left out.
fn dependencies(manifest: &str) -> Vec<&str> {
    let keys = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    keys.filter(|key| key.starts_with("systemprompt-")).collect()
}

#[test]
fn arrows_between_our_crates_point_inward() {
    for (package, allowed) in ARROWS {
        let manifest = read(&repository().join(package).join("Cargo.toml"));
        for dependency in dependencies(&manifest) {
            assert!(allowed.contains(&dependency), "`{package}` knows `{dependency}`, which is a new arrow");
        }
        assert!(!manifest.contains("path = \"../"), "`{package}` names a path; our crates go through the workspace");
    }
}

#[test]
fn no_crate_reaches_into_the_files_of_another() {
    for path in sources() {
        let shown = shown(&path);
        let text = read(&path);
        let reaches = text.lines().any(|line| {
            let names_a_file = ["include_str!(", "include_bytes!(", "#[path = "].iter().any(|word| line.contains(word));
            names_a_file && ["events/", "host/", "/sdk/", "plugins/"].iter().any(|part| line.contains(part))
        });
        assert!(!reaches || shown.starts_with("tests/"), "{shown} reaches into another crate");
    }
}

#[test]
fn every_module_opens_with_a_sentence() {
    for path in sources() {
        let text = read(&path);
        let from_a_file = text.starts_with("#![doc = include_str!(\"../README.md\")]");
        let first = text.lines().find(|line| !line.is_empty() && !line.starts_with("#!")).unwrap_or_default();
        let is_sentence = first.starts_with("//! ") && first.len() > 12;
        assert!(is_sentence || from_a_file, "{} opens with `{first}`", shown(&path));
    }
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    let lines = sources().into_iter().map(|path| (read(&path).lines().count(), path));
    let long: Vec<_> = lines.filter(|(lines, _)| *lines > LINES_MAX).collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
}

#[test]
fn every_file_of_this_suite_is_in_its_list() {
    let dir = repository().join("tests/e2e");
    let list = read(&dir.join("main.rs"));
    for path in Sandbox::files_below(&dir).into_iter().filter(|path| path.parent() == Some(&dir)) {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        assert!(name == "main" || list.contains(&format!("mod {name};")), "`mod {name};` is missing in main.rs");
    }
    let ignoring: Vec<_> = sources().into_iter().filter(|path| read(path).contains(concat!("#[", "ignore"))).collect();
    assert!(ignoring.is_empty(), "these leave a test out: {ignoring:?}");
}
