//! Long lists in parts: `limit`, `cursor`, `next_cursor`.

use serde_json::Value;

use crate::call::Call;
use crate::problem::Problem;

const LIMIT_DEFAULT: u64 = 100;
const LIMIT_MAX: u64 = 1000;

/// The part that a call asks for, of items in the order of their keys, and the cursor of the part behind it.
pub(super) fn page(items: Vec<(String, Value)>, call: &Call) -> Result<(Vec<Value>, Option<String>), Problem> {
    let limit = call.number("limit")?.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
    let after = call.query("cursor").unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > after).peekable();
    let (mut part, mut last) = (Vec::new(), String::new());
    for (key, value) in rest.by_ref().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
        part.push(value);
        last = key;
    }
    Ok((part, rest.peek().is_some().then_some(last)))
}
