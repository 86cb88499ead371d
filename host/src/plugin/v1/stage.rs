//! The contract's imports for a rehearsal: answered by the SDK's host in memory, which is there while a provider is called.
//!
//! Shapes cross as JSON: both sides are made of the same contract, by two generators.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::imports as memory;
use wasmtime::StoreLimits;

use super::imports::{account, clock, docker, http, journal, log, postgres, progress, random, secrets, server, types};
use crate::plugin::guest::bounded;
use crate::plugin::limits::{CpuMeter, LimitHit, Limited, STEPS_MAX, store_limits};

/// A call of the host, as it was made.
#[derive(Debug, Clone)]
pub struct HostCall {
    /// As the contract names it: `docker.inspect`.
    pub function: String,
    /// In the contract's order.
    pub arguments: Vec<Value>,
    /// What was answered, or how it failed.
    pub answer: Result<Value, Value>,
}

/// Calls of the host, as far as somebody wants to know.
pub type Trace = Arc<Mutex<Vec<HostCall>>>;

/// The data of a rehearsal's store.
pub struct Stage {
    limits: StoreLimits,
    cpu: CpuMeter,
    steps: usize,
    trace: Option<Trace>,
}

type Answer<T> = wasmtime::Result<Result<T, types::Failure>>;

impl Stage {
    pub(super) fn new(trace: Option<Trace>) -> Stage {
        Stage { limits: store_limits(), cpu: CpuMeter::start(), steps: 0, trace }
    }

    fn note(&mut self, function: &'static str, arguments: Vec<Value>, answer: &Result<Value, Value>) {
        self.cpu.capability_called();
        if let Some(trace) = &self.trace {
            let call = HostCall { function: function.replace('_', "-"), arguments, answer: answer.clone() };
            trace.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
    }

    /// An answer that may be a failure.
    fn told<A: Serialize, T: DeserializeOwned>(
        &mut self,
        function: &'static str,
        arguments: Vec<Value>,
        answer: Result<A, Failure>,
    ) -> Result<T, types::Failure> {
        let answer = answer.map(value).map_err(value);
        self.note(function, arguments, &answer);
        answer.map(same).map_err(same)
    }

    /// An answer that is none; how the protocol was broken ends the run.
    fn checked<A: Serialize, T: DeserializeOwned>(
        &mut self,
        function: &'static str,
        arguments: Vec<Value>,
        answer: Result<A, String>,
    ) -> wasmtime::Result<T> {
        let answer = answer.map(value).map_err(Value::from);
        self.note(function, arguments, &answer);
        let broke = |how: Value| {
            wasmtime::Error::msg(format!("it broke the journal's protocol: {}", how.as_str().unwrap_or_default()))
        };
        answer.map(same).map_err(broke)
    }
}

impl Limited for Stage {
    fn limits(&mut self) -> (&mut StoreLimits, &mut CpuMeter) {
        (&mut self.limits, &mut self.cpu)
    }
}

/// The same shape on the other side of the contract.
pub(super) fn same<A: Serialize, B: DeserializeOwned>(shape: A) -> B {
    serde_json::from_value(value(shape)).expect("BUG: both sides are made of one contract")
}

fn value<A: Serialize>(shape: A) -> Value {
    serde_json::to_value(shape).expect("BUG: a shape of the contract is JSON")
}

macro_rules! arguments {
    ($($argument:expr),*) => { vec![$(json!($argument)),*] };
}

impl types::Host for Stage {}

impl journal::Host for Stage {
    async fn begin(&mut self, name: String, undo: types::UndoKind) -> wasmtime::Result<journal::Position> {
        bounded(&name)?;
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(wasmtime::Error::new(LimitHit::Steps));
        }
        let answer = memory::checked_journal::begin(&name, same(undo));
        self.checked("journal.begin", arguments![name, undo], answer)
    }

    async fn finish(&mut self, outcome: Result<String, types::Failure>) -> wasmtime::Result<()> {
        let said = json!(outcome);
        let outcome: Result<String, Failure> = outcome.map_err(same);
        outcome.as_deref().map_or(Ok(()), bounded)?;
        let answer = memory::checked_journal::finish(outcome.as_deref());
        self.checked("journal.finish", vec![said], answer)
    }

    async fn begin_undo(&mut self, name: String) -> wasmtime::Result<bool> {
        let answer = memory::checked_journal::begin_undo(&name);
        self.checked("journal.begin-undo", arguments![name], answer)
    }

    async fn finish_undo(&mut self, outcome: Result<(), types::Failure>) -> wasmtime::Result<()> {
        let said = json!(outcome);
        let outcome: Result<(), Failure> = outcome.map_err(same);
        let answer = memory::checked_journal::finish_undo(outcome.as_ref().map(|&()| ()));
        self.checked("journal.finish-undo", vec![said], answer)
    }
}

