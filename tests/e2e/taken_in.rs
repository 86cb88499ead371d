//! Databases that nobody here made: what is refused or fails leaves tenant, key and password as they were.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use systemprompt_tests::{Login, Output, Sandbox};

use crate::life::url;

/// Before a server: lets so many connections through, and closes the others at once.
struct Gate {
    port: u16,
    open: Arc<AtomicUsize>,
}

impl Gate {
    fn before(server: u16) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has a port").port();
        let open = Arc::new(AtomicUsize::new(usize::MAX));
        let left = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let is_open = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
                if is_open && let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                    join(&client, &server);
                    join(&server, &client);
                }
            }
        });
        Gate { port, open }
    }

    fn let_through(&self, connections: usize) {
        self.open.store(connections, Ordering::SeqCst);
    }
}

fn join(from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    thread::spawn(move || {
        let _until_one_of_them_ends = io::copy(&mut from, &mut to);
        let _the_other_may_be_gone = to.shutdown(Shutdown::Both);
    });
}

/// A tenant of a native server, its database taken in once more as the tenant `taken`, behind a gate.
fn taken_in() -> (Sandbox, Gate, String) {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name owner --provider native").ok();
    let own = url(&sandbox, "owner");
    let (login, rest) = own.rsplit_once(':').expect("a URL has a port");
    let (port, database) = rest.split_once('/').expect("a URL has a path");
    let gate = Gate::before(port.parse().expect("a port is a number"));
    let through = format!("{login}:{}/{database}", gate.port);
    sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", "taken", "--database-url", &through]).ok();
    (sandbox, gate, own)
}

/// A rotation that set the new password, or tried to, and could then neither go on nor back.
fn stuck(sandbox: &Sandbox, gate: &Gate, connections: usize) -> Output {
    gate.let_through(connections);
    let stuck = sandbox.say("cloud tenant rotate-credentials taken -y").exits(7);
    gate.let_through(usize::MAX);
    stuck
}

/// The first login of a rotation proves the old password, the second changes it.
const PROVED: usize = 1;
const CHANGED: usize = 2;

