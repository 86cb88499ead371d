//! How a database is that its provider reaches, by its own account.

use serde_json::{Map, Value};
use systemprompt_events::FailureKind;

use super::Remote;
use crate::cli::Context;
use crate::error::CliError;
use crate::migration::script::{OPTIONS, complaint};
use crate::project::Project;
use crate::view::cleaned;
use crate::view::database::Server;

const QUESTION: &str = "\\encoding UTF8
select to_regclass('_sqlx_migrations') is not null as is_migrated \\gset
select json_build_object('Server', 'PostgreSQL ' || current_setting('server_version'), 'Database', current_database(), \
'Role', current_user, 'Size', pg_size_pretty(pg_database_size(current_database())), 'Connections', (select \
count(*)::text from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()));
\\if :is_migrated
select json_build_object('Migrations', count(*) filter (where success) || ' applied') from _sqlx_migrations;
\\endif
";

/// Asks it. That it does not answer is an answer; that its provider does not is none.
pub async fn of(context: &Context, project: &mut Project, remote: &Remote) -> Result<Server, CliError> {
    let answer = remote.run(context, project, &OPTIONS.map(str::to_owned), QUESTION).await?;
    let (reachable, state, details) = match answer {
        Ok(ended) if ended.exit_code == 0 => (true, "ready", details(&ended.stdout)),
        Ok(ended) => (false, "unreachable", vec![("Why".to_owned(), complaint(&ended.stderr))]),
        // Looking changes nothing, whatever became of it.
        Err(failure) if failure.kind == FailureKind::Ambiguous => {
            let failure = systemprompt_events::Failure { kind: FailureKind::Retryable, help: None, ..failure };
            return Err(remote.told(&failure));
        }
        Err(failure) => return Err(remote.told(&failure)),
    };
    let (state, mut details) = cleaned(state, details);
    details.insert(0, ("Tenant".to_owned(), format!("{} ({})", remote.tenant.name, remote.tenant.id)));
    let provider = remote.tenant.provider.to_string();
    Ok(Server { provider, reachable, state, details, hints: Vec::new(), expected: true })
}

fn details(answer: &str) -> Vec<(String, String)> {
    let lines = answer.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok()).flatten();
    lines.map(|(label, value)| (label, value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect()
}
