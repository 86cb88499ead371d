//! Recorded exchanges: made once with a server, or with the service itself and an account, and played without either.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use systemprompt_tests::Sandbox;

use super::conformance::keeps_all;
use super::{change, player};

/// What nobody may find in a cassette.
const TOKEN: &str = "fo1_canary-of-the-authors-account-7461";
const DESTINATION: &str = "https://api.machines.dev";

/// A cassette of a whole test, and where it lies.
fn recorded(sandbox: &Sandbox) -> PathBuf {
    let fly = player::of_fly_at_once();
    keeps_all(
        sandbox.say(&format!("plugin test fly --service {DESTINATION}={fly} --record tests/fly.json --json")),
        25,
    );
    sandbox.project().join("tests/fly.json")
}

/// Everything that was tried with a cassette: about what, which promise, how it came out and why.
fn tried(data: &Value) -> Vec<(&str, &str, &str, &str)> {
    let promises = data["promises"].as_array().expect("promises");
    promises
        .iter()
        .map(|tried| {
            let field = |name: &str| tried[name].as_str().unwrap_or_default();
            (field("about"), field("promise"), field("outcome"), field("why"))
        })
        .collect()
}

#[test]
fn a_test_that_was_recorded_is_played_without_a_server() {
    let sandbox = Sandbox::new();
    let cassette = recorded(&sandbox);
    keeps_all(sandbox.say("plugin test fly --cassette tests/fly.json --json"), 25);
    let text = fs::read_to_string(&cassette).expect("the cassette can be read");
    assert!(!text.contains("Bearer"), "headers of requests are not recorded");

    // Somebody takes away what the provider asks for.
    change(&cassette, "\"method\": \"POST\"", "\"method\": \"PUT\"");
    let tested = sandbox.say("plugin test fly --cassette tests/fly.json --json").exits(1).data();
    let missed = tried(&tested).into_iter().find(|(.., why)| why.contains("was not recorded; after"));
    let (.., outcome, why) = missed.expect("a request is missed");
    assert_eq!(outcome, "not-tried");
    assert!(why.contains("`POST https://api.machines.dev/v1/apps") && why.contains("recorded was `PUT"), "{why}");
}

#[test]
fn an_operation_is_recorded_from_the_service_itself_and_no_secret_of_it() {
    let mut sandbox = Sandbox::new();
    let settings = Settings { token: TOKEN.to_owned(), rate_limits: RateLimits::none(), ..Settings::default() };
    let fly = FakeFly::with(settings).expect("a fake can be started");
    let line = format!("plugin run delete fly --record tests/fly.json --api-url {}", fly.url());
    let nobody = sandbox.say(&format!("{line} --json")).exits(2);
    assert_eq!(nobody.error_code(), "account-value-missing");
    sandbox.set("FLY_API_TOKEN", TOKEN);
    let performed = sandbox.say(&line).ok();
    assert!(performed.stderr.contains("recorded ") && fly.inventory().apps.is_empty(), "{}", performed.whole());
    let text = fs::read_to_string(sandbox.project().join("tests/fly.json")).expect("the cassette can be read");
    for secret in [TOKEN, "canary", "authorization"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!performed.whole().contains(TOKEN), "{}", performed.whole());
    assert!(text.contains("{{secret:"), "a placeholder stays one");

    drop(fly);
    sandbox.say("plugin run delete fly --cassette tests/fly.json").ok();
    let tested = sandbox.say("plugin test fly --cassette tests/fly.json --json").exits(1).data();
    assert_eq!(tested["broken"], 0, "{tested:#}");
    let all = tried(&tested);
    for operation in ["create", "delete"] {
        let plan =
            all.iter().find(|(about, promise, ..)| *about == operation && promise.starts_with("takes the steps"));
        assert_eq!(plan.expect("it was tried").2, "kept", "{tested:#}");
    }
    let not_tried: Vec<_> = all.iter().filter(|(.., outcome, _)| *outcome == "not-tried").collect();
    assert!(!not_tried.is_empty(), "{tested:#}");
    for (about, promise, _, why) in not_tried {
        let names_what_is_missing = why.contains("was not recorded; after") || why.contains("follows on a request");
        assert!(names_what_is_missing, "{about}: {promise}: {why}");
    }
}

#[test]
fn what_is_no_cassette_is_said_to_be_none_and_stays() {
    let sandbox = Sandbox::new();
    let file = sandbox.project().join("notes.json");
    fs::write(&file, "{\"mine\": 1}\n").expect("a file can be written");
    for option in ["--cassette notes.json", "--record notes.json"] {
        let refused =
            sandbox.say(&format!("plugin test fly {option} --service {DESTINATION}=http://127.0.0.1:9 --json"));
        assert_eq!(refused.exits(4).error_code(), "bad-cassette");
    }
    let absent = sandbox.say("plugin test fly --cassette nothing.json --json").exits(1);
    assert_eq!(absent.error_code(), "plugin-file");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "{\"mine\": 1}\n");
}
