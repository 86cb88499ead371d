//! What a tenant with a managed database may lose, and what it may go on costing, where Fly is slow to list a cluster, loses
//! an answer, or does not let the login see all of it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::json;
use systemprompt_provider_fly::FlyProvider;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::testing::{Harness, Service};

use crate::small_fly::SmallFly;

/// How a Fly is awkward.
#[derive(Default)]
struct Trouble {
    /// How long a cluster is not listed, in milliseconds from the first request that made one.
    listed_after_ms: u64,
    /// How long it is not ready, from then on.
    ready_after_ms: u64,
    /// Which of the requests for a cluster are carried out and answered with 502, counted from one.
    lost: Vec<usize>,
    /// Method and parts of the paths that are answered with a status, without anything being done.
    refused: Vec<(&'static str, &'static str, u16)>,
    /// Whether an app's secrets are shown as none.
    is_unmarked: bool,
    /// Whether its machines are.
    hides_machines: bool,
    /// Whether the app is another one of that name.
    is_another: bool,
    now_ms: u64,
    made_ms: Option<u64>,
    /// What was asked to be changed.
    changes: Vec<String>,
}

struct AwkwardFly {
    inner: SmallFly,
    trouble: Rc<RefCell<Trouble>>,
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.to_owned(), ext: None }
}

