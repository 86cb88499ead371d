//! What every provider promises, against a Fly of a few lines; the end-to-end tests have one that is as awkward as Fly.

mod application;
mod clusters;
mod managed;
mod silence;
mod small_fly;

use serde_json::json;
use small_fly::SmallFly;
use systemprompt_provider_fly::FlyProvider;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Harness, conformance};

fn at_fly() -> Harness<FlyProvider> {
    let mut harness = Harness::new();
    harness.world().log_in("api-token");
    harness.world().serve("https://api.machines.dev", SmallFly::default());
    harness
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(at_fly);
}

#[test]
fn a_failed_create_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(at_fly);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(at_fly);
}

#[test]
fn a_crash_changes_nothing() {
    conformance::a_crash_changes_nothing(at_fly);
}

#[test]
fn a_cancelled_create_leaves_nothing() {
    conformance::a_cancelled_create_leaves_nothing(at_fly);
}

#[test]
fn a_failed_delete_can_be_resumed() {
    conformance::a_failed_delete_can_be_resumed(at_fly);
}

/// With a tenant whose password a statement has set once, as the world before a second time is to be the same.
fn with_a_tenant() -> Harness<FlyProvider> {
    let mut harness = at_fly();
    harness.create().expect("an undisturbed `create`");
    harness.rotate_credentials(None).expect("an undisturbed rotation");
    harness
}

#[test]
fn a_failed_rotation_leaves_the_password_as_it_was() {
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(with_a_tenant, ROTATE_CREDENTIALS);
}

#[test]
fn a_crash_of_a_rotation_changes_nothing() {
    conformance::a_crash_of_an_operation_changes_nothing(with_a_tenant, ROTATE_CREDENTIALS);
    conformance::a_stopped_operation_leaves_the_tenant_as_it_was(with_a_tenant, ROTATE_CREDENTIALS);
}

/// Where the database is to be opened, or was opened and is to be closed.
fn at_the_door(open: bool) -> impl Fn() -> Harness<FlyProvider> {
    move || {
        let mut harness = with_a_tenant();
        harness.set_input(&json!({ "open": true }));
        if !open {
            let resources = harness.operation(ACCESS).expect("an undisturbed opening");
            harness.set_resources(&resources);
            harness.set_input(&json!({ "open": false }));
        }
        harness
    }
}

const ACCESS: &str = "external-access";

#[test]
fn a_database_that_could_not_be_opened_is_closed() {
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(at_the_door(true), ACCESS);
}

#[test]
fn a_crash_while_the_database_is_opened_or_closed_changes_nothing() {
    for open in [true, false] {
        conformance::a_crash_of_an_operation_changes_nothing(at_the_door(open), ACCESS);
    }
}

#[test]
fn plans_of_opening_and_closing_are_what_happens_and_both_together_change_nothing() {
    let before = with_a_tenant().everything();
    for open in [true, false] {
        let mut harness = at_the_door(open)();
        let plan = harness.plan(ACCESS).expect("a plan");
        harness.operation(ACCESS).expect("an undisturbed run");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        assert_eq!(planned, harness.steps());
        assert_eq!(harness.everything() == before, !open);
    }
}

#[test]
fn an_address_that_no_opening_is_known_to_have_made_stays() {
    let mut harness = with_a_tenant();
    harness.set_input(&json!({ "open": true }));
    let mut resources = harness.operation(ACCESS).expect("an undisturbed opening");
    let recorded = resources.as_object_mut().and_then(|fields| fields.remove("ipv4"));
    assert_eq!(recorded, Some(json!("137.66.1.1")));
    harness.set_resources(&resources);
    harness.set_input(&json!({ "open": false }));
    harness.operation(ACCESS).expect("an undisturbed closing");
    assert!(harness.everything().iter().any(|line| line.contains("137.66.1.1")), "{:?}", harness.everything());
}

