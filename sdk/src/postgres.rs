//! PostgreSQL through an administrator's connection that the host opens.

use std::time::Duration;

use serde::Deserialize;

use crate::bindings::systemprompt::provider::postgres as contract;
use crate::{Failure, Secret, imports};

pub use contract::{Address, Administrator, Target};

/// One server, seen by its administrator.
///
/// Every role and database made here carries the tenant's id as a tag, and only what carries it is changed or dropped.
#[derive(Clone, Debug)]
pub struct Postgres {
    target: Target,
}

/// What an administrator finds on the server.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who looked.
    pub administrator: Administrator,
    /// Whether that one may change and drop the role; none where the tenant has no such role there.
    pub may_change: Option<bool>,
    /// The comment that tells the tenant's roles from others'.
    pub tag: String,
    /// Whether the server has anything that carries it, as far as the host tells.
    pub is_left: bool,
}

/// A role or a database on a server that is some tenant's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tagged {
    /// The tenant's id.
    pub tenant: String,
    /// `role` or `database`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

impl Postgres {
    /// The server in a container.
    pub fn in_container(name: &str, admin_role: &str, admin_password: &Secret) -> Self {
        Self::at("container", name, admin_role, admin_password)
    }

    /// The server of a cluster on this machine.
    pub fn in_cluster(name: &str, admin_role: &str, admin_password: &Secret) -> Self {
        Self::at("cluster", name, admin_role, admin_password)
    }

    /// The server that the account's field of this name names, with its administrator; see
    /// [`Description::account_server`](crate::Description::account_server).
    pub fn of_account(field: &str) -> Self {
        let (kind, name) = ("account".to_owned(), field.to_owned());
        Self { target: Target { kind, name, admin_role: String::new(), admin_password: String::new(), ext: None } }
    }

    /// Tenants log in with this `sslmode`, where that is not the account's own.
    #[must_use]
    pub fn sslmode(self, mode: Option<&str>) -> Self {
        match mode {
            Some(mode) => self.with("sslmode", mode.into()),
            None => self,
        }
    }

    /// The server is handed passwords in clear, because it takes no verifiers of them; the host does that over TLS only.
    #[must_use]
    pub fn clear_passwords(self) -> Self {
        self.with("clear_passwords", true.into())
    }