#[test]
fn a_deletion_that_is_refused_leaves_the_key() {
    let (sandbox, gate, _) = taken_in();
    stuck(&sandbox, &gate, CHANGED);
    let refused = sandbox.say("cloud tenant delete taken -y --json").exits(7);
    assert_eq!(refused.error_code(), "tenant-busy", "{}", refused.whole());
    sandbox.say("env --tenant taken --reveal").ok();
    let undone = sandbox.say("cloud tenant resume taken");
    assert!(undone.stderr.contains("everything that was done is undone"), "{}", undone.whole());
    sandbox.run(["infra", "db", "psql", "--tenant", "taken", "--", "-c", "select 1"]).ok();
    sandbox.say("cloud tenant delete taken -y").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn a_key_that_outlived_its_tenant_goes_with_the_next_command() {
    let (sandbox, _gate, _) = taken_in();
    let keys = |sandbox: &Sandbox| {
        let mut keys = systemprompt_tests::LogFile::open(&sandbox.file("keys.db"));
        let count = keys.number("select count(*) from keys");
        keys.close();
        count
    };
    assert_eq!(keys(&sandbox), 2);
    let before = std::fs::read(sandbox.file("keys.db")).expect("it is there");
    sandbox.say("cloud tenant delete taken -y").ok();
    assert_eq!(keys(&sandbox), 1);
    // As if the process had been killed before the key was gone.
    std::fs::write(sandbox.file("keys.db"), before).expect("it can be written");
    sandbox.say("cloud tenant select owner").ok();
    assert_eq!(keys(&sandbox), 1);
    sandbox.say("env --tenant owner --reveal").ok();
}

#[test]
fn where_the_old_password_is_refused_or_nobody_answers_no_rotation_begins() {
    let (sandbox, gate, own) = taken_in();
    gate.let_through(0);
    let unanswered = sandbox.say("cloud tenant rotate-credentials taken -y").exits(6);
    assert!(unanswered.stderr.contains("error: Database connection failed"), "{}", unanswered.whole());
    gate.let_through(usize::MAX);
    let mut login = Login::to(&own).expect("the role can log in");
    login.run("alter role current_user password 'changed elsewhere'").expect("a role may change its own password");
    login.close();
    let denied = sandbox.say("cloud tenant rotate-credentials taken -y").exits(5);
    assert!(denied.stderr.contains("error: Access denied"), "{}", denied.whole());
    assert!(!denied.stderr.contains("run `systemprompt cloud tenant rotate-credentials"), "{}", denied.whole());
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");
    // What is hinted at works.
    sandbox.say("cloud tenant delete taken -y").ok();
}

#[test]
fn a_rotation_is_undone_where_the_password_turns_out_to_be_somebody_elses() {
    let (sandbox, gate, own) = taken_in();
    let told = stuck(&sandbox, &gate, PROVED);
    assert!(told.stderr.contains("could not undo it either"), "{}", told.whole());
    let allowed = sandbox.say("cloud tenant allow taken --yes").ok();
    assert!(!allowed.whole().contains("begun elsewhere"), "{}", allowed.whole());
    let mut login = Login::to(&own).expect("nothing was changed");
    login.run("alter role current_user password 'changed elsewhere'").expect("a role may change its own password");
    login.close();
    let undone = sandbox.say("cloud tenant resume taken");
    assert!(undone.stderr.contains("everything that was done is undone"), "{}", undone.whole());
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");
    sandbox.say("history verify").ok();
}

#[test]
fn a_role_that_other_tenants_have_too_keeps_its_password() {
    let (sandbox, _gate, own) = taken_in();
    let elsewhere = own.replace("127.0.0.1", "localhost");
    for (name, url) in [("twin", &elsewhere), ("third", &own)] {
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", name, "--database-url", url]).ok();
    }
    let refused = sandbox.say("cloud tenant rotate-credentials twin -y --json").exits(4);
    assert_eq!(refused.error_code(), "role-shared");
    let said = refused.json()["error"]["message"].to_string();
    assert!(said.contains("`owner`") && said.contains("`third`") && !said.contains("`taken`"), "{said}");
    Login::to(&own).expect("nobody is locked out").close();
}

#[test]
fn no_variable_completes_the_url_of_a_tenant() {
    let (mut sandbox, _gate, own) = taken_in();
    // The database has the name of its role, which is what it is without one.
    let (short, database) = own.rsplit_once('/').expect("a URL has a path");
    for (name, value) in [
        ("PGDATABASE", "postgres"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPASSWORD", "wrong"),
        ("PGPORT", "1"),
        ("PGSSLMODE", "require"),
        ("PGUSER", "postgres"),
    ] {
        sandbox.set(name, value);
    }
    sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", "short", "--database-url", short]).ok();
    let ask = ["infra", "db", "psql", "--tenant", "short", "--", "-Atc", "select current_database()"];
    assert_eq!(sandbox.run(ask).ok().stdout, format!("{database}\n"));
    std::fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    std::fs::write(sandbox.project().join("migrations/1_here.sql"), "create table here (x int);")
        .expect("a file can be written");
    sandbox.say("infra db migrate --tenant short").ok();
    let mut login = Login::to(&own).expect("the tenant can log in");
    assert_eq!(login.text("select count(*)::text from here"), Ok("0".to_owned()));
    login.close();
    sandbox.say("cloud tenant rotate-credentials taken -y").ok();
}

#[test]
fn no_secret_of_a_url_is_shown_or_recorded() {
    let (sandbox, _gate, own) = taken_in();
    for (name, parameter) in [("one", "sslpassword=canary"), ("two", "ssl%70ass%77ord=canary")] {
        let url = format!("{own}?{parameter}");
        let made =
            sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", name, "--database-url", &url]).ok();
        let shown = sandbox.say(&format!("cloud tenant show {name}")).ok();
        for said in [made.stdout, made.stderr, shown.stdout] {
            assert!(!said.contains("canary"), "{said}");
        }
        let look = "\\! tr '\\0' '\\n' < /proc/$PPID/cmdline";
        let seen = sandbox.run(["infra", "db", "psql", "--tenant", name, "--", "-c", look]).ok();
        assert!(seen.stdout.contains("--dbname=") && !seen.stdout.contains("canary"), "{}", seen.whole());
    }
    let mut log = systemprompt_tests::LogFile::open(&sandbox.file("log.db"));
    assert_eq!(log.number("select count(*) from events where payload like '%canary%'"), 0);
    log.close();
}

#[test]
fn that_nobody_answers_is_no_refusal_of_a_password() {
    let (_sandbox, gate, own) = taken_in();
    gate.let_through(0);
    let unanswered = own.replace(own.rsplit([':', '/']).nth(1).expect("a port"), &gate.port.to_string());
    assert!(Login::to(&unanswered).is_err() && !Login::is_refused(&unanswered), "{unanswered}");
    assert!(!Login::is_refused(&own), "it is let in");
    let (user, rest) = own.rsplit_once('@').expect("a login");
    assert!(Login::is_refused(&format!("{user}x@{rest}")), "the server refuses it");
}
