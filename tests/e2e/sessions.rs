//! Sessions: keyed by tenant, restored when it is selected again, never mixed; shells of their own; who goes first.

mod precedence;

use std::fs;

use serde_json::Value;
use systemprompt_tests::{Output, Sandbox, seed};

/// The document's project, with a profile in each of its two tenants; the local one is selected.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox.say("cloud profile create local").ok();
    sandbox.say("cloud profile create production --tenant my-project-prod").ok();
    sandbox
}

fn json(output: Output) -> Value {
    serde_json::from_str(&output.ok().stdout).expect("one document")
}

fn show(sandbox: &Sandbox) -> (String, String, String) {
    let data = &json(sandbox.say("admin session show --json"))["data"];
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    (text(&data["tenant"]["name"]), text(&data["profile"]), text(&data["session"]))
}

#[test]
fn the_documents_three_steps_restore_each_tenants_profile_and_session() {
    let sandbox = project();
    let first = show(&sandbox);
    assert_eq!((first.0.as_str(), first.1.as_str()), ("my-project", "local"));
    sandbox.say("cloud tenant select my-project-prod").ok();
    let second = show(&sandbox);
    assert_eq!((second.0.as_str(), second.1.as_str()), ("my-project-prod", "production"));
    assert_ne!(first.2, second.2, "completely separate");
    let selected = sandbox.say("cloud tenant select my-project").ok();
    assert!(selected.stdout.contains("profile `local`, session: active"), "{}", selected.transcript());
    assert_eq!(show(&sandbox), first, "restored");
}

/// All that a tenant's user and programs see when it is selected: session, variables, files.
fn seen_in(sandbox: &Sandbox, name: &str) -> Vec<String> {
    sandbox.say(&format!("cloud tenant select {name}")).ok();
    let (tenant, profile, session) = show(sandbox);
    let variables = sandbox.say("env --reveal").ok().stdout;
    let read = |file: &str| fs::read_to_string(sandbox.file(file)).expect("it is there");
    let index: Value = serde_json::from_str(&read("sessions/index.json")).expect("JSON");
    let key = index["active_key"].as_str().expect("a session is active").to_owned();
    assert_eq!(index["active_profile_name"], *profile);
    let (record, secrets) = (index["sessions"][&key].to_string(), read(&format!("profiles/{profile}/secrets.json")));
    let settings = sandbox.say("cloud profile show --json").ok().stdout;
    vec![tenant, profile, session, variables, key, record, secrets, settings]
}

#[test]
fn switching_back_and_forth_a_hundred_times_mixes_nothing() {
    let sandbox = project();
    let values = [("my-project", "canary-of-the-first"), ("my-project-prod", "canary-of-the-second")];
    for (name, value) in values {
        let file = sandbox.root().join(name);
        fs::write(&file, value).expect("a file can be written");
        sandbox.run(["cloud", "tenant", "allow", name, "--yes"]).ok();
        let file = file.display().to_string();
        sandbox.run(["cloud", "secrets", "set", "API_KEY", "--tenant", name, "--file", &file]).ok();
    }
    sandbox.say("cloud profile edit production --set server.port=8443").ok();
    let [one, two] = values.map(|(name, _)| seen_in(&sandbox, name));
    for (seen, [own, others]) in [(&one, values.map(|(_, value)| value)), (&two, [values[1].1, values[0].1])] {
        let text = seen.concat();
        assert!(text.contains(own) && !text.contains(others), "{text}");
    }
    for _round in 0..50 {
        assert_eq!(seen_in(&sandbox, "my-project"), one);
        assert_eq!(seen_in(&sandbox, "my-project-prod"), two);
    }
    sandbox.say("history verify").ok();
}

#[test]
fn the_index_is_a_projection_that_names_sessions_by_tenant() {
    let sandbox = project();
    let read = || fs::read_to_string(sandbox.file("sessions/index.json")).expect("it is there");
    let index: Value = serde_json::from_str(&read()).expect("JSON");
    assert_eq!(index["active_key"], "tenant_local_19bff27604c");
    assert_eq!(index["active_profile_name"], "local");
    let session = &index["sessions"]["tenant_local_19bff27604c"];
    assert_eq!(session["profile_name"], "local");
    assert_eq!(session["session_token"].as_str().map(|token| token.split('.').count()), Some(3));
    let before = read();
    fs::remove_file(sandbox.file("sessions/index.json")).expect("it is there");
    sandbox.say("which").ok();
    assert_eq!(read(), before);
    sandbox.say("cloud tenant select my-project-prod").ok();
    assert_eq!(serde_json::from_str::<Value>(&read()).expect("JSON")["active_profile_name"], "production");
}

