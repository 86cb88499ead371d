//! Names that tenants and profiles had, where others that came since may have them now.

use std::collections::BTreeSet;

use super::{Left, Pair, Restore, living_tenants, new_tenant};
use crate::{
    Event, Position, ProfileName, Recorded, State, Stream, Tenant, TenantCommand, TenantEvent, TenantId, TenantName,
    undo::Streams,
};

impl Restore {
    /// Each as soon as its name is free; where names go round in a circle, one waits under another name. One whose name
    /// a tenant has that came since keeps the name that it has, and so may keep another from its own.
    pub(super) fn names(&mut self, streams: &Streams, pairs: &[Pair<'_>], to: Position) {
        let mut pending: Vec<(TenantId, TenantName, TenantName)> = living_tenants(pairs)
            .filter(|(then, now)| then.name != now.name)
            .map(|(then, now)| (now.id.clone(), now.name.clone(), then.name.clone()))
            .collect();
        let mut taken: BTreeSet<TenantName> = pairs.iter().filter_map(name_of_new).collect();
        while let Some(place) = pending.iter().position(|(_, _, wanted)| taken.contains(wanted)) {
            let (id, held, _) = pending.remove(place);
            taken.insert(held);
            let stream = Stream::Tenant(id);
            let is_renaming =
                |recorded: &&Recorded| matches!(recorded.event, Event::Tenant(TenantEvent::TenantRenamed { .. }));
            let renamed = streams.since(&stream, to).filter(is_renaming).last();
            self.left
                .extend(renamed.map(|renamed| left(renamed, stream.clone(), "a tenant that came since has the name")));
        }
        let mut waiting = 0_u32;
        while !pending.is_empty() {
            let is_free = |wanted: &TenantName| pending.iter().all(|(_, held, _)| held != wanted);
            if let Some(place) = pending.iter().position(|(_, _, wanted)| is_free(wanted)) {
                let (id, _, name) = pending.remove(place);
                self.tenant(&id, TenantCommand::Rename { name });
            } else if let Some((id, held, _)) = pending.first_mut() {
                waiting += 1;
                let name: TenantName =
                    format!("restored-{waiting}").parse().expect("BUG: a name for the meantime is valid");
                *held = name.clone();
                let id = id.clone();
                self.tenant(&id, TenantCommand::Rename { name });
            }
        }
    }
}

/// The names of living profiles of tenants that came since, with which they stay.
pub(super) fn of_new_profiles(pairs: &[Pair<'_>]) -> BTreeSet<ProfileName> {
    let new: BTreeSet<_> = pairs.iter().filter_map(new_tenant).collect();
    let profiles = pairs.iter().filter_map(|pair| pair.now.living_profile());
    profiles.filter(|profile| new.contains(&profile.tenant)).map(|profile| profile.name.clone()).collect()
}

/// A profile that stays deleted.
pub(super) fn profile_left(deleted: &Recorded, stream: &Stream) -> Left {
    left(deleted, stream.clone(), "a profile that came since has the name")
}

fn left(recorded: &Recorded, stream: Stream, why: &'static str) -> Left {
    Left { position: recorded.position, kind: recorded.kind.to_owned(), stream, why, is_irreversible: true }
}

/// The name of a tenant that lives and did not then: it came since, or came back.
fn name_of_new(pair: &Pair<'_>) -> Option<TenantName> {
    let State::Tenant(Tenant::Living(now)) = &pair.now else { return None };
    let lived = matches!(&pair.then, State::Tenant(Tenant::Living(_)));
    (!lived).then(|| now.name.clone())
}
