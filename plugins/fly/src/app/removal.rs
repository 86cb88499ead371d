//! The end of an app, with all that is in it.

use std::time::Duration;

use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, progress};

use super::{App, GOING, Seen};
use crate::api::{BASE, Fly};
use crate::organisation::Organisation;
use crate::retry::Retry;

/// How long Fly takes to remove an app with all that is in it.
const REMOVAL: Duration = Duration::from_mins(3);
/// How long an app that was made may stay unseen.
const UNSEEN: Duration = Duration::from_mins(1);

impl App {
    /// Removes it with all that is in it, if it is there and the tenant's, and waits until it has gone. `organisation` is
    /// where it was made.
    pub(crate) fn remove(&self, fly: &Fly, organisation: &Organisation) -> Result<(), Failure> {
        let mut retry = Retry::within(REMOVAL);
        let mut unseen = Retry::within(UNSEEN);
        let mut asked = false;
        loop {
            let found = match self.look(fly) {
                Ok(Seen::Ours(found)) => found,
                Ok(Seen::Nothing) if asked => return Ok(()),
                // Made by a request without an answer, it may be seen later.
                Ok(Seen::Nothing) if self.may_be_unseen.get() => {
                    progress::waiting("whether Fly has made the app all the same");
                    if unseen.pause(None) {
                        continue;
                    }
                    return organisation.expect_here(fly);
                }
                // One of that name in the same organisation is not the tenant's. Where this token is of another, nothing can
                // be told.
                Ok(Seen::Nothing | Seen::Another) => return organisation.expect_here(fly),
                Err(failure) if failure.code() == "account-forbidden" => {
                    return organisation.expect_here(fly).map_err(|_| failure);
                }
                Err(failure) => return Err(failure),
            };
            if !asked || found.status != GOING {
                let request = Request::delete(format!("{BASE}{}?force=true", self.path("")));
                fly.repeat(&request, &format!("delete app `{}`", self.name), |_| Ok(()))?;
                asked = true;
            }
            progress::waiting("Fly removes the app");
            if !retry.pause(None) {
                let message = format!("app `{}` is still there", self.name);
                return Err(Failure::retryable("fly-busy", message).help("type the same again later"));
            }
        }
    }
}
