//! Taking back, doing again, and restoring: by new events, and outside where something is outside.

use std::fs;

use serde_json::{Value, json};
use systemprompt_tests::{Login, Output, Sandbox, seed, terminal};

use crate::life::url;

/// The document's project, with its local tenant selected.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let registry: Value =
        serde_json::from_slice(&fs::read(sandbox.file("tenants.json")).expect("it is there")).expect("JSON");
    let tenants = registry["tenants"].as_array().expect("a list").iter();
    tenants.map(|tenant| tenant["name"].as_str().expect("a name").to_owned()).collect()
}

/// The types of the events that an undo recorded.
fn records(output: &Output) -> Vec<String> {
    let records = output.data()["commands"][0]["records"].as_array().expect("a list").clone();
    records.iter().map(|record| record["type"].as_str().expect("a type").to_owned()).collect()
}

#[test]
fn what_was_changed_is_undone_and_done_again_command_by_command() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first").ok();
    sandbox.say("cloud tenant edit first --name second").ok();
    sandbox.say("cloud tenant protect second").ok();
    let planned = sandbox.say("history undo --plan --json").ok();
    assert_eq!(
        (planned.data()["done"].clone(), records(&planned)),
        (json!(false), vec!["TenantUnprotected".to_owned(), "CommandUndone".to_owned()])
    );
    assert_eq!(names(&sandbox), ["second", "my-project-prod"], "a plan does nothing");
    let undone = sandbox.say("history undo").ok();
    assert!(undone.stdout.starts_with("undone: systemprompt cloud tenant protect second\n"), "{}", undone.whole());
    assert_eq!(sandbox.say("history undo 2 --json").ok().data()["commands"].as_array().map(Vec::len), Some(2));
    assert_eq!(names(&sandbox), ["my-project", "my-project-prod"]);
    let again = sandbox.say("history redo").ok();
    assert!(again.stdout.starts_with("done again: "), "{}", again.whole());
    let planned = sandbox.say("history redo --plan --json").ok();
    assert_eq!(records(&planned), ["TenantRenamed", "CommandRedone"]);
    assert_eq!(names(&sandbox), ["first", "my-project-prod"]);
    sandbox.say("history verify").ok();
    assert_eq!(sandbox.say("history rebuild --json").ok().data()["changed"], json!(false));
}

#[test]
fn another_change_ends_what_can_be_done_again() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first").ok();
    sandbox.say("history undo").ok();
    sandbox.say("cloud tenant protect my-project").ok();
    let nothing = sandbox.say("history redo --json").exits(3);
    assert_eq!(nothing.error_code(), "nothing-to-redo");
}

#[test]
fn an_undo_names_what_it_undid_and_points_at_it() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first").ok();
    let renamed = sandbox.say("history log --limit 1 --json").data()["events"][0].clone();
    let undone = sandbox.say("history undo --json").ok();
    assert_eq!(records(&undone), ["TenantRenamed", "CommandUndone"]);
    let events = sandbox.say("history log --limit 2 --json").data()["events"].clone();
    assert_eq!(events[0]["payload"], json!({ "command": renamed["command_id"] }));
    assert_eq!(events[1]["causation_id"], renamed["id"]);
    assert_eq!(undone.data()["commands"][0]["command_id"], renamed["command_id"]);
    let again = sandbox.say(&format!("history undo @{} --json", renamed["position"])).exits(4);
    assert_eq!(again.error_code(), "already-undone");
    let marker = sandbox.say(&format!("history undo @{} --json", events[0]["position"])).exits(4);
    assert_eq!(marker.error_code(), "already-undone");
}

#[test]
fn a_profile_that_was_deleted_comes_back_with_its_files_and_secrets() {
    let sandbox = project();
    sandbox.say("cloud profile create local --set server.port=8081").ok();
    terminal::unseen(&sandbox, "echo hush | systemprompt cloud secrets set API_KEY --stdin --profile local").ok();
    let read = |name: &str| fs::read_to_string(sandbox.file(&format!("profiles/local/{name}"))).ok();
    let before = (read("profile.yaml"), read("secrets.json"));
    assert!(before.0.is_some() && before.1.as_ref().is_some_and(|secrets| secrets.contains("hush")));
    let shown = sandbox.say("admin session show --json").data();
    sandbox.say("cloud profile delete local -y").ok();
    assert_eq!((read("profile.yaml"), read("secrets.json")), (None, None));
    sandbox.say("history undo").ok();
    assert_eq!((read("profile.yaml"), read("secrets.json")), before);
    assert_eq!(sandbox.say("admin session show --json").data(), shown, "and is worked with as before");
}

