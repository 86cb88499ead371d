//! The name of a secret.

use super::{checked_text, is_slug_from_letter};

checked_text! {
    /// A secret's name, such as `db-password`: 1 to 64 of `a-z`, `0-9`, `-`, starting with a letter.
    SecretName, InvalidSecretName, "a secret name",
    "1 to 64 of `a-z`, `0-9`, `-`, starting with a letter",
    |text| is_slug_from_letter(text, 64)
}
