//! A machine of a Fly of one's own whose PostgreSQL is a real one: `psql` on it is `psql`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use regex::Regex;
use systemprompt_fake_fly::{Command as Wanted, FakeFly, Output as Ran};

use crate::{Login, OwnServer, Sandbox};

/// A server in the place of the one that a machine's image starts.
#[derive(Debug)]
pub struct Machine {
    server: OwnServer,
}

/// What a command on the machine needs to know of the server.
struct Inside {
    psql: PathBuf,
    sockets: PathBuf,
    port: u16,
    owner: String,
    /// Whether the image's script ran, which makes role and database when there are no data yet.
    is_set_up: Mutex<bool>,
}

impl Machine {
    /// All machines of this Fly have this server from now on; there is to be one.
    pub fn of(fly: &FakeFly, sandbox: &Sandbox) -> Machine {
        let server = OwnServer::plain(sandbox);
        let owner = server.trust_its_sockets();
        let inside = Inside {
            psql: server.program("psql"),
            sockets: server.sockets(),
            port: server.port(),
            owner,
            is_set_up: Mutex::new(false),
        };
        fly.on_exec(move |wanted| inside.run(&wanted));
        Machine { server }
    }

    /// A login to the tenant's database past Fly and the program.
    ///
    /// # Panics
    /// If there is no such database yet, or several.
    pub fn login(&self) -> Login {
        let databases: Vec<_> = self.server.inventory();
        let names: Vec<_> = databases.iter().filter_map(|line| line.strip_prefix("database:")).collect();
        let [name] = names[..] else { panic!("there should be one database: {databases:?}") };
        self.server.owner_of(name)
    }

    /// The same for one question.
    ///
    /// # Panics
    /// If the server refuses to answer.
    pub fn ask(&self, sql: &str) -> String {
        let mut login = self.login();
        let answer = login.text(sql);
        login.close();
        answer.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

impl Inside {
    fn run(&self, wanted: &Wanted) -> Ran {
        let [program, words @ ..] = &wanted.command[..] else { return Ran::default() };
        if program == "sh" {
            return self.shell(wanted, words);
        }
        if program != "psql" {
            return Ran { exit_code: 127, stdout: String::new(), stderr: format!("{program}: command not found\n") };
        }
        self.set_up(wanted);
        let mut words = words.to_vec();
        if let Some(place) = words.iter().position(|word| word == "-h") {
            "127.0.0.1".clone_into(&mut words[place + 1]);
        }
        let host = Regex::new(r"(\\connect .host=)\S+").expect("it is an expression");
        let here = format!("${{1}}127.0.0.1 port={}", self.port);
        let script = host.replace_all(wanted.stdin.as_deref().unwrap_or_default(), here).into_owned();
        self.psql(&words, wanted.env.get("PGPASSWORD"), &script)
    }

    /// A shell whose `psql` reaches a managed cluster: this server, with the password that the cluster has.
    fn shell(&self, wanted: &Wanted, words: &[String]) -> Ran {
        let mut words = words.to_vec();
        let after = |words: &[String], flag: &str| words.iter().position(|word| word == flag).map(|place| place + 1);
        let (host, port) = (after(&words, "-h"), after(&words, "-p"));
        let (Some(host), Some(port)) = (host, port) else { return Ran::default() };
        let Some(users) = wanted.managed.get(&words[host]) else {
            let stderr = format!("could not translate host name \"{}\" to address\n", words[host]);
            return Ran { exit_code: 2, stdout: String::new(), stderr };
        };
        self.set_up_managed(users);
        "127.0.0.1".clone_into(&mut words[host]);
        words[port] = self.port.to_string();
        self.start(Path::new("/bin/sh"), &words, None, wanted.stdin.as_deref().unwrap_or_default())
    }

    fn set_up_managed(&self, users: &BTreeMap<String, String>) {
        let mut is_set_up = self.is_set_up.lock().unwrap_or_else(PoisonError::into_inner);
        let words = ["-X", "-U", &self.owner, "-d", "postgres", "-v", "ON_ERROR_STOP=1"].map(str::to_owned);
        let made =
            |user: &String| format!("create role \"{user}\" login;\ncreate database \"fly-db\" owner \"{user}\";\n");
        let set = |(user, password): (&String, &String)| format!("alter role \"{user}\" password '{password}';\n");
        let making = users.keys().filter(|_| !*is_set_up).map(made);
        let script: String = making.chain(users.iter().map(set)).collect();
        let ran = self.psql(&words, None, &script);
        assert_eq!(ran.exit_code, 0, "{}", ran.stderr);
        *is_set_up = true;
    }

    /// As the script of PostgreSQL's image does it.
    fn set_up(&self, wanted: &Wanted) {
        let mut is_set_up = self.is_set_up.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_set_up {
            return;
        }
        let [role, database, password] =
            ["POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"].map(|name| &wanted.env[name]);
        let script = format!(
            "create role \"{role}\" superuser login password '{password}';\ncreate database \"{database}\" owner \"{role}\";\n"
        );
        let words = ["-X", "-U", &self.owner, "-d", "postgres", "-v", "ON_ERROR_STOP=1"].map(str::to_owned);
        let ran = self.psql(&words, None, &script);
        assert_eq!(ran.exit_code, 0, "{}", ran.stderr);
        *is_set_up = true;
    }

    fn psql(&self, words: &[String], password: Option<&String>, script: &str) -> Ran {
        self.start(&self.psql, words, password, script)
    }

    fn start(&self, program: &Path, words: &[String], password: Option<&String>, script: &str) -> Ran {
        let mut command = Command::new(program);
        command.args(words).env_clear().env("PGHOST", &self.sockets).env("PGPORT", self.port.to_string());
        command.env("PATH", self.psql.parent().unwrap_or(Path::new("/")));
        command.envs(password.map(|password| ("PGPASSWORD", password)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().expect("`psql` is installed");
        let mut stdin = running.stdin.take().expect("it was piped");
        let script = script.to_owned();
        // It may end before it has read all.
        let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = running.wait_with_output().expect("it ends");
        let _it_may_have_ended = writer.join().expect("nothing panics there");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            exit_code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
