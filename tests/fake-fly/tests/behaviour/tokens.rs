//! Tokens: missing, wrong, expired, of another organisation, of one app.

use std::time::Duration;

use serde_json::json;
use systemprompt_fake_fly::{Access, Scope, Settings};

use crate::client::{Client, still};

#[test]
fn a_request_without_a_valid_token_is_not_authenticated() {
    let fly = still();
    let expired = Access { expires: Some(fly.clock().now()), ..Access::to(Settings::ORG) };
    fly.accept("fm2_old", expired);
    fly.accept("fm2_revoked", Access::to(Settings::ORG));
    fly.revoke("fm2_revoked");
    let twice = format!("Bearer FlyV1 {}", fly.token());
    for token in ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer fm2_old", "Bearer fm2_revoked", &twice] {
        let refused = Client::with(&fly, token).get("/v1/apps/sp-1");
        assert_eq!(refused.status, 401, "`{token}`");
        assert_eq!(refused.error(), "Authenticate: token validation error");
    }
    assert_eq!(Client::with(&fly, &format!("FlyV1 {}", fly.token())).get("/v1/apps/sp-1").status, 404);
}

#[test]
fn a_token_says_whose_it_is() {
    let fly = still();
    let me = Client::of(&fly).get("/v1/tokens/current").body;
    assert_eq!(me["tokens"][0]["org_slug"], "acme");
    fly.accept("fm2_other", Access::to(Settings::OTHER_ORG));
    let other = Client::with(&fly, "Bearer fm2_other");
    assert_eq!(other.get("/v1/tokens/current").body["tokens"][0]["org_slug"], Settings::OTHER_ORG);
    Client::of(&fly).create_app("sp-1");
    assert_eq!(other.get("/v1/apps/sp-1").status, 403);
    assert_eq!(other.get("/v1/apps?org_slug=acme").status, 403);
    assert_eq!(other.create_app("sp-2").status, 403);
}

#[test]
fn a_deploy_token_opens_one_app_until_it_expires() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    client.create_app("sp-2");
    let made = client.post("/v1/apps/sp-1/deploy_token", json!({ "expiry": "1h" })).body;
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("FlyV1 "), "the scheme is part of the token: {token}");
    let deployer = Client::with(&fly, token);
    assert_eq!(deployer.get("/v1/apps/sp-1").status, 200);
    assert_eq!(deployer.get("/v1/apps/sp-2").status, 403);
    assert_eq!(deployer.create_app("sp-3").status, 403);
    fly.clock().advance(Duration::from_hours(1));
    assert_eq!(deployer.get("/v1/apps/sp-1").status, 401);
}

#[test]
fn a_token_for_reading_changes_nothing() {
    let fly = still();
    fly.accept("fm2_reader", Access { scope: Scope::ReadOnly, ..Access::to(Settings::ORG) });
    let reader = Client::with(&fly, "Bearer fm2_reader");
    assert_eq!(reader.get("/v1/apps?org_slug=acme").status, 200);
    assert_eq!(reader.create_app("sp-1").status, 403);
}
