//! Which plugins there are, and loading one: bytes, hash, grant, and only then code.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use systemprompt_events::{Command, Digest, Json, PluginCommand, PluginId, PluginView};

use super::cache::Cache;
use super::destination::Allowed;
use super::guest::{Guest, World};
use super::v1::{self, Description, Provider, WORLD};
use super::{PluginError, destination, embedded, grants};
use crate::error::CliError;
use crate::ledger::Ledger;
use crate::places::Places;
use crate::report::{Reporter, Style};
use crate::vault::Vault;

/// A plugin that may be called.
pub struct Loaded {
    /// Whose code it is.
    pub id: PluginId,
    /// SHA-256 of the component.
    pub hash: Digest,
    /// Its code.
    pub provider: Provider,
    /// What it may talk to; nothing as long as nobody granted it that.
    pub allowed: Allowed,
}

impl Loaded {
    /// A guest for one call.
    pub fn guest(&self, world: World) -> Guest {
        let capabilities = self.provider.capabilities.iter().cloned().collect();
        Guest::new(self.id.clone(), capabilities, self.allowed.clone(), world)
    }
}

/// Loads a plugin for use in a project: a first-party one because the program carries it, any other by its grant.
pub async fn load(id: &PluginId, ledger: &mut Ledger, vault: &Vault, places: &Places) -> Result<Loaded, CliError> {
    let known = ledger.log.plugin(id).await?;
    if let Some(wasm) = embedded::component(id) {
        let loaded = compile(id, wasm, places)?;
        let capabilities = if let Some(capabilities) = allowed(known, &loaded, vault)? {
            capabilities
        } else {
            let description = describe(&loaded, places).await?;
            allow(&loaded, &description, "embedded", ledger, vault).await?
        };
        return Ok(Loaded { allowed: destination::granted(&capabilities), ..loaded });
    }
    let Some(view) = known else {
        let known = embedded::ids().iter().map(ToString::to_string).collect();
        return Err(PluginError::Unknown { id: id.to_string(), known }.into());
    };
    let wasm = installed(&view, vault, places)?;
    let loaded = compile(id, &wasm, places)?;
    let granted = view.grant.map(|grant| grant.capabilities).unwrap_or_default();
    match loaded.provider.capabilities.iter().find(|capability| !granted.contains(capability)) {
        Some(missing) => Err(PluginError::CapabilityMissing { id: id.to_string(), capability: missing.clone() }.into()),
        None => Ok(Loaded { allowed: destination::granted(&granted), ..loaded }),
    }
}

/// A first-party plugin outside any project, as for a probe.
pub fn load_embedded(id: &PluginId, places: &Places) -> Result<Loaded, PluginError> {
    match embedded::component(id) {
        Some(wasm) => compile(id, wasm, places),
        None => Err(PluginError::Unknown { id: id.to_string(), known: Vec::new() }),
    }
}

/// Compiles, or takes from the cache.
pub fn compile(id: &PluginId, wasm: &[u8], places: &Places) -> Result<Loaded, PluginError> {
    let provider = v1::load(&Cache::at(places.components()), wasm)?;
    Ok(Loaded { id: id.clone(), hash: Digest::of(wasm), provider, allowed: Allowed::default() })
}

/// What a plugin says of itself; it is lent nothing for that.
pub async fn describe(loaded: &Loaded, places: &Places) -> Result<Description, CliError> {
    let (_, description) = loaded.provider.describe(loaded.guest(nothing(places))).await;
    Ok(description?)
}

/// A world without project, tenant and operation.
pub fn nothing(places: &Places) -> World {
    World {
        ledger: None,
        vault: Vault::new(places, None),
        places: places.clone(),
        reporter: Reporter::new(Style::Silent, false),
        run: None,
        tenant: None,
        tag: None,
        account: None,
        settings: BTreeSet::new(),
        runs_statements: false,
    }
}

/// Records a plugin and this user's grant of what it asks for, which is what comes back.
pub async fn allow(
    loaded: &Loaded,
    description: &Description,
    source: &str,
    ledger: &mut Ledger,
    vault: &Vault,
) -> Result<Vec<String>, CliError> {
    let capabilities = destination::asked(&loaded.provider.capabilities, description)?;
    let register = PluginCommand::Register {
        version: description.version.clone(),
        hash: loaded.hash,
        world: WORLD.to_owned(),
        capabilities: capabilities.clone(),
        source: source.to_owned(),
        description: as_json(description)?,
    };
    let mac = grants::sign(vault.master(), &loaded.id, &loaded.hash, &capabilities)?;
    let grant = PluginCommand::Grant { hash: loaded.hash, capabilities: capabilities.clone(), mac };
    let commands = [register, grant].map(|command| Command::Plugin(loaded.id.clone(), command));
    ledger.record(commands.into()).await?;
    Ok(capabilities)
}

/// What this user granted these very bytes on this machine.
fn allowed(known: Option<PluginView>, loaded: &Loaded, vault: &Vault) -> Result<Option<Vec<String>>, CliError> {
    let Some(PluginView { id, hash, grant: Some(grant), .. }) = known else { return Ok(None) };
    let counts = hash == loaded.hash
        && grant.hash == loaded.hash
        && grants::is_ours(vault.master(), &id, &grant.hash, &grant.capabilities, &grant.mac)?;
    Ok(counts.then_some(grant.capabilities))
}

/// Where this user's copy of a plugin is kept.
pub fn installed_path(id: &PluginId, hash: &Digest, places: &Places) -> PathBuf {
    places.plugins().join(id.as_str()).join(format!("{hash}.wasm"))
}

/// The bytes of an installed plugin, after its grant and its hash have been checked.
fn installed(view: &PluginView, vault: &Vault, places: &Places) -> Result<Vec<u8>, CliError> {
    let id = view.id.to_string();
    let not_granted = || PluginError::NotGranted { id: id.clone() };
    let grant = view.grant.as_ref().ok_or_else(not_granted)?;
    if !grants::is_ours(vault.master(), &view.id, &grant.hash, &grant.capabilities, &grant.mac)? {
        return Err(not_granted().into());
    }
    let path = installed_path(&view.id, &grant.hash, places);
    let wasm = fs::read(&path).map_err(|source| PluginError::File { path, source })?;
    let found = Digest::of(&wasm);
    if found == grant.hash {
        Ok(wasm)
    } else {
        Err(PluginError::WrongHash { id, expected: grant.hash.to_string(), found: found.to_string() }.into())
    }
}

/// A description as it is recorded, so that read commands need no plugin.
pub fn as_json(description: &Description) -> Result<Json, CliError> {
    let regions: Vec<_> = description
        .regions
        .iter()
        .map(|region| serde_json::json!({ "code": region.code, "title": region.title }))
        .collect();
    let schema: serde_json::Value = serde_json::from_str(&description.config_schema).unwrap_or_default();
    let value = serde_json::json!({
        "title": description.title,
        "tenant_type": description.tenant_type,
        "regions": regions,
        "operations": description.operations,
        "config_schema": schema,
    });
    Json::from_value(&value).map_err(|error| PluginError::NotAProvider { reason: error.to_string() }.into())
}
