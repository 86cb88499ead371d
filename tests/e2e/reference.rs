//! What documentation says of the program is what the program says: `docs/cli.md` is made of `--help`, and the codes in
//! `docs/json.md` are those of the source. `UPDATE_DOCS=1 cargo test -p systemprompt-tests reference` writes the former.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use systemprompt_tests::{Sandbox, repository};

const INTRODUCTION: &str = "\
# Commands

This page is generated from the program's own `--help`; `UPDATE_DOCS=1 cargo test -p systemprompt-tests reference` writes it.
`docs/json.md` says what `--json` prints, and which exit codes there are.
";

/// Lower case words with dashes that the source holds and that are no codes of errors.
const NO_CODES: &[&str] = &[
    "db-data",
    "db-password",
    "dedicated-db-admin",
    "internal-db-password",
    "my-project",
    "native-cluster-admin",
    "no-new-privileges",
    "server-down",
    "server-up",
    "shared-db-admin",
    "shm-bytes",
    "sync-token",
    "systemprompt-shared-db",
];

/// The help of one command, taken apart.
struct Help {
    words: Vec<String>,
    about: Vec<String>,
    usage: String,
    commands: Vec<(String, String)>,
    arguments: Vec<(String, String)>,
    options: Vec<(String, String)>,
    global_options: Vec<(String, String)>,
    examples: Vec<String>,
}

#[test]
fn the_reference_is_what_help_says() {
    let page = page(&commands());
    let path = repository().join("docs/cli.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &page).expect("docs/cli.md can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/cli.md is stale: UPDATE_DOCS=1 cargo test -p systemprompt-tests reference");
}

#[test]
fn every_command_shows_examples_of_itself() {
    for help in commands().iter().filter(|help| !help.words.is_empty()) {
        let own = format!("systemprompt {}", help.words.join(" "));
        assert!(!help.examples.is_empty(), "`{own} --help` has no examples");
        for example in &help.examples {
            assert!(example.starts_with(&own), "`{own} --help` has an example of something else: {example}");
        }
    }
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
fn every_schema_is_documented_and_no_other() {
    let schemas = pattern(r"systemprompt/[a-z-]+/v\d+");
    let of = |text: &str| schemas.find_iter(text).map(|found| found.as_str().to_owned()).collect::<BTreeSet<_>>();
    let printed: BTreeSet<_> =
        sources(&["host/src/view", "host/src/command"]).iter().flat_map(|(_, text)| of(text)).collect();
    let mut documented = of(&json_page());
    assert!(documented.remove("systemprompt/error/v1"), "docs/json.md shows an error");
    assert_eq!(printed, documented, "left: what the program prints; right: docs/json.md");
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

fn commands() -> Vec<Help> {
    let sandbox = Sandbox::new();
    let mut found = Vec::new();
    let mut waiting = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let text = sandbox.run(words.iter().map(String::as_str).chain(["--help"])).ok().stdout;
        let help = Help::parse(words, &text);
        let below = help.commands.iter().rev().map(|(name, _)| [help.words.clone(), vec![name.clone()]].concat());
        waiting.extend(below);
        found.push(help);
    }
    found
}

impl Help {
    fn parse(words: Vec<String>, text: &str) -> Help {
        let mut help = Help {
            words,
            about: Vec::new(),
            usage: String::new(),
            commands: Vec::new(),
            arguments: Vec::new(),
            options: Vec::new(),
            global_options: Vec::new(),
            examples: Vec::new(),
        };
        let mut section = "about";
        for line in text.lines() {
            match line {
                "Commands:" | "Arguments:" | "Options:" | "Global options:" | "Examples:" => section = line,
                _ if line.starts_with("Usage: ") => line.trim_start_matches("Usage: ").clone_into(&mut help.usage),
                _ => help.take(section, line),
            }
        }
        help.commands.retain(|(name, _)| name != "help");
        help.options.retain(|(name, _)| name != "-h, --help" && name != "-V, --version");
        help
    }

    fn take(&mut self, section: &str, line: &str) {
        match section {
            "Commands:" => take_entry(&mut self.commands, line),
            "Arguments:" => take_entry(&mut self.arguments, line),
            "Options:" => take_entry(&mut self.options, line),
            "Global options:" => take_entry(&mut self.global_options, line),
            "Examples:" => take_example(&mut self.examples, line),
            _ => self.about.push(line.to_owned()),
        }
    }
}

/// An entry begins with a name and may go on in the lines below, which stand further in.
fn take_entry(entries: &mut Vec<(String, String)>, line: &str) {
    let indent = line.len() - line.trim_start().len();
    let text = line.trim();
    if text.is_empty() {
        return;
    }
    if indent <= 6 && (entries.is_empty() || indent == 2 || text.starts_with('-')) {
        let (name, about) = text.split_once("  ").unwrap_or((text, ""));
        entries.push((name.to_owned(), about.trim().to_owned()));
    } else if let Some((_, about)) = entries.last_mut() {
        format!("{about} {text}").trim().clone_into(about);
    }
}

/// A long example is wrapped.
fn take_example(examples: &mut Vec<String>, line: &str) {
    let text = line.trim();
    match examples.last_mut() {
        Some(last) if !text.starts_with("systemprompt") => format!("{last} {text}").trim().clone_into(last),
        _ if text.is_empty() => {}
        _ => examples.push(text.to_owned()),
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
    for (_, text) in sources(&["host/src", "plugins/docker/src", "plugins/native/src", "sdk/src"]) {
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
