//! Checkpoints, proofs, and what a proof proves.

use serde_json::{Value, json};
use systemprompt_events::proof::{ConsistencyProof, EventColumns, InclusionProof, SignedCheckpoint, VerifierKey};

use super::AnyView;
use super::printed::Printed;
use crate::error::CliError;
use crate::output::Output;
use crate::proof_file::document;
use crate::signing::Held;
use crate::text::{MESSAGE_CHARS_MAX, one_line, shown};

/// Which document a proof is that an event is in the log.
pub const INCLUSION: &str = "systemprompt/history-prove/v1";
/// Which document a proof is that the log was only added to.
pub const CONSISTENCY: &str = "systemprompt/history-consistency/v1";

/// A checkpoint of the log, just signed or just witnessed.
pub fn checkpoint(
    held: &Held,
    witness: Option<(&VerifierKey, &SignedCheckpoint)>,
    output: &Output,
) -> Result<AnyView, CliError> {
    let note = held.note.to_string();
    let (size, root) = (held.checkpoint.size, held.checkpoint.root);
    let data = json!({
        "size": size, "root": root.to_string(), "note": note, "key": held.key, "position": held.position.get(),
        "witness": witness.map(|(key, _)| key.to_string()),
        "witnessed_at": witness.and_then(|(_, signed)| signed.signed.at).map(|at| at.to_string()),
        "output": output.file.as_deref().map(shown),
    });
    let text = handed_over(output, &note, &format!("the checkpoint over {size} events"))?;
    Ok(Box::new(Printed { schema: "systemprompt/history-checkpoint/v1", data, text }))
}

/// A proof that an event is in the log: printed whole, or written to a file.
pub fn inclusion(proof: &InclusionProof, output: &Output) -> Result<AnyView, CliError> {
    let about = format!("the proof that event {} is in the log", proof.event.position);
    proof_view(INCLUSION, json!(proof), &about, output)
}

/// A proof that the log was only added to: printed whole, or written to a file.
pub fn consistency(proof: &ConsistencyProof, output: &Output) -> Result<AnyView, CliError> {
    let about = format!("the proof from {} events to {}", proof.first.size, proof.second.size);
    proof_view(CONSISTENCY, json!(proof), &about, output)
}

fn proof_view(schema: &'static str, data: Value, about: &str, output: &Output) -> Result<AnyView, CliError> {
    let text = handed_over(output, &document(schema, &data), about)?;
    Ok(Box::new(Printed { schema, data, text }))
}

/// What is for somebody else goes to standard output as it is, or to a file.
fn handed_over(output: &Output, text: &str, about: &str) -> Result<String, CliError> {
    Ok(match output.write(text)? {
        Some(file) => format!("{about} is in {}\n", shown(file)),
        None => text.to_owned(),
    })
}

/// What a proof that holds says of an event.
pub fn included(proof: &InclusionProof, signed: &SignedCheckpoint, key: &VerifierKey) -> AnyView {
    let EventColumns { position, id, stream, kind, actor, host, cli, .. } = &proof.event;
    let (time, size, origin) = (proof.event.happened_at(), proof.size, clean(&signed.checkpoint.origin));
    let text = format!(
        "proved: event {position} of {size} in log {origin}\n  {} in {}\n  at {time}\n  by {} on {}, with {}\n{}",
        clean(kind),
        clean(stream),
        clean(actor),
        clean(host),
        clean(cli),
        signature(signed, key)
    );
    let event = json!({
        "position": position, "id": id, "stream": stream, "type": kind, "time": time.to_string(), "actor": actor,
        "host": host, "cli": cli, "payload": proof.event.payload,
    });
    proved("event", &[signed], key, &event, text)
}

/// What a proof that holds says of a log.
pub fn consistent(signed: &[SignedCheckpoint; 2], key: &VerifierKey) -> AnyView {
    let [first, second] = signed;
    let text = format!(
        "proved: log {} was only added to, from {} events to {}\n{}",
        clean(&second.checkpoint.origin),
        first.checkpoint.size,
        second.checkpoint.size,
        signature(second, key)
    );
    proved("growth", &[first, second], key, &Value::Null, text)
}

fn proved(what: &str, signed: &[&SignedCheckpoint], key: &VerifierKey, event: &Value, text: String) -> AnyView {
    let checkpoint = |signed: &&SignedCheckpoint| {
        let (size, root) = (signed.checkpoint.size, signed.checkpoint.root.to_string());
        json!({ "size": size, "root": root, "signed_at": signed.signed.at.map(|at| at.to_string()) })
    };
    let log = signed.first().map(|signed| signed.checkpoint.origin.clone());
    let data = json!({
        "proved": what, "log": log, "key": key.to_string(), "event": event,
        "checkpoints": signed.iter().map(checkpoint).collect::<Vec<_>>(),
    });
    Box::new(Printed { schema: "systemprompt/history-verify-proof/v1", data, text })
}

fn signature(signed: &SignedCheckpoint, key: &VerifierKey) -> String {
    let at = signed.signed.at.map(|at| format!(" at {at}")).unwrap_or_default();
    format!("  signed by {}{at}\n", clean(&key.to_string()))
}

/// A proof comes from elsewhere.
fn clean(text: &str) -> String {
    one_line(text, MESSAGE_CHARS_MAX)
}
