//! Files that are whole or absent: temporary file, fsync, rename, fsync of the directory.

use std::fs::{self, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Replaces a file's content; mode 0600 from the first byte.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    check_replaceable(path)?;
    temporary(path, dir, content)?.persist(path)?;
    sync_dir(dir)
}

/// The same for what is no secret: whoever may read the directory may read it. A path without a directory is one of the
/// working directory. A link is not followed, and stays: `/dev/stdout` is one.
pub fn replace_for_all(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = Path::new(".").join(path);
    if path.is_symlink() {
        return Err(io::Error::other("it is a link; name the file that it leads to"));
    }
    replace(&path, content)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644))
}

/// A rename puts a file in the place of anything but a directory: of `/dev/null`, too, by who may write in `/dev`.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() && !meta.is_symlink() => Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The same for a file that is not there yet; an error if it is.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    temporary(path, dir, content)?.persist_noclobber(path)?;
    sync_dir(dir)
}

fn temporary(path: &Path, dir: &Path, content: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut temporary = tempfile::Builder::new().prefix(&prefix(path)).tempfile_in(dir)?;
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Removes what a process that was killed in [`replace`] left beside a file. Only for who may replace it now.
pub fn remove_leftovers(path: &Path) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in fs::read_dir(path.parent().ok_or(io::ErrorKind::InvalidInput)?)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn prefix(path: &Path) -> String {
    format!(".{}-", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Makes an empty file that only its user can read, unless there is one.
pub fn make_private(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(|_| ())
}

/// Opens a file that is one: not through a link, and nothing that would make us wait.
pub fn open_regular(path: &Path, options: &mut fs::OpenOptions) -> io::Result<fs::File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = options.custom_flags(flags.bits().cast_signed()).mode(0o600).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

/// Locks a file alone, waiting for its holder no longer than this; an error of the kind `TimedOut` then.
pub fn lock_within(file: &fs::File, wait: Duration) -> io::Result<()> {
    const POLL: Duration = Duration::from_millis(20);
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if begun.elapsed() >= wait => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(POLL),
        }
    }
}

/// The content of a file that is one, of at most this many bytes.
pub fn read_regular(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path, fs::OpenOptions::new().read(true))?;
    let mut content = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut content)?;
    if content.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("it is larger than {} MiB", bytes_max >> 20)));
    }
    Ok(content)
}

/// The first bytes of a file that is one, this many at most.
pub fn beginning(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path, fs::OpenOptions::new().read(true))?;
    let mut content = Vec::new();
    file.take(bytes).read_to_end(&mut content)?;
    Ok(content)
}

/// Whether a mode lets nobody but the owner in.
pub fn is_private_mode(mode: u32) -> bool {
    const OTHERS: u32 = 0o077;
    mode & OTHERS == 0
}

/// Makes a rename or a new file durable.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".x.json-a1b2", "x.json", ".y.json-a1b2"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        remove_leftovers(&dir.path().join("x.json")).unwrap();
        let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".y.json-a1b2", "x.json"]);
    }

    #[test]
    fn a_held_lock_is_waited_for_and_not_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let open = || open_regular(&dir.path().join("lock"), fs::File::options().create(true).append(true)).unwrap();
        let short = Duration::from_millis(30);
        let held = open();
        lock_within(&held, short).unwrap();
        assert_eq!(lock_within(&open(), short).unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(held);
        lock_within(&open(), short).unwrap();
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "content").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read_regular(&file, 10).unwrap(), b"content");
        for (path, bytes_max) in [(&link, 10), (&dir.path().to_path_buf(), 10), (&file, 3)] {
            assert!(read_regular(path, bytes_max).is_err(), "{}", path.display());
        }
    }

    #[test]
    fn a_file_that_is_there_is_not_created_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.html");
        create(&file, b"one").unwrap();
        assert_eq!(create(&file, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(beginning(&file, 2).unwrap(), b"on");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (socket, within) = (dir.path().join("socket"), dir.path().join("directory"));
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        fs::create_dir(&within).unwrap();
        for path in [&socket, &within] {
            let before = fs::metadata(path).unwrap();
            assert!(replace(path, b"x").unwrap_err().to_string().contains("not a regular file"));
            assert_eq!(fs::metadata(path).unwrap().ino(), before.ino(), "{}", path.display());
        }
    }

    #[test]
    fn a_link_is_not_replaced_by_what_others_may_read() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "content").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(replace_for_all(&link, b"x").unwrap_err().to_string().contains("it is a link"));
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"content");
        replace_for_all(&file, b"x").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o644);
    }

    #[test]
    fn a_replaced_file_is_private_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.json");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
