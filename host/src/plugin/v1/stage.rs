//! The contract's imports for a rehearsal: answered by the SDK's host in memory, which is there while a provider is called.
//!
//! Shapes cross as JSON: both sides are made of the same contract, by two generators.

mod asked;
mod verbs;

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use systemprompt_events::StepName;
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::imports as memory;

use self::asked::weight;
use super::imports::{account, clock, http, journal, log, progress, random, types};
use crate::plugin::capability::http::Asked;
use crate::plugin::guest::recordable;
use crate::plugin::limits::{
    CpuMeter, LOG_LINES_MAX, LimitHit, Limited, RANDOM_BYTES_MAX, STEPS_MAX, StoreLimits, store_limits,
};

/// What a guest hands over and is answered in one call of an export: all of it may be kept in memory until the rehearsal
/// ends. A provider needs some hundred KiB.
const EXCHANGED_BYTES_MAX: usize = 32 << 20;

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
    lines: u32,
    exchanged: usize,
    trace: Option<Trace>,
}

type Answer<T> = wasmtime::Result<Result<T, types::Failure>>;

impl Stage {
    pub(super) fn new(memory_bytes: usize, trace: Option<Trace>) -> Stage {
        Stage { limits: store_limits(memory_bytes), cpu: CpuMeter::start(), steps: 0, lines: 0, exchanged: 0, trace }
    }

    /// Counts what is handed over or answered; too much of it ends the run.
    fn exchange<'a>(&mut self, values: impl IntoIterator<Item = &'a Value>) -> wasmtime::Result<()> {
        self.exchanged = values.into_iter().map(weight).fold(self.exchanged, usize::saturating_add);
        if self.exchanged > EXCHANGED_BYTES_MAX {
            let most = EXCHANGED_BYTES_MAX >> 20;
            return Err(wasmtime::Error::msg(format!("it exchanged more than {most} MiB with the host in one call")));
        }
        Ok(())
    }

    /// Whether a line for whoever watches is one of those that are kept.
    fn is_kept_line(&mut self) -> bool {
        self.lines = self.lines.saturating_add(1);
        self.lines <= LOG_LINES_MAX
    }

    fn note(
        &mut self,
        function: &'static str,
        arguments: Vec<Value>,
        answer: &Result<Value, Value>,
    ) -> wasmtime::Result<()> {
        self.cpu.capability_called();
        let (Ok(answered) | Err(answered)) = answer;
        self.exchange([answered])?;
        if let Some(trace) = &self.trace {
            let call = HostCall { function: function.replace('_', "-"), arguments, answer: answer.clone() };
            trace.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
        Ok(())
    }

    /// An answer that may be a failure.
    fn told<A: Serialize, T: DeserializeOwned>(
        &mut self,
        function: &'static str,
        arguments: Vec<Value>,
        answer: Result<A, Failure>,
    ) -> Answer<T> {
        let answer = answer.map(value).map_err(value);
        self.note(function, arguments, &answer)?;
        Ok(answer.map(same).map_err(same))
    }

    /// An answer that is none; how the protocol was broken ends the run.
    fn checked<A: Serialize, T: DeserializeOwned>(
        &mut self,
        function: &'static str,
        arguments: Vec<Value>,
        answer: Result<A, String>,
    ) -> wasmtime::Result<T> {
        let answer = answer.map(value).map_err(Value::from);
        self.note(function, arguments, &answer)?;
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

/// What is handed over, as JSON; it counts from here on.
macro_rules! arguments {
    ($stage:ident: $($argument:expr),*) => {{
        let arguments = vec![$(json!($argument)),*];
        $stage.exchange(&arguments)?;
        arguments
    }};
}
use arguments;

impl types::Host for Stage {}

impl journal::Host for Stage {
    async fn begin(&mut self, name: String, undo: types::UndoKind) -> wasmtime::Result<journal::Position> {
        let name: StepName = name.parse().map_err(wasmtime::Error::new)?;
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(wasmtime::Error::new(LimitHit::Steps));
        }
        let said = arguments![self: name.as_str(), undo];
        let answer = memory::checked_journal::begin(name.as_str(), same(undo));
        self.checked("journal.begin", said, answer)
    }

    async fn finish(&mut self, outcome: Result<String, types::Failure>) -> wasmtime::Result<()> {
        let said = arguments![self: outcome];
        let outcome: Result<String, Failure> = outcome.map_err(same);
        outcome.as_deref().map_or(Ok(()), |text| recordable(text).map(drop))?;
        let answer = memory::checked_journal::finish(outcome.as_deref());
        self.checked("journal.finish", said, answer)
    }

    async fn begin_undo(&mut self, name: String) -> wasmtime::Result<bool> {
        let said = arguments![self: name];
        let answer = memory::checked_journal::begin_undo(&name);
        self.checked("journal.begin-undo", said, answer)
    }

    async fn finish_undo(&mut self, outcome: Result<(), types::Failure>) -> wasmtime::Result<()> {
        let said = arguments![self: outcome];
        let outcome: Result<(), Failure> = outcome.map_err(same);
        let answer = memory::checked_journal::finish_undo(outcome.as_ref().map(|&()| ()));
        self.checked("journal.finish-undo", said, answer)
    }
}

impl log::Host for Stage {
    async fn write(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        if !self.is_kept_line() {
            return Ok(());
        }
        let (level, message) = (asked::cut(level), asked::cut(message));
        let said = arguments![self: level, message];
        memory::log::write(&level, &message);
        self.checked("log.write", said, Ok(()))
    }
}

impl progress::Host for Stage {
    async fn report(&mut self, message: String, current: u64, total: u64) -> wasmtime::Result<()> {
        if !self.is_kept_line() {
            return Ok(());
        }
        let message = asked::cut(message);
        let said = arguments![self: message, current, total];
        memory::progress::report(&message, current, total);
        self.checked("progress.report", said, Ok(()))
    }
}

impl clock::Host for Stage {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        self.checked("clock.now", Vec::new(), Ok(memory::clock::now()))
    }

    async fn sleep(&mut self, milliseconds: u64) -> wasmtime::Result<()> {
        memory::clock::sleep(asked::sleep(milliseconds));
        let said = arguments![self: milliseconds];
        self.checked("clock.sleep", said, Ok(()))
    }
}

impl random::Host for Stage {
    async fn bytes(&mut self, count: u32) -> wasmtime::Result<Vec<u8>> {
        if count > RANDOM_BYTES_MAX {
            return Err(wasmtime::Error::new(LimitHit::Random));
        }
        let said = arguments![self: count];
        self.checked("random.bytes", said, Ok(memory::random::bytes(count)))
    }
}

impl http::Host for Stage {
    async fn send(&mut self, request: http::Request) -> Answer<http::Response> {
        let said = arguments![self: request];
        let asked = Asked::of(&request)?.map_err(same);
        let answer = asked.and_then(|_| memory::http::send(&same(request)));
        self.told("http.send", said, answer)
    }
}

impl account::Host for Stage {
    async fn field(&mut self, name: String) -> Answer<String> {
        let said = arguments![self: name];
        let answer = memory::account::field(&name);
        self.told("account.field", said, answer)
    }
}

#[cfg(test)]
mod tests;
