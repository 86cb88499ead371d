//! The table of the user's document: each error begins with the table's words, and its hints work.

use std::fs;

use systemprompt_tests::{Login, Output, Sandbox};

use crate::life::url;

/// The first line of an error, without `error: `.
#[track_caller]
fn first_line(output: &Output) -> String {
    let mut errors = output.stderr.lines().filter_map(|line| line.strip_prefix("error: "));
    errors.next().unwrap_or_else(|| panic!("no error\n{}", output.whole())).to_owned()
}

/// The commands that an error says to run.
fn hints(output: &Output) -> Vec<String> {
    let commands = output.stderr.lines().filter_map(|line| line.strip_prefix("hint: run `systemprompt "));
    commands.map(|command| command.trim_end_matches('`').to_owned()).collect()
}

fn native() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    sandbox
}

#[test]
fn no_tenant_configured() {
    let sandbox = native();
    for line in ["cloud tenant show", "infra db psql", "infra db migrate", "env", "exec -- true"] {
        let output = sandbox.say(line).exits(3);
        assert_eq!(first_line(&output), "No tenant configured", "{line}");
        assert_eq!(hints(&output), ["cloud tenant list", "cloud tenant select <id>"], "{line}");
    }
    let id = sandbox.say("cloud tenant list --json").ok().data()["tenants"][0]["id"].clone();
    sandbox.say(&format!("cloud tenant select {}", id.as_str().expect("an id"))).ok();
    sandbox.say("cloud tenant show").ok();
}

#[test]
fn tenant_not_found() {
    let sandbox = native();
    for line in
        ["cloud tenant show nope", "cloud tenant select nope", "env --tenant nope", "infra db psql --tenant nope"]
    {
        let output = sandbox.say(line).exits(3);
        assert_eq!(first_line(&output), "Tenant not found: nope", "{line}");
        assert_eq!(hints(&output), ["cloud tenant list"], "{line}");
    }
    let listed = sandbox.say("cloud tenant list").ok().stdout;
    assert!(listed.contains("one"), "{listed}");
    assert!(fs::read_to_string(sandbox.file("tenants.json")).is_ok_and(|text| text.contains("\"one\"")));
}

#[test]
fn database_connection_failed() {
    let sandbox = native();
    fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    fs::write(sandbox.project().join("migrations/1_x.sql"), "select 1").expect("a file can be written");
    sandbox.say("infra db down --provider native").ok();
    for line in ["infra db psql --tenant one", "infra db migrate --tenant one"] {
        let output = sandbox.say(line).exits(6);
        assert_eq!(first_line(&output), "Database connection failed", "{line}");
        assert_eq!(hints(&output), ["infra db up --provider native"], "{line}");
    }
    sandbox.say("infra db up --provider native").ok();
    sandbox.say("infra db migrate --tenant one").ok();
}

#[test]
fn provisioning_failed() {
    let sandbox = Sandbox::new();
    let create = "cloud tenant create --type local --provider native --id local_0123456789 --name one";
    sandbox.say(create).ok();
    // Another project of the same machine wants the same role.
    let other = sandbox.root().join("other").display().to_string();
    fs::create_dir(&other).expect("a directory can be made");
    let output = sandbox.say(&format!("{create} --project {other}")).exits(4);
    assert_eq!(first_line(&output), "Provisioning failed: could not create tenant `one`");
    assert_eq!(hints(&output), ["history log --tenant local_0123456789"]);
    let history = sandbox.say(&format!("{} --project {other}", hints(&output)[0])).ok();
    assert!(history.stdout.contains("StepFailed"), "{}", history.whole());
}

#[test]
fn access_denied() {
    let sandbox = native();
    let mut login = Login::to(&url(&sandbox, "one")).expect("the tenant can log in");
    login.run("alter role current_user password 'changed elsewhere'").expect("a role may change its own password");
    login.close();
    let output = sandbox.say("infra db psql --tenant one").exits(5);
    assert_eq!(first_line(&output), "Access denied");
    let hints = hints(&output);
    assert!(hints.len() == 1 && hints[0].starts_with("cloud tenant rotate-credentials local_"), "{}", output.whole());
    sandbox.say(&hints[0]).ok();
    sandbox.run(["infra", "db", "psql", "--tenant", "one", "--", "--command", "select 1"]).ok();
}
