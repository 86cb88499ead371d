//! Which server a tenant is on: another in its place is told from it, one that moved is followed when somebody says so,
//! and a record that was changed elsewhere leads nowhere.

use systemprompt_tests::{LogFile, Login, OwnServer, Sandbox};

use super::{ADMIN, ADMIN_ALONE, CREATE, PASSWORD, log_in, logged_in, refused, url};

#[test]
fn a_deletion_at_the_end_of_a_tunnel_that_leads_elsewhere_by_now_is_refused() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    let elsewhere = Sandbox::new();
    let other = OwnServer::in_place_of(&server, &elsewhere);
    other.role(ADMIN, PASSWORD, "CREATEDB CREATEROLE");
    for line in ["cloud tenant delete shop -y --json", "cloud tenant rotate-credentials shop -y --json"] {
        refused(sandbox.say(line), 4, "server-changed", &["another server at that address"]);
    }
    let status = sandbox.say("cloud tenant status shop --json").exits(1).data();
    assert_eq!(status["state"], "elsewhere", "{status}");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    assert_eq!(other.inventory(), ADMIN_ALONE);
}

#[test]
fn a_deletion_that_finds_no_role_of_the_tenant_is_refused_until_somebody_says_that_it_was_dropped() {
    let (sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    let name = server.inventory()[0].replace("database:", "");
    let mut owner = server.owner();
    owner.run(&format!("drop database {name}")).expect("an owner may");
    owner.run(&format!("drop role {name}")).expect("an owner may");
    let output = sandbox.say("cloud tenant delete shop -y --json");
    let said = output.stdout.replace("\\\"", "\"");
    refused(output, 4, "role-missing", &[&name, "may be another than the tenant's"]);
    let sql = said.split('`').find(|part| part.starts_with("CREATE ROLE")).expect("it says what to type");
    owner.run(sql).expect("what it says can be typed");
    owner.close();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn a_tenant_is_taken_along_to_where_its_server_moved_by_an_edit_and_by_nothing_else() {
    let (mut sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    log_in(&mut sandbox, &server.url("localhost", ADMIN, PASSWORD, "")).ok();
    for line in ["cloud tenant delete shop -y --json", "cloud tenant rotate-credentials shop -y --json"] {
        refused(sandbox.say(line), 4, "server-changed", &["where the server has moved", "cloud tenant edit 5d0c0f3e"]);
    }
    assert!(url(&sandbox, "shop").contains("@127.0.0.1:"));
    sandbox.say("cloud tenant edit shop --config sslmode=prefer").ok();
    let moved = url(&sandbox, "shop");
    assert!(moved.contains(&format!("@localhost:{}/", server.port())), "{moved}");
    Login::to(&moved).expect("the tenant logs in").close();
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
}

#[test]
fn a_tenant_that_is_set_aside_comes_back_to_where_its_server_has_moved() {
    let (mut sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    sandbox.say("cloud tenant delete shop --grace 1h -y").ok();
    log_in(&mut sandbox, &server.url("localhost", ADMIN, PASSWORD, "")).ok();
    sandbox.say("cloud tenant restore shop").ok();
    let moved = url(&sandbox, "shop");
    assert!(moved.contains(&format!("@localhost:{}/", server.port())), "{moved}");
    Login::to(&moved).expect("the tenant logs in").close();
    sandbox.say("cloud tenant rotate-credentials shop -y").ok();

    sandbox.say("cloud tenant delete shop --grace 1h -y").ok();
    log_in(&mut sandbox, &server.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    // A copy of a server looks like it: nothing is dropped where only the data say that it is the same one.
    let before = server.inventory();
    refused(
        sandbox.say("cloud tenant purge shop -y --json"),
        4,
        "server-changed",
        &["cloud tenant restore", "--forget"],
    );
    assert_eq!(server.inventory(), before);
    sandbox.say("cloud tenant restore shop").ok();
    sandbox.say("cloud tenant delete shop -y").ok();
    assert_eq!(server.inventory(), ADMIN_ALONE);
    sandbox.say("history verify").ok();
}

#[test]
fn of_a_tenant_whose_server_is_gone_for_good_the_record_can_be_removed_alone() {
    let (mut sandbox, server) = logged_in();
    sandbox.say(CREATE).ok();
    sandbox.say("cloud tenant create --provider postgres --name second").ok();
    sandbox.say("cloud tenant delete second --grace 1h -y").ok();
    let before = server.inventory();
    let own = format!("127.0.0.1:{}", server.port());
    let elsewhere = Sandbox::new();
    let other = OwnServer::plain(&elsewhere);
    other.role(ADMIN, PASSWORD, "CREATEDB CREATEROLE");
    log_in(&mut sandbox, &other.url("127.0.0.1", ADMIN, PASSWORD, "")).ok();
    refused(
        sandbox.say("cloud tenant restore second --json"),
        4,
        "server-changed",
        &["cloud tenant purge", "--forget"],
    );

    let asked = sandbox.say("cloud tenant delete shop --forget --json").exits(4);
    assert_eq!(asked.error_code(), "confirmation-needed");
    assert!(asked.stdout.contains("--forget -y"), "{}", asked.whole());
    let gone = sandbox.say("cloud tenant delete shop --forget -y --json").ok().data();
    assert_eq!(gone["database_dropped"], false, "{gone}");
    let left: Vec<_> = gone["not_dropped"].as_array().expect("a list").iter().map(ToString::to_string).collect();
    assert!(
        left.iter().any(|part| part.contains(&own)) && left.iter().any(|part| part.contains("database `")),
        "{left:?}"
    );
    let gone = sandbox.say("cloud tenant purge second --forget -y").ok();
    assert!(gone.stdout.contains("its provider was not asked") && gone.stdout.contains(&own), "{}", gone.whole());
    for list in ["cloud tenant list --json", "cloud tenant list --deleted --json"] {
        assert_eq!(sandbox.say(list).ok().data()["total"], 0);
    }
    assert_eq!((server.inventory(), other.inventory()), (before, ADMIN_ALONE.map(str::to_owned).to_vec()));
    sandbox.say("history verify").ok();
    assert_eq!(sandbox.say("history rebuild --json").ok().data()["changed"], false);
}

#[test]
fn a_record_that_was_changed_elsewhere_leads_to_no_server() {
    for change in [
        "resources = '{}'",
        "resources = json_remove(resources, '$.database_url')",
        "resources = json_remove(resources, '$.server')",
        "resources = json_set(resources, '$.server.identity', '7')",
    ] {
        let (sandbox, server) = logged_in();
        sandbox.say(CREATE).ok();
        let before = server.inventory();
        let mut log = LogFile::open(&sandbox.file("log.db"));
        log.run(&format!("update tenants set {change}"));
        log.close();
        for line in ["delete shop -y", "delete shop --grace 1h -y", "rotate-credentials shop -y", "status shop"] {
            let output = sandbox.say(&format!("cloud tenant {line} --json"));
            refused(output, 4, "not-allowed-here", &["cloud tenant allow"]);
        }
        assert_eq!(server.inventory(), before, "{change}");
    }
}