#[test]
fn a_secret_that_was_replaced_has_its_former_value_again() {
    let sandbox = project();
    // Its URL came with a registry from elsewhere.
    sandbox.say("cloud tenant allow my-project -y").ok();
    let set = |value: &str| {
        terminal::unseen(&sandbox, &format!("echo {value} | systemprompt cloud secrets set API_KEY --stdin")).ok()
    };
    let value = || {
        let env = sandbox.say("env --reveal --json").ok().data();
        let found = env["variables"].as_array().expect("a list").iter().find(|it| it["name"] == "API_KEY").cloned();
        found.map(|variable| variable["value"].as_str().expect("a text").to_owned())
    };
    set("former");
    set("latter");
    sandbox.say("cloud secrets unset API_KEY").ok();
    assert_eq!(value(), None);
    for expected in [Some("latter"), Some("former"), None] {
        sandbox.say("history undo").ok();
        assert_eq!(value().as_deref(), expected);
    }
    let whole = sandbox.say("history log --limit 30 --json").whole();
    assert!(!whole.contains("former") && !whole.contains("latter"), "{whole}");
}

#[test]
fn what_stands_in_the_way_is_named_and_nothing_is_done() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first").ok();
    let position = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant edit first --name second").ok();
    let blocked = sandbox.say(&format!("history undo @{position} --json")).exits(4);
    assert_eq!(blocked.error_code(), "undo-blocked");
    let message = blocked.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("has changed the same since"), "{message}");
    assert_eq!(names(&sandbox), ["second", "my-project-prod"]);
}

#[test]
fn what_a_rule_refuses_now_is_named_and_left_out_when_forced() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first --external-access on").ok();
    let position = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant edit my-project-prod --name my-project").ok();
    let before = sandbox.say("history log --json").data();
    let refused = sandbox.say(&format!("history undo @{position} --json")).exits(4);
    assert_eq!(refused.error_code(), "name-taken");
    let error = refused.json()["error"].clone();
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.starts_with("`TenantRenamed` (") && message.contains("the name `my-project` is taken"),
        "{message}"
    );
    let hint = error["next_steps"][0].as_str().expect("a hint").to_owned();
    assert!(hint.ends_with("--force"), "{hint}");
    assert_eq!(sandbox.say("history log --json").data(), before, "nothing was done");
    let left = |output: &Output| {
        let events = output.data()["commands"][0]["events"].as_array().expect("a list").clone();
        let left = events.iter().filter(|event| !event["why"].is_null());
        left.map(|event| event["type"].as_str().expect("a type").to_owned()).collect::<Vec<_>>()
    };
    let hinted = hint.strip_prefix("systemprompt ").expect("a command").to_owned();
    let planned = sandbox.say(&format!("{hinted} --plan --json")).ok();
    assert_eq!(left(&planned), ["TenantRenamed"]);
    let undone = sandbox.say(&format!("{hinted} --json")).ok();
    assert_eq!(
        (left(&undone), names(&sandbox)),
        (vec!["TenantRenamed".to_owned()], vec!["first".to_owned(), "my-project".to_owned()])
    );
    assert!(records(&undone).iter().any(|kind| kind.starts_with("ExternalAccess")), "{}", undone.whole());
}

#[test]
fn of_what_a_rule_refuses_as_a_whole_nothing_is_called_undone() {
    let sandbox = project();
    sandbox.say("cloud tenant edit my-project --name first").ok();
    let position = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant edit my-project-prod --name my-project").ok();
    let before = sandbox.say("history log --json").data();
    let refused = sandbox.say(&format!("history undo @{position} --force --json")).exits(4);
    assert_eq!(refused.error_code(), "name-taken");
    assert_eq!(sandbox.say("history log --json").data(), before, "nothing was done");
}

#[test]
fn a_tenant_that_was_created_is_deleted_outside_after_a_question() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let url = url(&sandbox, "mine");
    sandbox.say("cloud tenant protect mine").ok();
    let position = sandbox.say("history log --type TenantCreated --json").data()["events"][0]["position"].clone();
    let protected = sandbox.say(&format!("history undo @{position} -y --json")).exits(4);
    assert_eq!(protected.error_code(), "tenant-protected");
    sandbox.say("history undo").ok();
    let planned = sandbox.say("history undo --plan").ok();
    assert!(planned.stdout.contains("would be done outside: tenant `mine`"), "{}", planned.whole());
    let asked = sandbox.say("history undo --json").exits(4);
    assert_eq!(asked.error_code(), "confirmation-needed");
    Login::to(&url).expect("a question that was not answered does nothing").close();
    // What agrees to it names it: by then the last command may be another.
    let hint = asked.json()["error"]["next_steps"][0].as_str().expect("a hint").to_owned();
    assert!(hint.starts_with("systemprompt history undo @") && hint.ends_with(" -y"), "{hint}");
    let undone = sandbox.say(&format!("{} --json", hint.trim_start_matches("systemprompt "))).ok();
    assert_eq!(records(&undone).last().map(String::as_str), Some("CommandUndone"));
    assert!(Login::is_refused(&url), "its role is gone");
    assert_eq!(names(&sandbox), [""; 0]);
    for line in ["history redo --json", "history undo --json"] {
        assert_eq!(sandbox.say(line).exits(4).error_code(), "irreversible", "{line}");
    }
    sandbox.say("history verify").ok();
}

