//! What an event asks of other streams than its own: the rules that hold where events are appended, taken in and verified.
//! Pure.

use crate::{
    AccountEvent, Event, PluginEvent, PluginId, Profile, ProfileEvent, ProfileId, ProfileName, ProjectEvent, Refusal,
    SessionEvent, ShellEvent, State, Stream, Tenant, TenantEvent, TenantId, TenantName,
};

/// Something that has to hold for an event to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// No living tenant has this name.
    TenantNameIsFree(TenantName),
    /// The tenant is there, and not set aside.
    TenantLives(TenantId),
    /// No living profile has this name.
    ProfileNameIsFree(ProfileName),
    /// The profile is there, and is the tenant's.
    ProfileBelongs(ProfileId, TenantId),
    /// No tenant is there, nor set aside, that only this plugin can end.
    PluginIsUnused(PluginId),
    /// The plugin was not removed; it may never have been recorded.
    PluginIsNotRemoved(PluginId),
    /// Nobody is logged in to the plugin: a login belongs to whoever has the id, so the next one would have it.
    NobodyIsLoggedIn(PluginId),
}

/// Whether an event of this kind may ask for anything: most do not, and need no look at their stream.
pub(super) fn may_demand(event: &Event) -> bool {
    match event {
        Event::Project(_) | Event::Tenant(_) | Event::Profile(_) | Event::Session(_) | Event::Shell(_) => true,
        Event::Plugin(event) => matches!(event, PluginEvent::PluginRemoved { .. }),
        Event::Operation(_) | Event::Account(_) => false,
    }
}

/// What an event asks for that is about to happen: besides what it asks for in a history, what was not always asked for.
/// A history that was recorded before that stays valid.
pub(super) fn demands_now(event: &Event, stream: &Stream, before: &State) -> Vec<Demand> {
    match (event, stream) {
        (Event::Session(SessionEvent::SessionResumed { .. }), Stream::Session(tenant)) => {
            vec![Demand::TenantLives(tenant.clone())]
        }
        (
            Event::Tenant(TenantEvent::TenantRequested { provider, .. } | TenantEvent::TenantAdopted { provider, .. }),
            _,
        ) => {
            let plugin = Demand::PluginIsNotRemoved(provider.clone());
            demands(event, stream, before).into_iter().chain([plugin]).collect()
        }
        (Event::Plugin(PluginEvent::PluginRemoved { .. }), Stream::Plugin(id)) => {
            demands(event, stream, before).into_iter().chain([Demand::NobodyIsLoggedIn(id.clone())]).collect()
        }
        (Event::Account(AccountEvent::AccountLoggedIn { .. }), Stream::Account(provider)) => {
            vec![Demand::PluginIsNotRemoved(provider.clone())]
        }
        _ => demands(event, stream, before),
    }
}

/// What an event asks for, wherever it stands, given the state of its stream before it.
pub(super) fn demands(event: &Event, stream: &Stream, before: &State) -> Vec<Demand> {
    match event {
        Event::Tenant(
            TenantEvent::TenantRequested { name, .. }
            | TenantEvent::TenantAdopted { name, .. }
            | TenantEvent::TenantRenamed { name },
        ) => vec![Demand::TenantNameIsFree(name.clone())],
        Event::Tenant(TenantEvent::TenantReturnStarted { .. }) => {
            let State::Tenant(Tenant::Aside(aside)) = before else { return vec![] };
            vec![Demand::TenantNameIsFree(aside.tenant.name.clone())]
        }
        Event::Project(ProjectEvent::TenantSelected { tenant }) => vec![Demand::TenantLives(tenant.clone())],
        Event::Profile(ProfileEvent::ProfileCreated { name, tenant, .. }) => of_profile(name, tenant),
        Event::Profile(ProfileEvent::ProfileRestored) => {
            let State::Profile(Profile::Gone(gone)) = before else { return vec![] };
            of_profile(&gone.name, &gone.tenant)
        }
        Event::Plugin(PluginEvent::PluginRemoved { .. }) => {
            let Stream::Plugin(id) = stream else { return vec![] };
            vec![Demand::PluginIsUnused(id.clone())]
        }
        Event::Session(event) => of_session(event, stream),
        Event::Shell(ShellEvent::ShellSwitched { tenant, profile }) => {
            let belongs = profile.map(|profile| Demand::ProfileBelongs(profile, tenant.clone()));
            std::iter::once(Demand::TenantLives(tenant.clone())).chain(belongs).collect()
        }
        Event::Project(_)
        | Event::Tenant(_)
        | Event::Operation(_)
        | Event::Plugin(_)
        | Event::Profile(_)
        | Event::Account(_)
        | Event::Shell(_) => vec![],
    }
}

