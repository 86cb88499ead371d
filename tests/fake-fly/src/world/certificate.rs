//! Certificates: asked for, pending until a check finds what it wants, then active.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::address::Kind;
use super::app::App;
use crate::clock::Moment;
use crate::ids::digest_of;

/// What the DNS says of a hostname. Of one of which nothing is said, it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dns {
    /// There is no record.
    #[default]
    Missing,
    /// It points to somebody else.
    Elsewhere,
    /// It points to the app, and the records that prove ownership are there.
    Right,
}

#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) hostname: String,
    /// Whether Fly obtains it, or the user has brought one.
    pub(crate) acme: bool,
    pub(crate) custom: bool,
    /// What the last check found.
    pub(crate) dns: Dns,
    /// Since the check that found all right, while the app had an address.
    pub(crate) active_at: Option<Moment>,
    pub(crate) limited_until: Option<Moment>,
    pub(crate) created_at: Moment,
}

/// How long Fly's own certificates hold.
const DAYS: u64 = 90;

impl Certificate {
    pub(crate) fn new(hostname: &str, acme: bool, limited_until: Option<Moment>, now: Moment) -> Self {
        let hostname = hostname.to_owned();
        Self { hostname, acme, custom: !acme, dns: Dns::Missing, active_at: None, limited_until, created_at: now }
    }

    /// Looks again at what there is now.
    pub(crate) fn check(&mut self, dns: Dns, has_address: bool, limited_until: Option<Moment>, now: Moment) {
        self.dns = dns;
        self.limited_until = limited_until;
        let fulfilled = dns == Dns::Right && has_address && limited_until.is_none();
        self.active_at = fulfilled.then(|| self.active_at.unwrap_or(now));
    }

    pub(crate) fn status(&self) -> &'static str {
        match (self.active_at, self.acme) {
            (Some(_), _) => "active",
            (None, true) => "pending_validation",
            (None, false) => "pending_ownership",
        }
    }

    /// As `CertificateDetail` of the document.
    pub(crate) fn view(&self, app: &App) -> Value {
        let right = self.dns == Dns::Right;
        json!({
            "hostname": self.hostname, "status": self.status(), "configured": self.active_at.is_some(),
            "acme_requested": self.acme, "dns_provider": null, "rate_limited_until": self.limited_until,
            "dns_requirements": self.requirements(app), "certificates": self.entries(),
            "validation": {
                "dns_configured": right, "alpn_configured": right, "http_configured": right,
                "ownership_txt_configured": right,
            },
            "validation_errors": self.errors(),
        })
    }

    /// As `CertificateCheckResponse` of the document.
    pub(crate) fn checked_view(&self, app: &App) -> Value {
        let mut view = self.view(app);
        let (a, aaaa) = match self.dns {
            Dns::Missing => (vec![], vec![]),
            Dns::Elsewhere => (vec!["192.0.2.1".to_owned()], vec![]),
            Dns::Right => public(app),
        };
        let resolved: Vec<_> = a.iter().chain(&aaaa).cloned().collect();
        view["dns_records"] = json!({ "a": a, "aaaa": aaaa, "cname": [], "resolved_addresses": resolved });
        view
    }

    /// As `CertificateSummary` of the document.
    pub(crate) fn summary(&self) -> Value {
        let right = self.dns == Dns::Right;
        json!({
            "hostname": self.hostname, "status": self.status(), "configured": self.active_at.is_some(),
            "acme_requested": self.acme, "has_fly_certificate": self.acme, "has_custom_certificate": self.custom,
            "acme_alpn_configured": right, "acme_dns_configured": right, "acme_http_configured": right,
            "ownership_txt_configured": right, "created_at": self.created_at, "updated_at": self.created_at,
        })
    }

    fn requirements(&self, app: &App) -> Value {
        let (a, aaaa) = public(app);
        let (host, mark) = (self.hostname.trim_start_matches("*."), digest_of(&self.hostname));
        json!({
            "a": a, "aaaa": aaaa, "cname": format!("{}.fly.dev", app.name),
            "acme_challenge": {
                "name": format!("_acme-challenge.{host}"), "target": format!("{host}.{mark}.flydns.net"),
            },
            "ownership": {
                "name": format!("_fly-ownership.{host}"), "app_value": format!("app-{}", app.id),
                "org_value": format!("org-{}", digest_of(&app.org)),
            },
        })
    }

    fn entries(&self) -> Vec<Value> {
        let sources = [("fly", self.acme), ("custom", self.custom)].into_iter().filter(|(_, there)| *there);
        let entry = |(source, _): (&str, bool)| {
            let expires = self.active_at.map(|at| at + std::time::Duration::from_hours(24 * DAYS));
            let issued: Vec<_> = expires
                .iter()
                .map(|at| json!({ "type": "ecdsa", "certificate_authority": "lets_encrypt", "expires_at": at }))
                .collect();
            json!({
                "source": source, "status": self.status(), "created_at": self.created_at, "expires_at": expires,
                "issuer": expires.map(|_| "Let's Encrypt"), "issued": issued,
            })
        };
        sources.map(entry).collect()
    }

    fn errors(&self) -> Vec<Value> {
        if self.dns != Dns::Elsewhere {
            return Vec::new();
        }
        vec![json!({
            "code": "dns_mismatch", "message": format!("{} does not point to the app", self.hostname),
            "remediation": "set the records that dns_requirements names", "timestamp": self.created_at,
        })]
    }
}

/// The app's public addresses: for records of type A, and for those of type AAAA.
fn public(app: &App) -> (Vec<String>, Vec<String>) {
    let some = |kinds: &[Kind]| {
        let wanted = app.addresses.iter().filter(|address| kinds.contains(&address.kind));
        wanted.map(|address| address.ip.clone()).collect()
    };
    (some(&[Kind::SharedV4, Kind::V4]), some(&[Kind::V6]))
}
