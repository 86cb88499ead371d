//! The life of a tenant on somebody's own server: a role and a database, closed to all others, and nothing afterwards.

use serde_json::Value;
use systemprompt_tests::{Login, terminal};

use super::{ADMIN, ADMIN_ALONE, CREATE, ID, PASSWORD, log_in, logged_in, refused, url, world};

#[test]
fn a_login_says_who_the_administrator_is_and_where() {
    let (mut sandbox, server) = world();
    let login = log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok().data();
    assert_eq!((&login["user"], &login["source"]), (&Value::from(ADMIN), &Value::from("POSTGRES_ADMIN_URL")));
    assert_eq!(login["server"], format!("127.0.0.1:{}", server.port()));
    assert_eq!(login["sslmode"], "prefer");
    server.stop();
    let whoami = sandbox.say("cloud auth whoami --provider postgres").ok();
    for says in [ADMIN, &format!("127.0.0.1:{}", server.port()), "sslmode prefer"] {
        assert!(whoami.stdout.contains(says), "{says}: {}", whoami.whole());
    }
    let check = sandbox.say("cloud auth whoami --provider postgres --check --json");
    refused(check, 6, "server-unreachable", &[&format!("`127.0.0.1:{}`", server.port())]);
}

#[test]
fn a_tenant_lives_from_create_to_delete_with_an_administrator_who_is_no_superuser() {
    let (sandbox, server) = logged_in();
    let created = sandbox.say(&format!("{CREATE} --json")).ok().data();
    assert_eq!((&created["id"], &created["tenant_type"]), (&Value::from(ID), &Value::from("cloud")), "{created}");
    let there = server.inventory();
    assert!(there.len() == 3 && there[0].starts_with("database:tenant_5d0c0f3e_8a54"), "{there:?}");

    let mut login = Login::to(&url(&sandbox, "shop")).expect("the tenant logs in");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("it makes tables");
    login.close();
    let status = sandbox.say("cloud tenant status shop --json").ok().data();
    assert_eq!((&status["reachable"], &status["state"]), (&Value::Bool(true), &Value::from("ready")), "{status}");
    let list = sandbox.say("cloud tenant list").ok();
    assert!(list.stdout.contains("cloud   shop"), "{}", list.whole());

    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    sandbox.say("history verify").ok();
}

#[test]
fn the_url_comes_by_standard_input_too_and_a_prompt_names_what_it_asks_for() {
    let (sandbox, server) = world();
    std::fs::write(sandbox.project().join("url"), server.url("127.0.0.1", ADMIN, PASSWORD, "") + "\n").expect("a file");
    let line = "systemprompt cloud auth login --provider postgres --json --token-stdin < url";
    assert_eq!(terminal::unseen(&sandbox, line).ok().data()["source"], "stdin");
    let output = sandbox.say("cloud auth login --provider postgres").exits(2);
    for says in ["URL of the server's administrator", "`--token-stdin`, or in the variable `POSTGRES_ADMIN_URL`"] {
        assert!(output.stderr.contains(says), "{says}: {}", output.whole());
    }
}

#[test]
fn an_edit_changes_what_the_tenants_url_asks_of_the_server_if_the_server_can_do_that() {
    let (sandbox, _server) = logged_in();
    sandbox.say(CREATE).ok();
    let refusal = sandbox.say("cloud tenant edit shop --config sslmode=require --json");
    refused(refusal, 4, "tls-unsupported", &["everything that was done is undone"]);
    assert!(url(&sandbox, "shop").ends_with("?sslmode=prefer"));
    sandbox.say("cloud tenant edit shop --config sslmode=disable").ok();
    assert!(url(&sandbox, "shop").ends_with("?sslmode=disable"));
    Login::to(&url(&sandbox, "shop")).expect("the tenant logs in").close();
    sandbox.say("cloud tenant status shop").ok();
}

#[test]
fn passwords_reach_a_server_in_clear_where_its_tenants_settings_say_so_and_nowhere_else() {
    let (sandbox, server) = logged_in();
    let password = |name: &str| url(&sandbox, name).split([':', '@']).nth(2).expect("there is one").to_owned();
    sandbox.say(CREATE).ok();
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    assert!(!server.log().contains(&password("shop")) && server.log().contains("SCRAM-SHA-256$"));
    sandbox.say("cloud tenant create --provider postgres --name clear --config clear_passwords=true").ok();
    assert!(server.log().contains(&password("clear")));
    sandbox.say("cloud tenant rotate-credentials clear -y").ok();
    assert!(server.log().contains(&password("clear")));
    Login::to(&url(&sandbox, "clear")).expect("the tenant logs in").close();
}

#[test]
fn there_is_no_shared_server_to_ask_about() {
    let (sandbox, _server) = logged_in();
    let output = sandbox.say("infra db status --provider postgres --json");
    refused(output, 2, "no-shared-server", &["cloud auth whoami --provider postgres --check"]);
}

#[test]
fn a_plan_shows_the_steps_and_nothing_is_done() {
    let (sandbox, server) = logged_in();
    let plan = sandbox.say(&format!("{CREATE} --plan")).ok();
    assert!(plan.stdout.contains("create database") && server.inventory() == ADMIN_ALONE, "{}", plan.whole());
}

#[test]
fn what_the_plugin_may_do_is_shown_in_words() {
    let (sandbox, _server) = logged_in();
    let shown = sandbox.say("plugin show postgres").ok();
    let says = "log in as administrator to the PostgreSQL server of your account";
    assert!(shown.stdout.contains(says) && !shown.stdout.contains("http"), "{}", shown.whole());
}

#[test]
fn a_database_of_the_tenants_own_is_used_directly() {
    let (sandbox, _server) = logged_in();
    sandbox.say(CREATE).ok();
    sandbox.say("cloud tenant select shop").ok();
    let migrations = sandbox.project().join("migrations");
    std::fs::create_dir(&migrations).expect("a directory");
    std::fs::write(migrations.join("1_notes.sql"), "create table notes (text text);").expect("a file");
    sandbox.say("infra db migrate").ok();
    let psql = terminal::unseen(&sandbox, "systemprompt infra db psql -- -Atc \"select count(*) from notes\"").ok();
    assert_eq!(psql.stdout.trim(), "0", "{}", psql.whole());
    let env = sandbox.say("env --reveal --json").ok();
    assert!(env.stdout.contains("sslmode=prefer"), "{}", env.whole());
}
