//! The command line: global flags, the tree of commands, and what a command is given.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::command::{cloud, doctor, history, infra, plugin, which};
use crate::env::Env;
use crate::error::CliError;
use crate::project::{self, Project};
use crate::report::{Reporter, Style};
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

/// Flags that every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Print one JSON document instead of text
    #[arg(help_heading = "Global options", long, global = true)]
    pub json: bool,
    /// Directory of the project; found by walking up from the working directory otherwise
    #[arg(
        help_heading = "Global options",
        long,
        global = true,
        value_name = "DIR",
        env = "SYSTEMPROMPT_PROJECT",
        hide_env_values = true
    )]
    pub project: Option<PathBuf>,
    /// Tenant to act on: id, unique prefix or name; the environment and the project's selection come after it
    #[arg(help_heading = "Global options", long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Say nothing but the answer and errors
    #[arg(help_heading = "Global options", long, short, global = true)]
    pub quiet: bool,
    /// Also show what plugins log
    #[arg(help_heading = "Global options", long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// The groups of commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tenants, local and in the cloud
    #[command(
        subcommand,
        after_help = "Examples:
  systemprompt cloud tenant create --type local --name my-project
  systemprompt cloud tenant list"
    )]
    Cloud(cloud::Command),
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
    /// Show which project and tenant a command would act on
    Which(which::WhichArgs),
    /// Check what systemprompt needs on this machine
    Doctor(doctor::DoctorArgs),
}

/// What a command works with.
pub struct Context {
    /// The outside world.
    pub env: Env,
    /// Flags that every command takes.
    pub global: Global,
    /// Where progress goes.
    pub reporter: Reporter,
}

impl Context {
    /// What the flags say about progress.
    pub fn new(env: Env, global: Global) -> Context {
        let style = if global.quiet || !env.watching { Style::Silent } else { Style::Terminal };
        Context { reporter: Reporter::new(style, global.verbose), env, global }
    }

    /// The project to look at, if there is one.
    pub async fn project_to_read(&self) -> Result<Option<Project>, CliError> {
        let project = project::open_to_read(&self.env, self.global.project.as_deref()).await?;
        match project {
            Some(mut project) => {
                self.announce(&mut project).await?;
                Ok(Some(project))
            }
            None => Ok(None),
        }
    }

    /// The project to change, made if there is none.
    pub async fn project_to_change(&self) -> Result<Project, CliError> {
        let mut project = project::open_to_change(&self.env, self.global.project.as_deref()).await?;
        self.announce(&mut project).await?;
        Ok(project)
    }

    /// The project whose unfinished operation the user is about to go on with, so that there is no need to mention it.
    pub async fn project_to_resume_in(&self) -> Result<Project, CliError> {
        let named = self.global.project.as_deref();
        if project::locate(&self.env, named).is_none() {
            return Err(crate::choice::no_project());
        }
        let mut project = project::open_to_change(&self.env, named).await?;
        for line in project.notices.drain(..) {
            self.note(&line);
        }
        Ok(project)
    }

    /// The project to change, which has to be there.
    pub async fn existing_project(&self) -> Result<Project, CliError> {
        if project::locate(&self.env, self.global.project.as_deref()).is_none() {
            return Err(crate::choice::no_project());
        }
        self.project_to_change().await
    }

    async fn announce(&self, project: &mut Project) -> Result<(), CliError> {
        for line in project.notices.drain(..) {
            self.note(&line);
        }
        for line in crate::choice::unfinished_lines(project).await? {
            self.note(&line);
        }
        Ok(())
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
    match command {
        Command::Cloud(command) => cloud::run(context, command).await,
        Command::Infra(command) => infra::run(context, command).await,
        Command::History(command) => history::run(context, command).await,
        Command::Plugin(command) => plugin::run(context, command).await,
        Command::Which(args) => which::run(context, args).await,
        Command::Doctor(args) => doctor::run(context, args).await,
    }
}
