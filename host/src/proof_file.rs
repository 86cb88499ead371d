//! Checkpoints, proofs and public keys as files, read with a limit, and as documents.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use systemprompt_events::proof::{ConsistencyProof, InclusionProof, NOTE_BYTES_MAX, VerifierKey};

use crate::error::{CliError, Exit};
use crate::text::{escaped, shown};
use crate::view::proof::{CONSISTENCY, INCLUSION};

/// An event has 2 MiB at most, and each byte of it six characters in JSON.
const PROOF_BYTES_MAX: u64 = 16 << 20;
/// A public key is one line.
const KEY_BYTES_MAX: u64 = 4 << 10;

/// A proof of either kind.
#[expect(clippy::large_enum_variant, reason = "there is one, and it lives as long as a command")]
pub enum Proof {
    /// That an event is in the log.
    Inclusion(InclusionProof),
    /// That the log was only added to.
    Consistency(ConsistencyProof),
}

/// As `--json` prints it, and nothing besides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T> {
    schema: String,
    data: T,
}

/// The text of a note in a file. It is not looked at.
pub fn note(path: &Path) -> Result<String, CliError> {
    read(path, NOTE_BYTES_MAX as u64, "checkpoint-unreadable")
}

/// The proof in a file.
pub fn proof(path: &Path) -> Result<Proof, CliError> {
    const CODE: &str = "proof-unreadable";
    let text = read(path, PROOF_BYTES_MAX, CODE)?;
    let failed = || CliError::new(Exit::Failed, CODE, format!("{} is no proof", shown(path)));
    let unreadable = |error: serde_json::Error| failed().because(&error);
    let document: Document<IgnoredAny> = serde_json::from_str(&text).map_err(unreadable)?;
    // Read from the text, and not from a value, which would have the last of two members of one name.
    match document.schema.as_str() {
        INCLUSION => Ok(Proof::Inclusion(serde_json::from_str::<Document<_>>(&text).map_err(unreadable)?.data)),
        CONSISTENCY => Ok(Proof::Consistency(serde_json::from_str::<Document<_>>(&text).map_err(unreadable)?.data)),
        _ => Err(failed()
            .help(format!("its `schema` has to be `{INCLUSION}` or `{CONSISTENCY}`"))
            .try_command("systemprompt history prove --help")),
    }
}

/// A public key: itself, or the name of a file that holds it.
pub fn key(given: &str) -> Result<VerifierKey, CliError> {
    let bad = |error: &(dyn std::error::Error + 'static)| {
        CliError::usage("bad-key", "that is no public key").because(error).try_command("systemprompt history key")
    };
    let file = Path::new(given);
    let unusable = |error| CliError { exit: Exit::Usage, ..error };
    let text = if file.is_file() { read(file, KEY_BYTES_MAX, "bad-key").map_err(unusable)? } else { given.to_owned() };
    text.trim().parse::<VerifierKey>().map_err(|error| bad(&error))
}

/// A document as it is printed and written to files: the same to whoever parses it, and safe on a terminal.
pub fn document(schema: &str, data: &Value) -> String {
    let whole = json!({ "schema": schema, "data": data });
    escaped(&format!("{whole:#}\n"))
}

fn read(path: &Path, bytes_max: u64, code: &str) -> Result<String, CliError> {
    let failed = || CliError::new(Exit::Failed, code, format!("{} cannot be read", shown(path)));
    let file = fs::File::open(path).map_err(|error| failed().because(&error))?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| failed().because(&error))?;
    if bytes.len() as u64 > bytes_max {
        return Err(failed().cause(format!("it has more than {} KiB", bytes_max >> 10)));
    }
    String::from_utf8(bytes).map_err(|error| failed().because(&error))
}
