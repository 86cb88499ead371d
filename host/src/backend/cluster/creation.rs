//! Making a cluster: beside its place and moved there when it is complete, so that half a one is never taken for one.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tempfile::{NamedTempFile, TempDir};
use tokio::time::sleep;

use super::ClusterSpec;
use super::account::Account;
use super::binaries::{Binaries, find_binaries};
use super::layout::{Layout, make_dir, sync_dir, unusable};
use super::program::{self, Ended};
use super::record::Record;
use crate::backend::{BackendError, Progress, Surroundings, line_of_full_disk, port};

/// `initdb` writes 40 MB and syncs them: a second on most machines, a minute on the slowest.
const INITDB_TIMEOUT: Duration = Duration::from_mins(3);

/// How often, and how long apart, it is tried to remove a directory that a dying `initdb` still fills.
const REMOVALS_MAX: u32 = 40;
const REMOVAL_PAUSE: Duration = Duration::from_millis(50);

/// Since this major the server brings a UTF-8 locale of its own, whose order no update of the C library changes.
const BUILTIN_LOCALE_SINCE: u32 = 17;

/// Checks a specification before anything is done about it.
pub(super) fn check(spec: &ClusterSpec) -> Result<(), BackendError> {
    let role = spec.admin_role.as_bytes();
    let plain = role.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_');
    if !plain || role.is_empty() || role.len() > 63 || role[0].is_ascii_digit() || role.starts_with(b"pg_") {
        let message =
            "the administrator's name is up to 63 of `a-z`, `0-9`, `_`, and begins with a letter, not with `pg_`";
        return Err(BackendError::refused("invalid-name", message));
    }
    let password = spec.admin_password.as_bytes();
    if password.is_empty() || !password.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        let message = "the administrator's password is made of printable ASCII characters";
        return Err(BackendError::refused("invalid-password", message));
    }
    Ok(())
}

/// Makes the cluster and returns its record; it does not run yet.
pub(super) async fn create(
    layout: &Layout,
    spec: &ClusterSpec,
    account: &Account,
    surroundings: &Surroundings,
    progress: &dyn Progress,
) -> Result<Record, BackendError> {
    let binaries = find_binaries(spec.bin_dir.as_deref(), surroundings).await?;
    let record = Record::new(&binaries, port::choose(spec.preferred_port)?);
    remove_unfinished(layout).await?;
    progress.report(&format!("making a PostgreSQL {} cluster", binaries.version), 0, 0);
    let unfinished = begin(layout, account).map_err(|error| unusable(&layout.root, &error))?;
    initdb(&layout.root, &unfinished.path().join("data"), spec, &binaries, *account).await?;
    let name = layout.record.file_name().unwrap_or_default();
    record.save(&unfinished.path().join(name))?;
    finish(layout, unfinished)?;
    Ok(record)
}

/// A program that is killed while it makes a cluster leaves its unfinished directory.
///
/// Its `initdb` may still be filling it, and gives up when its files vanish. A directory that withstands is in nobody's
/// way, and the next command tries again.
async fn remove_unfinished(layout: &Layout) -> Result<(), BackendError> {
    let entries = std::fs::read_dir(&layout.root).map_err(|error| unusable(&layout.root, &error))?;
    let is_unfinished =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&layout.unfinished));
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| is_unfinished(path)) {
        for _ in 0..REMOVALS_MAX {
            if std::fs::remove_dir_all(&path).is_ok() {
                break;
            }
            sleep(REMOVAL_PAUSE).await;
        }
    }
    Ok(())
}

fn begin(layout: &Layout, account: &Account) -> std::io::Result<TempDir> {
    let unfinished = tempfile::Builder::new().prefix(&layout.unfinished).tempdir_in(&layout.root)?;
    std::fs::set_permissions(unfinished.path(), Permissions::from_mode(account.passage()))?;
    make_dir(&unfinished.path().join("log"), 0o700)?;
    for name in ["data", "socket"] {
        let path = unfinished.path().join(name);
        make_dir(&path, 0o700)?;
        account.own(&path)?;
    }
    Ok(unfinished)
}

fn finish(layout: &Layout, unfinished: TempDir) -> Result<(), BackendError> {
    std::fs::rename(unfinished.path(), &layout.home).map_err(|error| unusable(&layout.home, &error))?;
    // It has moved away: there is nothing left to remove.
    let _ = unfinished.keep();
    sync_dir(&layout.root)
}

