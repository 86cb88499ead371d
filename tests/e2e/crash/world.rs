//! What there is after an operation, in the project and on the server: one text, to be compared with another.

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use systemprompt_tests::{LogFile, Login, Output, Sandbox};

/// A server that many projects share, and somebody who looks into it.
pub(crate) struct Machine {
    pub(crate) sandbox: Sandbox,
    /// Flags of `create`.
    pub(crate) provider: Vec<String>,
    /// URL of a tenant of its own, through which everybody's roles and databases are seen.
    observer: Option<String>,
    projects: Cell<u32>,
}

/// One project, with one tenant in it or none.
pub(crate) struct Project<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) dir: PathBuf,
    pub(crate) id: String,
}

impl Machine {
    /// A machine whose shared server runs.
    pub(crate) fn with_shared_server(sandbox: Sandbox, provider: &[&str]) -> Machine {
        let mut machine = Machine::without_server(sandbox, provider);
        let observer = machine.project();
        observer.create().ok();
        let url = observer.url();
        drop(observer);
        machine.observer = Some(url);
        machine
    }

    /// A machine on which nothing runs yet.
    pub(crate) fn without_server(sandbox: Sandbox, provider: &[&str]) -> Machine {
        let provider = provider.iter().map(ToString::to_string).collect();
        Machine { sandbox, provider, observer: None, projects: Cell::new(0) }
    }

    /// A new directory, and a new id for the tenant in it.
    pub(crate) fn project(&self) -> Project<'_> {
        let number = self.projects.replace(self.projects.get() + 1);
        let dir = self.sandbox.root().join(format!("p{number}"));
        fs::create_dir(&dir).expect("a directory can be made");
        Project { machine: self, dir, id: format!("local_c4a5{number:08x}") }
    }

    /// Asks the server's catalogue.
    pub(crate) fn ask(&self, sql: &str) -> String {
        let Some(url) = &self.observer else { return String::new() };
        let mut login = Login::to(url).expect("the observer can log in");
        let answer = login.text(sql).expect("a catalogue can be read");
        login.close();
        answer
    }

    /// How many roles and databases of tenants there are, the observer's among them.
    pub(crate) fn count(&self) -> String {
        self.ask(
            "select (select count(*) from pg_roles where rolname like 'tenant\\_%') || ' roles, ' ||
                    (select count(*) from pg_database where datname like 'tenant\\_%') || ' databases'",
        )
    }
}

impl Project<'_> {
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.machine.sandbox.run(self.args(args))
    }

    /// With the project's directory.
    pub(crate) fn args(&self, args: &[&str]) -> Vec<String> {
        let mut all: Vec<String> = args.iter().map(ToString::to_string).collect();
        all.extend(["--project".to_owned(), self.dir.display().to_string()]);
        all
    }

    pub(crate) fn creation(&self) -> Vec<String> {
        let mut args = self.args(&["cloud", "tenant", "create", "--type", "local", "--name", "x", "--id", &self.id]);
        args.extend(self.machine.provider.iter().cloned());
        args
    }

    pub(crate) fn deletion(&self) -> Vec<String> {
        self.args(&["cloud", "tenant", "delete", &self.id, "-y"])
    }

    pub(crate) fn rotation(&self) -> Vec<String> {
        self.args(&["cloud", "tenant", "rotate-credentials", &self.id, "-y"])
    }

    pub(crate) fn create(&self) -> Output {
        self.machine.sandbox.run(self.creation())
    }

    pub(crate) fn delete(&self) -> Output {
        self.machine.sandbox.run(self.deletion())
    }

    pub(crate) fn list(&self) -> Output {
        self.run(&["cloud", "tenant", "list"])
    }

    pub(crate) fn url(&self) -> String {
        let shown = self.run(&["cloud", "tenant", "show", &self.id, "--reveal", "--json"]).ok();
        shown.data()["resources"]["database_url"].as_str().expect("a tenant has a URL").to_owned()
    }

    /// Types of all events in the history.
    pub(crate) fn events(&self) -> Vec<String> {
        if !self.dir.join(".systemprompt/log.db").exists() {
            return Vec::new();
        }
        let log = self.run(&["history", "log", "--json"]).ok().data();
        let events = log["events"].as_array().into_iter().flatten();
        events.filter_map(|event| event["type"].as_str().map(str::to_owned)).collect()
    }

    /// How often an event of this type stands in the history.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events().iter().filter(|event| *event == kind).count()
    }

    /// The tenant, its role and database, its key, and whether it can log in.
    pub(crate) fn world(&self) -> String {
        let mut text = self.run(&["cloud", "tenant", "list", "--json"]).ok().stdout;
        text.push_str(&fs::read_to_string(self.dir.join(".systemprompt/tenants.json")).unwrap_or_default());
        let role = self.id.replace("local_", "tenant_");
        let (roles, databases) = (
            format!(
                "select coalesce(string_agg(rolname || ' ' || rolcanlogin || ' ' || rolsuper || ' ' ||
                    shobj_description(oid, 'pg_authid'), ';'), 'no role') from pg_roles where rolname = '{role}'"
            ),
            format!(
                "select coalesce(string_agg(datname || ' of ' || datdba::regrole || ' ' || datallowconn || ' ' ||
                    datacl::text || ' ' || shobj_description(oid, 'pg_database'), ';'), 'no database')
                 from pg_database where datname = '{role}'"
            ),
        );
        let _always = writeln!(text, "{}\n{}", self.machine.ask(&roles), self.machine.ask(&databases));
        let keys = self.dir.join(".systemprompt/keys.db");
        if keys.exists() {
            let mut keys = LogFile::open(&keys);
            let _always = writeln!(text, "{} keys", keys.number("select count(*) from keys"));
            keys.close();
        }
        if text.contains("\"ready\"") {
            Login::to(&self.url()).expect("the tenant can log in").close();
        }
        self.without_particulars(&text)
    }

    /// Ids, passwords, ports and times differ from tenant to tenant.
    fn without_particulars(&self, text: &str) -> String {
        let text = text.replace(&self.id, "[ID]").replace(&self.id.replace("local_", "tenant_"), "[ROLE]");
        let replace = |text: String, pattern: &str, by: &str| {
            regex::Regex::new(pattern).expect("a pattern").replace_all(&text, by).into_owned()
        };
        let text = replace(text, r"://([^:/]+):[0-9A-Za-z_-]{20,}@", "://$1:[PASSWORD]@");
        let text = replace(text, r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]");
        let text = replace(text, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[UUID]");
        replace(text, r"20\d\d-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "[TIME]")
    }
}
