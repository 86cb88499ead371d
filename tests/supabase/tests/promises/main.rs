//! What every provider promises, and what this one does when Supabase is awkward.

mod another_account;
mod small_supabase;

use serde_json::json;
use small_supabase::{SmallSupabase, Trouble};
use systemprompt_example_supabase::SupabaseProvider;
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Harness, conformance};

const NAME: &str = "sp-local-19bff27604c3f2a";

fn at(supabase: &SmallSupabase) -> Harness<SupabaseProvider> {
    let mut harness = Harness::new();
    harness.world().log_in("access-token");
    harness.world().serve("https://api.supabase.com", supabase.clone());
    harness
}

fn fresh() -> Harness<SupabaseProvider> {
    at(&SmallSupabase::new())
}

fn with_a_tenant() -> Harness<SupabaseProvider> {
    let mut harness = fresh();
    harness.create().expect("an undisturbed `create`");
    harness
}

#[test]
fn a_plan_is_what_happens() {
    conformance::a_plan_is_what_happens(fresh);
}

#[test]
fn a_create_that_fails_anywhere_leaves_nothing() {
    conformance::a_failed_create_leaves_nothing(fresh);
    conformance::a_cancelled_create_leaves_nothing(fresh);
}

#[test]
fn a_delete_that_failed_anywhere_can_be_finished() {
    conformance::a_failed_delete_can_be_resumed(fresh);
}

#[test]
fn every_step_may_run_twice() {
    conformance::every_step_may_run_twice(fresh);
}

#[test]
fn a_crash_anywhere_changes_nothing() {
    conformance::a_crash_changes_nothing(fresh);
    conformance::a_crash_while_undoing_leaves_nothing(fresh);
}

#[test]
fn a_rotation_that_fails_leaves_the_password_as_it_was_and_a_crash_changes_nothing() {
    conformance::a_failed_operation_leaves_the_tenant_as_it_was(with_a_tenant, ROTATE_CREDENTIALS);
    conformance::a_crash_of_an_operation_changes_nothing(with_a_tenant, ROTATE_CREDENTIALS);
}

#[test]
fn a_tenant_is_a_project_whose_password_the_provider_never_sees() {
    let supabase = SmallSupabase::new();
    let resources = at(&supabase).in_region(Some("eu-central-1")).create().expect("a tenant");
    let made = supabase.0.borrow().projects[0].clone();
    assert_eq!((&made["name"], &made["region"]), (&json!(NAME), &json!("eu-central-1")));
    assert_eq!(made["password"], "{{secret:db-password@1}}", "the program fills it in on the way out");
    let host = made["database"]["host"].as_str().expect("a host");
    let url = format!("postgres://postgres:{{{{secret:db-password@1}}}}@{host}:5432/postgres?sslmode=require");
    assert_eq!(resources["database_url"], url);
}

#[test]
fn a_project_that_was_made_although_no_answer_came_is_found_and_not_made_again() {
    let supabase = SmallSupabase::new();
    supabase.fail("POST", Trouble::Silence { unseen: 0 });
    at(&supabase).create().expect("a tenant");
    assert_eq!((supabase.count("POST /v1/projects"), supabase.0.borrow().projects.len()), (1, 1));
    let asked = supabase.0.borrow().asked.clone();
    let post = asked.iter().position(|(line, _)| line == "POST /v1/projects").expect("it was asked for");
    let (next, at_ms) = &asked[post + 1];
    assert_eq!(next, "GET /v1/projects");
    assert!(at_ms - asked[post].1 >= 5_000, "it is looked for a while later: {asked:?}");
}

#[test]
fn of_two_that_were_made_for_one_tenant_the_second_is_an_orphan_and_both_go_with_it() {
    let supabase = SmallSupabase::new();
    supabase.fail("POST", Trouble::Silence { unseen: 1 });
    let mut harness = at(&supabase);
    let resources = harness.create().expect("a tenant");
    assert_eq!(supabase.0.borrow().projects.len(), 2, "a list that shows nothing for that long is believed");
    harness.set_resources(&resources);
    let found = harness.orphans(true).expect("an answer").expect("Supabase can tell");
    assert_eq!(found.len(), 1);
    assert!(found[0].help.as_ref().is_some_and(|help| help.contains("/dashboard/project/")), "{found:?}");
    harness.delete().expect("an undisturbed `delete`");
    assert!(supabase.0.borrow().projects.is_empty());
}

#[test]
fn whoever_asked_too_often_waits_as_long_as_supabase_says() {
    let supabase = SmallSupabase::new();
    supabase.fail("POST", Trouble::Status(429, vec![("x-ratelimit-reset", "37")]));
    supabase.fail("POST", Trouble::Status(503, vec![("retry-after", "11")]));
    at(&supabase).create().expect("a tenant");
    let asked = supabase.0.borrow().asked.clone();
    let posts: Vec<_> = asked.iter().filter(|(line, _)| line == "POST /v1/projects").map(|(_, at)| *at).collect();
    let pauses: Vec<_> = posts.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000).collect();
    assert_eq!(pauses, [37, 11]);
}

