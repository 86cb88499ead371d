//! Logging in: checked before it is kept, sealed, of use where it was made and towards where it was made, and forgotten.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use systemprompt_fake_fly::{Access, FakeFly, Request};
use systemprompt_tests::{LogFile, Output, Sandbox, terminal};

use super::{CREATE, log_in, logged_in};

/// Everything that a project's files say, but for the one that is to hold the token.
fn all_files(sandbox: &Sandbox) -> Vec<u8> {
    let files = Sandbox::files_below(&sandbox.file(""));
    let others = files.iter().filter(|path| path.file_name().is_none_or(|name| name != "credentials.json"));
    others.flat_map(|path| fs::read(path).expect("a file can be read")).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[track_caller]
fn refused(output: Output, exit: i32, code: &str) -> Output {
    assert_eq!(output.error_code(), code, "{}", output.whole());
    output.exits(exit)
}

#[test]
fn a_login_says_whose_the_token_is_and_is_known_without_the_network() {
    let fly = FakeFly::start();
    let mut sandbox = Sandbox::new();
    let login = log_in(&mut sandbox, &fly).ok();
    assert_eq!(login.data()["user"], "somebody@acme.example");
    assert_eq!(login.data()["organisation"], "acme");
    assert_eq!(login.data()["source"], "FLY_API_TOKEN");
    assert_eq!(login.data()["api_url"], fly.url());
    assert_eq!(fly.requests().iter().map(Request::line).collect::<Vec<_>>(), ["GET /v1/tokens/current"]);
    drop(fly);
    let whoami = sandbox.say("cloud auth whoami").ok();
    for says in ["somebody@acme.example", "acme", "the variable FLY_API_TOKEN", "http://127.0.0.1:"] {
        assert!(whoami.stdout.contains(says), "{says}: {}", whoami.whole());
    }
    assert_eq!(sandbox.say("cloud auth whoami --check --json").exits(6).error_code(), "http-unreachable");
}

#[test]
fn the_token_is_in_one_file_that_only_its_owner_can_read_and_sealed_elsewhere() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let path = sandbox.file("credentials.json");
    assert_eq!(fs::metadata(&path).expect("the file is there").permissions().mode() & 0o777, 0o600);
    let credentials: Value = serde_json::from_slice(&fs::read(&path).expect("it can be read")).expect("it is JSON");
    assert_eq!(credentials["api_token"], fly.token());
    assert_eq!(credentials["api_url"], fly.url());
    assert_eq!(credentials["user_email"], "somebody@acme.example");
    assert!(credentials["authenticated_at"].is_string());
    assert!(!holds(&all_files(&sandbox), fly.token()), "the token is in the clear elsewhere");
    for line in ["cloud auth whoami --json", "history log --json", "history show 2 --json", "plugin show fly"] {
        let output = sandbox.say(line);
        assert!(!output.whole().contains(fly.token()), "{}", output.whole());
    }
}

#[test]
fn a_token_comes_by_standard_input_too_and_one_with_a_scheme_of_its_own_keeps_it() {
    let fly = FakeFly::start();
    let sandbox = Sandbox::new();
    for (token, header) in [(fly.token().to_owned(), "Bearer"), (format!("FlyV1 {}", fly.token()), "FlyV1")] {
        fs::write(sandbox.project().join("token"), format!("{token}\n")).expect("a file can be written");
        let line = format!("systemprompt cloud auth login --json --token-stdin --api-url {} < token", fly.url());
        let login = terminal::unseen(&sandbox, &line).ok();
        assert_eq!(login.data()["source"], "stdin");
        let asked = fly.requests().pop().expect("Fly was asked");
        assert_eq!(asked.header("authorization"), Some(&*format!("{header} {}", fly.token())));
    }
}

#[test]
fn a_token_that_the_provider_does_not_take_is_not_kept_and_makes_no_project() {
    let fly = FakeFly::start();
    let mut sandbox = Sandbox::new();
    sandbox.set("FLY_API_TOKEN", "fm2_of_nobody");
    let login = format!("cloud auth login --api-url {}", fly.url());
    let output = refused(sandbox.say(&format!("{login} --json")), 5, "account-refused");
    let request = fly.requests().pop().expect("Fly was asked");
    assert!(output.stdout.contains(&format!("request {}", request.id)), "{}", output.whole());
    let said = sandbox.say(&login).exits(5);
    assert!(!said.whole().contains("fm2_of_nobody"), "{}", said.whole());
    assert!(!sandbox.file("").exists(), "a project was made");
    fly.accept(
        "fm2_of_one_app",
        Access { scope: systemprompt_fake_fly::Scope::App("x".to_owned()), ..Access::to("acme") },
    );
    sandbox.set("FLY_API_TOKEN", "fm2_of_one_app");
    refused(sandbox.say(&format!("{login} --json")), 5, "account-forbidden");
}

