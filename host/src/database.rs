//! A tenant's database as the tenant itself sees it: where it answers, and a login with the tenant's own role.

pub mod condition;
mod login;
mod place;
mod remote;

use sqlx::postgres::PgConnection;
use systemprompt_events::{PluginId, Refusal, TenantState, TenantType, TenantView};
use zeroize::Zeroizing;

pub use self::login::{LoginError, log_in, options};
pub use self::place::Place;
pub use self::remote::{Reached, Remote, reach};

use crate::command::cloud::tenant::create::database_url;
use crate::error::{CliError, Exit};
use crate::plugin::embedded;
use crate::project::{Project, url_secret};
use crate::trust;

/// The database of one tenant.
pub struct Database {
    /// Whose it is.
    pub tenant: TenantView,
    /// With the password.
    pub url: Zeroizing<String>,
}

impl Database {
    /// Of a tenant that is there, at a server that this user has allowed on this machine. None where it has no URL.
    pub async fn of(project: &mut Project, tenant: TenantView) -> Result<Option<Database>, CliError> {
        check_settled(&tenant)?;
        trust::check_tenant(&project.vault, &tenant).await?;
        if tenant.resources.value().get("database_url").is_none() {
            return Ok(None);
        }
        let Some(url) = database_url(project, &tenant).await? else { return Err(made_elsewhere(&tenant)) };
        let database = Database { tenant, url: Zeroizing::new(url) };
        database.check_host()?;
        Ok(Some(database))
    }

    /// The same where the database is what the command is about.
    pub async fn needed(project: &mut Project, tenant: TenantView) -> Result<Database, CliError> {
        let name = tenant.name.clone();
        Database::of(project, tenant).await?.ok_or_else(|| {
            CliError::new(Exit::Refused, "no-database-url", format!("tenant `{name}` has no database URL here"))
        })
    }

    /// The URL taken apart.
    pub fn place(&self) -> Result<Place, CliError> {
        Place::of(&self.url).ok_or_else(|| {
            let message = format!("`{}` is not a PostgreSQL URL", url_secret::masked(&self.url));
            CliError::usage("bad-database-url", message)
        })
    }

    /// Logs in as the tenant. What is told of a failure ends in what to type.
    pub async fn log_in(&self) -> Result<PgConnection, CliError> {
        log_in(&self.url).await.map_err(|error| self.told(error))
    }

    /// A failed login in the user's words.
    pub fn told(&self, error: LoginError) -> CliError {
        let shown = url_secret::masked(&self.url);
        let (is_denied, is_about_encryption) = (error.is_denied(), error.is_about_encryption());
        let told = CliError::from(error);
        if is_denied && self.tenant.provider == PluginId::external() {
            return told
                .help(format!(
                    "the server at `{shown}` knows another password; delete the tenant here, which leaves its database \
                     alone, and take it in again with the right URL"
                ))
                .try_command(format!("systemprompt cloud tenant delete {} -y", self.tenant.id))
                .try_command(format!("systemprompt cloud tenant create --name {} --database-url -", self.tenant.name));
        }
        if is_denied {
            return told
                .help(format!("the server at `{shown}` does not let the tenant's role in with the password on record"))
                .try_command(format!("systemprompt cloud tenant rotate-credentials {} -y", self.tenant.id));
        }
        if is_about_encryption {
            return told.help(format!(
                "`{shown}` answers, and does not prove what `sslmode` of the URL asks for: name who signs for it in `sslrootcert`"
            ));
        }
        match start_command(&self.tenant) {
            Some(command) => told.help(format!("nothing answers at `{shown}`; start the server")).try_command(command),
            None => told.help(format!("check that `{shown}` is right and that its server runs")),
        }
    }

    /// A local server of ours is on this machine, whatever a history from elsewhere says.
    fn check_host(&self) -> Result<(), CliError> {
        let is_ours = embedded::local_ids().contains(&self.tenant.provider);
        if !is_ours || self.place()?.is_loopback() {
            return Ok(());
        }
        let message =
            format!("the database of tenant `{}` is not on this machine, as its provider's are", self.tenant.name);
        Err(CliError::new(Exit::Refused, "not-allowed-here", message)
            .cause(url_secret::masked(&self.url))
            .help("nothing was sent there; the project's history does not come from this machine"))
    }
}

/// What starts the server of a tenant that was made here.
fn start_command(tenant: &TenantView) -> Option<String> {
    // A server elsewhere is not ours to start.
    if tenant.provider == PluginId::external() || tenant.tenant_type == TenantType::Cloud {
        return None;
    }
    let resources = tenant.resources.value();
    let is_own = resources["server"]["kind"] == "container" && resources.get("shared_container_db").is_none();
    let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Some(match resources["server"]["name"].as_str().filter(is_plain) {
        Some(container) if is_own => format!("docker start {container}"),
        _ => format!("systemprompt infra db up --provider {}", tenant.provider),
    })
}

/// Its creation or deletion has not ended, so that it cannot be used.
pub fn check_settled(tenant: &TenantView) -> Result<(), CliError> {
    match tenant.state {
        TenantState::Creating => Err(unfinished("tenant-creating", "created", tenant)),
        TenantState::Deleting => Err(unfinished("tenant-deleting", "deleted", tenant)),
        TenantState::Cancelled => Err(Refusal::TenantCancelled { id: tenant.id.clone() }.into()),
        TenantState::Vanished => Err(crate::live::vanished(tenant)),
        // While it is being changed, what it was before counts until the change is done.
        TenantState::Ready | TenantState::Changing => Ok(()),
    }
}

fn unfinished(code: &str, what: &str, tenant: &TenantView) -> CliError {
    CliError::new(Exit::Unfinished, code, format!("tenant `{}` is being {what}", tenant.name))
        .try_command(format!("systemprompt cloud tenant resume {}", tenant.id))
}

/// This user has no key to what was sealed for it.
pub fn made_elsewhere(tenant: &TenantView) -> CliError {
    let message = format!("tenant `{}` was made by another user, or with another data directory", tenant.name);
    CliError::new(Exit::Refused, "made-elsewhere", message)
        .help("the key to its password is not here; set `SYSTEMPROMPT_DATA_DIR` to the directory it was made with")
}
