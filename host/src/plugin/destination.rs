//! What a plugin may talk to: asked for in its description, granted as `http https://api.example.com`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::PluginError;
use super::v1::Description;
use crate::backend::http::{Origin, Scheme};

/// The capability that destinations belong to.
const HTTP: &str = "http";
/// More than any provider has APIs.
const DESTINATIONS_MAX: usize = 8;

/// The part of a description that is about destinations.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ext {
    destinations: Vec<String>,
}

/// What a plugin asks for: what it imports, and each destination as a capability of its own.
pub fn asked(imports: &[String], description: &Description) -> Result<Vec<String>, PluginError> {
    let mut capabilities = imports.to_vec();
    if imports.iter().any(|import| import == HTTP) {
        let destinations = named(description)?;
        capabilities.extend(destinations.iter().map(|destination| format!("{HTTP} {destination}")));
    }
    Ok(capabilities)
}

/// The destinations among what was granted.
pub fn granted(capabilities: &[String]) -> BTreeSet<Origin> {
    let destination = |capability: &String| capability.strip_prefix(HTTP)?.strip_prefix(' ')?.parse().ok();
    capabilities.iter().filter_map(destination).collect()
}

fn named(description: &Description) -> Result<BTreeSet<Origin>, PluginError> {
    let bad = |reason: String| PluginError::NotAProvider { reason };
    let ext = description.ext.as_deref().unwrap_or("{}");
    let Ext { destinations } = serde_json::from_str(ext)
        .map_err(|error| bad(format!("its description has an `ext` that cannot be read: {error}")))?;
    if destinations.len() > DESTINATIONS_MAX {
        return Err(bad(format!("it names more than {DESTINATIONS_MAX} destinations")));
    }
    let checked = |text: String| {
        let origin: Origin =
            text.parse().map_err(|error| bad(format!("it names a destination that is none: {error}")))?;
        match origin.scheme() {
            Scheme::Https => Ok(origin),
            Scheme::Http => Err(bad(format!("it names `{origin}`, which is talked to in clear"))),
        }
    };
    destinations.into_iter().map(checked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description(ext: Option<&str>) -> Description {
        Description {
            id: "x".to_owned(),
            version: "1".to_owned(),
            title: "X".to_owned(),
            tenant_type: "cloud".to_owned(),
            regions: Vec::new(),
            operations: Vec::new(),
            config_schema: "{}".to_owned(),
            account_fields: Vec::new(),
            ext: ext.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn each_destination_is_a_capability_and_is_found_again_in_the_grant() {
        let named =
            description(Some(r#"{"destinations": ["https://API.example.com/", "https://b.example:8443"], "x": 1}"#));
        let capabilities = asked(&["clock".to_owned(), "http".to_owned()], &named).unwrap();
        assert_eq!(capabilities, ["clock", "http", "http https://api.example.com", "http https://b.example:8443"]);
        let found: Vec<_> = granted(&capabilities).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["https://api.example.com", "https://b.example:8443"]);
    }

    #[test]
    fn whoever_imports_no_http_asks_for_no_destination() {
        let named = description(Some(r#"{"destinations": ["https://api.example.com"]}"#));
        assert_eq!(asked(&["clock".to_owned()], &named).unwrap(), ["clock"]);
        assert_eq!(asked(&["http".to_owned()], &description(None)).unwrap(), ["http"]);
    }

    #[test]
    fn a_destination_in_clear_or_with_a_path_makes_no_provider() {
        let many = format!("{{\"destinations\": [{}]}}", ["\"https://a.example\""; 9].join(","));
        for ext in [
            r#"{"destinations": ["http://api.example.com"]}"#,
            r#"{"destinations": ["https://api.example.com/v1"]}"#,
            r#"{"destinations": ["*"]}"#,
            r#"{"destinations": "https://api.example.com"}"#,
            "[",
            &many,
        ] {
            assert!(asked(&["http".to_owned()], &description(Some(ext))).is_err(), "{ext}");
        }
    }
}
