//! PostgreSQL servers: roles and databases, tagged with the tenant that they were made for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Owner, World};
use crate::Failure;
use crate::bindings::systemprompt::provider::postgres::{Address, Login, Target};

/// What a server keeps when it is stopped.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    admin_role: String,
    admin_password: String,
    roles: BTreeMap<String, Role>,
    databases: BTreeMap<String, Database>,
}

#[derive(Clone, Debug)]
struct Role {
    tenant: String,
    /// None: it cannot log in.
    password: Option<String>,
    /// Whom it acts as; itself when none.
    acts_as: Option<String>,
    /// Until when its password is taken.
    until_ms: Option<u64>,
}

#[derive(Clone, Debug)]
struct Database {
    tenant: String,
    owner: String,
}

impl World {
    pub(in crate::testing) fn wait_ready(&mut self, target: &Target, timeout_ms: u32) -> Result<Address, Failure> {
        let deadline_ms = self.now_ms.saturating_add(u64::from(timeout_ms));
        let Some((place, port, since_ms)) = self.server(target)? else {
            self.now_ms = deadline_ms;
            return Err(unreachable(target));
        };
        let ready_ms = since_ms.saturating_add(self.answers_after_ms);
        self.now_ms = deadline_ms.min(self.now_ms.max(ready_ms));
        if self.now_ms < ready_ms {
            return Err(unreachable(target));
        }
        self.disks[&place].admit(target)?;
        let host = self.host_of(target);
        Ok(Address { host, port, version: "18.1".to_owned() })
    }

    pub(in crate::testing) fn ensure_role(
        &mut self,
        target: &Target,
        role: &str,
        password: &str,
    ) -> Result<(), Failure> {
        self.known_secret(password)?;
        let tenant = self.acting_tenant()?;
        let roles = &mut self.disk(target)?.roles;
        let found = roles.entry(role.to_owned()).or_insert_with(|| Role::of(&tenant));
        tagged(role, &found.tenant, &tenant)?;
        found.password = Some(password.to_owned());
        Ok(())
    }

    pub(in crate::testing) fn ensure_login(
        &mut self,
        target: &Target,
        role: &str,
        owner: &str,
        password: &str,
    ) -> Result<(), Failure> {
        self.known_secret(password)?;
        let tenant = self.acting_tenant()?;
        let roles = &mut self.disk(target)?.roles;
        tagged(owner, &roles.get(owner).ok_or_else(|| role_missing(owner))?.tenant, &tenant)?;
        let found = roles.entry(role.to_owned()).or_insert_with(|| Role::of(&tenant));
        tagged(role, &found.tenant, &tenant)?;
        let acts_as = Some(owner.to_owned()).filter(|owner| owner != role);
        *found = Role { tenant, password: Some(password.to_owned()), acts_as, until_ms: None };
        Ok(())
    }

    pub(in crate::testing) fn expire_password(
        &mut self,
        target: &Target,
        role: &str,
        until: Option<u64>,
    ) -> Result<(), Failure> {
        self.role(target, role)?.until_ms = until;
        Ok(())
    }

