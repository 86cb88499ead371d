//! The master key of this user on this machine: 32 bytes in the system's keyring, or in a file that only they can read.
//!
//! Where it was put at first, it stays: a key is never moved, and never made anew while there is a trace of one.

mod making;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;
use super::keyring::{self, KeyringError};
use super::seal::Key;
use making::MAKE_WAIT;

/// Holds the name of the keyring's entry, where the key is in the keyring.
const POINTER: &str = "master.keyring";
/// Tells that there was a key, should it be lost: in its place no other is made.
const TRACE: &str = "master.made";
const TRACE_TEXT: &[u8] = b"a master key was made here; as long as this file is here, no other is made in its place\n";

/// The master key, read or made at its first use.
#[derive(Clone)]
pub struct MasterKey {
    dir: PathBuf,
    may_ask_keyring: bool,
    key: Arc<OnceLock<Key>>,
    made: Arc<OnceLock<Made>>,
}

/// Where a master key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// There is none yet.
    Nowhere,
    /// There was one, and it is gone.
    Lost,
    /// In this file.
    File(PathBuf),
    /// In the keyring, under this name.
    Keyring(String),
}

/// What has to be said, once, of a key that was made by this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// A line for a person.
    pub line: String,
    /// There was a keyring to ask, and it did not take the key.
    pub is_surprising: bool,
}

impl MasterKey {
    /// The key of this directory. A new one goes into the keyring, if there may be one and it may be asked.
    pub fn new(dir: PathBuf, may_ask_keyring: bool) -> MasterKey {
        MasterKey { dir, may_ask_keyring, key: Arc::default(), made: Arc::default() }
    }

    /// The key of this directory, in a file.
    #[cfg(test)]
    pub fn in_dir(dir: PathBuf) -> MasterKey {
        MasterKey::new(dir, false)
    }

    /// Where a key in a file is.
    pub fn file(&self) -> PathBuf {
        self.dir.join("master.key")
    }

    /// Where the key is. The keyring is not asked.
    pub fn kept(&self) -> Result<Kept, VaultError> {
        if self.file().exists() {
            return Ok(Kept::File(self.file()));
        }
        let path = self.dir.join(POINTER);
        match crate::files::read_regular(&path, 200) {
            Ok(name) => match String::from_utf8(name) {
                Ok(name) if !name.trim().is_empty() => Ok(Kept::Keyring(name.trim().to_owned())),
                Ok(_) | Err(_) => {
                    Err(VaultError::Damaged { path, reason: "it should name an entry of the keyring".to_owned() })
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(if self.dir.join(TRACE).exists() { Kept::Lost } else { Kept::Nowhere })
            }
            Err(source) => Err(VaultError::File { path, source }),
        }
    }

    /// Whether a new key would be offered to a keyring.
    pub fn may_ask_keyring(&self) -> bool {
        self.may_ask_keyring
    }

    /// What has to be said of a key that was made just now.
    pub fn made(&self) -> Option<&Made> {
        self.made.get()
    }

    /// A key for one purpose, derived from the master key by HMAC-SHA-256.
    pub fn derive(&self, purpose: &str) -> Result<Key, VaultError> {
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(&mac(self.get()?, purpose.as_bytes()));
        Ok(derived)
    }

    fn get(&self) -> Result<&Key, VaultError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let key = match self.read()? {
            Some(key) => key,
            None => self.make(MAKE_WAIT)?,
        };
        Ok(self.key.get_or_init(|| key))
    }

    fn read(&self) -> Result<Option<Key>, VaultError> {
        match self.kept()? {
            Kept::Nowhere => Ok(None),
            Kept::Lost => Err(self.lost()),
            Kept::File(_) => self.read_file().map(Some),
            Kept::Keyring(name) => Ok(Some(keyring::fetch(&name)?)),
        }
    }

    /// What to tell of a key that is not where it was put.
    pub fn lost(&self) -> VaultError {
        VaultError::KeyLost { dir: self.dir.clone() }
    }