fn of_profile(name: &ProfileName, tenant: &TenantId) -> Vec<Demand> {
    vec![Demand::TenantLives(tenant.clone()), Demand::ProfileNameIsFree(name.clone())]
}

fn of_session(event: &SessionEvent, stream: &Stream) -> Vec<Demand> {
    let Stream::Session(tenant) = stream else { return vec![] };
    match event {
        SessionEvent::SessionStarted { profile, .. } | SessionEvent::ProfileSwitched { profile: Some(profile) } => {
            vec![Demand::ProfileBelongs(*profile, tenant.clone())]
        }
        SessionEvent::SessionResumed { .. }
        | SessionEvent::ProfileSwitched { profile: None }
        | SessionEvent::SessionEnded { .. } => vec![],
    }
}

/// Whether a tenant is there, by the state of its stream.
pub(super) fn tenant_lives(tenant: &TenantId, state: &State) -> Result<(), Refusal> {
    match state {
        State::Tenant(Tenant::Living(_)) => Ok(()),
        State::Tenant(Tenant::Gone { .. }) => Err(Refusal::TenantGone { id: tenant.clone() }),
        State::Tenant(Tenant::Aside(aside)) => Err(Refusal::TenantAside { id: tenant.clone(), until: aside.until }),
        State::Tenant(Tenant::Unknown)
        | State::Project(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => Err(Refusal::NoSuchTenant { id: tenant.clone() }),
    }
}

/// The tenant of a state, if something of it is left that only this plugin can end.
pub(super) fn tenant_at(plugin: &PluginId, state: &State) -> Option<TenantId> {
    let living = match state {
        State::Tenant(Tenant::Living(living)) => living,
        State::Tenant(Tenant::Aside(aside)) => &aside.tenant,
        State::Tenant(Tenant::Unknown | Tenant::Gone { .. })
        | State::Project(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => return None,
    };
    (living.provider == *plugin).then(|| living.id.clone())
}

/// Refuses what would leave these without their plugin.
pub(super) fn plugin_is_unused(id: &PluginId, mut tenants: Vec<TenantId>) -> Result<(), Refusal> {
    tenants.sort_unstable();
    if tenants.is_empty() { Ok(()) } else { Err(Refusal::PluginInUse { id: id.clone(), tenants }) }
}

/// Refuses a plugin that was known once, by the state of its stream and whether anything happened there.
pub(super) fn plugin_is_not_removed(id: &PluginId, state: &State, is_begun: bool) -> Result<(), Refusal> {
    match state {
        State::Plugin(None) if is_begun => Err(Refusal::NoSuchPlugin { id: id.to_string() }),
        State::Plugin(_)
        | State::Project(_)
        | State::Tenant(_)
        | State::Operation(_)
        | State::Profile(_)
        | State::Account(_)
        | State::Session(_)
        | State::Shell(_) => Ok(()),
    }
}

/// Refuses what would leave a login without its plugin, by the state of the account.
pub(super) fn nobody_is_logged_in(id: &PluginId, state: &State) -> Result<(), Refusal> {
    match state {
        State::Account(account) if account.login.is_some() => Err(Refusal::LoggedIn { id: id.clone() }),
        State::Account(_)
        | State::Project(_)
        | State::Tenant(_)
        | State::Operation(_)
        | State::Plugin(_)
        | State::Profile(_)
        | State::Session(_)
        | State::Shell(_) => Ok(()),
    }
}

/// Whether a profile is there and is the tenant's, by the state of its stream.
pub(super) fn profile_belongs(id: ProfileId, tenant: &TenantId, state: &State) -> Result<(), Refusal> {
    match (state.living_profile(), state) {
        (Some(living), _) if living.tenant == *tenant => Ok(()),
        (Some(living), _) => Err(Refusal::ProfileOfAnother {
            name: living.name.clone(),
            owner: living.tenant.clone(),
            tenant: tenant.clone(),
        }),
        (None, State::Profile(Profile::Gone(_))) => Err(Refusal::ProfileGone { id }),
        (None, _) => Err(Refusal::NoSuchProfile { id }),
    }
}
