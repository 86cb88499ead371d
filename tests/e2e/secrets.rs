//! Secrets that users set: handed over without a command line, sealed in the log, delivered to programs, never listed.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use systemprompt_tests::{Output, Sandbox, Screen};

const CANARY: &str = "canary-4f1d-it's $HOME \"and\" more";

/// Two tenants that need no server, the first selected.
fn sandbox() -> Sandbox {
    let registry = serde_json::json!({ "synced_at": "2026-02-01T10:00:00Z", "tenants": [
        { "id": "local_1aaaaaaaaaa", "name": "one", "tenant_type": "local" },
        { "id": "local_1bbbbbbbbbb", "name": "two", "tenant_type": "local" },
    ] });
    let sandbox = Sandbox::with_registry(&registry.to_string());
    for line in ["cloud tenant allow one --yes", "cloud tenant allow two --yes", "cloud tenant select one"] {
        sandbox.say(line).ok();
    }
    sandbox
}

fn piped(sandbox: &Sandbox, line: &str, input: &str) -> Output {
    let mut command = sandbox.command(line.split(' '));
    command.stdin(Stdio::piped());
    let mut running = sandbox.start(command);
    running.child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it can be written");
    running.end()
}

fn delivered(sandbox: &Sandbox, flags: &[&str], name: &str) -> String {
    let script = format!("printf %s \"${name}\"");
    let words = [&["exec", "--quiet"], flags, &["--", "sh", "-c", &script]].concat();
    sandbox.run(words).ok().stdout
}

#[test]
fn a_value_comes_by_standard_input_or_a_file_and_is_delivered_as_it_was() {
    let sandbox = sandbox();
    let set = piped(&sandbox, "cloud secrets set API_KEY --stdin", &format!("{CANARY}\n")).ok();
    assert_eq!(set.stdout, "set API_KEY of tenant `one`\n");
    assert_eq!(delivered(&sandbox, &[], "API_KEY"), CANARY);
    let pem = "-----BEGIN KEY-----\nAbC\n-----END KEY-----\n";
    fs::write(sandbox.project().join("key.pem"), pem).expect("a file can be written");
    sandbox.say("cloud secrets set TLS_KEY --file key.pem").ok();
    assert_eq!(delivered(&sandbox, &[], "TLS_KEY"), pem.trim_end());
    fs::write(sandbox.project().join("s.env"), "# three\nA=1\nexport B='two words'\nC=pa$$HOME\n")
        .expect("a file can be written");
    sandbox.say("cloud secrets set --env-file s.env").ok();
    assert_eq!(delivered(&sandbox, &[], "A$B"), "1two words");
    assert_eq!(delivered(&sandbox, &[], "C"), "pa$$HOME", "as it stands there");
    sandbox.say("history verify").ok();
    sandbox.say("history rebuild").ok();
}

#[test]
fn a_value_is_in_no_file_in_the_clear_and_in_no_answer_that_was_not_asked_for_it() {
    let sandbox = sandbox();
    let secret = "canary-7e2b-in-a-coal-mine";
    let mut seen = piped(&sandbox, "cloud secrets set API_KEY --stdin", secret).ok().whole();
    for line in
        ["cloud secrets list", "cloud secrets list --json", "env", "env --json", "history log", "history log --json"]
    {
        seen.push_str(&sandbox.say(line).ok().whole());
    }
    assert!(seen.contains("API_KEY") && !seen.contains(secret), "{seen}");
    let holds =
        |path: &std::path::PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).contains(secret);
    let files: Vec<_> = Sandbox::files_below(sandbox.root()).into_iter().filter(holds).collect();
    assert!(files.is_empty(), "{files:?}");
}

