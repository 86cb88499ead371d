//! The life of a tenant on somebody's own server: a role and a database, closed to all others, and nothing afterwards.

use serde_json::Value;
use systemprompt_tests::{Login, Sandbox};

use super::{ADMIN, ADMIN_ALONE, CREATE, ID, PASSWORD, log_in, logged_in, refused, world};

fn url(sandbox: &Sandbox, name: &str) -> String {
    let shown = sandbox.say(&format!("cloud tenant show {name} --reveal --json")).ok().data();
    shown["resources"]["database_url"].as_str().unwrap_or_else(|| panic!("there is no URL in {shown}")).to_owned()
}

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
