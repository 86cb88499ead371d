//! A tenant whose database Fly manages: in the organisation's network, with a password that Fly makes and nobody sees.

mod faults;
mod marks;
mod orphans;
mod passwords;
mod unlisted;

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;
use systemprompt_fake_fly::{FakeFly, Fault, Request, Rule, Settings};
use systemprompt_tests::{Output, Sandbox};

use super::database::{states, with_tenant_of as with_database};
use super::faults::changes::SPEED;
use super::{APP, CREATE, ID, ask_fly, counts, logged_in, password, registered, url, with_tenant_of};

/// Apps, machines, volumes and addresses of such a tenant.
pub(crate) const ALL: [usize; 4] = [1, 1, 0, 2];
const ROTATE: &str = "cloud tenant rotate-credentials my-project-prod -y";
const PSQL: [&str; 8] = ["infra", "db", "psql", "--tenant", "my-project-prod", "--", "-t", "-A"];

/// Creates such a tenant.
pub(crate) fn create() -> String {
    format!("{CREATE} --config database=managed")
}

pub(crate) fn made() -> (FakeFly, Sandbox) {
    with_tenant_of(&create(), 1.0)
}

fn made_fast() -> (FakeFly, Sandbox) {
    with_tenant_of(&create(), SPEED)
}

/// Whether cluster and record agree on one password.
pub(crate) fn agrees(fly: &FakeFly, sandbox: &Sandbox) -> bool {
    fly.takes_password(APP, &password(sandbox))
}

/// Whether there is all of it, with one cluster.
pub(crate) fn is_whole(fly: &FakeFly) -> bool {
    let there = fly.inventory();
    counts(&there) == ALL && there.clusters.len() == 1
}

fn psql(sandbox: &Sandbox) -> Output {
    let mut command = sandbox.command(PSQL);
    command.stdin(Stdio::piped());
    let mut running = sandbox.start(command);
    let mut stdin = running.child.stdin.take().expect("it was piped");
    stdin.write_all(b"select 1;\n").expect("it reads");
    drop(stdin);
    running.end()
}

#[test]
fn a_managed_database_is_a_cluster_beside_an_app_in_the_organisations_network() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let created = sandbox.say(&create()).ok();
    assert!(
        created.stderr.contains("in the organisation's network, whose other apps can reach it"),
        "{}",
        created.whole()
    );
    let there = fly.inventory();
    assert!(is_whole(&fly), "{there:?}");
    assert_eq!((there.apps[0].network.as_str(), there.clusters[0].status), ("default", "ready"));
    assert!(there.clusters[0].name.starts_with(&format!("{APP}-")), "{there:?}");
    assert_eq!((there.machines[0].name.as_str(), there.machines[0].state.as_str()), ("psql", "started"));
    let host = format!("@direct.{}.flympg.net:5432/fly-db", there.clusters[0].id);
    assert!(url(&sandbox).starts_with("postgres://fly-user:") && url(&sandbox).ends_with(&host), "{}", url(&sandbox));
    assert!(agrees(&fly, &sandbox));
    let fields = registered(&sandbox);
    assert_eq!((&fields["app_id"], &fields["region"]), (&json!(APP), &json!("iad")));
    assert!(fields["sync_token"].is_string());

    let status = sandbox.say("cloud tenant status my-project-prod").ok();
    for says in ["ready", "the organisation's, whose other apps can reach it", &there.clusters[0].id, "plan `basic`"] {
        assert!(status.stdout.contains(says), "{says}: {}", status.whole());
    }
    assert_eq!(psql(&sandbox).ok().stdout.trim(), "1");
    sandbox.say("cloud sync").ok();

    let plan = sandbox.say("cloud tenant delete my-project-prod --plan").ok();
    for says in [APP, &there.clusters[0].id, "10 GB", "backups", "66.241"] {
        assert!(plan.stdout.contains(says), "{says}: {}", plan.whole());
    }
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();
}

#[test]
fn a_creation_asks_fly_no_more_than_it_has_to() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let before = fly.requests().len();
    sandbox.say(&create()).ok();
    let (machine, cluster) = (fly.inventory().machines[0].id.clone(), fly.inventory().clusters[0].id.clone());
    let app = |method: &str, path: &str| format!("{method} /v1/apps/{APP}{path}");
    let asked: Vec<_> = fly.requests()[before..].iter().map(Request::line).collect();
    let looks = asked.iter().filter(|line| **line == format!("GET /v1/postgres/{cluster}")).count();
    assert!(looks >= 1, "{asked:#?}");
    let others: Vec<_> = asked.into_iter().filter(|line| *line != format!("GET /v1/postgres/{cluster}")).collect();
    let expected = [
        "GET /v1/tokens/current".to_owned(),
        app("GET", ""),
        "GET /v1/postgres".to_owned(),
        app("GET", ""),
        "POST /v1/apps".to_owned(),
        app("POST", "/secrets"),
        "POST /v1/postgres".to_owned(),
        format!("GET /v1/postgres/{cluster}/users/fly-user/credentials"),
        app("GET", "/machines"),
        app("POST", "/machines"),
        app("GET", &format!("/machines/{machine}/wait")),
        app("POST", &format!("/machines/{machine}/exec")),
        app("GET", "/ip_assignments"),
        app("POST", "/ip_assignments"),
        app("GET", "/ip_assignments"),
        app("POST", "/ip_assignments"),
    ];
    assert_eq!(others, expected);
}

