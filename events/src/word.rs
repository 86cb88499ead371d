//! Words of closed sets, as they are stored and shown.

/// A word that is none of a closed set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {noun}: one of {known}")]
pub struct UnknownWord {
    /// What was given, escaped and shortened.
    pub given: String,
    /// What it should have been.
    pub noun: &'static str,
    /// The words that there are.
    pub known: &'static str,
}

/// Text form of an enum that has `ALL` and `as_str`.
macro_rules! closed_word {
    ($name:ident, $noun:literal, $known:literal) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::word::UnknownWord> {
                Self::ALL.into_iter().find(|word| word.as_str() == text).ok_or_else(|| $crate::word::UnknownWord {
                    given: crate::name::shown(text),
                    noun: $noun,
                    known: $known,
                })
            }
        }
    };
}
pub(crate) use closed_word;
