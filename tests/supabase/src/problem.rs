//! What Supabase answers when it does not do what it was asked, as a failure with what to do about it.

use std::time::Duration;

use serde::Deserialize;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::Response;

/// Longest part of a sentence of Supabase's that is repeated.
const SENTENCE_CHARS_MAX: usize = 300;
/// Where both are missing, a page in HTML is none of our sentences.
const SILENT: &str = "it did not say why";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    message: Option<String>,
}

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    sentence: String,
    wait: Option<Duration>,
}

impl Problem {
    pub(crate) fn of(response: &Response) -> Self {
        let body: Body = serde_json::from_str(&response.body).unwrap_or_default();
        let sentence = body.message.unwrap_or_else(|| SILENT.to_owned()).chars().take(SENTENCE_CHARS_MAX).collect();
        let seconds = |name: &str| response.header(name)?.trim().parse().ok().map(Duration::from_secs);
        let wait = seconds("retry-after").or_else(|| seconds("x-ratelimit-reset").filter(|_| response.status == 429));
        Self { status: response.status, sentence, wait }
    }

    /// Whether there is no such thing, or none that this account sees.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == 404
    }

    /// Whether the same request may work later.
    pub(crate) fn passes(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// Whether it may have been carried out although this was answered.
    pub(crate) fn may_be_done(&self) -> bool {
        matches!(self.status, 408 | 500..)
    }

    /// For how long Supabase wants not to be asked again.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// `what` is what was to be done: ``create project `x` ``.
    pub(crate) fn failure(&self, what: &str) -> Failure {
        let message = format!("Supabase did not {what}: {} (status {})", self.sentence, self.status);
        match self.status {
            401 => Failure::refused("account-refused", message)
                .help("Supabase does not take the token; log in with another, as `systemprompt cloud auth login`"),
            403 => Failure::refused("account-forbidden", message)
                .help("the token may not do that; log in with one that may, as `systemprompt cloud auth login`"),
            402 => Failure::refused("payment-required", message)
                .help("look at the organization's plan at https://supabase.com/dashboard"),
            429 => Failure::retryable("rate-limited", message).help("too much was asked in a minute; try again later"),
            408 | 500.. => Failure::ambiguous("supabase-unavailable", message)
                .help("look at https://status.supabase.com, then type the same again"),
            _ => Failure::refused("supabase-refused", message),
        }
    }
}
