//! `systemprompt history verify`.

use std::path::{Path, PathBuf};

use systemprompt_events::Against;
use systemprompt_events::proof::{Algorithm, Checkpoint, CheckpointFault, Note, SignedCheckpoint, VerifierKey};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::ledger::sealed::{Home, Sealed};
use crate::project::{Project, intake, ownership};
use crate::proof_file;
use crate::view::verified::Verified;
use crate::view::{AnyView, View};

/// What cannot be told of a log that another version of the program wrote last.
const OUTDATED: &str = "another version of the program built the projections of this log: they were not compared, nor were \
    sealed values tried; the next command that may write builds them anew";

/// Check that nothing in the log is missing, changed or misplaced
///
/// Positions, versions, the hash chain, that every event can be read and can follow, that the projections are what the
/// events say, every checkpoint that the log holds, and whether the sealed values of living tenants open with the keys that
/// are kept beside it. A log that was rewritten as a whole is found with a checkpoint that is held elsewhere. The exit code
/// is 1 when there is a fault; each is listed with its position.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history verify
  systemprompt history verify --json
  systemprompt history verify --checkpoint checkpoint.txt --key log.vkey")]
pub struct VerifyArgs {
    /// A checkpoint that was held elsewhere; may be given several times
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Public key that it is signed with, or a file that holds it; without it, your own keys
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    key: Option<String>,
}

/// Carries it out.
pub async fn run(context: &Context, args: VerifyArgs) -> Result<AnyView, CliError> {
    // Looks only: a damaged log must not be touched, not even to bring files up to date.
    let mut project: Project = crate::project::open_untouched(&context.env, context.global.project.as_deref())
        .await?
        .ok_or_else(choice::no_project)?;
    let own = match project.vault.machine().checkpoint_keys().await {
        Ok(own) => own,
        Err(error) => {
            context.note(&format!("which checkpoints are yours cannot be told: {error}"));
            Vec::new()
        }
    };
    let key = args.key.as_deref().map(proof_file::key).transpose()?;
    let held = args.checkpoint.iter().map(|file| held(file, key.as_ref(), &own)).collect::<Result<_, _>>()?;
    let against = Against { own, held };
    let found = project.ledger().log.verify_against(&against).await?;
    let projections_compared = project.ledger().log.is_current();
    let mut verified = Verified { found, held: against.held.len(), projections_compared, sealed: None };
    if !projections_compared {
        context.note(OUTDATED);
    } else if !verified.is_failure() {
        // What a damaged log says of operations and secrets is not to be relied on.
        context.announce_unfinished(&mut project).await?;
        verified.sealed = sealed(context, &mut project).await;
    }
    Ok(Box::new(verified))
}

/// What is sealed in the log, tried with the keys that are here.
async fn sealed(context: &Context, project: &mut Project) -> Option<Sealed> {
    let vault = project.vault.clone();
    let looked = match home(project).await {
        Ok(home) => project.ledger().sealed(&vault, home).await,
        Err(error) => Err(error),
    };
    let told = |error: CliError| context.note(&format!("whether sealed values open cannot be told: {}", error.message));
    looked.map_err(told).ok()
}

/// Where the log lives, and from where on its keys are here.
async fn home(project: &mut Project) -> Result<Home, CliError> {
    if !ownership::is_home(project).await? {
        return Ok(Home::Elsewhere);
    }
    Ok(Home::Here { claimed: intake::claimed(&project.dir)? })
}

/// A checkpoint whose signature holds, by the key that was given or by one of this user's own.
fn held(file: &Path, key: Option<&VerifierKey>, own: &[[u8; 32]]) -> Result<Checkpoint, CliError> {
    let text = proof_file::note(file)?;
    if let Some(key) = key {
        return Ok(SignedCheckpoint::read(&text, key)?.checkpoint);
    }
    let note = text.parse::<Note>().map_err(CheckpointFault::from)?;
    let checkpoint = note.text().parse::<Checkpoint>().map_err(CheckpointFault::from)?;
    let mut keys = own.iter().filter_map(|public| VerifierKey::new(&checkpoint.origin, Algorithm::Ed25519, public));
    if keys.any(|key| key.verify(&note).is_ok()) {
        return Ok(checkpoint);
    }
    let message = format!("{} is not signed with a key of yours", crate::text::shown(file));
    Err(CliError::new(Exit::Failed, "checkpoint-unsigned", message)
        .help("if it is signed by somebody whom you trust, give the public key with `--key`"))
}
