//! Finding PostgreSQL's programs, in the places where packages put them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::program;
use crate::backend::{BackendError, Surroundings};

/// What a directory must hold to be of use.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", ASKED];
/// Comes with the server, and answers in an eighth of the time that `postgres` needs to load its libraries.
const ASKED: &str = "pg_ctl";

/// A program says its version at once.
const VERSION_TIMEOUT: Duration = Duration::from_secs(5);

/// The oldest major whose catalogue and `initdb` options are known to fit; it has been out of support since 2024.
const MAJOR_MIN: u32 = 12;

/// Programs of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// Where they are.
    pub bin_dir: PathBuf,
    /// `15.18`, `17beta2`.
    pub version: String,
    /// `15`.
    pub major: u32,
}

/// Finds the programs in the directory named, or in the first place that has them.
pub async fn find_binaries(bin_dir: Option<&Path>, surroundings: &Surroundings) -> Result<Binaries, BackendError> {
    match bin_dir {
        Some(bin_dir) => look_in(bin_dir).await,
        None => search(surroundings, |_| true).await.ok_or_else(not_found),
    }
}

/// Finds the programs of one major version.
pub(super) async fn find_major(major: u32, surroundings: &Surroundings) -> Result<Binaries, BackendError> {
    search(surroundings, |binaries| binaries.major == major).await.ok_or_else(|| {
        let message = format!("the cluster's data is of PostgreSQL {major}, whose programs are no longer found");
        BackendError::refused("server-binaries-missing", message).help(format!(
            "install PostgreSQL {major} again, for example with `sudo apt-get install postgresql-{major}`"
        ))
    })
}

/// Looks at one directory: all programs must be there and of the same version.
pub(super) async fn look_in(bin_dir: &Path) -> Result<Binaries, BackendError> {
    let unfit = |why: String| {
        BackendError::refused(
            "server-binaries-missing",
            format!("`{}` does not hold a PostgreSQL server: {why}", bin_dir.display()),
        )
        .help("name the directory that holds `initdb` and `postgres`, such as /usr/lib/postgresql/17/bin")
    };
    if !bin_dir.is_absolute() {
        return Err(unfit("it is not an absolute path".to_owned()));
    }
    if let Some(missing) = PROGRAMS.iter().find(|name| !bin_dir.join(name).is_file()) {
        return Err(unfit(format!("there is no `{missing}`")));
    }
    // One is asked for its version; that what packages lay down beside it is of the same one needs no asking.
    let said = version_of(&bin_dir.join(ASKED)).await.map_err(|error| unfit(error.message))?;
    match parse_version(&said) {
        Some((version, major)) if major >= MAJOR_MIN => Ok(Binaries { bin_dir: bin_dir.to_owned(), version, major }),
        Some((version, _)) => Err(unfit(format!("version {version} is older than {MAJOR_MIN}"))),
        None => Err(unfit(format!("`{ASKED}` does not say its version"))),
    }
}

async fn search(surroundings: &Surroundings, wanted: impl Fn(&Binaries) -> bool) -> Option<Binaries> {
    let path = surroundings.path.clone().unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect();
    if let Some(found) = first(&path, &wanted).await {
        return Some(found);
    }
    // Asked only now, because it is a script that takes longer than all the looking.
    let mut candidates: Vec<PathBuf> = configured(&path).await.into_iter().collect();
    candidates.extend(packaged());
    first(&candidates, &wanted).await
}

async fn first(directories: &[PathBuf], wanted: &impl Fn(&Binaries) -> bool) -> Option<Binaries> {
    for directory in directories {
        if !directory.join("initdb").is_file() {
            continue;
        }
        if let Ok(binaries) = look_in(directory).await
            && wanted(&binaries)
        {
            return Some(binaries);
        }
    }
    None
}

/// Directories that packages lay down, newest first.
fn packaged() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let packaged = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
    ];
    for (parent, prefix, below) in packaged {
        found.extend(versioned(Path::new(parent), prefix).into_iter().map(|directory| directory.join(below)));
    }
    found.push("/opt/homebrew/opt/postgresql/bin".into());
    found.push("/usr/local/pgsql/bin".into());
    found.push("/Applications/Postgres.app/Contents/Versions/latest/bin".into());
    found
}

/// What the first `pg_config` on the path says.
async fn configured(path: &[PathBuf]) -> Option<PathBuf> {
    let pg_config = path.iter().map(|directory| directory.join("pg_config")).find(|program| program.is_file())?;
    let mut command = program::command(&pg_config, Account::Own, Path::new("/"));
    command.arg("--bindir");
    let ended = program::run(command, VERSION_TIMEOUT).await.ok().filter(|ended| ended.status.success())?;
    Some(PathBuf::from(ended.output.trim())).filter(|directory| directory.is_absolute())
}

/// The directories `<parent>/<prefix><number>`, highest number first.
fn versioned(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, directory)| directory).collect()
}

async fn version_of(program: &Path) -> Result<String, BackendError> {
    let mut command = program::command(program, Account::Own, Path::new("/"));
    command.arg("--version");
    program::run(command, VERSION_TIMEOUT).await.map(|ended| ended.output)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is `15.18`, of major 15.
fn parse_version(said: &str) -> Option<(String, u32)> {
    let (_, after) = said.split_once("(PostgreSQL) ")?;
    let version = after.split_whitespace().next()?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((version.to_owned(), digits.parse().ok()?))
}

fn not_found() -> BackendError {
    let help = if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else {
        "install a PostgreSQL server, for example with `sudo apt-get install postgresql` or `sudo dnf install postgresql-server`"
    };
    BackendError::refused("server-binaries-missing", "no PostgreSQL server is installed on this machine").help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_whatever_surrounds_them() {
        let check =
            |said: &str, version: &str, major| assert_eq!(parse_version(said), Some((version.to_owned(), major)));
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", "15.18", 15);
        check("initdb (PostgreSQL) 17beta2\n", "17beta2", 17);
        check("pg_ctl (PostgreSQL) 9.6.24", "9.6.24", 9);
        assert_eq!(parse_version("postgres 15"), None);
        assert_eq!(parse_version("postgres (PostgreSQL) devel"), None);
    }

    #[test]
    fn newer_versions_come_first_and_other_directories_do_not_count() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pgsql-9", "pgsql-17", "pgsql-16", "pgsql-old", "other-18"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let expected = ["pgsql-17", "pgsql-16", "pgsql-9"].map(|name| parent.path().join(name));
        assert_eq!(versioned(parent.path(), "pgsql-"), expected);
    }

    #[tokio::test]
    async fn a_directory_without_a_server_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(look_in(directory.path()).await.unwrap_err().code, "server-binaries-missing");
        assert_eq!(look_in(Path::new("bin")).await.unwrap_err().code, "server-binaries-missing");
    }
}
