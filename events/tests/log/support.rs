//! Logs, ids and requests to test with.

use std::path::PathBuf;

use systemprompt_events::{
    AccountLogin, Append, Command, CommandId, Digest, EventId, ExecuteError, Json, LogId, OperationCommand,
    OperationId, ProjectCommand, Provenance, Receipt, SqliteLog, TenantCommand, TenantId, TenantType, Timestamp,
};
use tempfile::TempDir;
use uuid::Uuid;

/// A log in a directory of its own, with ids and a clock that count up.
pub(crate) struct TestLog {
    pub(crate) log: SqliteLog,
    pub(crate) directory: TempDir,
    pub(crate) ids: Ids,
}

/// Ids and moments that count up.
pub(crate) struct Ids {
    next: u128,
}

impl Ids {
    /// Starts at a number, so that several counters do not meet.
    pub(crate) fn from(next: u128) -> Self {
        Self { next }
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }
}

impl TestLog {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = SqliteLog::create(&directory.path().join("log.db")).await.unwrap();
        let mut this = Self { log, directory, ids: Ids::from(0) };
        let log_id = LogId::new(Uuid::from_u128(7));
        this.execute(vec![Command::Project(ProjectCommand::Initialise { log_id })]).await.unwrap();
        this
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("log.db")
    }

    pub(crate) async fn execute(&mut self, commands: Vec<Command>) -> Result<Receipt, ExecuteError> {
        let command_id = CommandId::new(self.ids.uuid());
        execute(&mut self.log, &mut self.ids, command_id, commands).await
    }

    /// The same, with what the clock says then.
    pub(crate) async fn execute_at(&mut self, millis: i64, commands: Vec<Command>) {
        let command_id = CommandId::new(self.ids.uuid());
        let time = Timestamp::from_millis(millis);
        execute_at(&mut self.log, &mut self.ids, command_id, commands, time).await.unwrap();
    }
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        actor: "ada".into(),
        host: "laptop".into(),
        cli: "systemprompt 0.1.0".into(),
        argv: vec!["systemprompt".into(), "cloud".into(), "tenant".into(), "create".into()],
    }
}

pub(crate) async fn execute(
    log: &mut SqliteLog,
    ids: &mut Ids,
    command_id: CommandId,
    commands: Vec<Command>,
) -> Result<Receipt, ExecuteError> {
    let time = Timestamp::from_millis(1_769_940_000_000 + i64::try_from(ids.next % 1_000_000).unwrap());
    execute_at(log, ids, command_id, commands, time).await
}

pub(crate) async fn execute_at(
    log: &mut SqliteLog,
    ids: &mut Ids,
    command_id: CommandId,
    commands: Vec<Command>,
    time: Timestamp,
) -> Result<Receipt, ExecuteError> {
    let append = Append {
        commands,
        command_id,
        correlation_id: command_id.uuid(),
        causation_id: None,
        time,
        ids: &mut || EventId::new(ids.uuid()),
    };
    log.execute(&provenance(), append).await
}

pub(crate) fn tenant_id(text: &str) -> TenantId {
    text.parse().unwrap()
}

pub(crate) fn operation_id(number: u128) -> OperationId {
    OperationId::new(Uuid::from_u128(number))
}

pub(crate) fn request(id: &str, name: &str, operation: u128) -> Command {
    let request = TenantCommand::Request {
        name: name.parse().unwrap(),
        tenant_type: TenantType::Local,
        provider: "docker".parse().unwrap(),
        region: None,
        config: Json::object(),
        operation: operation_id(operation),
    };
    Command::Tenant(tenant_id(id), request)
}

pub(crate) fn adopt(id: &str, name: &str) -> Command {
    adopt_as(TenantType::Local, id, name)
}

/// The same of a tenant in a cloud.
pub(crate) fn adopt_in_cloud(id: &str, name: &str) -> Command {
    adopt_as(TenantType::Cloud, id, name)
}

fn adopt_as(tenant_type: TenantType, id: &str, name: &str) -> Command {
    let adopt = TenantCommand::Adopt {
        name: name.parse().unwrap(),
        tenant_type,
        provider: "external".parse().unwrap(),
        region: None,
        resources: r#"{"database_url":"postgres://h/d"}"#.parse().unwrap(),
    };
    Command::Tenant(tenant_id(id), adopt)
}

pub(crate) fn delete(id: &str) -> Command {
    Command::Tenant(tenant_id(id), TenantCommand::Deleted { operation: None })
}

pub(crate) fn select(id: &str) -> Command {
    Command::Project(ProjectCommand::SelectTenant { tenant: tenant_id(id) })
}

/// A login to a provider, each with a seal of its own.
pub(crate) fn login(seal: u128) -> AccountLogin {
    AccountLogin {
        user: "ada".into(),
        organisation: None,
        expires_at: Some(Timestamp::from_millis(1_769_940_000_000)),
        source: "stdin".into(),
        api_url: None,
        fields: Json::object(),
        seal_id: Uuid::from_u128(seal),
        sealed: "c2VhbA==".into(),
    }
}

pub(crate) fn start(operation: u128, tenant: Option<&str>) -> Command {
    let start = OperationCommand::Start {
        kind: "create".into(),
        provider: "docker".parse().unwrap(),
        plugin_hash: Digest::ZERO,
        tenant: tenant.map(tenant_id),
        input: Json::object(),
        holder: "process 1".into(),
    };
    Command::Operation(operation_id(operation), start)
}

pub(crate) fn on(operation: u128, command: OperationCommand) -> Command {
    Command::Operation(operation_id(operation), command)
}

/// Every table that is projected from the events.
pub(crate) const TABLES: [&str; 14] = [
    "project",
    "selection",
    "tenants",
    "aside",
    "secrets",
    "operations",
    "steps",
    "plugins",
    "grants",
    "profiles",
    "user_secrets",
    "sessions",
    "shells",
    "accounts",
];
