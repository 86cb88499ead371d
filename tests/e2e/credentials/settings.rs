//! What else is changed of a tenant: its name, external access, protection.

use systemprompt_tests::file;

use super::*;

#[test]
fn a_tenant_is_renamed_and_keeps_its_database() {
    let sandbox = Sandbox::new();
    for name in ["one", "two"] {
        sandbox.run(["cloud", "tenant", "create", "--type", "local", "--provider", "native", "--name", name]).ok();
    }
    let before = url(&sandbox, "one");
    let session = sandbox.session(&[
        "cloud tenant edit one --name two",
        "cloud tenant edit one",
        "cloud tenant edit one --external-access on",
        "cloud tenant edit one --external-access off",
        "cloud tenant edit one --config port=5433",
        "cloud tenant edit one --name three",
        "cloud tenant show one",
    ]);
    assert_data_eq!(session, file!["../expected/credentials/a_tenant_is_renamed_and_keeps_its_database.session.txt"]);
    assert_eq!(url(&sandbox, "three"), before);
    assert_eq!(registered(&sandbox, "three")["database_url"], before);
    // The name is free again.
    sandbox.say("cloud tenant edit two --name one").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn where_the_programs_of_a_cluster_are_can_change_and_its_port_cannot() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let before = url(&sandbox, "mine");
    let config = || sandbox.say("cloud tenant show mine --json").ok().data()["config"].clone();
    let record = Sandbox::files_below(&sandbox.data()).into_iter().find(|file| file.ends_with("cluster.json"));
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(record.expect("a cluster")).expect("it can be read")).expect("JSON");
    let bin_dir = record["bin_dir"].as_str().expect("a directory");
    sandbox.say(&format!("cloud tenant edit mine --config bin_dir={bin_dir}")).ok();
    assert_eq!(config()["bin_dir"], bin_dir);
    for (setting, rule) in
        [("bin_dir=/nowhere", "does not hold a PostgreSQL server"), ("port=5433", "`port` cannot change")]
    {
        let refused = sandbox.say(&format!("cloud tenant edit mine --config {setting}")).exits(4);
        assert!(refused.stderr.contains(rule), "{}", refused.whole());
        assert_eq!(config()["bin_dir"], bin_dir, "nothing changed");
    }
    assert_eq!(url(&sandbox, "mine"), before);
    sandbox.say("history undo").ok();
    assert!(config().get("bin_dir").is_none_or(serde_json::Value::is_null), "{}", config());
    sandbox.say("history verify").ok();
}

#[test]
fn of_a_database_that_was_taken_in_external_access_is_recorded() {
    let url = "postgres://u:p@127.0.0.1:1/none";
    let foreign =
        format!(r#"{{"tenants":[{{"id":"local_1","name":"taken","tenant_type":"local","database_url":"{url}"}}]}}"#);
    let sandbox = Sandbox::with_registry(&foreign);
    sandbox.say("cloud tenant list").ok();
    assert_eq!(registered(&sandbox, "taken")["external_db_access"], false);
    sandbox.say("cloud tenant edit taken --external-access on").ok();
    assert_eq!(registered(&sandbox, "taken")["external_db_access"], true);
    sandbox.say("cloud tenant edit taken --external-access off").ok();
    assert_eq!(registered(&sandbox, "taken")["external_db_access"], false);
}

#[test]
fn a_protected_tenant_refuses_until_it_is_unprotected() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    sandbox.say("cloud tenant protect mine").ok();
    for refused in [
        "cloud tenant delete mine -y",
        "cloud tenant delete mine",
        "cloud tenant rotate-credentials mine -y",
        "cloud tenant rotate-sync-token mine -y",
    ] {
        let refused = sandbox.say(&format!("{refused} --json")).exits(4);
        assert_eq!(refused.error_code(), "tenant-protected", "{}", refused.whole());
        let next = refused.json()["error"]["next_steps"][0].as_str().expect("a command").to_owned();
        assert!(next.starts_with("systemprompt cloud tenant unprotect local_"), "{next}");
    }
    assert_eq!(sandbox.say("cloud tenant show mine --json").ok().data()["protected"], true);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["tenants"][0]["protected"], true);
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("(protected)"));
    sandbox.say("cloud tenant unprotect mine").ok();
    assert_eq!(sandbox.say("cloud tenant show mine --json").ok().data()["protected"], false);
    sandbox.say("cloud tenant delete mine -y").ok();
}
