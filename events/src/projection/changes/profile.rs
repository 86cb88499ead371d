//! Tables `profiles` and `user_secrets` (those of profiles).

use uuid::Uuid;

use super::Change;
use crate::{
    LivingProfile, Profile, ProfileEvent, SecretKey, Timestamp, UserSecret,
    projection::{Began, Cell, Row, Table},
};

pub(super) fn changes(
    event: &ProfileEvent,
    stream: &str,
    before: &[SecretKey],
    after: &Profile,
    began: Began,
    now: Timestamp,
) -> Vec<Change> {
    let living = match after {
        Profile::Living(living) => Some(living),
        Profile::Unknown | Profile::Gone(_) => None,
    };
    match event {
        ProfileEvent::ProfileCreated { .. } => living.map(|l| Change::Open(row(l, began, now))).into_iter().collect(),
        ProfileEvent::ProfileEdited { .. } => living.map(|l| Change::Replace(row(l, began, now))).into_iter().collect(),
        ProfileEvent::ProfileDeleted => {
            let id = stream.strip_prefix("profile/").unwrap_or(stream);
            let own = Change::Close(Table::Profiles, id.to_owned());
            let secrets = before.iter().map(|key| Change::Close(Table::UserSecrets, secret_key(stream, key)));
            std::iter::once(own).chain(secrets).collect()
        }
        ProfileEvent::ProfileRestored => {
            let Some(living) = living else { return vec![] };
            let secrets = living.secrets.iter().map(|(key, UserSecret { seal_id, sealed })| {
                Change::Open(secret_row(stream, living, key, seal_id, sealed))
            });
            std::iter::once(Change::Open(row(living, began, now))).chain(secrets).collect()
        }
        ProfileEvent::ProfileSecretSet { key, seal_id, sealed } => {
            let Some(living) = living else { return vec![] };
            let row = secret_row(stream, living, key, seal_id, sealed);
            vec![if before.contains(key) { Change::Replace(row) } else { Change::Open(row) }]
        }
        ProfileEvent::ProfileSecretUnset { key } => {
            vec![Change::Close(Table::UserSecrets, secret_key(stream, key))]
        }
    }
}

fn row(profile: &LivingProfile, began: Began, now: Timestamp) -> Row {
    Row {
        table: Table::Profiles,
        key: profile.id.to_string(),
        cells: vec![
            Cell::text(&profile.name),
            Cell::text(&profile.tenant),
            Cell::text(&profile.text),
            Cell::Number(began.time.millis()),
            Cell::Number(began.position.sql()),
            Cell::Number(now.millis()),
        ],
    }
}

fn secret_row(stream: &str, profile: &LivingProfile, key: &SecretKey, seal_id: &Uuid, sealed: &str) -> Row {
    let cells = vec![
        Cell::text(&profile.tenant),
        Cell::text(&profile.id),
        Cell::text(key),
        Cell::text(seal_id),
        Cell::text(sealed),
    ];
    Row { table: Table::UserSecrets, key: secret_key(stream, key), cells }
}

/// The key of a user's secret: the stream that it is set in, and its name.
pub(super) fn secret_key(stream: &str, key: &SecretKey) -> String {
    format!("{stream}/{key}")
}
