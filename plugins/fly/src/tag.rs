//! What tells an app and a cluster of ours from others of the same name.

use serde::Deserialize;
use systemprompt_sdk::Failure;

use crate::api::Fly;

/// The sign of an app: named after the operation that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// A private network of its own.
    Network(String),
    /// In the organisation's network: the name of a secret among those of the app, as names are shown and nothing else of an
    /// app is ours to choose.
    Mark(String),
}

/// What begins the name of such a secret.
const MARK: &str = "SYSTEMPROMPT_";
/// Field of a tenant's resources with it.
pub(crate) const MARKED: &str = "mark";
/// What the organisation's network is recorded as.
pub(crate) const SHARED: &str = "default";
/// Digits of a tenant's id in the name of its app.
pub(crate) const TENANT_DIGITS: usize = 12;
/// Digits of an operation's id in the name of what it made.
pub(crate) const OPERATION_DIGITS: usize = 32;

/// The names of an app's secrets.
#[derive(Deserialize)]
struct Secrets {
    #[serde(default)]
    secrets: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The name of the secret that an operation marks its app with.
pub(crate) fn mark(operation: &str) -> String {
    format!("{MARK}{}", operation.to_ascii_uppercase())
}

/// Names of an app's secrets; none where Fly knows no such app.
pub(crate) fn secrets(fly: &Fly, app: &str) -> Result<Option<Vec<String>>, Failure> {
    let what = format!("list the secrets of app `{app}`");
    let found: Option<Secrets> = fly.look_up(&format!("/v1/apps/{app}/secrets"), &what)?;
    Ok(found.map(|found| found.secrets.into_iter().map(|secret| secret.name).collect()))
}

/// Whether a secret of this name is the mark of an app of ours; answers the digits of the operation that made it.
pub(crate) fn operation_of_mark(name: &str) -> Option<String> {
    let digits = name.strip_prefix(MARK)?.to_ascii_lowercase();
    is_operation(&digits).then_some(digits)
}

/// Whether these are the digits of an operation.
pub(crate) fn is_operation(digits: &str) -> bool {
    is_hexadecimal(digits, OPERATION_DIGITS)
}

/// Whether a name is one that is made here, of so many digits.
pub(crate) fn is_tag(text: &str, digits: usize) -> bool {
    is_hexadecimal(text.strip_prefix("sp-").unwrap_or_default(), digits)
}

fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
