//! `systemprompt which`.

use crate::choice::{self, Candidates};
use crate::cli::Context;
use crate::env;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::check::Which;

/// Show which project and tenant a command would act on
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt which
  systemprompt which --explain")]
pub struct WhichArgs {
    /// Show all that was considered, in order of precedence
    #[arg(long)]
    explain: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: WhichArgs) -> Result<AnyView, CliError> {
    let project_from = match (&context.global.project, env::look_up("SYSTEMPROMPT_PROJECT")) {
        (Some(_), Some(_)) => "by `--project` or SYSTEMPROMPT_PROJECT",
        (Some(_), None) => "by `--project`",
        (None, _) => "found by walking up from the working directory",
    };
    let Some(mut project) = context.project_to_read().await? else {
        let which = Which {
            project: None,
            project_from: "none was found".to_owned(),
            tenant: None,
            tenant_from: "there is no project".to_owned(),
            profile: None,
            candidates: Vec::new(),
            explain: args.explain,
        };
        return Ok(Box::new(which));
    };
    let candidates = Candidates::read(context, &mut project, None).await?;
    let (tenant, tenant_from) = match candidates.choose(&mut project).await? {
        Some(chosen) => (Some(chosen.tenant), chosen.source),
        None => (None, "nothing says which"),
    };
    let profile = match &tenant {
        Some(tenant) => choice::profile::of_tenant(context, &mut project, tenant).await?,
        None => None,
    };
    Ok(Box::new(Which {
        project: project.dir.parent().map(crate::text::shown),
        project_from: project_from.to_owned(),
        tenant: tenant.map(|tenant| (tenant.id.to_string(), tenant.name.to_string())),
        profile: profile.map(|chosen| (chosen.profile.name.to_string(), chosen.source.to_owned())),
        tenant_from: tenant_from.to_owned(),
        candidates: vec![
            ("--tenant".to_owned(), candidates.flag),
            ("--profile".to_owned(), candidates.profile_flag.map(|id| id.to_string())),
            (choice::VARIABLE.to_owned(), candidates.variable),
            (choice::profile::VARIABLE.to_owned(), candidates.profile_variable.map(|id| id.to_string())),
            ("this shell's session".to_owned(), candidates.shell.map(|id| id.to_string())),
            ("the project's selection".to_owned(), candidates.selection.map(|id| id.to_string())),
        ],
        explain: args.explain,
    }))
}
