//! The same promises for a tenant whose database Fly manages, and a Managed Postgres of a few lines.

use serde_json::{Value, json};
use systemprompt_provider_fly::{Config, FlyProvider};
use systemprompt_sdk::Provider;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Harness, conformance};

use crate::at_fly;

/// What there is: clusters, each of which takes one look to get ready.
#[derive(Default)]
pub(crate) struct Managed {
    clusters: Vec<Value>,
    made: u32,
    rotations: u32,
}

impl Managed {
    pub(crate) fn work(&mut self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let password = format!("made-by-fly-{}", self.rotations + 1);
        let credentials = json!({ "data": { "username": "fly-user", "password": password } });
        let (id, rest) =
            path.strip_prefix('/').unwrap_or_default().split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        if id.is_empty() {
            return Some(if method == "GET" { json!({ "data": self.clusters }) } else { self.make(body) });
        }
        let place = self.clusters.iter().position(|cluster| cluster["id"] == id)?;
        Some(match (method, rest) {
            ("GET", "") => {
                let shown = json!({ "data": self.clusters[place] });
                self.clusters[place]["status"] = "ready".into();
                shown
            }
            ("DELETE", "") => {
                self.clusters.remove(place);
                Value::Null
            }
            ("GET", "users/fly-user/credentials") => credentials,
            ("POST", "users/fly-user/rotate_password") => {
                assert_eq!(body, &json!({ "kill_sessions": true }));
                self.rotations += 1;
                json!({ "data": { "username": "fly-user", "password": format!("made-by-fly-{}", self.rotations + 1) } })
            }
            _ => return None,
        })
    }

    fn make(&mut self, body: &Value) -> Value {
        self.made += 1;
        let mut cluster = body.clone();
        cluster["id"] = format!("c{}", self.made).into();
        cluster["status"] = "creating".into();
        let host = format!("direct.c{}.flympg.net", self.made);
        cluster["endpoints"] = json!({ "primary": { "direct": { "host": host, "port": 5432 } } });
        self.clusters.push(cluster.clone());
        json!({ "data": cluster })
    }

    /// Takes any password that the program holds, and no other.
    pub(crate) fn psql(&self, body: &Value) -> Value {
        let is_named =
            |cluster: &Value| body["command"].to_string().contains(cluster["id"].as_str().unwrap_or_default());
        let there = self.clusters.iter().any(is_named);
        let (password, script) = body["stdin"].as_str().and_then(|text| text.split_once('\n')).unwrap_or_default();
        let is_held = password.starts_with("{{secret:db-password@") && password.ends_with("}}");
        if there && is_held && script == "select 1;\n" {
            return json!({ "exit_code": 0, "stdout": "1\n", "stderr": "" });
        }
        json!({ "exit_code": 2, "stdout": "", "stderr": "password authentication failed" })
    }

    pub(crate) fn kept(&self) -> Vec<String> {
        let clusters = self.clusters.iter();
        clusters.map(|it| format!("cluster on plan {}, rotated {} times", it["plan"], self.rotations)).collect()
    }
}

fn managed() -> Harness<FlyProvider> {
    at_fly().with_config(&json!({ "database": "managed" }))
}

fn with_application() -> Harness<FlyProvider> {
    at_fly().with_config(&json!({ "database": "managed", "database_plan": "performance", "app_image": "shop:1" }))
}

fn made(harness: fn() -> Harness<FlyProvider>) -> Harness<FlyProvider> {
    let mut harness = harness();
    harness.create().expect("an undisturbed `create`");
    harness
}

#[test]
fn a_creation_is_as_it_was_planned_and_leaves_nothing_when_it_fails_or_is_cancelled() {
    for harness in [managed, with_application] {
        conformance::a_plan_is_what_happens(harness);
        conformance::a_failed_create_leaves_nothing(harness);
        conformance::a_cancelled_create_leaves_nothing(harness);
    }
}

#[test]
fn a_crash_or_a_step_that_runs_twice_changes_nothing() {
    for harness in [managed, with_application] {
        conformance::every_step_may_run_twice(harness);
        conformance::a_crash_changes_nothing(harness);
        for operation in [ROTATE_CREDENTIALS, "cancel"] {
            conformance::a_crash_of_an_operation_changes_nothing(|| made(harness), operation);
        }
    }
}

#[test]
fn a_failed_delete_can_be_resumed() {
    conformance::a_failed_delete_can_be_resumed(managed);
}

