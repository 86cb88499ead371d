//! What commands answer that take plugins out, look after them, or sign them.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::layout::table;
use super::{Paint, View};
use crate::plugin::lock::Pinned;
use crate::text::{one_line, shown};

/// A plugin that is not known any more.
pub struct Removed {
    /// Its id.
    pub id: String,
    /// Hashes of the files that went.
    pub files: Vec<String>,
    /// The projects for which files stayed.
    pub needed_by: Vec<PathBuf>,
}

impl View for Removed {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-remove/v1"
    }

    fn data(&self) -> Value {
        let needed_by: Vec<_> = self.needed_by.iter().map(|dir| shown(dir)).collect();
        json!({ "id": self.id, "files_removed": self.files, "files_needed_by": needed_by })
    }

    fn text(&self, _paint: Paint) -> String {
        let mut text = format!("removed plugin {}\n", self.id);
        for dir in &self.needed_by {
            let _always = writeln!(text, "its file stays: it is used in {}", shown(dir));
        }
        text
    }
}

/// What became of a plugin that a lock lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken in.
    Installed,
    /// This user had allowed it before.
    WasThere,
}

/// The plugins that a lock lists, all of which are here now.
pub struct FromLock(pub Vec<(Pinned, Outcome)>);

impl View for FromLock {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-install-locked/v1"
    }

    fn data(&self) -> Value {
        let row = |(pinned, outcome): &(Pinned, Outcome)| {
            let installed = *outcome == Outcome::Installed;
            json!({
                "id": pinned.id.as_str(), "version": pinned.version, "hash": pinned.hash.to_string(),
                "installed": installed,
            })
        };
        json!({ "plugins": self.0.iter().map(row).collect::<Vec<_>>(), "total": self.0.len() })
    }

    fn text(&self, _paint: Paint) -> String {
        let line = |(pinned, outcome): &(Pinned, Outcome)| {
            let version = one_line(&pinned.version, 20);
            match outcome {
                Outcome::Installed => format!("installed plugin {} {version}\n", pinned.id),
                Outcome::WasThere => format!("plugin {} {version} was installed already\n", pinned.id),
            }
        };
        if self.0.is_empty() { "no plugins are listed\n".to_owned() } else { self.0.iter().map(line).collect() }
    }
}

/// What is wrong with an installed plugin.
pub struct Fault {
    /// Its id.
    pub plugin: String,
    /// `file`, `hash`, `grant` or `signature`.
    pub kind: &'static str,
    /// In words.
    pub message: String,
}

/// Whether installed plugins are those that were allowed.
pub struct Checked {
    /// Their ids.
    pub plugins: Vec<String>,
    /// What was found.
    pub faults: Vec<Fault>,
}

impl View for Checked {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-verify/v1"
    }

    fn data(&self) -> Value {
        let faults: Vec<_> = self
            .faults
            .iter()
            .map(|fault| json!({ "plugin": fault.plugin, "kind": fault.kind, "message": fault.message }))
            .collect();
        json!({ "ok": self.faults.is_empty(), "plugins": self.plugins, "faults": faults })
    }

    fn text(&self, _paint: Paint) -> String {
        let (plugins, faults) = (self.plugins.len(), self.faults.len());
        if faults == 0 {
            return format!("ok: {plugins} installed\n");
        }
        let mut text = format!("not ok: {faults} found, of {plugins} installed\n");
        for fault in &self.faults {
            let _always = writeln!(text, "  {}: {}: {}", fault.plugin, fault.kind, fault.message);
        }
        text
    }

    fn is_failure(&self) -> bool {
        !self.faults.is_empty()
    }
}

/// A new pair of keys.
pub struct KeyPair {
    /// The secret key's file.
    pub file: PathBuf,
    /// The public key's.
    pub public_file: PathBuf,
    /// The public key itself.
    pub key: String,
}

impl View for KeyPair {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-keygen/v1"
    }

    fn data(&self) -> Value {
        json!({ "file": shown(&self.file), "public_file": shown(&self.public_file), "key": self.key })
    }

    fn text(&self, paint: Paint) -> String {
        let rows = [("Secret", shown(&self.file)), ("Public", shown(&self.public_file)), ("Key", self.key.clone())];
        table(&rows, paint)
    }
}

/// A plugin that was signed.
pub struct Signed {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The signature's file.
    pub file: PathBuf,
    /// The public key that it is tried with.
    pub key: String,
}

impl View for Signed {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-sign/v1"
    }

    fn data(&self) -> Value {
        json!({ "id": self.id, "version": self.version, "file": shown(&self.file), "key": self.key })
    }

    fn text(&self, paint: Paint) -> String {
        let rows = [
            ("Plugin", format!("{} {}", self.id, self.version)),
            ("Signature", shown(&self.file)),
            ("Key", self.key.clone()),
        ];
        table(&rows, paint)
    }
}

/// A plugin that is in a registry now.
pub struct Pushed {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Where it is, for ever.
    pub image: String,
    /// The public key that it is signed with.
    pub key: Option<String>,
}

impl View for Pushed {
    fn schema(&self) -> &'static str {
        "systemprompt/plugin-push/v1"
    }

    fn data(&self) -> Value {
        json!({ "id": self.id, "version": self.version, "image": self.image, "key": self.key })
    }

    fn text(&self, paint: Paint) -> String {
        let rows = [
            ("Plugin", format!("{} {}", self.id, one_line(&self.version, 20))),
            ("Image", self.image.clone()),
            ("Key", self.key.clone().unwrap_or_else(|| "none: it is not signed".to_owned())),
        ];
        table(&rows, paint)
    }
}
