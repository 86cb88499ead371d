//! Asking Fly: with the account's token, at its pace, and again where that is safe.

use std::cell::RefCell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Secret, account, clock};

use crate::pace::Pace;
use crate::problem::{self, Problem};
use crate::retry::Retry;

/// What the description names; a user may have pointed it elsewhere.
pub(crate) const BASE: &str = "https://api.machines.dev";
/// The field of the account.
pub(crate) const TOKEN: &str = "api-token";
/// How long one thing is tried for: Fly's own hiccups are over by then.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// The same for what somebody asked how it is, and can ask again.
const LOOKING: Duration = Duration::from_secs(5);
/// The same for what is only looked at before a question.
const IN_PASSING: Duration = Duration::from_secs(2);
/// How long Fly may take to make one thing: less, so that there is time to look afterwards.
pub(crate) const MAKING: Duration = Duration::from_secs(45);

/// Fly, as the account of this project sees it.
pub(crate) struct Fly {
    token: Secret,
    patience: Duration,
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

/// What came of one try.
pub(crate) enum Once<T> {
    /// There is no need for another.
    Answered(T),
    /// The same may work later, in so much time at the earliest.
    Later(Failure, Option<Duration>),
}

/// Tries until there is an answer; the inner failure is that of the last try, when the time is over.
pub(crate) fn patiently<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Once<T>, Failure>,
) -> Result<Result<T, Failure>, Failure> {
    let mut retry = Retry::within(patience);
    loop {
        match attempt()? {
            Once::Answered(answer) => return Ok(Ok(answer)),
            Once::Later(failure, after) if !retry.pause(after) => return Ok(Err(failure)),
            Once::Later(..) => {}
        }
    }
}

impl Fly {
    /// With the account that somebody logged in to.
    pub(crate) fn connect() -> Result<Self, Failure> {
        Ok(Self { token: account::secret(TOKEN)?, patience: PATIENCE, pace: RefCell::default() })
    }

    /// The same for somebody who only wants to know how something is: whoever is not there now is said not to be.
    pub(crate) fn connect_to_look() -> Result<Self, Failure> {
        Ok(Self { patience: LOOKING, ..Self::connect()? })
    }

    /// The same for somebody who would rather know less than wait.
    pub(crate) fn connect_in_passing() -> Result<Self, Failure> {
        Ok(Self { patience: IN_PASSING, ..Self::connect()? })
    }

    /// Looks something up; None where there is no such thing. `what` says what, for failures.
    pub(crate) fn look_up<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<Option<T>, Failure> {
        let request = Request::get(format!("{BASE}{path}"));
        patiently(self.patience, || {
            self.ask(&request, what, Problem::is_passing, |_| Ok(None), |response| response.json().map(Some))
        })?
        .map_err(later)
    }

    /// Looks for a thing, and asks for it to be made where there is none: until it is there, or Fly says why not. Nothing
    /// is asked for twice before it was looked for again, as a request that failed may have been carried out.
    pub(crate) fn ensure<T: DeserializeOwned>(
        &self,
        request: &Request,
        what: &str,
        look: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let passes = |problem: &Problem| problem.is_passing() || problem.is_taken();
        let made = patiently(self.patience, || match look()? {
            Some(found) => Ok(Once::Answered(found)),
            None => self.ask(request, what, passes, |problem| Err(problem.failure(what)), Response::json),
        })?;
        match made {
            Ok(made) => Ok(made),
            // The last request, too, may have been carried out.
            Err(failure) => look()?.ok_or(failure),
        }
    }

    /// Asks for something that can be asked for twice, such as a removal. None where there is no such thing.
    pub(crate) fn repeat<T>(
        &self,
        request: &Request,
        what: &str,
        read: impl Fn(&Response) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        patiently(self.patience, || {
            self.ask(request, what, Problem::is_passing, |_| Ok(None), |response| read(response).map(Some))
        })?
    }

    /// Sends one request: answered, to be sent again, or never to be. What passes may work the next time; what is missing
    /// may be an answer, too.
    pub(crate) fn ask<T>(
        &self,
        request: &Request,
        what: &str,
        passes: impl Fn(&Problem) -> bool,
        missing: impl Fn(&Problem) -> Result<T, Failure>,
        read: impl Fn(&Response) -> Result<T, Failure>,
    ) -> Result<Once<T>, Failure> {
        Ok(match self.send(request)? {
            Outcome::Done(response) => match read(&response) {
                Ok(answer) => Once::Answered(answer),
                Err(failure) => Once::Later(problem::unreadable(failure, what, request, &response), None),
            },
            Outcome::Refused(problem) if problem.is_missing() => Once::Answered(missing(&problem)?),
            Outcome::Refused(problem) if passes(&problem) => Once::Later(problem.failure(what), problem.retry_after()),
            Outcome::Refused(problem) => return Err(problem.failure(what)),
            Outcome::Silent(failure) => Once::Later(failure, None),
        })
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
            Err(failure @ (Failure::Retryable(_) | Failure::Ambiguous(_))) => {
                Ok(Outcome::Silent(problem::unanswered(failure, request)))
            }
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