#[test]
fn a_plan_of_a_rotation_is_what_happens_and_it_rotates_once() {
    for harness in [managed, with_application] {
        let mut harness = made(harness);
        let plan = harness.plan(ROTATE_CREDENTIALS).expect("a plan");
        let resources = harness.operation(ROTATE_CREDENTIALS).expect("an undisturbed rotation");
        let planned: Vec<_> = plan.into_iter().map(|step| (step.name, step.undo)).collect();
        assert_eq!(planned, harness.steps());
        assert!(
            harness.everything().iter().any(|line| line.ends_with("rotated 1 times")),
            "{:?}",
            harness.everything()
        );
        let url = "postgres://fly-user:{{secret:db-password@2}}@direct.c1.flympg.net:5432/fly-db";
        assert_eq!(resources["internal_database_url"], url);
    }
}

#[test]
fn the_plan_says_what_it_costs_and_who_else_is_in_the_network() {
    let plan = managed().plan("create").expect("a plan");
    let words: Vec<_> = plan.iter().map(|step| format!("{}: {}", step.name, step.summary)).collect();
    for says in ["38 $ a month", "PostgreSQL 16", "whose other apps can reach it"] {
        assert!(words.iter().any(|line| line.contains(says)), "{says}: {words:#?}");
    }
}

#[test]
fn what_fly_does_not_offer_for_a_managed_database_is_refused_before_anything_is_asked() {
    let mut harness = made(managed);
    let before = harness.everything();
    harness.set_input(&json!({ "open": true }));
    assert_eq!(harness.operation("external-access").unwrap_err().code(), "access-unsupported");
    assert_eq!(harness.plan("external-access").unwrap_err().code(), "access-unsupported");
    for wanted in [json!({}), json!({ "database": "managed", "database_plan": "scale" })] {
        harness.set_input(&json!({ "config": wanted }));
        assert_eq!(harness.operation("edit").unwrap_err().code(), "config-fixed", "{wanted}");
    }
    assert_eq!(harness.everything(), before);
}

#[test]
fn settings_that_do_not_belong_together_are_errors_of_their_fields() {
    for (settings, field) in [
        (json!({ "database": "elsewhere" }), "/database"),
        (json!({ "database": "managed", "database_plan": "huge" }), "/database_plan"),
        (json!({ "database_plan": "launch" }), "/database_plan"),
        (json!({ "database": "managed", "memory_mb": 2048 }), "/memory_mb"),
        (json!({ "database": "managed", "snapshot_days": 9 }), "/snapshot_days"),
    ] {
        let config: Config = serde_json::from_value(settings.clone()).expect("they are settings");
        let paths: Vec<_> = FlyProvider::check(&config).into_iter().map(|error| error.path).collect();
        assert_eq!(paths, [field], "{settings}");
    }
}

/// What an orphan has beside it of which nobody can tell what it is.
const UNKNOWN: &str = r#"{"unknown":true}"#;

/// A Fly that has in its organisation what it is given.
fn listing(apps: &Value, clusters: &Value, machines: &Value) -> Harness<FlyProvider> {
    let mut harness = Harness::new();
    harness.world().log_in("api-token");
    let (apps, clusters, machines) = (apps.clone(), clusters.clone(), machines.clone());
    harness.world().serve("https://api.machines.dev", move |request: &Request| {
        let body = match request.url.trim_start_matches("https://api.machines.dev") {
            "/v1/tokens/current" => json!({ "tokens": [{ "org_slug": "acme" }] }),
            "/v1/apps?org_slug=acme" => json!({ "apps": apps }),
            "/v1/postgres?org_slug=acme" => json!({ "data": clusters }),
            "/v1/apps/sp-ca19bff27604/secrets" => {
                json!({ "secrets": [{ "name": format!("SYSTEMPROMPT_{}", "A".repeat(32)) }] })
            }
            "/v1/apps/sp-111111111111/secrets" => json!({ "secrets": [{ "name": "OF_SOMEBODY" }] }),
            "/v1/apps/sp-222222222222/secrets" => json!({ "secrets": [] }),
            path if path.ends_with("/machines") => machines.clone(),
            other => panic!("`{other}` was asked for"),
        };
        let is_refused = clusters.is_null() && request.url.contains("/v1/postgres");
        let status = if is_refused { 403 } else { 200 };
        Ok(Response { status, headers: Vec::new(), body: body.to_string(), ext: None })
    });
    harness
}