#[test]
fn what_never_passes_is_given_up_and_undone() {
    let supabase = SmallSupabase::new();
    for _ in 0..100 {
        supabase.fail("POST", Trouble::Status(503, Vec::new()));
    }
    let mut harness = at(&supabase);
    assert_eq!(harness.create().unwrap_err().code(), "supabase-unavailable");
    assert!(supabase.count("POST /v1/projects") < 30 && harness.left().is_empty());
}

#[test]
fn a_project_that_does_not_start_is_removed_again() {
    let supabase = SmallSupabase::new();
    supabase.0.borrow_mut().fate = "INIT_FAILED";
    let mut harness = at(&supabase);
    assert_eq!(harness.create().unwrap_err().code(), "project-failed");
    supabase.0.borrow_mut().fate = "COMING_UP";
    assert_eq!(harness.create().unwrap_err().code(), "project-slow");
    assert!(harness.left().is_empty());
}

#[test]
fn of_several_organizations_one_has_to_be_named() {
    let supabase = SmallSupabase::new();
    supabase.0.borrow_mut().organisations = vec!["acme", "other"];
    assert_eq!(at(&supabase).create().unwrap_err().code(), "organisation-unclear");
    let named = |slug: &str| at(&supabase).with_config(&json!({ "organization": slug })).create();
    assert_eq!(named("third").unwrap_err().code(), "account-other");
    assert_eq!(named("other").expect("a tenant")["organization"], "other");
}

#[test]
fn a_project_that_is_not_seen_is_missing_for_those_who_would_see_it_alone() {
    let supabase = SmallSupabase::new();
    let mut harness = at(&supabase);
    let resources = harness.create().expect("a tenant");
    harness.set_resources(&resources);
    supabase.0.borrow_mut().projects.clear();
    assert_eq!(harness.status().expect("a status").state, "missing");
    supabase.0.borrow_mut().organisations = vec!["other"];
    assert_eq!(harness.status().expect("a status").state, "elsewhere");
    assert_eq!(harness.delete().unwrap_err().code(), "account-other");
    supabase.0.borrow_mut().organisations = vec!["acme"];
    harness.delete().expect("what is gone can be deleted");
}

#[test]
fn a_project_that_was_paused_is_told_and_its_password_stays() {
    let supabase = SmallSupabase::new();
    let mut harness = at(&supabase);
    let resources = harness.create().expect("a tenant");
    harness.set_resources(&resources);
    supabase.0.borrow_mut().fate = "INACTIVE";
    harness.status().expect("it is still said to run");
    assert_eq!(harness.status().expect("a status").state, "inactive");
    let failure = harness.rotate_credentials(None).unwrap_err();
    assert_eq!(failure.code(), "project-stopped");
    assert_eq!(supabase.0.borrow().projects[0]["password"], "{{secret:db-password@1}}");
    assert_eq!(harness.rotate_credentials(Some(1_000)).unwrap_err().code(), "overlap-unsupported");
}

#[test]
fn what_carries_no_tag_is_no_orphan() {
    let supabase = SmallSupabase::new();
    let mut harness = at(&supabase);
    harness.create().expect("a tenant");
    let other = |name: &str| {
        let mut project = supabase.0.borrow().projects[0].clone();
        project["name"] = name.into();
        project["ref"] = "z".repeat(20).into();
        supabase.0.borrow_mut().projects.push(project);
    };
    other("blog");
    other("sp-team");
    other("sp-999bc654-9a64-49bc-98be-db976fc84e76");
    let orphans = |harness: &mut Harness<_>, own| {
        let found = harness.orphans(own).expect("an answer").expect("Supabase can tell");
        found.into_iter().map(|orphan| orphan.name).collect::<Vec<_>>()
    };
    assert_eq!(orphans(&mut harness, true), ["sp-999bc654-9a64-49bc-98be-db976fc84e76"]);
    assert_eq!(orphans(&mut harness, false), [NAME, "sp-999bc654-9a64-49bc-98be-db976fc84e76"]);
}

#[test]
fn a_login_that_is_not_taken_fails_before_anything_is_made() {
    let supabase = SmallSupabase::new();
    for (status, code) in [(401, "account-refused"), (403, "account-forbidden")] {
        supabase.fail("GET", Trouble::Status(status, Vec::new()));
        assert_eq!(at(&supabase).create().unwrap_err().code(), code);
    }
    assert_eq!(supabase.count("POST /v1/projects"), 0);
    let ext = at(&supabase).shared_status().expect("an account").ext.expect("it says whose");
    assert_eq!(ext, json!({ "user": "ada@example.com", "organisation": "acme" }).to_string());
}

#[test]
fn a_setting_that_is_none_is_named() {
    let mut harness = fresh();
    assert_eq!(harness.check(&json!({ "organization": "Acme, Inc." }))[0].path, "/organization");
    assert_eq!(harness.check(&json!({ "organisation": "acme" }))[0].path, "/organisation");
}
