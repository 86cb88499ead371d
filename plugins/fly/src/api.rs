//! Asking Fly: with the account's token, at its pace, and again where that is safe.

use std::cell::RefCell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret, account, clock};

use crate::pace::Pace;
use crate::problem::Problem;
use crate::retry::Retry;

/// What the description names; a user may have pointed it elsewhere.
pub(crate) const BASE: &str = "https://api.machines.dev";
/// The field of the account.
pub(crate) const TOKEN: &str = "api-token";
/// How long one thing is tried for: Fly's own hiccups are over by then.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long Fly may take to make one thing: less, so that there is time to look afterwards.
pub(crate) const MAKING: Duration = Duration::from_secs(45);

/// Fly, as the account of this project sees it.
pub(crate) struct Fly {
    token: Secret,
    pace: RefCell<Pace>,
}

/// How one request ended.
pub(crate) enum Outcome {
    /// Fly did it, and answered this.
    Done(Response),
    /// Fly did not do it, or says so.
    Refused(Problem),
    /// Nobody knows: there was no answer.
    Silent(Failure),
}

impl Fly {
    /// With the account that somebody logged in to.
    pub(crate) fn connect() -> Result<Self, Failure> {
        Ok(Self { token: account::secret(TOKEN)?, pace: RefCell::default() })
    }

    /// Looks something up; None where there is no such thing. `what` says what, for failures.
    pub(crate) fn look_up<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<Option<T>, Failure> {
        let mut retry = Retry::within(PATIENCE);
        loop {
            let (failure, after) = match self.send(&Request::get(format!("{BASE}{path}")))? {
                Outcome::Done(response) => match response.json() {
                    Ok(found) => return Ok(Some(found)),
                    Err(failure) => (failure, None),
                },
                Outcome::Refused(problem) if problem.is_missing() => return Ok(None),
                Outcome::Refused(problem) if problem.is_passing() => (problem.failure(what), problem.retry_after()),
                Outcome::Refused(problem) => return Err(problem.failure(what)),
                Outcome::Silent(failure) => (failure, None),
            };
            if !retry.pause(after) {
                return Err(later(failure));
            }
        }
    }

    /// Looks for a thing, and asks for it to be made where there is none: until it is there, or Fly says why not. Nothing
    /// is asked for twice before it was looked for again, as a request that failed may have been carried out.
    pub(crate) fn ensure<T: DeserializeOwned>(
        &self,
        request: &Request,
        what: &str,
        look: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let mut retry = Retry::within(PATIENCE);
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            let (failure, after) = match self.send(request)? {
                Outcome::Done(response) => match response.json() {
                    Ok(made) => return Ok(made),
                    Err(failure) => (failure, None),
                },
                Outcome::Refused(problem) if problem.is_passing() || problem.is_taken() => {
                    (problem.failure(what), problem.retry_after())
                }
                Outcome::Refused(problem) => return Err(problem.failure(what)),
                Outcome::Silent(failure) => (failure, None),
            };
            if !retry.pause(after) {
                // The last request, too, may have been carried out.
                return look()?.ok_or(failure);
            }
        }
    }

    /// Asks for something that can be asked for twice, such as a removal. None where there is no such thing.
    pub(crate) fn repeat<T>(
        &self,
        request: &Request,
        what: &str,
        read: impl Fn(&Response) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let mut retry = Retry::within(PATIENCE);
        loop {
            let (failure, after) = match self.send(request)? {
                Outcome::Done(response) => match read(&response) {
                    Ok(answer) => return Ok(Some(answer)),
                    Err(failure) => (failure, None),
                },
                Outcome::Refused(problem) if problem.is_missing() => return Ok(None),
                Outcome::Refused(problem) if problem.is_passing() => (problem.failure(what), problem.retry_after()),
                Outcome::Refused(problem) => return Err(problem.failure(what)),
                Outcome::Silent(failure) => (failure, None),
            };
            if !retry.pause(after) {
                return Err(failure);
            }
        }
    }

    /// Sends one request, at the pace that Fly wants. An error is the host's own, which no second try changes.
    pub(crate) fn send(&self, request: &Request) -> Result<Outcome, Failure> {
        let path = request.url.split('?').next().unwrap_or_default();
        let wait = self.pace.borrow_mut().take(&format!("{} {path}", request.method), clock::now_ms());
        if !wait.is_zero() {
            clock::sleep(wait);
        }
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