/// Runs `initdb`; where the system lacks the locale that is asked for, once more with the one that all have.
async fn initdb(
    root: &Path,
    data: &Path,
    spec: &ClusterSpec,
    binaries: &Binaries,
    account: Account,
) -> Result<(), BackendError> {
    let password = password_file(data, spec, account).map_err(|error| unusable(data, &error))?;
    let mut ended = None;
    for locale in locales(binaries.major) {
        let mut command = program::command(&binaries.bin_dir.join("initdb"), account, data);
        command.arg("--pgdata").arg(data).arg("--pwfile").arg(password.path());
        command.arg("--username").arg(&spec.admin_role);
        command.args(["--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--encoding=UTF8"]).args(locale);
        let run = program::run(command, INITDB_TIMEOUT).await?;
        if run.status.success() {
            return Ok(());
        }
        let again = lacks_locale(&run.output);
        ended = Some(run);
        if !again {
            break;
        }
    }
    Err(ended
        .map_or_else(|| BackendError::broken("initdb-failed", "`initdb` was not run"), |ended| failed(&ended, root)))
}

/// Whether `initdb` failed for want of a locale. It names the locale in any case, also when something else is wrong.
fn lacks_locale(output: &str) -> bool {
    output.lines().any(|line| line.contains("error:") && line.contains("locale"))
}

fn locales(major: u32) -> Vec<Vec<&'static str>> {
    let plain = vec!["--locale=C"];
    if major >= BUILTIN_LOCALE_SINCE {
        vec![vec!["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"], plain]
    } else {
        vec![vec!["--locale=C.UTF-8", "--lc-messages=C"], plain]
    }
}

/// The password in a file that the server's user alone can read, and that is gone when `initdb` has ended.
///
/// It lies beside the data, in the account's own `socket` directory: `initdb` wants an empty one for itself.
fn password_file(data: &Path, spec: &ClusterSpec, account: Account) -> std::io::Result<NamedTempFile> {
    let directory = data.with_file_name("socket");
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(spec.admin_password.as_bytes())?;
    account.own_file(file.as_file())?;
    Ok(file)
}

fn failed(ended: &Ended, root: &Path) -> BackendError {
    if let Some(line) = line_of_full_disk(&ended.output) {
        return BackendError::disk_full(format!(
            "there is no room for a PostgreSQL cluster below `{}`: {line}",
            root.display()
        ));
    }
    let code = if ended.output.contains("Permission denied") { "permission-denied" } else { "initdb-failed" };
    BackendError::refused(code, format!("`initdb` failed ({}); it last said:\n{}", ended.status, ended.said()))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn spec(role: &str, password: &str) -> ClusterSpec {
        ClusterSpec {
            bin_dir: None,
            preferred_port: 0,
            admin_role: role.to_owned(),
            admin_password: Zeroizing::new(password.to_owned()),
        }
    }

    #[test]
    fn administrators_have_plain_names_and_passwords() {
        check(&spec("systemprompt_admin", "s3cret")).unwrap();
        for role in ["", "a-b", "pg_x", "1a", "A", "a'"] {
            assert_eq!(check(&spec(role, "s3cret")).unwrap_err().code, "invalid-name", "{role}");
        }
        for password in ["", "two\nlines", "ü"] {
            assert_eq!(check(&spec("admin", password)).unwrap_err().code, "invalid-password");
        }
    }

    #[test]
    fn a_failure_is_put_down_to_the_locale_only_when_initdb_says_so() {
        assert!(lacks_locale("initdb: error: invalid locale name \"C.UTF-8\"\n"));
        assert!(lacks_locale("initdb: error: invalid locale settings; check LANG and LC_* environment variables\n"));
        let full = "The database cluster will be initialized with locale \"C\".\nFATAL: No space left on device\n";
        assert!(!lacks_locale(full));
        assert!(!lacks_locale("initdb: error: directory \"/x\" exists but is not empty\n"));
    }

    #[test]
    fn of_a_full_disk_the_line_that_says_so_is_told_with_what_to_do() {
        use std::os::unix::process::ExitStatusExt as _;
        let output = "creating subdirectories ... ok\nrunning bootstrap script ... FATAL:  could not write: No space left \
                      on device\nchild process exited with exit code 1\ninitdb: removing contents of data directory\n";
        let ended = Ended { status: std::process::ExitStatus::from_raw(256), output: output.to_owned() };
        let error = failed(&ended, Path::new("/data/clusters"));
        assert_eq!((error.code, error.help.as_deref()), ("disk-full", Some("make room, then type the same again")));
        assert!(error.message.contains("/data/clusters") && error.message.ends_with("on device"), "{error}");
        let ended = Ended { output: "initdb: error: what is this?\n".to_owned(), ..ended };
        assert_eq!(failed(&ended, Path::new("/data")).code, "initdb-failed");
    }

    #[test]
    fn every_version_has_a_locale_to_fall_back_to() {
        for major in [12, 15, 17, 18] {
            assert_eq!(locales(major).last().unwrap(), &["--locale=C"]);
        }
    }
}
