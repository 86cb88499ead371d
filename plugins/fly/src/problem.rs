//! What Fly answers when it does not do what it was asked, as a failure with what to do about it.

use std::time::Duration;

use serde::Deserialize;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, clock};

use crate::api::BASE;
use crate::retry::retry_after;

/// Code of what a body that cannot be understood comes to.
const UNREADABLE: &str = "http-answer";
/// Longest part of a sentence of Fly's that is repeated.
const SENTENCE_CHARS_MAX: usize = 300;
/// What to type when the login is not good enough.
const LOG_IN: &str = "log in with a token that is, as `systemprompt cloud auth login`";

/// Fly's body of an error; a page in HTML has none of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Option<String>,
    message: Option<String>,
    status: serde_json::Value,
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// The word that says what it is, where there is one.
    pub(crate) code: String,
    sentence: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn of(response: &Response) -> Self {
        let body: Body = serde_json::from_str(&response.body).unwrap_or_default();
        let sentence = body.error.or(body.message).unwrap_or_default();
        Self {
            status: response.status,
            code: body.status.as_str().unwrap_or_default().to_owned(),
            sentence: sentence.chars().take(SENTENCE_CHARS_MAX).collect(),
            request_id: id_of(response).map(str::to_owned),
            retry_after: response.header("retry-after").and_then(|value| retry_after(value, clock::now_ms())),
        }
    }

    /// For how long Fly wants not to be asked again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the same request may work later, or may have worked.
    pub(crate) fn is_passing(&self) -> bool {
        // Something else goes on that stands in the way, which is not that there is no room.
        let is_conflict = self.status == 409 && !self.is_full();
        is_conflict || matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether what was waited for did not come.
    pub(crate) fn is_timeout(&self) -> bool {
        self.status == 408
    }

    /// Whether the thing is in a state in which this cannot be done to it.
    pub(crate) fn is_precondition(&self) -> bool {
        self.status == 412
    }

    /// Whether there is no such thing, or no more: so it is said of clusters.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether the region has no room for what was asked.
    pub(crate) fn is_full(&self) -> bool {
        let says = |words: &str| self.code.is_empty() && self.sentence.contains(words);
        matches!(self.code.as_str(), "insufficient_capacity" | "volume_placement_capacity")
            || says("insufficient resources")
            || says("could not reserve resource")
            || says("no capacity")
    }

    /// Whether the name is another's, or already that of what an earlier request made.
    pub(crate) fn is_taken(&self) -> bool {
        self.code == "name_taken"
    }

    /// `what` is what was to be done: ``create app `x` ``.
    pub(crate) fn failure(&self, what: &str) -> Failure {
        let message = format!("Fly did not {what}: {}", self.in_words());
        match self.status {
            401 => Failure::refused("account-refused", message)
                .help(format!("the token is not valid, or has expired: Fly does not say which; {LOG_IN}")),
            403 => Failure::refused("account-forbidden", message)
                .help(format!("the token is not for that organisation, or not for all of it; {LOG_IN}")),
            _ if self.wants_money() => Failure::refused("payment-required", message)
                .help("add a payment method to the organisation at https://fly.io/dashboard, then type the same again"),
            _ if self.is_full() => {
                Failure::retryable("region-full", message).help("try again later, or in another `--region`")
            }
            _ if self.is_taken() => Failure::refused("name-taken", message).help("type the same again, for another id"),
            429 => Failure::retryable("rate-limited", message).help("too much was asked at once; try again later"),
            409 => Failure::retryable("fly-busy", message).help("something else goes on there; type the same again"),
            408 | 500.. => Failure::ambiguous("fly-unavailable", message)
                .help("look at https://status.flyio.net, then type the same again"),
            _ => Failure::refused("fly-refused", message).help(
                "change at https://fly.io/dashboard what Fly names, and type the same again; who asks Fly about it \
                 names the request",
            ),
        }
    }

    /// Which request it was, to be put behind a sentence.
    pub(crate) fn request(&self) -> String {
        in_brackets(self.request_id.as_deref())
    }

    fn wants_money(&self) -> bool {
        self.status == 402 || self.sentence.contains("payment method")
    }

    fn in_words(&self) -> String {
        let sentence = if self.sentence.is_empty() { "it did not say why" } else { &self.sentence };
        let request = self.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
        format!("{sentence} (status {}{request})", self.status)
    }
}

/// Fly's name of the request that this is the answer to, to be put behind a sentence.
pub(crate) fn request_of(response: &Response) -> String {
    in_brackets(id_of(response))
}

fn id_of(response: &Response) -> Option<&str> {
    response.header("fly-request-id")
}

