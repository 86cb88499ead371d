//! Ids of new tenants: `local_…` on this machine, a UUID in a cloud, and the same one for the same idempotency key.

use systemprompt_events::{Digest, EventRef, HistoryFilter, Position, TenantId, TenantType};

use super::Wanted;
use crate::env;
use crate::error::{CliError, Exit};
use crate::project::Project;

/// As given, made of the idempotency key, or new.
pub(super) async fn id(project: &mut Project, wanted: &Wanted) -> Result<TenantId, CliError> {
    if let Some(id) = &wanted.id {
        return Ok(id.clone());
    }
    if let Some(key) = &wanted.idempotency_key {
        return id_of_key(project, key, wanted.tenant_type).await;
    }
    new_id(wanted.tenant_type)
}

/// Made of the key; where an earlier attempt was undone, or what it made was deleted, the next in the row.
async fn id_of_key(project: &mut Project, key: &str, tenant_type: TenantType) -> Result<TenantId, CliError> {
    /// Attempts that one key is good for.
    const ATTEMPTS: u32 = 1_000;
    let project_hash = first_hash(project).await?;
    for attempt in 0..ATTEMPTS {
        let text = format!("systemprompt/idempotency/v1\n{project_hash}\n{attempt}\n{key}");
        let id = id_of_digest(Digest::of(text.as_bytes()), tenant_type)?;
        let log = &mut project.ledger().log;
        let filter =
            HistoryFilter { tenant: Some(id.clone()), limit: 1, oldest_first: true, ..HistoryFilter::default() };
        if log.tenant(&id).await?.is_some() || log.history(&filter).await?.is_empty() {
            return Ok(id);
        }
    }
    Err(CliError::new(Exit::Refused, "bad-id", "this idempotency key was used too often").help("choose another"))
}

fn id_of_digest(digest: Digest, tenant_type: TenantType) -> Result<TenantId, CliError> {
    let text = match tenant_type {
        TenantType::Local => format!("local_{}", &digest.to_string()[..24]),
        TenantType::Cloud => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest.as_bytes()[..16]);
            uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
        }
    };
    text.parse().map_err(|error| {
        CliError::new(Exit::Failed, "bad-id", "could not make an id of the idempotency key").because(&error)
    })
}

/// A new one, of the kind that its type has.
pub(super) fn new_id(tenant_type: TenantType) -> Result<TenantId, CliError> {
    if tenant_type == TenantType::Cloud {
        // Random from its first digit on: clouds cut names that are unique for all of their users out of it.
        let uuid = uuid::Builder::from_random_bytes(random()?).into_uuid();
        return Ok(uuid.to_string().parse().expect("BUG: a UUID is an id"));
    }
    Ok(TenantId::local(env::now().millis().unsigned_abs(), random()?))
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], CliError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| CliError::from(crate::vault::VaultError::Random(error)))?;
    Ok(bytes)
}

/// Hash of the first event: the same key means another tenant in another project.
async fn first_hash(project: &mut Project) -> Result<String, CliError> {
    let first = project.ledger().log.event(&EventRef::Position(Position::FIRST));
    Ok(first.await?.map_or_else(String::new, |event| event.hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_its_type_and_the_same_for_the_same_key() {
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        for tenant_type in [TenantType::Local, TenantType::Cloud] {
            let is_local = tenant_type == TenantType::Local;
            for id in [new_id(tenant_type).unwrap(), id_of_digest(one, tenant_type).unwrap()] {
                assert_eq!(id.as_str().starts_with("local_"), is_local, "{id}");
                assert_eq!(uuid::Uuid::parse_str(id.as_str()).is_ok(), !is_local, "{id}");
            }
            let id = |digest| id_of_digest(digest, tenant_type).unwrap();
            assert!(id(one) == id(one) && id(one) != id(other));
        }
    }
}
