//! What a guest may do to its host in memory, tried by a provider that is the stage itself.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt;
use serde_json::Value;
use systemprompt_sdk::bindings::exports::systemprompt::provider::provider as theirs;
use systemprompt_sdk::testing::{Component, Harness, Subject};
use systemprompt_sdk::{
    Description, Failure, FieldError, LiveStatus, Orphan, PlannedStep, ProbeReport, PsqlEnded, PsqlRun,
};

use super::super::imports::{docker, secrets};
use super::*;
use crate::plugin::limits::MEMORY_BYTES_MAX;

/// Something that calls the host, during an operation or while a provider only looks.
type Calls = fn(&mut Stage) -> wasmtime::Result<String>;

/// A provider that is nothing but its calls.
struct Caller {
    calls: Calls,
    trace: Trace,
    ended: RefCell<Option<String>>,
}

impl Caller {
    fn call(&self) -> Result<String, Failure> {
        let called = (self.calls)(&mut Stage::new(MEMORY_BYTES_MAX, Some(self.trace.clone())));
        called.map_err(|error| {
            Failure::broken("plugin-stopped", self.ended.borrow_mut().insert(format!("{error:#}")).clone())
        })
    }
}

impl Subject for Caller {
    fn describe(&self) -> Description {
        Description::local("caller", "1", "", "{}")
    }

    fn probe(&self) -> Result<ProbeReport, Failure> {
        self.call().map(ProbeReport::usable)
    }

    fn check(&self, _config: String) -> Result<Vec<FieldError>, Failure> {
        Ok(Vec::new())
    }

    fn plan(&self, _request: theirs::Request) -> Result<Vec<PlannedStep>, Failure> {
        Ok(Vec::new())
    }

    fn run(&self, _request: theirs::Request) -> Result<String, Failure> {
        self.call().map(|answer| Value::from(answer).to_string())
    }

    fn status(&self, _tenant: Option<theirs::Tenant>) -> Result<LiveStatus, Failure> {
        Ok(LiveStatus::ready())
    }

    fn orphans(&self, _tenants: Vec<theirs::Tenant>) -> Result<Option<Vec<Orphan>>, Failure> {
        Ok(None)
    }

    fn psql(&self, _tenant: theirs::Tenant, _run: PsqlRun) -> Result<PsqlEnded, Failure> {
        Err(Failure::refused("psql-unsupported", "there is none"))
    }
}

/// What is in memory answers at once.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().expect("a host in memory made a guest wait")
}

/// A world in which these calls are made, and what is traced of them.
fn calling(calls: Calls) -> (Harness<Component>, Trace) {
    let trace = Trace::default();
    let caller = Caller { calls, trace: trace.clone(), ended: RefCell::default() };
    (Harness::of(Rc::new(caller)), trace)
}

#[test]
fn lines_are_cut_and_after_very_many_of_them_none_is_kept() {
    let (mut harness, trace) = calling(|stage| {
        for _ in 0..LOG_LINES_MAX {
            now(log::Host::write(stage, "info".repeat(1_000), "é".repeat(100_000)))?;
            now(progress::Host::report(stage, "x".repeat(100_000), 1, 2))?;
        }
        Ok(String::new())
    });
    harness.create().unwrap();
    let kept = LOG_LINES_MAX as usize;
    assert_eq!((harness.world().said.len(), trace.lock().unwrap().len()), (kept, kept));
    assert!(harness.world().said.iter().all(|line| line.chars().count() < 5_000));
}

#[test]
fn what_is_handed_over_in_one_call_has_an_end() {
    let (mut harness, trace) = calling(|stage| {
        for index in 0..1_000 {
            drop(now(docker::Host::inspect(stage, format!("{index}{}", "x".repeat(1 << 20))))?);
        }
        Ok(String::new())
    });
    let failure = harness.create().unwrap_err();
    assert!(failure.to_string().contains("more than 32 MiB"), "{failure}");
    assert_eq!(trace.lock().unwrap().len(), 31);
}

/// The code of a failure, or what there is instead.
fn code<T: Into<String>>(answer: Result<T, types::Failure>) -> String {
    answer.map_or_else(|failure| same::<_, Failure>(failure).code().to_owned(), Into::into)
}

fn spec(name: &str, scope: types::Scope, length: u32) -> secrets::Spec {
    secrets::Spec { name: name.to_owned(), scope, length, ext: None }
}

#[test]
fn a_secret_that_the_program_would_not_make_is_refused() {
    let (mut harness, _) = calling(|stage| {
        let mut codes = Vec::new();
        for (name, length) in [("password", 21), ("password", 129), ("Pass Word", 32), ("password", 32)] {
            codes.push(code(now(secrets::Host::ensure(stage, spec(name, types::Scope::Tenant, length)))?));
        }
        let renewed = now(secrets::Host::renew(stage, spec("password", types::Scope::Machine, 32)))?;
        codes.push(code(renewed.map(|renewal| renewal.after)));
        Ok(codes.join(" "))
    });
    let codes = "secret-length secret-length secret-name {{secret:password@1}} secret-shared";
    assert_eq!(harness.create().unwrap(), codes);
}

