//! A `PostgreSQL` server made by hand: what a person would type who had not our program.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::measure::whole_process;
use crate::debian::is_root;
use crate::places;
use crate::process::{Failure, Outcome, capture, find};

/// As whom servers run that root starts; Debian's packages make this user.
const SERVER_USER: &str = "postgres";
const ADMIN: &str = "bench_admin";
const PASSWORD: &str = "benchmark";
/// As our own servers have it.
const SETTINGS: &str = "-c max_connections=200 -c shared_buffers=64MB -c listen_addresses=127.0.0.1";

/// Its directory, which need not be there yet, its port and its programs.
pub(crate) struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    pub(crate) fn new(dir: PathBuf) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = listener.map_err(|e| Failure::new(format!("there is no free port: {e}")))?.port();
        Ok(Self { dir, programs: programs()?, port })
    }

    /// `initdb`, with the locale and the authentication that our own servers get.
    pub(crate) fn make(&self) -> Outcome<Duration> {
        places::make_dir(&self.dir)?;
        let password = self.dir.join("password");
        std::fs::write(&password, PASSWORD).map_err(|e| Failure::file("write", &password, &e))?;
        if is_root() {
            capture(Command::new("chown").args(["-R", SERVER_USER]).arg(&self.dir))?;
        }
        let mut command = self.as_server("initdb");
        command.arg("-D").arg(self.data()).arg("--pwfile").arg(&password).args(["-U", ADMIN]);
        whole_process(command.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]))
    }

    pub(crate) fn start(&self) -> Outcome<Duration> {
        let mut command = self.as_server("pg_ctl");
        command.arg("-D").arg(self.data()).arg("-l").arg(self.dir.join("log")).args(["-w", "-o"]);
        let socket = self.dir.display();
        whole_process(command.arg(format!("-p {} -k {socket} {SETTINGS}", self.port)).arg("start"))
    }

    pub(crate) fn stop(&self) -> Outcome {
        let mut command = self.as_server("pg_ctl");
        capture(command.arg("-D").arg(self.data()).args(["-w", "-m", "fast", "stop"])).map(drop)
    }

    /// A role, its database, closed to others, and a login: two runs of `psql`, for a session has one role.
    pub(crate) fn tenant(&self, name: &str) -> Outcome<Duration> {
        let mut admin = self.psql(ADMIN, "postgres", PASSWORD);
        let statements = [
            format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE DATABASE {name} OWNER {name}"),
            format!("REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC"),
        ];
        for statement in &statements {
            admin.args(["-c", statement]);
        }
        let made = whole_process(&mut admin)?;
        Ok(made + whole_process(self.psql(name, name, PASSWORD).args(["-c", "SELECT 1"]))?)
    }

    /// The program itself: Debian's `psql` on the PATH is a script that looks for it first.
    fn psql(&self, role: &str, database: &str, password: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.env("PGPASSWORD", password).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"]);
        command.args(["-p", &self.port.to_string(), "-U", role, "-d", database]);
        command
    }

    /// `PostgreSQL` does not run as root.
    fn as_server(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = Command::new(&program);
        if is_root() {
            command = Command::new("setpriv");
            command.args(["--reuid", SERVER_USER, "--regid", SERVER_USER, "--clear-groups"]).arg(&program);
        }
        command.current_dir(&self.dir);
        command
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }
}

/// The directory of the newest server's programs.
fn programs() -> Outcome<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut versions: Vec<PathBuf> = versions.filter(|dir| dir.join("bin/initdb").is_file()).collect();
    versions.sort_by_key(|dir| dir.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let newest = versions.pop().map(|dir| dir.join("bin"));
    let on_path = || find("initdb").and_then(|file| file.parent().map(Path::to_path_buf));
    newest.or_else(on_path).ok_or_else(|| Failure::new("there is no `initdb` here"))
}
