//! Tokens: which there are, what each may do, and how one is read from a request.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::clock::Moment;
use crate::problem::Problem;

/// The slug of the organisation that everybody has alone.
const PERSONAL: &str = "personal";
/// Between that slug and whose it is. No slug has it.
const OWNER: char = '~';

/// The slug of an organisation as the API has it.
pub(crate) fn slug_of(org: &str) -> &str {
    org.split(OWNER).next().unwrap_or_default()
}

/// Whose an organisation is, where it is somebody's own.
pub(crate) fn owner_of(org: &str) -> Option<&str> {
    org.split_once(OWNER).map(|(_, owner)| owner)
}

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The organisation that it belongs to: its slug, and in somebody's own whose it is.
    pub org: String,
    /// Who made it; a token of an organisation does not say.
    pub user: Option<String>,
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
        let user = format!("somebody@{org}.example");
        Self { org: org.to_owned(), user: Some(user), scope: Scope::Organisation, expires: None }
    }

    /// Everything of the organisation that this user has alone, for ever. Everybody's has the same slug.
    pub fn personal(user: &str) -> Self {
        let org = format!("{PERSONAL}{OWNER}{user}");
        Self { org, user: Some(user.to_owned()), scope: Scope::Organisation, expires: None }
    }

    /// The same without a word of whose it is, as `fly tokens create org` makes it.
    #[must_use]
    pub fn of_nobody(self) -> Self {
        Self { user: None, ..self }
    }

    /// The organisation that this token means by a slug.
    pub(crate) fn means<'a>(&'a self, slug: &'a str) -> &'a str {
        if slug_of(&self.org) == slug { &self.org } else { slug }
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
        let whole = self.org == self.means(org) && !matches!(self.scope, Scope::App(_));
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
