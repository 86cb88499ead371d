//! What an answer holds that the plugin must not see: taken out of it, sealed as a secret of the tenant, and a placeholder
//! put in its place.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::Value;
use systemprompt_events::{FailureKind, InvalidSecretName, SecretName};
use zeroize::Zeroizing;

use crate::backend::http::Answer;
use crate::plugin::Guest;
use crate::plugin::capability::{self, given, refused};
use crate::plugin::v1::imports::types::Failure;
use crate::plugin::v1::their_failure;

/// An answer holds one password, or a few.
const CAPTURES_MAX: usize = 8;
/// A pointer that is longer leads nowhere in any API.
const POINTER_BYTES_MAX: usize = 256;
/// A shorter value could be a word that stands elsewhere, too, and a longer one is none that anybody logs in with.
const VALUE_CHARS: RangeInclusive<usize> = 8..=256;
/// What stands where a value would have been that was not taken.
const BLANK: &str = "***";

/// A value to be taken out of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Capture {
    /// Where in the answer's document.
    pointer: String,
    /// What the tenant's secret is called.
    secret: SecretName,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    pointer: String,
    secret: String,
}

/// What a request's `ext` says that its answer holds.
pub fn wanted(ext: Option<&str>) -> Result<Vec<Capture>, Failure> {
    let odd = |why: &str| refused("http-capture", &format!("the `capture` of a request is none: {why}"));
    let Some(ext) = ext else { return Ok(Vec::new()) };
    let mut ext: Value = serde_json::from_str(ext).map_err(|_| odd("its `ext` is no JSON"))?;
    let Some(list) = ext.get_mut("capture").map(Value::take) else { return Ok(Vec::new()) };
    let list: Vec<Wanted> =
        serde_json::from_value(list).map_err(|_| odd("it is a list of objects with `pointer` and `secret`"))?;
    if list.len() > CAPTURES_MAX {
        return Err(odd(&format!("it has more than {CAPTURES_MAX} values")));
    }
    let captures: Result<Vec<Capture>, Failure> = list.into_iter().map(checked).collect();
    let captures = captures?;
    let (mut pointers, mut secrets) = (BTreeSet::new(), BTreeSet::new());
    if captures.iter().all(|one| pointers.insert(&one.pointer) && secrets.insert(&one.secret)) {
        return Ok(captures);
    }
    Err(odd("it names a place or a secret twice"))
}

fn checked(Wanted { pointer, secret }: Wanted) -> Result<Capture, Failure> {
    if pointer.len() > POINTER_BYTES_MAX || !pointer.starts_with('/') {
        return Err(refused("http-capture", "the `pointer` of a `capture` is a JSON pointer, as `/data/password`"));
    }
    let secret = secret.parse().map_err(|error: InvalidSecretName| refused("secret-name", &error.to_string()))?;
    Ok(Capture { pointer, secret })
}

/// A place in the answer's document, and what stood there.
type Found<'a> = (&'a Capture, Zeroizing<String>);

/// The answer's document without the values, and these. The first that is not there, or is none that could be a secret,
/// is the failure: what was asked for may have been done all the same.
fn taken<'a>(body: &str, captures: &'a [Capture]) -> Result<(Value, Vec<Found<'a>>), Failure> {
    let lacks = |why: &str| their_failure(FailureKind::Ambiguous, "http-capture-missing", why, None);
    let mut document: Value = serde_json::from_str(body).map_err(|_| lacks("the answer is no JSON"))?;
    let mut found = Vec::with_capacity(captures.len());
    for capture in captures {
        let pointer = crate::text::one_line(&capture.pointer, POINTER_BYTES_MAX);
        let place = document.pointer_mut(&capture.pointer);
        let place = place.ok_or_else(|| lacks(&format!("the answer has nothing at `{pointer}`")))?;
        let Value::String(value) = std::mem::replace(place, BLANK.into()) else {
            return Err(lacks(&format!("what the answer has at `{pointer}` is no text")));
        };
        let value = Zeroizing::new(value);
        if !VALUE_CHARS.contains(&value.len()) || !value.bytes().all(is_plain) {
            let (least, most) = (VALUE_CHARS.start(), VALUE_CHARS.end());
            let message = format!(
                "what the answer has at `{pointer}` cannot be kept as a secret: that has {least} to {most} letters, \
                 digits, and `-._~+=`"
            );
            return Err(their_failure(FailureKind::Ambiguous, "http-capture-unfit", &message, None));
        }
        found.push((capture, value));
    }
    Ok((document, found))
}

/// What the place of a password in a URL, a shell's word or a connection string has no other meaning for, so that a template is
/// filled with it as it is. Of what Base64 has, that is all but `/`.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+=".contains(&byte)
}

/// A refusal's body, which may hold a value in the same place; as it is where it is no JSON.
fn blanked(body: String, captures: &[Capture]) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(&body) else { return body };
    let mut changed = false;
    for capture in captures {
        if let Some(place) = document.pointer_mut(&capture.pointer) {
            *place = BLANK.into();
            changed = true;
        }
    }
    if changed { document.to_string() } else { body }
}

impl Guest {
    /// Whether values may be taken now: where secrets are made as well.
    pub(super) fn may_capture(&self) -> Result<(), Failure> {
        if !self.granted.contains("secrets") {
            return Err(refused(
                "secrets-not-granted",
                "`capture` keeps secrets, and the plugin does not import `secrets`",
            ));
        }
        if self.world.tenant.is_none() {
            return Err(refused("no-tenant", "this operation is about no tenant"));
        }
        self.may_change()
    }

    /// An answer with placeholders in place of what was to be taken, which is sealed. All of it, or nothing.
    pub(super) async fn captured(&mut self, answer: Answer, captures: &[Capture]) -> capability::Answer<Answer> {
        if captures.is_empty() {
            return Ok(Ok(answer));
        }
        if !(200..300).contains(&answer.status) {
            return Ok(Ok(Answer { body: blanked(answer.body, captures), ..answer }));
        }
        let body = Zeroizing::new(answer.body);
        let (mut document, found) = given!(taken(&body, captures));
        let Some(operation) = self.world.run.as_ref().map(|run| run.id) else {
            return Ok(Err(refused("outside-operation", "secrets are taken out of answers inside an operation")));
        };
        let (Some(tenant), Some(mut ledger)) = (self.world.tenant.clone(), self.world.ledger.take()) else {
            return Ok(Err(refused("no-project", "there is no project here")));
        };
        let values: Vec<_> = found.iter().map(|(capture, value)| (&capture.secret, value)).collect();
        let versions = ledger.keep_secrets(&self.world.vault, &tenant, &values, operation).await;
        self.world.ledger = Some(ledger);
        let versions = versions.map_err(|error| self.fail(error))?;
        for ((capture, value), version) in found.into_iter().zip(versions) {
            if let Some(place) = document.pointer_mut(&capture.pointer) {
                *place = format!("{{{{secret:{}@{version}}}}}", capture.secret).into();
            }
            self.filled.push(value);
        }
        Ok(Ok(Answer { body: document.to_string(), ..answer }))
    }
}

#[cfg(test)]
#[path = "capture_test.rs"]
mod tests;
