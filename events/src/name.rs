//! Names: text that a person chose, checked once and trusted from then on.

mod plugin;
mod profile;
mod region;
mod secret;
mod secret_key;
mod shell;
mod step;
mod tenant;

pub use plugin::{InvalidPluginId, PluginId};
pub use profile::{InvalidProfileName, ProfileName};
pub use region::{InvalidRegion, Region};
pub use secret::{InvalidSecretName, SecretName};
pub use secret_key::{InvalidSecretKey, SecretKey};
pub use shell::{InvalidShellId, ShellId};
pub use step::{InvalidStepName, StepName};
pub use tenant::{InvalidTenantName, TenantName};

/// Characters of a refused text that its error repeats; what was typed may be a megabyte.
const SHOWN_CHARS_MAX: usize = 60;

/// Makes a newtype over checked text: `FromStr` is its only door.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $error:ident, $noun:literal, $rule:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let holds: fn(&str) -> bool = $holds;
                if holds(text) { Ok(Self(text.to_owned())) } else { Err($error { given: $crate::name::shown(text) }) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        #[doc = concat!("Why a text is not ", $noun, ": ", $rule, ".")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("`{given}` is not {}: {}", $noun, $rule)]
        pub struct $error {
            /// What was given, escaped and shortened.
            pub given: String,
        }
    };
}
pub(crate) use checked_text;

/// A refused text, fit to be printed: escaped, and not longer than a line.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether `text` is 1 to `length_max` of `a-z`, `0-9` and `-`.
fn is_slug(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// Whether `text` is such a slug and starts with a letter.
fn is_slug_from_letter(text: &str, length_max: usize) -> bool {
    is_slug(text, length_max) && text.starts_with(|first: char| first.is_ascii_lowercase())
}
