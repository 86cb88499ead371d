//! What a plugin may send, and where to: what it asked for and was granted, over TLS, and never into this machine.

use super::*;

#[test]
fn a_request_goes_to_no_destination_but_one_that_was_granted_and_is_on_the_internet() {
    let sandbox = plugin::sandbox();
    for (mode, code) in [
        ("http-elsewhere", "destination-not-granted"),
        ("http-in-clear", "destination-not-granted"),
        ("http-other-port", "destination-not-granted"),
        ("http-smuggled", "http-header"),
        ("http-inside", "address-not-allowed"),
        ("http-as-somebody", "http-url"),
        ("http-file", "http-url"),
        ("http-secret", "secret-not-sent"),
        ("http-change", "outside-step"),
        ("http-capture-outside", "outside-step"),
        ("http-capture-of-another", "secret-name"),
        ("http-capture-of-the-machine", "secret-name"),
        ("http-capture-nowhere", "http-capture"),
        ("http-capture-twice", "http-capture"),
    ] {
        let output = sandbox.say(&format!("{} --json", creation(mode))).exits(4);
        assert_eq!(output.error_code(), code, "{mode}: {}", output.whole());
        assert!(!output.whole().contains("canary"), "{mode}: {}", output.whole());
    }
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_carries_on(&sandbox);
}

#[test]
fn what_a_plugin_wants_to_talk_to_is_said_before_it_is_allowed_and_shown_later() {
    let sandbox = Sandbox::new();
    let said = install(&sandbox, plugin::COMPONENT).ok();
    let words = "send requests to https://localhost:9, with secrets of its own tenants";
    assert!(said.stderr.contains(&format!("it may {words}")), "{}", said.whole());
    let shown = sandbox.say("plugin show hostile").ok();
    assert!(shown.stdout.contains(words), "{}", shown.whole());
    let capabilities = sandbox.say("plugin show hostile --json").ok().data()["capabilities"].clone();
    assert!(
        capabilities.as_array().is_some_and(|all| all.contains(&"http https://localhost:9".into())),
        "{capabilities}"
    );
}

#[test]
fn a_plugin_that_wants_to_talk_in_clear_is_not_installed() {
    let sandbox = Sandbox::new();
    let refused = install(&sandbox, &variant("in-clear")).exits(4);
    assert!(
        refused.stderr.contains("it names `http://localhost:9`, which is talked to in clear"),
        "{}",
        refused.whole()
    );
    assert!(!sandbox.file("log.db").exists());
}
