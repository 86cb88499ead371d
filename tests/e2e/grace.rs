//! Deleting with a grace: set aside, brought back as it was, deleted for good when its time is over.

use serde_json::{Value, json};
use systemprompt_tests::{Login, Sandbox, terminal, until};

use crate::life::url;

/// A tenant with a row in its database, a profile and a secret; and its URL.
fn used() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    sandbox.say("cloud tenant select mine").ok();
    sandbox.say("cloud profile create local --set server.port=8081").ok();
    terminal::unseen(&sandbox, "echo hush | systemprompt cloud secrets set API_KEY --stdin").ok();
    let url = url(&sandbox, "mine");
    let mut login = Login::to(&url).expect("the tenant's role can log in");
    login.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");
    login.close();
    (sandbox, url)
}

fn whole(sandbox: &Sandbox) -> [Value; 3] {
    let of = |line: &str| sandbox.say(line).ok().data();
    let mut env = of("env --reveal --json");
    let mut profile = of("cloud profile show local --json");
    for field in ["updated_at", "created_at"] {
        profile.as_object_mut().expect("an object").remove(field);
    }
    env.as_object_mut().expect("an object").remove("unset");
    [env, profile, of("admin session show --json")]
}

fn deleted(sandbox: &Sandbox) -> Vec<Value> {
    let listed = sandbox.say("cloud tenant list --deleted --json").ok().data();
    listed["tenants"].as_array().expect("a list").iter().map(|tenant| tenant["name"].clone()).collect()
}

#[test]
fn a_tenant_that_was_deleted_with_a_grace_comes_back_with_all_that_it_had() {
    let (sandbox, url) = used();
    let before = whole(&sandbox);
    let asked = sandbox.say("cloud tenant delete mine --grace 1h --json").exits(4);
    assert_eq!(asked.error_code(), "confirmation-needed");
    let hint = asked.json()["error"]["next_steps"][0].clone();
    assert!(hint.as_str().is_some_and(|hint| hint.ends_with(" --grace 1h -y")), "{hint}");
    let gone = sandbox.say("cloud tenant delete mine --grace 1h -y --json").ok().data();
    assert!(gone["until"].is_string() && gone["database_dropped"] == json!(false), "{gone:#}");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], json!(0));
    assert_eq!(deleted(&sandbox), ["mine"]);
    let named = sandbox.say("cloud tenant show mine").exits(3);
    assert!(named.stderr.contains("systemprompt cloud tenant restore"), "{}", named.whole());
    assert!(Login::is_refused(&url), "nobody logs in meanwhile");
    sandbox.say("cloud tenant restore mine").ok();
    assert_eq!(whole(&sandbox), before);
    let mut login = Login::to(&url).expect("with the same password");
    assert_eq!(login.text("select text from notes"), Ok("kept".to_owned()));
    login.close();
    assert_eq!(deleted(&sandbox), [] as [Value; 0]);
    sandbox.say("history verify").ok();
    assert_eq!(sandbox.say("history rebuild --json").ok().data()["changed"], json!(false));
}

#[test]
fn an_undo_brings_it_back_and_says_before_what_it_does() {
    let (sandbox, url) = used();
    let before = whole(&sandbox);
    sandbox.say("cloud tenant delete mine --grace 1h -y").ok();
    let planned = sandbox.say("history undo --plan --json").ok().data();
    let sentence = planned["commands"][0]["outside"][0].as_str().expect("a sentence").to_owned();
    assert!(sentence.contains("is brought back"), "{sentence}");
    assert!(Login::is_refused(&url), "a plan does nothing");
    sandbox.say("history undo").ok();
    assert_eq!(whole(&sandbox), before);
    Login::to(&url).expect("with the same password").close();
    let redo = sandbox.say("history redo --json").exits(4);
    assert_eq!(redo.error_code(), "irreversible");
}

#[test]
fn a_name_that_was_given_away_meanwhile_is_not_taken_back() {
    let (sandbox, _) = used();
    sandbox.say("cloud tenant delete mine --grace 1h -y").ok();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let refused = sandbox.say("cloud tenant restore mine --json").exits(4);
    assert_eq!(refused.error_code(), "name-taken");
    sandbox.say("cloud tenant edit mine --name other").ok();
    sandbox.say("cloud tenant restore mine").ok();
}

