//! The limit at which a guest was stopped: its words, and its code.

use std::time::Duration;

use super::deadline::Export;
use super::{
    CPU_CALL_MAX, CPU_STRETCH_MAX, FILLED_BYTES_MAX, FILLED_MAX, HANDED_OVER_BYTES_MAX, HOST_CALLS_MAX, INSTANCES_MAX,
    MEMORIES_MAX, ORPHANS_MAX, RANDOM_BYTES_MAX, STEPS_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX, VALUE_BYTES_MAX,
};

/// Which limit was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    /// Too long without a call of the host.
    #[error("it computed for more than {} s without calling the host", CPU_STRETCH_MAX.as_secs())]
    Stretch,
    /// Too long altogether.
    #[error("it used more than {} s of CPU time in one call", CPU_CALL_MAX.as_secs())]
    Call,
    /// Too long, waiting included.
    #[error("its `{export}` had not ended after {} s, waiting included", .after.as_secs())]
    Deadline {
        /// What was asked of it.
        export: Export,
        /// How long was waited for it.
        after: Duration,
    },
    /// More memory than this many MiB.
    #[error("it needs more than {0} MiB of memory")]
    Memory(usize),
    /// Too large a table.
    #[error("it needs a table of more than {TABLE_ELEMENTS_MAX} elements")]
    Table,
    /// Too many modules, memories or tables.
    #[error("it is made of more than {INSTANCES_MAX} modules, {MEMORIES_MAX} memories or {TABLES_MAX} tables")]
    Parts,
    /// Too many calls of the host.
    #[error("it called the host more than {HOST_CALLS_MAX} times in one call")]
    HostCalls,
    /// Too many steps.
    #[error("its operation has more than {STEPS_MAX} steps")]
    Steps,
    /// A value that is too large.
    #[error("it handed over a value of more than {} KiB", VALUE_BYTES_MAX >> 10)]
    Value,
    /// Values that are too large together.
    #[error("it handed over more than {} MiB at once", HANDED_OVER_BYTES_MAX >> 20)]
    HandedOver,
    /// Too much was filled with secrets.
    #[error("it had more than {FILLED_MAX} texts or {} MiB filled with secrets in one call", FILLED_BYTES_MAX >> 20)]
    Filled,
    /// Too much at random.
    #[error("it asked for more than {RANDOM_BYTES_MAX} random bytes at once")]
    Random,
    /// Too many things that are nobody's.
    #[error("it named more than {ORPHANS_MAX} things that belong to no tenant")]
    Orphans,
}

impl LimitHit {
    /// The code of the error.
    pub fn code(self) -> &'static str {
        match self {
            LimitHit::Stretch | LimitHit::Call => "plugin-cpu-limit",
            LimitHit::Memory(_) => "plugin-memory-limit",
            LimitHit::Deadline { .. }
            | LimitHit::Table
            | LimitHit::Parts
            | LimitHit::HostCalls
            | LimitHit::Steps
            | LimitHit::Value
            | LimitHit::HandedOver
            | LimitHit::Filled
            | LimitHit::Random
            | LimitHit::Orphans => "plugin-limit",
        }
    }

    /// The one that stopped a guest, if one did; those that wasmtime itself keeps have no type of their own.
    pub fn of(error: &wasmtime::Error) -> Option<LimitHit> {
        if let Some(hit) = error.downcast_ref::<LimitHit>() {
            return Some(*hit);
        }
        let reason = error.root_cause().to_string();
        if reason.contains("fuel allocated for hostcalls") {
            Some(LimitHit::HandedOver)
        } else if reason.starts_with("resource limit exceeded") {
            Some(LimitHit::Parts)
        } else {
            None
        }
    }
}
