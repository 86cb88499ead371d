//! What one field of a profile holds, and what is wrong with that.

use crate::profile::fields::{self, Kind};
use crate::profile::yaml::Value;
use crate::text::one_line;

/// Programs that write every field write `null` for one that is not set.
pub(super) fn is_unset(value: &Value) -> bool {
    let Value::Scalar { text, quoted: false } = value else { return false };
    matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
}

/// Whether it is for the program that reads the profile to fill in, as `${PORT}` is.
fn is_filled_in_later(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.split("${").skip(1).any(|rest| rest.split_once('}').is_some_and(|(name, _)| is_name(name)))
}

/// What is wrong with a field, in words.
pub(super) fn wrong(path: &str, value: &Value) -> Option<String> {
    let shown = one_line(path, 80);
    let Some(kind) = fields::kind(path) else {
        let meant = fields::nearest(path).map_or(String::new(), |field| format!("; did you mean `{field}`?"));
        return Some(format!("there is no field `{shown}`{meant}"));
    };
    let holds = match (kind, value) {
        (
            Kind::Text | Kind::Switch | Kind::Number(..) | Kind::Word(_) | Kind::Address | Kind::OpenGroup,
            Value::Scalar { text, .. },
        ) if is_filled_in_later(text) => true,
        (Kind::List, Value::List(_)) | (Kind::Group | Kind::OpenGroup, Value::Mapping) => true,
        // `true` in quotes is a text, and a text is not a switch.
        (Kind::Switch | Kind::Number(..) | Kind::OpenGroup, Value::Scalar { text, quoted }) => {
            !quoted && kind.holds(text)
        }
        (Kind::Text, Value::Scalar { text, quoted: true }) => !text.is_empty(),
        (Kind::Text | Kind::Word(_) | Kind::Address, Value::Scalar { text, .. }) => kind.holds(text),
        (Kind::List | Kind::Group, Value::Scalar { .. }) | (_, Value::List(_) | Value::Mapping) => false,
    };
    if holds {
        return None;
    }
    let given = match value {
        Value::Scalar { text, .. } => format!("`{}`", one_line(text, 60)),
        Value::List(_) => "a list".to_owned(),
        Value::Mapping => "a group of fields".to_owned(),
    };
    Some(format!("`{shown}` is {given}, and may be {}", kind.allowed()))
}
