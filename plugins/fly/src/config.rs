//! A tenant's settings.

use serde::{Deserialize, Serialize};
use systemprompt_sdk::FieldError;

use crate::certificate::is_domain;

/// On a machine of the tenant's own.
const OWN: &str = "machine";
/// Why a cluster of Fly Managed Postgres is none for a tenant.
const UNREACHABLE: &str = "Fly Managed Postgres answers in its organisation's own network, and a tenant has a network apart: its \
    app would not reach the database; leave this out for a database on a machine of the tenant's own";

/// Settings of one tenant; all have defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Image of PostgreSQL; any that behaves like the official one.
    pub image: String,
    /// Memory of the machine.
    pub memory_mb: u32,
    /// Size of the volume.
    pub volume_gb: u32,
    /// For how many days snapshots of the volume are kept.
    pub snapshot_days: u32,
    /// Whose the database is: on a machine of the tenant's own.
    pub database: String,
    /// A domain of the user's that is to lead to the app.
    pub domain: Option<String>,
    /// Image of the tenant's application, which runs beside the database; none: there is only the database.
    pub app_image: Option<String>,
    /// Where the application listens for HTTP.
    pub app_port: u16,
    /// Memory of the application's machine.
    pub app_memory_mb: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            image: "postgres:17".to_owned(),
            memory_mb: 1_024,
            volume_gb: 10,
            snapshot_days: 5,
            database: OWN.to_owned(),
            domain: None,
            app_image: None,
            app_port: 8_080,
            app_memory_mb: 512,
        }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !is_image(&self.image) {
            errors.push(FieldError::new("/image", "an image is named as in `postgres:17`"));
        }
        if self.app_image.as_deref().is_some_and(|image| !is_image(image)) {
            let message = "an image is named as in `registry.fly.io/shop:2` or `ghcr.io/acme/shop@sha256:\u{2026}`";
            errors.push(FieldError::new("/app_image", message));
        }
        if self.app_port == 0 {
            errors.push(FieldError::new("/app_port", "a port is 1 to 65535"));
        }
        for (path, memory_mb) in [("/memory_mb", self.memory_mb), ("/app_memory_mb", self.app_memory_mb)] {
            if memory_mb < 256 || !memory_mb.is_multiple_of(256) {
                errors.push(FieldError::new(path, "memory is a multiple of 256"));
            }
        }
        if !(1..=500).contains(&self.volume_gb) {
            errors.push(FieldError::new("/volume_gb", "a volume has 1 to 500 GB"));
        }
        if !(1..=60).contains(&self.snapshot_days) {
            errors.push(FieldError::new("/snapshot_days", "snapshots are kept for 1 to 60 days"));
        }
        match self.database.as_str() {
            OWN => {}
            "managed" => errors.push(FieldError::new("/database", UNREACHABLE)),
            _ => errors.push(FieldError::new("/database", "the database is on a `machine`")),
        }
        if self.domain.as_deref().is_some_and(|domain| !is_domain(domain)) {
            errors.push(FieldError::new("/domain", "a domain is written as in `shop.example.com`, in small letters"));
        }
        errors
    }
}

fn is_image(text: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-._/:@".contains(character);
    (1..=255).contains(&text.len()) && text.chars().all(fits)
}
