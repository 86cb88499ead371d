//! Whose the token is.

use serde::Deserialize;
use serde_json::json;
use systemprompt_sdk::{Failure, LiveStatus};

use crate::api::Fly;

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
    let found = current.into_iter().flat_map(|current| current.tokens).next();
    let found = found.ok_or_else(|| Failure::refused("account-refused", "Fly knows no organisation of the token"))?;
    if found.apps.as_ref().is_some_and(|apps| !apps.is_empty()) {
        let message = format!("the token is for one app of the organisation `{}`, and makes no other", found.org_slug);
        return Err(Failure::refused("account-forbidden", message)
            .help("make one for the organisation with `fly tokens create org`, and log in with that"));
    }
    Ok(found)
}

/// The account's state.
pub(crate) fn status() -> Result<LiveStatus, Failure> {
    let Identity { org_slug, organization, user, .. } = identity(&Fly::connect_to_look()?)?;
    let user = user.or(organization).unwrap_or_else(|| org_slug.clone());
    let status = LiveStatus::ready().detail("User", user.clone()).detail("Organisation", org_slug.clone());
    Ok(LiveStatus { ext: Some(json!({ "user": user, "organisation": org_slug }).to_string()), ..status })
}
