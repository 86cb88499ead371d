//! Tags: the comment that says whose a role or database is.

use crate::backend::BackendError;

/// What tags begin with; what follows is a tenant's id.
pub(super) const PREFIX: &str = "systemprompt tenant ";

/// Longer than any id, short enough for any comment.
const ID_BYTES_MAX: usize = 128;

/// The tag of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag(String);

impl Tag {
    /// The tag of the tenant with this id.
    pub(super) fn of(tenant: &str) -> Result<Self, BackendError> {
        let plain = tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if plain && (1..=ID_BYTES_MAX).contains(&tenant.len()) {
            return Ok(Self(format!("{PREFIX}{tenant}")));
        }
        Err(BackendError::broken("invalid-tenant", "a tenant's id is made of letters, digits, `_`, `-` and `.`"))
    }

    /// The comment.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// A database found in the server, with all that says whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ownership {
    /// Name of the role that owns it.
    pub(super) owner: String,
    /// That role's comment, which only an administrator can change.
    pub(super) owner_comment: Option<String>,
    /// The database's own comment, which its owner can change.
    pub(super) comment: Option<String>,
    /// Whether nobody but an administrator could have written that comment, where the owner is no tenant.
    pub(super) comment_counts: bool,
}

impl Ownership {
    /// Whether the database is the tenant's.
    ///
    /// Its owner's tag decides, for a tenant can write any comment on its own database. The database's comment counts
    /// only where the owner is nobody's: an administrator who took it over. On a server that others use, too, that has to be
    /// the one who looks; anybody else may have read the comment and written it on a database of their own.
    pub(super) fn belongs_to(&self, tag: &Tag) -> bool {
        match &self.owner_comment {
            Some(comment) if comment.starts_with(PREFIX) => comment == tag.text(),
            Some(_) | None => self.comment_counts && self.comment.as_deref() == Some(tag.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ownership(owner_comment: Option<&str>, comment: Option<&str>) -> Ownership {
        Ownership {
            owner: "role".to_owned(),
            owner_comment: owner_comment.map(str::to_owned),
            comment: comment.map(str::to_owned),
            comment_counts: true,
        }
    }

    #[test]
    fn a_strangers_database_is_nobodys_whatever_its_comment_claims() {
        let tag = Tag::of("a").unwrap();
        let of_stranger = |owner_comment| Ownership {
            comment_counts: false,
            ..ownership(owner_comment, Some("systemprompt tenant a"))
        };
        assert!(!of_stranger(None).belongs_to(&tag) && !of_stranger(Some("a person")).belongs_to(&tag));
        assert!(of_stranger(Some("systemprompt tenant a")).belongs_to(&tag));
    }

    #[test]
    fn a_database_is_whose_its_owner_is_whatever_its_comment_claims() {
        let tag = Tag::of("a").unwrap();
        let (mine, other) = (Some("systemprompt tenant a"), Some("systemprompt tenant b"));
        assert!(ownership(mine, None).belongs_to(&tag));
        assert!(ownership(mine, other).belongs_to(&tag));
        assert!(ownership(None, mine).belongs_to(&tag));
        assert!(ownership(Some("an administrator"), mine).belongs_to(&tag));
        assert!(!ownership(other, mine).belongs_to(&tag));
        assert!(!ownership(None, other).belongs_to(&tag));
        assert!(!ownership(None, None).belongs_to(&tag));
    }

    #[test]
    fn ids_do_not_reach_beyond_their_tag() {
        for id in ["", "a b", "a'", "a\n", &"a".repeat(129)] {
            assert!(Tag::of(id).is_err(), "{id:?}");
        }
        assert_eq!(Tag::of("local_19bff27604c3f2a").unwrap().text(), "systemprompt tenant local_19bff27604c3f2a");
    }
}