#[test]
fn what_does_not_come_back_is_named_and_the_rest_comes_back() {
    let (sandbox, _) = used();
    let url = || sandbox.say("cloud tenant show mine --reveal --json").ok().data()["resources"]["database_url"].clone();
    sandbox.say("admin session login --tenant mine").ok();
    let before = url();
    for (undo, says) in [("cloud tenant restore mine", "stays: the name `local` is taken"), ("history undo", "")] {
        sandbox.say("cloud tenant select mine").ok();
        sandbox.say("cloud tenant delete mine --grace 1h -y").ok();
        let deletion = sandbox.say("history log --type TenantSetAside --limit 1 --json").ok().data();
        let position = deletion["events"][0]["position"].clone();
        let id = sandbox.say("cloud tenant create --type local --name other --provider native --json").ok().data();
        sandbox.say("cloud tenant select other").ok();
        sandbox.say("cloud profile create local").ok();
        let undo = if says.is_empty() { format!("{undo} @{position} --json") } else { undo.to_owned() };
        let back = sandbox.say(&undo).ok();
        assert!(back.stderr.contains(says), "{}", back.whole());
        if says.is_empty() {
            let events = back.data()["commands"][0]["events"].clone();
            let why = |kind: &str| {
                let of_kind = |event: &&Value| event["type"] == kind;
                events.as_array().expect("a list").iter().find(of_kind).expect("it is there")["why"].clone()
            };
            assert_eq!(why("TenantSetAside"), Value::Null, "{events}");
            assert!(why("ProfileDeleted").as_str().is_some_and(|why| why.contains("is taken")), "{events}");
            assert_eq!(why("TenantUnselected"), "it was changed since", "{events}");
        }
        assert_eq!(url(), before, "the tenant is there with its password");
        sandbox.say("history verify").ok();
        let other = id["id"].as_str().expect("an id");
        sandbox.say(&format!("cloud tenant delete {other} -y")).ok();
        sandbox.say("cloud profile create local --tenant mine").ok();
    }
}

#[test]
fn what_is_purged_is_gone_for_good() {
    let (sandbox, _) = used();
    let id = sandbox.say("cloud tenant show mine --json").data()["id"].as_str().expect("an id").to_owned();
    sandbox.say("cloud tenant delete mine --grace 1h -y").ok();
    assert_eq!(sandbox.say("cloud tenant purge --json").ok().data()["purged"], json!([]), "its time is not over");
    assert_eq!(sandbox.say("cloud tenant purge --tenant mine --json").exits(4).error_code(), "confirmation-needed");
    assert_eq!(sandbox.say("cloud tenant purge mine --json").exits(4).error_code(), "confirmation-needed");
    assert_eq!(sandbox.say("cloud tenant purge mine -y --json").ok().data()["purged"], json!([id]));
    assert_eq!(deleted(&sandbox), [] as [Value; 0]);
    let gone = sandbox.say(&format!("cloud tenant restore {id} --json")).exits(3);
    assert_eq!(gone.error_code(), "tenant-not-found");
    let undone = sandbox.say("history undo --json").exits(4);
    assert_eq!(undone.error_code(), "irreversible");
    sandbox.say("history verify").ok();
}

#[test]
fn whose_time_is_over_is_deleted_by_the_next_change_of_whatever() {
    let (sandbox, _) = used();
    sandbox.say("cloud tenant delete mine --grace 1s -y").ok();
    let mut said = String::new();
    until("the deletion by a later change", || {
        said = sandbox.say("cloud tenant unselect").ok().stderr;
        deleted(&sandbox).is_empty().then_some(())
    });
    assert!(said.contains("whose time was over"), "{said}");
    let kinds = sandbox.say("history log --limit 3 --json").data();
    assert!(kinds.to_string().contains("TenantKeyDestroyed"), "{kinds:#}");
}

#[test]
fn a_database_that_nobody_here_made_and_a_protected_tenant_are_not_set_aside() {
    let sandbox = Sandbox::with_registry(systemprompt_tests::seed::REGISTRY);
    let foreign = sandbox.say("cloud tenant delete my-project --grace 1h -y --json").exits(4);
    assert_eq!(foreign.error_code(), "operation-unsupported");
    sandbox.say("cloud tenant protect my-project").ok();
    let protected = sandbox.say("cloud tenant delete my-project --grace 1h -y --json").exits(4);
    assert_eq!(protected.error_code(), "tenant-protected");
    for wrong in ["0s", "x", "32d"] {
        sandbox.say(&format!("cloud tenant delete my-project --grace {wrong}")).exits(2);
    }
}
