//! `systemprompt`: isolated environments with a history.
//!
//! The program: command line ([`cli`], [`command`]), plugin host ([`plugin`]), operations ([`operation`]), secrets
//! ([`vault`]), the project directory ([`project`]), and printing ([`ui`]). It is the only place with effects; the
//! model is `systemprompt-events`.

#![allow(unreachable_pub, reason = "in a binary `pub` says that a module is meant to be used by others")]

mod account;
mod authoring;
mod backend;
mod bisection;
mod change;
mod choice;
mod cli;
mod command;
mod comparison;
mod completion;
mod creation;
mod database;
mod draft;
mod duration;
mod env;
mod error;
mod external;
mod files;
mod grace;
mod installation;
mod ledger;
mod live;
mod manual;
mod memory;
mod migration;
mod moment;
mod opening;
mod operation;
mod output;
mod picture;
mod places;
mod plugin;
mod profile;
mod project;
mod prompt;
mod proof_file;
mod provider_choice;
mod psql;
mod reader;
mod relocation;
mod report;
mod secret_input;
mod secrets;
mod session;
mod signing;
mod suggestion;
mod text;
mod trust;
mod ui;
mod undo;
mod variables;
mod vault;
mod view;
mod working;

use clap::error::ErrorKind;

use cli::Context;
use error::{CliError, Exit};
use ui::Format;

fn main() -> ! {
    if let Some(exit) = completion::answer() {
        env::exit(exit);
    }
    if let Some(exit) = plugin::compiler::answer() {
        env::exit(exit);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let exit = match runtime {
        Ok(runtime) => runtime.block_on(program()),
        Err(error) => {
            let error = CliError::new(Exit::Failed, "no-runtime", "could not start").because(&error);
            ui::error(&error, Format::Text { pager: false })
        }
    };
    env::exit(exit)
}

async fn program() -> Exit {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(error) => return not_parsed(&error),
    };
    let format = cli.global.format();
    let env = match env::Env::read() {
        Ok(env) => env,
        Err(error) => return ui::error(&error, format),
    };
    let context = Context::new(env, cli.global);
    let ended = cli::run(&context, cli.command).await;
    context.say_where_the_key_is();
    match ended {
        Ok(view) => ui::answer(view.as_ref(), context.as_of.get(), format),
        Err(error) => ui::error(&error, format),
    }
}

/// Help and version are answers; all else is a usage error, as JSON where that was asked for.
fn not_parsed(error: &clap::Error) -> Exit {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_answer {
        ui::help(&error.render());
        return Exit::Done;
    }
    // What the parser repeats of the command line may hold anything.
    let text = text::lines(&error.render().to_string());
    if let Some(format) = env::json_was_asked_for() {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or("wrong arguments").trim_start_matches("error: ").to_owned();
        let usage = CliError::usage("usage", message).help(lines.collect::<Vec<_>>().join("; "));
        return ui::error(&usage, format);
    }
    ui::usage(&text);
    Exit::Usage
}
