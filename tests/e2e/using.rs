//! Working with a tenant: `psql` in its database, its variables in a shell, in a file, and in a program.

mod address;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use systemprompt_tests::{Docker, Login, Output, Sandbox, binary, until};

use crate::life::url;

/// A sandbox with these tenants on a native server.
fn native(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in names {
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--provider", "native", "--name", name]).ok();
    }
    sandbox
}

fn password(url: &str) -> String {
    let (login, _) = url.rsplit_once('@').expect("a URL with a login");
    login.rsplit_once(':').expect("a login with a password").1.to_owned()
}

fn psql(sandbox: &Sandbox, tenant: &str, args: &[&str]) -> Output {
    sandbox.run(["infra", "db", "psql", "--quiet", "--tenant", tenant, "--"].iter().chain(args))
}

/// What a script prints in which `$SYSTEMPROMPT` is the program.
fn sh(sandbox: &Sandbox, shell: &str, script: &str) -> Output {
    let mut command = sandbox.prepare(Command::new(shell), ["-c", script]);
    command.env("SYSTEMPROMPT", binary());
    sandbox.start(command).end()
}

#[test]
fn psql_is_in_the_tenants_database_as_the_tenants_role() {
    let sandbox = native(&["one", "two"]);
    for tenant in ["one", "two"] {
        let url = url(&sandbox, tenant);
        let (_, database) = url.rsplit_once('/').expect("a URL with a path");
        let asked = psql(&sandbox, tenant, &["-Atc", "select current_user, current_database()"]).ok();
        assert_eq!((asked.stdout, asked.stderr), (format!("{database}|{database}\n"), String::new()));
    }
    let told = sandbox.run(["infra", "db", "psql", "--tenant", "one", "--", "-Atc", "select 1"]).ok();
    assert!(told.stderr.starts_with("note: tenant `one` (local_"), "{}", told.whole());
}

#[test]
fn no_argument_and_no_variable_leads_psql_to_another_database() {
    let mut sandbox = native(&["one"]);
    let own = psql(&sandbox, "one", &["-Atc", "select current_database()"]).ok().stdout;
    let (name, value) = ("PGHOSTADDR", "192.0.2.1");
    for (name, value) in [(name, value), ("PGSERVICE", "other"), ("PGHOST", "/nonexistent"), ("PGUSER", "x")] {
        sandbox.set(name, value);
    }
    let elsewhere = ["-d", "postgres", "-h", "/nonexistent", "-U", "postgres", "-p", "1"];
    let asked = psql(&sandbox, "one", &[&elsewhere[..], &["-Atc", "select current_database()"]].concat()).ok();
    assert_eq!(asked.stdout, own);
    assert_eq!(psql(&sandbox, "one", &["-Atc", "select 1", "--", "postgres"]).exits(2).stdout, "");
}

#[test]
fn the_exit_code_of_psql_is_that_of_the_command() {
    let sandbox = native(&["one"]);
    let script = sandbox.root().join("script.sql");
    fs::write(&script, "select 1;\nselect nonsense;\n").expect("a file can be written");
    let script = script.display().to_string();
    assert_eq!(psql(&sandbox, "one", &["-v", "ON_ERROR_STOP=1", "-f", &script]).code, 3);
    assert_eq!(psql(&sandbox, "one", &["-c", "select nonsense"]).code, 1);
    assert_eq!(psql(&sandbox, "one", &["-c", "\\q"]).code, 0);
}

#[test]
fn the_password_is_in_no_argument_and_no_variable_of_psql_and_good_for_a_second_login() {
    let sandbox = native(&["one"]);
    let secret = password(&url(&sandbox, "one"));
    let look = "\\! cat /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n'";
    let seen = psql(&sandbox, "one", &["-c", look]).ok();
    assert!(seen.stdout.contains("PGPASSFILE=/proc/self/fd/"), "{}", seen.whole());
    assert!(!seen.whole().contains(&secret), "{}", seen.whole());
    let again = psql(&sandbox, "one", &["-At", "-c", "\\connect", "-c", "select 1"]).ok();
    assert!(again.stdout.ends_with("1\n"), "{}", again.whole());
}

#[test]
fn psql_does_not_wait_for_ever_for_a_server_unless_that_was_asked_for() {
    let mut sandbox = native(&["one"]);
    let look = "\\! echo \"$PGCONNECT_TIMEOUT\"";
    assert_eq!(psql(&sandbox, "one", &["-c", look]).ok().stdout, "10\n");
    sandbox.set("PGCONNECT_TIMEOUT", "0");
    assert_eq!(psql(&sandbox, "one", &["-c", look]).ok().stdout, "0\n");
}

#[test]
fn without_psql_it_is_said_what_to_install() {
    let sandbox = native(&["one"]);
    let mut command = sandbox.command("infra db psql --tenant one --json".split(' '));
    command.env("PATH", sandbox.root().join("home"));
    let output = sandbox.start(command).end().exits(6);
    assert_eq!(output.error_code(), "psql-missing");
    assert!(output.stdout.contains("apt install postgresql-client"), "{}", output.whole());
}

