//! `systemprompt history …`.

pub mod bisect;
pub mod blame;
pub mod checkpoint;
pub mod claim;
pub mod consistency;
pub mod diff;
pub mod export;
mod filter;
pub mod import;
pub mod key;
pub mod log;
pub mod prove;
pub mod rebuild;
pub mod redo;
pub mod repair;
pub mod restore;
pub mod show;
pub mod tail;
pub mod undo;
pub mod verify;
pub mod verify_proof;

use clap::Subcommand;

use crate::cli::Context;
use crate::error::CliError;
use crate::view::AnyView;

/// Commands of the group.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Log(log::LogArgs),
    Show(show::ShowArgs),
    Tail(tail::TailArgs),
    Diff(diff::DiffArgs),
    Blame(blame::BlameArgs),
    Bisect(bisect::BisectArgs),
    Undo(undo::UndoArgs),
    Redo(redo::RedoArgs),
    Restore(restore::RestoreArgs),
    Verify(verify::VerifyArgs),
    Rebuild(rebuild::RebuildArgs),
    Claim(claim::ClaimArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Repair(repair::RepairArgs),
    Checkpoint(checkpoint::CheckpointArgs),
    Key(key::KeyArgs),
    Prove(prove::ProveArgs),
    Consistency(consistency::ConsistencyArgs),
    VerifyProof(verify_proof::VerifyProofArgs),
}

/// Carries one out.
pub async fn run(context: &Context, command: Command) -> Result<AnyView, CliError> {
    match command {
        Command::Log(args) => log::run(context, args).await,
        Command::Show(args) => show::run(context, args).await,
        Command::Tail(args) => tail::run(context, args).await,
        Command::Diff(args) => diff::run(context, args).await,
        Command::Blame(args) => blame::run(context, args).await,
        Command::Bisect(args) => bisect::run(context, args).await,
        Command::Undo(args) => undo::run(context, args).await,
        Command::Redo(args) => redo::run(context, args).await,
        Command::Restore(args) => restore::run(context, args).await,
        Command::Verify(args) => verify::run(context, args).await,
        Command::Rebuild(args) => rebuild::run(context, args).await,
        Command::Claim(args) => claim::run(context, args).await,
        Command::Export(args) => export::run(context, args).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Repair(args) => repair::run(context, args).await,
        Command::Checkpoint(args) => checkpoint::run(context, args).await,
        Command::Key(args) => key::run(context, args).await,
        Command::Prove(args) => prove::run(context, args).await,
        Command::Consistency(args) => consistency::run(context, args).await,
        Command::VerifyProof(args) => verify_proof::run(&args),
    }
}