    fn read_file(&self) -> Result<Key, VaultError> {
        let path = self.file();
        let failed = |source| VaultError::File { path: path.clone(), source };
        let bytes = Zeroizing::new(fs::read(&path).map_err(failed)?);
        let mode = fs::metadata(&path).map_err(failed)?.mode();
        if !crate::files::is_private_mode(mode) {
            let reason = format!("others can read it; run `chmod 600 {}`", crate::text::shown(&path));
            return Err(VaultError::Damaged { path, reason });
        }
        let key: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::Damaged { path, reason: "a master key has 32 bytes".to_owned() })?;
        Ok(Zeroizing::new(key))
    }
}

/// The key itself is never shown.
impl std::fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MasterKey").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl From<KeyringError> for VaultError {
    fn from(error: KeyringError) -> VaultError {
        VaultError::Keyring(error)
    }
}

/// HMAC-SHA-256 (RFC 2104).
pub fn mac(key: &Key, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this cannot fail.
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_slice()).expect("BUG: HMAC takes any key");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_private_from_the_first_byte() {
        let dir = tempfile::tempdir().unwrap();
        let key = MasterKey::in_dir(dir.path().join("vault"));
        assert_eq!((key.kept().unwrap(), key.made()), (Kept::Nowhere, None));
        let first = key.derive("test").unwrap();
        assert!(!key.made().unwrap().is_surprising);
        let again = MasterKey::in_dir(dir.path().join("vault"));
        assert_eq!(*first, *again.derive("test").unwrap());
        assert_eq!((again.kept().unwrap(), again.made()), (Kept::File(again.file()), None));
        assert_eq!(fs::metadata(again.file()).unwrap().mode() & 0o777, 0o600);
        assert_ne!(*first, *again.derive("other").unwrap());
    }

    #[test]
    fn a_key_that_was_lost_is_not_replaced_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let key = MasterKey::in_dir(dir.path().to_path_buf());
        let first = key.derive("test").unwrap();
        fs::rename(key.file(), dir.path().join("aside")).unwrap();
        let without = MasterKey::in_dir(dir.path().to_path_buf());
        assert_eq!(without.kept().unwrap(), Kept::Lost);
        assert!(matches!(without.derive("test"), Err(VaultError::KeyLost { .. })));
        assert!(!key.file().exists());
        fs::rename(dir.path().join("aside"), key.file()).unwrap();
        assert_eq!(*MasterKey::in_dir(dir.path().to_path_buf()).derive("test").unwrap(), *first);
    }

    #[test]
    fn who_makes_a_key_is_waited_for_and_not_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let other = File::create(dir.path().join("master.lock")).unwrap();
        other.lock().unwrap();
        let key = MasterKey::in_dir(dir.path().to_path_buf());
        assert!(matches!(key.make(Duration::from_millis(30)), Err(VaultError::Busy { .. })));
        assert_eq!(key.kept().unwrap(), Kept::Nowhere);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_remedy() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let key = MasterKey::in_dir(dir.path().to_path_buf());
        key.derive("test").unwrap();
        fs::set_permissions(key.file(), fs::Permissions::from_mode(0o644)).unwrap();
        let error = MasterKey::in_dir(dir.path().to_path_buf()).derive("test").unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_key_in_a_file_stays_there_whatever_keyring_comes_later() {
        let dir = tempfile::tempdir().unwrap();
        let first = MasterKey::in_dir(dir.path().to_path_buf()).derive("test").unwrap();
        let later = MasterKey::new(dir.path().to_path_buf(), true);
        assert_eq!(*later.derive("test").unwrap(), *first);
    }

    #[test]
    fn a_pointer_that_names_nothing_is_damage_and_no_reason_for_a_new_key() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(POINTER), "\n").unwrap();
        let key = MasterKey::in_dir(dir.path().to_path_buf());
        assert!(matches!(key.derive("test"), Err(VaultError::Damaged { .. })));
        assert!(!key.file().exists());
    }
}