#[test]
fn without_a_token_it_is_said_how_one_is_handed_over() {
    let sandbox = Sandbox::new();
    let output = sandbox.say("cloud auth login").exits(2);
    assert!(output.stderr.contains("`--token-stdin`, or in the variable `FLY_API_TOKEN`"), "{}", output.whole());
    refused(sandbox.say("cloud auth login --provider docker --json"), 2, "no-account");
    refused(sandbox.say("cloud auth whoami --json"), 5, "not-logged-in");
    assert!(!sandbox.file("").exists(), "a project was made");
}

#[test]
fn what_needs_a_login_names_the_command_and_does_nothing() {
    let sandbox = Sandbox::new();
    let output = sandbox.say(CREATE).exits(5);
    assert!(output.stderr.contains("hint: run `systemprompt cloud auth login`"), "{}", output.whole());
    assert!(!sandbox.file("").exists(), "a project was made");
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    refused(sandbox.say(&format!("{CREATE} --json")), 5, "not-logged-in");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was begun");
}

#[test]
fn logging_out_forgets_the_account_and_touches_no_tenant() {
    let fly = FakeFly::start();
    let mut sandbox = logged_in(&fly);
    sandbox.say(CREATE).ok();
    let asked = fly.requests().len();
    let logout = sandbox.say("cloud auth logout --json").ok().data();
    assert_eq!((&logout["logged_out"], &logout["tenants"]), (&Value::Bool(true), &Value::from(1)));
    assert!(!sandbox.file("credentials.json").exists());
    refused(sandbox.say("cloud auth whoami --json"), 5, "not-logged-in");
    refused(sandbox.say("cloud tenant status my-project-prod --json"), 5, "not-logged-in");
    refused(sandbox.say("cloud tenant delete my-project-prod -y --json"), 5, "not-logged-in");
    assert_eq!((fly.requests().len(), fly.inventory().apps.len()), (asked, 1));
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
    assert_eq!(sandbox.say("cloud auth logout --json").ok().data()["logged_out"], false);
    sandbox.say("history verify").ok();
    log_in(&mut sandbox, &fly).ok();
    sandbox.say("cloud tenant status my-project-prod").ok();
}

/// The project of one user as another user gets it.
fn copied(from: &Sandbox) -> Sandbox {
    let to = Sandbox::new();
    let copied = Command::new("cp").arg("-r").arg(from.project().join(".systemprompt")).arg(to.project()).status();
    assert!(copied.is_ok_and(|status| status.success()), "a project can be copied");
    to
}

#[test]
fn a_login_is_of_no_use_in_a_project_that_somebody_else_copied() {
    let fly = FakeFly::start();
    let theirs = logged_in(&fly);
    let mine = copied(&theirs);
    let asked = fly.requests().len();
    for line in ["cloud auth whoami --json", &format!("{CREATE} --json")] {
        let output = mine.say(line);
        assert!([4, 5].contains(&output.code), "{}", output.whole());
        assert!(["not-logged-in", "not-allowed-here"].contains(&&*output.error_code()), "{}", output.whole());
    }
    assert_eq!(fly.requests().len(), asked, "the token was used");
}

#[test]
fn nothing_in_a_project_sends_the_token_elsewhere() {
    let (fly, other) = (FakeFly::start(), FakeFly::start());
    let sandbox = logged_in(&fly);
    let point_at = |url: &str| {
        let mut log = LogFile::open(&sandbox.file("log.db"));
        log.run(&format!("update accounts set api_url = '{url}'"));
        log.close();
    };
    point_at(&other.url());
    refused(sandbox.say("cloud auth whoami --check --json"), 4, "not-allowed-here");
    // Where this user has pointed another login does not open this one.
    let mut elsewhere = Sandbox::new();
    elsewhere.set("SYSTEMPROMPT_DATA_DIR", &sandbox.data().display().to_string());
    log_in(&mut elsewhere, &other).ok();
    let asked = other.requests().len();
    refused(sandbox.say("cloud auth whoami --check --json"), 5, "not-logged-in");
    assert_eq!(other.requests().len(), asked, "the token went elsewhere");
    point_at(&fly.url());
    sandbox.say("cloud auth whoami --check").ok();
}

#[test]
fn a_file_of_credentials_that_somebody_else_wrote_is_kept_aside() {
    let fly = FakeFly::start();
    let mut sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name one").ok();
    fs::write(sandbox.file("credentials.json"), "{\"api_token\": \"theirs\"}").expect("a file can be written");
    let kept = |sandbox: &Sandbox| {
        let files = Sandbox::files_below(&sandbox.file(""));
        let is_kept = |path: &&std::path::PathBuf| path.to_string_lossy().contains("credentials.edited-");
        files.iter().filter(is_kept).map(|path| read(path)).collect::<Vec<_>>()
    };
    sandbox.say("cloud tenant select one").ok();
    assert_eq!(read(&sandbox.file("credentials.json")), "{\"api_token\": \"theirs\"}", "nobody logged in yet");
    log_in(&mut sandbox, &fly).ok();
    assert_eq!(kept(&sandbox), ["{\"api_token\": \"theirs\"}"]);
    fs::remove_file(sandbox.file("credentials.json")).expect("the file is there");
    sandbox.say("cloud tenant unselect").ok();
    assert!(read(&sandbox.file("credentials.json")).contains(fly.token()), "it was not written again");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a file can be read")
}
