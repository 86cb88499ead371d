//! The one place where names and values become part of a statement.

use std::fmt;

use crate::backend::BackendError;

/// `NAMEDATALEN - 1`: the server would cut a longer name, and so make another one of it.
const IDENTIFIER_BYTES_MAX: usize = 63;

/// A name of a role or database, quoted when displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identifier(String);

impl Identifier {
    /// Takes any name that the server can store.
    pub(super) fn parse(name: &str) -> Result<Self, BackendError> {
        let storable = !name.is_empty() && name.len() <= IDENTIFIER_BYTES_MAX && !name.contains('\0');
        if storable {
            return Ok(Self(name.to_owned()));
        }
        let message = format!("a role's or database's name has 1 to {IDENTIFIER_BYTES_MAX} bytes and no NUL");
        Err(BackendError::refused("invalid-name", message))
    }

    /// The name itself, for parameters and messages.
    pub(super) fn bare(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A string for the statements that take no parameters, quoted when displayed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// Takes any string that the server can store.
    pub(super) fn parse(text: &'a str) -> Result<Self, BackendError> {
        if text.contains('\0') {
            return Err(BackendError::refused("invalid-text", "a text for PostgreSQL cannot hold a NUL"));
        }
        Ok(Self(text))
    }
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An escape string means the same whatever `standard_conforming_strings` is set to.
        let escape = if self.0.contains('\\') { " E" } else { "" };
        write!(formatter, "{escape}'{}'", self.0.replace('\\', "\\\\").replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_quotes() {
        let quoted = |name| Identifier::parse(name).unwrap().to_string();
        assert_eq!(quoted("acme"), r#""acme""#);
        assert_eq!(quoted(r#"a"; DROP DATABASE b; --"#), r#""a""; DROP DATABASE b; --""#);
        assert_eq!(quoted("Ünter Strich"), r#""Ünter Strich""#);
        assert_eq!(quoted("\"\"\""), "\"\"\"\"\"\"\"\"");
    }

    #[test]
    fn names_that_the_server_would_change_are_refused() {
        for name in ["", "a\0b", &"a".repeat(64), &"ü".repeat(32)] {
            assert_eq!(Identifier::parse(name).unwrap_err().code, "invalid-name", "{name:?}");
        }
        Identifier::parse(&"a".repeat(63)).unwrap();
    }

    #[test]
    fn texts_stay_inside_their_quotes() {
        let quoted = |text| Literal::parse(text).unwrap().to_string();
        assert_eq!(quoted("it's"), "'it''s'");
        assert_eq!(quoted(r"a\'; DROP"), r" E'a\\''; DROP'");
        assert!(Literal::parse("a\0").is_err());
    }
}
