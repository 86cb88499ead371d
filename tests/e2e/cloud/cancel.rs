//! Ending what costs money, and keeping the record.

use systemprompt_fake_fly::{FakeFly, Request};
use systemprompt_tests::Sandbox;

use super::{CREATE, ID, counts, logged_in, registered};

const CANCEL: &str = "cloud tenant cancel my-project-prod -y";
const NOTHING: [usize; 4] = [0, 0, 0, 0];

fn made(fly: &FakeFly) -> Sandbox {
    let sandbox = logged_in(fly);
    sandbox.say(CREATE).ok();
    sandbox
}

#[test]
fn what_is_cancelled_costs_nothing_and_its_record_is_kept_until_it_is_deleted() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let token = registered(&sandbox)["sync_token"].clone();
    let said = sandbox.say(CANCEL).ok();
    assert!(said.stdout.contains("kept: its record, with name, id, region"), "{}", said.whole());
    assert_eq!(counts(&fly.inventory()), NOTHING);
    let asked = fly.requests().len();
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("my-project-prod   iad   (cancelled)"));
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!((&shown["state"], &shown["region"]), (&"cancelled".into(), &"iad".into()), "{shown}");
    assert_eq!(shown["resources"]["app_id"], "sp-999bc6549a64");
    assert!(shown["resources"].get("internal_database_url").is_none(), "{shown}");
    let status = sandbox.say("cloud tenant status my-project-prod").exits(1);
    assert!(status.stdout.contains("cancelled") && status.stdout.contains("cloud tenant delete"), "{}", status.whole());
    let kept = registered(&sandbox);
    assert_eq!((&kept["id"], &kept["sync_token"]), (&ID.into(), &token), "{kept}");
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();

    sandbox.say("cloud auth logout").ok();
    let deleted = sandbox.say("cloud tenant delete my-project-prod -y --json").ok().data();
    assert_eq!(deleted["database_dropped"], false);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_eq!(fly.requests().len(), asked, "Fly was asked for nothing more");
    sandbox.say("history verify").ok();
}

#[test]
fn of_what_was_cancelled_nothing_is_done_but_deleting_it() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    sandbox.say(CANCEL).ok();
    let asked = fly.requests().len();
    for line in [
        CANCEL,
        "cloud tenant rotate-credentials my-project-prod -y",
        "cloud tenant rotate-sync-token my-project-prod -y",
        "cloud tenant edit my-project-prod --name other",
        "cloud tenant protect my-project-prod",
        "cloud tenant delete my-project-prod --grace 1h -y",
        "cloud profile create prod --tenant my-project-prod",
        "infra db migrate --tenant my-project-prod",
    ] {
        let output = sandbox.say(&format!("{line} --json")).exits(4);
        assert_eq!(output.error_code(), "tenant-cancelled", "{}", output.whole());
        assert!(output.stdout.contains("cloud tenant delete"), "{}", output.whole());
    }
    assert_eq!(fly.requests().len(), asked, "Fly was asked");
    let undo = sandbox.say("history undo --json").exits(4);
    assert!(undo.whole().contains("its database is gone"), "{}", undo.whole());
    let again = sandbox.say(&format!("{CREATE} --json")).exits(4);
    assert_eq!(again.error_code(), "tenant-cancelled", "{}", again.whole());
}

#[test]
fn cancelling_asks_for_the_name_and_heeds_the_protection() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let output = sandbox.say("cloud tenant cancel my-project-prod --json").exits(4);
    assert_eq!(output.error_code(), "confirmation-needed");
    assert!(output.stdout.contains(&format!("cloud tenant cancel {ID} -y")), "{}", output.whole());
    sandbox.say("cloud tenant protect my-project-prod").ok();
    assert_eq!(sandbox.say(&format!("{CANCEL} --json")).exits(4).error_code(), "tenant-protected");
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
    sandbox.say("cloud tenant unprotect my-project-prod").ok();
    sandbox.say(CANCEL).ok();
    assert_eq!(counts(&fly.inventory()), NOTHING);
}

