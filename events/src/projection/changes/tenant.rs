//! Tables `tenants`, `aside`, `secrets`, and `user_secrets` (those of tenants).

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Before, Change, profile::secret_key as user_secret_key};
use crate::{
    AsideTenant, LivingTenant, SecretKey, SecretName, Tenant, TenantEvent, TenantPhase, Timestamp, UserSecret,
    projection::{Began, Cell, Row, Table},
};

pub(super) fn changes(
    event: &TenantEvent,
    stream: &str,
    before: &Before,
    after: &Tenant,
    began: Began,
    now: Timestamp,
) -> Vec<Change> {
    let id = stream.strip_prefix("tenant/").unwrap_or(stream);
    let row = || match after {
        Tenant::Living(living) => Some(row_of(living, began, now)),
        Tenant::Aside(aside) => Some(aside_row(aside, began, now)),
        Tenant::Unknown | Tenant::Gone { .. } => None,
    };
    match event {
        TenantEvent::TenantRequested { .. } | TenantEvent::TenantAdopted { .. } => {
            row().map(Change::Open).into_iter().collect()
        }
        TenantEvent::TenantCreated { .. }
        | TenantEvent::TenantDeletionStarted { .. }
        | TenantEvent::TenantDeletionUndone { .. }
        | TenantEvent::TenantBroughtBack { .. }
        | TenantEvent::TenantChangeStarted { .. }
        | TenantEvent::TenantChanged { .. }
        | TenantEvent::TenantChangeUndone { .. }
        | TenantEvent::TenantChangeAbandoned { .. }
        | TenantEvent::TenantCancelled { .. }
        | TenantEvent::TenantVanished
        | TenantEvent::TenantReappeared
        | TenantEvent::TenantRenamed { .. }
        | TenantEvent::TenantProtected
        | TenantEvent::TenantUnprotected
        | TenantEvent::ExternalAccessAllowed
        | TenantEvent::ExternalAccessEnded
        | TenantEvent::ExternalAccessUndeclared
        | TenantEvent::SyncTokenRotated { .. }
        | TenantEvent::DatabaseMoved { .. } => row().map(Change::Replace).into_iter().collect(),
        TenantEvent::TenantDeleted { .. } | TenantEvent::TenantAbandoned { .. } if before.is_aside => {
            vec![Change::Close(Table::Aside, id.to_owned())]
        }
        TenantEvent::TenantCreationUndone { .. }
        | TenantEvent::TenantDeleted { .. }
        | TenantEvent::TenantAbandoned { .. } => closed(id, stream, &before.user_secrets),
        TenantEvent::TenantSetAside { .. } | TenantEvent::TenantReturnUndone { .. } => {
            let opened = row().map(Change::Open);
            closed(id, stream, &before.user_secrets).into_iter().chain(opened).collect()
        }
        TenantEvent::TenantReturnStarted { .. } => returning(id, stream, after, row()),
        TenantEvent::TenantKeyDestroyed => match after {
            Tenant::Unknown | Tenant::Living(_) | Tenant::Aside(_) => vec![],
            Tenant::Gone { secrets, withdrawn, .. } => unreadable(id, secrets, withdrawn),
        },
        TenantEvent::SecretWithdrawn { name, version } => {
            vec![Change::Close(Table::Secrets, secret_key(id, name.as_str(), *version))]
        }
        TenantEvent::DatabaseMigrated { .. } | TenantEvent::MigrationFailed { .. } => vec![],
        TenantEvent::SecretSealed { name, version, seal_id, sealed } => {
            let cells = vec![
                Cell::text(id),
                Cell::text(name),
                Cell::Number(i64::from(*version)),
                Cell::text(seal_id),
                Cell::text(sealed),
            ];
            vec![Change::Open(Row { table: Table::Secrets, key: secret_key(id, name.as_str(), *version), cells })]
        }
        TenantEvent::TenantSecretSet { key, seal_id, sealed } => {
            let row = user_secret_row(id, stream, key, seal_id, sealed);
            vec![if before.user_secrets.contains(key) { Change::Replace(row) } else { Change::Open(row) }]
        }
        TenantEvent::TenantSecretUnset { key } => {
            vec![Change::Close(Table::UserSecrets, user_secret_key(stream, key))]
        }
    }
}

