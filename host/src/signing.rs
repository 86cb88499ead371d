//! Checkpoints of one project's log: signed, witnessed, and found again.

use systemprompt_events::proof::{Algorithm, Checkpoint, Note, SignedCheckpoint, Signer, VerifierKey};
use systemprompt_events::{Command, Event, LogId, Position, ProjectCommand, ProjectEvent, Recorded};

use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::project::ownership::{self, Owner};
use crate::text::one_line;

/// A checkpoint that the log holds.
#[derive(Debug, Clone)]
pub struct Held {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The note, with the signatures of those who witnessed it.
    pub note: Note,
    /// Whose signature it is, as a public key.
    pub key: String,
    /// Where it is recorded.
    pub position: Position,
}

/// The log's id, which a log has from its first event on.
pub async fn log_id(project: &mut Project) -> Result<LogId, CliError> {
    let found = project.ledger().log.log_id().await?;
    found.ok_or_else(|| CliError::new(Exit::NotFound, "history-empty", "nothing has happened here yet"))
}

/// This user's key, under the name of the log.
pub async fn signer(project: &mut Project) -> Result<Signer, CliError> {
    let log = log_id(project).await?;
    Ok(project.vault.machine().checkpoint_signer(log).await?)
}

/// Signs what the log is, and records that. Answers with what has to be said of the project's directory, too.
///
/// The checkpoint is over all events before the one that records it. Whatever another process adds meanwhile stands
/// between the two.
pub async fn sign(project: &mut Project) -> Result<(Held, Option<String>), CliError> {
    // Two copies that go on would sign two histories of one log.
    let moved = match ownership::check(project).await? {
        Owner::Settled => None,
        Owner::Moved(from) => Some(format!("this project was in {from} before, and is followed here")),
    };
    let signer = signer(project).await?;
    let tree = project.ledger().log.tree().await?;
    let key = signer.verifier();
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size: tree.size(), root: tree.root() };
    let (size, root, note, key) = (tree.size(), tree.root(), signer.sign(&checkpoint), key.to_string());
    let command = ProjectCommand::RecordCheckpoint { size, root, note: note.to_string(), key: key.clone() };
    let receipt = project.ledger().record(vec![Command::Project(command)]).await?;
    let position = receipt.last.ok_or_else(not_recorded)?;
    Ok((Held { checkpoint, note, key, position }, moved))
}

/// Records that a witness signed one of the log's checkpoints; once, however often it is asked for.
pub async fn witness(
    project: &mut Project,
    note: &str,
    key: &VerifierKey,
) -> Result<(Held, SignedCheckpoint), CliError> {
    if key.algorithm() == Algorithm::Ed25519 {
        let message = format!("`{}` is the key of a log, and not of a witness", one_line(key.name(), 120));
        return Err(CliError::new(Exit::Refused, "not-a-witness", message)
            .help("a witness signs the time, too, with a key of its own kind: C2SP's tlog-cosignature"));
    }
    let signed = SignedCheckpoint::read(note, key)?;
    let held = find(project, |held| held.checkpoint == signed.checkpoint).await?;
    let held = held.ok_or_else(|| {
        let message = format!("this log signed no such checkpoint over {} events", signed.checkpoint.size);
        CliError::new(Exit::Failed, "checkpoint-not-ours", message)
            .help("a co-signature is of one checkpoint: give the note that was printed when it was signed")
            .try_command("systemprompt history log --type CheckpointSigned")
    })?;
    let own: Option<VerifierKey> = held.key.parse().ok();
    let keys: Vec<_> = own.iter().chain([key]).collect();
    // Signatures of strangers are nobody's business here.
    let joined = held.note.clone().joined(&signed.note.clone().signed_by(&keys)).ok_or_else(not_recorded)?;
    if joined == held.note {
        return Ok((held, signed));
    }
    if !joined.fits() {
        let message = "with these signatures the checkpoint would be larger than a note may be";
        return Err(CliError::new(Exit::Refused, "too-many-signatures", message).help(
            "nothing was recorded; of each witness the newest signature is enough: take the others out of the note",
        ));
    }
    let Checkpoint { size, root, .. } = held.checkpoint;
    let (note, witness) = (joined.clone().signed_by(&keys).to_string(), key.to_string());
    let command = Command::Project(ProjectCommand::RecordWitness { size, root, note, witness });
    let receipt = project.ledger().record(vec![command]).await?;
    let position = receipt.last.ok_or_else(not_recorded)?;
    Ok((Held { note: joined, position, ..held }, signed))
}

/// The newest checkpoint that is wanted.
pub async fn find(project: &mut Project, wanted: impl Fn(&Held) -> bool) -> Result<Option<Held>, CliError> {
    let recorded = project.ledger().log.checkpoints().await?;
    let Some(mut held) = recorded.iter().filter_map(signed_here).find(wanted) else { return Ok(None) };
    for note in recorded.iter().filter_map(witnessed_note) {
        // What would make the note unreadable stands in the log all the same.
        if let Some(joined) = held.note.clone().joined(&note).filter(Note::fits) {
            held.note = joined;
        }
    }
    Ok(Some(held))
}

/// What cannot be read is passed over here, and told by `history verify`.
fn signed_here(recorded: &Recorded) -> Option<Held> {
    let Event::Project(ProjectEvent::CheckpointSigned { note, key, .. }) = &recorded.event else { return None };
    let note: Note = note.parse().ok()?;
    let checkpoint = note.text().parse().ok()?;
    Some(Held { checkpoint, note, key: key.clone(), position: recorded.position })
}

fn witnessed_note(recorded: &Recorded) -> Option<Note> {
    let Event::Project(ProjectEvent::CheckpointWitnessed { note, .. }) = &recorded.event else { return None };
    note.parse().ok()
}

fn not_recorded() -> CliError {
    CliError::new(Exit::Failed, "not-recordable", "this cannot be recorded")
}
