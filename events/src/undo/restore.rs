//! What brings tenants and profiles back to what they were at a position, by what differs and not step by step.

mod names;

use std::collections::BTreeSet;

use super::{Compensation, Streams, Undo};
use crate::{
    Command, Corrupt, Digest, Event, LivingProfile, LivingTenant, PluginId, Position, Profile, ProfileCommand,
    ProfileId, ProjectCommand, State, Stream, Tenant, TenantCommand, TenantEvent, TenantId, TenantPhase, TenantType,
    UserSecret,
};

/// A restore is a command like others.
const SOURCE: &str = "command";

/// What has to be recorded and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restore {
    /// In this order, in one transaction.
    pub commands: Vec<Command>,
    /// What has to be done outside afterwards.
    pub outside: Vec<Compensation>,
    /// What stays as it is.
    pub left: Vec<Left>,
}

/// An event since then that is not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Where it is.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// Its stream.
    pub stream: Stream,
    /// Why.
    pub why: &'static str,
    /// Whether what was then cannot be had any more.
    pub is_irreversible: bool,
}

/// One stream then and now.
struct Pair<'a> {
    stream: &'a Stream,
    then: State,
    now: State,
}

impl Restore {
    /// What brings these streams, of which all that changed since are here, back to what they were at a position.
    pub fn new(streams: &Streams, to: Position) -> Result<Self, Corrupt> {
        let names: Vec<Stream> = streams.names().collect();
        let mut pairs = Vec::with_capacity(names.len());
        for stream in &names {
            let (then, now) = (streams.state_at(stream, to)?, streams.state(stream, streams.last(stream))?);
            pairs.push(Pair { stream, then, now });
        }
        let mut restore = Self::default();
        for stream in &names {
            restore.left.extend(left(streams, stream, to)?);
        }
        restore.profiles_that_go(&pairs);
        restore.names(streams, &pairs, to);
        restore.tenants(&pairs);
        restore.profiles(streams, &pairs, to);
        restore.selection(&pairs);
        restore.left.sort_by_key(|left| left.position);
        Ok(restore)
    }

    fn tenant(&mut self, id: &TenantId, command: TenantCommand) {
        self.commands.push(Command::Tenant(id.clone(), command));
    }

    fn profile(&mut self, id: ProfileId, command: ProfileCommand) {
        self.commands.push(Command::Profile(id, command));
    }

