//! What an organisation has in all its apps.

use serde_json::json;
use systemprompt_fake_fly::Settings;

use crate::client::{Client, postgres, still};

#[test]
fn machines_and_volumes_of_all_apps_come_in_pages() {
    let fly = still();
    fly.seed_app(Settings::OTHER_ORG, "foreign");
    let client = Client::of(&fly);
    let mut made = Vec::new();
    for app in ["sp-1", "sp-2"] {
        client.create_app(app);
        client.create_volume(app);
        made.push(client.create_machine(app, postgres()));
    }
    made.sort();
    let first = client.get("/v1/orgs/acme/machines?limit=1").body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = client.get(&format!("/v1/orgs/acme/machines?limit=1&cursor={cursor}")).body;
    assert_eq!([&first["machines"][0]["id"], &second["machines"][0]["id"]], [&json!(made[0]), &json!(made[1])]);
    assert!(second.get("next_cursor").is_none());
    assert_eq!(client.get("/v1/orgs/acme/volumes?region=iad").body["volumes"].as_array().unwrap().len(), 2);
    assert_eq!(client.get("/v1/orgs/acme/volumes?region=lhr").body["volumes"], json!([]));
    assert_eq!(client.get("/v1/orgs/elsewhere/machines").status, 403);
    assert_eq!(client.get("/v1/orgs/nobody/machines").status, 404);
}
