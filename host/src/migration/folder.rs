//! The files: read once, within limits, and refused as a whole when one of them is not what it should be.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::{Migration, MigrationType};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::error::{CliError, Exit};
use crate::text::{one_line, shown};

/// More files are no migrations of one database.
const FILES_MAX: usize = 10_000;
/// A larger file is a dump, which `psql` reads as it comes.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// All of them are held in memory.
const ALL_BYTES_MAX: usize = 64 << 20;
/// Longer names are cut where they are shown.
pub(super) const NAME_CHARS_MAX: usize = 200;
/// Canonical JSON holds whole numbers up to here.
const VERSION_MAX: i64 = 1 << 53;
/// How many faults are named.
const FAULTS_SHOWN: usize = 20;
/// A file that begins like this runs without a transaction; the words are sqlx's.
const NO_TRANSACTION: &str = "-- no-transaction";

/// A directory of migrations.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub dir: PathBuf,
    /// What is to be applied, by version.
    pub migrations: Vec<Migration>,
    /// How each file is called, in the same order.
    pub files: Vec<String>,
}

/// What a file's name says.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    version: i64,
    description: String,
    kind: MigrationType,
}

impl Folder {
    /// Reads all files. Whatever is wrong is found before anything is applied.
    pub fn read(dir: &Path) -> Result<Folder, CliError> {
        let mut found = Vec::new();
        let mut faults = Vec::new();
        for file in names(dir)? {
            match parsed(&file) {
                Ok(name) => found.push((name, file)),
                Err(fault) => faults.push(fault),
            }
        }
        found.sort_by(|(one, file), (other, by)| (one.version, one.kind, file).cmp(&(other.version, other.kind, by)));
        faults.extend(contradictions(&found));
        if !faults.is_empty() {
            return Err(bad(dir, &faults));
        }
        found.retain(|(name, _)| !name.kind.is_down_migration());
        if found.is_empty() {
            return Err(CliError::new(Exit::NotFound, "no-migrations", format!("no migrations in {}", shown(dir)))
                .help("a migration is a file `<version>_<description>.sql`, such as `1_create_notes.sql`"));
        }
        let mut folder = Folder { dir: dir.to_owned(), migrations: Vec::new(), files: Vec::new() };
        let mut bytes = 0;
        for (name, file) in found {
            let sql = text(dir, &file)?;
            bytes += sql.len();
            if bytes > ALL_BYTES_MAX {
                return Err(bad(dir, &[format!("together they are larger than {} MiB", ALL_BYTES_MAX >> 20)]));
            }
            let is_bare = sql.starts_with(NO_TRANSACTION);
            let (description, sql) = (Cow::Owned(name.description), AssertSqlSafe(sql).into_sql_str());
            folder.migrations.push(Migration::new(name.version, description, name.kind, sql, is_bare));
            folder.files.push(one_line(&file, NAME_CHARS_MAX));
        }
        Ok(folder)
    }

    /// The file of a version.
    pub fn file_of(&self, version: i64) -> &str {
        let position = self.migrations.iter().position(|migration| migration.version == version);
        position.and_then(|position| self.files.get(position)).map_or("", String::as_str)
    }
}

/// Names of the SQL files; everything else in the directory is somebody else's.
fn names(dir: &Path) -> Result<Vec<String>, CliError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("there is no directory {}", shown(dir));
            return Err(CliError::new(Exit::NotFound, "no-migrations", message)
                .help("migrations are files `<version>_<description>.sql`; `--dir` says where they are"));
        }
        Err(error) => return Err(failed("read", dir, &error)),
    };
    let mut names = Vec::new();
    for (count, entry) in entries.enumerate() {
        if count == FILES_MAX {
            return Err(bad(dir, &[format!("there are more than {FILES_MAX} files")]));
        }
        let name = entry.map_err(|error| failed("read", dir, &error))?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name.strip_suffix(".sql").is_some_and(|stem| !stem.starts_with('.')) {
            names.push(name);
        }
    }
    Ok(names)
}

fn parsed(file: &str) -> Result<Name, String> {
    let shown = || one_line(file, NAME_CHARS_MAX);
    let Some((version, rest)) = file.split_once('_') else {
        return Err(format!("`{}` is not called `<version>_<description>.sql`", shown()));
    };
    let number = version.bytes().all(|byte| byte.is_ascii_digit()).then(|| version.parse().ok()).flatten();
    let Some(version) = number.filter(|number| (1..VERSION_MAX).contains(number)) else {
        return Err(format!("`{}` does not begin with a version: a whole number from 1 to 2^53", shown()));
    };
    let kind = MigrationType::from_filename(rest);
    let description = rest.trim_end_matches(kind.suffix()).replace('_', " ");
    if description.trim().is_empty() || file.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("`{}` has no description between version and `.sql`", shown()));
    }
    Ok(Name { version, description, kind })
}

