//! The CPU time that a guest uses, and how often it calls the host.

use std::time::{Duration, Instant};

use wasmtime::CallHook;

use super::{CPU_CALL_MAX, CPU_STRETCH_MAX, HOST_CALLS_MAX, LimitHit};

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

    pub(super) fn crossed(&mut self, hook: CallHook) -> Result<(), LimitHit> {
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

    pub(super) fn told(&mut self) -> Result<(), LimitHit> {
        let found = self.check();
        self.is_told |= found.is_err();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
