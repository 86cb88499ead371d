//! What the user logged in with, and the PostgreSQL server that it may name: as a test says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::World;
use super::postgres::Disk;
use crate::Failure;
use crate::bindings::systemprompt::provider::postgres::{Administrator, Target};

const PORT: u16 = 5432;

/// What the user logged in with.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// Secret fields.
    secret: BTreeSet<String>,
    /// Values of the others.
    plain: BTreeMap<String, String>,
    server: Option<Named>,
}

/// The server that a field names.
#[derive(Clone, Debug)]
struct Named {
    field: String,
    host: String,
    identity: Option<String>,
    lacks: BTreeSet<String>,
}

impl World {
    /// Somebody logs in, with a secret field and its placeholder.
    pub fn log_in(&mut self, field: &str) {
        self.account.secret.insert(field.to_owned());
    }

    /// Somebody logs in with a secret field that names a PostgreSQL server; `identity` is what the server tells of itself.
    pub fn log_in_to_server(&mut self, field: &str, host: &str, identity: Option<&str>) {
        self.log_in(field);
        let plain = [("server", format!("{host}:{PORT}")), ("sslmode", "verify-full".to_owned())];
        self.account.plain = plain.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        self.account.plain.insert("root-certificate-file".to_owned(), String::new());
        let (field, identity) = (field.to_owned(), identity.map(str::to_owned));
        let named = Named { field, host: host.to_owned(), identity, lacks: BTreeSet::new() };
        self.disks.entry(named.place()).or_insert_with(|| Disk::new(String::new(), String::new()));
        self.account.server = Some(named);
    }

    /// The server of the account is replaced by a newer one in its place, with the same roles and databases.
    pub fn upgrade_server(&mut self, identity: &str) {
        if let Some(server) = &mut self.account.server {
            let before = server.place();
            server.identity = Some(identity.to_owned());
            if let Some(disk) = self.disks.remove(&before) {
                self.disks.insert(server.place(), disk);
            }
        }
    }

    /// Somebody logs in with other certificates, which are in a file.
    pub fn trust_certificates_of(&mut self, file: &str) {
        self.account.plain.insert("root-certificate-file".to_owned(), file.to_owned());
    }

    /// The administrator of the account's server lacks `CREATEROLE` or `CREATEDB`.
    pub fn take_right(&mut self, right: &str) {
        if let Some(server) = &mut self.account.server {
            server.lacks.insert(right.to_owned());
        }
    }

    pub(in crate::testing) fn account_field(&mut self, name: &str) -> Result<String, Failure> {
        if self.account.secret.is_empty() {
            return Err(Failure::refused("account-missing", "nobody is logged in"));
        }
        if let Some(value) = self.account.plain.get(name) {
            return Ok(value.clone());
        }
        if self.account.secret.contains(name) {
            return Ok(format!("{{{{account:{name}@1}}}}"));
        }
        self.beyond.insert(format!("the field `{name}` of the account"));
        Err(Failure::refused("account-field-missing", format!("the account has no field `{name}`")))
    }

    pub(in crate::testing) fn administrator(&self, target: &Target) -> Result<Administrator, Failure> {
        let server = self.named(target)?;
        let may = |right: &str| !server.lacks.contains(right);
        let ext = target.ext.as_deref().and_then(|ext| serde_json::from_str::<Value>(ext).ok()).unwrap_or_default();
        let looked_for = match ext["role"].as_str() {
            None if ext["tenants"] == true => {
                Some(json!({ "tenants": self.disks[&server.place()].tagged() }).to_string())
            }
            Some(role) => {
                let (tenant, disk) = (self.acting_tenant()?, &self.disks[&server.place()]);
                let found = disk.has_role_of(role, &tenant).then(|| json!({ "may_change": may("CREATEROLE") }));
                let left = disk.has_anything_of(&tenant);
                Some(json!({ "role": found, "tag": format!("tag of {tenant}"), "left": left }).to_string())
            }
            None => None,
        };
        Ok(Administrator {
            role: "admin".to_owned(),
            superuser: false,
            may_create_roles: may("CREATEROLE"),
            may_create_databases: may("CREATEDB"),
            version: "18.1".to_owned(),
            identity: server.identity.clone(),
            ext: looked_for,
        })
    }

    /// Where the server of the account keeps its databases, where it listens, and since when it runs.
    pub(super) fn accounts_server(&self, target: &Target) -> Result<Option<(String, u16, u64)>, Failure> {
        self.named(target).map(|server| Some((server.place(), PORT, 0)))
    }

    /// Where a server is reached.
    pub(super) fn host_of(&self, target: &Target) -> String {
        self.named(target).map_or_else(|_| "127.0.0.1".to_owned(), |server| server.host.clone())
    }

    fn named(&self, target: &Target) -> Result<&Named, Failure> {
        let server =
            self.account.server.as_ref().filter(|server| target.kind == "account" && server.field == target.name);
        server.ok_or_else(|| Failure::refused("account-missing", "nobody is logged in to a server"))
    }
}

impl Named {
    /// Two names of one server lead to the same place.
    fn place(&self) -> String {
        format!("server:{}", self.identity.as_deref().unwrap_or(&self.host))
    }
}
