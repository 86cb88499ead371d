//! A tenant's settings.

use serde::{Deserialize, Serialize};
use systemprompt_sdk::FieldError;

use crate::certificate::is_domain;

/// On a machine of the tenant's own.
const OWN: &str = "machine";
/// In a cluster of Fly Managed Postgres.
const MANAGED: &str = "managed";
/// What a cluster may be paid for, with what Fly calls it.
const PLANS: [(&str, &str); 5] = [
    ("basic", "basic"),
    ("starter", "starter"),
    ("launch", "launch"),
    ("scale", "scale"),
    ("performance", "Performance"),
];

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
    /// Where the database is: on a `machine` of the tenant's own, or in a cluster that Fly has `managed`.
    pub database: String,
    /// What a managed database is paid for.
    pub database_plan: String,
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
            database_plan: PLANS[0].0.to_owned(),
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
        errors.extend(self.check_database());
        if self.domain.as_deref().is_some_and(|domain| !is_domain(domain)) {
            errors.push(FieldError::new("/domain", "a domain is written as in `shop.example.com`, in small letters"));
        }
        errors
    }
}

impl Config {
    /// Whether Fly manages the database.
    pub(crate) fn is_managed(&self) -> bool {
        self.database == MANAGED
    }

    /// The plan as Fly calls it.
    pub(crate) fn plan(&self) -> &str {
        let named = PLANS.iter().find(|(name, _)| *name == self.database_plan);
        named.map_or(self.database_plan.as_str(), |(_, at_fly)| at_fly)
    }

    /// What a plan costs, in words.
    pub(crate) fn costs(&self) -> &'static str {
        if self.database_plan == PLANS[0].0 {
            "it costs 38 $ a month, and its disk"
        } else {
            "it costs more than the 38 $ a month of `basic`, and its disk: https://fly.io/docs/mpg/ says how much"
        }
    }

    fn check_database(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if ![OWN, MANAGED].contains(&&*self.database) {
            errors.push(FieldError::new("/database", "the database is on a `machine`, or `managed` by Fly"));
        }
        if !PLANS.iter().any(|(name, _)| *name == self.database_plan) {
            let message = "a plan is `basic`, `starter`, `launch`, `scale` or `performance`";
            errors.push(FieldError::new("/database_plan", message));
        }
        let usual = Self::default();
        if !self.is_managed() && self.database_plan != usual.database_plan {
            let message = "a plan is a managed database's: `--config database=managed`, or leave it out";
            errors.push(FieldError::new("/database_plan", message));
        }
        let of_machine = [
            ("/memory_mb", self.memory_mb != usual.memory_mb),
            ("/snapshot_days", self.snapshot_days != usual.snapshot_days),
        ];
        for (path, _) in of_machine.into_iter().filter(|(_, is_set)| *is_set && self.is_managed()) {
            errors.push(FieldError::new(path, "a managed database has what its `database_plan` says: leave this out"));
        }
        errors
    }
}

fn is_image(text: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || "-._/:@".contains(character);
    (1..=255).contains(&text.len()) && text.chars().all(fits)
}
