//! Compiled components, kept outside any project: key = content hash and engine configuration, loaded by mmap.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use systemprompt_events::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use super::PluginError;
use super::limits::COMPONENT_BYTES_MAX;

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
    pub fn component(&self, engine: &Engine, wasm: &[u8]) -> Result<Component, PluginError> {
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
        let component = Component::from_binary(engine, wasm).map_err(not_a_provider)?;
        let compiled = component.serialize().map_err(not_a_provider)?;
        let _stored: Result<(), std::io::Error> = self.store(&file, &compiled);
        Ok(component)
    }

    #[expect(
        unsafe_code,
        reason = "the file was written by this user's own process into a directory only they can write"
    )]
    fn load(&self, engine: &Engine, file: &Path) -> Option<Component> {
        if !self.is_private() || !owned_regular_file(file) {
            return None;
        }
        // SAFETY: only `store` writes here, what wasmtime serialized; a file of another version is an error, not undefined.
        unsafe { Component::deserialize_file(engine, file) }.ok()
    }

    fn store(&self, file: &Path, compiled: &[u8]) -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        if !self.is_private() {
            return Ok(());
        }
        let mut temporary = tempfile::NamedTempFile::new_in(&self.dir)?;
        temporary.write_all(compiled)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        Ok(())
    }

    fn is_private(&self) -> bool {
        fs::symlink_metadata(&self.dir).is_ok_and(|meta| {
            meta.is_dir()
                && meta.uid() == rustix::process::geteuid().as_raw()
                && crate::files::is_private_mode(meta.mode())
        })
    }
}

fn owned_regular_file(file: &Path) -> bool {
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(file)
        .and_then(|open| open.metadata())
        .is_ok_and(|meta| {
            meta.is_file() && meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o022 == 0
        })
}

fn file_name(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.cwasm", Digest::of(wasm), hasher.finish())
}