/// With a tenant that was taken in: nobody here knows its password.
fn without_password() -> Harness<FlyProvider> {
    let mut harness = with_a_tenant();
    let network = harness.everything()[0].split('"').nth(1).expect("the app has a network").to_owned();
    harness.set_input(&json!({}));
    harness.set_resources(&json!({ "network": network, "organisation": "acme", "external_db_access": false }));
    harness
}

#[test]
fn a_tenant_whose_password_nobody_knows_gets_one_that_cannot_be_taken_back() {
    conformance::a_crash_of_an_operation_changes_nothing(without_password, ROTATE_CREDENTIALS);
    let mut harness = without_password();
    let before = harness.everything();
    harness.set_input(&json!({ "open": true }));
    assert_eq!(harness.operation(ACCESS).unwrap_err().code(), "password-unknown");
    assert_eq!(harness.everything(), before);
    harness.set_input(&json!({}));
    let plan = harness.plan(ROTATE_CREDENTIALS).expect("a plan");
    let resources = harness.operation(ROTATE_CREDENTIALS).expect("an undisturbed rotation");
    let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
    assert_eq!(planned, harness.steps());
    assert!(resources["internal_database_url"].is_string() && resources["sync_token"].is_string(), "{resources}");
}

#[test]
fn a_plan_of_a_rotation_is_what_happens() {
    let mut harness = with_a_tenant();
    let plan = harness.plan(ROTATE_CREDENTIALS).expect("a plan");
    harness.operation(ROTATE_CREDENTIALS).expect("an undisturbed rotation");
    let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
    assert_eq!(planned, harness.steps());
}

#[test]
fn two_passwords_at_a_time_are_refused_before_anything_is_done() {
    let mut harness = with_a_tenant();
    let before = harness.everything();
    assert_eq!(harness.rotate_credentials(Some(1_000)).unwrap_err().code(), "overlap-unsupported");
    assert_eq!(harness.everything(), before);
}

#[test]
fn a_crash_of_a_cancellation_changes_nothing() {
    conformance::a_crash_of_an_operation_changes_nothing(with_a_tenant, "cancel");
}

/// Answers every request like this.
fn answering(status: u16, body: &'static str) -> Harness<FlyProvider> {
    let mut harness = Harness::new();
    let world = harness.world();
    world.log_in("api-token");
    world.serve("https://api.machines.dev", move |request: &Request| {
        let token = ("authorization".to_owned(), "Bearer {{account:api-token@1}}".to_owned());
        assert!(request.headers.contains(&token), "the token goes along, as a placeholder: {:?}", request.headers);
        Ok(Response { status, headers: Vec::new(), body: body.to_owned(), ext: None })
    });
    harness
}

#[test]
fn without_a_login_nothing_is_asked() {
    let failure = Harness::<FlyProvider>::new().create().unwrap_err();
    assert_eq!(failure.code(), "account-missing");
}

#[test]
fn a_token_that_is_not_taken_fails_a_creation_before_anything_is_made() {
    let failure = answering(401, "{}").create().unwrap_err();
    assert_eq!(failure.code(), "account-refused");
}

#[test]
fn what_does_not_pass_is_given_up_after_a_while() {
    let mut harness = answering(503, "<html>Service Unavailable</html>");
    let before = harness.world().now_ms;
    let failure = harness.create().unwrap_err();
    assert_eq!(failure.code(), "fly-unavailable");
    let waited = harness.world().now_ms - before;
    assert!((30_000..90_000).contains(&waited), "it was given up after {waited} ms");
}

#[test]
fn an_answer_that_is_no_json_is_an_error_and_no_panic() {
    let failure = answering(200, "<html>").create().unwrap_err();
    assert_eq!(failure.code(), "http-answer");
}

const MACHINES: &str = r#"[{ "id": "m1", "name": "postgres", "region": "iad", "state": "started", "config": {
    "metadata": { "systemprompt_tenant": "local_19bff27604c3f2a", "systemprompt_name": "shop" } } }]"#;

