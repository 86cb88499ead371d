//! Who began a creation: as long as no project is recorded, it is found by its name, in a list that shows to each user what
//! they have made themselves.

use serde::{Deserialize, Serialize};
use systemprompt_sdk::Failure;

use crate::Config;
use crate::api::Supabase;
use crate::organisation::{self, Profile};

/// A user, and the organization for which they make a project.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Beginner {
    /// Slug of the organization.
    pub(crate) organisation: String,
    user: Profile,
}

impl Beginner {
    /// Whoever is logged in now.
    pub(crate) fn now(supabase: &Supabase, config: &Config) -> Result<Self, Failure> {
        Ok(Self { organisation: organisation::choose(supabase, config)?, user: organisation::user(supabase)? })
    }

    /// Fails unless the token is theirs, and sees the organization. With any other one, even a colleague's, a project that
    /// is not in the list may well be there.
    pub(crate) fn require(&self, supabase: &Supabase) -> Result<(), Failure> {
        organisation::require(supabase, &self.organisation)?;
        if organisation::user(supabase)?.id == self.user.id {
            return Ok(());
        }
        let email = &self.user.email;
        let message = format!("{email} began this, and a project of theirs is in nobody else's list");
        Err(Failure::refused("account-other", message)
            .help(format!("log in with a token of {email}, as `systemprompt cloud auth login`")))
    }
}
