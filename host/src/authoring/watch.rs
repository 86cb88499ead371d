//! Rounds: what is done once, and again whenever a source changes.

use std::path::Path;
use std::time::Instant;

use super::sources::Sources;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::operation::cancel::wait_for_any_signal;
use crate::ui::{self, Format};
use crate::view::AnyView;
use crate::view::round::Round;

/// What came of a round: an answer, and the same in one line.
pub type Outcome = Result<(AnyView, String), CliError>;

/// Goes on until whoever started it stops it, or nobody reads it any more. An error of a round is told, and ends nothing.
pub async fn rounds(context: &Context, dir: &Path, round: impl AsyncFn() -> Outcome) -> Result<AnyView, CliError> {
    let mut sources = Sources::below(dir)?;
    tokio::select! {
        ended = repeat(context, &mut sources, round) => ended,
        () = wait_for_any_signal() => crate::env::exit(Exit::Interrupted),
    }
}

async fn repeat(
    context: &Context,
    sources: &mut Sources,
    round: impl AsyncFn() -> Outcome,
) -> Result<AnyView, CliError> {
    loop {
        sources.look()?;
        let began = Instant::now();
        let outcome = round().await;
        let elapsed = began.elapsed();
        let round = match outcome {
            Ok((view, line)) => Round { view, line, elapsed },
            Err(error) => {
                let json = context.global.json;
                ui::error(&error, if json { Format::Stream } else { Format::Text { pager: false } });
                context.reporter.note(&format!("it failed after {:.1} s; waiting for a change", elapsed.as_secs_f64()));
                sources.changed().await?;
                continue;
            }
        };
        if !ui::follow(&round, context.global.json) {
            return Ok(round.view);
        }
        sources.changed().await?;
    }
}
