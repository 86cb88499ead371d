//! Capability `postgres`: typed verbs over an administrator's connection that the host opens to a server of ours, or to the
//! one that the account names.

mod question;

use std::time::Duration;

use crate::account::server;
use crate::backend::cluster::Cluster;
use crate::backend::docker::Docker;
use crate::backend::postgres::{Admin, AdminHost, Liveness, Login};
use crate::backend::{BackendError, Owner};
use crate::plugin::Guest;
use crate::plugin::guest::bounded;
use crate::plugin::v1::imports;

use self::question::Question;
use super::{Answer, backend_failure, given, refused};
use imports::postgres as theirs;
use imports::types::Failure;
use systemprompt_events::Timestamp;
use zeroize::Zeroizing;

/// Longest wait for a server in one call.
const WAIT_MS_MAX: u32 = 180_000;

/// The year 9999: later ones are written in another way.
const TIME_MS_MAX: i64 = 253_370_764_800_000;

/// What answers at a target, kept so that a wait can notice that it died.
enum Server {
    Container {
        docker: Docker,
        name: String,
        owner: Owner,
    },
    Cluster(Cluster),
    /// How its tenants log in.
    OfAccount(AdminHost),
}

impl Server {
    fn liveness(&self) -> Liveness<'_> {
        match self {
            Server::Container { docker, name, owner } => Liveness::Container { docker, name, owner },
            Server::Cluster(cluster) => Liveness::Cluster(cluster),
            Server::OfAccount(_) => Liveness::Unknown,
        }
    }
}

impl theirs::Host for Guest {
    async fn wait_ready(&mut self, target: theirs::Target, timeout_ms: u32) -> Answer<theirs::Address> {
        self.granted("postgres")?;
        let (admin, server) = given!(self.server(&target).await?);
        let timeout = Duration::from_millis(timeout_ms.min(WAIT_MS_MAX).into());
        let ready = admin.wait_ready(timeout, &server.liveness(), &self.world.reporter).await;
        self.told(ready.map(|found| theirs::Address { host: found.host, port: found.port, version: found.version }))
            .await
    }

    async fn ensure_role(&mut self, target: theirs::Target, role: String, password: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let password = given!(self.resolve(&password).await?);
        let outcome = admin.ensure_role(&role, &password, &tenant).await;
        self.told(outcome).await
    }

    async fn set_password(&mut self, target: theirs::Target, role: String, password: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let password = given!(self.resolve(&password).await?);
        let outcome = admin.set_password(&role, &password, &tenant).await;
        self.told(outcome).await
    }

    async fn drop_role(&mut self, target: theirs::Target, role: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.drop_role(&role, &tenant).await;
        self.told(outcome).await
    }

    async fn ensure_login(
        &mut self,
        target: theirs::Target,
        role: String,
        owner: String,
        password: String,
    ) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let password = given!(self.resolve(&password).await?);
        let outcome = admin.ensure_login(&role, &owner, &password, &tenant).await;
        self.told(outcome).await
    }

    async fn expire_password(&mut self, target: theirs::Target, role: String, until: Option<u64>) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let until = until.map(|until| i64::try_from(until).unwrap_or(TIME_MS_MAX).min(TIME_MS_MAX));
        let until = until.map(|until| Timestamp::from_millis(until).to_string());
        let outcome = admin.expire_password(&role, until.as_deref(), &tenant).await;
        self.told(outcome).await
    }

    async fn close_login(&mut self, target: theirs::Target, role: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.close_login(&role, &tenant).await;
        self.told(outcome).await
    }

    async fn end_sessions(&mut self, target: theirs::Target, role: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.end_sessions(&role, &tenant).await;
        self.told(outcome).await
    }

    async fn ensure_database(&mut self, target: theirs::Target, database: String, owner: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.ensure_database(&database, &owner, &tenant).await;
        self.told(outcome).await
    }

    async fn rename_database(&mut self, target: theirs::Target, database: String, to: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.rename_database(&database, &to, &tenant).await;
        self.told(outcome).await
    }

    async fn drop_database(&mut self, target: theirs::Target, database: String) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, tenant) = given!(self.for_change(&target).await?);
        let outcome = admin.drop_database(&database, &tenant).await;
        self.told(outcome).await
    }

    async fn check_login(&mut self, target: theirs::Target, login: theirs::Login) -> Answer<()> {
        self.granted("postgres")?;
        let (admin, server) = given!(self.server(&target).await?);
        let password = given!(self.resolve(&login.password).await?);
        let host = match tenants_host(&admin, server) {
            Ok(host) => host,
            Err(error) => return self.told(Err(error)).await,
        };
        let login = Login { role: &login.role, password: &password, database: &login.database };
        let outcome = host.check_login(&login).await;
        self.told(outcome).await
    }

    async fn whoami(&mut self, target: theirs::Target) -> Answer<theirs::Administrator> {
        self.granted("postgres")?;
        let (admin, server) = given!(self.server(&target).await?);
        let question = Question::read(target.ext.as_deref());
        if question.is_about_tenant() && self.world.tag.is_none() {
            return Ok(Err(refused("no-tenant", "this operation is about no tenant")));
        }
        let is_somebodys = matches!(server, Server::OfAccount(_));
        let ext = match question.ask(&admin, self.world.tag.as_deref(), is_somebodys).await {
            Ok(ext) => ext,
            Err(error) => return self.told(Err(error)).await,
        };
        let found = admin.look().await.map(|found| theirs::Administrator {
            role: found.role,
            superuser: found.is_superuser,
            may_create_roles: found.may_create_roles,
            may_create_databases: found.may_create_databases,
            version: found.version,
            identity: found.identity,
            ext,
        });
        self.told(found).await
    }
}

