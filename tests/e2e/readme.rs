//! The README's console blocks, run from top to bottom in one sandbox.
//!
//! Ids, times, ports and hashes may differ. In the README `[..]` stands for anything within a line, a line `[...]` for
//! any lines, and a line `? 4` after a command for its exit code. What a command prints on standard error comes first.

use std::sync::LazyLock;

use regex::Regex;
use systemprompt_tests::{Output, Sandbox, repository};

/// Where the README's reader is.
const READERS_DIRECTORY: &str = "/home/you/app";

/// A command of the program, as a page shows it.
pub(crate) struct Example {
    /// What is typed after the program's name.
    pub(crate) command: String,
    /// How it ends.
    pub(crate) code: i32,
    /// What it prints.
    pub(crate) expected: Vec<String>,
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("the README can be read");
    let examples = examples(&readme);
    assert!(examples.len() > 5, "the README has console blocks");
    let sandbox = Sandbox::new();
    for example in examples {
        let output = sandbox.say(&example.command).exits(example.code);
        let project = sandbox.project().display().to_string();
        let printed = printed(&output).replace(&project, READERS_DIRECTORY);
        let found: Vec<&str> = printed.lines().collect();
        assert!(
            matches(&example.expected, &found),
            "`systemprompt {}` in the README\n--- shows\n{}\n--- prints\n{printed}",
            example.command,
            example.expected.join("\n"),
        );
    }
}

fn printed(output: &Output) -> String {
    format!("{}{}", output.stderr, output.stdout)
}

/// The commands of a page's console blocks.
pub(crate) fn examples(readme: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match (inside, line) {
            (_, "```console") => inside = true,
            (_, "```") => inside = false,
            (true, line) => note(&mut examples, line),
            (false, _) => {}
        }
    }
    examples
}

fn note(examples: &mut Vec<Example>, line: &str) {
    if let Some(command) = line.strip_prefix("$ systemprompt ") {
        examples.push(Example { command: command.to_owned(), code: 0, expected: Vec::new() });
        return;
    }
    let example = examples.last_mut().expect("a console block begins with `$ systemprompt …`");
    match line.strip_prefix("? ").map(str::parse) {
        Some(Ok(code)) => example.code = code,
        Some(Err(_)) | None => example.expected.push(line.to_owned()),
    }
}

/// A line `[...]` takes as many lines as it has to.
pub(crate) fn matches<S: AsRef<str>>(expected: &[S], found: &[&str]) -> bool {
    match (expected, found) {
        ([], found) => found.is_empty(),
        ([first, rest @ ..], _) if first.as_ref() == "[...]" => {
            (0..=found.len()).any(|taken| matches(rest, &found[taken..]))
        }
        ([_, ..], []) => false,
        ([first, rest @ ..], [line, others @ ..]) => line_matches(first.as_ref(), line) && matches(rest, others),
    }
}

fn line_matches(expected: &str, found: &str) -> bool {
    let (expected, found) = (alike(expected), alike(found));
    let parts: Vec<_> = expected.split("[..]").map(regex::escape).collect();
    let pattern = format!("^{}$", parts.join(".*"));
    Regex::new(&pattern).expect("BUG: an escaped pattern is valid").is_match(&found)
}

/// The line with what differs from run to run replaced.
fn alike(line: &str) -> String {
    DIFFERING.iter().fold(line.to_owned(), |line, (pattern, word)| pattern.replace_all(&line, *word).into_owned())
}

static DIFFERING: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let patterns = [
        (r"\b[0-9a-f]{64}\b", "HASH"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
        (r"\b(local|tenant)_[0-9a-f]{9,}\b", "$1_ID"),
        (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "TIME"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    ];
    let compiled = |(pattern, word)| (Regex::new(pattern).expect("BUG: a fixed pattern is valid"), word);
    patterns.into_iter().map(compiled).collect()
});

#[test]
fn ids_times_and_gaps_match_and_other_words_do_not() {
    assert!(line_matches("ID: local_19bff27604c at 127.0.0.1:5432", "ID: local_1a209baa893 at 127.0.0.1:40000"));
    assert!(line_matches("PostgreSQL [..] here", "PostgreSQL 15.18 here"));
    assert!(!line_matches("created tenant `a`", "created tenant `b`"));
    assert!(matches(&["one", "[...]"], &["one", "two", "three"]));
    assert!(!matches(&["one", "[...]", "four"], &["one", "two", "three"]));
}
