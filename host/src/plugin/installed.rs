//! This user's own copies of plugins: one file for each hash, with its signature beside it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use systemprompt_events::{Digest, PluginId, PluginView};

use super::PluginError;
use super::grants::Grants;
use super::limits::COMPONENT_BYTES_MAX;
use super::publisher::SIGNATURE_BYTES_MAX;
use crate::error::CliError;
use crate::files;
use crate::places::Places;

/// Ending of a component's file.
const COMPONENT: &str = "wasm";
/// Ending of its signature's.
const SIGNATURE: &str = "minisig";

/// Where the copy is kept.
fn path(id: &PluginId, hash: &Digest, ending: &str, places: &Places) -> PathBuf {
    places.plugins().join(id.as_str()).join(format!("{hash}.{ending}"))
}

/// Keeps a copy.
pub fn store(
    id: &PluginId,
    hash: &Digest,
    wasm: &[u8],
    signature: Option<&str>,
    places: &Places,
) -> Result<(), PluginError> {
    let dir = places.plugins().join(id.as_str());
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PluginError::File { path, source }
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(failed(&dir))?;
    if let Some(signature) = signature {
        let beside = path(id, hash, SIGNATURE, places);
        files::replace(&beside, signature.as_bytes()).map_err(failed(&beside))?;
    }
    let component = path(id, hash, COMPONENT, places);
    files::replace(&component, wasm).map_err(failed(&component))
}

/// The bytes of this hash, and of no other.
pub fn bytes(id: &PluginId, hash: &Digest, places: &Places) -> Result<Vec<u8>, PluginError> {
    let path = path(id, hash, COMPONENT, places);
    let wasm =
        files::read_regular(&path, COMPONENT_BYTES_MAX as u64).map_err(|source| PluginError::File { path, source })?;
    let found = Digest::of(&wasm);
    if found == *hash {
        return Ok(wasm);
    }
    Err(PluginError::WrongHash { id: id.to_string(), expected: hash.to_string(), found: found.to_string() })
}

/// The bytes that this user allowed, and what was allowed; the grant is looked at before the file is.
pub async fn allowed(view: &PluginView, grants: &Grants, places: &Places) -> Result<(Vec<u8>, Vec<String>), CliError> {
    if let (Some(grant), Some(capabilities)) = (&view.grant, grants.ours(view).await?) {
        return Ok((bytes(&view.id, &grant.hash, places)?, capabilities));
    }
    let is_here = path(&view.id, &view.hash, COMPONENT, places).is_file();
    Err(PluginError::NotGranted { id: view.id.to_string(), is_here }.into())
}

/// The signature that was kept with the bytes of this hash.
pub fn signature(id: &PluginId, hash: &Digest, places: &Places) -> Result<String, PluginError> {
    let path = path(id, hash, SIGNATURE, places);
    let read = files::read_regular(&path, SIGNATURE_BYTES_MAX)
        .and_then(|text| String::from_utf8(text).map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error)));
    read.map_err(|source| PluginError::File { path, source })
}

/// The hashes of a plugin that there are copies of.
pub fn hashes(id: &PluginId, places: &Places) -> Result<BTreeSet<Digest>, PluginError> {
    let dir = places.plugins().join(id.as_str());
    let listed = match fs::read_dir(&dir) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(source) => return Err(PluginError::File { path: dir, source }),
    };
    let mut hashes = BTreeSet::new();
    for entry in listed {
        let name = entry.map_err(|source| PluginError::File { path: dir.clone(), source })?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".wasm"));
        hashes.extend(stem.and_then(|stem| stem.parse::<Digest>().ok()));
    }
    Ok(hashes)
}

/// Removes the copy of this hash, and the directory once it is empty.
pub fn remove(id: &PluginId, hash: &Digest, places: &Places) -> Result<(), PluginError> {
    for ending in [COMPONENT, SIGNATURE] {
        let path = path(id, hash, ending, places);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(PluginError::File { path, source }),
            _ => {}
        }
    }
    let dir = places.plugins().join(id.as_str());
    match fs::remove_dir(&dir) {
        Err(source) if ![ErrorKind::NotFound, ErrorKind::DirectoryNotEmpty].contains(&source.kind()) => {
            Err(PluginError::File { path: dir, source })
        }
        _ => Ok(()),
    }
}