#[test]
fn secret_values_are_printed_only_where_they_are_asked_for() {
    let sandbox = native(&["one"]);
    let secret = password(&url(&sandbox, "one"));
    for format in ["dotenv", "shell", "json", "direnv"] {
        let hidden = sandbox.run(["env", "--tenant", "one", "--format", format]).ok();
        assert!(!hidden.whole().contains(&secret), "{}", hidden.whole());
        assert!(hidden.stderr.contains("2 values of tenant `one` are secret"), "{}", hidden.whole());
        let shown = sandbox.run(["env", "--tenant", "one", "--format", format, "--reveal"]).ok();
        assert!(shown.stdout.contains(&secret) && shown.stderr.is_empty(), "{}", shown.whole());
    }
    let document = sandbox.say("env --tenant one --json").ok().data();
    let values: Vec<_> = document["variables"].as_array().into_iter().flatten().collect();
    let database = values.iter().find(|each| each["name"] == "DATABASE_URL").expect("a database has a URL");
    assert_eq!((database["value"].is_null(), &database["secret"]), (true, &true.into()));
}

/// A registry whose sync token holds everything that a quoting could trip over.
const ODD: &str = "it's \"$HOME\" `id` \\n \\\\ $(id) #not a comment;\nx=1 & é %s ";

fn odd() -> Sandbox {
    let registry = serde_json::json!({ "synced_at": "2026-02-01T10:00:00Z", "tenants": [{
        "id": "local_19bff27604c", "name": "odd", "tenant_type": "local", "sync_token": ODD,
        "database_url": "postgres://u:p%27%22%24w@127.0.0.1:1/d%20b?sslmode=disable",
    }] });
    let sandbox = Sandbox::with_registry(&registry.to_string());
    sandbox.say("cloud tenant list").ok();
    sandbox.say("cloud tenant allow odd --yes").ok();
    sandbox
}

#[test]
fn every_shell_reads_back_what_was_meant() {
    let sandbox = odd();
    for shell in ["sh", "bash"] {
        for format in ["shell", "direnv"] {
            let script = format!(
                "watch_file() {{ test -f \"$1\" || exit 9; }}; \
                 vars=\"$($SYSTEMPROMPT env --tenant odd --format {format} --reveal)\" || exit 8; eval \"$vars\"; \
                 printf '%s|' \"$SYNC_TOKEN\" \"$PGPASSWORD\" \"$PGDATABASE\" \"$PGSSLMODE\" \"$SYSTEMPROMPT_TENANT\""
            );
            let read = sh(&sandbox, shell, &script).ok();
            let values: Vec<_> = read.stdout.split_terminator('|').collect();
            assert_eq!(values, [ODD, "p'\"$w", "d b", "disable", "local_19bff27604c"], "{shell} {format}");
        }
    }
}

#[test]
fn readers_of_dotenv_files_and_of_json_read_back_what_was_meant() {
    let sandbox = odd();
    let file = sandbox.say("env --tenant odd --reveal").ok().stdout;
    let read: Result<BTreeMap<String, String>, _> = dotenvy::from_read_iter(file.as_bytes()).collect();
    let read = read.unwrap_or_else(|error| panic!("{error}\n{file}"));
    let printed = sandbox.say("env --tenant odd --format json --reveal").ok().stdout;
    let json: serde_json::Value = serde_json::from_str(&printed).expect("it is JSON");
    let sourced =
        "$SYSTEMPROMPT env --tenant odd --reveal > env && . ./env && printf '%s|' \"$SYNC_TOKEN\" \"$PGPASSWORD\"";
    assert_eq!(sh(&sandbox, "sh", sourced).ok().stdout, format!("{ODD}|p'\"$w|"), "sourced");
    for (name, value) in [("SYNC_TOKEN", ODD), ("PGPASSWORD", "p'\"$w"), ("PGDATABASE", "d b"), ("PGPORT", "1")] {
        assert_eq!(read.get(name).map(String::as_str), Some(value), "{name} in\n{file}");
        assert_eq!(json[name], value, "{name}");
    }
}

