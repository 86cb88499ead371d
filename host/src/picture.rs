//! Draws a picture of the history into a file, which is whole or as it was.

use std::fs;
use std::io;
use std::path::Path;

use systemprompt_events::{Position, Recorded, Timeline};

use crate::cli::Context;
use crate::env;
use crate::error::{CliError, Exit};
use crate::files;
use crate::project::Project;
use crate::text::shown;
use crate::view::AnyView;
use crate::view::picture::data::{About, Picture};
use crate::view::picture::{self, Drawn};

/// Writes a page that shows these events, and the registry from the first of them to now.
///
/// Only a picture is written over: whoever mistypes a name loses no file.
pub async fn draw(
    context: &Context,
    project: &mut Project,
    file: &Path,
    mut events: Vec<Recorded>,
) -> Result<AnyView, CliError> {
    let file = context.env.cwd.join(file);
    let may_replace = is_picture(&file)?;
    events.sort_by_key(|event| event.position);
    let head = project.ledger().log.head().await?;
    let timeline = match (events.first(), head.position) {
        (Some(first), Some(last)) => project.ledger().log.timeline(first.position, last).await?,
        (None, _) | (_, None) => Timeline::default(),
    };
    let about = About {
        project: name(&project.dir),
        command: context.env.provenance.argv.join(" "),
        program: context.env.provenance.cli.clone(),
        written: env::now().to_seconds_text(),
        total: head.position.map_or(0, Position::get),
        head: head.hash.to_string(),
    };
    let picture = Picture::new(about, &events, &timeline);
    let page = picture::page(&picture).map_err(|error| failed(&file, &error))?;
    let written =
        if may_replace { files::replace(&file, page.as_bytes()) } else { files::create(&file, page.as_bytes()) };
    written.map_err(|error| {
        // Somebody was quicker.
        if error.kind() == io::ErrorKind::AlreadyExists { in_the_way(&file) } else { failed(&file, &error) }
    })?;
    Ok(Box::new(Drawn { file, bytes: page.len(), counts: picture.counts() }))
}

/// The directory that the project is in.
fn name(dir: &Path) -> String {
    dir.parent().and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Whether the file is a picture that we wrote; false where there is none.
fn is_picture(file: &Path) -> Result<bool, CliError> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(file, &error)),
        Ok(metadata) if !metadata.is_file() => return Err(in_the_way(file)),
        Ok(_) => {}
    }
    let beginning = files::beginning(file, picture::MARK_WITHIN).map_err(|error| failed(file, &error))?;
    if picture::is_ours(&beginning) { Ok(true) } else { Err(in_the_way(file)) }
}

fn in_the_way(file: &Path) -> CliError {
    let message =
        format!("`{}` is there already, and it is no picture of a history; it was left as it is", shown(file));
    CliError::new(Exit::Refused, "not-a-picture", message).help("name another file, or move this one away")
}

fn failed(file: &Path, error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Failed, "picture-failed", format!("could not write `{}`", shown(file)))
        .because(error)
        .help("name a file in a directory that you can write to")
}
