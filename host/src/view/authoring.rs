//! Plugins while they are written: what was begun, what was built.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::layout::{hang, hint, table};
use super::plugin::in_words;
use super::{Paint, View};
use crate::plugin::candidate::Candidate;
use crate::text::{one_line, shown};

/// A project that was begun.
pub struct Begun {
    /// The plugin's id.
    pub name: String,
    /// What it is written in.
    pub language: &'static str,
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
            "name": self.name, "language": self.language, "directory": self.directory.display().to_string(),
            "files": self.files,
        })
    }

    fn text(&self, paint: Paint) -> String {
        let mut text = format!("began plugin `{}`; its code is in `{}/src/lib.rs`\n", self.name, self.name);
        text.push_str(&hint(&format!("its tests:  cd {} && cargo test", self.name), paint));
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
