//! What documentation says of the program is what the program says: `docs/cli.md` is made of `--help`, and the codes in
//! `docs/json.md` are those of the source. `UPDATE_DOCS=1 cargo test -p systemprompt-tests reference` writes the former.

mod contract;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use systemprompt_tests::{Help, Sandbox, repository};

const INTRODUCTION: &str = "\
# Commands

This page is generated from the program's own `--help`; `UPDATE_DOCS=1 cargo test -p systemprompt-tests reference` writes it.
`docs/json.md` says what `--json` prints, and which exit codes there are.
";

/// Lower case words with dashes that the source holds and that are no codes of errors.
const NO_CODES: &[&str] = &[
    "admin-url",
    "api-token",
    "bring-back",
    "checkpoint-note",
    "checkpoint-root",
    "checkpoint-signature",
    "checkpoint-size",
    "componentize-py",
    "content-length",
    "content-type",
    "db-data",
    "db-password",
    "dedicated-db-admin",
    "external-access",
    "external-db-access",
    "fly-db",
    "fly-machine-lease-nonce",
    "fly-request-id",
    "fly-user",
    "internal-db-password",
    "kebab-case",
    "keep-alive",
    "key-missing",
    "key-of-another",
    "my-cloud",
    "my-project",
    "my-provider",
    "native-cluster-admin",
    "no-new-privileges",
    "node",
    "not-recorded",
    "not-tried",
    "on-failure",
    "plugin-stopped",
    "proc-macro",
    "proxy-authorization",
    "python-zig",
    "request-id",
    "retry-after",
    "root-certificate",
    "root-certificate-file",
    "rotate-credentials",
    "sealed-value",
    "serde-json",
    "server-down",
    "server-field",
    "server-up",
    "set-aside",
    "set-cookie",
    "shared-db-admin",
    "shm-bytes",
    "ssl-mode",
    "sync-token",
    "systemprompt-pgpass",
    "systemprompt-plugin",
    "systemprompt-sdk",
    "systemprompt-shared-db",
    "systemprompt-test",
    "systemprompt-test-now",
    "transfer-encoding",
    "user-agent",
    "verify-ca",
    "verify-full",
    "x-one",
    "x-sent",
    "x-total-count",
];

#[test]
fn the_reference_is_what_help_says() {
    let page = page(&Help::tree(&Sandbox::new()));
    let path = repository().join("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("docs/cli.md can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/cli.md is stale: UPDATE_DOCS=1 cargo test -p systemprompt-tests reference");
}

#[test]
fn every_code_of_an_error_is_documented_and_no_other() {
    let documented = documented();
    let codes = codes();
    let missing: Vec<_> = codes.iter().filter(|code| !documented.contains_key(*code)).collect();
    let gone: Vec<_> = documented.keys().filter(|code| !codes.contains(*code)).collect();
    assert!(missing.is_empty(), "docs/json.md lacks {missing:?} (or NO_CODES does)");
    assert!(gone.is_empty(), "docs/json.md lists {gone:?}, which the source does not have");
}

#[test]
fn every_exit_code_of_a_code_is_documented() {
    let documented = documented();
    let (by_kind, usage) = (pattern(r#"Exit::(\w+),\s*"([a-z-]+)""#), pattern(r#"\busage\(\s*"([a-z-]+)""#));
    for (path, text) in sources(&["host/src"]) {
        let of_kind = by_kind.captures_iter(&text).map(|found| (exit_code(&found[1]), found[2].to_owned()));
        let of_usage = usage.captures_iter(&text).map(|found| ("2", found[1].to_owned()));
        for (exit, code) in of_kind.chain(of_usage) {
            let row = documented.get(&code).map_or("", String::as_str);
            assert!(
                row.split(", ").any(|listed| listed == exit),
                "{}: `{code}` ends with {exit}, not `{row}`",
                path.display()
            );
        }
    }
}

fn page(commands: &[Help]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for help in commands {
        let name = format!("systemprompt {}", help.words.join(" "));
        let level = if help.words.len() < 2 { "##" } else { "###" };
        let _ = writeln!(page, "\n{level} {}\n\n{}", name.trim(), paragraphs(&help.about));
        let _ = writeln!(page, "\n```text\n{}\n```", help.usage);
        list(&mut page, "Commands", &help.commands);
        list(&mut page, "Arguments", &help.arguments);
        list(&mut page, "Options", &help.options);
        if help.words.is_empty() {
            list(&mut page, "Options of every command, beside `--help` and `--version`", &help.global_options);
        }
        if !help.examples.is_empty() {
            let _ = writeln!(page, "\n```sh\n{}\n```", help.examples.join("\n"));
        }
    }
    page
}

fn list(page: &mut String, title: &str, entries: &[(String, String)]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{title}:\n");
    for (name, about) in entries {
        let _ = writeln!(page, "- `{name}`: {about}");
    }
}

/// Lines that the terminal's width parted are one again.
fn paragraphs(lines: &[String]) -> String {
    let text = lines.join("\n");
    let paragraphs: Vec<String> = text.trim().split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}

fn json_page() -> String {
    fs::read_to_string(repository().join("docs/json.md")).expect("docs/json.md can be read")
}

/// The codes of `docs/json.md`, each with its exit codes; a row is "| `code` | 1, 4 | meaning |".
fn documented() -> BTreeMap<String, String> {
    let text = json_page();
    let rows = pattern(r"(?m)^\| `([a-z-]+)` \| ([0-9, -]+) \|");
    rows.captures_iter(&text).map(|row| (row[1].to_owned(), row[2].to_owned())).collect()
}

/// What can reach a user as the code of an error: by the program, by a capability, or by a first-party provider.
fn codes() -> BTreeSet<String> {
    let with_dashes = pattern(r#""([a-z]+(?:-[a-z]+)+)""#);
    let single_words =
        pattern(r#"(?:\b(?:new|refused|retryable|ambiguous|broken|cancelled|usage)\(|Exit::\w+,\s*|code: )"([a-z]+)""#);
    let mut codes = BTreeSet::new();
    let plugins = ["plugins/docker/src", "plugins/fly/src", "plugins/native/src", "plugins/postgres/src"];
    for (_, text) in sources(&[&["host/src", "sdk/src"], &plugins[..]].concat()) {
        for found in with_dashes.captures_iter(&text).chain(single_words.captures_iter(&text)) {
            codes.insert(found[1].to_owned());
        }
    }
    codes.retain(|code| !NO_CODES.contains(&code.as_str()));
    codes
}

/// The source files below these directories, without their tests and without the test kit.
fn sources(dirs: &[&str]) -> Vec<(PathBuf, String)> {
    let files = dirs.iter().flat_map(|dir| Sandbox::files_below(&repository().join(dir)));
    let of_program = |path: &PathBuf| {
        let inside = |part: &str| path.components().any(|component| component.as_os_str() == part);
        path.extension().is_some_and(|extension| extension == "rs") && !inside("testing")
    };
    files.filter(of_program).map(|path| (path.clone(), without_tests(&path))).collect()
}

/// Tests stand at the end of a file.
fn without_tests(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file can be read");
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

/// The number of a variant of the program's `Exit`; a new one stops here.
fn exit_code(kind: &str) -> &'static str {
    match kind {
        "Failed" => "1",
        "Usage" => "2",
        "NotFound" => "3",
        "Refused" => "4",
        "Authentication" => "5",
        "Unavailable" => "6",
        "Unfinished" => "7",
        "Interrupted" => "130",
        other => panic!("`Exit::{other}` is new: add it here, to docs/json.md and to the README"),
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("BUG: a fixed pattern is valid")
}
