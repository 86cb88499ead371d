//! Where an event stands: in the log, and in its stream.

use std::{fmt, num::NonZeroU64, str::FromStr};

use crate::name::shown;

/// Makes a newtype over a number that counts from 1.
macro_rules! ordinal {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU64);

        impl $name {
            /// The first one: 1.
            pub const FIRST: Self = Self(NonZeroU64::MIN);

            /// None for 0, and for what an `SQLite` integer cannot hold.
            pub fn new(number: u64) -> Option<Self> {
                i64::try_from(number).ok().and(NonZeroU64::new(number)).map(Self)
            }

            /// The number itself, from 1.
            pub const fn get(self) -> u64 {
                self.0.get()
            }

            /// The one after `last`, or the first.
            #[must_use]
            pub fn after(last: Option<Self>) -> Self {
                last.map_or(Self::FIRST, |last| Self(last.0.saturating_add(1)))
            }

            /// As `SQLite` stores it.
            pub(crate) fn sql(self) -> i64 {
                i64::try_from(self.get()).unwrap_or(i64::MAX)
            }

            /// From what `SQLite` stored.
            pub(crate) fn from_sql(number: i64) -> Option<Self> {
                u64::try_from(number).ok().and_then(Self::new)
            }
        }

        impl FromStr for $name {
            type Err = InvalidOrdinal;

            fn from_str(text: &str) -> Result<Self, InvalidOrdinal> {
                text.parse().ok().and_then(Self::new).ok_or_else(|| InvalidOrdinal { given: shown(text) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

ordinal! {
    /// An event's place in the whole log, from 1, without gaps.
    Position
}
ordinal! {
    /// An event's place in its stream, from 1, without gaps.
    Version
}

/// A text that is not a number from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a whole number from 1")]
pub struct InvalidOrdinal {
    /// What was given, escaped and shortened.
    pub given: String,
}
