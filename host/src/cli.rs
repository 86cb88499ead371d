//! The command line: global flags, the tree of commands, and what a command is given.

use std::cell::OnceCell;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::command::{admin, cloud, completions, doctor, env as env_command, exec, history, infra, man, plugin, which};
use crate::env::{Env, Watching};
use crate::error::CliError;
use crate::memory;
use crate::moment::{self, AsOf};
use crate::report::{Reporter, Style};
use crate::ui::Format;
use crate::view::AnyView;

/// Isolated environments with a history
///
/// A tenant is an environment with its own PostgreSQL database and role. Every action is an event in a local log that
/// can be read, verified and rebuilt.
#[derive(Debug, Parser)]
#[command(
    name = "systemprompt",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  systemprompt cloud tenant create --type local --name my-project
  systemprompt cloud tenant list
  systemprompt history log")]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What was typed. Of the tree, only what it needs is made: all of it takes as long as a short command. No argument of a
/// command may be called as one of [`Global`], because these are added before.
pub fn parse() -> Result<Cli, clap::Error> {
    Cli::try_parse().or_else(|error| {
        if error.kind() == ErrorKind::DisplayVersion {
            return Err(error);
        }
        // What help and errors say is of the whole tree.
        let mut tree = tree();
        let matches = tree.try_get_matches_from_mut(crate::env::arguments())?;
        Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut tree))
    })
}

/// The whole tree of commands.
pub fn tree() -> clap::Command {
    let mut tree = Cli::command();
    tree.build();
    tree
}

/// Flags that every command takes.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Global {
    /// Print one JSON document instead of text; with `stream`, also one for each step while it happens, a line each
    #[arg(
        help_heading = "Global options",
        long = "json",
        global = true,
        value_name = "FORM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "document"
    )]
    pub json_form: Option<JsonForm>,
    /// Directory of the project, also by `SYSTEMPROMPT_PROJECT`; found by walking up from the working directory otherwise
    #[arg(help_heading = "Global options", long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Tenant to act on: id, unique prefix or name; the environment and the project's selection come after it
    #[arg(help_heading = "Global options", long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Profile to act with, and so its tenant
    #[arg(help_heading = "Global options", long, global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Look at the project as it was: a position, an event, a time, `2h ago`, or `@-3` for three events back. A time means the
    /// last event that is not later, whatever clocks said of those before it
    #[arg(help_heading = "Global options", long, global = true, value_name = "MOMENT")]
    pub at: Option<String>,
    /// Say nothing but the answer and errors
    #[arg(help_heading = "Global options", long, short, global = true)]
    pub quiet: bool,
    /// Also show what plugins log
    #[arg(help_heading = "Global options", long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print a long answer as it is, also on a terminal
    #[arg(help_heading = "Global options", long, global = true)]
    pub no_pager: bool,
    /// Whether JSON is asked for, in whichever form
    #[arg(skip)]
    pub json: bool,
}

/// In which form JSON is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum JsonForm {
    /// The answer, as one document
    Document,
    /// Progress and then the answer, each a document on a line of its own
    Stream,
}

impl Global {
    /// How the answer is printed.
    pub fn format(&self) -> Format {
        match self.json_form {
            None => Format::Text { pager: !self.no_pager },
            Some(JsonForm::Document) => Format::Json,
            Some(JsonForm::Stream) => Format::Stream,
        }
    }
}

/// The groups of commands.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Tenants, local and in the cloud
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud tenant create --type local --name my-project
  systemprompt cloud tenant list"
    )]
    Cloud(cloud::Command),
    /// Who works where
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt admin session show
  systemprompt admin session switch local"
    )]
    Admin(admin::Command),
    /// What runs below the tenants
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt infra db up
  systemprompt infra db status"
    )]
    Infra(infra::Command),
    /// What happened, and whether the record of it is whole
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt history log
  systemprompt history verify"
    )]
    History(history::Command),
    /// Providers of tenants
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt plugin list
  systemprompt plugin show docker"
    )]
    Plugin(plugin::Command),
    Env(env_command::EnvArgs),
    Exec(exec::ExecArgs),
    /// Show which project and tenant a command would act on
    Which(which::WhichArgs),
    /// Check what systemprompt needs on this machine
    Doctor(doctor::DoctorArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// What a command works with.
pub struct Context {
    /// The outside world.
    pub env: Env,
    /// Flags that every command takes.
    pub global: Global,
    /// Where progress goes.
    pub reporter: Reporter,
    /// The event that the answer is as of, once it is known.
    pub as_of: OnceCell<AsOf>,
}

impl Context {
    /// What the flags say about progress.
    pub fn new(env: Env, mut global: Global) -> Context {
        global.project = global.project.or_else(|| crate::env::look_up("SYSTEMPROMPT_PROJECT").map(PathBuf::from));
        global.json = global.json_form.is_some();
        let style = match (global.json_form, env.watching) {
            (Some(JsonForm::Stream), _) => Style::Stream,
            _ if global.quiet => Style::Silent,
            (_, Watching::Terminal) => Style::Terminal,
            (_, Watching::PlainTerminal) => Style::Lines,
            (_, Watching::Nobody) if global.verbose => Style::Lines,
            (_, Watching::Nobody) => Style::Silent,
        };
        Context { reporter: Reporter::new(style, global.verbose), env, global, as_of: OnceCell::new() }
    }

    /// Whether a question may be asked: there is a terminal, and the answer is not meant for a program.
    pub fn may_ask(&self) -> bool {
        self.env.interactive && !self.global.json
    }

    /// Once, when it was made: to a person, and to everybody where a keyring did not take it.
    pub fn say_where_the_key_is(&self) {
        if let Some(made) = self.env.places.master().made()
            && (made.is_surprising || self.env.watching != Watching::Nobody)
        {
            self.note(&made.line);
        }
    }

    /// A line that is not the answer, unless the user wants quiet.
    pub fn note(&self, line: &str) {
        if !self.global.quiet {
            crate::ui::note(line);
        }
    }
}

/// Carries a command out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    moment::check(context.global.at.as_deref(), &command)?;
    // What is said of plugins may compile them, with as many threads as there are.
    if moment::is_of_the_past(&command) && !matches!(command, Command::Plugin(_)) {
        memory::in_large_steps();
    }
    match command {
        Command::Cloud(command) => cloud::run(context, command).await,
        Command::Admin(command) => admin::run(context, command).await,
        Command::Infra(command) => infra::run(context, command).await,
        Command::History(command) => history::run(context, command).await,
        Command::Plugin(command) => plugin::run(context, command).await,
        Command::Env(args) => env_command::run(context, args).await,
        Command::Exec(args) => exec::run(context, args).await,
        Command::Which(args) => which::run(context, args).await,
        Command::Doctor(args) => doctor::run(context, args).await,
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(context, &args),
    }
}
