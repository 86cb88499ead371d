//! Settings of a tenant that is there, changed by a provider that can.

use systemprompt_tests::Sandbox;

use crate::hostile::plugin;

/// A tenant of the test's own provider, which has the operation.
fn created() -> Sandbox {
    let sandbox = plugin::sandbox();
    sandbox.say(&plugin::creation("calm")).ok();
    sandbox
}

/// Its settings and its URL.
fn shown(sandbox: &Sandbox) -> (String, String) {
    let shown = sandbox.say("cloud tenant show x --reveal --json").ok().data();
    assert_eq!(shown["state"], "ready", "{shown}");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&shown["config"]["mode"]), text(&shown["resources"]["database_url"]))
}

#[test]
fn settings_change_with_what_follows_from_them() {
    let sandbox = created();
    assert_eq!(shown(&sandbox).0, "calm");
    let edited = sandbox.say("cloud tenant edit x --config mode=quiet --name y --json").ok().data();
    assert_eq!((&edited["name"], &edited["happened"]), (&"y".into(), &"edited".into()));
    sandbox.say("cloud tenant edit y --name x").ok();
    let (mode, url) = shown(&sandbox);
    assert_eq!((mode.as_str(), url.contains(":edited@")), ("quiet", true), "{url}");
    // What it may be was allowed with it.
    sandbox.say("cloud tenant status x").ok();
    sandbox.say("history verify").ok();
    sandbox.say("cloud tenant delete x -y").ok();
}

#[test]
fn an_edit_that_fails_leaves_the_tenant_as_it_was() {
    let sandbox = created();
    let before = shown(&sandbox);
    for (mode, code) in [("edit-fails", "not-that"), ("edit-steals", "bad-result")] {
        let failed = sandbox.say(&format!("cloud tenant edit x --config mode={mode} --name y --json"));
        assert_ne!(failed.code, 0, "{}", failed.whole());
        assert_eq!(failed.error_code(), code, "{}", failed.whole());
        assert_eq!(shown(&sandbox), before, "{mode}");
        assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");
    }
    let refused = sandbox.say("cloud tenant edit x --config nonsense=1 --json").exits(2);
    assert_eq!(refused.error_code(), "bad-config");
    sandbox.say("cloud tenant protect x").ok();
    let refused = sandbox.say("cloud tenant edit x --config mode=quiet --json").exits(4);
    assert_eq!(refused.error_code(), "tenant-protected");
    sandbox.say("history verify").ok();
}

#[test]
fn a_tenant_whose_edit_was_interrupted_is_changing_until_somebody_goes_on_or_back() {
    let sandbox = created();
    let before = shown(&sandbox);
    let stopped = sandbox.say("cloud tenant edit x --config mode=edit-trap --json").exits(1);
    assert_eq!(stopped.error_code(), "plugin-trap");
    assert_eq!(sandbox.say("cloud tenant show x --json").ok().data()["state"], "changing");
    let list = sandbox.say("cloud tenant list").ok();
    assert!(list.stderr.contains("unfinished: edit tenant `x`"), "{}", list.whole());
    for busy in ["cloud tenant edit x --name y", "cloud tenant delete x -y", "cloud tenant rotate-sync-token x -y"] {
        let busy = sandbox.say(&format!("{busy} --json")).exits(7);
        assert_eq!(busy.error_code(), "tenant-busy", "{}", busy.whole());
    }
    sandbox.say("cloud tenant resume x --undo").ok();
    assert_eq!(shown(&sandbox), before);
    sandbox.say("history verify").ok();
    sandbox.say("cloud tenant delete x -y").ok();
}

#[test]
fn settings_of_a_history_from_elsewhere_come_back_only_where_they_were_given() {
    let mut sandbox = created();
    let then = sandbox.say("history log --limit 1 --json").data()["events"][0]["position"].clone();
    sandbox.say("cloud tenant edit x --config mode=quiet").ok();
    for (line, mode) in [("history undo", "calm"), ("history redo", "quiet")] {
        sandbox.say(line).ok();
        assert_eq!(shown(&sandbox).0, mode, "{line}");
    }
    let elsewhere = sandbox.root().join("elsewhere").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &elsewhere);
    sandbox.say("cloud tenant allow x -y").ok();
    let before = sandbox.say("history log --json").data();
    for line in ["history undo --json".to_owned(), format!("history restore --to {then} --json")] {
        let refused = sandbox.say(&line).exits(4);
        assert_eq!(refused.error_code(), "not-allowed-here", "{}", refused.whole());
        assert!(refused.whole().contains("calm"), "{}", refused.whole());
    }
    assert_eq!(sandbox.say("history log --json").data(), before, "nothing was recorded");
}