#[test]
fn a_value_on_a_command_line_is_refused_and_not_repeated() {
    let sandbox = sandbox();
    let refused = sandbox.say("cloud secrets set API_KEY=canary-on-the-line").exits(2);
    assert!(refused.stderr.contains("not taken from a command line"), "{}", refused.whole());
    assert!(!refused.stderr.contains("canary"), "{}", refused.whole());
    let missing = sandbox.say("cloud secrets set API_KEY --json").exits(2);
    assert_eq!(missing.error_code(), "flag-missing");
    assert_eq!(piped(&sandbox, "cloud secrets set A B --stdin --json", "x").exits(2).error_code(), "one-value");
    assert_eq!(
        piped(&sandbox, "cloud secrets set PGHOST --stdin --json", "x").exits(4).error_code(),
        "secret-reserved"
    );
    assert_eq!(piped(&sandbox, "cloud secrets set lower --stdin --json", "x").exits(2).error_code(), "bad-secret-name");
    assert_eq!(sandbox.say("cloud secrets list --json").ok().data()["secrets"], serde_json::json!([]));
}

#[test]
fn names_ages_and_who_set_them_are_listed() {
    let sandbox = sandbox();
    assert_eq!(sandbox.say("cloud secrets list").ok().stdout, "tenant `one` has no secrets\n");
    piped(&sandbox, "cloud secrets set API_KEY --stdin", "x").ok();
    let listed = sandbox.say("cloud secrets list").ok().stdout;
    assert!(listed.starts_with("  API_KEY  tenant  set ") && listed.contains("s ago by "), "{listed}");
    let data = sandbox.say("cloud secrets list --json").ok().data();
    assert_eq!(
        (&data["secrets"][0]["name"], &data["secrets"][0]["profile"]),
        (&"API_KEY".into(), &serde_json::Value::Null)
    );
    let mistyped = sandbox.say("cloud secrets unset API_KEX").exits(3);
    assert!(mistyped.stderr.contains("nothing was done; did you mean `API_KEY`?"), "{}", mistyped.whole());
    assert_eq!(sandbox.say("cloud secrets unset API_KEY").ok().stdout, "unset API_KEY of tenant `one`\n");
    assert_eq!(delivered(&sandbox, &[], "API_KEY"), "");
    assert_eq!(sandbox.say("cloud secrets unset API_KEY --json").exits(3).error_code(), "secret-not-found");
}

#[test]
fn one_tenants_secret_is_not_anothers() {
    let sandbox = sandbox();
    piped(&sandbox, "cloud secrets set API_KEY --stdin --tenant one", "of one").ok();
    assert_eq!(delivered(&sandbox, &["--tenant", "two"], "API_KEY"), "");
    piped(&sandbox, "cloud secrets set API_KEY --stdin --tenant two", "of two").ok();
    for (tenant, value) in [("one", "of one"), ("two", "of two")] {
        assert_eq!(delivered(&sandbox, &["--tenant", tenant], "API_KEY"), value);
    }
}

#[test]
fn a_profiles_own_secret_goes_before_its_tenants_and_both_are_in_its_file() {
    let sandbox = sandbox();
    sandbox.say("cloud profile create local").ok();
    sandbox.say("cloud profile create staging").ok();
    piped(&sandbox, "cloud secrets set API_KEY --stdin", "of the tenant").ok();
    piped(&sandbox, "cloud secrets set API_KEY --stdin --profile staging", "of staging").ok();
    for (profile, value) in [("local", "of the tenant"), ("staging", "of staging")] {
        assert_eq!(delivered(&sandbox, &["--profile", profile], "API_KEY"), value);
        let file = fs::read_to_string(sandbox.file(&format!("profiles/{profile}/secrets.json"))).expect("a file");
        assert!(file.contains(value), "{profile}: {file}");
    }
    let nested = delivered(&sandbox, &["--profile", "staging"], "SYSTEMPROMPT_PROFILE");
    assert_eq!(nested, "staging");
    sandbox.say("cloud secrets unset API_KEY --profile staging").ok();
    assert_eq!(delivered(&sandbox, &["--profile", "staging"], "API_KEY"), "of the tenant");
}

#[test]
fn at_a_terminal_the_value_is_asked_for_and_not_shown() {
    let sandbox = sandbox();
    let mut screen = Screen::run(&sandbox, "cloud secrets set API_KEY", 100);
    screen.wait_for("Value of API_KEY:");
    screen.press("typed-canary\r");
    assert_eq!(screen.end().0, 0, "{}", screen.text());
    let seen = screen.bytes();
    assert!(!seen.contains("typed-canary"), "{seen}");
    assert_eq!(delivered(&sandbox, &[], "API_KEY"), "typed-canary");
}
