//! Another password and another sync token of a tenant at Fly.

use std::time::Duration;

use systemprompt_fake_fly::{FakeFly, Fault, Output as Ran, Request, Rule};
use systemprompt_tests::Sandbox;

use super::{APP, CREATE, counts, logged_in, password, registered, url};

const ROTATE: &str = "cloud tenant rotate-credentials my-project-prod -y";

fn made(fly: &FakeFly) -> Sandbox {
    let sandbox = logged_in(fly);
    sandbox.say(CREATE).ok();
    sandbox
}

#[test]
fn after_a_rotation_the_database_takes_the_new_password_and_refuses_the_old_one() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let (old, secrets) = (password(&sandbox), fly.inventory().apps[0].secrets_version);
    assert!(fly.takes_password(APP, &old));
    let said = sandbox.say(ROTATE).ok();
    assert!(said.stdout.contains("the old password is refused"), "{}", said.whole());
    let new = password(&sandbox);
    assert_ne!(old, new);
    assert!(fly.takes_password(APP, &new) && !fly.takes_password(APP, &old));
    assert_eq!(fly.inventory().apps[0].secrets_version, secrets + 1, "Fly was given the new one");
    assert_eq!(counts(&fly.inventory()), [1, 1, 1, 2]);
    sandbox.say(ROTATE).ok();
    assert!(fly.takes_password(APP, &password(&sandbox)) && !fly.takes_password(APP, &new));
    sandbox.say("cloud tenant status my-project-prod").ok();
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn a_rotation_puts_no_password_into_a_command_and_no_more_of_it_anywhere_than_it_has_to() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    // The creation's own command on the machine does not count against the rotation's.
    fly.clock().advance(Duration::from_secs(10));
    let (old, before) = (password(&sandbox), fly.requests().len());
    let mut printed = sandbox.say(&format!("{ROTATE} --verbose")).ok().whole();
    printed += &sandbox.say("history log --json").ok().whole();
    let new = password(&sandbox);
    assert!(!printed.contains(&old) && !printed.contains(&new), "{printed}");
    let requests = &fly.requests()[before..];
    for request in requests {
        let command = request.json()["command"].to_string();
        assert!(!command.contains(&old) && !command.contains(&new), "{command}");
    }
    let holding = |request: &&Request| String::from_utf8_lossy(&request.body).contains(&new);
    let machine = fly.inventory().machines[0].id.clone();
    let exec = format!("POST /v1/apps/{APP}/machines/{machine}/exec");
    let secrets = format!("POST /v1/apps/{APP}/secrets");
    assert_eq!(
        requests.iter().filter(holding).map(Request::line).collect::<Vec<_>>(),
        [exec.clone(), exec.clone(), secrets.clone()]
    );
    let lines: Vec<_> = requests.iter().map(Request::line).collect();
    let expected = [
        format!("GET /v1/apps/{APP}"),
        format!("GET /v1/apps/{APP}/machines"),
        exec.clone(),
        exec.clone(),
        secrets,
        exec,
    ];
    assert_eq!(lines, expected, "and nothing is asked that need not be");
}

#[test]
fn what_keeps_the_text_of_statements_is_told_not_to_before_it_reads_a_password() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let asked = fly.requests().len();
    sandbox.say(ROTATE).ok();
    let new = password(&sandbox);
    let requests = fly.requests();
    let mut scripts = requests[asked..].iter().map(|request| request.json()["stdin"].to_string());
    let script = scripts.find(|script| script.contains(&new)).expect("the machine is told the new password");
    let (before, _) = script.split_once(&new).expect("it is in there");
    for setting in [
        "log_statement",
        "log_min_error_statement",
        "log_min_duration_statement",
        "log_transaction_sample_rate",
        "log_min_duration_sample",
        "pg_stat_statements.track_utility",
    ] {
        assert!(before.contains(setting), "{setting}: {before}");
    }
}

#[test]
fn a_rotation_that_fails_puts_the_old_password_back_in_both_places() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let old = url(&sandbox);
    let refusal = Fault::Refusal { status: 422, error: "no".to_owned(), code: None };
    fly.fail(Rule::next("POST", "/v1/apps/*/secrets", refusal.clone()));
    let failed = sandbox.say(&format!("{ROTATE} --json")).exits(4);
    assert_eq!(failed.error_code(), "fly-refused", "{}", failed.whole());
    assert_eq!(url(&sandbox), old);
    assert!(fly.takes_password(APP, &password(&sandbox)));
    // The last of three commands on the machine.
    fly.fail(Rule::next("POST", "/v1/apps/*/machines/*/exec", refusal).nth(3));
    sandbox.say(ROTATE).exits(4);
    assert_eq!(url(&sandbox), old);
    assert!(fly.takes_password(APP, &password(&sandbox)));
    let handed_over = fly.requests().into_iter().rfind(|request| request.path.ends_with("/secrets"));
    let handed_over = handed_over.expect("Fly was given secrets").json()["values"]["PGPASSWORD"].clone();
    assert_eq!(handed_over, password(&sandbox));
    sandbox.say(ROTATE).ok();
    assert_ne!(url(&sandbox), old);
}

#[test]
fn a_database_that_takes_any_password_is_not_said_to_be_rotated() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let old = url(&sandbox);
    fly.on_exec(|command| {
        let logins = command.stdin.unwrap_or_default().matches("select 1").count();
        Ran { exit_code: 0, stdout: "1\n".repeat(logins), stderr: String::new() }
    });
    let output = sandbox.say(&format!("{ROTATE} --json")).exits(4);
    assert_eq!(output.error_code(), "old-password-taken", "{}", output.whole());
    assert_eq!(url(&sandbox), old);
}

#[test]
fn a_machine_that_does_not_run_is_not_asked_for_anything() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    fly.process_ends(&fly.inventory().machines[0].id, 0);
    let before = fly.requests().len();
    let output = sandbox.say(ROTATE).exits(4);
    assert!(output.stderr.contains("fly machine start"), "{}", output.whole());
    assert!(fly.requests()[before..].iter().all(|request| request.method == "GET"));
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
}

#[test]
fn two_passwords_at_a_time_are_refused() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let output = sandbox.say(&format!("{ROTATE} --overlap 1h --json")).exits(4);
    assert_eq!(output.error_code(), "overlap-unsupported", "{}", output.whole());
}

#[test]
fn a_sync_token_is_made_anew_here_and_fly_is_told_nothing() {
    let fly = FakeFly::start();
    let sandbox = made(&fly);
    let (old, before) = (registered(&sandbox)["sync_token"].clone(), fly.requests().len());
    sandbox.say("cloud tenant rotate-sync-token my-project-prod -y").ok();
    let new = registered(&sandbox)["sync_token"].clone();
    assert!(new.as_str().is_some_and(|token| token.starts_with("sp_sync_")) && new != old, "{new}");
    assert_eq!(fly.requests().len(), before);
    sandbox.say(ROTATE).ok();
    assert_eq!(registered(&sandbox)["sync_token"], new, "a rotation of the password leaves it");
}
