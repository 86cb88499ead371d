//! Tokens: which there are, what each may do, and how one is read from a request.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::clock::Moment;
use crate::problem::Problem;

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The slug of the organisation that it belongs to.
    pub org: String,
    /// How much of that.
    pub scope: Scope,
    /// From when on it opens nothing.
    pub expires: Option<Moment>,
}

/// How much of its organisation a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Organisation,
    /// Everything, but only to look at.
    ReadOnly,
    /// One app, by its name, as a deploy token.
    App(String),
}

impl Access {
    /// Everything of an organisation, for ever.
    pub fn to(org: &str) -> Self {
        Self { org: org.to_owned(), scope: Scope::Organisation, expires: None }
    }

    /// Whether it opens this app of this organisation.
    pub(crate) fn opens(&self, org: &str, app: &str) -> bool {
        let in_scope = match &self.scope {
            Scope::Organisation | Scope::ReadOnly => true,
            Scope::App(only) => only == app,
        };
        self.org == org && in_scope
    }

    /// Refuses what is not about one app, unless the token is for the whole of this organisation.
    pub(crate) fn whole(&self, org: &str) -> Result<(), Problem> {
        let whole = self.org == org && !matches!(self.scope, Scope::App(_));
        if whole { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

/// A token as the fake keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: u64,
    pub(crate) access: Access,
}

/// All that are accepted, by what they say.
#[derive(Debug, Default)]
pub(crate) struct Tokens(BTreeMap<String, Token>);

impl Tokens {
    pub(crate) fn add(&mut self, id: u64, secret: &str, access: Access) {
        self.0.insert(bare(secret).to_owned(), Token { id, access });
    }

    pub(crate) fn revoke(&mut self, secret: &str) {
        self.0.remove(bare(secret));
    }

    /// The token of a request. One that expired is like none at all.
    pub(crate) fn of(&self, headers: &HeaderMap, now: Moment) -> Result<&Token, Problem> {
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, secret) = header.and_then(|value| value.split_once(' ')).ok_or_else(Problem::unauthenticated)?;
        let known = matches!(scheme, "Bearer" | "FlyV1").then(|| self.0.get(secret.trim())).flatten();
        let valid = known.filter(|token| token.access.expires.is_none_or(|expires| now < expires));
        valid.ok_or_else(Problem::unauthenticated)
    }
}

/// `fly tokens create` prints the scheme in front of a token; a request has it once.
fn bare(secret: &str) -> &str {
    secret.strip_prefix("FlyV1 ").unwrap_or(secret)
}
