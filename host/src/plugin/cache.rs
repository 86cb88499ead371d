//! Compiled components, kept outside any project: key = content hash and engine configuration, loaded by mmap. `with_lines`
//! keeps those that an author traces.

mod with_lines;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use systemprompt_events::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::{self, Traces};
use super::limits::COMPONENT_BYTES_MAX;
use super::{PluginError, compiler, embedded};

/// A directory of compiled components that only its user can write.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// A cache in this directory, which is made when something is stored.
    pub fn at(dir: PathBuf) -> Cache {
        Cache { dir }
    }

    /// The component of these bytes: from the cache, or compiled and put there.
    ///
    /// A cache that cannot be used costs time and nothing else, so its errors are not the caller's.
    pub fn component(&self, wasm: &[u8], traces: Traces) -> Result<(Engine, Component), PluginError> {
        let engine = engine::make(traces)?;
        let component = self.component_for(&engine, wasm, traces)?;
        Ok((engine, component))
    }

    fn component_for(&self, engine: &Engine, wasm: &[u8], traces: Traces) -> Result<Component, PluginError> {
        if wasm.len() > COMPONENT_BYTES_MAX {
            let reason = format!("it is larger than {} MiB", COMPONENT_BYTES_MAX >> 20);
            return Err(PluginError::NotAProvider { reason });
        }
        let file = self.dir.join(file_name(engine, wasm));
        if let Some(component) = self.load(engine, &file) {
            return Ok(component);
        }
        let not_a_provider =
            |error: wasmtime::Error| PluginError::NotAProvider { reason: error.root_cause().to_string() };
        let (component, compiled) = if embedded::is_component(wasm) {
            let component = Component::from_binary(engine, wasm).map_err(not_a_provider)?;
            let compiled = component.serialize().map_err(not_a_provider)?;
            (component, compiled)
        } else {
            let compiled = compiler::compile(wasm, traces)?;
            (compiled_component(engine, &compiled).map_err(not_a_provider)?, compiled)
        };
        let _stored: Result<(), std::io::Error> = self.store(&file, &compiled);
        Ok(component)
    }

    /// Whether the component of these bytes is there; whether it can be used is seen when it is loaded.
    pub fn has(&self, wasm: &[u8], traces: Traces) -> Result<bool, PluginError> {
        Ok(self.is_private() && self.dir.join(file_name(&engine::make(traces)?, wasm)).is_file())
    }

    #[cfg(target_os = "linux")]
    #[expect(
        unsafe_code,
        reason = "the file was written by this user's own process into a directory only they can write"
    )]
    fn load(&self, engine: &Engine, file: &Path) -> Option<Component> {
        if !self.is_private() {
            return None;
        }
        let checked = open_own(file)?;
        // By the handle that was checked: whatever is put in the file's place meanwhile is not what is loaded.
        let path = format!("/proc/self/fd/{}", checked.as_raw_fd());
        // SAFETY: only `store` writes here, what wasmtime serialized; a file of another version is an error, not undefined.
        unsafe { Component::deserialize_file(engine, path) }.ok()
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        unsafe_code,
        reason = "the file was written by this user's own process into a directory only they can write"
    )]
    fn load(&self, engine: &Engine, file: &Path) -> Option<Component> {
        if !self.is_private() {
            return None;
        }
        let mut compiled = Vec::new();
        std::io::Read::read_to_end(&mut open_own(file)?, &mut compiled).ok()?;
        // SAFETY: only `store` writes here, what wasmtime serialized; bytes of another version are an error, not undefined.
        unsafe { Component::deserialize(engine, compiled) }.ok()
    }

    fn store(&self, file: &Path, compiled: &[u8]) -> std::io::Result<()> {
        if !self.is_private_when_made()? {
            return Ok(());
        }
        let mut temporary = tempfile::NamedTempFile::new_in(&self.dir)?;
        temporary.write_all(compiled)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        Ok(())
    }

    fn is_private_when_made(&self) -> std::io::Result<bool> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        Ok(self.is_private())
    }

    fn is_private(&self) -> bool {
        fs::symlink_metadata(&self.dir).is_ok_and(|meta| {
            meta.is_dir()
                && meta.uid() == rustix::process::geteuid().as_raw()
                && crate::files::is_private_mode(meta.mode())
        })
    }
}

#[expect(unsafe_code, reason = "the bytes come from this program, which compiled them a moment ago")]
fn compiled_component(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: only `compiler` makes them, with what wasmtime wrote; bytes of another version are an error, not undefined.
    unsafe { Component::deserialize(engine, compiled) }
}

/// A file that this user alone can write.
fn open_own(file: &Path) -> Option<fs::File> {
    let file = crate::files::open_regular(file, fs::OpenOptions::new().read(true)).ok()?;
    let meta = file.metadata().ok()?;
    let is_own = meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o022 == 0;
    is_own.then_some(file)
}

fn file_name(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.cwasm", Digest::of(wasm), hasher.finish())
}
