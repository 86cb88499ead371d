//! Taking back: what the undo of each event is, what belongs to one command, and which command is next.
//!
//! Nothing is rewritten. What a command recorded is undone as one unit, by commands that bring the former state back;
//! the rules decide on them as on all others. A marker in the project's stream says what was undone, so that it can be
//! done again.

mod account;
mod chain;
mod facet;
mod operation;
mod plan;
mod plugin;
mod profile;
mod project;
mod restore;
mod session;
mod shell;
mod streams;
mod tenant;

pub use chain::{Chain, Standing, UnitKind};
pub use facet::Facet;
pub use plan::{Obstacle, Planned, UndoPlan};
pub use restore::{Left, Restore};
pub use streams::Streams;

use crate::{Command, Event, Json, State, Stream, TenantId};

/// What it means to take one event back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Commands bring back what was before.
    Inverse {
        /// In this order.
        commands: Vec<Command>,
        /// What has to be now as the event left it: otherwise something later stands in the way.
        facet: Facet,
    },
    /// Something has to be done outside.
    Compensation {
        /// What.
        what: Compensation,
        /// As in `Inverse`.
        facet: Facet,
    },
    /// It cannot be taken back.
    Irreversible {
        /// Why, and what can be done instead.
        why: &'static str,
    },
    /// It belongs to an operation, or to another event of its command, and is undone with that.
    Part,
    /// It says what was found or done, and there is nothing to take back.
    Remark {
        /// Why.
        why: &'static str,
    },
}

/// What has to be done outside to take an event back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compensation {
    /// The tenant is deleted with its database, by its provider.
    DeleteTenant {
        /// Which one.
        tenant: TenantId,
    },
    /// The tenant is forgotten; its database was not made here and is left alone.
    ForgetTenant {
        /// Which one.
        tenant: TenantId,
    },
    /// A tenant that was set aside is brought back.
    BringBack {
        /// Which one.
        tenant: TenantId,
    },
    /// The provider's own settings become what they were.
    EditTenant {
        /// Whose.
        tenant: TenantId,
        /// What they were.
        config: Json,
    },
}

/// Of events that cannot have happened in such a state; the log would be damaged.
const UNKNOWN: Undo = Undo::Irreversible { why: "what was before it is not known" };

impl Undo {
    /// What taking an event back means, given the state of its stream before it.
    pub fn of(event: &Event, stream: &Stream, before: &State) -> Self {
        match (event, stream, before) {
            (Event::Project(event), _, State::Project(before)) => project::undo(event, before),
            (Event::Tenant(event), Stream::Tenant(id), State::Tenant(before)) => tenant::undo(event, id, before),
            (Event::Operation(event), _, State::Operation(_)) => operation::undo(event),
            (Event::Plugin(event), Stream::Plugin(id), State::Plugin(before)) => {
                plugin::undo(event, id, before.as_ref())
            }
            (Event::Profile(event), Stream::Profile(id), State::Profile(before)) => profile::undo(event, *id, before),
            (Event::Session(event), Stream::Session(tenant), State::Session(before)) => {
                session::undo(event, tenant, before)
            }
            (Event::Shell(event), Stream::Shell(id), State::Shell(before)) => shell::undo(event, id, before),
            (Event::Account(event), _, State::Account(_)) => account::undo(event),
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
                _,
            ) => UNKNOWN,
        }
    }

    /// Whether there is something to take back, be it possible or not.
    pub const fn is_change(&self) -> bool {
        match self {
            Self::Inverse { .. } | Self::Compensation { .. } | Self::Irreversible { .. } => true,
            Self::Part | Self::Remark { .. } => false,
        }
    }

    /// What has to be as the event left it.
    pub const fn facet(&self) -> Option<&Facet> {
        match self {
            Self::Inverse { facet, .. } | Self::Compensation { facet, .. } => Some(facet),
            Self::Irreversible { .. } | Self::Part | Self::Remark { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "undo/undo_test.rs"]
mod tests;
