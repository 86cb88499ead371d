//! The undo of a profile's events.

use super::{Facet, UNKNOWN, Undo};
use crate::{Command, Digest, LivingProfile, Profile, ProfileCommand, ProfileEvent, ProfileId, SecretKey};

/// An undo is a command like others.
const SOURCE: &str = "command";

pub(super) fn undo(event: &ProfileEvent, id: ProfileId, before: &Profile) -> Undo {
    let by = |command, facet| Undo::Inverse { commands: vec![Command::Profile(id, command)], facet };
    match (event, before) {
        (ProfileEvent::ProfileCreated { .. } | ProfileEvent::ProfileRestored, _) => {
            by(ProfileCommand::Delete, Facet::Profile)
        }
        (ProfileEvent::ProfileDeleted, _) => by(ProfileCommand::Restore, Facet::Profile),
        (ProfileEvent::ProfileEdited { text, .. }, Profile::Living(living)) => {
            let edit = ProfileCommand::Edit {
                before: Digest::of(text.as_bytes()),
                text: living.text.clone(),
                source: SOURCE.to_owned(),
            };
            by(edit, Facet::Text)
        }
        (
            ProfileEvent::ProfileSecretSet { key, .. } | ProfileEvent::ProfileSecretUnset { key },
            Profile::Living(living),
        ) => by(former_secret(key, living), Facet::Secret(key.clone())),
        (
            ProfileEvent::ProfileEdited { .. }
            | ProfileEvent::ProfileSecretSet { .. }
            | ProfileEvent::ProfileSecretUnset { .. },
            Profile::Unknown | Profile::Gone(_),
        ) => UNKNOWN,
    }
}

fn former_secret(key: &SecretKey, before: &LivingProfile) -> ProfileCommand {
    let key = key.clone();
    match before.secrets.get(&key).cloned() {
        Some(former) => ProfileCommand::SetSecret { key, seal_id: former.seal_id, sealed: former.sealed },
        None => ProfileCommand::UnsetSecret { key },
    }
}
