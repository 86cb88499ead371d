//! What an event changes of its stream's state: later changes of the same facet stand in the way of its undo.

use std::collections::BTreeSet;

use crate::aggregate::SYNC_TOKEN_FIELD;
use crate::template::{self, SecretRef};
use crate::{LivingProfile, LivingTenant, Profile, Project, SecretKey, Session, State, Tenant};

/// A part of the state of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facet {
    /// Which tenant is selected.
    Selection,
    /// That the tenant is there.
    Existence,
    /// That the tenant is recorded, and by which secrets of its own its database is reached: who forgets it forgets those.
    Custody,
    /// That the tenant is set aside.
    Aside,
    /// The tenant's name.
    Name,
    /// Whether the tenant is protected.
    Protection,
    /// Whether the tenant's database is declared to be open to other machines.
    ExternalAccess,
    /// The provider's own settings of the tenant.
    Config,
    /// A user's secret of the tenant or the profile.
    Secret(SecretKey),
    /// The profile's settings.
    Text,
    /// The profile, whole.
    Profile,
    /// Who works in the tenant, until when, and with which profile.
    Session,
    /// Who works in the tenant, and until when.
    Login,
    /// With which profile the tenant is worked in.
    SessionProfile,
    /// In which tenant, and with which profile, the shell works.
    Place,
    /// What the plugin is allowed.
    Grant,
}

impl Facet {
    /// Whether it is the same in two states of one stream.
    pub fn is_same(&self, one: &State, other: &State) -> bool {
        match self {
            Self::Selection => project(one).map(|it| &it.selected) == project(other).map(|it| &it.selected),
            Self::Existence => tenant(one).is_some() == tenant(other).is_some(),
            Self::Custody => tenant(one).map(passwords) == tenant(other).map(passwords),
            Self::Aside => is_aside(one) == is_aside(other),
            Self::Name => tenant(one).map(|it| &it.name) == tenant(other).map(|it| &it.name),
            Self::Protection => tenant(one).map(|it| it.protected) == tenant(other).map(|it| it.protected),
            Self::ExternalAccess => {
                tenant(one).map(LivingTenant::external_access) == tenant(other).map(LivingTenant::external_access)
            }
            Self::Config => tenant(one).map(|it| &it.config) == tenant(other).map(|it| &it.config),
            Self::Secret(key) => secret(one, key) == secret(other, key),
            Self::Text => profile(one).map(|it| &it.text) == profile(other).map(|it| &it.text),
            Self::Profile => profile(one) == profile(other),
            Self::Session => session(one) == session(other),
            Self::Login => session(one).map(|it| &it.login) == session(other).map(|it| &it.login),
            Self::SessionProfile => session(one).map(|it| it.profile) == session(other).map(|it| it.profile),
            Self::Place | Self::Grant => one == other,
        }
    }
}

fn project(state: &State) -> Option<&Project> {
    match state {
        State::Project(project) => Some(project),
        State::Tenant(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => None,
    }
}

fn tenant(state: &State) -> Option<&LivingTenant> {
    match state {
        State::Tenant(Tenant::Living(living)) => Some(living),
        State::Tenant(Tenant::Unknown | Tenant::Aside(_) | Tenant::Gone { .. })
        | State::Project(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => None,
    }
}

/// The secrets that its record names, but for the token that nobody needs to reach its database.
fn passwords(tenant: &LivingTenant) -> BTreeSet<SecretRef> {
    let fields = tenant.resources.value();
    let fields = fields.as_object().into_iter().flatten().filter(|(field, _)| *field != SYNC_TOKEN_FIELD);
    // What is no template names no secret.
    fields.flat_map(|(_, value)| template::references(&value.to_string()).unwrap_or_default()).collect()
}

fn is_aside(state: &State) -> bool {
    matches!(state, State::Tenant(Tenant::Aside(_)))
}

fn profile(state: &State) -> Option<&LivingProfile> {
    match state {
        State::Profile(Profile::Living(living)) => Some(living),
        State::Profile(Profile::Unknown | Profile::Gone(_))
        | State::Project(_)
        | State::Tenant(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => None,
    }
}

fn session(state: &State) -> Option<&Session> {
    match state {
        State::Session(session) => Some(session),
        State::Project(_)
        | State::Tenant(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Shell(_) => None,
    }
}

/// Nothing where its owner is gone, which is not the same as an owner without it.
#[expect(clippy::option_option, reason = "the outer one: no owner; the inner one: an owner without it")]
fn secret<'a>(state: &'a State, key: &SecretKey) -> Option<Option<&'a crate::UserSecret>> {
    let of_tenant = tenant(state).map(|living| living.user_secrets.get(key));
    of_tenant.or_else(|| profile(state).map(|living| living.secrets.get(key)))
}
