//! What a guest hands over: measured, cut and judged as the program does, before any of it is kept.

use serde_json::Value;
use systemprompt_events::{InvalidSecretName, SecretName};
use systemprompt_sdk::Failure;

use super::super::imports::{docker, secrets};
use super::same;
use crate::text::MESSAGE_CHARS_MAX;
use crate::vault::SECRET_CHARS;

/// Longest single sleep, as the program has it.
const SLEEP_MS_MAX: u64 = 60_000;

/// What a value costs beside its text.
const VALUE_BYTES: usize = 16;

/// About how much memory a value takes.
pub(super) fn weight(value: &Value) -> usize {
    let held = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    VALUE_BYTES + held
}

/// A line, no longer than the program shows. It is not made harmless: whether its words can be read is a promise that
/// is tried.
pub(super) fn cut(mut line: String) -> String {
    if let Some((end, _)) = line.char_indices().nth(MESSAGE_CHARS_MAX) {
        line.truncate(end);
    }
    line
}

/// Whether the program would make such a secret.
pub(super) fn secret(spec: &secrets::Spec) -> Result<(), Failure> {
    if !SECRET_CHARS.contains(&spec.length) {
        let message = format!("a secret has {} to {} characters", SECRET_CHARS.start(), SECRET_CHARS.end());
        return Err(Failure::refused("secret-length", message));
    }
    let name = spec.name.parse::<SecretName>();
    name.map(drop).map_err(|error: InvalidSecretName| Failure::refused("secret-name", error.to_string()))
}

/// Whether the program would make such a container.
pub(super) fn container(spec: &docker::ContainerSpec) -> Result<(), Failure> {
    crate::plugin::capability::docker::judged(spec).map_err(same)
}

/// Whether the program would remove so many volumes at once.
pub(super) fn volumes(volumes: &[String]) -> Result<(), Failure> {
    crate::plugin::capability::docker::judged_volumes(volumes).map_err(same)
}

/// For how long the program would sleep.
pub(super) fn sleep(milliseconds: u64) -> u64 {
    milliseconds.min(SLEEP_MS_MAX)
}