#[test]
fn the_password_goes_from_fly_to_the_machine_and_to_an_application_and_nowhere_else() {
    let line = format!("{} --config app_image=registry.fly.io/shop:1", create());
    let (fly, sandbox) = with_tenant_of(&line, SPEED);
    let first = password(&sandbox);
    let rotated = sandbox.say(ROTATE).ok();
    assert!(rotated.stdout.contains("\nthe new password was tried, and replaces the old one\n"), "{}", rotated.whole());
    let second = password(&sandbox);
    assert_ne!(first, second);
    assert!(fly.takes_password(APP, &second) && !fly.takes_password(APP, &first));
    let told = |request: &&Request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        [&first, &second].into_iter().any(|password| body.contains(password.as_str()))
    };
    let mut lines: Vec<_> = fly.requests().iter().filter(told).map(Request::line).collect();
    lines.sort();
    lines.dedup();
    let machine =
        |name: &str| fly.inventory().machines.into_iter().find(|machine| machine.name == name).expect("it is there").id;
    let exec = format!("POST /v1/apps/{APP}/machines/{}/exec", machine("psql"));
    assert_eq!(lines, [exec, format!("POST /v1/apps/{APP}/secrets")]);
    for request in fly.requests().iter().filter(|request| request.path.ends_with("/exec")) {
        assert!(!request.json()["command"].to_string().contains(&second), "a command shows it");
    }
    assert_eq!(fly.env(&machine("app"))["DATABASE_URL"], url(&sandbox));
    let psql = fly.env(&machine("psql"));
    assert!(!psql.values().any(|value| value.contains(&second)), "{psql:?}");
    let log = sandbox.say("history log --json --limit 500").ok().whole();
    assert!(!log.contains(&first) && !log.contains(&second));
    assert!(log.contains("secret:db-password@2"), "the placeholder is what is recorded");
}

#[test]
fn what_cannot_be_of_a_managed_database_is_refused_before_fly_is_asked_to_change_anything() {
    let (fly, sandbox) = made();
    let asked = fly.requests().len();
    let opening = sandbox.say("cloud tenant edit my-project-prod --external-db-access true --json").exits(4);
    assert_eq!(opening.error_code(), "access-unsupported", "{}", opening.whole());
    for other in ["database=machine", "database_plan=launch", "volume_gb=20"] {
        let edit = sandbox.say(&format!("cloud tenant edit my-project-prod --config {other} --json")).exits(4);
        assert_eq!(edit.error_code(), "config-fixed", "{}", edit.whole());
    }
    let overlap = sandbox.say(&format!("{ROTATE} --overlap 1h --json")).exits(4);
    assert_eq!(overlap.error_code(), "overlap-unsupported");
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "Fly was asked to change something");
    for settings in ["database=elsewhere", "database_plan=launch"] {
        let refused =
            sandbox.say(&format!("cloud tenant create --region iad --name two --config {settings} --json")).exits(2);
        assert_eq!(refused.error_code(), "bad-config", "{}", refused.whole());
    }
}

#[test]
fn a_cluster_that_does_not_get_ready_or_has_no_room_is_said_to_and_leaves_nothing() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    fly.clusters_fail(true);
    let failed = sandbox.say(&format!("{} --json", create())).exits(4);
    assert_eq!(failed.error_code(), "cluster-failed", "{}", failed.whole());
    assert!(failed.whole().contains("another `--region`"), "{}", failed.whole());
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    fly.clusters_fail(false);
    let error = "could not find a candidate host".to_owned();
    let full = Fault::Refusal { status: 422, error, code: Some("insufficient_capacity".to_owned()) };
    fly.fail(Rule::next("POST", "/v1/postgres", full));
    let another = "cloud tenant create --region iad --name second --config database=managed";
    let full = sandbox.say(&format!("{another} --json"));
    assert_eq!(full.error_code(), "region-full", "{}", full.whole());
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    sandbox.say(&another.replace("second", "third")).ok();
    assert!(is_whole(&fly));
}

