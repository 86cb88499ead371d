//! `systemprompt history export`.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use systemprompt_events::{ExchangeFormat, ExportError, ExportRequest, Position};

use crate::choice;
use crate::cli::Context;
use crate::draft::Draft;
use crate::error::CliError;
use crate::output;
use crate::project;
use crate::view::AnyView;
use crate::view::exchange::{Exported, Printed};

/// Write the history, or a part of it, for other programs or for another place
///
/// Events are written as they were recorded, byte for byte, each checked against the one before it. `ndjson` has every
/// column of the log, and a first and a last line by which a cut is noticed; `cloudevents` is one document of CloudEvents
/// 1.0 a line, `cloudevents-batch` an array of them. All three can be imported; docs/export-format.md has every field.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history export --output history.ndjson
  systemprompt history export --format cloudevents --from 2 --to 4
  systemprompt history export --redact --output history-to-share.ndjson")]
pub struct ExportArgs {
    /// Form of what is written
    #[arg(long, value_name = "FORM", default_value = "ndjson", value_parser = PossibleValuesParser::new(
        ExchangeFormat::ALL.map(ExchangeFormat::as_str)).try_map(|form| form.parse::<ExchangeFormat>()))]
    format: ExchangeFormat,
    /// Position of the first event to write
    #[arg(long, value_name = "POSITION")]
    from: Option<Position>,
    /// Position of the last event to write
    #[arg(long, value_name = "POSITION")]
    to: Option<Position>,
    /// Write to this file, which others cannot read, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if there is one
    #[arg(long, requires = "output")]
    force: bool,
    /// Hide what may be private: sealed values, users, machines, command lines, settings and texts; such a file is for
    /// reading and cannot be imported
    #[arg(long)]
    redact: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: ExportArgs) -> Result<AnyView, CliError> {
    if context.global.json && args.output.is_none() {
        return Err(CliError::usage("output-missing", "with `--json`, the export needs a file of its own")
            .try_command("systemprompt history export --output <file> --json"));
    }
    // Looks only: a damaged log must not be touched, not even to bring files up to date.
    let mut project = project::open_untouched(&context.env, context.global.project.as_deref())
        .await?
        .ok_or_else(choice::no_project)?;
    let request = ExportRequest { format: args.format, from: args.from, to: args.to, is_redacted: args.redact };
    let log = &mut project.ledger().log;
    let Some(file) = args.output else {
        let mut stdout = crate::ui::pieces();
        let exported = match log.export(&request, &mut stdout).await {
            Ok(_) => stdout.flush().map_err(|source| ExportError::Write { source }),
            Err(error) => Err(error),
        };
        return match exported {
            // Somebody who stops reading, as `head` does, has what they wanted.
            Err(ExportError::Write { source }) if source.kind() == ErrorKind::BrokenPipe => Ok(Box::new(Printed)),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(Box::new(Printed)),
        };
    };
    let path = context.env.cwd.join(file);
    output::check(&path, args.force)?;
    let failed = |error| output::failed(&path, &error);
    let mut draft = Draft::new(&path).map_err(failed)?;
    let exported = log.export(&request, &mut draft).await?;
    draft.keep(args.force).map_err(failed)?;
    Ok(Box::new(Exported { file: path, request, content: exported }))
}
