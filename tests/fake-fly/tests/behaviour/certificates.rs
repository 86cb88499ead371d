//! Certificates: pending until a check finds what it wants.

use std::time::Duration;

use serde_json::{Value, json};
use systemprompt_fake_fly::{Dns, FakeFly};

use crate::client::{Client, Reply, still};

const HOST: &str = "acme.example.com";

fn request(client: &Client, host: &str) -> Reply {
    client.post("/v1/apps/sp-1/certificates/acme", json!({ "hostname": host }))
}

fn check(client: &Client) -> Value {
    client.post(&format!("/v1/apps/sp-1/certificates/{HOST}/check"), json!({})).body
}

fn world() -> (FakeFly, Client) {
    let fly = still();
    let client = Client::of(&fly);
    client.create_app("sp-1");
    (fly, client)
}

#[test]
fn a_certificate_is_active_once_the_dns_is_right_the_app_has_an_address_and_somebody_looks() {
    let (fly, client) = world();
    let made = request(&client, HOST);
    assert_eq!((made.status, &made.body["status"]), (201, &json!("pending_validation")));
    assert_eq!(made.body["dns_requirements"]["cname"], "sp-1.fly.dev");
    assert_eq!(check(&client)["status"], "pending_validation");
    fly.dns(HOST, Dns::Elsewhere);
    let elsewhere = check(&client);
    assert_eq!(elsewhere["validation_errors"].as_array().unwrap().len(), 1);
    fly.dns(HOST, Dns::Right);
    assert_eq!(check(&client)["status"], "pending_validation", "the app has no address");
    client.post("/v1/apps/sp-1/ip_assignments", json!({ "type": "v6" }));
    let path = format!("/v1/apps/sp-1/certificates/{HOST}");
    assert_eq!(client.get(&path).body["status"], "pending_validation", "nobody has looked");
    let active = check(&client);
    assert_eq!((&active["status"], &active["configured"]), (&json!("active"), &json!(true)));
    assert_eq!(active["dns_records"]["aaaa"], active["dns_requirements"]["aaaa"]);
    assert_eq!(client.get(&path).body["status"], "active");
    assert_eq!(client.delete(&path).status, 204);
    assert!(fly.inventory().certificates.is_empty());
}

#[test]
fn a_hostname_has_one_certificate_in_all_of_fly() {
    let (_fly, client) = world();
    client.create_app("sp-2");
    request(&client, HOST);
    assert_eq!(request(&client, HOST).status, 422);
    let elsewhere = client.post("/v1/apps/sp-2/certificates/acme", json!({ "hostname": HOST }));
    assert_eq!(elsewhere.status, 422);
    assert_eq!(request(&client, "no host").status, 422);
}

#[test]
fn too_many_certificates_for_a_hostname_have_to_wait() {
    let (fly, client) = world();
    client.post("/v1/apps/sp-1/ip_assignments", json!({ "type": "v6" }));
    fly.dns(HOST, Dns::Right);
    fly.certificates_limited(HOST, fly.clock().now() + Duration::from_hours(1));
    assert!(request(&client, HOST).body["rate_limited_until"].is_string());
    assert_eq!(check(&client)["status"], "pending_validation");
    fly.clock().advance(Duration::from_hours(1));
    assert_eq!(check(&client)["status"], "active");
}

#[test]
fn a_wildcard_is_written_with_its_star_encoded_in_the_path() {
    let (_fly, client) = world();
    request(&client, "*.example.com");
    assert_eq!(client.get("/v1/apps/sp-1/certificates/%2A.example.com").body["hostname"], "*.example.com");
}

#[test]
fn a_certificate_that_one_brings_waits_for_the_proof_of_ownership() {
    let (_fly, client) = world();
    let pem = "-----BEGIN CERTIFICATE-----";
    let wanted = json!({ "hostname": HOST, "fullchain": pem, "private_key": "-----BEGIN PRIVATE KEY-----" });
    let made = client.post("/v1/apps/sp-1/certificates/custom", wanted);
    assert_eq!((made.status, &made.body["status"]), (201, &json!("pending_ownership")));
    let wanted = json!({ "hostname": "b.example.com", "fullchain": "", "private_key": "" });
    assert_eq!(client.post("/v1/apps/sp-1/certificates/custom", wanted).status, 422);
}

#[test]
fn a_long_list_comes_in_pages() {
    let (_fly, client) = world();
    for host in ["a.example.com", "b.example.com", "c.example.com"] {
        request(&client, host);
    }
    let first = client.get("/v1/apps/sp-1/certificates?limit=2").body;
    assert_eq!((&first["total_count"], first["certificates"].as_array().unwrap().len()), (&json!(3), 2));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("/v1/apps/sp-1/certificates?limit=2&cursor={cursor}")).body;
    assert_eq!(second["certificates"][0]["hostname"], "c.example.com");
    assert!(second.get("next_cursor").is_none());
}
