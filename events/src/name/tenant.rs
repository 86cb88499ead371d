//! The name that a user gives a tenant.

use super::{checked_text, is_slug_from_letter};

/// Names end up in host names and database names, which are short everywhere.
const LENGTH_MAX: usize = 40;

checked_text! {
    /// A tenant's name: 1 to 40 of `a-z`, `0-9`, `-`, starting with a letter, not ending with `-`.
    TenantName, InvalidTenantName, "a tenant name",
    "1 to 40 of `a-z`, `0-9`, `-`, starting with a letter, not ending with `-`",
    |text| is_slug_from_letter(text, LENGTH_MAX) && !text.ends_with('-')
}

impl TenantName {
    /// The valid name that is nearest to a foreign one: `My Project!` becomes `my-project`.
    pub fn from_foreign(text: &str) -> Self {
        let mut name = String::new();
        for character in text.chars().flat_map(char::to_lowercase) {
            match character {
                'a'..='z' | '0'..='9' => name.push(character),
                _ if name.is_empty() || name.ends_with('-') => {}
                _ => name.push('-'),
            }
            if name.len() > LENGTH_MAX {
                break;
            }
        }
        if name.is_empty() {
            name.push_str("tenant");
        } else if name.starts_with(|first: char| first.is_ascii_digit()) {
            name.insert_str(0, "t-");
        }
        Self::shortened(&name, LENGTH_MAX)
    }

    /// The name with `-2`, `-3`, … at its end, shortened where it would be too long.
    #[must_use]
    pub fn with_suffix(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let stem = Self::shortened(&self.0, LENGTH_MAX - suffix.len());
        Self(stem.0 + &suffix)
    }

    /// Cuts a text of valid characters; ASCII, so that every byte is a boundary.
    fn shortened(text: &str, length_max: usize) -> Self {
        Self(text[..text.len().min(length_max)].trim_end_matches('-').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::TenantName;

    #[test]
    fn a_name_keeps_the_rule() {
        for valid in ["a", "my-project", "p2", &"a".repeat(40)] {
            assert_eq!(valid.parse::<TenantName>().map(|name| name.to_string()).as_deref(), Ok(valid));
        }
        for invalid in ["", "2p", "-a", "a-", "A", "a b", "a/../b", "ü", "a'b", &"a".repeat(41), &"a".repeat(1 << 20)]
        {
            let error = invalid.parse::<TenantName>().unwrap_err();
            assert!(error.to_string().len() < 300, "{error}");
        }
    }

    #[test]
    fn a_control_character_is_escaped_in_the_error() {
        assert_eq!("a\u{1b}[2J".parse::<TenantName>().unwrap_err().given, "a\\u{1b}[2J");
    }

    #[test]
    fn a_foreign_name_becomes_valid() {
        for (foreign, name) in [
            ("My Project!", "my-project"),
            ("", "tenant"),
            ("***", "tenant"),
            ("2fast", "t-2fast"),
            ("ACME__corp--x", "acme-corp-x"),
            ("日本 1", "t-1"),
        ] {
            assert_eq!(TenantName::from_foreign(foreign).as_str(), name);
        }
        let long = TenantName::from_foreign(&"x-".repeat(5000));
        assert!(long.as_str().parse::<TenantName>().is_ok());
    }

    #[test]
    fn a_suffix_keeps_the_rule() {
        let long: TenantName = "a".repeat(40).parse().unwrap();
        assert_eq!(long.with_suffix(2).as_str(), format!("{}-2", "a".repeat(38)));
        assert!(long.with_suffix(u32::MAX).as_str().parse::<TenantName>().is_ok());
    }
}
