//! `systemprompt plugin grant`.

use systemprompt_events::{Command, PluginCommand, PluginId, PluginView};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::installation::{self, signed};
use crate::plugin::grants::Right;
use crate::plugin::{catalog, destination, installed};
use crate::project::ownership;
use crate::text::one_line;
use crate::view::AnyView;
use crate::view::plugin::in_words;

/// Allow a plugin what was taken back, or what nobody allowed it here
///
/// Its file has to be on this machine, as `plugin install` puts it there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin grant acme-postgres
  systemprompt plugin grant acme-postgres docker --yes")]
pub struct GrantArgs {
    /// Id of the plugin
    #[arg(value_name = "ID")]
    id: PluginId,
    /// What it may do from now on, besides what it may already; everything that it asks for otherwise
    #[arg(value_name = "CAPABILITY")]
    capabilities: Vec<String>,
    /// Allow it without a question
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: GrantArgs) -> Result<AnyView, CliError> {
    let (mut project, known) = super::installed(context, &args.id).await?;
    let places = &context.env.places;
    let wasm = installed::bytes(&known.id, &known.hash, places)?;
    // What the history says of it is not believed: neither who made it nor what it asks for.
    signed::of_copy(&known, &known.hash, &wasm, places).map_err(|why| of_nobody(&known, &why))?;
    let loaded = catalog::compile(&known.id, &wasm, places)?;
    let asked = destination::asked(&loaded.provider.capabilities, &catalog::describe(&loaded, places).await?)?;
    if let Some(stranger) = args.capabilities.iter().find(|capability| !asked.contains(capability)) {
        let message = format!("`{}` does not ask for `{}`", known.id, one_line(stranger, 120));
        let error = CliError::new(Exit::NotFound, "capability-not-found", message);
        return Err(error.help(format!("it asks for {}", one_line(&quoted(&asked), 600))));
    }
    let is_of_these = known.grant.as_ref().is_some_and(|grant| grant.hash == known.hash);
    let grants = project.grants().await?;
    let ours = if is_of_these { grants.ours(&known).await? } else { None }.unwrap_or_default();
    let is_wanted = |capability: &String| args.capabilities.is_empty() || args.capabilities.contains(capability);
    let new: Vec<_> = asked.iter().filter(|capability| !ours.contains(capability) && is_wanted(capability)).collect();
    if new.is_empty() {
        return Ok(Box::new(installation::recorded(&mut project, known).await?));
    }
    for line in what_it_is(&known) {
        context.note(&line);
    }
    for capability in &new {
        context.note(&format!("it may {}", in_words(capability)));
    }
    installation::agreed(context, args.yes, "allowing a plugin")?;
    let capabilities: Vec<_> =
        asked.iter().filter(|capability| ours.contains(capability) || new.contains(capability)).cloned().collect();
    let (hash, publisher) = (known.hash, known.publisher.as_deref());
    let right = Right { id: &known.id, hash: &hash, source: &known.source, publisher, capabilities: &capabilities };
    let lock = installation::locked_files(context).await?;
    // Somebody may have removed it from another project meanwhile.
    installed::bytes(&known.id, &hash, places)?;
    let mac = grants.give(right).await?;
    let command = PluginCommand::Grant { hash, capabilities, mac };
    project.ledger().record(vec![Command::Plugin(known.id.clone(), command)]).await?;
    ownership::note(&mut project).await?;
    drop(lock);
    context.sync_files(&mut project).await?;
    Ok(Box::new(installation::shown(&mut project, &known.id).await?))
}

fn what_it_is(known: &PluginView) -> [String; 4] {
    let signed =
        known.publisher.as_ref().map_or("it is not signed".to_owned(), |key| format!("it is signed with {key}"));
    [
        format!("plugin `{}` {}", known.id, one_line(&known.version, 20)),
        format!("it is from {}, and so will be what `plugin upgrade` takes", one_line(&known.source, 300)),
        format!("it has SHA-256 {}", known.hash),
        one_line(&signed, 200),
    ]
}

fn of_nobody(known: &PluginView, why: &str) -> CliError {
    let message = format!("the copy of `{}` here is not signed as the history says: {}", known.id, one_line(why, 300));
    CliError::new(Exit::Refused, "bad-signature", message)
        .help("install it from where its publisher has it")
        .try_command("systemprompt plugin install <file>")
}

fn quoted(capabilities: &[String]) -> String {
    capabilities.iter().map(|capability| format!("`{capability}`")).collect::<Vec<_>>().join(", ")
}
