//! The name of a secret that a user sets, as programs find it in their environment.

use super::checked_text;

/// Longer than any name in use, short enough for a line.
const LENGTH_MAX: usize = 128;

checked_text! {
    /// A user's secret's name, such as `ANTHROPIC_API_KEY`: 1 to 128 of `A-Z`, `0-9`, `_`, not starting with a digit.
    SecretKey, InvalidSecretKey, "the name of a secret",
    "1 to 128 of `A-Z`, `0-9`, `_`, not starting with a digit, as an environment variable",
    |text| {
        (1..=LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
            && !text.starts_with(|first: char| first.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::SecretKey;

    #[test]
    fn a_secrets_name_is_one_of_an_environment_variable() {
        for valid in ["A", "_X", "OPENAI_API_KEY", "K2"] {
            assert!(valid.parse::<SecretKey>().is_ok(), "{valid}");
        }
        for invalid in ["", "2K", "key", "A-B", "A=B", "A B", "Ü", "A\n"] {
            assert!(invalid.parse::<SecretKey>().is_err(), "{invalid}");
        }
    }
}
