//! Becoming `psql`, logged in as a tenant. The password goes by a file that has no name on any disk.

mod unattended;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;

pub use self::unattended::Unattended;

use crate::database::Place;
use crate::env;
use crate::error::{CliError, Exit};

const PROGRAM: &str = "psql";
const INSTALL: &str = "install PostgreSQL's client: `apt install postgresql-client`, `dnf install postgresql` or \
     `brew install libpq`";

/// Variables that would send `psql`, and with it the password, elsewhere.
const MISLEADING: [&str; 12] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGTARGETSESSIONATTRS",
    "PGLOADBALANCEHOSTS",
];

/// Without it `psql` waits for ever for a server that does not answer; whoever set it knows better.
const CONNECT_TIMEOUT: &str = "PGCONNECT_TIMEOUT";
const CONNECT_SECONDS: &str = "10";

/// Who signs for a server: else `psql` looks for a file in the home directory, and not for what this machine trusts.
const ROOT_CERTIFICATES: &str = "PGSSLROOTCERT";
const IN_HOME: &str = ".postgresql/root.crt";

/// What the user wants of `psql`.
pub struct Psql {
    args: Vec<OsString>,
}

impl Psql {
    /// With the user's own arguments.
    pub fn new(args: Vec<OsString>) -> Result<Psql, CliError> {
        // What follows it is a name of a database, and so would be the tenant's.
        if args.iter().any(|arg| arg == "--") {
            return Err(CliError::usage("usage", "the arguments of `psql` cannot hold a second `--`")
                .help("the tenant says which database it is"));
        }
        Ok(Psql { args })
    }

    /// The same for a `psql` that runs elsewhere; none where somebody would have to type at it. `open` is the command after
    /// which it could run here.
    pub fn unattended(self, cwd: &Path, open: &str) -> Result<Option<Unattended>, CliError> {
        unattended::read(self.args, cwd, open)
    }

    /// This process becomes `psql`. Comes back only with an error.
    pub fn become_it(self, place: &Place) -> CliError {
        let mut command = Command::new(PROGRAM);
        // The last one counts, so that no argument before it leads to another database.
        command.args(self.args).arg(format!("--dbname={}", place.url));
        for name in MISLEADING {
            command.env_remove(name);
        }
        if env::look_up(CONNECT_TIMEOUT).is_none() {
            command.env(CONNECT_TIMEOUT, CONNECT_SECONDS);
        }
        if wants_certificates(place, env::look_up)
            && let Some(file) = openssl_probe::probe().cert_file
        {
            command.env(ROOT_CERTIFICATES, file);
        }
        let error = match hand_over_password(&mut command, place) {
            Ok(_open) => env::become_program(&mut command),
            Err(error) => error,
        };
        if error.kind() == io::ErrorKind::NotFound {
            return CliError::new(Exit::Unavailable, "psql-missing", "`psql` is not installed, or not on the PATH")
                .help(INSTALL);
        }
        CliError::new(Exit::Refused, "program-unusable", "could not run `psql`").because(&error)
    }
}

/// Whether the server has to prove itself, and nobody said by whom.
fn wants_certificates(place: &Place, look_up: impl Fn(&str) -> Option<OsString>) -> bool {
    let is_said = place.url.contains("sslrootcert=") || look_up(ROOT_CERTIFICATES).is_some();
    let is_in_home = || look_up("HOME").is_some_and(|home| std::path::Path::new(&home).join(IN_HOME).exists());
    place.ssl_mode.as_deref().is_some_and(|mode| mode.starts_with("verify-")) && !is_said && !is_in_home()
}

/// One line of a password file, good for this login alone.
fn line(place: &Place, password: &str) -> String {
    let escaped = |field: &str| field.replace('\\', "\\\\").replace(':', "\\:");
    let port = place.port.to_string();
    [&place.host, &port, &place.database, &place.role, password].map(escaped).join(":") + "\n"
}

/// A file in memory, inherited and read by `psql` as often as it logs in; it is gone with the last process that has it.
#[cfg(target_os = "linux")]
fn hand_over_password(command: &mut Command, place: &Place) -> io::Result<Option<std::fs::File>> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let Some(password) = &place.password else { return Ok(None) };
    let memory = rustix::fs::memfd_create("systemprompt-pgpass", rustix::fs::MemfdFlags::empty())?;
    rustix::fs::fchmod(&memory, rustix::fs::Mode::from_raw_mode(0o600))?;
    let mut file = std::fs::File::from(memory);
    file.write_all(line(place, password).as_bytes())?;
    command.env("PGPASSFILE", format!("/proc/self/fd/{}", file.as_raw_fd()));
    Ok(Some(file))
}

/// Where there are no files in memory, the environment of `psql` is as private as its memory.
#[cfg(not(target_os = "linux"))]
fn hand_over_password(command: &mut Command, place: &Place) -> io::Result<Option<std::fs::File>> {
    if let Some(password) = &place.password {
        command.env("PGPASSWORD", password.as_str());
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_for_one_server_database_and_role() {
        let place = Place::of("postgres://me:a%3Ab%5Cc@127.0.0.1:6000/db").unwrap();
        assert_eq!(line(&place, place.password.as_deref().unwrap()), "127.0.0.1:6000:db:me:a\\:b\\\\c\n");
    }

    #[test]
    fn a_password_for_an_ipv6_address_is_found_by_psql() {
        let place = Place::of("postgres://me:p@[::1]:6000/db").unwrap();
        assert_eq!(line(&place, place.password.as_deref().unwrap()), "\\:\\:1:6000:db:me:p\n");
    }

    #[test]
    fn the_machines_certificates_are_named_where_a_server_has_to_prove_itself_and_nobody_said_by_whom() {
        let wants = |query: &str, variable: Option<(&str, &str)>| {
            let place = Place::of(&format!("postgres://me:p@db.example.com/db{query}")).unwrap();
            wants_certificates(&place, |name| variable.filter(|(set, _)| *set == name).map(|(_, value)| value.into()))
        };
        assert!(wants("?sslmode=verify-full", None) && wants("?sslmode=verify-ca", Some(("HOME", "/nonexistent"))));
        assert!(!wants("?sslmode=require", None) && !wants("", None));
        assert!(!wants("?sslmode=verify-full&sslrootcert=/ca.pem", None));
        assert!(!wants("?sslmode=verify-full", Some(("PGSSLROOTCERT", "/ca.pem"))));
    }

    #[test]
    fn a_second_pair_of_dashes_is_refused() {
        assert!(Psql::new(vec!["-c".into(), "--".into()]).is_err());
        assert!(Psql::new(vec!["-c".into(), "select 1 -- one".into()]).is_ok());
    }
}
