//! Templates: texts in which secrets are named instead of written, such as
//! `postgres://u:{{secret:db-password@2}}@h/db`.
//!
//! `{{secret:NAME@VERSION}}` names a secret of the tenant, `{{machine:NAME@VERSION}}` one of this machine,
//! `{{account:NAME@VERSION}}` one of the account with the provider, and `{{open}}` stands for two opening braces.

use std::fmt;

use crate::{SecretName, name::shown};

/// The secret that a template names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretRef {
    /// Whose secret it is.
    pub scope: SecretScope,
    /// What it is called.
    pub name: SecretName,
    /// From 1.
    pub version: u32,
}

/// Whose a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretScope {
    /// The tenant's.
    Tenant,
    /// This machine's: what its projects share.
    Machine,
    /// The account's: what somebody logged in to the provider with.
    Account,
}

impl SecretScope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Tenant, Self::Machine, Self::Account];

    /// As templates write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "secret",
            Self::Machine => "machine",
            Self::Account => "account",
        }
    }
}
crate::word::closed_word!(SecretScope, "a scope of secrets", "`secret`, `machine`, `account`");

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// In the place of a secret.
    Secret(SecretRef),
}

/// As templates write it: `{{secret:db-password@2}}`.
impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{{}:{}@{}}}}}", self.scope, self.name, self.version)
    }
}

/// Text as a template: whatever looks like a reference in it stands for itself.
pub fn escape(text: &str) -> String {
    text.replace("{{", "{{open}}")
}

/// The parts of a template, in order.
pub fn parse(template: &str) -> Result<Vec<Part>, InvalidTemplate> {
    let mut parts = vec![];
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((inside, after)) = after.split_once("}}") else {
            return Err(InvalidTemplate { given: shown(&rest[before.len()..]) });
        };
        if inside == "open" {
            text.push_str("{{");
        } else {
            let secret =
                reference(inside).ok_or_else(|| InvalidTemplate { given: shown(&format!("{{{{{inside}}}}}")) })?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Secret(secret));
        }
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

/// The secrets that a template names, in order, repeated where it repeats them.
pub fn references(template: &str) -> Result<Vec<SecretRef>, InvalidTemplate> {
    let secret = |part| match part {
        Part::Secret(secret) => Some(secret),
        Part::Text(_) => None,
    };
    Ok(parse(template)?.into_iter().filter_map(secret).collect())
}

/// The text that a template stands for. None when `find` does not know one of its secrets.
pub fn fill(
    template: &str,
    mut find: impl FnMut(&SecretRef) -> Option<String>,
) -> Result<Option<String>, InvalidTemplate> {
    let mut filled = String::new();
    for part in parse(template)? {
        match part {
            Part::Text(text) => filled.push_str(&text),
            Part::Secret(secret) => match find(&secret) {
                Some(value) => filled.push_str(&value),
                None => return Ok(None),
            },
        }
    }
    Ok(Some(filled))
}

fn reference(inside: &str) -> Option<SecretRef> {
    let (scope, secret) = inside.split_once(':')?;
    let (name, version) = secret.split_once('@')?;
    let version = version.parse().ok().filter(|version| *version >= 1)?;
    Some(SecretRef { scope: scope.parse().ok()?, name: name.parse().ok()?, version })
}

/// A text that is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a reference to a secret: `{{{{secret:NAME@VERSION}}}}`, `{{{{machine:NAME@VERSION}}}}` or \
     `{{{{account:NAME@VERSION}}}}`"
)]
pub struct InvalidTemplate {
    /// The part that is wrong, escaped and shortened.
    pub given: String,
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::{Part, SecretRef, SecretScope, escape, fill, parse, references};

    fn secret(scope: SecretScope, name: &str, version: u32) -> SecretRef {
        SecretRef { scope, name: name.parse().unwrap(), version }
    }

    #[test]
    fn a_template_is_text_and_references() {
        let template = "postgres://u:{{secret:db-password@2}}@h/{{machine:pg-admin@1}}";
        let (first, second) =
            (secret(SecretScope::Tenant, "db-password", 2), secret(SecretScope::Machine, "pg-admin", 1));
        let parts = [
            Part::Text("postgres://u:".into()),
            Part::Secret(first.clone()),
            Part::Text("@h/".into()),
            Part::Secret(second.clone()),
        ];
        assert_eq!(parse(template).unwrap(), parts);
        assert_eq!(references(template).unwrap(), [first.clone(), second]);
        assert_eq!(first.to_string(), "{{secret:db-password@2}}");
        let filled = fill(template, |secret| Some(format!("<{}>", secret.name)));
        assert_eq!(filled.unwrap().as_deref(), Some("postgres://u:<db-password>@h/<pg-admin>"));
    }

    #[test]
    fn an_unknown_secret_fills_nothing() {
        assert_eq!(fill("a{{secret:x@1}}b", |_| None), Ok(None));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for broken in ["{{", "a{{b", "{{}}", "{{secret:x}}", "{{secret:x@0}}", "{{other:x@1}}", "{{secret:X@1}}"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn escaped_text_stands_for_itself(text in "[a{}o]{0,12}|.{0,20}") {
            assert_eq!(fill(&escape(&text), |_| None).unwrap(), Some(text));
        }
    }
}
