//! `systemprompt plugin new`.

use systemprompt_events::PluginId;

use crate::authoring::scaffold::Scaffold;
use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;
use crate::view::authoring::{Begun, C, JAVASCRIPT, PYTHON, RUST};

/// Begin a provider plugin: a small, complete one with its tests, in a new directory
///
/// The directory holds the SDK as well, so that it always fits this program.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin new acme-postgres
  systemprompt plugin new acme-postgres --lang js
  systemprompt plugin new acme-postgres --lang python
  systemprompt plugin new acme-postgres --lang c")]
pub struct NewArgs {
    /// Id of the plugin, and name of the directory: `a-z`, `0-9` and `-`
    #[arg(value_name = "NAME")]
    name: PluginId,
    /// Language to write it in
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value = "rust")]
    lang: Language,
}

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    Rust,
    Js,
    Python,
    C,
}

/// Carries it out.
pub fn run(context: &Context, args: &NewArgs) -> Result<AnyView, CliError> {
    let name = args.name.clone();
    let (scaffold, language) = match args.lang {
        Language::Rust => (Scaffold::rust(name)?, &RUST),
        Language::Js => (Scaffold::javascript(name)?, &JAVASCRIPT),
        Language::Python => (Scaffold::python(name)?, &PYTHON),
        Language::C => (Scaffold::c(name)?, &C),
    };
    let directory = scaffold.write(&context.env.cwd)?;
    let files = scaffold.files().map(|file| file.display().to_string()).collect();
    Ok(Box::new(Begun { name: args.name.to_string(), language, directory, files }))
}