/// A tenant logs in over TCP, as its own programs will, also where the administrator uses a socket.
fn tenants_host(admin: &Admin, server: Server) -> Result<AdminHost, BackendError> {
    let port = match (&admin.host, server) {
        (_, Server::OfAccount(host)) => return Ok(host),
        (AdminHost::Tcp { port } | AdminHost::Socket { port, .. }, Server::Container { .. })
        | (AdminHost::Tcp { port }, Server::Cluster(_)) => *port,
        (AdminHost::Socket { port, .. }, Server::Cluster(cluster)) => cluster.status()?.port.unwrap_or(*port),
        (AdminHost::Remote(_), Server::Container { .. } | Server::Cluster(_)) => {
            unreachable!("BUG: a server of ours is not on this machine")
        }
    };
    Ok(AdminHost::Tcp { port })
}

impl Guest {
    async fn for_change(&mut self, target: &theirs::Target) -> Answer<(Admin, String)> {
        given!(self.may_change());
        let Some(tag) = self.world.tag.clone() else {
            return Ok(Err(refused("no-tenant", "this operation is about no tenant")));
        };
        let (admin, _) = given!(self.server(target).await?);
        Ok(Ok((admin, tag)))
    }

    /// Resolves a target to a server that is ours, and its administrator's password.
    async fn server(&mut self, target: &theirs::Target) -> Answer<(Admin, Server)> {
        target.ext.as_deref().map_or(Ok(()), bounded)?;
        let password = given!(self.resolve(&target.admin_password).await?);
        Ok(match target.kind.as_str() {
            "container" => self.container_server(target, password).await,
            "cluster" => self.cluster_server(target, password),
            "account" => return self.accounts_server(target).await,
            other => Err(refused("unknown-target", &format!("there is no kind of server `{other}`"))),
        })
    }

    async fn container_server(
        &mut self,
        target: &theirs::Target,
        password: Zeroizing<String>,
    ) -> Result<(Admin, Server), Failure> {
        let owner = self.looking();
        let docker = self.docker().await?;
        let found = docker.inspect(&target.name, &owner).await.map_err(|error| backend_failure(&error))?;
        let Some(port) = found.and_then(|container| container.host_port) else {
            let message = format!("container `{}` is not running", target.name);
            return Err(super::their_failure(
                systemprompt_events::FailureKind::Retryable,
                "server-not-running",
                &message,
                Some("systemprompt infra db up".to_owned()),
            ));
        };
        let admin = Admin {
            host: AdminHost::Tcp { port },
            role: target.admin_role.clone(),
            password,
            idle: self.idle.clone(),
            hands_over_clear: false,
        };
        Ok((admin, Server::Container { docker, name: target.name.clone(), owner }))
    }

    /// The server that the account names: what it is logged in to with is in the account alone.
    async fn accounts_server(&mut self, target: &theirs::Target) -> Answer<(Admin, Server)> {
        if self.allowed.server.as_deref() != Some(&*target.name) {
            let name = crate::text::one_line(&target.name, 60);
            let message =
                format!("field `{name}` of the account is not one with which this plugin may log in to a server");
            return Ok(Err(refused("server-not-granted", &message)));
        }
        let account = given!(self.account().await?);
        let (host, login) = match server::admin(&account, &target.name) {
            Ok(found) => found,
            Err(error) => return Err(self.fail(error)),
        };
        self.filled.push(login.password.clone());
        let wishes = match server::Wishes::parse(target.ext.as_deref(), &host, &self.world.settings) {
            Ok(wishes) => wishes,
            Err((code, reason)) => return Ok(Err(refused(code, &reason))),
        };
        if wishes.hands_over_clear && !host.is_private() {
            let message = format!(
                "passwords are handed over in clear where the way is encrypted, and to {} it may not be",
                host.in_words()
            );
            return Ok(Err(refused("password-in-clear", &message)));
        }
        let (tenants, hands_over_clear) = (wishes.tenants, wishes.hands_over_clear);
        let (host, idle) = (AdminHost::Remote(Box::new(host)), self.idle.clone());
        let admin = Admin { host, role: login.role, password: login.password, idle, hands_over_clear };
        Ok(Ok((admin, Server::OfAccount(AdminHost::Remote(Box::new(tenants))))))
    }

    fn cluster_server(
        &mut self,
        target: &theirs::Target,
        password: Zeroizing<String>,
    ) -> Result<(Admin, Server), Failure> {
        let cluster = self.cluster(&target.name)?;
        let admin = cluster.admin(&target.admin_role, password).map_err(|error| backend_failure(&error))?;
        Ok((Admin { idle: self.idle.clone(), ..admin }, Server::Cluster(cluster)))
    }
}