#[test]
fn an_app_of_that_name_in_the_same_organisation_is_left_alone_as_nothing_would_tell_it_from_ours() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    fly.seed_app(Settings::ORG, APP);
    let refused = sandbox.say(&format!("{} --json", create())).exits(4);
    assert_eq!(refused.error_code(), "name-taken", "{}", refused.whole());
    let there = fly.inventory();
    assert_eq!((there.apps.len(), there.clusters.len(), there.apps[0].deleting), (1, 0, false), "{there:?}");
}

#[test]
fn an_app_of_that_name_without_the_mark_is_not_removed_with_the_tenant() {
    let (fly, sandbox) = made();
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}?force=true"), ""), 202);
    systemprompt_tests::until("the app is gone", || fly.inventory().apps.is_empty().then_some(()));
    let status = sandbox.say("cloud tenant status my-project-prod --json").data();
    assert_eq!(status["state"], "incomplete", "{status}");
    assert!(status.to_string().contains("it costs money until the tenant is deleted"), "{status}");
    fly.seed_app(Settings::ORG, APP);
    let refused = sandbox.say("cloud tenant delete my-project-prod -y --json").exits(4);
    assert_eq!(refused.error_code(), "app-foreign", "{}", refused.whole());
    let cluster = &fly.inventory().clusters[0].id;
    for says in ["=1 --stage --app", &format!("fly mpg destroy {cluster}"), &format!("delete {ID} --forget")] {
        assert!(refused.whole().contains(says), "{says}: {}", refused.whole());
    }
    let there = fly.inventory();
    assert_eq!((there.apps.len(), there.clusters.len(), there.apps[0].deleting), (1, 1, false), "{there:?}");
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}?force=true"), ""), 202);
    systemprompt_tests::until("the app is gone", || fly.inventory().apps.is_empty().then_some(()));
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
}

#[test]
fn what_differs_at_fly_is_said() {
    let (fly, sandbox) = made();
    let cluster = fly.inventory().clusters[0].id.clone();
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/postgres/{cluster}"), ""), 202);
    systemprompt_tests::until("the cluster is gone", || fly.inventory().clusters.is_empty().then_some(()));
    let status = sandbox.say("cloud tenant status my-project-prod --json").data();
    assert_eq!((&status["state"], &status["reachable"]), (&json!("incomplete"), &json!(false)), "{status}");
    assert!(status.to_string().contains("its cluster"), "{status}");
    let rotation = sandbox.say(&format!("{ROTATE} --json")).exits(4);
    assert_eq!(rotation.error_code(), "cluster-missing", "{}", rotation.whole());
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty());
}

#[test]
fn an_application_is_told_of_the_cluster_and_of_its_next_password() {
    let line = format!("{} --config app_image=registry.fly.io/shop:1", create());
    let (fly, sandbox) = with_tenant_of(&line, SPEED);
    let app = || fly.inventory().machines.into_iter().find(|machine| machine.name == "app").expect("it is there").id;
    assert_eq!(fly.env(&app())["DATABASE_URL"], url(&sandbox));
    sandbox.say(ROTATE).ok();
    assert_eq!(fly.env(&app())["DATABASE_URL"], url(&sandbox));
    sandbox.say("cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2").ok();
    sandbox.say("cloud tenant cancel my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    let kept = sandbox.say("cloud tenant status my-project-prod --json").data();
    assert_eq!(kept["state"], "cancelled", "{kept}");
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
}

#[test]
fn migrations_and_statements_reach_a_real_server_by_the_machine_with_psql_before_and_after_a_rotation() {
    let file = ("1_create_notes.sql", "create table notes (id int primary key, text text);\n");
    let (fly, sandbox, machine) = with_database(&create(), &[file]);
    sandbox.say("infra db migrate").ok();
    assert_eq!(machine.ask("select count(*)::text from notes"), "0");
    assert_eq!(states(&sandbox.say("infra db migrate --status --json").ok()), ["1 applied"]);
    let ask = ["infra", "db", "psql", "--", "-At", "-c", "select current_user, '{{secret:db-password@1}}'"];
    assert_eq!(sandbox.run(ask).ok().stdout, "fly-user|{{secret:db-password@1}}\n");
    sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox));
    assert_eq!(sandbox.run(ask).ok().stdout, "fly-user|{{secret:db-password@1}}\n");
    // Made again behind our back, the password is another than the recorded one: that is said, and a rotation mends it.
    let cluster = fly.inventory().clusters[0].id.clone();
    assert_eq!(ask_fly(&fly, "POST", &format!("/v1/postgres/{cluster}/users/fly-user/rotate_password"), "{}"), 200);
    let refused = sandbox.run(ask);
    assert!(refused.code != 0 && refused.stderr.contains("password authentication failed"), "{}", refused.whole());
    sandbox.say(ROTATE).ok();
    assert_eq!(sandbox.run(ask).ok().stdout, "fly-user|{{secret:db-password@1}}\n");
}
