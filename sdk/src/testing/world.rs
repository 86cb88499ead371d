//! What exists outside of a provider: an engine, clusters, databases, secrets, and a clock.

mod account;
mod capture;
mod docker;
mod http;
mod postgres;
mod server;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use self::account::Account;
use self::docker::Engine;
pub use self::http::Service;
use self::http::Services;
use self::postgres::Disk;
use self::server::Clusters;
use self::versions::Versions;
use crate::bindings::systemprompt::provider::secrets::{Renewal, Spec};
use crate::{Failure, Scope};

/// Lines that are kept of what a provider says; more is noise.
const SAID_LINES_MAX: usize = 10_000;

/// A machine with a Docker engine and PostgreSQL's programs, until a test says otherwise.
#[derive(Clone, Debug)]
pub struct World {
    /// Milliseconds since 1970; passes only when somebody waits.
    pub now_ms: u64,
    /// Lines that the provider logged or reported as progress.
    pub said: Vec<String>,
    /// Id of the tenant whose operation runs.
    tenant: Option<String>,
    /// Whether an operation is performed: nothing else makes a secret.
    performs: bool,
    engine: Engine,
    /// The engine that does not answer, and what its servers keep.
    other_engine: Option<Box<(Engine, BTreeMap<String, Disk>)>>,
    clusters: Clusters,
    /// The clusters of the other data directory, and what they keep.
    other_clusters: Option<Box<(Clusters, BTreeMap<String, Disk>)>>,
    /// What the servers keep, by volume or cluster.
    disks: BTreeMap<String, Disk>,
    secrets: BTreeSet<String>,
    versions: Versions,
    taken_ports: BTreeSet<u16>,
    services: Services,
    account: Account,
    random: u8,
    answers_after_ms: u64,
    /// What was asked for that the description does not name.
    beyond: BTreeSet<String>,
}

/// To whom an object belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Tenant(String),
    Machine,
    Stranger,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now_ms: 1_769_940_000_000, // 2026-02-01T10:00:00Z
            said: Vec::new(),
            tenant: None,
            performs: false,
            engine: Engine::default(),
            other_engine: None,
            clusters: Clusters::default(),
            other_clusters: None,
            disks: BTreeMap::new(),
            secrets: BTreeSet::new(),
            versions: Versions::default(),
            taken_ports: BTreeSet::new(),
            services: Services::default(),
            account: Account::default(),
            random: 0,
            answers_after_ms: 0,
            beyond: BTreeSet::new(),
        }
    }
}

impl World {
    /// Something else listens on a port.
    pub fn take_port(&mut self, port: u16) {
        self.taken_ports.insert(port);
    }

    /// How long a server takes from its start to its first answer.
    pub fn answers_after_ms(&mut self, milliseconds: u64) {
        self.answers_after_ms = milliseconds;
    }

    /// All that exists, a line each.
    pub fn everything(&self) -> Vec<String> {
        self.objects().into_iter().map(|(_, line)| line).collect()
    }

    /// All that exists for some tenant, a line each.
    pub fn left(&self) -> Vec<String> {
        let of_tenant = |(owner, line)| matches!(owner, Owner::Tenant(_)).then_some(line);
        self.objects().into_iter().filter_map(of_tenant).collect()
    }

    /// What was asked for that the description does not name: destinations, and fields of the account.
    pub fn beyond(&self) -> impl Iterator<Item = &str> {
        self.beyond.iter().map(String::as_str)
    }

    /// From here on calls are made for this tenant, and only look.
    pub(super) fn act_for(&mut self, tenant: Option<&str>) {
        self.tenant = tenant.map(str::to_owned);
        self.performs = false;
    }

    /// From here on calls are made by an operation on this tenant.
    pub(super) fn perform_for(&mut self, tenant: Option<&str>) {
        self.act_for(tenant);
        self.performs = true;
    }

    /// A line of the provider; of very many, the first are kept.
    pub(super) fn say(&mut self, line: String) {
        if self.said.len() < SAID_LINES_MAX {
            self.said.push(line);
        }
    }

