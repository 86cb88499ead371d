//! What a project's history may make this machine do: only what this user has allowed on this machine.
//!
//! A project directory may arrive from elsewhere, and its log may name a binary, an image or a server. Such settings
//! count when this user gave them here; the vault remembers a digest of each. From anywhere else they are shown and
//! have to be allowed first.

use systemprompt_events::{Digest, Json, Operation, OperationId, PluginId, TenantId, TenantState, TenantView};

use crate::backend::http::Origin;
use crate::error::{CliError, Exit};
use crate::operation::words;
use crate::plugin::embedded;
use crate::project::Project;
use crate::vault::Vault;

/// Something that has to be allowed before it is acted on.
pub struct Claim {
    digest: Digest,
    /// In words, for whoever decides.
    pub shown: String,
}

/// The settings of a tenant that is to be created; None when there are none.
pub fn settings(tenant: &TenantId, provider: &PluginId, config: &Json) -> Option<Claim> {
    if *config == Json::object() {
        return None;
    }
    let digest = Digest::of(format!("systemprompt/trust/settings/v1\n{tenant}\n{provider}\n{config}").as_bytes());
    Some(Claim { digest, shown: format!("provider `{provider}`, settings {config}") })
}

/// The server that a tenant's database is on, where that is not always this machine: what its URL leads to, and what its
/// provider recorded to find it again.
pub fn server(tenant: &TenantId, resources: &Json) -> Claim {
    let resources = resources.value();
    let url = resources.get("database_url").and_then(|url| url.as_str()).unwrap_or_default();
    let shown = if url.is_empty() { "no URL".to_owned() } else { crate::project::url_secret::masked(url) };
    let shown = format!("the database at {shown}");
    let Some(found_by) = resources.get("server").map(Json::from_value).and_then(Result::ok) else {
        let digest = Digest::of(format!("systemprompt/trust/server/v2\n{tenant}\n{url}").as_bytes());
        return Claim { digest, shown };
    };
    let digest = Digest::of(format!("systemprompt/trust/server/v3\n{tenant}\n{url}\n{found_by}").as_bytes());
    Claim { digest, shown: format!("{shown}, on the server {found_by}") }
}

/// The arguments of an operation on what tenants share; None when there are none.
pub fn input(provider: &PluginId, kind: &str, input: &Json) -> Option<Claim> {
    if *input == Json::object() {
        return None;
    }
    let digest = Digest::of(format!("systemprompt/trust/input/v1\n{provider}\n{kind}\n{input}").as_bytes());
    Some(Claim { digest, shown: format!("`{kind}` by provider `{provider}` with {input}") })
}

/// An operation with all that is recorded of it: results of steps are believed when it is resumed.
pub fn operation(id: OperationId) -> Claim {
    let digest = Digest::of(format!("systemprompt/trust/operation/v1\n{id}").as_bytes());
    Claim { digest, shown: format!("operation `{id}`, which was begun elsewhere") }
}

/// That requests to a provider go elsewhere than its description says; with them goes what somebody logged in with.
fn api_url(provider: &PluginId, url: &Origin) -> Claim {
    let digest = Digest::of(format!("systemprompt/trust/api-url/v1\n{provider}\n{url}").as_bytes());
    Claim { digest, shown: format!("requests to provider `{provider}` go to {url}") }
}

/// Remembers that this user pointed a provider's requests there themselves.
pub async fn allow_api_url(vault: &Vault, provider: &PluginId, url: Option<&Origin>) -> Result<(), CliError> {
    allow(vault, url.map(|url| api_url(provider, url)).as_ref()).await
}

/// Ends in an error when an account's requests are to go where this user did not point them on this machine.
pub async fn check_api_url(vault: &Vault, provider: &PluginId, url: Option<&Origin>) -> Result<(), CliError> {
    check(vault, url.map(|url| api_url(provider, url)), &crate::account::login_command(provider)).await
}

/// Ends in an error when an unfinished operation was not begun, or allowed, by this user on this machine.
pub async fn check_begun_here(vault: &Vault, found: &Operation) -> Result<(), CliError> {
    let remedy = match &found.tenant {
        Some(tenant) => format!("systemprompt cloud tenant allow {tenant}"),
        None => words::abandon_command(found),
    };
    check(vault, Some(operation(found.id)), &remedy).await
}

/// What a tenant asks to be allowed.
pub fn of_tenant(tenant: &TenantView) -> Vec<Claim> {
    if tenant.provider == PluginId::external() {
        return vec![server(&tenant.id, &tenant.resources)];
    }
    let settings = settings(&tenant.id, &tenant.provider, &tenant.config);
    // One that is being made has no server yet; its operation has to have been begun here.
    let server = server_elsewhere(&tenant.id, &tenant.provider, &tenant.resources);
    settings.into_iter().chain(server.filter(|_| tenant.state != TenantState::Creating)).collect()
}

/// The server that a provider's tenant logs in to; None where that is on this machine. A record without a URL says as much
/// of what is to be done elsewhere as one with it.
pub fn server_elsewhere(tenant: &TenantId, provider: &PluginId, resources: &Json) -> Option<Claim> {
    let is_here = embedded::local_ids().contains(provider);
    (!is_here).then(|| server(tenant, resources))
}

/// Those of the claims that this user has not allowed on this machine.
pub async fn not_allowed(vault: &Vault, claims: Vec<Claim>) -> Result<Vec<Claim>, CliError> {
    let mut open = Vec::new();
    for claim in claims {
        if !vault.machine().is_allowed(&claim.digest).await? {
            open.push(claim);
        }
    }
    Ok(open)
}

/// Remembers that this user allows it on this machine.
pub async fn allow(vault: &Vault, claim: Option<&Claim>) -> Result<(), CliError> {
    match claim {
        Some(claim) => Ok(vault.machine().allow(&claim.digest).await?),
        None => Ok(()),
    }
}

/// Ends in an error when a tenant asks for what this user has not allowed here.
pub async fn check_tenant(vault: &Vault, tenant: &TenantView) -> Result<(), CliError> {
    for claim in of_tenant(tenant) {
        check(vault, Some(claim), &format!("systemprompt cloud tenant allow {}", tenant.id)).await?;
    }
    Ok(())
}

/// The same for settings that it had, or is to have.
pub async fn check_settings(vault: &Vault, tenant: &TenantView, config: &Json) -> Result<(), CliError> {
    let remedy = format!("systemprompt cloud tenant edit {} --config <key>=<value>", tenant.id);
    check(vault, settings(&tenant.id, &tenant.provider, config), &remedy).await
}

/// The same for all that an operation hands to its provider.
pub async fn check_operation(project: &mut Project, operation: &Operation) -> Result<(), CliError> {
    let vault = project.vault.clone();
    if let Some(id) = &operation.tenant
        && let Some(tenant) = project.ledger().log.tenant_of_operation(id).await?
    {
        check_tenant(&vault, &tenant).await?;
    }
    let claim = input(&operation.provider, &operation.kind, &operation.input);
    check(&vault, claim, &words::abandon_command(operation)).await
}

async fn check(vault: &Vault, claim: Option<Claim>, remedy: &str) -> Result<(), CliError> {
    let Some(claim) = claim else { return Ok(()) };
    if vault.machine().is_allowed(&claim.digest).await? {
        return Ok(());
    }
    let message = "this project names settings that you have not allowed on this machine";
    Err(CliError::new(Exit::Refused, "not-allowed-here", message)
        .cause(crate::text::one_line(&claim.shown, crate::text::MESSAGE_CHARS_MAX))
        .help("they came with the project's history; allow them only if you trust where it comes from")
        .try_command(remedy))
}
