//! An organisation as it is told from others: by its slug, and where everybody's own has the same one, by its owner.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Tenant};

use crate::api::Fly;
use crate::identity::{Identity, identity};

/// Slug of the organisation that everybody has alone; the API has no other name for it, and no number.
const PERSONAL: &str = "personal";
/// Code of the refusal where the login is of another than a tenant was made in.
pub(crate) const ANOTHER: &str = "account-organisation";
/// Fields of a tenant's resources.
pub(crate) const SLUG: &str = "organisation";
/// See [`SLUG`].
pub(crate) const OWNER: &str = "organisation_owner";

/// An organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Organisation {
    /// Its name in addresses of the API.
    pub(crate) slug: String,
    /// Whose it is, where it is somebody's own.
    #[serde(default)]
    pub(crate) owner: Option<Owner>,
}

/// Somebody, as far as a token says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Owner {
    /// Who made the token; a token of an organisation does not say.
    user: Option<String>,
    /// What the organisation is called: as its owner.
    name: Option<String>,
}

impl Organisation {
    /// The one that a token is for.
    pub(crate) fn of(identity: Identity) -> Self {
        let Identity { org_slug: slug, user, organization: name, .. } = identity;
        let owner = (slug == PERSONAL).then_some(Owner { user, name });
        Self { slug, owner }
    }

    /// The one that a tenant was made in.
    pub(crate) fn recorded<C>(tenant: &Tenant<C>) -> Self {
        let slug = tenant.resources[SLUG].as_str().unwrap_or_default().to_owned();
        Self { slug, owner: serde_json::from_value(tenant.resources[OWNER].clone()).unwrap_or_default() }
    }

    /// Whose it is, as a tenant's resources have it.
    pub(crate) fn owner(&self) -> Value {
        json!(self.owner)
    }

    /// Refused where the login is of another: what is not seen is not there only for a token that would see it.
    pub(crate) fn expect_here(&self, fly: &Fly) -> Result<(), Failure> {
        let here = Self::of(identity(fly)?);
        if self.is(&here) {
            return Ok(());
        }
        let message = format!("the app was made in {self}, and the login is of {here}");
        Err(Failure::refused(ANOTHER, message)
            .help(format!("log in with a token of {self}: `systemprompt cloud auth login`")))
    }

    /// Users have one of their own; what it is called decides only where tokens do not say whose they are.
    fn is(&self, other: &Self) -> bool {
        let is_same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        self.slug == other.slug
            && match (&self.owner, &other.owner) {
                (Some(one), Some(other)) if one.user.is_some() && other.user.is_some() => one.user == other.user,
                (Some(one), Some(other)) => is_same(&one.name, &other.name),
                _ => self.slug != PERSONAL,
            }
    }
}

impl std::fmt::Display for Organisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "organisation `{}`", self.slug)?;
        match self.owner.as_ref().and_then(|owner| owner.user.as_ref().or(owner.name.as_ref())) {
            Some(owner) => write!(f, " of `{owner}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(slug: &str, user: Option<&str>, name: Option<&str>) -> Organisation {
        let owner = Owner { user: user.map(str::to_owned), name: name.map(str::to_owned) };
        Organisation { slug: slug.to_owned(), owner: (slug == PERSONAL).then_some(owner) }
    }

    #[test]
    fn everybodys_own_organisation_is_told_by_its_owner() {
        let ada = organisation(PERSONAL, Some("ada@example.com"), Some("Ada"));
        assert!(ada.is(&organisation(PERSONAL, Some("ada@example.com"), Some("Countess"))), "she may change its name");
        assert!(!ada.is(&organisation(PERSONAL, Some("bob@example.com"), Some("Ada"))));
        assert!(ada.is(&organisation(PERSONAL, None, Some("Ada"))), "a token of the organisation names no user");
        assert!(!ada.is(&organisation(PERSONAL, None, Some("Bob"))));
    }

    #[test]
    fn where_nothing_tells_owners_apart_they_may_be_two() {
        let unknown = organisation(PERSONAL, None, None);
        assert!(!unknown.is(&unknown));
        assert!(!Organisation { owner: None, ..unknown.clone() }.is(&unknown));
    }

    #[test]
    fn any_other_organisation_is_told_by_its_slug() {
        assert!(organisation("acme", None, None).is(&organisation("acme", None, None)));
        assert!(!organisation("acme", None, None).is(&organisation("other", None, None)));
    }
}
