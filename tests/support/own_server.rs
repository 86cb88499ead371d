//! A PostgreSQL server that is somebody's own: with an administrator of the test's choice, and TLS where it wants that.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::{Login, Sandbox};

/// The superuser of the server; what is tried is tried with others.
const SUPERUSER: &str = "owner";
const PASSWORD: &str = "owners-password";

/// A server in a sandbox, and gone with it.
#[derive(Debug)]
pub struct OwnServer {
    dir: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl OwnServer {
    /// A server that takes no encrypted connections.
    pub fn plain(sandbox: &Sandbox) -> OwnServer {
        OwnServer::start(sandbox, false, free_port())
    }

    /// Another one that answers where that one did, as at the end of a tunnel that leads elsewhere now.
    pub fn in_place_of(other: &OwnServer, sandbox: &Sandbox) -> OwnServer {
        other.stop();
        OwnServer::start(sandbox, false, other.port)
    }

    /// One with a certificate for `localhost`, which only [`authority`](OwnServer::authority) has signed.
    pub fn with_tls(sandbox: &Sandbox) -> OwnServer {
        OwnServer::start(sandbox, true, free_port())
    }

    fn start(sandbox: &Sandbox, tls: bool, port: u16) -> OwnServer {
        let server = OwnServer { dir: sandbox.root().join("own"), programs: programs(), port };
        fs::create_dir(&server.dir).expect("a directory can be made");
        hand_over(&server.dir);
        let password = server.file("password", PASSWORD);
        let password = format!("--pwfile={}", password.display());
        let user = format!("--username={SUPERUSER}");
        let data = server.data().display().to_string();
        server.run(
            "initdb",
            &["-D", &data, "--no-sync", "--auth=scram-sha-256", &user, &password, "--no-locale", "-E", "UTF8"],
        );
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", server.port),
            "fsync=off".to_owned(),
            "log_statement=ddl".to_owned(),
            format!("unix_socket_directories={}", server.dir.display()),
        ];
        if tls {
            let (certificate, key) = server.certify();
            let files = [("ssl_cert_file", certificate), ("ssl_key_file", key)];
            settings.push("ssl=on".to_owned());
            settings.extend(files.map(|(name, file)| format!("{name}={}", file.display())));
        }
        let settings: Vec<_> = settings.iter().map(|setting| format!("-c {setting}")).collect();
        let settings = settings.join(" ");
        let log = server.dir.join("log").display().to_string();
        server.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &settings, "start"]);
        server
    }

    /// Stops it.
    pub fn stop(&self) {
        let data = self.data().display().to_string();
        self.run("pg_ctl", &["-D", &data, "-w", "-m", "immediate", "stop"]);
    }

    /// What it wrote down of the statements that changed something.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).expect("the log can be read")
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of the certificate that signs the server's.
    pub fn authority(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// The URL of a role, with `parameters` at its end, on the server as it is called there.
    pub fn url(&self, host: &str, role: &str, password: &str, parameters: &str) -> String {
        format!("postgres://{role}:{password}@{host}:{}/postgres{parameters}", self.port)
    }

    /// A login as the superuser, which no test hands to the program.
    ///
    /// # Panics
    /// If there is none.
    pub fn owner(&self) -> Login {
        Login::to(&self.url("127.0.0.1", SUPERUSER, PASSWORD, "")).expect("the superuser is let in")
    }

    /// The same in another database.
    ///
    /// # Panics
    /// If there is none.
    pub fn owner_of(&self, database: &str) -> Login {
        let url = format!("postgres://{SUPERUSER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port);
        Login::to(&url).expect("the superuser is let in")
    }

    /// From now on whoever comes by a socket is let in, as in PostgreSQL's image; answers the superuser's name.
    ///
    /// # Panics
    /// If the server's rules cannot be changed.
    pub fn trust_its_sockets(&self) -> String {
        let file = self.data().join("pg_hba.conf");
        let rules = fs::read_to_string(&file).expect("there are rules");
        fs::write(&file, format!("local all all trust\n{rules}")).expect("rules can be written");
        let mut owner = self.owner();
        owner.run("select pg_reload_conf()").expect("the superuser may reload");
        owner.close();
        SUPERUSER.to_owned()
    }

    /// Where its sockets are.
    pub fn sockets(&self) -> PathBuf {
        self.dir.clone()
    }

    /// One of PostgreSQL's programs, of the server's version.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Makes a role with these rights, as in `CREATEDB CREATEROLE`.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn role(&self, name: &str, password: &str, rights: &str) {
        let mut owner = self.owner();
        let made = owner.run(&format!("create role \"{name}\" login password '{password}' {rights}"));
        made.expect("a role can be made");
        owner.close();
    }

    /// Roles and databases that are neither PostgreSQL's own nor the superuser's, sorted.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub fn inventory(&self) -> Vec<String> {
        let mut owner = self.owner();
        let list = "select coalesce(string_agg(line, ' ' order by line), '') from (\
                    select 'role:' || rolname as line from pg_roles where rolname !~ '^pg_' and not rolsuper \
                    union all select 'database:' || datname from pg_database \
                    where datname not in ('postgres', 'template0', 'template1')) as lines";
        let found = owner.text(list).expect("the superuser may look");
        owner.close();
        found.split_whitespace().map(ToOwned::to_owned).collect()
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// A certificate for `localhost`, signed by an authority of its own, with its key.
    fn certify(&self) -> (PathBuf, PathBuf) {
        let key = || KeyPair::generate().expect("a key can be made");
        let (authority_key, server_key) = (key(), key());
        let mut authority = CertificateParams::new(Vec::new()).expect("no names are names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, format!("authority of {}", self.port));
        let own = authority.self_signed(&authority_key).expect("an authority signs itself");
        self.file("ca.pem", &own.pem());
        let issuer = Issuer::new(authority, authority_key);
        let server = CertificateParams::new(vec!["localhost".to_owned()]).expect("that is a name");
        let server = server.signed_by(&server_key, &issuer).expect("an authority signs");
        (self.file("server.pem", &server.pem()), self.file("server.key", &server_key.serialize_pem()))
    }

    /// A file that only the server's user reads.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, content).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the mode can be set");
        hand_over(&path);
        path
    }

    fn run(&self, program: &str, args: &[&str]) {
        let path = self.programs.join(program);
        let mut command = match server_user() {
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
                command.arg(path);
                command
            }
            None => Command::new(path),
        };
        let files = fs::File::create(self.dir.join("said")).expect("a file can be made");
        let said = files.try_clone().expect("a file can be shared");
        // To a file: a server that is started here would keep a pipe open.
        let status = command.args(args).current_dir(&self.dir).stdout(files).stderr(said).status();
        let said = || fs::read_to_string(self.dir.join("said")).unwrap_or_default();
        assert!(status.is_ok_and(|status| status.success()), "`{program}` failed: {}", said());
    }
}

/// PostgreSQL does not run as root, and so its files are not root's.
fn hand_over(path: &Path) {
    if let Some((user, group)) = server_user() {
        chown(path, Some(user), Some(group)).expect("root gives away what is its own");
    }
}

/// User and group of whom PostgreSQL's package has made for it, where root runs the tests.
fn server_user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("there are users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("PostgreSQL's package is installed");
    let numbers: Vec<u32> = line.split(':').skip(2).take(2).filter_map(|number| number.parse().ok()).collect();
    numbers.first().copied().zip(numbers.get(1).copied())
}

/// Names a directory of other programs of PostgreSQL than those that are installed: for another version.
const PROGRAMS: &str = "SYSTEMPROMPT_TEST_POSTGRES_BIN";

/// The directory of PostgreSQL's programs, of the newest version.
fn programs() -> PathBuf {
    if let Some(named) = std::env::var_os(PROGRAMS) {
        return PathBuf::from(named);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut dirs: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    dirs.retain(|dir| dir.join("initdb").is_file());
    dirs.sort();
    dirs.pop().unwrap_or_else(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs = std::env::split_paths(&path);
        dirs.find(|dir| dir.join("initdb").is_file()).expect("PostgreSQL's programs are installed")
    })
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}