impl Service for AwkwardFly {
    fn answer(&mut self, request: &Request) -> Result<Response, Failure> {
        let mut trouble = self.trouble.borrow_mut();
        let path = request.url.trim_start_matches("https://api.machines.dev").split('?').next().unwrap_or_default();
        if request.method != "GET" {
            trouble.changes.push(format!("{} {path}", request.method));
        }
        let is_refused = |(method, part, _): &&(&str, &str, u16)| *method == request.method && path.contains(part);
        if let Some((.., status)) = trouble.refused.iter().find(is_refused) {
            return Ok(answer(*status, r#"{"error":"unauthorized"}"#));
        }
        let now_ms = trouble.now_ms;
        match (request.method.as_str(), path) {
            ("POST", "/v1/postgres") => {
                trouble.made_ms.get_or_insert(now_ms);
                let number = trouble.changes.iter().filter(|line| *line == "POST /v1/postgres").count();
                let made = self.inner.answer(request);
                if trouble.lost.contains(&number) { Ok(answer(502, "<html>")) } else { made }
            }
            ("GET", "/v1/postgres")
                if trouble.made_ms.is_some_and(|made_ms| now_ms < made_ms + trouble.listed_after_ms) =>
            {
                Ok(answer(200, r#"{"data":[]}"#))
            }
            ("GET", path) if path.ends_with("/secrets") && trouble.is_unmarked => Ok(answer(200, r#"{"secrets":[]}"#)),
            ("GET", path) if path.ends_with("/machines") && trouble.hides_machines => Ok(answer(200, "[]")),
            ("GET", path) if path.starts_with("/v1/postgres/") => {
                let is_ready = trouble.made_ms.is_none_or(|made_ms| now_ms >= made_ms + trouble.ready_after_ms);
                let shown = self.inner.answer(request)?;
                let body = if is_ready { shown.body } else { shown.body.replace("\"ready\"", "\"creating\"") };
                Ok(Response { body, ..shown })
            }
            ("GET", path) if trouble.is_another && path.starts_with("/v1/apps/") => {
                let shown = self.inner.answer(request)?;
                Ok(Response { body: shown.body.replace("\"id\":\"a1\"", "\"id\":\"a2\""), ..shown })
            }
            _ => self.inner.answer(request),
        }
    }

    fn time_passes(&mut self, now_ms: u64) {
        self.trouble.borrow_mut().now_ms = now_ms;
        self.inner.time_passes(now_ms);
    }

    fn kept(&self) -> Vec<String> {
        self.inner.kept()
    }
}

fn at_an_awkward_fly(trouble: Trouble) -> (Harness<FlyProvider>, Rc<RefCell<Trouble>>) {
    let trouble = Rc::new(RefCell::new(trouble));
    let mut harness = Harness::new();
    harness.world().log_in("api-token");
    let fly = AwkwardFly { inner: SmallFly::default(), trouble: Rc::clone(&trouble) };
    harness.world().serve("https://api.machines.dev", fly);
    (harness.with_config(&json!({ "database": "managed" })), trouble)
}

/// With a tenant, whose Fly gets awkward afterwards.
fn made_then(awkward: impl FnOnce(&mut Trouble)) -> (Harness<FlyProvider>, Rc<RefCell<Trouble>>) {
    let (mut harness, trouble) = at_an_awkward_fly(Trouble::default());
    let resources = harness.create().expect("an undisturbed `create`");
    harness.set_resources(&resources);
    awkward(&mut trouble.borrow_mut());
    trouble.borrow_mut().changes.clear();
    (harness, trouble)
}

fn asked_for_clusters(trouble: &Rc<RefCell<Trouble>>) -> usize {
    trouble.borrow().changes.iter().filter(|line| *line == "POST /v1/postgres").count()
}

#[test]
fn a_cluster_that_the_login_may_not_see_has_not_gone_and_nothing_is_removed() {
    let (mut harness, trouble) = made_then(|trouble| trouble.refused = vec![("GET", "/v1/postgres", 403)]);
    let before = harness.everything();
    for operation in ["delete", "cancel"] {
        let failure = harness.operation(operation).expect_err("nobody knows whether the cluster is there");
        assert_eq!(failure.code(), "account-forbidden", "{operation}");
    }
    assert_eq!((harness.everything(), &trouble.borrow().changes), (before, &Vec::new()));
}

#[test]
fn after_a_lost_answer_nothing_is_asked_for_again_while_the_cluster_may_not_be_listed_yet() {
    let (mut harness, trouble) =
        at_an_awkward_fly(Trouble { listed_after_ms: 30_000, lost: vec![1], ..Trouble::default() });
    harness.create().expect("what was lost is found");
    assert_eq!(asked_for_clusters(&trouble), 1);
    let clusters = harness.everything().into_iter().filter(|line| line.starts_with("cluster")).count();
    assert_eq!(clusters, 1);
}

#[test]
fn of_two_clusters_that_a_slow_list_led_to_both_are_removed() {
    let (mut harness, trouble) =
        at_an_awkward_fly(Trouble { listed_after_ms: 90_000, lost: vec![1], ..Trouble::default() });
    let resources = harness.create().expect("the second request is answered");
    assert_eq!(asked_for_clusters(&trouble), 2, "no list is waited for that long");
    harness.set_resources(&resources);
    trouble.borrow_mut().listed_after_ms = 0;
    harness.operation("delete").expect("an undisturbed `delete`");
    assert!(harness.everything().is_empty(), "{:?}", harness.everything());
}

#[test]
fn of_two_clusters_the_empty_one_is_removed_where_it_is_listed_before_the_other_is_ready() {
    let slow = Trouble { listed_after_ms: 90_000, ready_after_ms: 240_000, lost: vec![1], ..Trouble::default() };
    let (mut harness, trouble) = at_an_awkward_fly(slow);
    let resources = harness.create().expect("the second request is answered");
    assert_eq!((asked_for_clusters(&trouble), &resources["cluster"]), (2, &json!("c2")));
    let clusters = harness.everything().into_iter().filter(|line| line.starts_with("cluster")).count();
    assert_eq!(clusters, 1, "{:?}", harness.everything());
    assert!(trouble.borrow().changes.contains(&"DELETE /v1/postgres/c1".to_owned()));
}

#[test]
fn a_second_cluster_that_cannot_be_removed_at_once_keeps_nobody_from_the_tenant() {
    let slow = Trouble {
        listed_after_ms: 90_000,
        ready_after_ms: 240_000,
        lost: vec![1],
        refused: vec![("DELETE", "/v1/postgres", 403)],
        ..Trouble::default()
    };
    let (mut harness, trouble) = at_an_awkward_fly(slow);
    let resources = harness.create().expect("the second request is answered");
    trouble.borrow_mut().refused.clear();
    harness.set_resources(&resources);
    harness.operation("delete").expect("an undisturbed `delete`");
    assert!(harness.everything().is_empty(), "{:?}", harness.everything());
}

#[test]
fn a_cluster_that_was_made_and_is_not_listed_yet_is_undone_by_its_id() {
    let (mut harness, trouble) = at_an_awkward_fly(Trouble {
        listed_after_ms: 600_000,
        refused: vec![("GET", "/credentials", 404)],
        ..Trouble::default()
    });
    harness.create().expect_err("the password is not shown");
    assert!(trouble.borrow().changes.contains(&"DELETE /v1/postgres/c1".to_owned()));
    assert!(harness.everything().is_empty(), "{:?}", harness.everything());
}

#[test]
fn a_token_that_is_not_for_clusters_is_refused_before_anything_is_made() {
    let (mut harness, trouble) =
        at_an_awkward_fly(Trouble { refused: vec![("GET", "/v1/postgres", 403)], ..Trouble::default() });
    assert_eq!(harness.create().unwrap_err().code(), "account-forbidden");
    assert_eq!((harness.everything(), &trouble.borrow().changes), (Vec::new(), &Vec::new()));
}

#[test]
fn an_app_that_lost_its_mark_is_told_by_its_machine_and_removed_with_its_cluster() {
    for operation in ["delete", "cancel"] {
        let (mut harness, _) = made_then(|trouble| (trouble.is_unmarked, trouble.is_another) = (true, true));
        harness.operation(operation).expect("the recorded machine is in it");
        assert!(harness.everything().is_empty(), "{operation}: {:?}", harness.everything());
    }
}

#[test]
fn without_mark_and_machine_or_where_secrets_are_not_shown_neither_app_nor_cluster_is_removed() {
    let unmarked = |trouble: &mut Trouble| {
        (trouble.is_unmarked, trouble.hides_machines, trouble.is_another) = (true, true, true);
    };
    let unlisted = |trouble: &mut Trouble| trouble.refused = vec![("GET", "/secrets", 403)];
    for (awkward, code) in [(unmarked as fn(&mut Trouble), "app-foreign"), (unlisted, "app-unreadable")] {
        let (mut harness, trouble) = made_then(awkward);
        let before = harness.everything();
        assert_eq!(harness.operation("delete").unwrap_err().code(), code);
        assert_eq!((harness.everything(), &trouble.borrow().changes), (before, &Vec::new()));
    }
}

#[test]
fn without_mark_and_machine_the_app_that_fly_made_for_the_tenant_is_told_by_its_id() {
    let (mut harness, _) = made_then(|trouble| (trouble.is_unmarked, trouble.hides_machines) = (true, true));
    harness.operation("delete").expect("it is the one that is recorded");
    assert!(harness.everything().is_empty(), "{:?}", harness.everything());
}

#[test]
fn what_to_type_about_an_app_of_which_nobody_can_tell_is_said() {
    let (mut harness, _) = made_then(|trouble| {
        (trouble.is_unmarked, trouble.hides_machines, trouble.is_another) = (true, true, true);
    });
    let failure = harness.operation("delete").unwrap_err();
    let help = failure.detail().help.clone().unwrap_or_default();
    for says in ["=1 --stage --app sp-ca19bff27604`", "fly mpg destroy c1`", "delete local_19bff27604c3f2a --forget`"] {
        assert!(help.contains(says), "{says}: {help}");
    }
}

#[test]
fn secrets_that_fly_does_not_know_are_none_at_all() {
    let (mut harness, _) = made_then(|trouble| trouble.refused = vec![("GET", "/secrets", 404)]);
    harness.operation("delete").expect("the recorded machine is in it");
    assert!(harness.everything().is_empty(), "{:?}", harness.everything());
}

#[test]
fn a_cluster_whose_app_could_not_be_looked_into_is_not_one_without_an_app() {
    let app = |name: String| json!({ "name": name, "network": "default", "machine_count": 1 });
    let digits = |number: usize| format!("{number:012x}");
    for (count, status, is_known) in
        [(1, 403, false), (1, 503, false), (1, 200, false), (51, 403, false), (0, 200, true)]
    {
        let apps: Vec<_> = (0..count).map(|number| app(format!("sp-{}", digits(number)))).collect();
        let last = digits(std::cmp::max(count, 1) - 1);
        let cluster = json!({ "id": "c1", "name": format!("sp-{last}-{}", "a".repeat(32)), "status": "ready" });
        let mut harness: Harness<FlyProvider> = Harness::new();
        harness.world().log_in("api-token");
        harness.world().serve("https://api.machines.dev", move |request: &Request| {
            let path = request.url.trim_start_matches("https://api.machines.dev").split('?').next();
            Ok(match path.unwrap_or_default() {
                "/v1/tokens/current" => answer(200, r#"{"tokens":[{"org_slug":"acme"}]}"#),
                "/v1/apps" => answer(200, &json!({ "apps": apps }).to_string()),
                "/v1/postgres" => answer(200, &json!({ "data": [cluster] }).to_string()),
                path if path.ends_with("/secrets") => answer(status, r#"{"secrets":[]}"#),
                other => panic!("`{other}` was asked for"),
            })
        });
        let found = harness.orphans(false).unwrap().expect("Fly can tell");
        let advised = found.iter().any(|it| it.help.as_ref().is_some_and(|help| help.contains("mpg destroy c1")));
        assert_eq!(advised, is_known, "{count}, {status}: {found:?}");
        assert!(found.iter().any(|it| it.about.contains("a managed cluster")), "{count}, {status}: {found:?}");
        assert!(found.iter().all(|it| it.ext.is_some() != is_known), "{count}, {status}: {found:?}");
    }
}