    pub(super) fn next_byte(&mut self) -> u8 {
        self.random = self.random.wrapping_mul(5).wrapping_add(17);
        self.random
    }

    pub(super) fn ensure_secret(&mut self, spec: &Spec) -> Result<String, Failure> {
        let placeholder = match spec.scope {
            Scope::Machine => {
                let placeholder = format!("{{{{machine:{}@1}}}}", spec.name);
                self.may_be_made(&spec.name, self.secrets.contains(&placeholder))?;
                placeholder
            }
            Scope::Tenant => {
                let tenant = self.acting_tenant()?;
                self.may_be_made(&spec.name, self.versions.knows(&tenant, &spec.name))?;
                of_tenant(&spec.name, self.versions.ensure(tenant, &spec.name))
            }
        };
        self.secrets.insert(placeholder.clone());
        Ok(placeholder)
    }

    pub(super) fn renew_secret(&mut self, spec: &Spec) -> Result<Renewal, Failure> {
        if matches!(spec.scope, Scope::Machine) {
            return Err(Failure::refused("secret-shared", "what tenants share is not one tenant's to renew"));
        }
        let outside = || Failure::refused("outside-operation", "a secret is renewed inside an operation on a tenant");
        let tenant = self.tenant.clone().filter(|_| self.performs).ok_or_else(outside)?;
        let (before, after) = self.versions.renew(tenant, &spec.name).ok_or_else(|| missing(&spec.name))?;
        let renewal = Renewal { before: of_tenant(&spec.name, before), after: of_tenant(&spec.name, after) };
        self.secrets.insert(renewal.after.clone());
        Ok(renewal)
    }

    /// An operation ended: what it renewed is in use from now on, or was withdrawn.
    pub(super) fn settle_secrets(&mut self, succeeded: bool) {
        self.versions.settle(succeeded);
    }

    /// Whoever only looks makes no secret.
    fn may_be_made(&self, name: &str, is_there: bool) -> Result<(), Failure> {
        if is_there || self.performs { Ok(()) } else { Err(missing(name)) }
    }

    fn acting_tenant(&self) -> Result<String, Failure> {
        self.tenant.clone().ok_or_else(|| Failure::refused("no-tenant", "this operation is about no tenant"))
    }

    /// Passwords are placeholders that the host gave out; a literal is a mistake of the provider.
    fn known_secret(&self, placeholder: &str) -> Result<(), Failure> {
        if self.secrets.contains(placeholder) {
            return Ok(());
        }
        Err(Failure::refused(
            "not-a-secret",
            format!("a password has to be a secret's placeholder, not: {placeholder}"),
        ))
    }

    fn owner(&self, scope: Scope) -> Result<Owner, Failure> {
        match (scope, &self.tenant) {
            (Scope::Machine, _) => Ok(Owner::Machine),
            (Scope::Tenant, Some(tenant)) => Ok(Owner::Tenant(tenant.clone())),
            (Scope::Tenant, None) => Err(Failure::refused("no-tenant", "this operation is about no tenant")),
        }
    }

    fn free_port(&self, preferred: u16) -> u16 {
        let used = |port: u16| {
            self.taken_ports.contains(&port) || self.engine.publishes(port) || self.clusters.listens_on(port)
        };
        if used(preferred) { (32_768..=u16::MAX).find(|&port| !used(port)).unwrap_or_default() } else { preferred }
    }

    fn objects(&self) -> Vec<(Owner, String)> {
        let mut objects = self.engine.objects();
        objects.extend(self.clusters.objects());
        objects.extend(self.services.objects());
        objects.extend(self.disks.iter().flat_map(|(place, disk)| disk.objects(place)));
        objects
    }
}

fn missing(name: &str) -> Failure {
    Failure::refused("secret-missing", format!("there is no secret `{name}` yet"))
}

fn of_tenant(name: &str, version: u32) -> String {
    format!("{{{{secret:{name}@{version}}}}}")
}