    pub(in crate::testing) fn close_login(&mut self, target: &Target, role: &str) -> Result<(), Failure> {
        match self.role(target, role) {
            Ok(found) => found.password = None,
            Err(failure) if failure.code() == "role-missing" => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    pub(in crate::testing) fn end_sessions(&mut self, target: &Target, role: &str) -> Result<(), Failure> {
        self.role(target, role).map(|_| ())
    }

    /// The acting tenant's role of this name.
    fn role(&mut self, target: &Target, name: &str) -> Result<&mut Role, Failure> {
        let tenant = self.acting_tenant()?;
        let role = self.disk(target)?.roles.get_mut(name).ok_or_else(|| role_missing(name))?;
        tagged(name, &role.tenant, &tenant)?;
        Ok(role)
    }

    pub(in crate::testing) fn set_password(
        &mut self,
        target: &Target,
        role: &str,
        password: &str,
    ) -> Result<(), Failure> {
        if !self.disk(target)?.roles.contains_key(role) {
            return Err(role_missing(role));
        }
        self.ensure_role(target, role, password)
    }

    pub(in crate::testing) fn drop_role(&mut self, target: &Target, role: &str) -> Result<(), Failure> {
        let tenant = self.acting_tenant()?;
        let disk = self.disk(target)?;
        let Some(found) = disk.roles.get(role) else { return Ok(()) };
        tagged(role, &found.tenant, &tenant)?;
        if let Some((database, _)) = disk.databases.iter().find(|(_, database)| database.owner == role) {
            return Err(Failure::refused("role-in-use", format!("role `{role}` still owns database `{database}`")));
        }
        disk.roles.remove(role);
        Ok(())
    }

    pub(in crate::testing) fn ensure_database(
        &mut self,
        target: &Target,
        name: &str,
        owner: &str,
    ) -> Result<(), Failure> {
        let tenant = self.acting_tenant()?;
        let disk = self.disk(target)?;
        if !disk.roles.contains_key(owner) {
            return Err(role_missing(owner));
        }
        let new = || Database { tenant: tenant.clone(), owner: owner.to_owned() };
        let found = disk.databases.entry(name.to_owned()).or_insert_with(new);
        tagged(name, &found.tenant, &tenant)
    }

    pub(in crate::testing) fn rename_database(&mut self, target: &Target, name: &str, to: &str) -> Result<(), Failure> {
        let tenant = self.acting_tenant()?;
        let disk = self.disk(target)?;
        if disk.databases.contains_key(to) {
            return tagged(to, &disk.databases[to].tenant, &tenant);
        }
        let Some(found) = disk.databases.remove(name) else {
            return Err(Failure::refused("database-missing", format!("there is no database `{name}`")));
        };
        disk.databases.insert(to.to_owned(), found);
        Ok(())
    }

    pub(in crate::testing) fn drop_database(&mut self, target: &Target, name: &str) -> Result<(), Failure> {
        let tenant = self.acting_tenant()?;
        let disk = self.disk(target)?;
        let Some(found) = disk.databases.get(name) else { return Ok(()) };
        tagged(name, &found.tenant, &tenant)?;
        disk.databases.remove(name);
        Ok(())
    }

    pub(in crate::testing) fn check_login(&mut self, target: &Target, login: &Login) -> Result<(), Failure> {
        let now_ms = self.now_ms;
        let disk = self.disk(target)?;
        let role = disk.roles.get(&login.role).filter(|role| role.admits(&login.password, now_ms));
        let acting = role.map(|role| role.acts_as.as_ref().unwrap_or(&login.role));
        let database = disk.databases.get(&login.database);
        if database.is_some_and(|database| Some(&database.owner) == acting) {
            return Ok(());
        }
        let message = format!("role `{}` cannot log in to database `{}`", login.role, login.database);
        Err(Failure::refused("login-failed", message))
    }

    fn disk(&mut self, target: &Target) -> Result<&mut Disk, Failure> {
        let server = self.server(target)?;
        let ready =
            |&(_, _, since_ms): &(String, u16, u64)| since_ms.saturating_add(self.answers_after_ms) <= self.now_ms;
        let (place, _, _) = server.filter(ready).ok_or_else(|| unreachable(target))?;
        let disk = self.disks.get_mut(&place).ok_or_else(|| unreachable(target))?;
        disk.admit(target)?;
        Ok(disk)
    }

    fn server(&self, target: &Target) -> Result<Option<(String, u16, u64)>, Failure> {
        if target.kind == "account" {
            return self.accounts_server(target);
        }
        self.known_secret(&target.admin_password)?;
        match target.kind.as_str() {
            "container" => self.container_server(&target.name),
            "cluster" => Ok(self.cluster_server(&target.name)),
            kind => Err(Failure::refused("server-kind", format!("there is no kind of server `{kind}`"))),
        }
    }
}

impl Role {
    fn of(tenant: &str) -> Self {
        Self { tenant: tenant.to_owned(), password: None, acts_as: None, until_ms: None }
    }

    fn admits(&self, password: &str, now_ms: u64) -> bool {
        self.password.as_deref() == Some(password) && self.until_ms.is_none_or(|until| now_ms < until)
    }

    /// As `everything` shows it.
    fn in_words(&self, name: &str, place: &str) -> String {
        let password = self.password.as_deref().map_or("no password".to_owned(), |it| format!("password {it}"));
        let until = self.until_ms.map(|until| format!(" until {until}")).unwrap_or_default();
        let acts_as = self.acts_as.as_ref().map(|owner| format!(", acting as `{owner}`")).unwrap_or_default();
        format!("role `{name}` in `{place}`, {password}{until}{acts_as}")
    }
}

impl Disk {
    pub(super) fn new(admin_role: String, admin_password: String) -> Self {
        Self { admin_role, admin_password, roles: BTreeMap::new(), databases: BTreeMap::new() }
    }

    pub(super) fn has_role_of(&self, name: &str, tenant: &str) -> bool {
        self.roles.get(name).is_some_and(|role| role.tenant == tenant)
    }

    pub(super) fn has_anything_of(&self, tenant: &str) -> bool {
        self.tagged().iter().any(|found| found["tenant"] == tenant)
    }

    /// Roles and databases, each with whose it is.
    pub(super) fn tagged(&self) -> Vec<Value> {
        let of = |kind: &str, name: &String, tenant: &String| json!({ "tenant": tenant, "kind": kind, "name": name });
        let roles = self.roles.iter().map(|(name, role)| of("role", name, &role.tenant));
        let databases = self.databases.iter().map(|(name, database)| of("database", name, &database.tenant));
        databases.chain(roles).collect()
    }

    pub(super) fn objects(&self, place: &str) -> Vec<(Owner, String)> {
        let roles =
            self.roles.iter().map(|(name, role)| (Owner::Tenant(role.tenant.clone()), role.in_words(name, place)));
        let databases = self.databases.iter().map(|(name, database)| {
            (
                Owner::Tenant(database.tenant.clone()),
                format!("database `{name}` in `{place}`, owned by `{}`", database.owner),
            )
        });
        roles.chain(databases).collect()
    }

    fn admit(&self, target: &Target) -> Result<(), Failure> {
        if (&self.admin_role, &self.admin_password) == (&target.admin_role, &target.admin_password) {
            return Ok(());
        }
        Err(Failure::refused("admin-login-failed", format!("the administrator `{}` cannot log in", target.admin_role)))
    }
}

fn tagged(name: &str, tag: &str, tenant: &str) -> Result<(), Failure> {
    if tag == tenant {
        return Ok(());
    }
    Err(Failure::refused("not-yours", format!("`{name}` belongs to tenant `{tag}`")))
}

fn role_missing(role: &str) -> Failure {
    Failure::refused("role-missing", format!("there is no role `{role}`"))
}

fn unreachable(target: &Target) -> Failure {
    Failure::retryable("server-unreachable", format!("the server of {} `{}` does not answer", target.kind, target.name))
}
