//! `systemprompt completions`.

use serde_json::json;

use crate::completion;
use crate::error::{CliError, Exit};
use crate::view::AnyView;
use crate::view::printed::Printed;

/// Print what makes a shell complete commands, tenants, regions and plugins
///
/// What it completes is looked up when it is asked for, so tenants that are made later are known without a word. To have
/// it in every shell, put the line into the shell's own file: `~/.bashrc`, `~/.zshrc` (below `compinit`), or
/// `~/.config/fish/config.fish`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt completions bash
  systemprompt completions fish | source
  systemprompt completions zsh > ~/.zfunc/_systemprompt")]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// A shell that can be made to complete.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    /// GNU bash, 4.4 or newer for all it can do
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}

/// Carries it out.
pub fn run(args: &CompletionsArgs) -> Result<AnyView, CliError> {
    let shell = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let script = completion::registration(shell).ok_or_else(|| {
        CliError::new(Exit::Failed, "no-completion", format!("the completion for {shell} could not be written"))
    })?;
    Ok(Box::new(Printed {
        schema: "systemprompt/completions/v1",
        data: json!({ "shell": shell, "script": script }),
        text: script,
    }))
}
