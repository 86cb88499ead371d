//! Where the files of profiles and sessions may lie: a closed set of names, in directories that are directories.
//!
//! A project may come from elsewhere. Neither what its log says nor a link in it may lead out of it.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Component, Path};

use systemprompt_events::ProfileName;

use super::content::{PROFILES, SESSIONS};

/// Files of a profile's directory that we write.
const OF_PROFILE: [&str; 2] = ["profile.yaml", "secrets.json"];

/// Whether a name, relative to the project, is one of a file that we write.
pub fn is_ours(name: &str) -> bool {
    let parts: Vec<_> = name.split('/').collect();
    match parts[..] {
        [PROFILES, profile, file] => profile.parse::<ProfileName>().is_ok() && OF_PROFILE.contains(&file),
        _ => name == SESSIONS,
    }
}

/// Whether a file's directories below the project are directories, and not links; those that are not there are fine.
pub fn check(project: &Path, name: &str) -> io::Result<()> {
    if !is_ours(name) {
        return Err(io::Error::other("it is no file of a profile or session"));
    }
    let mut dir = project.to_owned();
    let mut parts: Vec<_> = Path::new(name).components().collect();
    parts.pop();
    for part in parts {
        let Component::Normal(part) = part else { return Err(io::Error::other("it leads out of the project")) };
        dir.push(part);
        match fs::symlink_metadata(&dir) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(io::Error::other(format!("{} is no directory", crate::text::shown(&dir)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a directory for its owner alone, with those above it.
pub fn make(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_files_are_named() {
        for ours in ["sessions/index.json", "profiles/local/profile.yaml", "profiles/a_b-1/secrets.json"] {
            assert!(is_ours(ours), "{ours}");
        }
        for foreign in [
            "/etc/passwd",
            "../x",
            "profiles/../../profile.yaml",
            "profiles/local/../x/profile.yaml",
            "profiles/local/other",
            "profiles/Local/profile.yaml",
            "tenants.json",
            "",
        ] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }

    #[test]
    fn a_link_among_the_directories_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("profiles/one")).unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("profiles/two")).unwrap();
        assert!(check(dir.path(), "profiles/one/profile.yaml").is_ok());
        assert!(check(dir.path(), "profiles/new/profile.yaml").is_ok());
        assert!(check(dir.path(), "profiles/two/profile.yaml").is_err());
        assert!(check(dir.path(), "tenants.json").is_err());
    }
}
