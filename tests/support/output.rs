//! What a run of the program printed, and how it ended.

use std::fmt::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::{binary, schema};

/// One run of the program.
#[derive(Debug, Clone)]
pub struct Output {
    /// Arguments, joined by spaces.
    pub command: String,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; 128 and the signal's number when it was killed, as a shell says it.
    pub code: i32,
    root: PathBuf,
}

impl Output {
    pub(crate) fn new(command: String, output: std::process::Output, root: &Path) -> Output {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        let signal = output.status.signal().map(|signal| 128 + signal);
        Output {
            command,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code().or(signal).expect("a process that ended has a code or a signal"),
            root: root.to_owned(),
        }
    }

    /// The same, if it ended with 0.
    ///
    /// # Panics
    /// If it ended otherwise.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often the end is all that matters")]
    pub fn ok(self) -> Output {
        self.exits(0)
    }

    /// The same, if it ended with this code.
    ///
    /// # Panics
    /// If it ended otherwise.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often the end is all that matters")]
    pub fn exits(self, code: i32) -> Output {
        assert_eq!(self.code, code, "\n{}", self.whole());
        self
    }

    /// The document that `--json` printed: exactly one, with nothing after it, and as its published schema says.
    ///
    /// # Panics
    /// If standard output is not that.
    #[track_caller]
    pub fn json(&self) -> Value {
        let document =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON: {error}\n{}", self.whole()));
        schema::check(&document).unwrap_or_else(|fault| panic!("{fault}\n{}", self.whole()));
        document
    }

    /// The documents that `--json=stream` printed, a line each, every one as its published schema says.
    ///
    /// # Panics
    /// If standard output is not that.
    #[track_caller]
    pub fn stream(&self) -> Vec<Value> {
        let document = |line: &str| {
            let document = serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON: {error}: {line}"));
            schema::check(&document).unwrap_or_else(|fault| panic!("{fault}\n{line}"));
            document
        };
        self.stdout.lines().map(document).collect()
    }

    /// What the answer holds: `data` of its document.
    #[track_caller]
    pub fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// The stable code of an error that was asked for as JSON.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn error_code(&self) -> String {
        let document = self.json();
        assert_eq!(document["schema"], "systemprompt/error/v1", "\n{}", self.whole());
        document["error"]["code"].as_str().unwrap_or_else(|| panic!("no code\n{}", self.whole())).to_owned()
    }

    /// Everything as it was, to look for what must not be in it.
    pub fn whole(&self) -> String {
        format!("$ systemprompt {}\n{}{}? {}\n", self.command, self.stdout, prefixed(&self.stderr), self.code)
    }

    /// As one text to compare: the command, standard output, standard error behind `! `, a code that is not 0 behind
    /// `? `. Ids, times, ports, hashes and the sandbox's own path are replaced by words in brackets.
    pub fn transcript(&self) -> String {
        let mut text = format!("$ systemprompt {}\n{}{}", self.command, self.stdout, prefixed(&self.stderr));
        if self.code != 0 {
            let _always = writeln!(text, "? {}", self.code);
        }
        let text = text.replace(&self.root.display().to_string(), "[SANDBOX]");
        let text = text.replace(&binary().display().to_string(), "[BINARY]");
        REDACTIONS.iter().fold(text, |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
    }
}

fn prefixed(stderr: &str) -> String {
    stderr.lines().fold(String::new(), |text, line| text + format!("! {line}").trim_end() + "\n")
}

/// What differs from run to run, most specific first.
static REDACTIONS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let patterns = [
        (r"\b[0-9a-f]{64}\b", "[HASH]"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[UUID]"),
        (r"\blocal[_-][0-9a-f]{9,}(\.\.\.)?", "[ID]"),
        (r"\btenant_[0-9a-f]{9,}\b", "[ROLE]"),
        (r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
        (r"(://[^\s:/]+):[0-9A-Za-z_-]{20,}@", "$1:[PASSWORD]@"),
        (r"\b(127\.0\.0\.1|localhost):\d+\b", "$1:[PORT]"),
        (r"((?i:version):\s+)\d+(\.\d+)+", "$1[VERSION]"),
        (r"(PostgreSQL|Docker) \d[0-9.]*[^\s`,]*( \([^)]*\))?", "$1 [VERSION]"),
        (r"\[VERSION\] in `[^`]*`", "[VERSION] in `[DIRECTORY]`"),
        (r"(Host:\s+)\S+", "$1[HOST]"),
        (r"(Actor:\s+tester \(uid )\d+", "$1[UID]"),
        (r"(imported|edited)-[0-9a-f]{12}\.json", "$1-[DIGEST].json"),
        (r"at `unix://[^`]*`", "at `[ENGINE]`"),
    ];
    let compiled = |(pattern, word)| (Regex::new(pattern).expect("BUG: a fixed pattern is valid"), word);
    patterns.into_iter().map(compiled).collect()
});