#[test]
fn a_rotation_and_a_deletion_are_named_and_passed_over_when_forced() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    sandbox.say("cloud tenant select mine").ok();
    sandbox.say("cloud tenant rotate-credentials mine -y").ok();
    let url = url(&sandbox, "mine");
    assert_eq!(sandbox.say("history undo --json").exits(4).error_code(), "irreversible");
    assert_eq!(records(&sandbox.say("history undo --force --json").ok()), ["TenantUnselected", "CommandUndone"]);
    Login::to(&url).expect("the new password holds").close();
    sandbox.say("cloud tenant delete mine -y").ok();
    let deleted = sandbox.say("history undo --json").exits(4);
    assert_eq!(deleted.error_code(), "irreversible");
    let plan = sandbox.say("history undo --plan").exits(4);
    assert!(plan.stderr.contains("`systemprompt history undo --force --plan`"), "{}", plan.whole());
    let events = sandbox.say("history log --type TenantDeleted --json").ok().data();
    // Whoever names a command is not told to undo another.
    let named = sandbox.say(&format!("history undo @{}", events["events"][0]["position"])).exits(4);
    assert!(!named.stderr.contains("hint:"), "{}", named.whole());
    let nothing = sandbox.say("history undo --force --json").exits(3);
    assert_eq!(nothing.error_code(), "nothing-to-undo");
}

#[test]
fn a_step_of_an_operation_is_undone_with_its_operation() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    for kind in ["StepFinished", "OperationStarted", "TenantRequested", "OperationSucceeded"] {
        let event =
            sandbox.say(&format!("history log --type {kind} --limit 1 --json")).data()["events"][0]["position"].clone();
        let planned = sandbox.say(&format!("history undo @{event} --plan --json")).ok().data();
        assert_eq!(planned["done"], json!(false));
        let outside = planned["commands"][0]["outside"][0].as_str().expect("a sentence");
        assert!(outside.contains("is deleted"), "{kind}: {planned:#}");
    }
    let remark = sandbox.say("history log --type PluginRegistered --json").data()["events"][0]["position"].clone();
    let remark = sandbox.say(&format!("history undo @{remark} --json")).exits(4);
    assert_eq!(remark.error_code(), "nothing-to-undo");
}

#[test]
fn a_database_that_was_taken_in_is_forgotten_and_not_dropped() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let url = url(&sandbox, "mine");
    let mut create = sandbox.command(["cloud", "tenant", "create", "--type", "local", "--name", "theirs"]);
    create.args(["--database-url", &url]);
    assert!(create.output().expect("it runs").status.success());
    sandbox.say("history undo --json").exits(4);
    sandbox.say("history undo -y").ok();
    assert_eq!(names(&sandbox), ["mine"]);
    Login::to(&url).expect("the database is as it was").close();
}

#[test]
fn settings_are_restored_to_a_moment_and_that_is_undone_as_any_command() {
    let sandbox = project();
    sandbox.say("cloud profile create local").ok();
    let then = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    let read = || fs::read_to_string(sandbox.file("profiles/local/profile.yaml")).expect("it is there");
    let before = read();
    sandbox.say("cloud tenant edit my-project --name my-project-x").ok();
    sandbox.say("cloud tenant edit my-project-prod --name my-project").ok();
    sandbox.say("cloud profile edit local --set server.port=8099").ok();
    sandbox.say("cloud tenant protect my-project").ok();
    let planned = sandbox.say(&format!("history restore --to {then} --plan --json")).ok().data();
    assert_eq!(planned["done"], json!(false));
    assert_eq!(names(&sandbox), ["my-project-x", "my-project"]);
    sandbox.say(&format!("history restore --to {then}")).ok();
    assert_eq!(names(&sandbox), ["my-project", "my-project-prod"]);
    assert_eq!(read(), before);
    let nothing = sandbox.say(&format!("history restore --to {then} --json")).ok().data();
    assert_eq!(nothing["records"], json!([]));
    sandbox.say("history undo").ok();
    assert_eq!(names(&sandbox), ["my-project-x", "my-project"]);
    assert_ne!(read(), before);
}

#[test]
fn a_restore_over_a_deletion_names_it_and_leaves_it_out_when_forced() {
    let sandbox = project();
    let then = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant edit my-project --name other").ok();
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    let refused = sandbox.say(&format!("history restore --to {then} --json")).exits(4);
    assert_eq!(refused.error_code(), "irreversible");
    assert_eq!(names(&sandbox), ["other"]);
    let forced = sandbox.say(&format!("history restore --to {then} --force --json")).ok().data();
    assert_eq!(forced["left"][0]["type"], "TenantDeleted");
    assert_eq!(names(&sandbox), ["my-project"]);
}
