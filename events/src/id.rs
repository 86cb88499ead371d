//! Ids: what is unique for ever.

mod tenant;

pub use tenant::{InvalidTenantId, TenantId};

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::name::shown;

/// Makes a newtype over a UUID.
macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID; whoever makes it sees to it that it is new.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidUuid;

            fn from_str(text: &str) -> Result<Self, InvalidUuid> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidUuid { given: shown(text) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }
    };
}

uuid_newtype! {
    /// Id of one operation on the world outside; remote objects are tagged with it.
    OperationId
}
uuid_newtype! {
    /// Id of one event, UUID version 7.
    EventId
}
uuid_newtype! {
    /// Id of one request to change something; the same id with the same request is carried out once.
    CommandId
}
uuid_newtype! {
    /// Id of one profile.
    ProfileId
}
uuid_newtype! {
    /// Id of one session.
    SessionId
}
uuid_newtype! {
    /// Id of one log.
    LogId
}

/// A text that is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a UUID: 32 hexadecimal digits, as in `0198f3c2-5d1e-7a41-9b5e-3f2a6c8d7e10`")]
pub struct InvalidUuid {
    /// What was given, escaped and shortened.
    pub given: String,
}
