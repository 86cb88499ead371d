//! `plugins.lock` as text: which plugins a project uses, for whoever checks it out.
//!
//! It may come from anybody. It gives no right: it says which bytes, key and capabilities are expected, and no more.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Component, Path};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};
use systemprompt_events::{Digest, PluginId, PluginView};

use super::publisher::Publisher;

/// A file that is larger is none of ours.
pub const BYTES_MAX: u64 = 1 << 20;
/// The one form that there is.
const FORMAT: u32 = 1;
/// Of the plugins of a project, and of the capabilities of one.
const ENTRIES_MAX: usize = 100;
/// Of a text in it.
const CHARS_MAX: usize = 2_000;

/// A plugin, as the project wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Its id.
    pub id: PluginId,
    /// Its version, as it says.
    pub version: String,
    /// Where it was installed from: an address, or a path, from the project's place where it is below that.
    pub source: String,
    /// Of its bytes.
    pub hash: Digest,
    /// The key that it was signed with; none where it was not.
    pub publisher: Option<Publisher>,
    /// What it was allowed, in order.
    pub capabilities: Vec<String>,
}

/// What is no lock.
#[derive(Debug, thiserror::Error)]
pub enum BadLock {
    /// Not of this form; says line and column.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// A plugin is listed more than once.
    #[error("it lists `{0}` twice")]
    Twice(PluginId),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: Format,
    #[serde(deserialize_with = "few")]
    plugins: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Parsed<PluginId>,
    version: Text,
    source: Text,
    sha256: Parsed<Digest>,
    key: Option<Parsed<Publisher>>,
    #[serde(deserialize_with = "few")]
    capabilities: Vec<Text>,
}

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    plugins: Vec<WrittenRow<'a>>,
}

#[derive(Serialize)]
struct WrittenRow<'a> {
    id: String,
    version: &'a str,
    source: &'a str,
    sha256: String,
    key: Option<String>,
    capabilities: &'a [String],
}

impl Pinned {
    /// Whether both are the same plugin with the same rights, wherever each came from.
    pub fn is_like(&self, other: &Pinned) -> bool {
        Pinned { source: String::new(), ..self.clone() } == Pinned { source: String::new(), ..other.clone() }
    }
}

/// What the log says of a plugin that is allowed something; the bytes that were allowed are those that are registered.
/// `place` is the directory that the project is in.
pub fn of_view(view: &PluginView, place: &Path) -> Option<Pinned> {
    let below = Path::new(&view.source).strip_prefix(place).ok();
    // A path may lead out again.
    let below = below.filter(|path| path.components().all(|part| matches!(part, Component::Normal(_))));
    let below = below.and_then(Path::to_str);
    let grant = view.grant.as_ref().filter(|grant| grant.hash == view.hash)?;
    let mut capabilities = grant.capabilities.clone();
    capabilities.sort();
    Some(Pinned {
        id: view.id.clone(),
        version: view.version.clone(),
        source: below.unwrap_or(&view.source).to_owned(),
        hash: view.hash,
        publisher: view.publisher.as_deref().and_then(|key| key.parse().ok()),
        capabilities,
    })
}

/// The text of the file; the same for the same plugins.
pub fn render(plugins: &[Pinned]) -> String {
    let mut rows: Vec<_> = plugins.iter().collect();
    rows.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    let rows = rows.into_iter().map(|pinned| WrittenRow {
        id: pinned.id.to_string(),
        version: &pinned.version,
        source: &pinned.source,
        sha256: pinned.hash.to_string(),
        key: pinned.publisher.as_ref().map(ToString::to_string),
        capabilities: &pinned.capabilities,
    });
    let written = Written { format: FORMAT, plugins: rows.collect() };
    let text = serde_json::to_string_pretty(&written).expect("BUG: texts and numbers are JSON");
    text + "\n"
}

/// What a file lists.
pub fn parse(content: &[u8]) -> Result<Vec<Pinned>, BadLock> {
    let file: File = serde_json::from_slice(content)?;
    let mut ids = BTreeSet::new();
    let mut plugins = Vec::new();
    for row in file.plugins {
        let mut capabilities: Vec<_> = row.capabilities.into_iter().map(|text| text.0).collect();
        capabilities.sort();
        if !ids.insert(row.id.0.to_string()) {
            return Err(BadLock::Twice(row.id.0));
        }
        plugins.push(Pinned {
            id: row.id.0,
            version: row.version.0,
            source: row.source.0,
            hash: row.sha256.0,
            publisher: row.key.map(|key| key.0),
            capabilities,
        });
    }
    Ok(plugins)
}