impl log::Host for Stage {
    async fn write(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        memory::log::write(&level, &message);
        self.checked("log.write", arguments![level, message], Ok(()))
    }
}

impl progress::Host for Stage {
    async fn report(&mut self, message: String, current: u64, total: u64) -> wasmtime::Result<()> {
        memory::progress::report(&message, current, total);
        self.checked("progress.report", arguments![message, current, total], Ok(()))
    }
}

impl clock::Host for Stage {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        self.checked("clock.now", Vec::new(), Ok(memory::clock::now()))
    }

    async fn sleep(&mut self, milliseconds: u64) -> wasmtime::Result<()> {
        memory::clock::sleep(milliseconds);
        self.checked("clock.sleep", arguments![milliseconds], Ok(()))
    }
}

impl random::Host for Stage {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        const BYTES_MAX: u32 = 1024;
        if count > BYTES_MAX {
            return Err(wasmtime::Error::msg(format!("it asked for more than {BYTES_MAX} random bytes")));
        }
        self.checked("random.bytes", arguments![count], Ok(memory::random::bytes(count)))
    }
}

impl http::Host for Stage {
    async fn send(&mut self, request: http::Request) -> Answer<http::Response> {
        let said = json!(request);
        request.body.as_deref().map_or(Ok(()), bounded)?;
        let answer = memory::http::send(&same(request));
        Ok(self.told("http.send", vec![said], answer))
    }
}

impl account::Host for Stage {
    async fn field(&mut self, name: String) -> Answer<String> {
        let answer = memory::account::field(&name);
        Ok(self.told("account.field", arguments![name], answer))
    }
}

/// Functions that may fail: each hands what it is given to the one in memory of the same name. An argument that
/// is a shape crosses as one; a text, a number or an option of those is handed over as it is.
macro_rules! verbs {
    ($interface:ident { $($verb:ident($($argument:ident: $type:ty => $given:expr),*) -> $answer:ty;)* }) => {
        impl $interface::Host for Stage {
            $(async fn $verb(&mut self, $($argument: $type),*) -> Answer<$answer> {
                let said = arguments![$($argument),*];
                let answer = memory::$interface::$verb($($given),*);
                Ok(self.told(concat!(stringify!($interface), ".", stringify!($verb)), said, answer))
            })*
        }
    };
}

verbs! { secrets {
    ensure(spec: secrets::Spec => &same(spec)) -> String;
    renew(spec: secrets::Spec => &same(spec)) -> secrets::Renewal;
} }

verbs! { docker {
    ping() -> docker::Engine;
    identity() -> String;
    ensure_image(reference: String => &reference) -> docker::Image;
    inspect(name: String => &name) -> Option<docker::Container>;
    ensure_container(spec: docker::ContainerSpec => &same(spec)) -> docker::Container;
    start_container(name: String => &name, scope: types::Scope => same(scope)) -> docker::Container;
    stop_container(name: String => &name) -> ();
    remove_container(name: String => &name, volumes: Vec<String> => &volumes) -> ();
    has_volume(name: String => &name) -> bool;
    logs(name: String => &name, lines: u32 => lines) -> String;
} }

verbs! { postgres {
    wait_ready(target: postgres::Target => &same(target), timeout_ms: u32 => timeout_ms) -> postgres::Address;
    ensure_role(target: postgres::Target => &same(target), role: String => &role, password: String => &password) -> ();
    set_password(target: postgres::Target => &same(target), role: String => &role, password: String => &password) -> ();
    drop_role(target: postgres::Target => &same(target), role: String => &role) -> ();
    ensure_login(
        target: postgres::Target => &same(target), role: String => &role, owner: String => &owner, password: String => &password
    ) -> ();
    expire_password(target: postgres::Target => &same(target), role: String => &role, until: Option<u64> => until) -> ();
    close_login(target: postgres::Target => &same(target), role: String => &role) -> ();
    end_sessions(target: postgres::Target => &same(target), role: String => &role) -> ();
    ensure_database(target: postgres::Target => &same(target), database: String => &database, owner: String => &owner) -> ();
    rename_database(target: postgres::Target => &same(target), database: String => &database, to: String => &to) -> ();
    drop_database(target: postgres::Target => &same(target), database: String => &database) -> ();
    check_login(target: postgres::Target => &same(target), login: postgres::Login => &same(login)) -> ();
    whoami(target: postgres::Target => &same(target)) -> postgres::Administrator;
} }

verbs! { server {
    find_binaries(bin_dir: Option<String> => bin_dir.as_deref()) -> server::Binaries;
    ensure(spec: server::ClusterSpec => &same(spec)) -> server::Cluster;
    status(name: String => &name) -> server::Cluster;
    identity(name: String => &name) -> Option<String>;
    stop(name: String => &name) -> ();
} }
