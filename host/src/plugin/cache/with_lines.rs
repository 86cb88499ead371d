//! Components with the lines of their source, as `plugin build` made them: by the hash of what is shipped of each, so that
//! whoever has that on the machine where it was built is told where in its source it traps.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use systemprompt_events::Digest;

use super::Cache;
use crate::plugin::limits::COMPONENT_BYTES_MAX;

/// Builds that are kept: of the last few, somebody may still have what is shipped.
const KEPT: usize = 8;
const SUFFIX: &str = ".lines.wasm";

impl Cache {
    /// Keeps it; one that is too large to be run is none.
    pub fn keep_with_lines(&self, shipped: &[u8], with_lines: &[u8]) -> io::Result<()> {
        if with_lines.len() > COMPONENT_BYTES_MAX {
            return Ok(());
        }
        self.store(&self.file_with_lines(shipped), with_lines)?;
        self.forget_older()
    }

    /// What was built together with this, if it was built here.
    pub fn with_lines(&self, shipped: &[u8]) -> Option<Vec<u8>> {
        if !self.is_private() {
            return None;
        }
        let mut wasm = Vec::new();
        let file = super::open_own(&self.file_with_lines(shipped))?;
        file.take(COMPONENT_BYTES_MAX as u64).read_to_end(&mut wasm).ok()?;
        Some(wasm)
    }

    fn file_with_lines(&self, shipped: &[u8]) -> PathBuf {
        self.dir.join(format!("{}{SUFFIX}", Digest::of(shipped)))
    }

    fn forget_older(&self) -> io::Result<()> {
        let mut found: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
                found.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        found.sort();
        found.iter().rev().skip(KEPT).try_for_each(|(_, path)| removed(path))
    }
}

/// Another build may have done it.
fn removed(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_builds_the_last_ones_are_kept_each_by_what_is_shipped_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("components"));
        assert_eq!(cache.with_lines(b"0"), None);
        for build in 0..KEPT + 3 {
            cache.keep_with_lines(build.to_string().as_bytes(), format!("{build} with lines").as_bytes()).unwrap();
        }
        let last = KEPT + 2;
        assert_eq!(cache.with_lines(last.to_string().as_bytes()).unwrap(), format!("{last} with lines").as_bytes());
        assert_eq!(fs::read_dir(dir.path().join("components")).unwrap().count(), KEPT);
    }

    #[test]
    fn a_directory_that_others_can_write_to_gives_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("components"));
        cache.keep_with_lines(b"a", b"a with lines").unwrap();
        fs::set_permissions(dir.path().join("components"), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(cache.with_lines(b"a"), None);
    }
}
