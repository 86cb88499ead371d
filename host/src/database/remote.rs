//! A tenant's database that is not reached from here: its provider runs `psql` where it is.

use systemprompt_events::{Failure, PluginId, TenantType, TenantView, template};

use super::{Database, check_settled, log_in};
use crate::change;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::live;
use crate::operation::words::failure_error;
use crate::plugin::catalog::Loaded;
use crate::plugin::v1::{PsqlEnded, PsqlRun};
use crate::project::{Project, url_secret};
use crate::trust;

/// What a provider's description has among its operations if it can.
const PSQL: &str = "psql";
/// A script of more bytes, written as JSON, is more than a provider may hand on.
const SCRIPT_BYTES_MAX: usize = 1_000_000;

/// The database of one tenant, by way of its provider.
pub struct Remote {
    /// Whose it is.
    pub tenant: TenantView,
    plugin: Box<Loaded>,
}

/// How a tenant's database is reached.
pub enum Reached {
    /// By a connection from here.
    Directly(Database),
    /// By its provider.
    Remotely(Remote),
}

/// Finds the way to a tenant's database: the direct one where there is one that somebody answers at.
pub async fn reach(context: &Context, project: &mut Project, tenant: TenantView) -> Result<Reached, CliError> {
    let Some(database) = Database::of(project, tenant.clone()).await? else {
        return match Remote::of(context, project, &tenant).await? {
            Some(remote) => Ok(Reached::Remotely(remote)),
            None => Database::needed(project, tenant).await.map(Reached::Directly),
        };
    };
    if change::supports(project, &tenant.provider, PSQL).await?
        && log_in(&database.url).await.is_err_and(|error| error.is_silence())
        && let Some(remote) = Remote::of(context, project, &tenant).await?
    {
        let shown = url_secret::masked(&database.url);
        context.note(&format!("nothing answers at `{shown}`; by way of provider `{}` then", tenant.provider));
        return Ok(Reached::Remotely(remote));
    }
    Ok(Reached::Directly(database))
}

impl Remote {
    /// Of a tenant that is there; none where its provider cannot run `psql`.
    pub async fn of(context: &Context, project: &mut Project, tenant: &TenantView) -> Result<Option<Remote>, CliError> {
        check_settled(tenant)?;
        if tenant.tenant_type != TenantType::Cloud || tenant.provider == PluginId::external() {
            return Ok(None);
        }
        // What came with the project is said before anybody is told to log in for it.
        trust::check_tenant(&project.vault, tenant).await?;
        if !change::supports(project, &tenant.provider, PSQL).await? {
            return Ok(None);
        }
        let plugin = live::provider(context, project, &tenant.provider).await?;
        Ok(Some(Remote { tenant: tenant.clone(), plugin: Box::new(plugin) }))
    }

    /// Runs a script, once. The inner failure is the provider's: it did not begin, or nobody knows what came of it.
    pub async fn run(
        &self,
        context: &Context,
        project: &mut Project,
        options: &[String],
        script: &str,
    ) -> Result<Result<PsqlEnded, Failure>, CliError> {
        let script = template::escape(script);
        let bytes = serde_json::Value::from(script.as_str()).to_string().len();
        if bytes > SCRIPT_BYTES_MAX {
            return Err(self.too_large());
        }
        // What a user types is text and refers to nothing, least of all to a secret.
        let options = options.iter().map(|option| template::escape(option)).collect();
        let run = PsqlRun { options, script, ext: None };
        // A call of a plugin is large.
        Box::pin(live::psql(context, project, &self.plugin, &self.tenant, &run)).await
    }

    /// The provider's failure in the user's words.
    pub fn told(&self, failure: &Failure) -> CliError {
        failure_error(failure, format!("no answer of the database of tenant `{}`", self.tenant.name))
    }

    /// What to do for what goes over a connection alone.
    pub fn open_command(&self) -> String {
        format!("systemprompt cloud tenant edit {} --external-db-access true", self.tenant.id)
    }

    fn too_large(&self) -> CliError {
        let provider = &self.tenant.provider;
        let message = format!("that is more than provider `{provider}` hands over to a database at once");
        CliError::new(Exit::Refused, "script-too-large", message)
            .cause(format!(
                "{} KB are the most, a little less where much has to be written otherwise",
                SCRIPT_BYTES_MAX / 1_000
            ))
            .help("divide it, or open the database to this machine, which has no such limit then")
            .try_command(self.open_command())
    }
}
