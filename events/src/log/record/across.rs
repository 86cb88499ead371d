//! Rules that concern several streams, and what the end of one thing means for others.

use super::{
    super::demand::{self, Demand},
    Transaction, batch,
    batch::Batch,
    load,
};
use crate::{
    Event, ExecuteError, LogError, Profile, ProfileEvent, ProfileId, ProfileName, ProjectEvent, Refusal, SessionEvent,
    ShellEvent, ShellId, State, Stream, TenantEvent, TenantId, TenantName,
};

/// Checks what the rules of one stream cannot see.
pub(super) async fn check<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    stream: &Stream,
    event: &Event,
) -> Result<(), ExecuteError> {
    for demand in demand::demands_now(event, stream, &batch.folded(stream).state) {
        match demand {
            Demand::TenantNameIsFree(name) => tenant_name_is_free(transaction, batch, &name).await?,
            Demand::ProfileNameIsFree(name) => profile_name_is_free(transaction, batch, &name).await?,
            Demand::TenantLives(tenant) => {
                let stream = Stream::Tenant(tenant.clone());
                load(transaction, batch, &stream).await?;
                demand::tenant_lives(&tenant, &batch.folded(&stream).state)?;
            }
            Demand::PluginIsUnused(id) => {
                let mut left = vec![];
                for tenant in transaction.tenants_at(&id).await? {
                    let stream = Stream::Tenant(tenant);
                    load(transaction, batch, &stream).await?;
                    left.extend(demand::tenant_at(&id, &batch.folded(&stream).state));
                }
                demand::plugin_is_unused(&id, left)?;
            }
            Demand::PluginIsNotRemoved(id) => {
                let stream = Stream::Plugin(id.clone());
                load(transaction, batch, &stream).await?;
                let folded = batch.folded(&stream);
                demand::plugin_is_not_removed(&id, &folded.state, folded.version.is_some())?;
            }
            Demand::NobodyIsLoggedIn(id) => {
                let stream = Stream::Account(id.clone());
                load(transaction, batch, &stream).await?;
                demand::nobody_is_logged_in(&id, &batch.folded(&stream).state)?;
            }
            Demand::ProfileBelongs(profile, tenant) => {
                let stream = Stream::Profile(profile);
                load(transaction, batch, &stream).await?;
                demand::profile_belongs(profile, &tenant, &batch.folded(&stream).state)?;
            }
        }
    }
    Ok(())
}

async fn tenant_name_is_free<T: Transaction>(
    transaction: &mut T,
    batch: &Batch,
    name: &TenantName,
) -> Result<(), ExecuteError> {
    let by = match batch.naming(name) {
        Some(batch::Naming::GivenTo(id)) => Some(id.clone()),
        Some(batch::Naming::Freed) => None,
        None => transaction.tenant_named(name).await?,
    };
    by.map_or(Ok(()), |by| Err(Refusal::NameTaken { name: name.clone(), by }.into()))
}

/// A profile that was deleted in this batch has freed its name, though the tables still hold it.
async fn profile_name_is_free<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    name: &ProfileName,
) -> Result<(), ExecuteError> {
    let taken = |by| Err(Refusal::ProfileNameTaken { name: name.clone(), by }.into());
    if let Some(profile) = batch.living_profiles().find(|profile| profile.name == *name) {
        return taken(profile.id);
    }
    match transaction.profile_named(name).await? {
        Some(by) if !is_gone(batch, by) => taken(by),
        Some(_) | None => Ok(()),
    }
}

/// Whether this batch knows that a profile is no more.
fn is_gone(batch: &Batch, id: ProfileId) -> bool {
    let stream = Stream::Profile(id);
    batch.knows(&stream) && batch.folded(&stream).state.living_profile().is_none()
}

/// What is over with an event, and has to be over elsewhere, too.
pub(super) enum Ending {
    Tenant(TenantId),
    Profile(ProfileId),
}

