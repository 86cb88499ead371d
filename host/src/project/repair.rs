//! Putting a repaired log in the place of a damaged one, which is kept beside it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use systemprompt_events::Timestamp;

/// What `SQLite` keeps beside a database: what was written and is not in it yet, and the index of that.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Where a damaged log is kept, by when it was replaced.
pub fn kept_name(log: &Path, now: Timestamp) -> PathBuf {
    let moment = now.to_seconds_text().replace([':', '-'], "");
    log.with_file_name(format!("log.damaged-{moment}.db"))
}

/// Where a repaired log waits until it is put in place.
pub fn repaired_name(log: &Path) -> PathBuf {
    log.with_file_name("log.repaired.db")
}

/// Removes a repaired log that an earlier run left, with what `SQLite` keeps beside it.
pub fn remove_earlier(repaired: &Path) -> io::Result<()> {
    for path in std::iter::once(repaired.to_owned()).chain(BESIDE.map(|suffix| beside(repaired, suffix))) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Puts `repaired` in the place of `log`, which is `kept` then.
///
/// At every moment there is a whole log in its place. The damaged one has both names first; what stands beside it is
/// moved next, because it would be taken for part of the repaired one; then the repaired one takes the place.
pub fn swap(log: &Path, repaired: &Path, kept: &Path) -> io::Result<()> {
    let dir = log.parent().ok_or(ErrorKind::InvalidInput)?;
    fs::File::open(repaired)?.sync_all()?;
    match fs::hard_link(log, kept) {
        // A file system without links.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            fs::copy(log, kept).map(|_| ())?;
        }
        other => other?,
    }
    crate::files::sync_dir(dir)?;
    for suffix in BESIDE {
        match fs::rename(beside(log, suffix), beside(kept, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    fs::rename(repaired, log)?;
    crate::files::sync_dir(dir)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_damaged_log_is_kept_whole_and_nothing_of_it_stays_beside_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let [log, wal, repaired] = ["log.db", "log.db-wal", "log.repaired.db"].map(|name| dir.path().join(name));
        fs::write(&log, "damaged").unwrap();
        fs::write(&wal, "not in it yet").unwrap();
        fs::write(&repaired, "repaired").unwrap();
        let kept = kept_name(&log, Timestamp::from_millis(1_769_940_000_000));
        swap(&log, &repaired, &kept).unwrap();
        assert_eq!(kept.file_name().unwrap(), "log.damaged-20260201T100000Z.db");
        assert_eq!(fs::read_to_string(&log).unwrap(), "repaired");
        assert_eq!(fs::read_to_string(&kept).unwrap(), "damaged");
        assert_eq!(fs::read_to_string(beside(&kept, "-wal")).unwrap(), "not in it yet");
        assert!(!wal.exists() && !repaired.exists());
    }

    #[test]
    fn nothing_that_is_kept_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let [log, repaired, kept] = ["log.db", "log.repaired.db", "kept.db"].map(|name| dir.path().join(name));
        for path in [&log, &repaired, &kept] {
            fs::write(path, path.display().to_string()).unwrap();
        }
        assert_eq!(swap(&log, &repaired, &kept).unwrap_err().kind(), ErrorKind::AlreadyExists);
        for path in [&log, &repaired, &kept] {
            assert_eq!(fs::read_to_string(path).unwrap(), path.display().to_string());
        }
    }
}