/// A Fly that lists these apps, and whose the token is.
fn listing(apps: &'static str) -> Harness<FlyProvider> {
    let mut harness = Harness::new();
    let world = harness.world();
    world.log_in("api-token");
    world.serve("https://api.machines.dev", move |request: &Request| {
        let body = match request.url.trim_start_matches("https://api.machines.dev") {
            "/v1/tokens/current" => r#"{"tokens":[{"org_slug":"acme"}]}"#,
            "/v1/apps?org_slug=acme" => apps,
            "/v1/postgres?org_slug=acme" => r#"{"data":[]}"#,
            path if path.ends_with("/secrets") => r#"{"secrets":[{"name":"OF_SOMEBODY"}]}"#,
            "/v1/apps/sp-ca19bff27604/machines" => MACHINES,
            path if path.ends_with("/machines") => "[]",
            other => panic!("`{other}` was asked for"),
        };
        Ok(Response { status: 200, headers: Vec::new(), body: body.to_owned(), ext: None })
    });
    harness
}

#[test]
fn an_app_that_is_tagged_as_a_tenants_and_is_none_of_them_is_an_orphan() {
    const APPS: &str = r#"{ "total_apps": 4, "apps": [
        { "name": "sp-ca19bff27604", "network": "sp-00000000000000000000000000000001",
          "machine_count": 1, "volume_count": 2 },
        { "name": "sp-0123456789ab", "network": "default", "status": "deployed" },
        { "name": "blog", "network": "sp-00000000000000000000000000000002" },
        { "name": "sp-abcdefabcdef", "network": "sp-00000000000000000000000000000003",
          "status": "pending_destroy" } ] }"#;
    let mut harness = listing(APPS);
    assert_eq!(harness.orphans(true).unwrap().expect("Fly can tell"), [], "one that is being made has no network yet");
    let found = harness.orphans(false).unwrap().expect("Fly can tell");
    let found: Vec<_> = found.iter().map(|orphan| (orphan.name.as_str(), orphan.about.as_str())).collect();
    assert_eq!(found, [("sp-ca19bff27604", "an app; machines: 1, volumes: 2")]);
    let ext = harness.orphans(false).unwrap().expect("Fly can tell").remove(0).ext.expect("it is whole");
    let tenant: serde_json::Value = serde_json::from_str(&ext).expect("it is JSON");
    assert_eq!((&tenant["tenant"]["name"], &tenant["tenant"]["region"]), (&json!("shop"), &json!("iad")));
    harness.set_resources(&json!({ "network": "sp-0000000000000000000000000000000f" }));
    assert_eq!(
        harness.orphans(true).unwrap().expect("Fly can tell").len(),
        1,
        "another project's tenant of the same id"
    );
}

#[test]
fn a_tenant_whose_settings_cannot_be_read_any_more_hides_no_orphan() {
    const APPS: &str = r#"{ "apps": [{ "name": "sp-ca19bff27604", "network": "sp-00000000000000000000000000000001" },
        { "name": "sp-0123456789ab", "network": "sp-00000000000000000000000000000002" }] }"#;
    let mut harness = listing(APPS).with_config(&json!({ "a setting of yesterday": 1 }));
    assert!(harness.status().is_err());
    let found = harness.orphans(true).unwrap().expect("Fly can tell");
    let names: Vec<_> = found.iter().map(|orphan| orphan.name.as_str()).collect();
    assert_eq!(names, ["sp-0123456789ab"]);
}

#[test]
fn what_a_user_wants_to_be_run_is_handed_over_as_it_is_and_the_host_runs_it_once() {
    let mut harness = at_fly();
    harness.create().expect("an undisturbed `create`");
    let ended = harness.psql(&["-qtA"], "select 1;\n").expect("an undisturbed run");
    assert_eq!((ended.exit_code, ended.stdout.as_str()), (0, "1\n"));
}
