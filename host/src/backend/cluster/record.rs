//! What is kept about a cluster, in `cluster.json`; a cluster without one was never finished.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::binaries::Binaries;
use super::layout::{Layout, sync_dir, unusable};
use crate::backend::BackendError;

/// Form of the file; one of a newer program is not guessed at.
const FORM: u32 = 1;

/// Facts about a cluster that its data does not tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    form: u32,
    /// Where the programs are that made or last started it.
    pub(super) bin_dir: PathBuf,
    pub(super) version: String,
    pub(super) major: u32,
    pub(super) port: u16,
    /// Whether it ever ran: from then on addresses may name its port.
    pub(super) started: bool,
    /// Where its socket was put at the last start: what the environment would say now may be another place.
    #[serde(default)]
    socket: Option<PathBuf>,
}

impl Record {
    pub(super) fn new(binaries: &Binaries, port: u16) -> Self {
        let Binaries { bin_dir, version, major } = binaries.clone();
        Self { form: FORM, bin_dir, version, major, port, started: false, socket: None }
    }

    /// Reads the record of a cluster, if there is such a cluster.
    pub(super) fn load(layout: &Layout) -> Result<Option<Self>, BackendError> {
        let text = match std::fs::read(&layout.record) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return nothing_but(layout),
            Err(error) => return Err(unusable(&layout.record, &error)),
        };
        match serde_json::from_slice::<Self>(&text) {
            Ok(record) if record.form == FORM => Ok(Some(record)),
            Ok(_) => Err(damaged(&layout.record, "a newer systemprompt wrote it")),
            Err(error) => Err(damaged(&layout.record, &error.to_string())),
        }
    }

    /// Where its socket is.
    pub(super) fn socket(&self, layout: &Layout) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| layout.socket.clone())
    }

    /// Takes on the programs that start it from now on, and where they put its socket.
    pub(super) fn adopt(&mut self, binaries: &Binaries, socket: &Path) {
        self.socket = Some(socket.to_owned());
        self.bin_dir.clone_from(&binaries.bin_dir);
        self.version.clone_from(&binaries.version);
    }

    /// Writes the record to a path, all or nothing.
    pub(super) fn save(&self, path: &Path) -> Result<(), BackendError> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| damaged(path, &error.to_string()))?;
        replace(path, &text, 0o600)
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        let binaries = Binaries { bin_dir: "/usr/bin".into(), version: "15.18".to_owned(), major: 15 };
        Self::new(&binaries, 5432)
    }
}

/// Puts a file in place, all or nothing.
pub(super) fn replace(path: &Path, text: &[u8], mode: u32) -> Result<(), BackendError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let written = tempfile::NamedTempFile::new_in(directory).and_then(|mut file| {
        file.write_all(text)?;
        file.as_file().set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map_err(|error| unusable(path, &error))?;
    sync_dir(directory)
}

/// A directory without a record is not a cluster of ours: it is neither used nor overwritten.
fn nothing_but(layout: &Layout) -> Result<Option<Record>, BackendError> {
    let is_empty = |path: &Path| std::fs::read_dir(path).map(|mut entries| entries.next().is_none());
    match is_empty(&layout.home) {
        Ok(true) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&layout.home, &error)),
        Ok(false) => {
            let home = layout.home.display();
            let message = format!("`{home}` is not a cluster of systemprompt's, so it is left alone");
            Err(BackendError::refused("cluster-not-ours", message)
                .help(format!("put it aside with `mv {home} {home}.old`")))
        }
    }
}

fn damaged(path: &Path, why: &str) -> BackendError {
    BackendError::broken("cluster-record-damaged", format!("cannot read `{}`: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Surroundings;

    fn layout(root: &Path) -> Layout {
        Layout::new(root.to_owned(), "main", &Surroundings::default()).unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        let layout = layout(root.path());
        assert_eq!(Record::load(&layout).unwrap(), None);
        std::fs::create_dir(&layout.home).unwrap();
        assert_eq!(Record::load(&layout).unwrap(), None);
        Record::sample().save(&layout.record).unwrap();
        assert_eq!(Record::load(&layout).unwrap(), Some(Record::sample()));
    }

    #[test]
    fn a_socket_is_where_it_was_put_whatever_the_session_is_now() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("d".repeat(90));
        std::fs::create_dir_all(deep.join("main")).unwrap();
        let layout_in = |session: &str| {
            let runtime_dir = Some(PathBuf::from(session));
            Layout::new(deep.clone(), "main", &Surroundings { runtime_dir, ..Surroundings::default() }).unwrap()
        };
        let (then, now) = (layout_in("/run/user/1000"), layout_in("/run/user/1001"));
        let mut record = Record::sample();
        assert_eq!(record.socket(&now), now.socket);
        record.adopt(&Binaries { bin_dir: "/b".into(), version: "15.18".to_owned(), major: 15 }, &then.socket);
        record.save(&then.record).unwrap();
        assert_eq!(Record::load(&now).unwrap().unwrap().socket(&now), then.socket);
        assert_ne!(then.socket, now.socket);
    }

    #[test]
    fn strange_and_damaged_directories_are_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let layout = layout(root.path());
        std::fs::create_dir_all(&layout.data).unwrap();
        assert_eq!(Record::load(&layout).unwrap_err().code, "cluster-not-ours");
        for text in ["", "{}", r#"{"form":2,"bin_dir":"/","version":"15","major":15,"port":1,"started":true}"#] {
            std::fs::write(&layout.record, text).unwrap();
            assert_eq!(Record::load(&layout).unwrap_err().code, "cluster-record-damaged", "{text}");
        }
    }
}