    /// First, because their names may be wanted. Those of a tenant that came since stay with it.
    fn profiles_that_go(&mut self, pairs: &[Pair<'_>]) {
        let new: BTreeSet<_> = pairs.iter().filter_map(new_tenant).collect();
        for pair in pairs {
            if let (None, Some(now)) = (pair.then.living_profile(), pair.now.living_profile())
                && !new.contains(&now.tenant)
            {
                self.profile(now.id, ProfileCommand::Delete);
            }
        }
    }

    fn tenants(&mut self, pairs: &[Pair<'_>]) {
        for (then, now) in living_tenants(pairs) {
            if then.protected != now.protected {
                self.tenant(&now.id, if then.protected { TenantCommand::Protect } else { TenantCommand::Unprotect });
            }
            // What a provider opened or closed is not changed by saying so.
            let is_declared = now.tenant_type == TenantType::Local || now.provider == PluginId::external();
            if is_declared && then.external_access() != now.external_access() {
                let command = match then.external_access() {
                    Some(true) => TenantCommand::AllowExternalAccess,
                    Some(false) => TenantCommand::EndExternalAccess,
                    None => TenantCommand::UndeclareExternalAccess,
                };
                self.tenant(&now.id, command);
            }
            let keys: BTreeSet<_> = then.user_secrets.keys().chain(now.user_secrets.keys()).cloned().collect();
            for key in keys {
                match (then.user_secrets.get(&key), now.user_secrets.get(&key)) {
                    (then, now) if then == now => {}
                    (Some(UserSecret { seal_id, sealed }), _) => {
                        let (seal_id, sealed) = (*seal_id, sealed.clone());
                        self.tenant(&now.id, TenantCommand::SetSecret { key, seal_id, sealed });
                    }
                    (None, _) => self.tenant(&now.id, TenantCommand::UnsetSecret { key }),
                }
            }
            if then.config != now.config {
                self.outside.push(Compensation::EditTenant { tenant: now.id.clone(), config: then.config.clone() });
            }
        }
    }

    /// Those of tenants that are gone stay gone, which their tenant's own event says.
    fn profiles(&mut self, streams: &Streams, pairs: &[Pair<'_>], to: Position) {
        let gone: BTreeSet<_> = pairs.iter().filter_map(gone_tenant).collect();
        let taken = names::of_new_profiles(pairs);
        for pair in pairs {
            let Some(then) = pair.then.living_profile() else { continue };
            if gone.contains(&then.tenant) {
                continue;
            }
            let now = match &pair.now {
                State::Profile(Profile::Living(now)) => now,
                State::Profile(Profile::Gone(_)) if taken.contains(&then.name) => {
                    let deleted = streams.since(pair.stream, to).last();
                    self.left.extend(deleted.map(|deleted| names::profile_left(deleted, pair.stream)));
                    continue;
                }
                State::Profile(Profile::Gone(now)) => {
                    self.profile(then.id, ProfileCommand::Restore);
                    now
                }
                State::Profile(Profile::Unknown)
                | State::Project(_)
                | State::Tenant(_)
                | State::Operation(_)
                | State::Plugin(_)
                | State::Account(_)
                | State::Session(_)
                | State::Shell(_) => continue,
            };
            self.settings(then, now);
        }
    }

    fn settings(&mut self, then: &LivingProfile, now: &LivingProfile) {
        if then.text != now.text {
            let before = Digest::of(now.text.as_bytes());
            let edit = ProfileCommand::Edit { before, text: then.text.clone(), source: SOURCE.to_owned() };
            self.profile(then.id, edit);
        }
        let keys: BTreeSet<_> = then.secrets.keys().chain(now.secrets.keys()).cloned().collect();
        for key in keys {
            match (then.secrets.get(&key), now.secrets.get(&key)) {
                (then, now) if then == now => {}
                (Some(UserSecret { seal_id, sealed }), _) => {
                    let (seal_id, sealed) = (*seal_id, sealed.clone());
                    self.profile(then.id, ProfileCommand::SetSecret { key, seal_id, sealed });
                }
                (None, _) => self.profile(then.id, ProfileCommand::UnsetSecret { key }),
            }
        }
    }

    fn selection(&mut self, pairs: &[Pair<'_>]) {
        let gone: BTreeSet<_> = pairs.iter().filter_map(gone_tenant).collect();
        for pair in pairs {
            let (State::Project(then), State::Project(now)) = (&pair.then, &pair.now) else { continue };
            if then.selected == now.selected {
                continue;
            }
            match then.selected.clone() {
                Some(tenant) if gone.contains(&tenant) => {}
                Some(tenant) => self.commands.push(Command::Project(ProjectCommand::SelectTenant { tenant })),
                None => self.commands.push(Command::Project(ProjectCommand::UnselectTenant)),
            }
        }
    }
}

/// The events since then that stay.
fn left(streams: &Streams, stream: &Stream, to: Position) -> Result<Vec<Left>, Corrupt> {
    let mut left = vec![];
    let Stream::Tenant(_) = stream else { return Ok(left) };
    let is_aside = matches!(streams.state(stream, streams.last(stream))?, State::Tenant(Tenant::Aside(_)));
    let mut state = streams.state_at(stream, to)?;
    for recorded in streams.since(stream, to) {
        let undo = Undo::of(&recorded.event, stream, &state);
        state = state.evolve(&recorded.event)?;
        let (why, is_irreversible) = match undo {
            Undo::Irreversible { .. }
                if matches!(recorded.event, Event::Tenant(TenantEvent::TenantBroughtBack { .. })) =>
            {
                continue;
            }
            Undo::Irreversible { why } => (why, true),
            Undo::Compensation {
                what: Compensation::DeleteTenant { .. } | Compensation::ForgetTenant { .. }, ..
            } => ("a tenant that came since stays; delete it if you like", false),
            Undo::Compensation { what: Compensation::BringBack { .. }, .. } if is_aside => {
                ("a tenant that was deleted with a grace is brought back by `cloud tenant restore`", true)
            }
            Undo::Compensation { what: Compensation::BringBack { .. } | Compensation::EditTenant { .. }, .. }
            | Undo::Inverse { .. }
            | Undo::Part
            | Undo::Remark { .. } => continue,
        };
        let (position, kind, stream) = (recorded.position, recorded.kind, stream.clone());
        left.push(Left { position, kind: kind.to_owned(), stream, why, is_irreversible });
    }
    Ok(left)
}

/// The tenants that lived then and live now.
fn living_tenants<'a>(pairs: &'a [Pair<'_>]) -> impl Iterator<Item = (&'a LivingTenant, &'a LivingTenant)> {
    pairs.iter().filter_map(|pair| match (&pair.then, &pair.now) {
        // Of one that was cancelled nothing comes back, which its own event says.
        (State::Tenant(Tenant::Living(then)), State::Tenant(Tenant::Living(now)))
            if now.phase != TenantPhase::Cancelled || then.phase == TenantPhase::Cancelled =>
        {
            Some((&**then, &**now))
        }
        (
            State::Tenant(_)
            | State::Project(_)
            | State::Operation(_)
            | State::Plugin(_)
            | State::Profile(_)
            | State::Account(_)
            | State::Session(_)
            | State::Shell(_),
            _,
        ) => None,
    })
}

fn new_tenant(pair: &Pair<'_>) -> Option<TenantId> {
    match (pair.stream, &pair.then) {
        (Stream::Tenant(id), State::Tenant(Tenant::Unknown)) => Some(id.clone()),
        (
            Stream::Project
            | Stream::Tenant(_)
            | Stream::Operation(_)
            | Stream::Plugin(_)
            | Stream::Profile(_)
            | Stream::Account(_)
            | Stream::Session(_)
            | Stream::Shell(_),
            _,
        ) => None,
    }
}

fn gone_tenant(pair: &Pair<'_>) -> Option<TenantId> {
    match (pair.stream, &pair.now) {
        (Stream::Tenant(id), State::Tenant(Tenant::Aside(_) | Tenant::Gone { .. })) => Some(id.clone()),
        (
            Stream::Project
            | Stream::Tenant(_)
            | Stream::Operation(_)
            | Stream::Plugin(_)
            | Stream::Profile(_)
            | Stream::Account(_)
            | Stream::Session(_)
            | Stream::Shell(_),
            _,
        ) => None,
    }
}
