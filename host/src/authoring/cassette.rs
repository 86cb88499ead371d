//! Recorded exchanges: what was asked, what was answered, and after which other exchange that was. Pure; files are at the end.
//!
//! A rehearsal begins again and again, fails at one place and then at another, so what was recorded is a tree: the same
//! requests lead to the same place, and part where they differ.

mod file;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::{Request, Response};

/// A provider with a long API, disturbed at each of its calls, needs some thousands.
const EXCHANGES_MAX: usize = 50_000;
/// Headers of an answer that a provider may go by. All others are left out, as there may be secrets among them.
const HEADERS: [&str; 6] = ["content-type", "etag", "link", "location", "retry-after", "x-total-count"];
const HEADER_FAMILIES: [&str; 2] = ["ratelimit-", "x-ratelimit-"];
const HEADER_OF_SUPPORT: &str = "request-id";
/// Of a request, where one is named in an error.
const REQUEST_CHARS_MAX: usize = 300;

/// What was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cassette {
    /// What was kept for tenants before anything was asked, where that is known.
    kept_at_first: Option<Vec<String>>,
    exchanges: Vec<Exchange>,
}

/// How far one is: after which exchange. 0 is the beginning.
pub type Place = usize;

/// One exchange; its number is its place in the list, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    number: Place,
    after: Place,
    request: Asked,
    answer: Answered,
    /// What was kept for tenants after it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Vec<String>>,
}

/// What a request is recognised by. Placeholders of secrets are as the provider wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    method: String,
    url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Body>,
}

/// A body as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Body {
    Json(Value),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Answered {
    Response { status: u16, headers: Vec<(String, String)>, body: Body },
    Failure(Failure),
}

impl Eq for Answered {}

/// There are more exchanges than a cassette may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {EXCHANGES_MAX} exchanges do not go into one")]
pub struct Full;

impl From<&str> for Body {
    fn from(text: &str) -> Body {
        serde_json::from_str(text).map_or_else(|_| Body::Text(text.to_owned()), Body::Json)
    }
}

impl Body {
    fn text(&self) -> String {
        match self {
            Body::Json(value) => value.to_string(),
            Body::Text(text) => text.clone(),
        }
    }
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Asked {
        let body = request.body.as_deref().map(Body::from);
        Asked { method: request.method.clone(), url: request.url.clone(), body }
    }
}

impl Asked {
    /// As an error names it.
    pub fn in_words(&self) -> String {
        let body = self.body.as_ref().map(|body| format!(" {}", body.text())).unwrap_or_default();
        crate::text::one_line(&format!("{} {}{body}", self.method, self.url), REQUEST_CHARS_MAX)
    }
}

/// An answer as it is recorded, and so as the provider gets it while that is done.
pub fn recordable(response: Response) -> Response {
    let headers = response.headers.into_iter().filter(|(name, _)| is_kept(name)).collect();
    Response { headers, ..response }
}

fn is_kept(header: &str) -> bool {
    HEADERS.contains(&header)
        || HEADER_FAMILIES.iter().any(|family| header.starts_with(family))
        || header.ends_with(HEADER_OF_SUPPORT)
}

impl Cassette {
    /// What was answered here to this request, and where that leads.
    pub fn follow(&self, at: Place, asked: &Asked) -> Option<(Place, Result<Response, Failure>)> {
        let found = self.after(at).find(|exchange| exchange.request == *asked)?;
        let answer = match &found.answer {
            Answered::Response { status, headers, body } => {
                Ok(Response { status: *status, headers: headers.clone(), body: body.text(), ext: None })
            }
            Answered::Failure(failure) => Err(failure.clone()),
        };
        Some((found.number, answer))
    }

    /// Requests that were recorded here, in words.
    pub fn expected(&self, at: Place) -> Vec<String> {
        self.after(at).map(|exchange| exchange.request.in_words()).collect()
    }

    /// How many exchanges lead here.
    pub fn depth(&self, at: Place) -> usize {
        self.way_to(at).count()
    }

    /// How many of them may have changed something: that is more than to look.
    pub fn changes(&self, at: Place) -> usize {
        self.way_to(at).filter(|exchange| exchange.request.method != "GET").count()
    }

    /// From here to the beginning.
    fn way_to(&self, at: Place) -> impl Iterator<Item = &Exchange> {
        let before = |place: Place| self.exchanges.get(place.checked_sub(1)?);
        std::iter::successors(before(at), move |exchange| before(exchange.after))
    }

    /// What was kept for tenants here, where that is known.
    pub fn kept(&self, at: Place) -> Option<&[String]> {
        match at.checked_sub(1) {
            None => self.kept_at_first.as_deref(),
            Some(index) => self.exchanges.get(index)?.kept.as_deref(),
        }
    }

    /// Adds an exchange; the answer is its place. What was recorded after another answer to the same request is forgotten.
    pub fn add(&mut self, at: Place, asked: Asked, answer: &Result<Response, Failure>) -> Result<Place, Full> {
        let answer = match answer {
            Ok(Response { status, headers, body, .. }) => {
                Answered::Response { status: *status, headers: headers.clone(), body: body.as_str().into() }
            }
            Err(failure) => Answered::Failure(failure.clone()),
        };
        let known = self.after(at).find(|exchange| exchange.request == asked);
        if let Some(known) = known {
            let number = known.number;
            if known.answer == answer {
                return Ok(number);
            }
            return Ok(self.begin_anew(number, &answer));
        }
        if self.exchanges.len() == EXCHANGES_MAX {
            return Err(Full);
        }
        let number = self.exchanges.len() + 1;
        self.exchanges.push(Exchange { number, after: at, request: asked, answer, kept: None });
        Ok(number)
    }

    /// Notes what is kept for tenants here.
    pub fn keep(&mut self, at: Place, lines: Vec<String>) {
        match at.checked_sub(1) {
            None => self.kept_at_first = Some(lines),
            Some(index) => {
                if let Some(exchange) = self.exchanges.get_mut(index) {
                    exchange.kept = Some(lines);
                }
            }
        }
    }

    fn after(&self, at: Place) -> impl Iterator<Item = &Exchange> {
        // Each comes after the one that it follows.
        self.exchanges.iter().skip(at).filter(move |exchange| exchange.after == at)
    }

    /// Gives an exchange another answer, without what followed on the first; the others move up.
    fn begin_anew(&mut self, changed: Place, answer: &Answered) -> Place {
        let mut moved: Vec<Option<Place>> = vec![Some(0)];
        for mut exchange in std::mem::take(&mut self.exchanges) {
            let after = moved.get(exchange.after).copied().flatten().filter(|_| exchange.after != changed);
            let Some(after) = after else {
                moved.push(None);
                continue;
            };
            let number = self.exchanges.len() + 1;
            moved.push(Some(number));
            if exchange.number == changed {
                (exchange.answer, exchange.kept) = (answer.clone(), None);
            }
            self.exchanges.push(Exchange { number, after, ..exchange });
        }
        moved.get(changed).copied().flatten().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
