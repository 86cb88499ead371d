//! Apps: names, propagation, deletion.

use serde_json::json;
use systemprompt_fake_fly::{Delays, FakeFly, Settings, Unpropagated};

use crate::client::{Client, LONG, postgres, still};

#[test]
fn an_app_is_created_and_shown() {
    let fly = FakeFly::start();
    let client = Client::of(&fly);
    let created = client.create_app("sp-1");
    assert_eq!(created.status, 201);
    let shown = client.get("/v1/apps/sp-1");
    assert_eq!((shown.status, &shown.body["id"]), (200, &created.body["id"]));
    assert_eq!(shown.body["organization"]["slug"], "acme");
    assert_eq!(shown.body["network"], "sp-1");
    let list = client.get("/v1/apps?org_slug=acme").body;
    assert_eq!((&list["total_apps"], &list["apps"][0]["name"]), (&json!(1), &json!("sp-1")));
}

#[test]
fn a_name_can_be_had_once_in_all_organisations() {
    let fly = FakeFly::start();
    fly.seed_app(Settings::OTHER_ORG, "taken");
    let client = Client::of(&fly);
    for _ in 0..2 {
        let refused = client.create_app("taken");
        assert_eq!((refused.status, &refused.body["status"]), (422, &json!("name_taken")));
    }
    assert!(fly.inventory().apps.is_empty());
}

#[test]
fn an_app_of_another_organisation_is_forbidden_and_one_that_exists_nowhere_is_not_found() {
    let fly = FakeFly::start();
    fly.seed_app(Settings::OTHER_ORG, "foreign");
    let client = Client::of(&fly);
    assert_eq!(client.get("/v1/apps/foreign").status, 403);
    assert_eq!(client.get("/v1/apps/foreign/machines").status, 403);
    assert_eq!(client.get("/v1/apps/nowhere").status, 404);
}

#[test]
fn a_wrong_app_is_refused_with_what_is_wrong() {
    let fly = FakeFly::start();
    let client = Client::of(&fly);
    let statuses = [
        json!({ "name": "sp-1" }),
        json!({ "name": "sp-1", "org_slug": "nobody" }),
        json!({ "name": "sp-1", "org_slug": Settings::OTHER_ORG }),
        json!({ "name": "Not_A_Name", "org_slug": "acme" }),
        json!({ "app_name": "sp-1", "org_slug": "acme" }),
        json!({ "name": "sp-1", "org_slug": "acme", "network": "1" }),
        json!({ "name": 1, "org_slug": "acme" }),
    ]
    .map(|wanted| client.post("/v1/apps", wanted).status);
    assert_eq!(statuses, [400, 404, 403, 422, 422, 422, 400]);
}

#[test]
fn an_app_that_nobody_waited_for_is_seen_after_a_while() {
    let fly = still();
    let client = Client::of(&fly);
    client.post("/v1/apps", json!({ "name": "sp-1", "org_slug": "acme" }));
    assert_eq!(client.get("/v1/apps/sp-1").status, 404);
    let machine = client.post("/v1/apps/sp-1/machines", json!({ "config": postgres() }));
    assert_eq!(machine.status, 500);
    assert!(machine.error().contains("no rows"), "{}", machine.error());
    fly.clock().advance(Delays::default().app_propagation);
    assert_eq!(client.get("/v1/apps/sp-1").status, 200);
}

#[test]
fn an_app_that_is_not_propagated_can_look_like_a_wrong_token() {
    let settings = Settings { speed: 0.0, unpropagated: Unpropagated::Unauthorized, ..Settings::default() };
    let fly = FakeFly::with(settings).unwrap();
    let client = Client::of(&fly);
    client.post("/v1/apps", json!({ "name": "sp-1", "org_slug": "acme" }));
    assert_eq!(client.get("/v1/apps/sp-1").status, 401);
}

#[test]
fn a_deleted_app_is_still_there_for_a_while_and_takes_all_it_has_with_it() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.create_volume("sp-1");
    client.create_machine("sp-1", postgres());
    assert_eq!(client.delete("/v1/apps/sp-1").status, 202);
    assert_eq!(client.get("/v1/apps/sp-1").status, 200);
    assert_eq!(client.create_app("sp-1").status, 422);
    assert_eq!(client.post("/v1/apps/sp-1/machines", json!({ "config": postgres() })).status, 404);
    fly.clock().advance(Delays::default().app_deletion);
    assert_eq!(client.get("/v1/apps/sp-1").status, 404);
    assert!(fly.inventory().is_empty());
    assert_eq!(client.create_app("sp-1").status, 201);
}

#[test]
fn an_app_with_a_running_machine_is_only_deleted_by_force() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.create_machine("sp-1", postgres());
    fly.clock().advance(LONG);
    assert_eq!(client.delete("/v1/apps/sp-1").status, 412);
    assert_eq!(client.delete("/v1/apps/sp-1?force=true").status, 202);
}

#[test]
fn a_name_can_stay_taken_after_its_app_is_gone() {
    let delays = Delays { app_name_kept: LONG, ..Delays::default() };
    let fly = FakeFly::with(Settings { speed: 0.0, delays, ..Settings::default() }).unwrap();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.delete("/v1/apps/sp-1");
    fly.clock().advance(Delays::default().app_deletion);
    assert_eq!(client.get("/v1/apps/sp-1").status, 404);
    assert_eq!(client.create_app("sp-1").status, 422);
    fly.clock().advance(LONG);
    assert_eq!(client.create_app("sp-1").status, 201);
}
