//! The kit finds answers that the contract does not allow.

use std::rc::Rc;

use serde_json::{Value, json};
use systemprompt_sdk::bindings::exports::systemprompt::provider::provider::{Guest, Request as Asked, Tenant as Meant};
use systemprompt_sdk::docker::{ContainerSpec, Docker};
use systemprompt_sdk::testing::promise::{self, Kept};
use systemprompt_sdk::testing::{Component, Harness, Subject};
use systemprompt_sdk::{
    Description, Exported, Failure, FieldError, LiveStatus, Operation, Orphan, PlannedStep, ProbeReport, Provider,
    PsqlEnded, PsqlRun, Request, Tenant, account, log,
};

/// Keeps what the contract asks for: a container for each tenant.
struct Plain;

const NAME: &str = "one";

impl Provider for Plain {
    type Config = serde_json::Map<String, Value>;

    fn describe() -> Description {
        Description::local("plain", "0.1.0", "Keeps all promises", "{}")
    }

    fn probe() -> Result<ProbeReport, Failure> {
        Ok(ProbeReport::usable("here"))
    }

    fn plan(request: &Request<Self::Config>) -> Result<Vec<PlannedStep>, Failure> {
        Ok(match request.operation.as_str() {
            "create" => vec![PlannedStep::new("make", "makes it").undoable()],
            "delete" => vec![PlannedStep::new("remove", "removes it").irreversible()],
            _ => return Err(request.unknown()),
        })
    }

    fn create(op: &Operation<Self::Config>) -> Result<Value, Failure> {
        let spec = ContainerSpec::of_tenant(NAME, "image", 80);
        op.step("make").undo(remove).run(|| Docker.ensure_container(&spec).map(|_| ()))?;
        Ok(json!({ "database_url": format!("postgres://me:{}@127.0.0.1/db", op.secret("db-password")?) }))
    }

    fn delete(op: &Operation<Self::Config>) -> Result<(), Failure> {
        op.step("remove").irreversible().run(remove)
    }

    fn status(_: Option<&Tenant<Self::Config>>) -> Result<LiveStatus, Failure> {
        let is_there = Docker.inspect(NAME)?.is_some();
        Ok(if is_there { LiveStatus::ready() } else { LiveStatus::unreachable("missing") })
    }
}

fn remove() -> Result<(), Failure> {
    Docker.remove_container(NAME, &[])
}

/// What is said in place of what [`Plain`] says.
type Change<T> = fn(T) -> T;
/// What is done first.
type Prelude = fn(&Asked);

/// [`Plain`] with other words.
#[derive(Clone, Copy)]
struct Odd {
    description: Change<Description>,
    report: Change<Result<ProbeReport, Failure>>,
    errors: Change<Result<Vec<FieldError>, Failure>>,
    result: Change<Result<String, Failure>>,
    live: Change<Result<LiveStatus, Failure>>,
    prelude: Prelude,
    stopped: Option<&'static str>,
}

const SOUND: Odd = Odd {
    description: |same| same,
    report: |same| same,
    errors: |same| same,
    result: |same| same,
    live: |same| same,
    prelude: |_| {},
    stopped: None,
};

impl Subject for Odd {
    fn describe(&self) -> Description {
        (self.description)(Exported::<Plain>::describe())
    }

    fn probe(&self) -> Result<ProbeReport, Failure> {
        (self.report)(Exported::<Plain>::probe())
    }

    fn check(&self, config: String) -> Result<Vec<FieldError>, Failure> {
        (self.errors)(Exported::<Plain>::check(config))
    }

    fn plan(&self, request: Asked) -> Result<Vec<PlannedStep>, Failure> {
        Exported::<Plain>::plan(request)
    }

    fn run(&self, request: Asked) -> Result<String, Failure> {
        (self.prelude)(&request);
        (self.result)(Exported::<Plain>::run(request))
    }

    fn status(&self, tenant: Option<Meant>) -> Result<LiveStatus, Failure> {
        (self.live)(Exported::<Plain>::status(tenant))
    }

    fn orphans(&self, tenants: Vec<Meant>) -> Result<Option<Vec<Orphan>>, Failure> {
        Exported::<Plain>::orphans(tenants)
    }

    fn psql(&self, tenant: Meant, run: PsqlRun) -> Result<PsqlEnded, Failure> {
        Exported::<Plain>::psql(tenant, run)
    }

    fn stopped(&self) -> Option<String> {
        self.stopped.map(str::to_owned)
    }
}

fn of(odd: Odd) -> impl Fn() -> Harness<Component> {
    move || Harness::of(Rc::new(odd))
}

#[track_caller]
fn breaks(kept: Kept, expected: &str) {
    let broken = kept.expect_err("a promise that is broken").to_string();
    assert!(broken.contains(expected), "{broken}");
}

#[test]
fn a_sound_provider_is_found_sound() {
    let make = of(SOUND);
    promise::it_describes_itself(&make).unwrap();
    promise::a_configuration_is_judged_and_not_stumbled_over(&make, &json!({})).unwrap();
    promise::what_is_new_is_ignored(&make).unwrap();
    promise::what_looks_changes_nothing(&make, &json!({})).unwrap();
    promise::messages_can_be_read(&make).unwrap();
    promise::passwords_are_secrets_of_the_program(&make).unwrap();
    promise::it_asks_for_nothing_beyond_its_description(&make).unwrap();
}

