//! The wasmtime engine: one configuration, made only when a command needs a plugin.

use wasmtime::{Config, Engine};

use super::PluginError;
use super::limits::EPOCH_TICK;

/// Makes an engine whose epoch advances for as long as it lives.
pub fn make() -> Result<Engine, PluginError> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false);
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