    /// Looks for a role that carries the tenant's tag, and asks whether the administrator may change it.
    pub fn find_role(&self, role: &str) -> Result<Found, Failure> {
        let target = self.clone().with("role", role.into()).target;
        let administrator = imports::postgres::whoami(&target)?;
        let ext = administrator.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok());
        let ext: serde_json::Value = ext.unwrap_or_default();
        let tag = ext["tag"].as_str().unwrap_or_default().to_owned();
        let is_left = ext["left"].as_bool().unwrap_or(true);
        Ok(Found { may_change: ext["role"]["may_change"].as_bool(), tag, is_left, administrator })
    }

    /// All that carries the tag of any tenant, on the server that the account names. None where the host does not tell.
    pub fn tagged(&self) -> Result<Option<Vec<Tagged>>, Failure> {
        let target = self.clone().with("tenants", true.into()).target;
        let ext = imports::postgres::whoami(&target)?.ext;
        let ext: Option<serde_json::Value> = ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok());
        let Some(tagged) = ext.and_then(|mut ext| ext.get_mut("tenants").map(serde_json::Value::take)) else {
            return Ok(None);
        };
        serde_json::from_value(tagged).map(Some).map_err(|error| {
            Failure::broken("tagged-unreadable", format!("what the server has of tenants cannot be read: {error}"))
        })
    }

    fn with(mut self, name: &str, value: serde_json::Value) -> Self {
        let ext = self.target.ext.as_deref().and_then(|ext| serde_json::from_str(ext).ok());
        let mut ext: serde_json::Value = ext.unwrap_or_else(|| serde_json::json!({}));
        ext[name] = value;
        self.target.ext = Some(ext.to_string());
        self
    }

    fn at(kind: &str, name: &str, admin_role: &str, admin_password: &Secret) -> Self {
        let target = Target {
            kind: kind.to_owned(),
            name: name.to_owned(),
            admin_role: admin_role.to_owned(),
            admin_password: admin_password.to_string(),
            ext: None,
        };
        Self { target }
    }

    /// What the host is told about the server.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Logs in as the administrator until it works or the time is over.
    pub fn wait_ready(&self, timeout: Duration) -> Result<Address, Failure> {
        let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        imports::postgres::wait_ready(&self.target, timeout_ms)
    }

    /// Logs in as the administrator, once, and asks who it is and what it may do.
    pub fn administrator(&self) -> Result<Administrator, Failure> {
        imports::postgres::whoami(&self.target)
    }

    /// Makes the role if there is none, and sets its password.
    pub fn ensure_role(&self, role: &str, password: &Secret) -> Result<(), Failure> {
        imports::postgres::ensure_role(&self.target, role, password.placeholder())
    }

    /// Sets the password of a role.
    pub fn set_password(&self, role: &str, password: &Secret) -> Result<(), Failure> {
        imports::postgres::set_password(&self.target, role, password.placeholder())
    }

    /// Makes a role that logs in with this password and then acts as `owner`, another role of the tenant; or lets the
    /// role that is there do so again, for ever. `role` may be `owner` itself.
    pub fn ensure_login(&self, role: &str, owner: &str, password: &Secret) -> Result<(), Failure> {
        imports::postgres::ensure_login(&self.target, role, owner, password.placeholder())
    }

    /// Until when the role's password is taken, in milliseconds since 1970; for ever when none is given.
    pub fn expire_password(&self, role: &str, until: Option<u64>) -> Result<(), Failure> {
        imports::postgres::expire_password(&self.target, role, until)
    }

    /// Takes the role's password and its right to log in away, and ends its connections; what it owns stays. Nothing
    /// happens when there is no such role.
    pub fn close_login(&self, role: &str) -> Result<(), Failure> {
        imports::postgres::close_login(&self.target, role)
    }

    /// Ends the connections of whoever logged in as the role.
    pub fn end_sessions(&self, role: &str) -> Result<(), Failure> {
        imports::postgres::end_sessions(&self.target, role)
    }

    /// Drops a role; nothing happens when there is none.
    pub fn drop_role(&self, role: &str) -> Result<(), Failure> {
        imports::postgres::drop_role(&self.target, role)
    }

    /// Makes a database owned by the role, and closed to every other but administrators.
    pub fn ensure_database(&self, database: &str, owner: &str) -> Result<(), Failure> {
        imports::postgres::ensure_database(&self.target, database, owner)
    }

    /// Gives a database another name.
    pub fn rename_database(&self, database: &str, to: &str) -> Result<(), Failure> {
        imports::postgres::rename_database(&self.target, database, to)
    }

    /// Ends a database's connections and drops it; nothing happens when there is none.
    pub fn drop_database(&self, database: &str) -> Result<(), Failure> {
        imports::postgres::drop_database(&self.target, database)
    }

    /// A real login from this machine, and a `select 1`.
    pub fn check_login(&self, database: &str, role: &str, password: &Secret) -> Result<(), Failure> {
        let login =
            contract::Login { role: role.to_owned(), password: password.to_string(), database: database.to_owned() };
        imports::postgres::check_login(&self.target, &login)
    }

    /// The undo of [`Postgres::ensure_role`].
    pub fn dropping_role(&self, role: &str) -> impl FnOnce() -> Result<(), Failure> + use<> {
        let (server, role) = (self.clone(), role.to_owned());
        move || undone(server.drop_role(&role))
    }

    /// The undo of [`Postgres::ensure_database`].
    pub fn dropping_database(&self, database: &str) -> impl FnOnce() -> Result<(), Failure> + use<> {
        let (server, database) = (self.clone(), database.to_owned());
        move || undone(server.drop_database(&database))
    }
}

/// The outcome of dropping something as an undo: what turned out to be a stranger's was not made by the step.
pub fn undone(dropped: Result<(), Failure>) -> Result<(), Failure> {
    match dropped {
        Err(failure) if matches!(failure.code(), "role-not-ours" | "database-not-ours") => Ok(()),
        outcome => outcome,
    }
}
