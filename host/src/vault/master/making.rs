//! Making a master key where there is none: in the keyring, or in a file.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::time::Duration;

use super::{Made, MasterKey, POINTER, TRACE, TRACE_TEXT};
use crate::vault::VaultError;
use crate::vault::keyring;
use crate::vault::seal::{Key, new_key};

/// Somebody may have to unlock a keyring before the key can be put into it.
pub(super) const MAKE_WAIT: Duration = Duration::from_mins(2);

impl MasterKey {
    /// One process at a time: of two that make one at once, both end with the first.
    pub(super) fn make(&self, wait: Duration) -> Result<Key, VaultError> {
        let file_error = |source: std::io::Error| VaultError::File { path: self.dir.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(file_error)?;
        let mut options = File::options();
        let lock = crate::files::open_regular(&self.dir.join("master.lock"), options.create(true).append(true));
        let lock = lock.map_err(file_error)?;
        match crate::files::lock_within(&lock, wait) {
            Ok(()) => self.make_alone(),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(VaultError::Busy { dir: self.dir.clone(), wait }),
            Err(error) => Err(file_error(error)),
        }
    }

    fn make_alone(&self) -> Result<Key, VaultError> {
        if let Some(key) = self.read()? {
            return Ok(key);
        }
        let key = new_key()?;
        let in_keyring = if self.may_ask_keyring { Some(self.put_into_keyring(&key)) } else { None };
        let (line, is_surprising) = match in_keyring {
            Some(Ok(name)) => (format!("the master key is in the system's keyring, as `{name}`"), false),
            Some(Err(VaultError::Keyring(error))) => {
                self.put_into_file(&key)?;
                (format!("{error}; the master key is in {}", crate::text::shown(&self.file())), true)
            }
            Some(Err(error)) => return Err(error),
            None => {
                self.put_into_file(&key)?;
                (format!("there is no keyring here; the master key is in {}", crate::text::shown(&self.file())), false)
            }
        };
        // Last: a trace of a key that was not made yet would keep it from being made.
        let trace = self.dir.join(TRACE);
        crate::files::replace(&trace, TRACE_TEXT).map_err(|source| VaultError::File { path: trace, source })?;
        self.made.get_or_init(|| Made { line, is_surprising });
        Ok(key)
    }

    /// First the key, then the pointer to it: killed in between, an entry is left that nobody asks for.
    fn put_into_keyring(&self, key: &Key) -> Result<String, VaultError> {
        let mut tail = [0; 8];
        getrandom::fill(&mut tail).map_err(VaultError::Random)?;
        let name = format!("master-key-{}", hex::encode(tail));
        keyring::store(&name, key)?;
        let path = self.dir.join(POINTER);
        crate::files::replace(&path, format!("{name}\n").as_bytes())
            .map_err(|source| VaultError::File { path, source })?;
        Ok(name)
    }

    /// Whole or not at all.
    fn put_into_file(&self, key: &Key) -> Result<(), VaultError> {
        let file_error = |source: std::io::Error| VaultError::File { path: self.file(), source };
        let mut temporary = tempfile::NamedTempFile::new_in(&self.dir).map_err(file_error)?;
        temporary.write_all(key.as_slice()).map_err(file_error)?;
        temporary.as_file().sync_all().map_err(file_error)?;
        temporary.persist_noclobber(self.file()).map_err(|error| file_error(error.error))?;
        crate::files::sync_dir(&self.dir).map_err(file_error)
    }
}
