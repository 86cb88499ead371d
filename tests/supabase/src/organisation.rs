//! Organizations that the token sees, and whose the token is.

use serde::{Deserialize, Serialize};
use serde_json::json;
use systemprompt_sdk::{Failure, LiveStatus, Tenant};

use crate::Config;
use crate::api::Supabase;

/// Field of the resources with the slug of the one that a tenant is in.
pub(crate) const ORGANISATION: &str = "organization";

#[derive(Deserialize)]
struct Organisation {
    slug: String,
}

/// A user of Supabase.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Profile {
    #[serde(rename = "gotrue_id")]
    pub(crate) id: String,
    #[serde(rename = "primary_email")]
    pub(crate) email: String,
}

/// The slugs of those that the token sees.
fn seen(supabase: &Supabase) -> Result<Vec<String>, Failure> {
    let found: Option<Vec<Organisation>> = supabase.look_up("/v1/organizations", "list the organizations")?;
    Ok(found.into_iter().flatten().map(|organisation| organisation.slug).collect())
}

/// The one that a tenant is to be in: the one that its settings name, or the only one.
pub(crate) fn choose(supabase: &Supabase, config: &Config) -> Result<String, Failure> {
    let mut slugs = seen(supabase)?;
    match (&config.organization, slugs.len()) {
        (Some(slug), _) if slugs.contains(slug) => Ok(slug.clone()),
        (Some(slug), _) => Err(not_seen(slug)),
        (None, 1) => Ok(slugs.remove(0)),
        (None, 0) => Err(Failure::refused("account-organisation", "the token sees no organization")
            .help("log in with another, as `systemprompt cloud auth login`")),
        (None, _) => {
            let message = format!("the token sees several organizations: `{}`", slugs.join("`, `"));
            Err(Failure::refused("organisation-unclear", message).help("name one, as `--config organization=SLUG`"))
        }
    }
}

/// Fails unless the token sees the organization. Without it, a project that is not found may well be there.
pub(crate) fn require(supabase: &Supabase, slug: &str) -> Result<(), Failure> {
    if seen(supabase)?.iter().any(|seen| seen == slug) { Ok(()) } else { Err(not_seen(slug)) }
}

/// The same for the one that a tenant is in, as it is recorded, or else as its settings say.
pub(crate) fn require_of(supabase: &Supabase, tenant: &Tenant<Config>) -> Result<(), Failure> {
    match tenant.resources[ORGANISATION].as_str().or(tenant.config.organization.as_deref()) {
        Some(slug) => require(supabase, slug),
        None => Ok(()),
    }
}

fn not_seen(slug: &str) -> Failure {
    Failure::refused("account-other", format!("the token does not see the organization `{slug}`"))
        .help("log in with one that does, as `systemprompt cloud auth login`")
}

/// Whose the token is.
pub(crate) fn user(supabase: &Supabase) -> Result<Profile, Failure> {
    let user: Option<Profile> = supabase.look_up("/v1/profile", "say whose the token is")?;
    user.ok_or_else(|| Failure::refused("account-refused", "Supabase knows nobody of that token"))
}

/// The same, as `cloud auth login` asks it.
pub(crate) fn account() -> Result<LiveStatus, Failure> {
    let supabase = Supabase::connect_to_look()?;
    let user = user(&supabase)?.email;
    let ext = match &seen(&supabase)?[..] {
        [slug] => json!({ "user": user, "organisation": slug }),
        _ => json!({ "user": user }),
    };
    Ok(LiveStatus { ext: Some(ext.to_string()), ..LiveStatus::ready().detail("User", user) })
}