#[test]
fn a_program_gets_the_variables_and_this_processs_place() {
    let sandbox = native(&["one"]);
    let script = "echo $$; echo $DATABASE_URL; cat; exit 7";
    let mut command = sandbox.command(["exec", "--tenant", "one", "--", "sh", "-c", script]);
    command.stdin(Stdio::piped());
    let mut running = sandbox.start(command);
    let pid = running.child.id();
    running.child.stdin.take().expect("a pipe").write_all(b"from outside").expect("it can be written");
    let output = running.end().exits(7);
    assert_eq!(output.stdout, format!("{pid}\n{}\nfrom outside", url(&sandbox, "one")));
    let killed = sandbox.run(["exec", "--tenant", "one", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!(killed.code, 128 + 15);
    let with_flags = sandbox.run(["exec", "--tenant", "one", "--", "echo", "--json", "--tenant", "x"]).ok();
    assert_eq!(with_flags.stdout, "--json --tenant x\n");
    let programs = sandbox.run(["exec", "--tenant", "one", "--", "psql", "-Atc", "select current_database()"]).ok();
    assert!(url(&sandbox, "one").ends_with(&format!("/{}", programs.stdout.trim())), "{}", programs.whole());
}

#[test]
fn commands_in_a_program_act_on_its_tenant_and_nothing_of_an_outer_tenant_is_left() {
    let registry = serde_json::json!({ "synced_at": "2026-02-01T10:00:00Z", "tenants": [
        { "id": "local_1aaaaaaaaaa", "name": "outer", "tenant_type": "local", "sync_token": "canary-of-outer" },
        { "id": "local_1bbbbbbbbbb", "name": "inner", "tenant_type": "local" },
    ] });
    let sandbox = Sandbox::with_registry(&registry.to_string());
    for tenant in ["outer", "inner"] {
        sandbox.run(["cloud", "tenant", "allow", tenant, "--yes"]).ok();
    }
    let script = "cd /; $SYSTEMPROMPT which --json; echo MARK; \
                  $SYSTEMPROMPT exec --tenant inner -- sh -c 'env; $SYSTEMPROMPT which --json'";
    let mut command = sandbox.command(["exec", "--tenant", "outer", "--", "sh", "-c", script]);
    command.env("SYSTEMPROMPT", binary());
    let output = sandbox.start(command).end().ok();
    let (first, rest) = output.stdout.split_once("MARK").expect("variables follow");
    assert!(first.contains("local_1aaaaaaaaaa"), "{}", output.whole());
    assert!(rest.contains("\"id\": \"local_1bbbbbbbbbb\"") && !rest.contains("1aaaaaaaaaa"), "{}", output.whole());
    assert!(!output.stdout.contains("canary-of-outer"), "{}", output.whole());
}

#[test]
fn a_program_that_is_not_there_is_said_so() {
    let sandbox = native(&["one"]);
    let output = sandbox.run(["exec", "--tenant", "one", "--json", "--", "no-such-program"]).exits(3);
    assert_eq!(output.error_code(), "program-not-found");
    let output = sandbox.run(["exec", "--tenant", "one", "--json", "--", "/"]).exits(4);
    assert_eq!(output.error_code(), "program-unusable");
    assert_eq!(sandbox.say("exec --tenant one").code, 2);
    let log = sandbox.run(["exec", "--tenant", "one", "--", "echo", "canary-argument"]).ok();
    assert_eq!(log.stdout, "canary-argument\n");
}

#[test]
fn a_history_from_elsewhere_sends_nobody_to_its_server() {
    let sandbox = native(&["one"]);
    let mut log = systemprompt_tests::LogFile::open(&sandbox.file("log.db"));
    // What somebody could do who hands a project on.
    log.drop_triggers();
    log.run("update tenants set resources = replace(resources, '@127.0.0.1', '@192.0.2.1')");
    log.close();
    for line in ["infra db psql --tenant one --json", "env --tenant one --json", "infra db migrate --tenant one --json"]
    {
        let output = sandbox.say(line).exits(4);
        assert_eq!(output.error_code(), "not-allowed-here", "{}", output.whole());
    }
}

#[test]
fn direnv_reads_anew_whatever_changes_the_variables() {
    let sandbox = native(&["one"]);
    sandbox.say("cloud tenant select one").ok();
    let key = sandbox.root().join("key").display().to_string();
    fs::write(&key, "canary").expect("a file can be written");
    // What direnv compares of the files that it is told to watch.
    let watched = || {
        let printed = sandbox.say("env --format direnv").ok().stdout;
        let line = printed.lines().next().expect("a line").to_owned();
        let files = line.strip_prefix("watch_file ").expect("files to watch").split(' ');
        let files = files.map(|file| file.trim_matches('\'').to_owned());
        files.map(|file| (fs::read(&file).ok(), file)).collect::<Vec<_>>()
    };
    // Without a profile no file of one has the secrets.
    let before = watched();
    assert_eq!(watched(), before, "reading changes nothing");
    sandbox.run(["cloud", "secrets", "set", "API_KEY", "--file", &key]).ok();
    assert!(before.iter().any(|(content, file)| fs::read(file).ok() != *content), "no profile: {before:?}");
    for profile in ["first", "second"] {
        sandbox.run(["cloud", "profile", "create", profile]).ok();
    }
    for change in [
        "cloud profile switch first",
        "cloud profile edit first --set server.port=8081",
        "cloud tenant rotate-credentials one -y",
        "cloud profile switch second",
    ] {
        let before = watched();
        sandbox.say(change).ok();
        assert!(before.iter().any(|(content, file)| fs::read(file).ok() != *content), "{change}: {before:?}");
    }
    let before = watched();
    fs::write(&key, "another").expect("a file can be written");
    sandbox.run(["cloud", "secrets", "set", "API_KEY", "--file", &key]).ok();
    assert!(before.iter().any(|(content, file)| fs::read(file).ok() != *content), "a secret: {before:?}");
}
