//! Plugins while they are written: what was begun, what was built.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::layout::{hang, hint, table};
use super::plugin::in_words;
use super::{Paint, View};
use crate::plugin::candidate::Candidate;
use crate::text::{one_line, shown};

/// What an author is told about the language that a project is written in.
pub struct Language {
    name: &'static str,
    code: &'static str,
    prepare: Option<&'static str>,
    test: &'static str,
}

/// Rust, whose tests need no component.
pub const RUST: Language = Language { name: "rust", code: "src/lib.rs", prepare: None, test: "cargo test" };
/// Python, whose tests need the bindings that come with a component.
pub const PYTHON: Language = Language {
    name: "python",
    code: "src/provider.py",
    prepare: Some("python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1"),
    test: "python3 -m unittest discover tests",
};

/// C, whose tests need the bindings that come with a component.
pub const C: Language = Language {
    name: "c",
    code: "src/provider.c",
    prepare: Some("python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1"),
    test: "sh tests/run.sh",
};

/// JavaScript, whose tests are Node's.
pub const JAVASCRIPT: Language =
    Language { name: "js", code: "src/provider.js", prepare: Some("npm install --ignore-scripts"), test: "npm test" };

/// A project that was begun.
pub struct Begun {
    /// The plugin's id.
    pub name: String,
    /// What it is written in.
    pub language: &'static Language,
    /// Where it is.
    pub directory: PathBuf,
    /// What was written, below that.
    pub files: Vec<String>,
}

impl View for Begun {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-new/v1"
    }

    fn data(&self) -> Value {
        json!({
            "name": self.name, "language": self.language.name, "directory": self.directory.display().to_string(),
            "files": self.files,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let Language { code, prepare, test, .. } = self.language;
        let mut text = format!("began plugin `{}`; its code is in `{}/{code}`\n", self.name, self.name);
        if let Some(prepare) = prepare {
            text.push_str(&hint(&format!("its tools:  cd {} && {prepare}", self.name), paint));
            text.push_str(&hint("its component:  systemprompt plugin build", paint));
            text.push_str(&hint(&format!("its tests after that:  {test}"), paint));
            return text;
        }
        text.push_str(&hint(&format!("its tests:  cd {} && {test}", self.name), paint));
        text.push_str(&hint("its component:  systemprompt plugin build", paint));
        text
    }
}

/// A component that was built.
pub struct Built {
    file: PathBuf,
    id: String,
    version: String,
    bytes: usize,
    hash: String,
    capabilities: Vec<String>,
}

impl Built {
    /// What was built, and where it lies.
    pub fn new(file: PathBuf, candidate: &Candidate) -> Built {
        Built {
            file,
            id: candidate.loaded.id.to_string(),
            version: candidate.description.version.clone(),
            bytes: candidate.wasm.len(),
            hash: candidate.loaded.hash.to_string(),
            capabilities: candidate.capabilities.clone(),
        }
    }
}

impl Built {
    /// In one line.
    pub fn line(&self) -> String {
        format!("built `{}`, {} KiB", shown(&self.file), self.bytes.div_ceil(1 << 10))
    }
}

impl View for Built {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-build/v1"
    }

    fn data(&self) -> Value {
        json!({
            "file": self.file.display().to_string(), "id": self.id, "version": self.version, "bytes": self.bytes,
            "hash": self.hash, "capabilities": self.capabilities,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let file = shown(&self.file);
        let rows = [
            ("Plugin", self.id.clone()),
            ("Version", one_line(&self.version, 20)),
            ("File", file.clone()),
            ("Size", format!("{} KiB", self.bytes.div_ceil(1 << 10))),
            ("SHA-256", self.hash.clone()),
        ];
        let mut text = table(&rows, paint);
        text.push_str("Whoever installs it is asked whether it may\n");
        for capability in &self.capabilities {
            let name = one_line(capability.split(' ').next().unwrap_or_default(), 20);
            text.push_str(&hang(&format!("  {name:<9} "), &in_words(capability), paint));
        }
        // A name with blanks is one word all the same; one that no shell can be given is shown as it is.
        let typed = shlex::try_quote(&file).map_or_else(|_| file.clone(), std::borrow::Cow::into_owned);
        text.push_str(&hint(&format!("next:  systemprompt plugin test {typed}"), paint));
        text
    }
}
