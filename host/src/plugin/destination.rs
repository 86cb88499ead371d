//! What a plugin may talk to: asked for in its description, granted as `http https://api.example.com`, or as
//! `postgres admin-url` for the server that a field of the account names.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::PluginError;
use super::v1::Description;
use crate::backend::http::{Origin, Scheme};

/// The capability that destinations belong to.
const HTTP: &str = "http";
/// The capability that the account's server belongs to.
const POSTGRES: &str = "postgres";
/// More than any provider has APIs.
const DESTINATIONS_MAX: usize = 8;

/// The part of a description that is about destinations.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ext {
    destinations: Vec<String>,
    account_server: Option<String>,
}

/// What a plugin may talk to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// By `http`.
    pub destinations: BTreeSet<Origin>,
    /// By `postgres`: the field of the account that names a server and its administrator.
    pub server: Option<String>,
}

/// What a plugin asks for: what it imports, and each destination as a capability of its own.
pub fn asked(imports: &[String], description: &Description) -> Result<Vec<String>, PluginError> {
    let mut capabilities = imports.to_vec();
    if imports.iter().any(|import| import == HTTP) {
        let destinations = named(description)?;
        capabilities.extend(destinations.iter().map(|destination| format!("{HTTP} {destination}")));
    }
    if imports.iter().any(|import| import == POSTGRES) {
        capabilities.extend(server_field(description)?.map(|field| format!("{POSTGRES} {field}")));
    }
    Ok(capabilities)
}

/// What there is to talk to among what was granted.
pub fn granted(capabilities: &[String]) -> Allowed {
    let of = |capability: &str| {
        let prefix = format!("{capability} ");
        capabilities.iter().filter_map(move |granted| granted.strip_prefix(prefix.as_str()))
    };
    Allowed {
        destinations: of(HTTP).filter_map(|destination| destination.parse().ok()).collect(),
        server: of(POSTGRES).next().map(ToOwned::to_owned),
    }
}

/// The field of the account that names a server, where there is one: it is a secret, as its password is part of it.
pub fn server_field(description: &Description) -> Result<Option<String>, PluginError> {
    let Some(name) = ext(description)?.account_server else { return Ok(None) };
    if description.account_fields.iter().any(|field| field.secret && field.name == name) {
        return Ok(Some(name));
    }
    let name = crate::text::one_line(&name, 60);
    Err(bad(format!("it names `{name}` for a server, which is no secret field of its account")))
}

fn bad(reason: String) -> PluginError {
    PluginError::NotAProvider { reason }
}

fn ext(description: &Description) -> Result<Ext, PluginError> {
    let ext = description.ext.as_deref().unwrap_or("{}");
    serde_json::from_str(ext).map_err(|error| bad(format!("its description has an `ext` that cannot be read: {error}")))
}

fn named(description: &Description) -> Result<BTreeSet<Origin>, PluginError> {
    let Ext { destinations, .. } = ext(description)?;
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
    use crate::plugin::v1::imports::types::AccountField;

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
        let found: Vec<_> = granted(&capabilities).destinations.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["https://api.example.com", "https://b.example:8443"]);
    }

    #[test]
    fn whoever_imports_no_http_asks_for_no_destination() {
        let named = description(Some(r#"{"destinations": ["https://api.example.com"]}"#));
        assert_eq!(asked(&["clock".to_owned()], &named).unwrap(), ["clock"]);
        assert_eq!(asked(&["http".to_owned()], &description(None)).unwrap(), ["http"]);
    }

    #[test]
    fn the_accounts_server_is_a_capability_and_its_field_a_secret_of_the_account() {
        let field = |secret| AccountField { name: "url".to_owned(), title: "URL".to_owned(), secret, help: None };
        let named = |secret| Description {
            account_fields: vec![field(secret)],
            ..description(Some(r#"{"account_server": "url"}"#))
        };
        let capabilities = asked(&["postgres".to_owned()], &named(true)).unwrap();
        assert_eq!(capabilities, ["postgres", "postgres url"]);
        assert_eq!(granted(&capabilities).server.as_deref(), Some("url"));
        assert_eq!(granted(&["postgres".to_owned()]), Allowed::default());
        assert_eq!(asked(&["http".to_owned()], &named(true)).unwrap(), ["http"]);
        assert!(asked(&["postgres".to_owned()], &named(false)).is_err());
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