struct Format;

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Format, D::Error> {
        match u32::deserialize(from)? {
            FORMAT => Ok(Format),
            other => Err(de::Error::custom(format!("format {other} is not known to this version of systemprompt"))),
        }
    }
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        let text = String::deserialize(from)?;
        let is_one = text.chars().count() <= CHARS_MAX && !text.chars().any(char::is_control);
        is_one.then_some(Text(text)).ok_or_else(|| de::Error::custom("this text is too long, or not one line"))
    }
}

struct Parsed<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Parsed<T>, D::Error> {
        Text::deserialize(from)?.0.parse().map(Parsed).map_err(de::Error::custom)
    }
}

fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::deserialize(from)?;
    if all.len() > ENTRIES_MAX {
        Err(de::Error::custom(format!("it has more than {ENTRIES_MAX} of them")))
    } else {
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(id: &str) -> Pinned {
        Pinned {
            id: id.parse().unwrap(),
            version: "1.0.0".to_owned(),
            source: "https://example.com/a.wasm".to_owned(),
            hash: Digest::of(id.as_bytes()),
            publisher: None,
            capabilities: vec!["docker".to_owned(), "journal".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_and_written_the_same_in_any_order() {
        let (a, b) = (pinned("acme"), pinned("bolt"));
        let text = render(&[b.clone(), a.clone()]);
        assert_eq!(parse(text.as_bytes()).unwrap(), [a.clone(), b.clone()]);
        assert_eq!(render(&[a, b]), text);
        assert_eq!(render(&[]), "{\n  \"format\": 1,\n  \"plugins\": []\n}\n");
    }

    #[test]
    fn a_file_of_the_project_is_listed_by_its_place_there_and_every_other_one_whole() {
        let listed = |source: &str| {
            let hash = Digest::of(b"wasm");
            let view = PluginView {
                id: "acme".parse().unwrap(),
                version: "1.0.0".to_owned(),
                hash,
                world: String::new(),
                capabilities: vec![],
                source: source.to_owned(),
                description: systemprompt_events::Json::object(),
                publisher: None,
                grant: Some(systemprompt_events::Grant { hash, capabilities: vec![], mac: String::new() }),
                granted_at: None,
            };
            of_view(&view, Path::new("/home/ada/shop")).unwrap().source
        };
        assert_eq!(listed("/home/ada/shop/plugins/a.wasm"), "plugins/a.wasm");
        for elsewhere in ["/home/ada/shop/../a.wasm", "/home/ada/shopping/a.wasm", "https://example.com/a.wasm"] {
            assert_eq!(listed(elsewhere), elsewhere);
        }
    }

    #[test]
    fn a_list_of_more_than_anybody_uses_is_refused() {
        let many: Vec<_> = (0..=ENTRIES_MAX).map(|index| pinned(&format!("acme-{index}"))).collect();
        assert_eq!(parse(render(&many[..ENTRIES_MAX]).as_bytes()).unwrap().len(), ENTRIES_MAX);
        assert!(parse(render(&many).as_bytes()).unwrap_err().to_string().contains("more than 100"));
    }

    #[test]
    fn what_is_no_lock_is_refused_with_its_line() {
        let good = render(&[pinned("acme")]);
        for (from, to, line) in [
            ("\"format\": 1", "\"format\": 2", 2),
            ("\"acme\"", "\"Not An Id\"", 5),
            ("\"1.0.0\"", "\"1.0.0\\u001b[2J\"", 6),
            ("\"version\"", "\"versions\"", 6),
            ("\"key\": null", "\"key\": \"RWx\"", 9),
            ("\"sha256\": \"", "\"sha256\": \"0", 8),
        ] {
            let error = parse(good.replace(from, to).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(&format!("at line {line} ")), "{to}: {error}");
        }
        for end in 0..good.len() - 2 {
            assert!(parse(&good.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(matches!(parse(render(&[pinned("a"), pinned("a")]).as_bytes()), Err(BadLock::Twice(_))));
    }
}
