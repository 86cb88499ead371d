//! A whole log from its first event on: every stream's state, who has which name, and the rules across streams.

use std::collections::HashMap;

use super::demand::{self, Demand};
use crate::{
    Event, ProfileId, ProfileName, Refusal, State, Stream, Tenant, TenantId, TenantName,
    projection::{Change, Fold, FoldError, Folded},
    recorded::Happened,
};

/// All that was folded so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whole {
    fold: Fold,
    tenants: HashMap<TenantName, TenantId>,
    profiles: HashMap<ProfileName, ProfileId>,
}

/// A name, and who has it.
enum Named {
    Tenant(TenantName, TenantId),
    Profile(ProfileName, ProfileId),
}

impl Whole {
    /// Whether an event may happen now, by the rules that its own stream cannot see.
    pub(crate) fn check(&self, happened: &Happened<'_>) -> Result<(), Refusal> {
        if !demand::may_demand(happened.event) {
            return Ok(());
        }
        // One that names no stream is the fold's to refuse.
        let Ok(stream) = happened.stream.parse::<Stream>() else { return Ok(()) };
        let unknown = Folded::initial(&stream);
        let before = &self.fold.get(&stream).unwrap_or(&unknown).state;
        demand::demands(happened.event, &stream, before).iter().try_for_each(|demand| self.holds(demand))
    }

    fn holds(&self, demand: &Demand) -> Result<(), Refusal> {
        match demand {
            Demand::TenantNameIsFree(name) => match self.tenants.get(name) {
                Some(by) => Err(Refusal::NameTaken { name: name.clone(), by: by.clone() }),
                None => Ok(()),
            },
            Demand::ProfileNameIsFree(name) => match self.profiles.get(name) {
                Some(by) => Err(Refusal::ProfileNameTaken { name: name.clone(), by: *by }),
                None => Ok(()),
            },
            Demand::TenantLives(tenant) => {
                self.with_state(&Stream::Tenant(tenant.clone()), |state| demand::tenant_lives(tenant, state))
            }
            Demand::PluginIsUnused(id) => {
                let at = self.fold.states().filter_map(|state| demand::tenant_at(id, state));
                demand::plugin_is_unused(id, at.collect())
            }
            Demand::PluginIsNotRemoved(id) => match self.fold.get(&Stream::Plugin(id.clone())) {
                Some(folded) => demand::plugin_is_not_removed(id, &folded.state, folded.version.is_some()),
                None => Ok(()),
            },
            Demand::NobodyIsLoggedIn(id) => {
                self.with_state(&Stream::Account(id.clone()), |state| demand::nobody_is_logged_in(id, state))
            }
            Demand::ProfileBelongs(profile, tenant) => {
                self.with_state(&Stream::Profile(*profile), |state| demand::profile_belongs(*profile, tenant, state))
            }
        }
    }

    fn with_state<T>(&self, stream: &Stream, look: impl FnOnce(&State) -> T) -> T {
        match self.fold.get(stream) {
            Some(folded) => look(&folded.state),
            None => look(&State::initial(stream)),
        }
    }

    /// Takes the next event in, and says what it changes. The rules across streams are not asked again.
    pub(crate) fn apply(&mut self, happened: &Happened<'_>) -> Result<Vec<Change>, FoldError> {
        if !matches!(happened.event, Event::Tenant(_) | Event::Profile(_)) {
            return self.fold.apply_lean(happened);
        }
        let before = self.named(happened.stream);
        let changes = self.fold.apply_lean(happened)?;
        match before {
            Some(Named::Tenant(name, id)) if self.tenants.get(&name) == Some(&id) => {
                self.tenants.remove(&name);
            }
            Some(Named::Profile(name, id)) if self.profiles.get(&name) == Some(&id) => {
                self.profiles.remove(&name);
            }
            // Another one took the name against the rules, which was told, and has it.
            Some(_) | None => {}
        }
        match self.named(happened.stream) {
            Some(Named::Tenant(name, id)) => drop(self.tenants.insert(name, id)),
            Some(Named::Profile(name, id)) => drop(self.profiles.insert(name, id)),
            None => {}
        }
        Ok(changes)
    }

    /// The name that a stream's tenant or profile has, if it lives.
    fn named(&self, stream: &str) -> Option<Named> {
        let state = &self.fold.named(stream)?.state;
        if let State::Tenant(Tenant::Living(living)) = state {
            return Some(Named::Tenant(living.name.clone(), living.id.clone()));
        }
        state.living_profile().map(|living| Named::Profile(living.name.clone(), living.id))
    }
}

#[cfg(test)]
#[path = "whole_test.rs"]
mod tests;
