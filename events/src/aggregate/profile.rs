//! A profile: settings of one tenant, and the secrets that go with them.

use std::collections::BTreeMap;

use super::UserSecret;
use crate::{Corrupt, Digest, ProfileCommand, ProfileEvent, ProfileId, ProfileName, Refusal, SecretKey, TenantId};

/// The state of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Nobody has made it.
    #[default]
    Unknown,
    /// It can be used.
    Living(Box<LivingProfile>),
    /// It is no more; it was so at its end, and can come back.
    Gone(Box<LivingProfile>),
}

/// A profile that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivingProfile {
    /// Unique for ever.
    pub id: ProfileId,
    /// Unique among the living of the project.
    pub name: ProfileName,
    /// The tenant that it belongs to, for ever.
    pub tenant: TenantId,
    /// Its `profile.yaml`.
    pub text: String,
    /// The secrets that are set for it.
    pub secrets: BTreeMap<SecretKey, UserSecret>,
}

pub(super) fn decide(profile: &Profile, own: ProfileId, command: ProfileCommand) -> Result<Vec<ProfileEvent>, Refusal> {
    match command {
        ProfileCommand::Create { name, tenant, text } => match profile {
            Profile::Unknown => Ok(vec![ProfileEvent::ProfileCreated { id: own, name, tenant, text }]),
            Profile::Living(living) if (&living.name, &living.tenant, &living.text) == (&name, &tenant, &text) => {
                Ok(vec![])
            }
            Profile::Living(_) | Profile::Gone(_) => Err(Refusal::ProfileIdTaken { id: own }),
        },
        ProfileCommand::Edit { before, text, source } => {
            let present = &living(profile, own)?.text;
            if *present == text {
                return Ok(vec![]);
            }
            // Made from another text, it would take back what was changed since.
            if Digest::of(present.as_bytes()) != before {
                return Err(Refusal::ProfileChanged { id: own });
            }
            Ok(vec![ProfileEvent::ProfileEdited { text, source }])
        }
        ProfileCommand::Delete => match profile {
            Profile::Unknown => Err(Refusal::NoSuchProfile { id: own }),
            Profile::Living(_) => Ok(vec![ProfileEvent::ProfileDeleted]),
            Profile::Gone(_) => Ok(vec![]),
        },
        ProfileCommand::Restore => match profile {
            Profile::Unknown => Err(Refusal::NoSuchProfile { id: own }),
            Profile::Living(_) => Ok(vec![]),
            Profile::Gone(_) => Ok(vec![ProfileEvent::ProfileRestored]),
        },
        ProfileCommand::SetSecret { key, seal_id, sealed } => {
            let again = living(profile, own)?.secrets.get(&key).is_some_and(|set| set.seal_id == seal_id);
            Ok(if again { vec![] } else { vec![ProfileEvent::ProfileSecretSet { key, seal_id, sealed }] })
        }
        ProfileCommand::UnsetSecret { key } => {
            let set = living(profile, own)?.secrets.contains_key(&key);
            Ok(if set { vec![ProfileEvent::ProfileSecretUnset { key }] } else { vec![] })
        }
    }
}

fn living(profile: &Profile, id: ProfileId) -> Result<&LivingProfile, Refusal> {
    match profile {
        Profile::Living(living) => Ok(living),
        Profile::Unknown => Err(Refusal::NoSuchProfile { id }),
        Profile::Gone(_) => Err(Refusal::ProfileGone { id }),
    }
}

pub(super) fn evolve(profile: Profile, event: &ProfileEvent) -> Result<Profile, Corrupt> {
    match (profile, event) {
        (Profile::Unknown, ProfileEvent::ProfileCreated { id, name, tenant, text }) => {
            Ok(Profile::Living(Box::new(LivingProfile {
                id: *id,
                name: name.clone(),
                tenant: tenant.clone(),
                text: text.clone(),
                secrets: BTreeMap::new(),
            })))
        }
        (Profile::Living(living), ProfileEvent::ProfileDeleted) => Ok(Profile::Gone(living)),
        (Profile::Gone(gone), ProfileEvent::ProfileRestored) => Ok(Profile::Living(gone)),
        (Profile::Living(living), event) => live(*living, event),
        (Profile::Unknown, event) => Err(cannot(event, "unknown")),
        (Profile::Gone(_), event) => Err(cannot(event, "gone")),
    }
}

fn live(mut profile: LivingProfile, event: &ProfileEvent) -> Result<Profile, Corrupt> {
    match event {
        ProfileEvent::ProfileEdited { text, .. } => profile.text.clone_from(text),
        ProfileEvent::ProfileSecretSet { key, seal_id, sealed } => {
            profile.secrets.insert(key.clone(), UserSecret { seal_id: *seal_id, sealed: sealed.clone() });
        }
        ProfileEvent::ProfileSecretUnset { key } => {
            profile.secrets.remove(key).ok_or_else(|| cannot(event, "without this secret"))?;
        }
        ProfileEvent::ProfileCreated { .. } | ProfileEvent::ProfileDeleted | ProfileEvent::ProfileRestored => {
            return Err(cannot(event, "living"));
        }
    }
    Ok(Profile::Living(Box::new(profile)))
}

fn cannot(event: &ProfileEvent, state: &'static str) -> Corrupt {
    Corrupt { event: crate::codec::profile_kind(event), aggregate: "the profile", state }
}

#[cfg(test)]
#[path = "profile_test.rs"]
mod tests;