#[test]
fn an_app_that_is_marked_is_an_orphan_with_its_cluster_and_what_one_without_a_mark_is_nobody_knows() {
    let app = |name: &str, machines: u64| json!({ "name": name, "network": "default", "machine_count": machines });
    let apps = json!([app("sp-ca19bff27604", 1), app("sp-111111111111", 1), app("sp-222222222222", 0), app("blog", 1)]);
    let cluster = |id: &str, name: String| {
        let endpoints = json!({ "primary": { "direct": { "host": "direct.c1.flympg.net", "port": 5432 } } });
        json!({ "id": id, "name": name, "status": "ready", "plan": "basic", "endpoints": endpoints })
    };
    let operation = "a".repeat(32);
    let clusters = json!([
        cluster("c1", format!("sp-ca19bff27604-{operation}")),
        cluster("c2", format!("sp-333333333333-{operation}")),
        cluster("c3", "of-somebody".to_owned()),
    ]);
    let machines = json!([{ "id": "m1", "name": "psql", "region": "iad", "state": "started", "config": {
        "metadata": { "systemprompt_tenant": "local_19bff27604c3f2a", "systemprompt_name": "shop" } } }]);
    let mut harness = listing(&apps, &clusters, &machines);
    let found = harness.orphans(false).unwrap().expect("Fly can tell");
    let names: Vec<_> = found.iter().map(|orphan| orphan.name.as_str()).collect();
    assert_eq!(
        names,
        ["sp-ca19bff27604", "sp-111111111111", "sp-222222222222", &format!("sp-333333333333-{operation}")]
    );
    assert!(found[0].help.as_ref().is_some_and(|help| help.contains("fly mpg destroy c1")), "{:?}", found[0]);
    let tenant: Value = serde_json::from_str(found[0].ext.as_ref().expect("it is whole")).expect("it is JSON");
    let resources = &tenant["tenant"]["resources"];
    assert_eq!((&resources["cluster"], &resources["machine"]), (&json!("c1"), &json!("m1")));
    assert!(found[2].ext.is_none() && found[3].ext.is_none(), "{found:?}");
    assert_eq!(found[1].ext.as_deref(), Some(UNKNOWN), "somebody's own, or a tenant's without its mark: {found:?}");
    assert!(found[1].help.as_ref().is_some_and(|help| !help.contains("destroy")), "{found:?}");
    let of_tenant = harness.orphans(true).unwrap().expect("Fly can tell");
    let names: Vec<_> = of_tenant.iter().map(|orphan| orphan.name.as_str()).collect();
    assert_eq!(
        names,
        ["sp-111111111111", "sp-222222222222", &format!("sp-333333333333-{operation}")],
        "what is being made is nobody's orphan"
    );
}

#[test]
fn where_a_token_is_for_no_clusters_a_marked_app_is_not_called_half_a_tenant() {
    let apps = json!([{ "name": "sp-ca19bff27604", "network": "default", "machine_count": 1 }]);
    let found = listing(&apps, &Value::Null, &json!([])).orphans(false).unwrap().expect("Fly can tell");
    assert_eq!(found[0].ext.as_deref(), Some(UNKNOWN), "{found:?}");
    assert!(found[0].help.as_ref().is_some_and(|help| !help.contains("destroy")), "{found:?}");
}

#[test]
fn clusters_that_a_token_is_not_for_are_said_not_to_be_shown_once_or_each_time_where_there_may_be_one() {
    const ONCE: &str = r#"{"once":true,"unknown":true}"#;
    let app = |network: &str| json!([{ "name": "sp-ca19bff27604", "network": network, "machine_count": 0 }]);
    let (nothing, own, shared) = (json!([]), app(&format!("sp-{}", "a".repeat(32))), app("default"));
    for (apps, is_managed, ext) in
        [(&nothing, false, ONCE), (&own, false, ONCE), (&nothing, true, UNKNOWN), (&shared, false, UNKNOWN)]
    {
        let mut harness = listing(apps, &Value::Null, &json!([]));
        if is_managed {
            harness = harness.with_config(&json!({ "database": "managed" }));
        }
        let found = harness.orphans(is_managed).unwrap().expect("Fly can tell");
        let said = found.last().expect("it is said");
        assert!(said.about.contains("not shown"), "{apps}: {found:?}");
        assert_eq!(said.ext.as_deref(), Some(ext), "{apps}, {is_managed}: {found:?}");
    }
}
