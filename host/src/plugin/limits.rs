//! What a guest may use: memory, tables, time, calls, and what it hands over. Each limit is a constant that says why.

mod cpu;
pub mod deadline;
mod hit;

use std::time::Duration;

use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

pub use cpu::CpuMeter;
pub use hit::LimitHit;

/// Linear memory of one instance that asks for no more; a compiled Rust provider needs under 2 MiB.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;
/// What a plugin can ask for at most: an interpreter inside of it takes 50 to 100 MiB.
pub const MEMORY_MIB_GRANTED_MAX: usize = 256;
/// Modules in one component: an interpreter and its libraries are some dozens.
const INSTANCES_MAX: usize = 100;
/// Memories of all its modules: one, and what it takes to pass values on.
const MEMORIES_MAX: usize = 4;
/// Tables of all its modules: one of each, and what links them.
const TABLES_MAX: usize = 8;
/// Entries of one table: function pointers of a large guest, and no room for a bomb.
pub const TABLE_ELEMENTS_MAX: usize = 20_000;
/// CPU time of the guest between two host calls; parsing the largest answer takes milliseconds.
pub const CPU_STRETCH_MAX: Duration = Duration::from_secs(2);
/// CPU time of the guest in one call of an export, all stretches together.
pub const CPU_CALL_MAX: Duration = Duration::from_secs(20);
/// Host calls in one call of an export: a provider makes some dozens.
pub const HOST_CALLS_MAX: u64 = 100_000;
/// Steps of one operation; the record of each is two events.
pub const STEPS_MAX: usize = 1_000;
/// Text or JSON that a guest hands over in one value.
pub const VALUE_BYTES_MAX: usize = 1 << 20;
/// All that a guest hands over in one call of the host, or in one answer: several of the largest values. It is copied
/// before anything else can be said about it, and a list may name the same text again and again.
const HANDED_OVER_BYTES_MAX: usize = 16 << 20;
/// Placeholders in one text, each of which is looked up and unsealed: a document for a cloud names one or two secrets.
pub const PLACEHOLDERS_MAX: usize = 100;
/// Different texts that were filled with secrets in one call, all of which are kept and looked for in what comes back.
pub const FILLED_MAX: usize = 10_000;
/// And their size: bodies of requests are most of it.
pub const FILLED_BYTES_MAX: usize = 16 << 20;
/// Random bytes at once, as the contract says.
pub const RANDOM_BYTES_MAX: u32 = 1_024;
/// Things without a tenant that a provider may name: each is cleaned and shown, and nobody reads more.
pub const ORPHANS_MAX: usize = 10_000;
/// Variables of a container's environment: an image documents a dozen.
pub const ENV_MAX: usize = 256;
/// Of their names and values together: room for a certificate or two.
pub const ENV_BYTES_MAX: usize = 128 << 10;
/// Volumes that a container is given or loses: a database has one or two. Each is looked up by itself.
pub const VOLUMES_MAX: usize = 16;
/// Log lines of one call; more is noise, and the rest is counted.
pub const LOG_LINES_MAX: u32 = 1_000;
/// A component larger than this is refused before it is compiled.
pub const COMPONENT_BYTES_MAX: usize = 32 << 20;
/// CPU time that compiling a component may take whatever its size: a hundred times what one of 300 KiB does.
pub const COMPILE_SECONDS_MIN: u64 = 5;
/// And this much more for each MiB of it.
pub const COMPILE_SECONDS_PER_MIB: u64 = 5;
/// Addresses that the compiler may use: the program itself and its threads' stacks are among them.
pub const COMPILE_MEMORY_BYTES_MAX: u64 = 2 << 30;
/// And this much more for each byte of the component.
pub const COMPILE_MEMORY_PER_BYTE: u64 = 100;
/// How often the epoch advances: the precision of the CPU limits.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);

/// A store's limits on memory and tables.
pub struct StoreLimits {
    /// Of all memories together.
    memory_bytes: usize,
    memory_bytes_max: usize,
}

/// The limits of a store whose memories may have so many bytes together.
pub fn store_limits(memory_bytes_max: usize) -> StoreLimits {
    StoreLimits { memory_bytes: 0, memory_bytes_max }
}

/// A guest that hits a limit of ours is stopped there, and does not go on with less: the place tells what wanted so much.
/// One that hits its own is told so, as it expects.
impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let together = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if together > self.memory_bytes_max {
            return Err(LimitHit::Memory(self.memory_bytes_max >> 20).into());
        }
        self.memory_bytes = together;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX { Err(LimitHit::Table.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        TABLES_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}

/// The data of a store whose instance is limited.
pub trait Limited: Send + 'static {
    /// Its limits on memory and tables, and its meter.
    fn limits(&mut self) -> (&mut StoreLimits, &mut CpuMeter);
}

/// Puts the limits on a store; the engine's epoch must be ticking.
pub fn impose<T: Limited>(store: &mut Store<T>) {
    store.limiter(|data| data.limits().0);
    store.set_hostcall_fuel(HANDED_OVER_BYTES_MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        context.data_mut().limits().1.told()?;
        Ok(UpdateDeadline::Continue(1))
    });
    store.call_hook(|mut context, hook| context.data_mut().limits().1.crossed(hook).map_err(wasmtime::Error::new));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together_and_what_was_refused_is_not() {
        let mut limits = store_limits(MEMORY_BYTES_MAX);
        assert!(limits.memory_growing(0, 40 << 20, None).unwrap());
        let refused = limits.memory_growing(0, 40 << 20, None).unwrap_err();
        assert_eq!(LimitHit::of(&refused), Some(LimitHit::Memory(64)));
        assert!(limits.memory_growing(0, 24 << 20, None).unwrap());
        assert!(limits.memory_growing(40 << 20, 41 << 20, None).is_err());
        assert!(!limits.memory_growing(40 << 20, 41 << 20, Some(40 << 20)).unwrap(), "its own limit is its own affair");
        assert!(store_limits(MEMORY_BYTES_MAX).memory_growing(0, MEMORY_BYTES_MAX + 1, None).is_err());
    }

    #[test]
    fn a_table_is_bounded_by_itself() {
        let mut limits = store_limits(MEMORY_BYTES_MAX);
        assert!(limits.table_growing(0, TABLE_ELEMENTS_MAX, None).unwrap());
        let refused = limits.table_growing(0, TABLE_ELEMENTS_MAX + 1, None).unwrap_err();
        assert_eq!(LimitHit::of(&refused), Some(LimitHit::Table));
    }
}
