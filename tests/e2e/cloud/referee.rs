//! A life at Fly with a referee between: Prism holds each request and each answer against Fly's documents, which lie beside the
//! repository. Where they or Prism are not here, that is said.

mod prism;

use serde_json::{Value, json};
use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use systemprompt_tests::Sandbox;

use self::prism::Prism;
use super::CREATE;
use super::access::{CLOSE, OPEN};

/// As Fly publishes it: nothing in it is required or closed, and what has no value is left out.
const PUBLISHED: &str = "fly-machines-openapi.json";
/// A stricter copy, with what Fly's prose and its own clients add: what is required, what is not known, and errors.
const STRICTER: &str = "fly-machines-openapi-strict.json";

/// All that the provider asks of Fly, in the order of a life.
const LIFE: [&str; 18] = [
    CREATE,
    "cloud tenant show my-project-prod",
    "cloud tenant status my-project-prod",
    OPEN,
    "cloud tenant rotate-credentials my-project-prod -y",
    "cloud tenant rotate-sync-token my-project-prod -y",
    "cloud sync",
    CLOSE,
    "cloud tenant cancel my-project-prod --plan",
    "cloud tenant cancel my-project-prod -y",
    "cloud sync",
    "cloud tenant create --region lhr --name second --config app_image=registry.fly.io/shop:1",
    "cloud tenant status second",
    "cloud tenant rotate-credentials second -y",
    "cloud tenant edit second --config app_image=registry.fly.io/shop:2",
    "cloud tenant delete second --plan",
    "cloud tenant delete second -y",
    "cloud auth whoami",
];

/// The same of a tenant whose database Fly manages: of that, the published document has nothing.
const MANAGED: [&str; 9] = [
    "cloud tenant create --region iad --name third --config database=managed --config app_image=registry.fly.io/shop:1",
    "cloud tenant status third",
    "cloud tenant rotate-credentials third -y",
    "cloud sync",
    "cloud tenant cancel third --plan",
    "cloud tenant cancel third -y",
    "cloud tenant create --region iad --name fourth --config database=managed --config database_plan=performance",
    "infra db status --tenant fourth",
    "cloud tenant delete fourth -y",
];

/// Where the published document is wrong, each with the reason: the place, and what stands there for the referee.
fn amendments() -> [(&'static str, &'static str, Value); 3] {
    let text = json!({ "type": "string" });
    [
        (
            "it is older than Managed Postgres; that there are no clusters is asked for by each `cloud sync`",
            "/paths/~1postgres",
            json!({ "get": {
                "parameters": [{ "name": "org_slug", "in": "query", "required": true, "schema": text }],
                "responses": { "200": { "description": "OK", "content": { "application/json": { "schema": {
                    "type": "object", "required": ["data"], "properties": { "data": { "type": "array", "maxItems": 0,
                    "items": {} } } } } } } },
            } }),
        ),
        (
            "its own words on `state` are: supports repeated or comma-separated values",
            "/paths/~1apps~1{app_name}~1machines~1{machine_id}~1wait/get/parameters/6/schema",
            json!({ "type": "array", "items": { "type": "string",
                "enum": ["started", "stopped", "suspended", "destroyed", "failed", "settled"] } }),
        ),
        (
            "it describes no errors of most requests; an app that is not there is one that has to be told",
            "/paths/~1apps~1{app_name}/get/responses/404",
            json!({ "description": "Not Found", "content": { "application/json": { "schema": {
                "$ref": "#/components/schemas/ErrorResponse" } } } }),
        ),
    ]
}

/// Puts a value where a pointer leads, also where there was none.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("the document has no {parent}"));
    parent[name.replace("~1", "/").replace("~0", "~").as_str()] = value;
}

/// A Fly that leaves out what has no value, where the document knows no nulls.
fn fly(nulls: bool) -> FakeFly {
    let settings = Settings { rate_limits: RateLimits::none(), nulls, ..Settings::default() };
    FakeFly::with(settings).expect("a port is free")
}

/// Lives through it all with this document; nothing that was asked or answered is against it. Says how much that was.
fn live(test: &str, name: &str, nulls: bool, more: &[&str], amend: impl Fn(&mut Value)) -> String {
    let mut sandbox = Sandbox::new();
    let fly = fly(nulls);
    let Some(mut prism) = Prism::before(test, &fly, sandbox.root(), name, amend) else { return String::new() };
    sandbox.set("FLY_API_TOKEN", fly.token());
    sandbox.say(&format!("cloud auth login --api-url {}", prism.url())).ok();
    sandbox.set("FLY_API_TOKEN", "");
    for line in LIFE.iter().chain(more) {
        let output = sandbox.say(line);
        assert_eq!(output.code, 0, "{line}: {}\n{:#?}", output.whole(), prism.violations());
    }
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    let (asked, judged) = (fly.requests().len(), prism.requests());
    assert_eq!(prism.violations(), [""; 0]);
    assert_eq!(asked, judged, "each request came by the referee");
    format!("{judged} requests and their answers are as {name} says")
}

#[test]
fn what_the_provider_and_the_fake_say_is_as_the_published_document_has_it() {
    let test = "what_the_provider_and_the_fake_say_is_as_the_published_document_has_it";
    let said = live(test, PUBLISHED, false, &[], |document| {
        let parameter = "/paths/~1apps~1{app_name}~1machines~1{machine_id}~1wait/get/parameters/6/name";
        assert_eq!(document.pointer(parameter), Some(&json!("state")));
        for (_, place, value) in amendments() {
            put(document, place, value);
        }
    });
    println!("{said}");
}

#[test]
fn what_the_provider_and_the_fake_say_is_as_the_stricter_document_has_it() {
    let test = "what_the_provider_and_the_fake_say_is_as_the_stricter_document_has_it";
    println!("{}", live(test, STRICTER, true, &MANAGED, |_| {}));
}

#[test]
fn the_referee_sees_a_wrong_request_and_a_wrong_answer() {
    let test = "the_referee_sees_a_wrong_request_and_a_wrong_answer";
    let sandbox = Sandbox::new();
    let fly = fly(true);
    // For whoever reads this document, what the fake answers lacks something.
    let wrong = |document: &mut Value| {
        let place = "/paths/~1tokens~1current/get/responses/200/content/application~1json/schema";
        put(document, place, json!({ "type": "object", "required": ["no_such_field"] }));
    };
    let Some(mut prism) = Prism::before(test, &fly, sandbox.root(), STRICTER, wrong) else { return };
    prism.ask(fly.token(), "GET", "/v1/tokens/current", "");
    prism.ask(fly.token(), "POST", "/v1/apps", r#"{"app_name":"x","org_slug":"acme"}"#);
    prism.ask(fly.token(), "GET", "/v1/no-such-thing", "");
    let violations = prism.violations();
    assert_eq!(violations.len(), 3, "{violations:#?}");
    assert!(violations.iter().any(|found| found.contains("get /v1/tokens/current")), "{violations:#?}");
    assert!(violations.iter().any(|found| found.contains("post /v1/apps")), "{violations:#?}");
    assert!(violations.iter().any(|found| found.contains("get /v1/no-such-thing")), "{violations:#?}");
    assert_eq!(fly.inventory().apps.len(), 0, "what is wrong does not get through");
}
