//! A file that is written piece by piece, and is whole or absent: mode 0600, on the disk before it gets its name.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 17;

/// A file that has no name yet. Dropped, it leaves nothing.
pub struct Draft {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Draft {
    /// In the directory in which it is going to be.
    pub fn new(path: &Path) -> io::Result<Draft> {
        let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let file = tempfile::Builder::new().prefix(".systemprompt-").tempfile_in(dir)?;
        Ok(Draft { file: BufWriter::with_capacity(BUFFER_BYTES, file), path: path.to_owned() })
    }

    /// Gives it its name; whether a file of that name is replaced, or is an error, is up to the caller.
    pub fn keep(self, replace: bool) -> io::Result<()> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        if replace {
            crate::files::check_replaceable(&self.path)?;
            file.persist(&self.path)?;
        } else {
            file.persist_noclobber(&self.path)?;
        }
        let dir = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::File::open(dir)?.sync_all()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_draft_is_private_and_gets_its_name_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut draft = Draft::new(&path).unwrap();
        draft.write_all(b"one").unwrap();
        assert!(!path.exists());
        draft.keep(false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        drop(Draft::new(&path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "what is dropped leaves nothing");
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_if_that_is_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "before").unwrap();
        assert_eq!(Draft::new(&path).unwrap().keep(false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"before");
        Draft::new(&path).unwrap().keep(true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
