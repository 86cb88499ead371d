//! Where a tenant runs.

use crate::word::closed_word;

/// Where a tenant runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenantType {
    /// On the user's machine.
    Local,
    /// On somebody else's.
    Cloud,
}

impl TenantType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Local, Self::Cloud];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Cloud => "cloud",
        }
    }
}

closed_word!(TenantType, "a type of tenant", "`local`, `cloud`");
