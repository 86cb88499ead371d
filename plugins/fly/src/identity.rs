//! Whose the token is.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;
use systemprompt_sdk::{Failure, LiveStatus};

use crate::api::Fly;

/// Most of a token's parts that are looked at.
const ORGANISATIONS_MAX: usize = 20;

/// What Fly says of the token that is used.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Identity {
    /// Name of the organisation in addresses of the API.
    pub(crate) org_slug: String,
    /// Name of the organisation for people.
    #[serde(default)]
    pub(crate) organization: Option<String>,
    /// The apps that it is for; none: for the whole organisation.
    #[serde(default)]
    apps: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) user: Option<String>,
}

#[derive(Deserialize)]
struct Current {
    tokens: Vec<Identity>,
}

/// Asks Fly. A token of one app is not enough: it makes no others.
pub(crate) fn identity(fly: &Fly) -> Result<Identity, Failure> {
    const WHAT: &str = "say whose the token is";
    let current: Option<Current> = fly.look_up("/v1/tokens/current", WHAT)?;
    whole(current.map(|current| current.tokens).unwrap_or_default())
}

/// The one that is for the whole of an organisation, which has to be one: a token may be a bundle of several, and which of
/// them is meant nobody said.
fn whole(tokens: Vec<Identity>) -> Result<Identity, Failure> {
    const MAKE: &str = "make one for the organisation with `fly tokens create org`, and log in with that";
    let slugs: BTreeSet<_> = tokens.iter().map(|token| token.org_slug.as_str()).take(ORGANISATIONS_MAX).collect();
    if slugs.len() > 1 {
        let slugs: Vec<_> = slugs.into_iter().map(|slug| format!("`{slug}`")).collect();
        let message = format!("the token is for several organisations: {}", slugs.join(", "));
        return Err(Failure::refused("account-ambiguous", message).help(MAKE));
    }
    let is_whole = |token: &Identity| token.apps.as_ref().is_none_or(Vec::is_empty);
    let slug = slugs.first().map(|slug| (*slug).to_owned());
    let slug = slug.ok_or_else(|| Failure::refused("account-refused", "Fly knows no organisation of the token"))?;
    tokens.into_iter().find(is_whole).ok_or_else(|| {
        let message = format!("the token is for one app of the organisation `{slug}`, and makes no other");
        Failure::refused("account-forbidden", message).help(MAKE)
    })
}

/// The account's state.
pub(crate) fn status() -> Result<LiveStatus, Failure> {
    let Identity { org_slug, organization, user, .. } = identity(&Fly::connect_to_look()?)?;
    let user = user.or(organization).unwrap_or_else(|| org_slug.clone());
    let status = LiveStatus::ready().detail("User", user.clone()).detail("Organisation", org_slug.clone());
    Ok(LiveStatus { ext: Some(json!({ "user": user, "organisation": org_slug }).to_string()), ..status })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(org: &str, apps: &[&str]) -> Identity {
        let apps = Some(apps.iter().map(|&app| app.to_owned()).collect());
        Identity { org_slug: org.to_owned(), organization: None, apps, user: None }
    }

    #[test]
    fn a_token_of_several_organisations_is_refused_and_they_are_named() {
        let failure = whole(vec![token("acme", &[]), token("other", &[])]).expect_err("nobody said which");
        assert_eq!(failure.code(), "account-ambiguous");
        assert_eq!(failure.to_string(), "the token is for several organisations: `acme`, `other`");
    }

    #[test]
    fn of_a_bundle_for_one_organisation_the_part_for_all_of_it_counts() {
        let found = whole(vec![token("acme", &["shop"]), token("acme", &[])]).expect("it is for all of it");
        assert_eq!((found.org_slug.as_str(), found.apps), ("acme", Some(Vec::new())));
        let failure = whole(vec![token("acme", &["shop"])]).expect_err("it makes no other app");
        assert_eq!(failure.code(), "account-forbidden");
        assert_eq!(whole(Vec::new()).expect_err("it is nobody's").code(), "account-refused");
    }
}