fn in_brackets(id: Option<&str>) -> String {
    id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

/// An answer that was to be read and cannot be: what was asked, and who answered. Any other failure stays as it is.
pub(crate) fn unreadable(failure: Failure, what: &str, request: &Request, response: &Response) -> Failure {
    if failure.code() != UNREADABLE {
        return failure;
    }
    let id = id_of(response).map(|id| format!(", request {id}")).unwrap_or_default();
    let (asked, status) = (asked(request), response.status);
    Failure::ambiguous(UNREADABLE, format!("Fly was to {what}, and {failure} ({asked}, status {status}{id})"))
        .help("look at https://status.flyio.net, then type the same again; who asks Fly about it names the request")
}

/// A request to which there was no whole answer: which it was.
pub(crate) fn unanswered(failure: Failure, request: &Request) -> Failure {
    let Failure::Ambiguous(mut detail) = failure else { return failure };
    detail.message = format!("{} ({})", detail.message, asked(request));
    Failure::Ambiguous(detail).or_help("look at https://status.flyio.net, then type the same again")
}

/// Method and path, without a query.
fn asked(request: &Request) -> String {
    let path = request.url.trim_start_matches(BASE).split('?').next().unwrap_or_default();
    format!("{} {path}", request.method)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16, body: &str) -> Problem {
        let headers = vec![("fly-request-id".to_owned(), "01H".to_owned())];
        Problem::of(&Response { status, headers, body: body.to_owned(), ext: None })
    }

    #[test]
    fn each_kind_of_refusal_has_a_code_of_its_own() {
        for (status, body, code) in [
            (401, r#"{"error":"Authenticate: token validation error"}"#, "account-refused"),
            (403, r#"{"error":"unauthorized"}"#, "account-forbidden"),
            (
                422,
                r#"{"error":"To create more than 1 machine per app please add a payment method."}"#,
                "payment-required",
            ),
            (422, r#"{"error":"could not find a candidate host","status":"insufficient_capacity"}"#, "region-full"),
            (
                412,
                r#"{"error":"insufficient resources to create","status":"volume_placement_capacity"}"#,
                "region-full",
            ),
            (409, r#"{"error":"aborted: could not reserve resource for machine: insufficient CPUs"}"#, "region-full"),
            (422, r#"{"error":"Validation failed: Name has already been taken","status":"name_taken"}"#, "name-taken"),
            (429, r#"{"error":"rate limit exceeded"}"#, "rate-limited"),
            (502, "<html>Bad Gateway</html>", "fly-unavailable"),
            (418, "", "fly-refused"),
        ] {
            assert_eq!(problem(status, body).failure("do it").code(), code, "{status} {body}");
        }
    }

    #[test]
    fn a_failure_names_the_request_and_repeats_no_page() {
        let failure = problem(502, "<html><h1>Bad Gateway</h1></html>").failure("create app `x`");
        assert_eq!(failure.to_string(), "Fly did not create app `x`: it did not say why (status 502, request 01H)");
        let long = format!("{{\"error\":\"{}\"}}", "x".repeat(10_000));
        assert!(problem(400, &long).failure("x").to_string().len() < 400);
    }

    #[test]
    fn a_refusal_without_a_meaning_of_its_own_has_a_next_step_all_the_same() {
        let failure = problem(422, r#"{"error":"Validation failed: no"}"#).failure("do it");
        assert!(failure.detail().help.as_ref().is_some_and(|help| help.contains("fly.io/dashboard")), "{failure:?}");
    }

    #[test]
    fn an_answer_that_cannot_be_read_or_did_not_come_says_to_what() {
        let request = Request::get(format!("{BASE}/v1/apps/x/volumes?summary=true"));
        let headers = vec![("fly-request-id".to_owned(), "01H".to_owned())];
        let response = Response { status: 200, headers, body: "[{".to_owned(), ext: None };
        let failure = response.json::<serde_json::Value>().unwrap_err();
        let failure = unreadable(failure, "list the volumes", &request, &response);
        let says = failure.to_string();
        for part in
            ["Fly was to list the volumes", "cannot be understood", "(GET /v1/apps/x/volumes, status 200, request 01H)"]
        {
            assert!(says.contains(part), "{part}: {says}");
        }
        assert!(failure.code() == "http-answer" && failure.detail().help.is_some());
        let other = Failure::retryable("server-not-ready", "not yet");
        assert_eq!(unreadable(other.clone(), "x", &request, &response), other);

        let silent = unanswered(Failure::ambiguous("http-answer-too-large", "`x` answered more than 4 MiB"), &request);
        assert_eq!(silent.to_string(), "`x` answered more than 4 MiB (GET /v1/apps/x/volumes)");
        assert!(silent.code() == "http-answer-too-large" && silent.detail().help.is_some());
        let nobody = Failure::retryable("http-unreachable", "`x` cannot be reached");
        assert_eq!(unanswered(nobody.clone(), &request), nobody);
    }

    #[test]
    fn a_word_counts_more_than_a_sentence() {
        assert!(!problem(422, r#"{"error":"no capacity","status":"name_taken"}"#).is_full());
    }
}
