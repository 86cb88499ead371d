//! A `profile.yaml` that is in order, and the list of what is not.

mod field;

use std::collections::BTreeMap;
use std::fmt;

use systemprompt_events::{ProfileName, TenantId};

use super::fields;
use super::yaml::{self, Value};
use crate::text::one_line;
use field::{is_unset, wrong};

/// Larger than any profile a person writes.
pub const BYTES_MAX: usize = 64 << 10;

/// A profile that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// As it says.
    pub name: ProfileName,
    /// The tenant that it is for.
    pub tenant: TenantId,
    /// Every field that is set and what it holds; lists joined by commas, their items in quotes where one has a comma.
    pub fields: BTreeMap<String, String>,
}

/// Something that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 where it is about the whole file.
    pub line: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.message) } else { write!(f, "line {}: {}", self.line, self.message) }
    }
}

/// Reads a profile; all that is wrong with it is said at once.
pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    if text.len() > BYTES_MAX {
        return Err(vec![Problem { line: 0, message: format!("it is larger than {} KiB", BYTES_MAX >> 10) }]);
    }
    let entries = yaml::entries(text)
        .map_err(|malformed| vec![Problem { line: malformed.line, message: one_line(&malformed.message, 200) }])?;
    let mut problems = Vec::new();
    let mut found = BTreeMap::new();
    for entry in &entries {
        if is_unset(&entry.value) && fields::kind(&entry.path).is_some() {
            continue;
        }
        if let Some(message) = wrong(&entry.path, &entry.value) {
            problems.push(Problem { line: entry.line, message });
        }
        match &entry.value {
            Value::Scalar { text, .. } => found.insert(entry.path.clone(), (entry.line, text.clone())),
            Value::List(items) => found.insert(entry.path.clone(), (entry.line, joined(items))),
            Value::Mapping => None,
        };
    }
    let name = required::<ProfileName>(&found, "name", &mut problems);
    let tenant = required::<TenantId>(&found, "cloud.tenant_id", &mut problems);
    match (name, tenant) {
        (Some(name), Some(tenant)) if problems.is_empty() => {
            let fields = found.into_iter().map(|(path, (_, text))| (path, text)).collect();
            Ok(Document { name, tenant, fields })
        }
        _ => Err(problems),
    }
}

/// Two lists that differ read differently.
fn joined(items: &[String]) -> String {
    let is_plain = |item: &String| !item.is_empty() && !item.contains([',', '"']);
    if items.iter().all(is_plain) {
        return items.join(",");
    }
    items.iter().map(|item| serde_json::Value::from(item.as_str()).to_string()).collect::<Vec<_>>().join(",")
}

