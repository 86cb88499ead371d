//! What a server has of tenants, and what it has nothing of any more.

use serde_json::json;
use systemprompt_provider_postgres::AnyPostgres;
use systemprompt_sdk::testing::Harness;

use super::NAME;

/// The tenant `local_2`, recorded on a server of which another tenant is.
fn of_another(identity: Option<&str>) -> Harness<AnyPostgres> {
    let mut harness = Harness::new();
    harness.world().log_in_to_server("admin-url", "db.example.com", identity);
    harness.create().expect("a tenant");
    harness.switch_tenant("local_2");
    harness.set_resources(&json!({ "server": { "address": "db.example.com:5432", "identity": identity } }));
    harness
}

#[test]
fn a_tenant_is_missing_only_where_the_server_that_has_nothing_of_it_is_known_by_its_number() {
    assert_eq!(of_another(Some("7")).status().unwrap().state, "missing");
    assert_eq!(of_another(None).status().unwrap().state, "unreachable");
}

#[test]
fn what_carries_the_tag_of_a_tenant_that_the_project_does_not_have_is_named_with_what_drops_it() {
    let mut harness = of_another(Some("7"));
    let orphans = harness.orphans(true).unwrap().expect("the server tells");
    let [orphan] = &orphans[..] else { panic!("there is one: {orphans:?}") };
    assert_eq!(orphan.name, NAME);
    assert_eq!(orphan.about, "of tenant `local_19bff27604c3f2a`; databases: 1, roles: 1");
    let drops = format!("`DROP DATABASE \"{NAME}\"; DROP ROLE \"{NAME}\"`");
    assert!(orphan.help.as_ref().is_some_and(|help| help.contains(&drops)), "{orphan:?}");
    harness.switch_tenant("local_19bff27604c3f2a");
    assert!(harness.orphans(true).unwrap().is_some_and(|orphans| orphans.is_empty()));
}
