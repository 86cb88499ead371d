//! Compiling what others wrote: in a process of its own, which may use so much and no more.
//!
//! A small component can be made so that compiling it takes hours, or all memory, and no limit on what it does later would
//! stop that. What it needs of either grows with its size, when it was not made for that.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::PluginError;
use super::engine::{self, Traces};
use super::limits::{
    COMPILE_MEMORY_BYTES_MAX, COMPILE_MEMORY_PER_BYTE, COMPILE_SECONDS_MIN, COMPILE_SECONDS_PER_MIB,
    COMPONENT_BYTES_MAX,
};
use crate::env;
use crate::error::Exit;
use crate::text;

/// First word of the command line of such a process.
const WORD: &str = "--compile-component";
/// Second word where lines of source are to be found again.
const WITH_LINES: &str = "--with-lines";
/// Of what the process says of itself.
const REASON_CHARS_MAX: usize = 500;

/// What a component may take to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Of all threads together.
    seconds: u64,
    /// Of addresses.
    memory_bytes: u64,
}

impl Bounds {
    fn of(component_bytes: usize) -> Bounds {
        let bytes = component_bytes as u64;
        Bounds {
            seconds: COMPILE_SECONDS_MIN + ((bytes * COMPILE_SECONDS_PER_MIB) >> 20),
            memory_bytes: COMPILE_MEMORY_BYTES_MAX + bytes * COMPILE_MEMORY_PER_BYTE,
        }
    }

    /// From now on this process has no more. It leaves no image of its memory when it is ended for that.
    fn impose(self) -> io::Result<()> {
        // The system kills what has come to both bounds without saying why, so that the second one lies behind the first.
        for (resource, bound, spare) in
            [(Resource::Cpu, self.seconds, 5), (Resource::As, self.memory_bytes, 0), (Resource::Core, 0, 0)]
        {
            let within = |bound: u64| getrlimit(resource).maximum.map_or(bound, |maximum| maximum.min(bound));
            setrlimit(resource, Rlimit { current: Some(within(bound)), maximum: Some(within(bound + spare)) })?;
        }
        Ok(())
    }
}

/// Compiles what comes on standard input, if this process was started for that.
pub fn answer() -> Option<Exit> {
    if env::arguments().nth(1)? != WORD {
        return None;
    }
    let traces =
        if env::arguments().nth(2).is_some_and(|word| word == WITH_LINES) { Traces::Lines } else { Traces::Functions };
    match compile_here(traces) {
        Ok(()) => Some(Exit::Done),
        Err(reason) => {
            let _heard = io::stderr().write_all(reason.as_bytes());
            Some(Exit::Failed)
        }
    }
}

fn compile_here(traces: Traces) -> Result<(), String> {
    let said = |error: io::Error| error.to_string();
    let mut wasm = Vec::new();
    io::stdin().take(COMPONENT_BYTES_MAX as u64).read_to_end(&mut wasm).map_err(said)?;
    Bounds::of(wasm.len()).impose().map_err(said)?;
    let engine = engine::make(traces).map_err(|error| error.to_string())?;
    let compiled = engine.precompile_component(&wasm).map_err(|error| error.root_cause().to_string())?;
    io::stdout().write_all(&compiled).map_err(said)
}

/// What a component is when it is compiled, as wasmtime writes it.
pub fn compile(wasm: &[u8], traces: Traces) -> Result<Vec<u8>, PluginError> {
    let failed = |source| PluginError::Compiler { source };
    let program = env::own_program().map_err(failed)?;
    let mut process = Command::new(program);
    process
        .arg(WORD)
        .args((traces == Traces::Lines).then_some(WITH_LINES))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = process.spawn().map_err(failed)?;
    let input = process.stdin.take();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // One that ends before it has read all says why.
            input.map(|mut input| input.write_all(wasm))
        });
        process.wait_with_output()
    });
    ended(output.map_err(failed)?, Bounds::of(wasm.len()))
}

/// What came of it.
fn ended(output: Output, bounds: Bounds) -> Result<Vec<u8>, PluginError> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = text::one_line(&String::from_utf8_lossy(&output.stderr), REASON_CHARS_MAX);
    let Bounds { seconds, memory_bytes } = bounds;
    let is = |signal: rustix::process::Signal| output.status.signal() == Some(signal.as_raw());
    Err(match output.status.signal() {
        None => PluginError::NotAProvider { reason: said },
        Some(_) if is(rustix::process::Signal::XCPU) => {
            PluginError::TooCostly { reason: format!("it takes more than {seconds} s of computing") }
        }
        Some(signal) => {
            let bound = format!("it may use {} MiB of memory, if the machine has them", memory_bytes >> 20);
            let reason = format!("its compiler ended with signal {signal}; {bound}");
            PluginError::TooCostly { reason: if said.is_empty() { reason } else { format!("{reason}: {said}") } }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_larger_component_may_take_longer_and_more() {
        assert!(Bounds::of(0).seconds > 0);
        assert!(Bounds::of(1 << 20).seconds < Bounds::of(2 << 20).seconds);
        assert!(Bounds::of(1 << 20).memory_bytes < Bounds::of(2 << 20).memory_bytes);
    }

    #[test]
    fn what_ended_a_compilation_is_told() {
        let bounds = Bounds { seconds: 7, memory_bytes: 3 << 20 };
        let told = |status, stderr: &str| {
            let output = Output { status: ExitStatus::from_raw(status), stdout: vec![], stderr: stderr.into() };
            ended(output, bounds).unwrap_err().to_string()
        };
        assert_eq!(told(24, ""), "this plugin is not compiled: it takes more than 7 s of computing");
        assert_eq!(
            told(6, "memory allocation of 9 bytes failed\n"),
            "this plugin is not compiled: its compiler ended with signal 6; it may use 3 MiB of memory, if the machine has \
             them: memory allocation of 9 bytes failed"
        );
        assert_eq!(told(1 << 8, "odd bytes"), "this is not a provider plugin: odd bytes");
    }
}
