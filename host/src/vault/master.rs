//! The master key of this user on this machine: 32 bytes in a file that only they can read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;
use super::seal::{Key, new_key};

/// The master key, read or made at its first use.
#[derive(Clone)]
pub struct MasterKey {
    dir: PathBuf,
    key: Arc<OnceLock<Key>>,
}

impl MasterKey {
    /// The key in this directory.
    pub fn in_dir(dir: PathBuf) -> MasterKey {
        MasterKey { dir, key: Arc::default() }
    }

    /// Where it is.
    pub fn file(&self) -> PathBuf {
        self.dir.join("master.key")
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
            None => self.make()?,
        };
        Ok(self.key.get_or_init(|| key))
    }

    fn read(&self) -> Result<Option<Key>, VaultError> {
        let path = self.file();
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(VaultError::File { path, source }),
        };
        let mode = fs::metadata(&path).map_err(|source| VaultError::File { path: path.clone(), source })?.mode();
        if !crate::files::is_private_mode(mode) {
            let reason = format!("others can read it; run `chmod 600 {}`", crate::text::shown(&path));
            return Err(VaultError::Damaged { path, reason });
        }
        let key: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| VaultError::Damaged { path, reason: "a master key has 32 bytes".to_owned() })?;
        Ok(Some(Zeroizing::new(key)))
    }

    /// Made whole or not at all: of two processes that make one at once, both end with the first.
    fn make(&self) -> Result<Key, VaultError> {
        let file_error = |source: std::io::Error| VaultError::File { path: self.file(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir).map_err(file_error)?;
        let key = new_key()?;
        let mut temporary = tempfile::NamedTempFile::new_in(&self.dir).map_err(file_error)?;
        temporary.write_all(key.as_slice()).map_err(file_error)?;
        temporary.as_file().sync_all().map_err(file_error)?;
        match temporary.persist_noclobber(self.file()) {
            Ok(_) => crate::files::sync_dir(&self.dir).map_err(file_error)?,
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file_error(error.error)),
        }
        self.read()?.ok_or_else(|| VaultError::Damaged { path: self.file(), reason: "it vanished".to_owned() })
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
    use super::*;

    #[test]
    fn the_key_is_made_once_and_private_from_the_first_byte() {
        let dir = tempfile::tempdir().unwrap();
        let first = MasterKey::in_dir(dir.path().join("vault")).derive("test").unwrap();
        let again = MasterKey::in_dir(dir.path().join("vault"));
        assert_eq!(*first, *again.derive("test").unwrap());
        assert_eq!(fs::metadata(again.file()).unwrap().mode() & 0o777, 0o600);
        assert_ne!(*first, *again.derive("other").unwrap());
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
}
