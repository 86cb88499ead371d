//! The signature beside a component, and whether its key is the one that there was before.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use systemprompt_events::{Digest, PluginView};

use crate::error::{CliError, Exit};
use crate::files;
use crate::places::Places;
use crate::plugin::candidate::Candidate;
use crate::plugin::publisher::{BadSignature, Named, Publisher, SIGNATURE_BYTES_MAX, Signature};
use crate::plugin::{PluginError, installed};
use crate::text::one_line;

/// The file of a component's signature.
pub fn path(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".minisig");
    PathBuf::from(name)
}

/// The signature of a file, if there is one.
pub fn beside(file: &Path) -> Result<Option<String>, CliError> {
    let path = path(file);
    let failed = |source| PluginError::File { path: path.clone(), source };
    let resolved = match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        resolved => resolved.map_err(failed)?,
    };
    let read = files::read_regular(&resolved, SIGNATURE_BYTES_MAX).map_err(failed)?;
    String::from_utf8(read).map(Some).map_err(|_| bad(&BadSignature::NotOne))
}

/// The key that a candidate is signed with, which is the one that was asked for, or that the plugin had before, or, of
/// what was never seen here, the one that its signature names.
pub fn publisher(
    candidate: &Candidate,
    signature: Option<&str>,
    known: Option<&PluginView>,
    asked_for: Option<&Publisher>,
) -> Result<Option<Publisher>, CliError> {
    let before = known.and_then(|known| known.publisher.as_deref());
    let before = match before.map(str::parse::<Publisher>) {
        // Whatever it is, it is not nobody: only another key that the user names takes its place.
        Some(Err(error)) if asked_for.is_none() => return Err(unreadable(&error)),
        Some(Err(_)) | None => None,
        Some(Ok(key)) => Some(key),
    };
    let Some(signature) = signature else { return unsigned(known, before.as_ref(), asked_for) };
    let signature = Signature::parse(signature).map_err(|error| bad(&error))?;
    let key = match (asked_for, &before) {
        (Some(key), _) if !signature.may_be_of(key) => return Err(of_another(key, &signature)),
        (None, Some(key)) if !signature.may_be_of(key) => return Err(changed(candidate, key, &signature)),
        (Some(key), _) | (None, Some(key)) => key.clone(),
        (None, None) => signature.claimed().cloned().ok_or_else(nameless)?,
    };
    let named = Named { id: candidate.loaded.id.to_string(), version: candidate.description.version.clone() };
    signature.verify(&candidate.wasm, &named, &key).map_err(|error| bad(&error))?;
    Ok(Some(key))
}

/// Whether this user's copy of a plugin is signed with the key that the history names; why not, otherwise.
pub fn of_copy(view: &PluginView, hash: &Digest, wasm: &[u8], places: &Places) -> Result<(), String> {
    let Some(key) = &view.publisher else { return Ok(()) };
    let key: Publisher = key.parse().map_err(|error| in_full(&error))?;
    let signature = installed::signature(&view.id, hash, places).map_err(|error| in_full(&error))?;
    let named = Named { id: view.id.to_string(), version: view.version.clone() };
    let tried = Signature::parse(&signature).and_then(|signature| signature.verify(wasm, &named, &key));
    tried.map_err(|error| in_full(&error))
}

/// An error and what led to it, in one line.
pub fn in_full(error: &(dyn std::error::Error + 'static)) -> String {
    let why = std::iter::successors(error.source(), |error| error.source());
    std::iter::once(error.to_string()).chain(why.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

fn unsigned(
    known: Option<&PluginView>,
    before: Option<&Publisher>,
    asked_for: Option<&Publisher>,
) -> Result<Option<Publisher>, CliError> {
    let message = match (asked_for, known, before) {
        (Some(key), _, _) => format!("it is not signed, and not with {key}"),
        (None, Some(known), Some(key)) => {
            format!("it is not signed, and `{}` {} was, with {key}", known.id, one_line(&known.version, 20))
        }
        _ => return Ok(None),
    };
    Err(CliError::new(Exit::Refused, "signature-missing", message)
        .help("its signature is looked for beside it, as `FILE.minisig`; ask whoever gave you the file for it"))
}

fn bad(error: &BadSignature) -> CliError {
    CliError::new(Exit::Refused, "bad-signature", "its signature does not fit")
        .because(error)
        .help("nothing was done; fetch the file and its signature again, from its publisher")
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Refused, "publisher-unknown", "the key that the history names for it is none")
        .because(error)
        .help("give the publisher's key with `--key RW…`, as its publisher tells it")
}

fn nameless() -> CliError {
    CliError::new(Exit::Refused, "publisher-unknown", "its signature does not say with which key it was made")
        .help("give the publisher's key with `--key RW…`, as its publisher tells it")
}

fn of_another(key: &Publisher, signature: &Signature) -> CliError {
    CliError::new(Exit::Refused, "publisher-changed", format!("it is not signed with {key}, but {}", with(signature)))
        .help("nothing was done; compare the key with the one that the publisher tells")
}

fn changed(candidate: &Candidate, before: &Publisher, signature: &Signature) -> CliError {
    let message =
        format!("`{}` was signed with {before} before, and this one {}", candidate.loaded.id, with(signature));
    CliError::new(Exit::Refused, "publisher-changed", message).help(
        "somebody else may have made it; if its publisher says that the key changed, give the new one with `--key RW…`",
    )
}

fn with(signature: &Signature) -> String {
    signature.claimed().map_or_else(|| "with another key".to_owned(), |key| format!("with {key}"))
}