fn required<T: std::str::FromStr<Err: fmt::Display>>(
    found: &BTreeMap<String, (usize, String)>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let Some((line, text)) = found.get(path) else {
        problems.push(Problem { line: 0, message: format!("`{path}` is missing") });
        return None;
    };
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Problem { line: *line, message: format!("`{path}`: {error}") });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert, prop_assert_eq, proptest, sample::Index};

    use super::*;
    use crate::profile::fields::Kind;

    const SEED: &str = "# profiles/local/profile.yaml\nname: local\ntarget: local\n\ncloud:\n  tenant_id: local_19bff27604c\n  \
                        credentials_path: ../../credentials.json\n  tenants_path: ../../tenants.json\n";

    fn problems(text: &str) -> Vec<String> {
        parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_documents_example_is_in_order() {
        let document = parse(SEED).unwrap();
        assert_eq!((document.name.as_str(), document.tenant.as_str()), ("local", "local_19bff27604c"));
        assert_eq!(document.fields["cloud.tenants_path"], "../../tenants.json");
    }

    #[test]
    fn what_is_wrong_is_said_with_line_field_and_what_is_allowed() {
        let table = [
            (
                "server:\n  port: 70000\n",
                "line 10: `server.port` is `70000`, and may be a whole number from 1 to 65535",
            ),
            ("server:\n  prot: 1\n", "line 10: there is no field `server.prot`; did you mean `server.port`?"),
            ("server: 8080\n", "line 9: `server` is `8080`, and may be fields below it, indented by two spaces"),
            (
                "runtime:\n  log_level: loud\n",
                "line 10: `runtime.log_level` is `loud`, and may be `quiet`, `normal`, `verbose`, `debug`",
            ),
            ("server:\n  use_https: \"true\"\n", "line 10: `server.use_https` is `true`, and may be `true` or `false`"),
            (
                "server:\n  cors_allowed_origins: x\n",
                "line 10: `server.cors_allowed_origins` is `x`, and may be a list of texts",
            ),
            ("target: local\n", "line 9: `target` is set twice"),
            ("server.port: 80\n", "line 9: `server.port` is no field's name: write a field below its group, indented"),
            ("server:\n  port: 080\n", "line 10: `server.port` is `080`, and may be a whole number from 1 to 65535"),
            ("display_name: &a x\n", "line 9: anchors and tags have no place in a profile: write the value itself"),
        ];
        for (added, problem) in table {
            assert_eq!(problems(&format!("{SEED}{added}")), [problem], "{added}");
        }
    }

    #[test]
    fn a_field_that_holds_null_is_not_set() {
        for null in ["null", "~", "", "NULL"] {
            let text =
                format!("{SEED}display_name: {null}\nsite: {null}\nserver:\n  port: {null}\n  use_https: {null}\n");
            assert_eq!(parse(&text).unwrap().fields, parse(SEED).unwrap().fields, "{null}");
        }
        assert_eq!(problems("name: x\ncloud:\n  tenant_id: null\n"), ["`cloud.tenant_id` is missing"]);
        assert_eq!(problems(&format!("{SEED}nonsense: null\n")).len(), 1);
    }

    #[test]
    fn what_another_program_fills_in_is_kept_as_it_is_written() {
        let text = format!("{SEED}server:\n  port: ${{PORT}}\n  api_server_url: ${{URL}}\n  use_https: \"${{TLS}}\"\n");
        let fields = parse(&text).unwrap().fields;
        assert_eq!((fields["server.port"].as_str(), fields["server.use_https"].as_str()), ("${PORT}", "${TLS}"));
        assert_eq!(problems(&format!("{SEED}server:\n  port: ${{}}\n")).len(), 1);
    }

    #[test]
    fn all_problems_are_said_at_once() {
        assert_eq!(
            problems("target: moon\nname: Not A Name\n").len(),
            3,
            "target, name, and the tenant that is missing"
        );
    }

    #[test]
    fn a_byte_order_mark_is_refused_by_name() {
        let problem = "line 1: the file begins with a byte order mark: save it as UTF-8 without one";
        assert_eq!(problems(&format!("\u{feff}{SEED}")), [problem]);
    }

    #[test]
    fn lists_that_differ_are_a_difference() {
        let with = |list: &str| parse(&format!("{SEED}extensions:\n  disabled: {list}\n")).unwrap();
        for (one, other) in [("[\"a,b\"]", "[a, b]"), ("[]", "[\"\"]"), ("[\"a\\\",\\\"b\"]", "[a, b]")] {
            assert_eq!(
                crate::profile::difference::between(&with(one).fields, &with(other).fields).len(),
                1,
                "{one} and {other}"
            );
        }
        assert!(crate::profile::difference::between(&with("[a, b]").fields, &with("[\"a\", b]").fields).is_empty());
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        for text in ["", "- a\n", "just text\n", "a: [1, {b: c}]\n", "name: x\n---\nname: y\n", "a: {b: \n", "\u{0}"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"a".repeat(BYTES_MAX + 1)).is_err());
        assert!(parse(&"a: {".repeat(1000)).is_err());
    }

    #[test]
    fn every_documented_field_can_be_set() {
        for (path, kind) in fields::FIELDS {
            let value = match kind {
                Kind::Text => "x",
                Kind::Switch => "true",
                Kind::Number(..) => "1",
                Kind::Word(words) => words[0],
                Kind::Address => "https://x",
                Kind::List => "[a, b]",
                Kind::Group => continue,
                Kind::OpenGroup => "{ disabled: true, a_per_second: 5, tier_multipliers: { x: 1.5 } }",
            };
            let in_cloud = path.strip_prefix("cloud.");
            if ["name", "target"].contains(path) || in_cloud.is_some_and(|field| SEED.contains(field)) {
                continue;
            }
            let nested = path.split('.').rev().fold(value.to_owned(), |inner, key| format!("{{ {key}: {inner} }}"));
            let line = nested.trim_start_matches("{ ").trim_end_matches(" }").to_owned();
            let balanced = format!("{line}{}", " }".repeat(line.matches('{').count() - line.matches('}').count()));
            let text = match in_cloud {
                Some(field) => SEED.replace("cloud:\n", &format!("cloud:\n  {field}: {value}\n")),
                None => format!("{SEED}{balanced}\n"),
            };
            assert!(parse(&text).is_ok(), "{text}: {:?}", parse(&text));
        }
    }

    /// What YAML gives a meaning, and a letter of the user's.
    const TELLING: &[char] = &[
        ' ', '\n', ':', '-', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '[', ']', '{', '}', ',', '?', 'é',
    ];

    proptest! {
        #[test]
        fn whatever_stands_in_a_profile_is_an_answer_with_lines_of_the_file(
            (from, to) in (any::<Index>(), any::<Index>()),
            telling in vec(any::<Index>(), 0..8),
        ) {
            let mut text: Vec<char> = SEED.chars().collect();
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            text.splice(from.min(to)..from.max(to), telling.iter().map(|letter| *letter.get(TELLING)));
            let text: String = text.into_iter().collect();
            match parse(&text) {
                Ok(document) => prop_assert_eq!(&document.fields["name"], document.name.as_str()),
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    let lines = text.lines().count() + 1;
                    prop_assert!(problems.iter().all(|problem| problem.line <= lines), "{:?}", problems);
                }
            }
        }
    }
}
