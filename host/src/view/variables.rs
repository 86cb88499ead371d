//! Variables of a tenant as text: for a shell, a `.env` file, direnv, or as JSON.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{Paint, View};
use crate::variables::Variable;

/// How variables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Syntax {
    /// `NAME=value`, as `.env` files have it
    Dotenv,
    /// `export NAME='value'`, for `eval`
    Shell,
    /// One object, names to values
    Json,
    /// As `shell`, and read anew when something changed; for `.envrc`
    Direnv,
}

impl Syntax {
    /// Whether a shell takes the variables over, beside those that it has.
    pub fn is_for_a_shell(self) -> bool {
        match self {
            Self::Shell | Self::Direnv => true,
            Self::Dotenv | Self::Json => false,
        }
    }
}

/// What `env` prints.
pub struct Variables {
    /// Id of the tenant.
    pub tenant: String,
    /// Its variables.
    pub all: Vec<Variable>,
    /// Variables to be taken back.
    pub stale: Vec<String>,
    /// The files that change whenever the variables may.
    pub watched: Vec<String>,
    /// How they are written.
    pub syntax: Syntax,
    /// Whether secret values are shown.
    pub reveal: bool,
}

impl View for Variables {
    fn schema(&self) -> &'static str {
        "systemprompt/env/v1"
    }

    fn data(&self) -> Value {
        let variable = |variable: &Variable| json!({ "name": variable.name, "value": self.shown(variable), "secret": variable.is_secret });
        let variables: Vec<_> = self.all.iter().map(variable).collect();
        json!({ "tenant": self.tenant, "variables": variables, "unset": self.stale })
    }

    fn text(&self, paint: Paint) -> String {
        let text = self.written();
        if paint.terminal { crate::text::printable(&text) } else { text }
    }
}

impl Variables {
    fn written(&self) -> String {
        if self.syntax == Syntax::Json {
            let values = self.all.iter().map(|each| (each.name.clone(), json!(self.shown(each))));
            return format!("{:#}\n", Value::Object(values.collect::<Map<_, _>>()));
        }
        let mut text = String::new();
        if self.syntax == Syntax::Direnv {
            let files: Vec<_> = self.watched.iter().map(|file| in_shell(file)).collect();
            let _always = writeln!(text, "watch_file {}", files.join(" "));
        }
        if self.syntax.is_for_a_shell() {
            for name in &self.stale {
                let _always = writeln!(text, "unset {name}");
            }
        }
        for variable in &self.all {
            let name = &variable.name;
            let _always = match (self.shown(variable), self.syntax) {
                (None, _) => writeln!(text, "# {name} is secret; `--reveal` shows it, `systemprompt exec` delivers it"),
                (Some(value), Syntax::Dotenv) => writeln!(text, "{name}={}", in_dotenv(value)),
                (Some(value), Syntax::Shell | Syntax::Direnv | Syntax::Json) => {
                    writeln!(text, "export {name}={}", in_shell(value))
                }
            };
        }
        text
    }

    fn shown<'a>(&self, variable: &'a Variable) -> Option<&'a str> {
        (self.reveal || !variable.is_secret).then_some(variable.value.as_str())
    }
}

/// A word of a shell: in single quotes everything stands for itself but the single quote.
fn in_shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A value of a `.env` file, so that a shell that sources it reads the same. Readers of such files agree on plain values
/// and on single quotes, less on what a backslash means, and least on both kinds of quotes in one value.
fn in_dotenv(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./:@%+,=".contains(character);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    if !value.contains('\'') || value.contains('`') {
        return in_shell(value);
    }
    let mut quoted = String::from("\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_dotenv_file_is_quoted_only_where_it_must_be() {
        for (value, written) in [
            ("postgres://u:p@h:1/d", "postgres://u:p@h:1/d"),
            ("a?b&c", "'a?b&c'"),
            ("", "''"),
            ("two words # no comment", "'two words # no comment'"),
            ("$HOME `id`\n", "'$HOME `id`\n'"),
            ("it's \"$5\"", "\"it's \\\"\\$5\\\"\""),
            ("it's `5`", r"'it'\''s `5`'"),
        ] {
            assert_eq!(in_dotenv(value), written);
        }
    }

    #[test]
    fn a_single_quote_does_not_end_a_word_of_a_shell() {
        assert_eq!(in_shell("a'b; rm -rf $HOME"), r"'a'\''b; rm -rf $HOME'");
    }
}
