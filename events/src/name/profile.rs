//! The name of a profile.

use super::checked_text;

/// A profile is a directory, and its name is typed often.
const LENGTH_MAX: usize = 40;

checked_text! {
    /// A profile's name, which is that of its directory: 1 to 40 of `a-z`, `0-9`, `-`, `_`, starting with a letter or digit.
    ProfileName, InvalidProfileName, "a profile name",
    "1 to 40 of `a-z`, `0-9`, `-`, `_`, starting with a letter or a digit",
    |text| {
        (1..=LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
            && !text.starts_with(['-', '_'])
    }
}

#[cfg(test)]
mod tests {
    use super::ProfileName;

    #[test]
    fn a_profile_name_is_one_plain_directory() {
        for valid in ["local", "local-dev", "2024_q1", &"a".repeat(40)] {
            assert!(valid.parse::<ProfileName>().is_ok(), "{valid}");
        }
        for invalid in ["", ".", "..", "a/b", "A", "-a", "_a", "a b", "ü", "a\0", &"a".repeat(41), &"a".repeat(1 << 20)]
        {
            assert!(invalid.parse::<ProfileName>().is_err(), "{invalid:.50}");
        }
    }
}
