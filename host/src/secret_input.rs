//! Values of secrets as users hand them over: from a file, standard input, or a file of variables.

use std::io::{self, Read};
use std::path::Path;

use systemprompt_events::SecretKey;
use zeroize::Zeroizing;

use crate::error::{CliError, Exit};
use crate::text::shown;

/// Longer than any key or certificate chain in use; all of a tenant's secrets go into one environment.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// Secrets of one file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Names that this program gives a meaning, and that of the tenant's database.
const RESERVED: [&str; 10] = [
    "DATABASE_URL",
    "INTERNAL_DATABASE_URL",
    "SYNC_TOKEN",
    "PGHOST",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGDATABASE",
    "PGSSLMODE",
    "PATH",
];
const RESERVED_PREFIX: &str = "SYSTEMPROMPT_";

/// The content of a file, without the line break at its end.
pub fn file(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let opened = std::fs::File::open(path).map_err(|error| unreadable(&shown(path), &error))?;
    text(opened, &shown(path)).map(without_line_break)
}

/// The same; `-` is standard input.
pub fn file_or_input(path: &Path) -> Result<Zeroizing<String>, CliError> {
    if path.as_os_str() == "-" { standard_input() } else { file(path) }
}

/// The same of standard input.
pub fn standard_input() -> Result<Zeroizing<String>, CliError> {
    text(io::stdin(), "standard input").map(without_line_break)
}

/// What stands for a `$`, and for an escaped one, while a file of variables is read: no text has them.
const DOLLAR: char = '\u{f0000}';
const ESCAPED_DOLLAR: char = '\u{f0001}';

/// Names and values of a file with lines `NAME=value`. What is wrong in it is not repeated: it may be a secret.
///
/// A `$` is a `$`, as in most passwords that have one: the reader would put in variables of this process, or nothing.
pub fn env_file(path: &Path) -> Result<Vec<(SecretKey, Zeroizing<String>)>, CliError> {
    let opened = std::fs::File::open(path).map_err(|error| unreadable(&shown(path), &error))?;
    let text = without_dollars(&text(opened, &shown(path))?);
    let mut values = Vec::new();
    for (number, entry) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
        let bad = |what: &str| {
            let message = format!("{} cannot be used: {what}", shown(path));
            CliError::usage("bad-env-file", message).help("nothing was set; a line is `NAME=value` or `NAME='value'`")
        };
        let (name, value) = entry.map_err(|_| bad(&format!("entry {} is not `NAME=value`", number + 1)))?;
        let key: SecretKey = name.parse().map_err(|_| {
            bad(&format!("entry {} has no name of `A-Z`, `0-9` and `_`, not beginning with a digit", number + 1))
        })?;
        values.push((key, with_dollars(&Zeroizing::new(value))));
    }
    if values.is_empty() {
        return Err(CliError::usage("bad-env-file", format!("{} holds no `NAME=value`", shown(path))));
    }
    Ok(values)
}

/// An escaped one is written as an escaped backslash, so that the reader leaves one of two where it heeds escapes.
fn without_dollars(text: &str) -> Zeroizing<String> {
    let escaped = Zeroizing::new(text.replace("\\$", &format!("\\\\{ESCAPED_DOLLAR}")));
    Zeroizing::new(escaped.replace('$', &String::from(DOLLAR)))
}

fn with_dollars(value: &str) -> Zeroizing<String> {
    // Between single quotes, where nothing is an escape.
    let plain = Zeroizing::new(value.replace(&format!("\\\\{ESCAPED_DOLLAR}"), "\\$"));
    let plain = Zeroizing::new(plain.replace(&format!("\\{ESCAPED_DOLLAR}"), "$"));
    Zeroizing::new(plain.replace(DOLLAR, "$"))
}

/// Ends in an error when a secret cannot be delivered.
pub fn check(key: &SecretKey, value: &str) -> Result<(), CliError> {
    if RESERVED.contains(&key.as_str()) || key.as_str().starts_with(RESERVED_PREFIX) {
        return Err(CliError::new(Exit::Refused, "secret-reserved", format!("`{key}` has a meaning of its own"))
            .help("nothing was set; choose another name"));
    }
    let wrong = if value.is_empty() {
        "is empty"
    } else if value.len() > VALUE_BYTES_MAX {
        "is larger than 64 KiB"
    } else if value.contains('\0') {
        "holds a NUL, which no environment can"
    } else {
        return Ok(());
    };
    Err(CliError::usage("bad-secret-value", format!("the value of `{key}` {wrong}")).help("nothing was set"))
}

fn text(from: impl Read, name: &str) -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    let read = from.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| unreadable(name, &error))?;
    if read as u64 > FILE_BYTES_MAX {
        return Err(unreadable(name, &io::Error::other("it is larger than 1 MiB")));
    }
    Ok(text)
}

fn without_line_break(mut text: Zeroizing<String>) -> Zeroizing<String> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::new(Exit::Failed, "input-failed", format!("could not read {name}")).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_the_files_and_not_the_values() {
        for (given, value) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("", "")] {
            assert_eq!(without_line_break(Zeroizing::new(given.to_owned())).as_str(), value);
        }
    }

    #[test]
    fn what_cannot_be_delivered_is_refused() {
        let code = |key: &str, value: &str| check(&key.parse().unwrap(), value).map_err(|error| error.code);
        assert_eq!(code("API_KEY", "x"), Ok(()));
        for key in ["DATABASE_URL", "PGHOST", "SYSTEMPROMPT_TENANT", "PATH"] {
            assert_eq!(code(key, "x"), Err("secret-reserved".to_owned()), "{key}");
        }
        for value in ["", "a\0b", &"x".repeat(VALUE_BYTES_MAX + 1)] {
            assert_eq!(code("API_KEY", value), Err("bad-secret-value".to_owned()));
        }
    }

    #[test]
    fn a_dollar_in_a_file_of_variables_is_a_dollar() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("env");
        let lines = [
            (r"A=pa$$word", "pa$$word"),
            (r#"A="pa$HOME ${A}""#, "pa$HOME ${A}"),
            (r"A='$1'", "$1"),
            (r"A=a\$b", "a$b"),
            (r#"A="a\$b\n""#, "a$b\n"),
            (r"A='a\$b'", r"a\$b"),
        ];
        for (line, value) in lines {
            std::fs::write(&file, line).unwrap();
            let found = env_file(&file).unwrap();
            assert_eq!(found.first().map(|(_, value)| value.as_str()), Some(value), "{line}");
        }
    }

    #[test]
    fn a_file_of_variables_is_read_whole_or_refused_without_repeating_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("env");
        std::fs::write(&file, "# keys\nexport A_KEY='one two'\nB=\"x\\ny\"\n").unwrap();
        let found: Vec<_> =
            env_file(&file).unwrap().into_iter().map(|(key, value)| format!("{key}={}", value.as_str())).collect();
        assert_eq!(found, ["A_KEY=one two", "B=x\ny"]);
        for content in ["canary", "lower=canary", "A='canary", ""] {
            std::fs::write(&file, content).unwrap();
            let error = env_file(&file).unwrap_err();
            assert!(error.code == "bad-env-file" && !format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