impl Ending {
    pub(super) fn of(event: &Event, stream: &Stream) -> Option<Self> {
        match (event, stream) {
            (
                Event::Tenant(
                    TenantEvent::TenantDeleted { .. }
                    | TenantEvent::TenantSetAside { .. }
                    | TenantEvent::TenantReturnUndone { .. }
                    | TenantEvent::TenantCreationUndone { .. }
                    | TenantEvent::TenantAbandoned { .. },
                ),
                Stream::Tenant(id),
            ) => Some(Self::Tenant(id.clone())),
            (Event::Profile(ProfileEvent::ProfileDeleted), Stream::Profile(id)) => Some(Self::Profile(*id)),
            (
                Event::Project(_)
                | Event::Tenant(_)
                | Event::Operation(_)
                | Event::Plugin(_)
                | Event::Profile(_)
                | Event::Account(_)
                | Event::Session(_)
                | Event::Shell(_),
                _,
            ) => None,
        }
    }
}

/// The events that follow in other streams, which are loaded. Nothing that is left points at what is over.
pub(super) async fn consequences<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    ending: Ending,
) -> Result<Vec<(Stream, Event)>, LogError> {
    match ending {
        Ending::Tenant(tenant) => of_tenants_end(transaction, batch, tenant).await,
        Ending::Profile(profile) => of_profiles_end(transaction, batch, profile).await,
    }
}

async fn of_tenants_end<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    tenant: TenantId,
) -> Result<Vec<(Stream, Event)>, LogError> {
    let mut events = vec![];
    let session = Stream::Session(tenant.clone());
    load(transaction, batch, &session).await?;
    if let State::Session(state) = &batch.folded(&session).state {
        if let Some(login) = &state.login {
            events.push((session.clone(), SessionEvent::SessionEnded { id: login.id }.into()));
        }
        if state.profile.is_some() {
            events.push((session.clone(), SessionEvent::ProfileSwitched { profile: None }.into()));
        }
    }
    for shell in shells_in(transaction, batch, &tenant).await? {
        events.push((Stream::Shell(shell), ShellEvent::ShellLeft.into()));
    }
    for profile in profiles_of(transaction, batch, &tenant).await? {
        events.push((Stream::Profile(profile), ProfileEvent::ProfileDeleted.into()));
    }
    load(transaction, batch, &Stream::Project).await?;
    if let State::Project(project) = &batch.folded(&Stream::Project).state
        && project.selected.as_ref() == Some(&tenant)
    {
        events.push((Stream::Project, ProjectEvent::TenantUnselected { tenant }.into()));
    }
    Ok(events)
}

async fn of_profiles_end<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    profile: ProfileId,
) -> Result<Vec<(Stream, Event)>, LogError> {
    let State::Profile(Profile::Gone(gone)) = &batch.folded(&Stream::Profile(profile)).state else {
        return Ok(vec![]);
    };
    let tenant = gone.tenant.clone();
    let mut events = vec![];
    let session = Stream::Session(tenant.clone());
    load(transaction, batch, &session).await?;
    if let State::Session(state) = &batch.folded(&session).state
        && state.profile == Some(profile)
    {
        events.push((session.clone(), SessionEvent::ProfileSwitched { profile: None }.into()));
    }
    for shell in shells_in(transaction, batch, &tenant).await? {
        let stream = Stream::Shell(shell);
        if let State::Shell(state) = &batch.folded(&stream).state
            && state.place.as_ref().is_some_and(|(_, used)| *used == Some(profile))
        {
            events.push((stream, ShellEvent::ShellSwitched { tenant: tenant.clone(), profile: None }.into()));
        }
    }
    Ok(events)
}

/// The living profiles of a tenant, as this batch left them; all are loaded.
async fn profiles_of<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    tenant: &TenantId,
) -> Result<Vec<ProfileId>, LogError> {
    for id in transaction.profiles_of(tenant).await? {
        load(transaction, batch, &Stream::Profile(id)).await?;
    }
    let living = batch.living_profiles().filter(|profile| profile.tenant == *tenant);
    let mut ids: Vec<_> = living.map(|profile| profile.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The shells that work in a tenant, as this batch left them; all are loaded.
async fn shells_in<T: Transaction>(
    transaction: &mut T,
    batch: &mut Batch,
    tenant: &TenantId,
) -> Result<Vec<ShellId>, LogError> {
    for id in transaction.shells_in(tenant).await? {
        load(transaction, batch, &Stream::Shell(id)).await?;
    }
    let mut ids = batch.shells_in(tenant);
    ids.sort_unstable();
    Ok(ids)
}
