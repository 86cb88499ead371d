//! Which plugins there are, and loading one: bytes, hash, grant, and only then code.

use std::collections::BTreeSet;
use std::time::Duration;

use systemprompt_events::{Command, Digest, Json, PluginCommand, PluginId, PluginView};

use super::backtrace::Whereabouts;
use super::cache::Cache;
use super::destination::Allowed;
use super::engine::Traces;
use super::grants::{Grants, Right};
use super::guest::{Guest, World};
use super::maker::Maker;
use super::v1::{self, Description, Provider, WORLD};
use super::{PluginError, destination, embedded, installed};
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
    /// Who made it: what is kept for that one is lent to it.
    pub maker: Maker,
    /// Its code.
    pub provider: Provider,
    /// What it may talk to; nothing as long as nobody granted it that.
    pub allowed: Allowed,
}

impl Loaded {
    /// A guest for one call.
    pub fn guest(&self, world: World) -> Guest {
        let capabilities = self.provider.capabilities.iter().cloned().collect();
        Guest::new(self.id.clone(), self.maker.clone(), capabilities, self.allowed.clone(), world)
    }
}

/// Loads a plugin for use in a project: a first-party one because the program carries it, any other by its grant.
pub async fn load(id: &PluginId, ledger: &mut Ledger, vault: &Vault, places: &Places) -> Result<Loaded, CliError> {
    let known = ledger.log.plugin(id).await?;
    if let Some(wasm) = embedded::component(id) {
        let loaded = carried(id, wasm, places)?;
        let grants = Grants::of(ledger, vault).await?;
        let capabilities = if let Some(capabilities) = allowed(known, &loaded, &grants).await? {
            capabilities
        } else {
            let description = describe(&loaded, places).await?;
            let origin = Origin { source: "embedded".to_owned(), publisher: None };
            let (capabilities, commands) = permission(&loaded, &description, &origin, &grants).await?;
            ledger.record(commands).await?;
            capabilities
        };
        return Ok(Loaded { allowed: destination::granted(&capabilities), ..loaded });
    }
    let Some(view) = known else {
        let known = embedded::ids().iter().map(ToString::to_string).collect();
        return Err(PluginError::Unknown { id: id.to_string(), known }.into());
    };
    let (wasm, granted) = installed::allowed(&view, &Grants::of(ledger, vault).await?, places).await?;
    let loaded = compile(id, &wasm, places)?;
    if let Some(missing) = loaded.provider.capabilities.iter().find(|capability| !granted.contains(capability)) {
        return Err(PluginError::CapabilityMissing { id: id.to_string(), capability: missing.clone() }.into());
    }
    // The grant that was just looked at says who signed these bytes.
    let maker = Maker::of_bytes(loaded.hash, view.publisher.as_deref());
    Ok(Loaded { allowed: destination::granted(&granted), maker, ..loaded })
}

/// A first-party plugin outside any project, as for a probe.
pub fn load_embedded(id: &PluginId, places: &Places) -> Result<Loaded, PluginError> {
    match embedded::component(id) {
        Some(wasm) => carried(id, wasm, places),
        None => Err(PluginError::Unknown { id: id.to_string(), known: Vec::new() }),
    }
}

fn carried(id: &PluginId, wasm: &[u8], places: &Places) -> Result<Loaded, PluginError> {
    Ok(Loaded { maker: Maker::Program, ..compile(id, wasm, places)? })
}

/// How long a plugin may take to say what it is, waiting included: nobody has agreed to anything by then.
const DESCRIBE_MAX: Duration = Duration::from_secs(30);

/// Compiles, or takes from the cache. Who made it nobody has said yet.
pub fn compile(id: &PluginId, wasm: &[u8], places: &Places) -> Result<Loaded, PluginError> {
    compile_for(Traces::Functions, id, wasm, places)
}

/// The same, for traces that may say more.
pub fn compile_for(traces: Traces, id: &PluginId, wasm: &[u8], places: &Places) -> Result<Loaded, PluginError> {
    let provider = v1::load(&Cache::at(places.components()), wasm, traces)?;
    let hash = Digest::of(wasm);
    Ok(Loaded { id: id.clone(), hash, maker: Maker::Unknown(hash), provider, allowed: Allowed::default() })
}

/// What a plugin says of itself; it is lent nothing for that.
pub async fn describe(loaded: &Loaded, places: &Places) -> Result<Description, CliError> {
    let asked = loaded.provider.describe(loaded.guest(nothing(places)));
    let Ok((_, description)) = tokio::time::timeout(DESCRIBE_MAX, asked).await else {
        let reason = format!("it had not said what it is after {} s", DESCRIBE_MAX.as_secs());
        let (id, trace) = (loaded.id.to_string(), Whereabouts::default());
        return Err(PluginError::Stopped { id, reason, code: "plugin-limit", trace }.into());
    };
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

/// Where a plugin's bytes came from.
pub struct Origin {
    /// A file, or `embedded`.
    pub source: String,
    /// The key that they were signed with.
    pub publisher: Option<String>,
}

/// What a plugin asks for, and what has to be recorded for it to have that by this user.
pub async fn permission(
    loaded: &Loaded,
    description: &Description,
    origin: &Origin,
    grants: &Grants,
) -> Result<(Vec<String>, Vec<Command>), CliError> {
    let capabilities = destination::asked(&loaded.provider.capabilities, description)?;
    let register = PluginCommand::Register {
        version: description.version.clone(),
        hash: loaded.hash,
        world: WORLD.to_owned(),
        capabilities: capabilities.clone(),
        source: origin.source.clone(),
        description: as_json(description)?,
    };
    let (id, hash) = (&loaded.id, &loaded.hash);
    let (source, publisher) = (origin.source.as_str(), origin.publisher.as_deref());
    let right = Right { id, hash, source, publisher, capabilities: &capabilities };
    let mac = grants.give(right).await?;
    let grant = PluginCommand::Grant { hash: *hash, capabilities: capabilities.clone(), mac };
    let publisher = origin.publisher.clone().map(|key| PluginCommand::RecordPublisher { key });
    let commands = std::iter::once(register).chain(publisher).chain([grant]);
    Ok((capabilities, commands.map(|command| Command::Plugin(id.clone(), command)).collect()))
}

/// What this user granted these very bytes on this machine.
async fn allowed(known: Option<PluginView>, loaded: &Loaded, grants: &Grants) -> Result<Option<Vec<String>>, CliError> {
    let Some(view) = known else { return Ok(None) };
    let is_this = view.hash == loaded.hash && view.grant.as_ref().is_some_and(|grant| grant.hash == loaded.hash);
    if is_this { Ok(grants.ours(&view).await?) } else { Ok(None) }
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