#[test]
fn a_description_out_of_shape_is_found() {
    let described = |description| promise::it_describes_itself(of(Odd { description, ..SOUND }));
    breaks(described(|plain| Description { id: "No Id".to_owned(), ..plain }), "the id `No Id` is not 1 to 40");
    breaks(described(|plain| Description { title: "a\u{1b}[2J".to_owned(), ..plain }), "control characters");
    breaks(described(|plain| Description { tenant_type: "moon".to_owned(), ..plain }), "neither `local` nor `cloud`");
    breaks(described(|plain| Description { operations: vec!["create".to_owned()], ..plain }), "no operation `delete`");
    breaks(described(|plain| plain.operations(&["create"])), "the operation `create` twice");
    breaks(described(|plain| Description { config_schema: "[]".to_owned(), ..plain }), "schema is no JSON object");
}

#[test]
fn a_configuration_that_is_misjudged_is_found() {
    let judged = |odd| promise::a_configuration_is_judged_and_not_stumbled_over(of(odd), &json!({}));
    breaks(judged(Odd { errors: |_| Ok(Vec::new()), ..SOUND }), "takes 7 for a configuration");
    let broken = |_| Err(Failure::broken("stumbled", "it stumbled"));
    breaks(judged(Odd { errors: broken, ..SOUND }), "`check` of this configuration: it stumbled");
    let strict = |plain| Description { config_schema: r#"{ "additionalProperties": false }"#.to_owned(), ..plain };
    breaks(judged(Odd { description: strict, ..SOUND }), "does not name one that nobody knows");
}

#[test]
fn an_extension_that_is_not_ignored_is_found() {
    let prelude: Prelude = |request| {
        assert!(request.tenant.as_ref().is_none_or(|tenant| tenant.ext == request.ext));
        if request.ext.is_some() {
            log::info("something new");
        }
    };
    promise::what_is_new_is_ignored(of(Odd { prelude, ..SOUND })).unwrap();
    let result = |_| Ok(json!({ "at": systemprompt_sdk::clock::now_ms(), "made": made() }).to_string());
    breaks(promise::what_is_new_is_ignored(of(Odd { result, ..SOUND })), "makes another plan, result or world");
}

/// Another number each time.
fn made() -> usize {
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn a_status_that_does_not_follow_the_tenant_is_found() {
    let looks = |live| promise::what_looks_changes_nothing(of(Odd { live, ..SOUND }), &json!({}));
    breaks(looks(|_| Ok(LiveStatus::unreachable("sleepy"))), "created is not reachable, but `sleepy`");
    breaks(looks(|_| Ok(LiveStatus::ready())), "a tenant that was deleted is said to be reachable");
}

#[test]
fn words_that_cannot_be_read_are_found() {
    let answered = |result| promise::messages_can_be_read(of(Odd { result, ..SOUND }));
    breaks(answered(|_| Err(Failure::refused("no", "It failed."))), "ends in a full stop");
    breaks(answered(|_| Err(Failure::refused("Not A Code", "no"))), "is not written as `port-taken` is");
    breaks(answered(|_| Err(Failure::refused("no", "two\nlines"))), "control characters");
    breaks(answered(|_| Err(Failure::refused("no", " "))), "is empty");
    breaks(answered(|_| Ok("{}".to_owned())), "`run` takes an operation that nobody knows");
}

#[test]
fn a_password_of_its_own_and_a_placeholder_that_is_shown_are_found() {
    let kept = |odd| promise::passwords_are_secrets_of_the_program(of(odd));
    let literal = |_| Ok(json!({ "database_url": "postgres://me:hunter2@127.0.0.1/db" }).to_string());
    breaks(kept(Odd { result: literal, ..SOUND }), "is not the placeholder of a secret");
    let shown = |_| Ok(LiveStatus::ready().detail("login", "{{secret:db-password@1}}"));
    breaks(kept(Odd { live: shown, ..SOUND }), "shown to people: {{secret:db-password@1}}");
    let logged: Prelude = |_| log::info("logging in with {{machine:admin@1}}");
    breaks(kept(Odd { prelude: logged, ..SOUND }), "logging in with {{machine:admin@1}}");
}

#[test]
fn what_is_asked_for_beyond_the_description_is_found() {
    let prelude: Prelude = |_| drop(systemprompt_sdk::http::Request::get("https://elsewhere.example/v1").send());
    let make = of(Odd { prelude, ..SOUND });
    breaks(promise::it_asks_for_nothing_beyond_its_description(&make), "requests to `https://elsewhere.example`");
    let prelude: Prelude = |_| drop(account::secret("another-token"));
    let logged_in = || {
        let mut harness = of(Odd { prelude, ..SOUND })();
        harness.world().log_in("token");
        harness
    };
    let kept = promise::it_asks_for_nothing_beyond_its_description(logged_in);
    breaks(kept, "the field `another-token` of the account");
}

#[test]
fn what_was_stopped_breaks_each_promise_in_which_it_was() {
    let make = of(Odd { stopped: Some("it trapped"), ..SOUND });
    breaks(promise::it_describes_itself(&make), "`describe`: it was stopped: it trapped");
    breaks(promise::a_failed_create_leaves_nothing(&make), "an undisturbed `create`: it was stopped: it trapped");
}
