//! What goes wrong on somebody's own server: said in words, with what to type there, and nothing is left.

use std::process::Command;

use systemprompt_tests::{OwnServer, Sandbox};

use super::{ADMIN, ADMIN_ALONE, CREATE, ID, PASSWORD, log_in, logged_in, refused, world};

/// Role and database of the tenant, as they follow from its id.
fn name_of_tenant(sandbox: &Sandbox) -> String {
    let plan = sandbox.say(&format!("{CREATE} --plan --json")).ok().stdout;
    let start = plan.find("tenant_5d0c0f3e").expect("the plan names the role");
    plan[start..].chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_').collect()
}

#[test]
fn an_administrator_who_is_not_let_in_is_not_kept_and_no_project_is_made() {
    let (mut sandbox, server) = world();
    let wrong = server.url("127.0.0.1", ADMIN, "not-the-canary", "");
    let output = log_in(&mut sandbox, &wrong);
    assert!(!output.whole().contains("not-the-canary"), "{}", output.whole());
    refused(output, 5, "account-refused", &[ADMIN, &format!("127.0.0.1:{}", server.port())]);
    server.stop();
    let output = log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, ""));
    let again = "systemprompt cloud auth login --provider postgres";
    refused(output, 6, "server-unreachable", &[&format!("127.0.0.1:{}", server.port()), "nothing was kept", again]);
    let output = log_in(&mut sandbox, "postgres://admin:p@no-such-host.invalid/postgres");
    refused(output, 6, "server-unreachable", &["no-such-host.invalid:5432", again]);
    for bad in ["nonsense", "postgres://a:b@h/d?sslmode=allow", "postgres:///d?host=/run&user=a"] {
        refused(log_in(&mut sandbox, bad), 2, "bad-admin-url", &["nothing was kept"]);
    }
    assert!(!sandbox.file("").exists(), "a project was made");
}

#[test]
fn an_administrator_who_lacks_a_right_is_told_which_and_what_gives_it() {
    let (mut sandbox, server) = world();
    for (role, rights, doing, sql) in [
        ("no-roles", "CREATEDB", "may not make roles on", r#"ALTER ROLE \"no-roles\" CREATEROLE"#),
        ("no-databases", "CREATEROLE", "may not make databases on", r#"ALTER ROLE \"no-databases\" CREATEDB"#),
        ("nothing", "", "may not make roles and make databases on", r#"ALTER ROLE \"nothing\" CREATEROLE CREATEDB"#),
    ] {
        server.role(role, PASSWORD, rights);
        let output = log_in(&mut sandbox, &server.url("127.0.0.1", role, PASSWORD, ""));
        refused(output, 5, "account-forbidden", &[doing, sql]);
    }
    assert!(!sandbox.file("").exists(), "a project was made");
    // What the error says to type is what helps.
    let mut owner = server.owner();
    owner.run("ALTER ROLE \"nothing\" CREATEROLE CREATEDB").expect("an owner may");
    owner.close();
    log_in(&mut sandbox, &server.url("127.0.0.1", "nothing", PASSWORD, "")).ok();
    sandbox.say(CREATE).ok();
}

#[test]
fn a_right_that_was_taken_after_the_login_fails_a_creation_before_anything_is_made() {
    for (right, sql) in [("CREATEROLE", "CREATEROLE`"), ("CREATEDB", "CREATEDB`")] {
        let (sandbox, server) = logged_in();
        let mut owner = server.owner();
        owner.run(&format!("alter role {ADMIN} NO{right}")).expect("an owner may");
        owner.close();
        let output = sandbox.say(&format!("{CREATE} --json"));
        refused(output, 5, "account-forbidden", &[sql, "everything that was done is undone"]);
        assert_eq!(server.inventory(), ADMIN_ALONE);
        let list = sandbox.say("cloud tenant list --json").ok();
        assert_eq!((&list.data()["total"], list.stderr.as_str()), (&0.into(), ""));
    }
}

#[test]
fn a_role_or_a_database_of_somebody_else_is_never_taken_and_never_dropped() {
    for (kind, code) in [("role", "role-taken"), ("database", "database-taken")] {
        let (sandbox, server) = logged_in();
        let name = name_of_tenant(&sandbox);
        let mut owner = server.owner();
        owner.run(&format!("create {kind} {name}")).expect("an owner may");
        owner.close();
        let strangers = server.inventory();
        refused(sandbox.say(&format!("{CREATE} --json")), 4, code, &[&name, "is not this tenant's", "left alone"]);
        assert_eq!(server.inventory(), strangers);
        assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    }
}

#[test]
fn without_a_login_nothing_is_done_and_the_command_is_named() {
    let sandbox = Sandbox::new();
    let output = sandbox.say(CREATE).exits(5);
    let hint = "hint: run `systemprompt cloud auth login --provider postgres`";
    assert!(output.stderr.contains(hint) && !sandbox.file("").exists(), "{}", output.whole());
}

#[test]
fn after_a_login_to_another_server_a_tenant_is_left_alone_until_its_own_is_back() {
    let (mut sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    let before = server.inventory();
    let elsewhere = Sandbox::new();
    let other = OwnServer::plain(&elsewhere);
    other.role(ADMIN, PASSWORD, "CREATEDB CREATEROLE");
    log_in(&mut sandbox, &other.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    let own = format!("127.0.0.1:{}", server.port());
    for line in ["cloud tenant delete shop -y --json", "cloud tenant rotate-credentials shop -y --json"] {
        refused(sandbox.say(line), 4, "server-changed", &[&own, &format!("127.0.0.1:{}", other.port())]);
    }
    let status = sandbox.say("cloud tenant status shop --json").exits(1).data();
    assert_eq!(status["state"], "elsewhere", "{status}");
    assert_eq!((server.inventory(), other.inventory()), (before, ADMIN_ALONE.map(str::to_owned).to_vec()));
    sandbox.say("cloud auth logout --provider postgres").ok();
    refused(sandbox.say("cloud tenant delete shop -y --json"), 5, "not-logged-in", &[]);
    log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn a_project_of_somebody_else_leads_to_no_server() {
    let (theirs, _server) = logged_in();
    theirs.say(CREATE).ok();
    let mine = Sandbox::new();
    let copied = Command::new("cp").arg("-r").arg(theirs.project().join(".systemprompt")).arg(mine.project()).status();
    assert!(copied.is_ok_and(|status| status.success()), "a project can be copied");
    for line in [
        format!("cloud tenant status {ID} --json"),
        format!("infra db migrate --status --tenant {ID} --json"),
        format!("cloud tenant delete {ID} -y --json"),
    ] {
        let output = mine.say(&line);
        assert!(["not-allowed-here", "made-elsewhere"].contains(&&*output.error_code()), "{}", output.whole());
        output.exits(4);
    }
    refused(mine.say("cloud auth whoami --provider postgres --json"), 5, "not-logged-in", &[]);
}

#[test]
fn a_server_that_is_down_is_not_ours_to_start() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    server.stop();
    let output = sandbox.say(&format!("infra db psql --tenant {ID}")).exits(6);
    assert!(output.stderr.contains("its server runs") && !output.stderr.contains("infra db up"), "{}", output.whole());
    let status = sandbox.say("cloud tenant status shop --json").exits(1).data();
    assert_eq!(status["state"], "unreachable", "{status}");
    refused(sandbox.say("cloud tenant delete shop -y --json"), 6, "server-unreachable", &["everything that was done"]);
}
