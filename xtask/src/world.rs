//! A directory in which the program is tried: its data and cache, and projects. Gone when it was tried.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::places;
use crate::process::{Failure, Outcome, capture};

/// What the measured commands must not inherit.
const FOREIGN: &[&str] = &["SYSTEMPROMPT_PROJECT", "SYSTEMPROMPT_TENANT", "PGHOST", "PGPORT", "PGUSER", "PGOPTIONS"];

/// The directory, and the program that works in it.
pub(crate) struct World {
    root: PathBuf,
    program: PathBuf,
}

impl World {
    /// Root's servers run as another user, who must be able to pass through.
    pub(crate) fn new(program: &Path, name: &str) -> Outcome<Self> {
        let root = std::env::temp_dir().join(format!("systemprompt-bench-{}-{name}", std::process::id()));
        places::make_dir(&root)?;
        let passable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&root, passable).map_err(|e| Failure::file("open up", &root, &e))?;
        Ok(Self { root, program: program.to_path_buf() })
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A project that has taken in this many tenants from an incumbent's registry, with their passwords.
    pub(crate) fn project(&self, name: &str, tenants: u32) -> Outcome<PathBuf> {
        let project = self.empty_project(name)?;
        let dir = project.join(".systemprompt");
        places::make_dir(&dir)?;
        let file = dir.join("tenants.json");
        std::fs::write(&file, registry(tenants)).map_err(|e| Failure::file("write", &file, &e))?;
        capture(&mut self.command(&project, &["cloud", "tenant", "list"]))?;
        Ok(project)
    }

    /// A directory that can become a project.
    pub(crate) fn empty_project(&self, name: &str) -> Outcome<PathBuf> {
        let project = self.path(name);
        places::make_dir(&project)?;
        Ok(project)
    }

    /// The same project again, in another place.
    pub(crate) fn copy(&self, project: &Path, name: &str) -> Outcome<PathBuf> {
        let copy = self.path(name);
        capture(Command::new("cp").arg("-a").arg(project).arg(&copy))?;
        Ok(copy)
    }

    /// The program, in a project.
    pub(crate) fn command(&self, project: &Path, words: &[&str]) -> Command {
        self.command_with_cache(project, words, "cache")
    }

    /// The same with compiled plugins in a directory of its own.
    pub(crate) fn command_with_cache(&self, project: &Path, words: &[&str], cache: &str) -> Command {
        self.command_of(&self.program, project, words, cache)
    }

    /// The same with another copy of the program.
    pub(crate) fn command_of(&self, program: &Path, project: &Path, words: &[&str], cache: &str) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(project);
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command.env("SYSTEMPROMPT_DATA_DIR", self.path("data")).env("SYSTEMPROMPT_CACHE_DIR", self.path(cache));
        command
    }

    /// Stops the native server, if there is one.
    pub(crate) fn stop_server(&self, project: &Path) -> Outcome {
        capture(&mut self.command(project, &["infra", "db", "down", "--provider", "native"])).map(drop)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What cannot be removed is in a temporary directory.
        let _ = places::remove_dir(&self.root);
    }
}

/// A command that runs another one: it gets its program and words, and runs where and with what that one would.
pub(crate) fn through(mut wrapper: Command, watched: &Command) -> Command {
    wrapper.arg(watched.get_program()).args(watched.get_args());
    for (name, value) in watched.get_envs() {
        match value {
            Some(value) => wrapper.env(name, value),
            None => wrapper.env_remove(name),
        };
    }
    if let Some(dir) = watched.get_current_dir() {
        wrapper.current_dir(dir);
    }
    wrapper
}

/// The log of a project.
pub(crate) fn log_of(project: &Path) -> PathBuf {
    project.join(".systemprompt/log.db")
}

/// Empties the write-ahead log that earlier commands left, for each process that comes reads it first.
pub(crate) fn checkpoint(project: &Path) -> Outcome {
    capture(Command::new("sqlite3").arg(log_of(project)).arg("PRAGMA wal_checkpoint(TRUNCATE)")).map(drop)
}

/// A registry as the incumbent writes it: every third tenant in the cloud.
fn registry(tenants: u32) -> String {
    let mut text = String::from("{\n  \"tenants\": [");
    for number in 0..tenants {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(text, "{comma}\n    {}", if number % 3 == 2 { cloud(number) } else { local(number) });
    }
    text + "\n  ],\n  \"synced_at\": \"2026-02-01T10:00:00Z\"\n}\n"
}

fn local(number: u32) -> String {
    format!(
        r#"{{"id": "local_19bff27{number:04x}", "name": "project-{number}", "tenant_type": "local",
     "database_url": "postgres://systemprompt:localdev{number}@localhost:5432/project_{number}",
     "external_db_access": false, "shared_container_db": "systemprompt-shared-db"}}"#
    )
}

fn cloud(number: u32) -> String {
    format!(
        r#"{{"id": "999bc654-9a64-49bc-98be-db976fc8{number:04x}", "name": "project-{number}-prod", "tenant_type": "cloud",
     "app_id": "sp-999bc654{number:04x}", "hostname": "999bc654{number:04x}.systemprompt.io", "region": "iad",
     "internal_database_url": "postgres://user:pass{number}@internal-db:5432/tenant", "sync_token": "sp_sync_abc{number}"}}"#
    )
}
