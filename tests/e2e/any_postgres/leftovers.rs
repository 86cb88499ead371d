//! Somebody's own server held against the registry: what was dropped there by hand, and what is there of other projects.

use serde_json::json;

use super::{ADMIN, ADMIN_ALONE, CREATE, ID, PASSWORD, log_in, logged_in, refused};
use systemprompt_tests::{OwnServer, Sandbox};

const SYNC: &str = "cloud sync --json";

/// Has the owner of the server say these statements, in which `NAME` is the tenant's role and database.
fn by_hand(server: &OwnServer, statements: &[&str]) {
    let name = server.inventory()[0].replace("database:", "");
    let mut owner = server.owner();
    for statement in statements {
        owner.run(&statement.replace("NAME", &name)).expect("an owner may");
    }
    owner.close();
}

fn finding(sandbox: &Sandbox, exit: i32) -> (String, String) {
    let data = sandbox.say(SYNC).exits(exit).data();
    let word = |field: &str| data["tenants"][0][field].as_str().unwrap_or_default().to_owned();
    (word("finding"), word("live"))
}

#[test]
fn a_tenant_that_was_dropped_by_hand_is_missing_vanishes_and_can_be_forgotten() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    by_hand(&server, &["drop database NAME", "drop role NAME"]);
    let status = sandbox.say("cloud tenant status shop --json").exits(1).data();
    assert_eq!((&status["state"], &status["reachable"]), (&json!("missing"), &json!(false)), "{status}");
    assert_eq!(finding(&sandbox, 0), ("vanished".to_owned(), "missing".to_owned()));
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("(vanished)"));
    let forget = format!("systemprompt cloud tenant delete {ID} --forget");
    refused(sandbox.say("cloud tenant delete shop -y --json"), 4, "role-missing", &[&forget]);
    sandbox.say(&format!("{} -y", forget.trim_start_matches("systemprompt "))).ok();
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(server.inventory(), ADMIN_ALONE);
    sandbox.say("history verify").ok();
}

#[test]
fn a_tenant_of_which_the_database_or_the_role_is_left_or_whose_server_is_silent_does_not_vanish() {
    for statements in [
        &["alter database NAME owner to current_user", "drop role NAME"][..],
        &["drop database NAME"][..],
        &["alter role NAME nologin"][..],
    ] {
        let (sandbox, server) = logged_in();
        sandbox.say(CREATE).ok();
        by_hand(&server, statements);
        assert_eq!(finding(&sandbox, 1), ("unknown".to_owned(), "unreachable".to_owned()), "{statements:?}");
    }
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    server.stop();
    assert_eq!(finding(&sandbox, 1).0, "unknown");
}

#[test]
fn what_is_there_of_another_project_is_named_and_what_is_set_aside_here_is_not() {
    let (first, server) = logged_in();
    first.say(CREATE).ok();
    first.say("cloud tenant create --provider postgres --name aside").ok();
    first.say("cloud tenant delete aside --grace 1h -y").ok();
    assert_eq!(first.say(SYNC).ok().data()["orphans"], json!([]), "what is set aside is the project's own");

    let mut second = Sandbox::new();
    log_in(&mut second, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    let before = server.inventory();
    let found = second.say(SYNC).ok().data()["orphans"].clone();
    let of_shop =
        found.as_array().expect("a list").iter().find(|orphan| orphan["name"].to_string().contains("5d0c0f3e"));
    let of_shop = of_shop.unwrap_or_else(|| panic!("nothing of `shop`: {found}"));
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found}");
    assert_eq!(of_shop["about"], format!("of tenant `{ID}`; databases: 1, roles: 1"));
    assert_eq!((&of_shop["provider"], &of_shop["tenant"]), (&json!("postgres"), &json!(null)));
    assert_eq!(server.inventory(), before);

    // What it says to type is what helps.
    let mut owner = server.owner();
    let help = of_shop["help"].as_str().expect("it says what to type");
    let statements = help.split('`').find(|part| part.starts_with("DROP DATABASE")).expect("it names statements");
    for statement in statements.split("; ") {
        owner.run(statement).expect("what it says can be typed");
    }
    owner.close();
    assert_eq!(second.say(SYNC).ok().data()["orphans"].as_array().map(Vec::len), Some(1));
    let name = of_shop["name"].as_str().expect("a name");
    refused(second.say(&format!("cloud sync --take-in {name} --json")), 3, "orphan-not-found", &[name]);
}
