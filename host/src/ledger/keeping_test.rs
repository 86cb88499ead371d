//! Which version a value gets that came from elsewhere, such as a password that a service made.

use std::ffi::OsString;

use systemprompt_events::{Digest, Json, LogId, OperationCommand, ProjectCommand, TenantType};
use tempfile::TempDir;

use super::*;
use crate::places::Places;
use crate::vault::keyring;

/// A project with a tenant, in which operations are begun.
struct World {
    /// Where all of it lies.
    _dir: TempDir,
    ledger: Ledger,
    vault: Vault,
    operations: u128,
}

impl World {
    async fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data").into_os_string();
        let look_up = |name: &str| Some(if name == keyring::VARIABLE { OsString::from("off") } else { data.clone() });
        let places = Places::find(&look_up, false).unwrap();
        let log = SqliteLog::create(&dir.path().join("log.db")).await.unwrap();
        let provenance =
            Provenance { actor: "ada".into(), host: "laptop".into(), cli: "systemprompt".into(), argv: vec![] };
        let (mut ledger, vault) = (Ledger::new(log, provenance), Vault::new(&places, Some(dir.path())));
        let begin = ProjectCommand::Initialise { log_id: LogId::new(Uuid::from_u128(7)) };
        let adopt = TenantCommand::Adopt {
            name: "shop".parse().unwrap(),
            tenant_type: TenantType::Local,
            provider: "external".parse().unwrap(),
            region: None,
            resources: r#"{"database_url":"postgres://h/d"}"#.parse().unwrap(),
        };
        ledger.record(vec![Command::Project(begin), Command::Tenant(tenant(), adopt)]).await.unwrap();
        World { _dir: dir, ledger, vault, operations: 0 }
    }

    async fn begin(&mut self) -> OperationId {
        self.operations += 1;
        let operation = OperationId::new(Uuid::from_u128(self.operations));
        let start = OperationCommand::Start {
            kind: "rotate-credentials".into(),
            provider: "docker".parse().unwrap(),
            plugin_hash: Digest::ZERO,
            tenant: Some(tenant()),
            input: Json::object(),
            holder: "process 1".into(),
        };
        self.ledger.record(vec![Command::Operation(operation, start)]).await.unwrap();
        operation
    }

    /// The version that a value gets in an operation.
    async fn keep(&mut self, operation: OperationId, value: &str) -> u32 {
        let value = Zeroizing::new(value.to_owned());
        let kept = self.ledger.keep_secrets(&self.vault, &tenant(), &[(&password(), &value)], operation).await.unwrap();
        kept[0]
    }

    async fn value(&mut self, version: u32) -> String {
        let value = self.ledger.secret(&self.vault, &tenant(), &password(), version).await.unwrap();
        value.expect("it was kept").to_string()
    }

    async fn newest(&mut self) -> Option<u32> {
        self.ledger.log.secret(&tenant(), &password(), None).await.unwrap().map(|sealed| sealed.version)
    }
}

fn tenant() -> TenantId {
    "local_19bff27604c".parse().unwrap()
}

fn password() -> SecretName {
    "db-password".parse().unwrap()
}

#[tokio::test]
async fn a_value_from_before_an_operation_is_known_again_though_another_was_sealed_since() {
    let mut world = World::new().await;
    let creation = world.begin().await;
    assert_eq!(world.keep(creation, "First").await, 1);
    let rotation = world.begin().await;
    for (value, version) in [("First", 1), ("Second", 2), ("First", 1), ("Third", 3), ("Second", 2)] {
        assert_eq!(world.keep(rotation, value).await, version, "{value}");
    }
    assert_eq!((world.value(1).await, world.value(2).await), ("First".to_owned(), "Second".to_owned()));
    assert_eq!(world.newest().await, Some(3));
}

#[tokio::test]
async fn a_value_from_before_the_last_operation_gets_a_version_of_its_own_as_the_newest_is_what_is_asked_for() {
    let mut world = World::new().await;
    for (value, version) in [("First", 1), ("Second", 2), ("First", 3), ("First", 3)] {
        let operation = world.begin().await;
        assert_eq!(world.keep(operation, value).await, version, "{value}");
    }
    let newest = world.newest().await.expect("one was kept");
    assert_eq!(world.value(newest).await, "First");
}
