//! What a guest may use: memory, tables, CPU time, calls. Each limit is a constant that says why.

use std::time::{Duration, Instant};

use wasmtime::{CallHook, ResourceLimiter, Store, StoreLimitsBuilder, UpdateDeadline};

/// Linear memory of one instance that asks for no more; a compiled Rust provider needs under 2 MiB.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;
/// What a plugin can ask for at most: an interpreter inside of it takes 50 to 100 MiB.
pub const MEMORY_MIB_GRANTED_MAX: usize = 256;
/// Modules in one component: an interpreter and its libraries are some dozens.
const INSTANCES_MAX: usize = 100;
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

/// A store's limits on memory and tables; wasmtime's own count each memory by itself.
pub struct StoreLimits {
    each: wasmtime::StoreLimits,
    /// Of all memories together.
    memory_bytes: usize,
    memory_bytes_max: usize,
}

/// The limits of a store whose memories may have so many bytes together.
pub fn store_limits(memory_bytes_max: usize) -> StoreLimits {
    let each = StoreLimitsBuilder::new()
        .memory_size(memory_bytes_max)
        .memories(4)
        .tables(8)
        .table_elements(TABLE_ELEMENTS_MAX)
        .instances(INSTANCES_MAX)
        .trap_on_grow_failure(true)
        .build();
    StoreLimits { each, memory_bytes: 0, memory_bytes_max }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let together = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        // One memory that is too large is refused in wasmtime's words, and so are several.
        let asked = if together > self.memory_bytes_max { together } else { desired };
        let is_allowed = self.each.memory_growing(current, asked, maximum)?;
        if is_allowed {
            self.memory_bytes = together;
        }
        Ok(is_allowed)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.each.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.each.instances()
    }

    fn tables(&self) -> usize {
        self.each.tables()
    }

    fn memories(&self) -> usize {
        self.each.memories()
    }
}

/// CPU time that the guest has used; time spent in the host does not count.
///
/// The engine also leaves the guest at each tick of the epoch, so that leaving it alone does not end a stretch: a
/// capability has to have been called.
#[derive(Debug)]
pub struct CpuMeter {
    entered_at: Instant,
    in_guest: bool,
    stretch: Duration,
    call: Duration,
    capability_called: bool,
    host_calls: u64,
    /// The guest is on its way out: a second error would take the place of the first, which knows where it was.
    is_told: bool,
}

/// Which CPU limit was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitHit {
    /// Too long without a call of the host.
    #[error("it computed for more than {} s without calling the host", CPU_STRETCH_MAX.as_secs())]
    Stretch,
    /// Too long altogether.
    #[error("it used more than {} s of CPU time in one call", CPU_CALL_MAX.as_secs())]
    Call,
    /// Too many calls of the host.
    #[error("it called the host more than {HOST_CALLS_MAX} times in one call")]
    HostCalls,
    /// Too many steps.
    #[error("its operation has more than {STEPS_MAX} steps")]
    Steps,
    /// A value that is too large.
    #[error("it handed over a value of more than {} KiB", VALUE_BYTES_MAX >> 10)]
    Value,
}

impl CpuMeter {
    /// A meter for a call that begins now.
    pub fn start() -> CpuMeter {
        CpuMeter {
            entered_at: Instant::now(),
            in_guest: true,
            stretch: Duration::ZERO,
            call: Duration::ZERO,
            capability_called: false,
            host_calls: 0,
            is_told: false,
        }
    }

    /// The guest called the host.
    pub fn capability_called(&mut self) {
        self.capability_called = true;
        self.host_calls += 1;
    }

    fn check(&self) -> Result<(), LimitHit> {
        let now = if self.in_guest { self.entered_at.elapsed() } else { Duration::ZERO };
        if self.host_calls > HOST_CALLS_MAX {
            Err(LimitHit::HostCalls)
        } else if self.stretch + now > CPU_STRETCH_MAX {
            Err(LimitHit::Stretch)
        } else if self.call + now > CPU_CALL_MAX {
            Err(LimitHit::Call)
        } else {
            Ok(())
        }
    }

    fn crossed(&mut self, hook: CallHook) -> Result<(), LimitHit> {
        match hook {
            CallHook::CallingHost | CallHook::ReturningFromWasm => {
                let used = self.entered_at.elapsed();
                self.stretch += used;
                self.call += used;
                self.in_guest = false;
            }
            CallHook::ReturningFromHost | CallHook::CallingWasm => {
                if std::mem::take(&mut self.capability_called) {
                    self.stretch = Duration::ZERO;
                }
                self.entered_at = Instant::now();
                self.in_guest = true;
            }
        }
        if self.is_told && matches!(hook, CallHook::ReturningFromWasm) { Ok(()) } else { self.told() }
    }

    fn told(&mut self) -> Result<(), LimitHit> {
        let found = self.check();
        self.is_told |= found.is_err();
        found
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
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        context.data_mut().limits().1.told().map_err(wasmtime::Error::new)?;
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
        assert!(refused.to_string().contains("growing memory"), "{refused}");
        assert!(limits.memory_growing(0, 24 << 20, None).unwrap());
        assert!(limits.memory_growing(40 << 20, 41 << 20, None).is_err());
        assert!(store_limits(MEMORY_BYTES_MAX).memory_growing(0, MEMORY_BYTES_MAX + 1, None).is_err());
    }

    /// A meter as if the guest had computed for this long since it was entered.
    fn after(computing: Duration) -> CpuMeter {
        let mut meter = CpuMeter::start();
        meter.entered_at = Instant::now().checked_sub(computing).unwrap();
        meter
    }

    #[test]
    fn waiting_in_the_host_costs_the_guest_nothing() {
        let mut meter = CpuMeter::start();
        meter.crossed(CallHook::CallingHost).unwrap();
        meter.entered_at = Instant::now().checked_sub(CPU_CALL_MAX * 2).unwrap();
        assert_eq!(meter.check(), Ok(()));
    }

    #[test]
    fn a_guest_that_computes_too_long_is_stopped() {
        assert_eq!(after(CPU_STRETCH_MAX * 2).check(), Err(LimitHit::Stretch));
    }

    #[test]
    fn a_tick_of_the_epoch_does_not_begin_a_new_stretch_and_a_capability_does() {
        let mut meter = after(CPU_STRETCH_MAX / 2);
        meter.crossed(CallHook::CallingHost).unwrap();
        meter.crossed(CallHook::ReturningFromHost).unwrap();
        meter.entered_at = Instant::now().checked_sub(CPU_STRETCH_MAX * 2 / 3).unwrap();
        assert_eq!(meter.check(), Err(LimitHit::Stretch));
        let mut meter = after(CPU_STRETCH_MAX / 2);
        meter.crossed(CallHook::CallingHost).unwrap();
        meter.capability_called();
        meter.crossed(CallHook::ReturningFromHost).unwrap();
        meter.entered_at = Instant::now().checked_sub(CPU_STRETCH_MAX * 2 / 3).unwrap();
        assert_eq!(meter.check(), Ok(()));
    }

    #[test]
    fn a_guest_that_calls_the_host_without_end_is_stopped() {
        let mut meter = CpuMeter::start();
        meter.host_calls = HOST_CALLS_MAX;
        meter.capability_called();
        assert_eq!(meter.crossed(CallHook::ReturningFromHost), Err(LimitHit::HostCalls));
    }
}