/// Two files of one version, and ways back without a way there.
fn contradictions(found: &[(Name, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    let ups: Vec<_> = found.iter().filter(|(name, _)| !name.kind.is_down_migration()).collect();
    for pair in ups.windows(2).filter(|pair| pair[0].0.version == pair[1].0.version) {
        let [one, other] = [&pair[0].1, &pair[1].1].map(|file| one_line(file, NAME_CHARS_MAX));
        faults.push(format!("`{one}` and `{other}` have the same version"));
    }
    for (name, file) in found.iter().filter(|(name, _)| name.kind.is_down_migration()) {
        if !ups.iter().any(|(up, _)| up.version == name.version) {
            faults.push(format!("`{}` has no `.up.sql` beside it", one_line(file, NAME_CHARS_MAX)));
        }
    }
    faults
}

fn text(dir: &Path, file: &str) -> Result<String, CliError> {
    let path = dir.join(file);
    let bytes = crate::files::read_regular(&path, FILE_BYTES_MAX).map_err(|error| failed("read", &path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed("read", &path, &io::Error::other(error)))?;
    if text.contains('\0') {
        return Err(bad(dir, &[format!("`{}` holds a NUL, which is no text", one_line(file, NAME_CHARS_MAX))]));
    }
    Ok(text)
}

fn bad(dir: &Path, faults: &[String]) -> CliError {
    let message = format!("the migrations in {} cannot be used", shown(dir));
    let error = CliError::usage("bad-migrations", message).help("nothing was applied");
    faults.iter().take(FAULTS_SHOWN).fold(error, CliError::cause)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", format!("could not {what} {}", shown(path))).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[&str]) -> Result<Folder, CliError> {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(dir.path().join(file), format!("select '{file}'")).unwrap();
        }
        Folder::read(dir.path())
    }

    #[track_caller]
    fn refused(files: &[&str], why: &[&str]) {
        let error = read(files).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.causes),
            ("bad-migrations", why.iter().map(ToString::to_string).collect())
        );
    }

    #[test]
    fn files_are_ordered_by_number_and_others_left_alone() {
        let folder = read(&["10_ten.sql", "9_nine_lives.sql", "011_eleven.up.sql", "11_eleven.down.sql", "README.md"]);
        let folder = folder.unwrap();
        let found: Vec<_> = folder.migrations.iter().map(|each| (each.version, each.description.as_ref())).collect();
        assert_eq!(found, [(9, "nine lives"), (10, "ten"), (11, "eleven")]);
        assert_eq!(folder.file_of(11), "011_eleven.up.sql");
    }

    #[test]
    fn a_name_that_says_no_version_is_refused() {
        refused(&["notes.sql"], &["`notes.sql` is not called `<version>_<description>.sql`"]);
        for name in ["x_notes.sql", "0_notes.sql", "-1_notes.sql", "1.5_notes.sql", "99999999999999999999_notes.sql"] {
            let why = format!("`{name}` does not begin with a version: a whole number from 1 to 2^53");
            refused(&[name], &[&why]);
        }
        refused(&["1_.sql"], &["`1_.sql` has no description between version and `.sql`"]);
    }

    #[test]
    fn two_of_one_version_and_a_way_back_alone_are_refused() {
        refused(&["1_a.sql", "01_b.sql"], &["`01_b.sql` and `1_a.sql` have the same version"]);
        refused(&["1_a.sql", "2_b.down.sql"], &["`2_b.down.sql` has no `.up.sql` beside it"]);
    }

    #[test]
    fn nothing_to_apply_is_said_and_so_is_what_is_too_large_or_no_text() {
        assert_eq!(read(&[]).unwrap_err().code, "no-migrations");
        assert_eq!(Folder::read(Path::new("/nonexistent/migrations")).unwrap_err().code, "no-migrations");
        let dir = tempfile::tempdir().unwrap();
        for (content, code) in [(&b"a\0b"[..], "bad-migrations"), (&b"\xff"[..], "file-failed")] {
            fs::write(dir.path().join("1_a.sql"), content).unwrap();
            assert_eq!(Folder::read(dir.path()).unwrap_err().code, code);
        }
        let large = fs::File::create(dir.path().join("1_a.sql")).unwrap();
        large.set_len(FILE_BYTES_MAX + 1).unwrap();
        assert_eq!(Folder::read(dir.path()).unwrap_err().code, "file-failed");
    }

    #[test]
    fn a_link_to_elsewhere_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("1_a.sql")).unwrap();
        assert_eq!(Folder::read(dir.path()).unwrap_err().code, "file-failed");
    }
}
