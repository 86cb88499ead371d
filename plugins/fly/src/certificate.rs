//! The certificate for a domain of the user's: asked for once, and pending until the domain leads to the app.

use serde::{Deserialize, Serialize};
use serde_json::json;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::Request;

use crate::api::{BASE, Fly};
use crate::app::App;

/// Longest name of the DNS.
const NAME_BYTES_MAX: usize = 253;
/// Records of one kind that are named: an app has one address of each.
const ADDRESSES_MAX: usize = 4;

/// A certificate as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) hostname: String,
    /// `pending_validation`, `pending_ownership` or `active`.
    pub(crate) status: String,
    /// What the domain's DNS has to say for it to become active.
    pub(crate) records: Vec<Record>,
}

/// A record of the DNS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What Fly says of one.
#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    dns_requirements: Option<Requirements>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Requirements {
    a: Option<Vec<String>>,
    aaaa: Option<Vec<String>>,
    acme_challenge: Option<Challenge>,
    ownership: Option<Ownership>,
}

#[derive(Deserialize)]
struct Challenge {
    name: Option<String>,
    target: Option<String>,
}

#[derive(Deserialize)]
struct Ownership {
    name: Option<String>,
    app_value: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    certificates: Option<Vec<Item>>,
}

#[derive(Deserialize)]
struct Item {
    hostname: String,
}

/// Whether it can be a domain: labels of letters, digits and dashes, and no wildcard, which no tenant is reached by.
pub(crate) fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(fits) && !label.starts_with('-') && !label.ends_with('-')
    };
    let has_letter = |label: &str| label.bytes().any(|byte| byte.is_ascii_lowercase());
    text.len() <= NAME_BYTES_MAX
        && text.contains('.')
        && text.split('.').all(is_label)
        && text.rsplit('.').next().is_some_and(has_letter)
}

/// The certificate, asked for if there is none. It need not be active: that depends on the domain.
pub(crate) fn ensure(fly: &Fly, app: &App, domain: &str) -> Result<Certificate, Failure> {
    let url = format!("{BASE}{}", app.path("/certificates/acme"));
    let what = format!("ask for a certificate for `{domain}`");
    let detail = fly.ensure(&Request::post(url, &json!({ "hostname": domain })), &what, || detail(fly, app, domain));
    match detail {
        Ok(detail) => Ok(detail.certificate(domain)),
        Err(failure) if failure.code() == "fly-refused" => Err(failure
            .help("a domain has a certificate in one app: look for it with `fly certs list`, or leave out `--domain`")),
        Err(failure) => Err(failure),
    }
}

/// The certificate, if there is one.
pub(crate) fn find(fly: &Fly, app: &App, domain: &str) -> Result<Option<Certificate>, Failure> {
    Ok(detail(fly, app, domain)?.map(|detail| detail.certificate(domain)))
}

/// For what the app has certificates.
pub(crate) fn hostnames(fly: &Fly, app: &App) -> Result<Vec<String>, Failure> {
    let what = format!("list the certificates of app `{}`", app.name);
    let listed: Option<Listed> = fly.look_up(&app.path("/certificates"), &what)?;
    let items = listed.and_then(|listed| listed.certificates).unwrap_or_default();
    Ok(items.into_iter().map(|item| item.hostname).collect())
}

fn detail(fly: &Fly, app: &App, domain: &str) -> Result<Option<Detail>, Failure> {
    fly.look_up(&app.path(&format!("/certificates/{domain}")), &format!("show the certificate for `{domain}`"))
}

impl Certificate {
    pub(crate) fn is_active(&self) -> bool {
        self.status == "active"
    }
}

impl Detail {
    fn certificate(self, domain: &str) -> Certificate {
        let Requirements { a, aaaa, acme_challenge, ownership } = self.dns_requirements.unwrap_or_default();
        let record =
            |kind: &str, name: &str, value: String| Record { kind: kind.to_owned(), name: name.to_owned(), value };
        let mut records = Vec::new();
        for (kind, addresses) in [("A", a), ("AAAA", aaaa)] {
            let addresses = addresses.unwrap_or_default().into_iter().take(ADDRESSES_MAX);
            records.extend(addresses.map(|address| record(kind, domain, address)));
        }
        if let Some(Challenge { name: Some(name), target: Some(target) }) = acme_challenge {
            records.push(record("CNAME", &name, target));
        }
        if let Some(Ownership { name: Some(name), app_value: Some(value) }) = ownership {
            records.push(record("TXT", &name, value));
        }
        let status = self.status.unwrap_or_else(|| "pending_validation".to_owned());
        Certificate { hostname: domain.to_owned(), status, records }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_made_of_labels_and_is_no_address() {
        for (text, is) in [
            ("shop.example.com", true),
            ("xn--bcher-kva.example", true),
            ("example", false),
            ("*.example.com", false),
            ("Shop.example.com", false),
            ("-a.example.com", false),
            ("a..example.com", false),
            ("192.0.2.1", false),
            ("example.com/x", false),
        ] {
            assert_eq!(is_domain(text), is, "{text}");
        }
        assert!(!is_domain(&format!("{}.com", "a".repeat(64))));
    }

    #[test]
    fn what_fly_does_not_say_is_not_asked_of_the_domain() {
        let detail: Detail =
            serde_json::from_str(r#"{"status":null,"dns_requirements":{"a":["192.0.2.1"],"aaaa":null}}"#).unwrap();
        let certificate = detail.certificate("a.example");
        assert_eq!((certificate.status.as_str(), certificate.is_active()), ("pending_validation", false));
        let records: Vec<_> =
            certificate.records.iter().map(|each| (each.kind.as_str(), each.value.as_str())).collect();
        assert_eq!(records, [("A", "192.0.2.1")]);
    }
}
