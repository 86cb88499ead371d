//! Makes a log as long as one after years of work: operations on its tenants, each with its steps, all through the model.

use std::path::Path;

use systemprompt_events::{
    Command, Digest, Json, OperationCommand, OperationId, PluginId, Position, ProjectCommand, SqliteLog, TenantId,
    Timestamp, UndoKind,
};
use uuid::Uuid;

use crate::Outcome;
use crate::selection::{append, provenance};

/// Many enough that a batch's one sync does not count, few enough to hold.
const OPERATIONS_PER_BATCH: usize = 250;
/// The steps of a rotation, as a provider would name them.
const STEPS: [&str; 4] = ["find the server", "make a password", "set the password", "log in as the tenant"];
/// What a step finds out, as a provider would tell it: with it an event's payload has 328 bytes on the average.
const RESULT: &str = r#"{"address":"127.0.0.1:5432","container":"systemprompt-shared-db",
    "created":"2026-02-01T10:00:00.000Z","encoding":"UTF8",
    "engine":{"api":"1.47","architecture":"x86_64","endpoint":"unix:///var/run/docker.sock","kernel":"6.1.0",
    "storage":"overlay2","version":"27.3.1"},
    "image":{"digest":"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "name":"postgres:17","size":438127342},
    "labels":{"ai.systemprompt.project":"0198f3c2-5d1e-7a41-9b5e-3f2a6c8d7e10","ai.systemprompt.role":"server",
    "ai.systemprompt.tenant":"999bc654-9a64-49bc-98be-db976fc801f4"},
    "limits":{"connections":200,"cpus":2,"memory":1073741824},"locale":"C.UTF-8",
    "volume":{"driver":"local","mount":"/var/lib/docker/volumes/systemprompt-shared-db/_data",
    "name":"systemprompt-shared-db"},"version":"17.2"}"#;
/// Between two operations.
const PAUSE_MS: i64 = 60_000;
/// The first claim of an operation.
const TOKEN: u64 = 1;

/// Adds operations until the log has this many events.
pub(crate) async fn fill(path: &Path, events: u64) -> Outcome {
    let mut log = SqliteLog::open(path).await?;
    let tenants: Vec<TenantId> = log.tenants().await?.into_iter().map(|tenant| tenant.id).collect();
    if tenants.is_empty() {
        return Err("this needs a log with tenants".into());
    }
    let provenance = provenance("cloud tenant rotate-credentials");
    let mut tenants = tenants.iter().cycle();
    loop {
        let head = log.head().await?;
        let length = head.position.map_or(0, Position::get);
        if length >= events {
            return Ok(());
        }
        let time = Timestamp::from_millis(head.time.map_or(0, Timestamp::millis) + PAUSE_MS);
        let batch: Vec<_> = tenants.by_ref().take(OPERATIONS_PER_BATCH).map(rotation).collect::<Outcome<_>>()?;
        log.execute(&provenance, append(batch.concat(), time)).await?;
    }
}

/// A tenant is selected and its credentials are rotated: 12 events.
fn rotation(tenant: &TenantId) -> Outcome<Vec<Command>> {
    let id = OperationId::new(Uuid::now_v7());
    let start = OperationCommand::Start {
        kind: "rotate-credentials".to_owned(),
        provider: PluginId::external(),
        plugin_hash: Digest::of(b"a plugin"),
        tenant: Some(tenant.clone()),
        input: Json::object(),
        holder: "bench pid 1".to_owned(),
    };
    let mut commands = vec![start];
    for (name, index) in STEPS.into_iter().zip(0..) {
        let (name, result) = (name.parse()?, RESULT.parse()?);
        commands.push(OperationCommand::BeginStep { token: TOKEN, name, undo: UndoKind::None });
        commands.push(OperationCommand::FinishStep { token: TOKEN, index, result });
    }
    commands.push(OperationCommand::Succeed { token: TOKEN, result: Json::object() });
    let select = Command::Project(ProjectCommand::SelectTenant { tenant: tenant.clone() });
    Ok(std::iter::once(select).chain(commands.into_iter().map(|command| Command::Operation(id, command))).collect())
}
