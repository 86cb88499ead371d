//! Addresses, by both APIs.

use serde_json::json;
use systemprompt_fake_fly::Settings;

use crate::client::{Client, still};

const PATH: &str = "/v1/apps/sp-1/ip_assignments";

#[test]
fn an_app_gets_addresses_of_each_kind_and_gives_them_back() {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let assign = |kind: &str| client.post(PATH, json!({ "type": kind })).body;
    assert_eq!(assign("shared_v4")["shared"], true);
    assert!(assign("private_v6")["ip"].as_str().unwrap().starts_with("fdaa:"));
    assert_ne!(assign("v4")["ip"], assign("v4")["ip"]);
    let v6 = assign("v6")["ip"].as_str().unwrap().to_owned();
    assert_eq!(client.get(PATH).body["ips"].as_array().unwrap().len(), 5);
    assert_eq!(client.post(PATH, json!({ "type": "v5" })).status, 422);
    assert_eq!(client.delete(&format!("{PATH}/{v6}")).status, 204);
    assert_eq!(client.delete(&format!("{PATH}/{v6}")).status, 404);
    assert_eq!(fly.inventory().ips.len(), 4);
}

#[test]
fn the_older_api_assigns_addresses_too_and_tells_errors_in_a_success() {
    let fly = still();
    fly.seed_app(Settings::OTHER_ORG, "foreign");
    let client = Client::of(&fly);
    client.create_app("sp-1");
    let ask = |query: &str, input: serde_json::Value| {
        client.post("/graphql", json!({ "query": query, "variables": { "input": input } })).body
    };
    let query =
        "mutation($input: AllocateIPAddressInput!) { allocateIpAddress(input: $input) { ipAddress { address } } }";
    let given = ask(query, json!({ "appId": "sp-1", "type": "v6" }));
    let ip = given["data"]["allocateIpAddress"]["ipAddress"]["address"].clone();
    assert_eq!(fly.inventory().ips[0].ip, ip);
    let refused = ask(query, json!({ "appId": "foreign", "type": "v6" }));
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHORIZED");
    let query = "mutation($input: ReleaseIPAddressInput!) { releaseIpAddress(input: $input) { app { name } } }";
    ask(query, json!({ "appId": "sp-1", "ip": ip }));
    assert!(fly.inventory().ips.is_empty());
    let me = client.post("/graphql", json!({ "query": "{ organizations { nodes { slug } } }" })).body;
    assert_eq!(me["data"]["organizations"]["nodes"][0]["slug"], "acme");
}
