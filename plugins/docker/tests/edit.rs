//! Other settings for a tenant that is there: a rule for each that stays.

use serde_json::json;
use systemprompt_provider_docker::Docker;
use systemprompt_sdk::testing::Harness;

#[test]
fn each_setting_stays_and_the_rule_is_said() {
    for (config, field) in [
        (json!({ "image": "postgres:17" }), "image"),
        (json!({ "dedicated": true }), "dedicated"),
        (json!({ "port": 5433 }), "port"),
    ] {
        let mut harness = Harness::<Docker>::new();
        harness.create().expect("a tenant");
        let before = harness.everything();
        harness.set_input(&json!({ "config": config }));
        let failure = harness.operation("edit").unwrap_err();
        assert_eq!((failure.code(), harness.everything()), ("config-fixed", before), "{field}");
        assert!(failure.to_string().contains(&format!("`{field}` cannot change: ")), "{failure}");
    }
}

#[test]
fn what_is_as_it_was_is_no_change() {
    let mut harness = Harness::<Docker>::new();
    harness.create().expect("a tenant");
    harness.set_input(&json!({ "config": { "port": 5432 } }));
    harness.operation("edit").unwrap();
}
