//! Clusters of Managed Postgres.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::token::slug_of;

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) id: String,
    pub(crate) org: String,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) plan: Plan,
    pub(crate) disk_gb: u64,
    pub(crate) major: String,
    pub(crate) postgis: bool,
    pub(crate) created_at: Moment,
    pub(crate) listed_at: Moment,
    pub(crate) initializing_at: Moment,
    pub(crate) ready_at: Moment,
    /// Set from when on it is being deleted.
    pub(crate) deleted_at: Option<Moment>,
    /// Whether it never becomes ready.
    pub(crate) fails: bool,
    pub(crate) databases: BTreeSet<String>,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) apps: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) role: String,
    pub(crate) password: String,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    cpus: u64,
    memory_mb: u64,
    cpu_kind: &'static str,
}

/// What the names of their hosts end with.
pub(crate) const DOMAIN: &str = ".flympg.net";

/// The plans that there are.
const PLANS: &[Plan] = &[
    Plan { name: "basic", cpus: 2, memory_mb: 1024, cpu_kind: "shared" },
    Plan { name: "starter", cpus: 2, memory_mb: 2048, cpu_kind: "shared" },
    Plan { name: "launch", cpus: 2, memory_mb: 8192, cpu_kind: "performance" },
    Plan { name: "scale", cpus: 4, memory_mb: 32_768, cpu_kind: "performance" },
    Plan { name: "Performance", cpus: 8, memory_mb: 65_536, cpu_kind: "performance" },
];

impl Plan {
    pub(crate) fn named(name: &str) -> Option<Self> {
        PLANS.iter().find(|plan| plan.name == name).copied()
    }
}

impl Cluster {
    pub(crate) fn status(&self, now: Moment) -> &'static str {
        match self.deleted_at {
            Some(deleted) if now >= deleted => "deleted",
            Some(_) => "deleting",
            None if now < self.initializing_at => "creating",
            None if now < self.ready_at => "initializing",
            None if self.fails => "failed",
            None => "ready",
        }
    }

    pub(crate) fn host(&self, kind: &str) -> String {
        format!("{kind}.{}{DOMAIN}", self.id)
    }

    pub(crate) fn passwords(&self) -> BTreeMap<String, String> {
        self.users.iter().map(|(name, user)| (name.clone(), user.password.clone())).collect()
    }

    /// In the shape that the newer document gives, which Fly's own clients read.
    pub(crate) fn view(&self, org: &str, now: Moment) -> Value {
        let endpoint = |kind: &str| json!({ "host": self.host(kind), "port": 5432 });
        let apps: Vec<_> = self.apps.iter().map(|app| json!({ "name": app })).collect();
        json!({
            "id": self.id, "name": self.name, "status": self.status(now), "region": self.region,
            "plan": self.plan.name, "disk_size_gb": self.disk_gb, "cpus": self.plan.cpus,
            "cpu_kind": self.plan.cpu_kind, "memory_mb": self.plan.memory_mb, "replicas": 1,
            "pg_major_version": self.major, "postgis_enabled": self.postgis,
            "endpoints": { "primary": { "direct": endpoint("direct"), "pooler": endpoint("pgbouncer") } },
            "organization": { "name": org, "slug": slug_of(&self.org) }, "attached_apps": apps, "created_at": self.created_at,
        })
    }
}
