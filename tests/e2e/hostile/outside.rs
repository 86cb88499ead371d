//! What is asked of a plugin outside of operations, and what belongs to others.

use super::*;

#[test]
fn status_and_probe_only_look() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("status-changes")).ok();
    let output = sandbox.say("cloud tenant status x").exits(4);
    assert!(output.stderr.contains("a change has to be made inside an operation"), "{}", output.whole());

    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-changes")).ok();
    let output = sandbox.say(&creation("honest")).exits(6);
    assert!(output.stderr.contains("a change has to be made inside an operation"), "{}", output.whole());
    assert_carries_on(&sandbox);
}

#[test]
fn a_plugin_that_did_not_ask_for_it_logs_in_to_no_server_of_an_account() {
    let sandbox = plugin::sandbox();
    let output = sandbox.say(&format!("{} --json", creation("account-server"))).exits(4);
    assert_eq!(output.error_code(), "server-not-granted", "{}", output.whole());
    assert_carries_on(&sandbox);
}

#[test]
fn a_status_that_never_comes_is_not_waited_for() {
    let sandbox = plugin::sandbox();
    sandbox.say(&creation("status-spin")).ok();
    let begun = Instant::now();
    let output = sandbox.say("cloud tenant status x").exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    assert_data_eq!(
        told(&output),
        str![[r#"
! error: plugin `hostile` was stopped: it computed for more than 2 s without calling the host
!   at systemprompt_hostile::misdeed::spin
!   at systemprompt_hostile::Hostile::status
? 1

"#]]
    );
    assert_carries_on(&sandbox);
}

#[test]
fn a_probe_that_never_answers_is_not_waited_for() {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-spin")).ok();
    let begun = Instant::now();
    let output = sandbox.say(&creation("honest")).exits(1);
    assert!(begun.elapsed() < STRETCH_BOUND);
    assert_data_eq!(
        told(&output),
        str![[r#"
! error: plugin `hostile` was stopped: it computed for more than 2 s without calling the host
!   at systemprompt_hostile::misdeed::spin
!   at systemprompt_hostile::Hostile::probe
? 1

"#]]
    );
    assert_carries_on(&sandbox);
}

#[test]
fn a_description_that_never_comes_installs_nothing() {
    let sandbox = Sandbox::new();
    for (mode, says) in [
        ("describe-spin", "it computed for more than 2 s without calling the host"),
        ("describe-trap", "it trapped"),
        ("describe-memory", "it needs more than 64 MiB of memory"),
    ] {
        let begun = Instant::now();
        let output = install(&sandbox, &variant(mode)).exits(1);
        assert!(begun.elapsed() < STRETCH_BOUND, "{mode}");
        assert!(output.stderr.contains(says), "{}", output.whole());
        assert_harmless(&output);
    }
    assert!(!sandbox.file("log.db").exists(), "a plugin that was not installed makes no project");
}

#[test]
fn what_a_plugin_says_of_itself_does_not_reach_a_terminal_as_it_is() {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant("probe-escapes")).ok();
    let mut seen =
        ["plugin list", "plugin show hostile", "history log"].map(|line| terminal::see(&sandbox, line, 0)).to_vec();
    seen.push(terminal::see(&sandbox, &creation("honest"), 6));
    install(&sandbox, plugin::COMPONENT).ok();
    seen.push(terminal::see(&sandbox, &creation("escapes"), 4));
    seen.push(terminal::see(&sandbox, &creation("check-flood"), 2));
    seen.push(terminal::see(&sandbox, &format!("{} --plan", creation("honest")), 0));
    seen.push(terminal::see(&sandbox, &creation("status-escapes"), 0));
    seen.push(terminal::see(&sandbox, "cloud tenant status x", 1));
    seen.push(terminal::see(&sandbox, "history log", 0));
    for text in seen {
        // Moving the cursor is the program's own right, within a line; these are not.
        for forbidden in ["\u{1b}[2J", "\u{1b}]0;", "\u{9b}", "\u{7}", "\u{202e}", "\u{8}evil"] {
            assert!(!text.contains(forbidden), "{forbidden:?} in {text:?}");
        }
    }
}

#[test]
fn a_cluster_belongs_to_the_plugin_that_made_it() {
    let sandbox = plugin::sandbox();
    sandbox.say("cloud tenant create --type local --provider native --name victim --id local_aeeeeeeee1").ok();
    let url = url(&sandbox, "victim");
    let mut codes = Vec::new();
    for (mode, name) in [("shared-cluster", "x"), ("shared-admin", "x"), ("neighbour", "drop-aeeeeeeee1")] {
        let output = sandbox.say(&creation(mode).replace("--name x", &format!("--name {name}")));
        assert_harmless(&output);
        codes.push((mode, output.code));
        Login::to(&url).unwrap_or_else(|error| panic!("after `{mode}` the victim cannot log in: {error}")).close();
    }
    // Stopping a cluster of its own that is called the same is its right; the rest is refused.
    assert_eq!(codes, [("shared-cluster", 0), ("shared-admin", 4), ("neighbour", 4)]);
    assert_carries_on(&sandbox);
}

#[test]
fn a_plugin_gets_no_secret_container_or_directory_of_others() {
    let Some(docker) = Docker::hold("a_plugin_gets_no_secret_container_or_directory_of_others") else { return };
    let sandbox = Sandbox::with(&docker);
    let victim = format!("cloud tenant create --type local --provider docker --name victim {}", Docker::image_flag());
    sandbox.say(&victim).ok();
    let url = url(&sandbox, "victim");
    let made = docker.made();
    install(&sandbox, plugin::COMPONENT).ok();
    let told: String = ["stolen-env", "host-mount", "shared-container"]
        .iter()
        .map(|mode| told(&sandbox.say(&creation(mode))))
        .collect();
    assert_data_eq!(
        told,
        str![[r#"
! error: Provisioning failed: could not create tenant `x`
!   caused by: there is no secret `{{machine:shared-db-admin@1}}`
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4
! error: Provisioning failed: could not create tenant `x`
!   caused by: a volume's name is 2 to 128 letters, digits, `_`, `.` and `-`, and begins with a letter or digit
! help: everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4
! error: Provisioning failed: could not create tenant `x`
!   caused by: the container `systemprompt-shared-db` is another plugin's, so it is left alone
! help: look at it with `docker container inspect systemprompt-shared-db`; everything that was done is undone
! hint: run `systemprompt history log --tenant [ID]`
? 4

"#]]
    );
    assert_eq!(docker.made(), made, "nothing was made, and nothing removed");
    Login::to(&url).expect("the victim's server runs").close();
    assert_carries_on(&sandbox);
}