#[test]
fn a_history_that_goes_back_before_a_cancellation_leaves_the_cancelled_tenant_and_restores_the_rest() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    sandbox.say("cloud tenant protect my-project-prod").ok();
    sandbox.say("cloud tenant create --region iad --name other").ok();
    let before = sandbox.say("history log --limit 1 --json").ok().data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant unprotect my-project-prod").ok();
    sandbox.say("cloud tenant edit my-project-prod --name shop-prod").ok();
    sandbox.say("cloud tenant edit other --name another").ok();
    sandbox.say("cloud tenant cancel shop-prod -y").ok();
    let refused = sandbox.say(&format!("history restore --to {before} --json")).exits(4);
    assert!(refused.whole().contains("its database is gone"), "{}", refused.whole());
    sandbox.say(&format!("history restore --to {before} --force")).ok();
    let listed = sandbox.say("cloud tenant list").ok();
    assert!(listed.stdout.contains("other") && !listed.stdout.contains("another"), "{}", listed.whole());
    assert!(listed.stdout.contains("shop-prod   iad   (cancelled)"), "{}", listed.whole());
    sandbox.say("history verify").ok();
}

#[test]
fn a_tenant_that_was_taken_in_is_not_cancelled_and_nobody_is_asked_for_its_name() {
    let sandbox = Sandbox::new();
    let registry = r#"{"tenants": [{"id": "999bc654-9a64-49bc-98be-db976fc84e76", "name": "old-prod", "tenant_type": "cloud",
        "app_id": "sp-999bc6549a64", "hostname": "h", "region": "iad",
        "internal_database_url": "postgres://user:pass@internal-db:5432/tenant", "sync_token": "sp_sync_abc123"}]}"#;
    std::fs::create_dir_all(sandbox.file("")).expect("a directory can be made");
    std::fs::write(sandbox.file("tenants.json"), registry).expect("a file can be written");
    let output = sandbox.say("cloud tenant cancel old-prod --json").exits(4);
    assert_eq!(output.error_code(), "operation-unsupported", "{}", output.whole());
    assert!(output.stdout.contains("cloud tenant delete"), "{}", output.whole());
}

#[test]
fn a_local_tenant_is_not_cancelled_and_told_of_deleting() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    let output = sandbox.say("cloud tenant cancel one -y --json").exits(4);
    assert_eq!(output.error_code(), "operation-unsupported");
    assert!(output.stdout.contains("systemprompt cloud tenant delete"), "{}", output.whole());
}

#[test]
fn a_cancellation_that_cannot_begin_changes_nothing_and_one_that_cannot_end_goes_on_later() {
    let fly = FakeFly::start();
    let mut sandbox = made(&fly);
    let cancel = format!("{CANCEL} --json");
    fly.revoke(fly.token());
    assert_eq!(sandbox.say(&cancel).exits(5).error_code(), "account-refused");
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");

    fly.accept("fm2_second", systemprompt_fake_fly::Access::to("acme"));
    sandbox.set("FLY_API_TOKEN", "fm2_second");
    sandbox.say(&format!("cloud auth login --api-url {}", fly.url())).ok();
    let refusal = systemprompt_fake_fly::Fault::Refusal { status: 422, error: "no".to_owned(), code: None };
    fly.fail(systemprompt_fake_fly::Rule::next("DELETE", "/v1/apps/*", refusal));
    let stuck = sandbox.say(&cancel).exits(7);
    assert!(stuck.whole().contains("cloud tenant resume"), "{}", stuck.whole());
    assert_eq!(sandbox.say("cloud tenant delete my-project-prod -y --json").exits(7).error_code(), "tenant-busy");
    sandbox.say(&format!("cloud tenant resume {ID}")).ok();
    assert_eq!(counts(&fly.inventory()), NOTHING);
    assert!(sandbox.say("cloud tenant list").ok().stdout.contains("(cancelled)"));
    let deletions = fly.requests().iter().filter(|request| Request::line(request).starts_with("DELETE")).count();
    assert_eq!(deletions, 2, "the one that was refused, and the one that was not");
}