#[test]
fn a_session_is_ended_and_started_and_the_profile_stays_known() {
    let sandbox = project();
    let before = show(&sandbox);
    assert_eq!(show(&sandbox), before, "looking changes nothing");
    sandbox.say("admin session logout").ok();
    assert_eq!(show(&sandbox), ("my-project".into(), "local".into(), "none".into()));
    let again = json(sandbox.say("admin session logout --json"));
    assert_eq!(again["data"]["ended"], serde_json::json!([]));
    sandbox.say("admin session login --hours 1").ok();
    let kept = show(&sandbox);
    assert_ne!(kept.2, before.2);
    sandbox.say("admin session login").ok();
    assert_eq!(show(&sandbox), kept, "one that still holds is kept");
    sandbox.say("admin session login --new").ok();
    assert_ne!(show(&sandbox).2, kept.2);
    let token = sandbox.say("admin session login --token-only").ok();
    assert_eq!(token.stdout.trim().split('.').count(), 3);
    for hours in ["0", "745", "x", "-1"] {
        assert_eq!(sandbox.run(["admin", "session", "login", "--hours", hours]).code, 2);
    }
}

#[test]
fn ending_all_sessions_needs_a_confirmation() {
    let sandbox = project();
    assert_eq!(sandbox.say("admin session logout --all").code, 4);
    let ended = json(sandbox.say("admin session logout --all -y --json"));
    assert_eq!(ended["data"]["ended"].as_array().map(Vec::len), Some(2));
}

#[test]
fn without_a_profile_there_is_no_session_and_the_error_says_what_to_type() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    let output = sandbox.say("admin session login");
    assert_eq!(output.code, 3, "{}", output.transcript());
    assert!(output.stderr.contains("systemprompt cloud profile create local"), "{}", output.transcript());
}

/// What a script prints in a session of its own, as a terminal has one.
fn in_a_shell(sandbox: &Sandbox, script: &str) -> String {
    let mut shell = std::process::Command::new("setsid");
    let program = systemprompt_tests::binary();
    shell.args(["--wait", "sh", "-c", &script.replace("systemprompt ", &format!("{} ", program.display()))]);
    let output = sandbox.prepare(shell, Vec::<&str>::new()).output().expect("a shell runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn two_shells_are_in_two_tenants_at_once() {
    let sandbox = project();
    let in_a_shell = |script: &str| in_a_shell(&sandbox, script);
    let switched = in_a_shell("systemprompt admin session switch production --shell >/dev/null && systemprompt which");
    assert!(switched.contains("my-project-prod") && switched.contains("by this shell's session"), "{switched}");
    let other = in_a_shell("systemprompt which");
    assert!(other.contains("my-project (") && other.contains("selected in this project"), "{other}");
    let left = in_a_shell(
        "systemprompt admin session switch production --shell >/dev/null && systemprompt admin session logout --shell \
         >/dev/null && systemprompt which",
    );
    assert!(left.contains("my-project (") && left.contains("selected in this project"), "{left}");
}

#[test]
fn a_shell_that_begins_a_session_leaves_the_tenants_profile_to_the_others() {
    let sandbox = project();
    sandbox.say("cloud profile create staging").ok();
    sandbox.say("cloud profile switch local").ok();
    sandbox.say("admin session logout").ok();
    let switched = in_a_shell(
        &sandbox,
        "systemprompt admin session switch staging --shell >/dev/null && systemprompt admin session show --json",
    );
    let switched: Value = serde_json::from_str(&switched).expect("one document");
    assert_eq!(switched["data"]["profile"], "staging");
    assert_eq!(show(&sandbox).1, "local");
}

#[test]
fn a_program_in_one_tenant_is_not_told_the_profile_of_another() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud profile create production --tenant my-project-prod").ok();
    sandbox.say("cloud tenant allow local_19bff27604c --yes").ok();
    sandbox.set("SYSTEMPROMPT_PROFILE", "production");
    let script = "echo ${SYSTEMPROMPT_PROFILE-none} $SYSTEMPROMPT_TENANT";
    let told = sandbox.run(["exec", "--tenant", "my-project", "--", "sh", "-c", script]).ok();
    assert_eq!(told.stdout, "none local_19bff27604c\n");
}

#[test]
fn what_is_hinted_at_is_about_the_tenant_that_was_asked_for_and_works() {
    let sandbox = project();
    sandbox.say("admin session logout --tenant my-project-prod").ok();
    let shown = sandbox.say("admin session show --tenant my-project-prod").ok().stdout;
    assert!(shown.contains("run `systemprompt admin session login --tenant my-project-prod`"), "{shown}");
    sandbox.say("admin session login --tenant my-project-prod").ok();

    // The profile in use goes, and there are others.
    for name in ["one", "two"] {
        sandbox.run(["cloud", "profile", "create", name]).ok();
    }
    let deleted = sandbox.say("cloud profile delete two -y").ok().stdout;
    let next = "it was in use, and none is now; to use another:  systemprompt cloud profile switch local";
    assert!(deleted.contains(next), "{deleted}");
    let refused = sandbox.say("admin session login --json").exits(3);
    assert_eq!(refused.json()["error"]["next_steps"][0], "systemprompt cloud profile switch local");
    sandbox.say("cloud profile delete local -y").ok();
    assert_eq!(show(&sandbox).1, "one", "the tenant's only one");
    sandbox.say("admin session login --token-only").ok();
    let refused = sandbox.say("cloud tenant create --region iad --json").exits(2);
    let next = "systemprompt cloud tenant create --region iad --name my-project";
    assert_eq!(refused.json()["error"]["next_steps"][0], next);
}