/// All versions of all secrets, but for those that were withdrawn before.
fn unreadable(
    id: &str,
    secrets: &BTreeMap<SecretName, (u32, Uuid)>,
    withdrawn: &BTreeSet<(SecretName, u32)>,
) -> Vec<Change> {
    let versions = secrets.iter().flat_map(|(name, (newest, _))| (1..=*newest).map(move |v| (name, v)));
    versions
        .filter(|(name, version)| !withdrawn.contains(&((*name).clone(), *version)))
        .map(|(name, version)| Change::Close(Table::Secrets, secret_key(id, name.as_str(), version)))
        .collect()
}

/// A tenant that was set aside has its row and its secrets again.
fn returning(id: &str, stream: &str, after: &Tenant, row: Option<Row>) -> Vec<Change> {
    let Tenant::Living(living) = after else { return vec![] };
    let secrets = living
        .user_secrets
        .iter()
        .map(|(key, UserSecret { seal_id, sealed })| Change::Open(user_secret_row(id, stream, key, seal_id, sealed)));
    let own = std::iter::once(Change::Close(Table::Aside, id.to_owned())).chain(row.map(Change::Open));
    own.chain(secrets).collect()
}

/// What ends with a tenant's row.
fn closed(id: &str, stream: &str, secrets: &[SecretKey]) -> Vec<Change> {
    let own = Change::Close(Table::Tenants, id.to_owned());
    let secrets = secrets.iter().map(|key| Change::Close(Table::UserSecrets, user_secret_key(stream, key)));
    std::iter::once(own).chain(secrets).collect()
}

fn user_secret_row(id: &str, stream: &str, key: &SecretKey, seal_id: &Uuid, sealed: &str) -> Row {
    let cells = vec![Cell::text(id), Cell::Null, Cell::text(key), Cell::text(seal_id), Cell::text(sealed)];
    Row { table: Table::UserSecrets, key: user_secret_key(stream, key), cells }
}

/// The same columns, and until when it can be brought back.
fn aside_row(aside: &AsideTenant, began: Began, now: Timestamp) -> Row {
    let phase = aside.deleting.map_or(TenantPhase::Ready, TenantPhase::Deleting);
    let mut row = row_of(&LivingTenant { phase, ..aside.tenant.clone() }, began, now);
    row.table = Table::Aside;
    row.cells.push(Cell::Number(aside.until.millis()));
    row
}

fn row_of(tenant: &LivingTenant, began: Began, now: Timestamp) -> Row {
    let state = match tenant.phase {
        // One that is brought back is made anew, as far as anybody can see.
        TenantPhase::Creating(_) | TenantPhase::Returning(..) => "creating",

        TenantPhase::Ready if tenant.vanished => "vanished",
        TenantPhase::Ready => "ready",
        TenantPhase::Changing(_) => "changing",
        TenantPhase::Deleting(_) => "deleting",
        TenantPhase::Cancelled => "cancelled",
    };
    Row {
        table: Table::Tenants,
        key: tenant.id.to_string(),
        cells: vec![
            Cell::text(&tenant.name),
            Cell::text(&tenant.tenant_type),
            Cell::text(&tenant.provider),
            Cell::optional(tenant.region.as_ref()),
            Cell::text(state),
            Cell::text(&tenant.config),
            Cell::text(&tenant.resources),
            Cell::optional(tenant.phase.operation().as_ref()),
            Cell::Number(began.time.millis()),
            Cell::Number(began.position.sql()),
            Cell::Number(now.millis()),
            Cell::Number(i64::from(tenant.protected)),
        ],
    }
}

fn secret_key(tenant: &str, name: &str, version: u32) -> String {
    format!("{tenant}/{name}/{version}")
}