#[test]
fn a_secret_is_made_by_an_operation_and_found_by_whoever_looks() {
    let (mut harness, _) =
        calling(|stage| Ok(code(now(secrets::Host::ensure(stage, spec("admin", types::Scope::Machine, 32)))?)));
    assert_eq!(harness.probe().unwrap().summary, "secret-missing");
    harness.create().unwrap();
    assert_eq!(harness.probe().unwrap().summary, "{{machine:admin@1}}");
}

#[test]
fn a_step_has_a_name_as_the_log_takes_it() {
    let tried: [(Calls, bool); 4] = [
        (|stage| begin(stage, &"x".repeat(100)), false),
        (|stage| begin(stage, &"x".repeat(101)), true),
        (|stage| begin(stage, "a\nb"), true),
        (|stage| begin(stage, ""), true),
    ];
    for (calls, ends) in tried {
        let (mut harness, _) = calling(calls);
        let ended = harness.create().err().map(|failure| failure.code().to_owned());
        assert_eq!(ended.as_deref(), ends.then_some("plugin-stopped"));
    }
}

fn begin(stage: &mut Stage, name: &str) -> wasmtime::Result<String> {
    now(journal::Host::begin(stage, name.to_owned(), types::UndoKind::None))?;
    now(journal::Host::finish(stage, Ok("null".to_owned())))?;
    Ok(String::new())
}

#[test]
fn a_sleep_ends_after_a_minute_and_time_does_not_run_over() {
    let (mut harness, _) = calling(|stage| {
        let before = now(clock::Host::now(stage))?;
        now(clock::Host::sleep(stage, u64::MAX))?;
        let after = now(clock::Host::now(stage))?;
        memory::clock::sleep(u64::MAX);
        memory::clock::sleep(u64::MAX);
        Ok((after - before).to_string())
    });
    assert_eq!(harness.create().unwrap(), "60000");
}

#[test]
fn a_request_that_the_program_would_not_send_is_refused() {
    let (mut harness, _) = calling(|stage| {
        let mut codes = Vec::new();
        for (method, path_bytes) in [("GET", 9 << 10), ("BREW", 1)] {
            let url = format!("https://api.example.com/{}", "x".repeat(path_bytes));
            let request = http::Request {
                method: method.to_owned(),
                url,
                headers: Vec::new(),
                body: None,
                timeout_ms: 1_000,
                ext: None,
            };
            codes.push(code(now(http::Host::send(stage, request))?.map(|_| "sent")));
        }
        Ok(codes.join(" "))
    });
    assert_eq!(harness.create().unwrap(), "http-url http-method");
}

/// The code with which a request is answered in a rehearsal.
fn asked(stage: &mut Stage, headers: &[(&str, &str)], body: Option<&str>) -> wasmtime::Result<String> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (method, url) = ("GET".to_owned(), "https://api.example.com/".to_owned());
    let request = http::Request { method, url, headers, body: body.map(ToOwned::to_owned), timeout_ms: 1, ext: None };
    Ok(code(now(http::Host::send(stage, request))?.map(|_| "sent")))
}

#[test]
fn a_request_with_headers_or_secrets_that_the_program_would_not_send_is_refused() {
    let (mut harness, _) = calling(|stage| {
        let secret = "{{machine:admin@1}}";
        let codes = [
            asked(stage, &[("host", "elsewhere")], None)?,
            asked(stage, &[("Transfer-Encoding", "chunked")], None)?,
            asked(stage, &[("x", "y\r\nz: 1")], None)?,
            asked(stage, &[("x", "y"); 65], None)?,
            asked(stage, &[("x", &"y".repeat(33 << 10))], None)?,
            asked(stage, &[("authorization", secret)], None)?,
            asked(stage, &[], Some(&format!("[\"{secret}\"]")))?,
            asked(stage, &[("x", "{{secret:")], None)?,
        ];
        Ok(codes.join(" "))
    });
    let codes =
        "http-header http-header http-header http-header http-header secret-not-sent secret-not-sent bad-template";
    assert_eq!(harness.create().unwrap(), codes);
}

#[test]
fn a_container_with_more_than_the_program_gives_it_is_refused() {
    let (mut harness, _) = calling(|stage| {
        let env = vec![("X".to_owned(), String::new()); 257];
        let spec = docker::ContainerSpec {
            name: "db".to_owned(),
            scope: types::Scope::Tenant,
            image: "postgres:17".to_owned(),
            env,
            mounts: Vec::new(),
            port: 5432,
            preferred_host_port: 0,
            shm_bytes: 0,
            ext: None,
        };
        let made = code(now(docker::Host::ensure_container(stage, spec))?.map(|made| made.name));
        let volumes = vec!["db-data".to_owned(); 17];
        let removed = now(docker::Host::remove_container(stage, "db".to_owned(), volumes))?;
        Ok(format!("{made} {}", code(removed.map(|()| "removed"))))
    });
    assert_eq!(harness.create().unwrap(), "invalid-container invalid-container");
}

#[test]
fn more_random_bytes_than_the_program_gives_end_a_rehearsal_as_they_end_a_call() {
    let (mut harness, _) = calling(|stage| Ok(now(random::Host::bytes(stage, 1_024))?.len().to_string()));
    assert_eq!(harness.create().unwrap(), "1024");
    let (mut harness, _) = calling(|stage| Ok(now(random::Host::bytes(stage, 1_025))?.len().to_string()));
    let failure = harness.create().unwrap_err();
    assert!(failure.to_string().contains("more than 1024 random bytes"), "{failure}");
}
