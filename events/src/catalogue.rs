//! The catalogue of events, `docs/events.md`, from what the code says of itself.

use std::fmt::Write as _;

use crate::codec::{EventKind, kinds};

const INTRODUCTION: &str = "\
# Events

Everything that `systemprompt` knows follows from these events, in `.systemprompt/log.db`, table `events`.
This page is generated: `UPDATE_DOCS=1 cargo test -p systemprompt-events catalogue` writes it.

Each event has an envelope: `position` (from 1, without gaps), `id` (UUID version 7), `stream` and `version` (its place in
the stream, from 1), `type` and `schema`, `time` (milliseconds since 1970-01-01T00:00:00Z), `actor`, `host`, `cli` and
`command` (who did it, with what), `command_id`, `correlation_id`, `causation_id`. The payload is canonical JSON (RFC 8785).

`hash` is SHA-256 over the hash of the event before (32 zero bytes before the first), the envelope in the order of the
table's columns, and the payload. A number is 8 bytes, most significant first; a text or a blob is its length in bytes as such
a number, followed by its bytes; no `causation_id` is an empty blob.

An event never changes. A type gets a new schema version where its payload must change, and old ones stay readable.
";

/// The catalogue. `fixture` gives the golden payload of a type and schema version.
pub fn catalogue(fixture: &dyn Fn(&EventKind, u32) -> String) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut stream = "";
    for kind in kinds() {
        if kind.stream != stream {
            stream = kind.stream;
            let _ = write!(page, "\n## Stream `{stream}`\n");
        }
        let _ = write!(page, "\n### {} (schema {})\n\n{}\n", kind.name, kind.schema, kind.meaning);
        if !kind.fields.is_empty() {
            page.push_str("\n| field | type |\n|---|---|\n");
            for (name, rust_type) in kind.fields {
                let _ = writeln!(page, "| `{name}` | {} |", type_name(rust_type));
            }
        }
        let _ = write!(page, "\n```json\n{}\n```\n", fixture(kind, kind.schema));
    }
    page
}

/// `Option<Region>` becomes "region, or null".
fn type_name(rust_type: &str) -> String {
    let rust_type = rust_type.replace(' ', "");
    if let Some(inner) = rust_type.strip_prefix("Option<").and_then(|inner| inner.strip_suffix('>')) {
        return format!("{}, or null", type_name(inner));
    }
    if let Some(inner) = rust_type.strip_prefix("Vec<").and_then(|inner| inner.strip_suffix('>')) {
        return format!("list of {}", type_name(inner));
    }
    match rust_type.as_str() {
        "String" => "text".to_owned(),
        "u32" | "u64" => "number".to_owned(),
        "Json" => "any JSON".to_owned(),
        "Uuid" | "LogId" | "OperationId" => "UUID".to_owned(),
        "Digest" => "SHA-256, hexadecimal".to_owned(),
        other => words(other),
    }
}

/// `TenantName` becomes "tenant name".
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::{EventKind, catalogue};

    fn fixture(kind: &EventKind, schema: u32) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/{}/v{schema}.json", kind.name));
        fs::read_to_string(path).unwrap().trim_end().to_owned()
    }

    #[test]
    fn the_catalogue_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
        let page = catalogue(&fixture);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "docs/events.md is stale: UPDATE_DOCS=1 cargo test -p systemprompt-events catalogue");
    }
}
