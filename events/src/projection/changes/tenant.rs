//! Tables `tenants` and `secrets`.

use super::Change;
use crate::{
    LivingTenant, Tenant, TenantEvent, TenantPhase, Timestamp,
    projection::{Began, Cell, Row, Table},
};

pub(super) fn changes(event: &TenantEvent, stream: &str, after: &Tenant, began: Began, now: Timestamp) -> Vec<Change> {
    let id = stream.strip_prefix("tenant/").unwrap_or(stream);
    let row = || match after {
        Tenant::Living(living) => Some(row(living, began, now)),
        Tenant::Unknown | Tenant::Gone { .. } => None,
    };
    match event {
        TenantEvent::TenantRequested { .. } | TenantEvent::TenantAdopted { .. } => {
            row().map(Change::Open).into_iter().collect()
        }
        TenantEvent::TenantCreated { .. }
        | TenantEvent::TenantDeletionStarted { .. }
        | TenantEvent::TenantDeletionUndone { .. } => row().map(Change::Replace).into_iter().collect(),
        TenantEvent::TenantCreationUndone { .. } | TenantEvent::TenantDeleted { .. } => {
            vec![Change::Close(Table::Tenants, id.to_owned())]
        }
        TenantEvent::TenantKeyDestroyed => match after {
            Tenant::Unknown | Tenant::Living(_) => vec![],
            Tenant::Gone { secrets, .. } => {
                let versions = secrets.iter().flat_map(|(name, (newest, _))| (1..=*newest).map(move |v| (name, v)));
                versions
                    .map(|(name, version)| Change::Close(Table::Secrets, secret_key(id, name.as_str(), version)))
                    .collect()
            }
        },
        TenantEvent::SecretSealed { name, version, seal_id, sealed } => vec![Change::Open(Row {
            table: Table::Secrets,
            key: secret_key(id, name.as_str(), *version),
            cells: vec![
                Cell::text(id),
                Cell::text(name),
                Cell::Number(i64::from(*version)),
                Cell::text(seal_id),
                Cell::text(sealed),
            ],
        })],
    }
}

fn row(tenant: &LivingTenant, began: Began, now: Timestamp) -> Row {
    let state = match tenant.phase {
        TenantPhase::Creating(_) => "creating",
        TenantPhase::Ready => "ready",
        TenantPhase::Deleting(_) => "deleting",
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
        ],
    }
}

fn secret_key(tenant: &str, name: &str, version: u32) -> String {
    format!("{tenant}/{name}/{version}")
}
