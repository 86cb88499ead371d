//! Asking Supabase: with the account's token, and again where that is safe.

use std::time::Duration;

use serde::de::DeserializeOwned;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret, account};

use crate::problem::Problem;
use crate::tries::Tries;

/// What the description names; a user may have pointed it elsewhere.
pub(crate) const BASE: &str = "https://api.supabase.com";
/// The field of the account.
pub(crate) const TOKEN: &str = "access-token";
/// How long one thing is tried for: whoever asked too often is heard again after a minute.
const PATIENCE: Duration = Duration::from_mins(2);
/// The same for what somebody asked how it is, and can ask again.
const LOOKING: Duration = Duration::from_secs(5);
/// After a request to make something whose answer did not come, it is looked for a while later: what was made is not in
/// every list at once.
const SETTLING: Duration = Duration::from_secs(5);

/// Supabase, as the account of this project sees it.
pub(crate) struct Supabase {
    token: Secret,
    patience: Duration,
}

/// How one request ended.
enum Outcome {
    /// Supabase did it, and answered this.
    Done(Response),
    /// Supabase did not do it, or says so.
    Refused(Problem),
    /// Nobody knows: there was no answer.
    Silent(Failure),
}

impl Supabase {
    /// With the account that somebody logged in to.
    pub(crate) fn connect() -> Result<Self, Failure> {
        Ok(Self { token: account::secret(TOKEN)?, patience: PATIENCE })
    }

    /// The same for somebody who only wants to know how something is: whoever is not there now is said not to be.
    pub(crate) fn connect_to_look() -> Result<Self, Failure> {
        Ok(Self { patience: LOOKING, ..Self::connect()? })
    }

    /// Looks something up; None where there is no such thing. `what` says what, for failures.
    pub(crate) fn look_up<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<Option<T>, Failure> {
        let found = self.repeat(&Request::get(format!("{BASE}{path}")), what).map_err(later)?;
        found.map(|response| response.json().map_err(later)).transpose()
    }

    /// Asks for something that can be asked for twice. None where there is no such thing.
    pub(crate) fn repeat(&self, request: &Request, what: &str) -> Result<Option<Response>, Failure> {
        let mut tries = Tries::within(self.patience);
        loop {
            let (failure, wait) = match self.send(request)? {
                Outcome::Done(response) => return Ok(Some(response)),
                Outcome::Refused(problem) if problem.is_missing() => return Ok(None),
                Outcome::Refused(problem) if problem.passes() => (problem.failure(what), problem.wait()),
                Outcome::Refused(problem) => return Err(problem.failure(what)),
                Outcome::Silent(failure) => (failure, None),
            };
            if !tries.pause(wait) {
                return Err(failure);
            }
        }
    }

    /// Looks for a thing, and asks for it to be made where there is none. It is looked for before each request, as the
    /// one before may have been carried out, and once more when the time is over.
    pub(crate) fn ensure<T: DeserializeOwned>(
        &self,
        request: &Request,
        what: &str,
        look: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let mut tries = Tries::within(self.patience);
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            let (failure, wait) = match self.send(request)? {
                Outcome::Done(response) => match response.json() {
                    Ok(made) => return Ok(made),
                    Err(failure) => (failure, Some(SETTLING)),
                },
                Outcome::Refused(problem) if problem.may_be_done() => {
                    (problem.failure(what), problem.wait().max(Some(SETTLING)))
                }
                Outcome::Refused(problem) if problem.passes() => (problem.failure(what), problem.wait()),
                Outcome::Refused(problem) => return Err(problem.failure(what)),
                Outcome::Silent(failure) => (failure, Some(SETTLING)),
            };
            if !tries.pause(wait) {
                return look()?.ok_or(failure);
            }
        }
    }

    /// Sends one request. An error is the host's own, which no second try changes.
    fn send(&self, request: &Request) -> Result<Outcome, Failure> {
        match request.clone().bearer(&self.token).send() {
            Ok(response) if response.is_success() => Ok(Outcome::Done(response)),
            Ok(response) => Ok(Outcome::Refused(Problem::of(&response))),
            Err(failure @ (Failure::Retryable(_) | Failure::Ambiguous(_))) => Ok(Outcome::Silent(failure)),
            Err(failure @ (Failure::Refused(_) | Failure::Broken(_) | Failure::Cancelled(_))) => Err(failure),
        }
    }
}

/// Of something that was only looked at, nothing is left: it can be looked at again.
fn later(failure: Failure) -> Failure {
    match failure {
        Failure::Ambiguous(detail) => Failure::Retryable(detail),
        Failure::Refused(_) | Failure::Retryable(_) | Failure::Broken(_) | Failure::Cancelled(_) => failure,
    }
}
