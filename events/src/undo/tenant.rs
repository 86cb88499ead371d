//! The undo of a tenant's events.

use super::{Compensation, Facet, UNKNOWN, Undo};
use crate::aggregate::external_access;
use crate::{Command, LivingTenant, SecretKey, Tenant, TenantCommand, TenantEvent, TenantId};

const DELETED: Undo = Undo::Irreversible { why: "its data and the key of its secrets are gone" };
const CANCELLED: Undo = Undo::Irreversible { why: "its database is gone; create another tenant" };
const OPENED: Undo = Undo::Irreversible { why: "who may connect is its provider's to change; edit it again" };
const CHANGED: Undo = Undo::Irreversible { why: "what was changed outside is its provider's to change back" };
const ROTATED: Undo =
    Undo::Irreversible { why: "what was replaced may be known to others, and stays out; rotate again" };
const GIVEN_UP: Undo = Undo::Irreversible { why: "nobody knows what the operation left" };
const MIGRATED: Undo =
    Undo::Irreversible { why: "what a migration did to the data is not known; write a migration that takes it back" };
const RETURNED: Undo = Undo::Irreversible { why: "a tenant that was brought back stays; delete it again" };
const SEEN: Undo = Undo::Remark { why: "what a provider has, only asking it tells; sync again" };
const TAKEN_BACK: Undo = Undo::Remark { why: "what the operation had done was taken back then" };

pub(super) fn undo(event: &TenantEvent, id: &TenantId, before: &Tenant) -> Undo {
    match (event, before) {
        (TenantEvent::TenantAdopted { .. }, _) => {
            Undo::Compensation { what: Compensation::ForgetTenant { tenant: id.clone() }, facet: Facet::Custody }
        }
        (TenantEvent::TenantRequested { .. }, _) => Undo::Part,
        (TenantEvent::TenantKeyDestroyed, _) => DELETED,
        (event, Tenant::Living(living)) => of_living(event, id, living),
        (event, Tenant::Aside(aside)) => of_living(event, id, &aside.tenant),
        (_, Tenant::Unknown | Tenant::Gone { .. }) => UNKNOWN,
    }
}

fn of_living(event: &TenantEvent, id: &TenantId, before: &LivingTenant) -> Undo {
    let by = |command, facet| Undo::Inverse { commands: vec![Command::Tenant(id.clone(), command)], facet };
    match event {
        TenantEvent::TenantRequested { .. }
        | TenantEvent::TenantDeletionStarted { .. }
        | TenantEvent::TenantReturnStarted { .. }
        | TenantEvent::TenantChangeStarted { .. }
        | TenantEvent::SecretSealed { .. }
        | TenantEvent::SecretWithdrawn { .. } => Undo::Part,
        TenantEvent::TenantCreated { .. } => {
            Undo::Compensation { what: Compensation::DeleteTenant { tenant: id.clone() }, facet: Facet::Existence }
        }
        TenantEvent::TenantSetAside { .. } => {
            Undo::Compensation { what: Compensation::BringBack { tenant: id.clone() }, facet: Facet::Aside }
        }
        TenantEvent::TenantBroughtBack { .. } => RETURNED,
        TenantEvent::TenantAdopted { .. } => UNKNOWN,
        TenantEvent::TenantChanged { config: Some(_), .. } => {
            let what = Compensation::EditTenant { tenant: id.clone(), config: before.config.clone() };
            Undo::Compensation { what, facet: Facet::Config }
        }
        TenantEvent::SyncTokenRotated { .. } => ROTATED,
        // A rotation makes a secret anew; who may connect can be asked for where it was so already.
        TenantEvent::TenantChanged { config: None, .. } if !before.sealed_in_change.is_empty() => ROTATED,
        TenantEvent::TenantChanged { config: None, resources, .. } if external_access(resources).is_some() => OPENED,
        TenantEvent::TenantChanged { config: None, .. } => CHANGED,
        TenantEvent::TenantCreationUndone { .. }
        | TenantEvent::TenantDeletionUndone { .. }
        | TenantEvent::TenantReturnUndone { .. }
        | TenantEvent::TenantChangeUndone { .. } => TAKEN_BACK,
        TenantEvent::TenantVanished | TenantEvent::TenantReappeared => SEEN,
        TenantEvent::TenantDeleted { .. } | TenantEvent::TenantKeyDestroyed => DELETED,
        TenantEvent::TenantCancelled { .. } => CANCELLED,
        TenantEvent::TenantAbandoned { .. } | TenantEvent::TenantChangeAbandoned { .. } => GIVEN_UP,
        TenantEvent::TenantRenamed { .. } => by(TenantCommand::Rename { name: before.name.clone() }, Facet::Name),
        TenantEvent::TenantProtected => by(TenantCommand::Unprotect, Facet::Protection),
        TenantEvent::TenantUnprotected => by(TenantCommand::Protect, Facet::Protection),
        TenantEvent::ExternalAccessAllowed
        | TenantEvent::ExternalAccessEnded
        | TenantEvent::ExternalAccessUndeclared => {
            let command = match before.external_access() {
                Some(true) => TenantCommand::AllowExternalAccess,
                Some(false) => TenantCommand::EndExternalAccess,
                None => TenantCommand::UndeclareExternalAccess,
            };
            by(command, Facet::ExternalAccess)
        }
        TenantEvent::TenantSecretSet { key, .. } | TenantEvent::TenantSecretUnset { key } => {
            by(former_secret(key, before), Facet::Secret(key.clone()))
        }
        TenantEvent::DatabaseMoved { .. } => Undo::Remark { why: "its database answers where it answers" },
        TenantEvent::MigrationFailed { applied, .. } if applied.is_empty() => {
            Undo::Remark { why: "a migration that failed left nothing" }
        }
        TenantEvent::DatabaseMigrated { .. } | TenantEvent::MigrationFailed { .. } => MIGRATED,
    }
}

fn former_secret(key: &SecretKey, before: &LivingTenant) -> TenantCommand {
    let key = key.clone();
    match before.user_secrets.get(&key).cloned() {
        Some(former) => TenantCommand::SetSecret { key, seal_id: former.seal_id, sealed: former.sealed },
        None => TenantCommand::UnsetSecret { key },
    }
}
