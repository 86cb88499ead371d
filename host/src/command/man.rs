//! `systemprompt man`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::manual::{self, Page};
use crate::suggestion;
use crate::view::AnyView;
use crate::view::manual::Manual;
use crate::view::printed::Printed;

/// Show the manual page of a command
///
/// On a terminal it is shown by `man`, elsewhere its source is printed. `--dir` writes the pages of all commands, for
/// whoever packages the program.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt man
  systemprompt man cloud tenant create
  systemprompt man --dir ./man1")]
pub struct ManArgs {
    /// Words of the command, without the program's name
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write every page into this directory, which is made if need be
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// Carries it out.
pub fn run(context: &Context, args: &ManArgs) -> Result<AnyView, CliError> {
    if let Some(dir) = &args.dir {
        return write(&context.env.cwd.join(dir));
    }
    match manual::page(&args.command) {
        Ok(page) => Ok(Box::new(Manual(page))),
        Err((word, known)) => {
            let shown = crate::text::one_line(&word, 60);
            let error = CliError::new(Exit::NotFound, "command-not-found", format!("there is no command `{shown}`"));
            Err(suggestion::add(error, &word, known.iter().map(String::as_str)).try_command("systemprompt --help"))
        }
    }
}

fn write(dir: &Path) -> Result<AnyView, CliError> {
    let failed = |path: &Path, error: std::io::Error| {
        CliError::new(Exit::Failed, "file-failed", format!("could not write {}", crate::text::shown(path)))
            .because(&error)
    };
    fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    let pages = manual::pages();
    for page in &pages {
        let path = dir.join(page.file());
        fs::write(&path, &page.text).map_err(|error| failed(&path, error))?;
    }
    let files: Vec<_> = pages.iter().map(Page::file).collect();
    Ok(Box::new(Printed {
        schema: "systemprompt/man-files/v1",
        data: json!({ "dir": dir.display().to_string(), "files": files }),
        text: format!("wrote {} pages into {}\n", pages.len(), crate::text::shown(dir)),
    }))
}
