//! The wasmtime engine: one configuration, made only when a command needs a plugin.

use wasmtime::{Config, Engine, WasmBacktraceDetails};

use super::PluginError;
use super::limits::EPOCH_TICK;

/// What a trap is told with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// Names of functions. What a component says of its source beyond that may have been made so that it takes long to read.
    Functions,
    /// Files and lines as well, for what this program has built.
    Lines,
}

/// Makes an engine whose epoch advances for as long as it lives.
pub fn make(traces: Traces) -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_backtrace_details(match traces {
            Traces::Functions => WasmBacktraceDetails::Disable,
            Traces::Lines => WasmBacktraceDetails::Enable,
        })
        // What a guest said before it stopped is read from its memory.
        .coredump_on_trap(true);
    let engine = Engine::new(&config).map_err(|error| PluginError::NotAProvider { reason: error.to_string() })?;
    tick(engine.weak());
    Ok(engine)
}

fn tick(engine: wasmtime::EngineWeak) {
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH_TICK);
        }
    });
}
