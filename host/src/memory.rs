//! How the C library gets memory from the system, where a command reads and is over.

/// One heap for both threads, and a few large steps instead of many small ones: each step is a call of the system, and a
/// command that reads is over before parting the threads would pay.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the settings of the C library are set by a C function")]
pub fn in_large_steps() {
    const STEP_BYTES: libc::c_int = 1 << 20;
    // From here on a block is the system's own. Setting a step ends that the library finds this out by itself.
    const MAPPED_BYTES: libc::c_int = 4 << 20;
    // What is given back would be asked for again.
    const KEPT_BYTES: libc::c_int = 64 << 20;
    let settings = [
        (libc::M_ARENA_MAX, 1),
        (libc::M_TOP_PAD, STEP_BYTES),
        (libc::M_MMAP_THRESHOLD, MAPPED_BYTES),
        (libc::M_TRIM_THRESHOLD, KEPT_BYTES),
    ];
    for (setting, value) in settings {
        // SAFETY: takes two numbers and may be called at any time (mallopt(3)). One that it refuses changes nothing.
        let _taken = unsafe { libc::mallopt(setting, value) };
    }
}

/// Nothing, where the C library is another one.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn in_large_steps() {}
