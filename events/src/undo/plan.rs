//! What would be done to take back the events of one command.

use super::{Compensation, Facet, Streams, Undo};
use crate::{Command, CommandId, Corrupt, EventId, Position, Recorded, State, Stream, Version};

/// How the events of one command are taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoPlan {
    /// The request that recorded them.
    pub command_id: CommandId,
    /// Them, in their order.
    pub events: Vec<Recorded>,
    /// The undo of each, in the order in which they are undone.
    pub steps: Vec<Planned>,
}

/// How one event is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The event.
    pub id: EventId,
    /// Where it is.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// Its stream.
    pub stream: Stream,
    /// The event of the same command that led to it.
    pub cause: Option<EventId>,
    /// What taking it back means.
    pub undo: Undo,
    /// What happened since and stands in the way.
    pub obstacle: Option<Obstacle>,
}

/// A later event that changed what would be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Where it is.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// The request that recorded it.
    pub command_id: CommandId,
    /// Whether the tenant that would be forgotten is there, with a password that nobody else was given.
    pub is_custody: bool,
}

impl UndoPlan {
    /// The plan for the events of one command, given the whole streams that they belong to.
    ///
    /// Newest first; but what followed from an event in other streams comes back after that event, on which it stands.
    pub fn new(events: Vec<Recorded>, streams: &Streams) -> Result<Option<Self>, Corrupt> {
        let Some(command_id) = events.first().map(|recorded| recorded.command_id) else { return Ok(None) };
        let own = |recorded: &Recorded| {
            recorded.causation_id.filter(|cause| events.iter().any(|other| other.id == *cause && other != recorded))
        };
        let mut steps = Vec::with_capacity(events.len());
        for root in events.iter().rev().filter(|recorded| own(recorded).is_none()) {
            steps.extend(planned(root, None, &events, streams)?);
            for consequence in events.iter().rev().filter(|recorded| own(recorded) == Some(root.id)) {
                steps.extend(planned(consequence, Some(root.id), &events, streams)?);
            }
        }
        Ok(Some(Self { command_id, events, steps }))
    }

    /// What stands in the way and is taken back before, stands in the way no more.
    pub fn take_away(&mut self, before: &[Self]) {
        for step in &mut self.steps {
            let by = step.obstacle.as_ref().map(|obstacle| obstacle.command_id);
            if before.iter().any(|plan| Some(plan.command_id) == by) {
                step.obstacle = None;
            }
        }
    }

    /// Whether the command changed anything that could be wanted back.
    pub fn is_change(&self) -> bool {
        self.steps.iter().any(|step| step.undo.is_change())
    }

    /// Whether nothing of it can be taken back.
    pub fn is_futile(&self) -> bool {
        self.commands().is_empty() && self.outside().is_empty()
    }

    /// The steps that cannot be taken.
    pub fn irreversible(&self) -> impl Iterator<Item = (&Planned, &'static str)> {
        self.steps.iter().filter_map(|step| match step.undo {
            Undo::Irreversible { why } => Some((step, why)),
            Undo::Inverse { .. } | Undo::Compensation { .. } | Undo::Part | Undo::Remark { .. } => None,
        })
    }

    /// Why there is nothing to take back, where there is not.
    pub fn remark(&self) -> Option<&'static str> {
        self.steps.iter().find_map(|step| match step.undo {
            Undo::Remark { why } => Some(why),
            Undo::Inverse { .. } | Undo::Compensation { .. } | Undo::Irreversible { .. } | Undo::Part => None,
        })
    }

    /// The first thing that stands in the way.
    pub fn obstacle(&self) -> Option<(&Planned, &Obstacle)> {
        self.possible().find_map(|step| step.obstacle.as_ref().map(|obstacle| (step, obstacle)))
    }

    /// The commands that bring the former state back, without what cannot be taken back and what followed from that.
    pub fn commands(&self) -> Vec<Command> {
        self.parts().flat_map(|(_, commands)| commands.to_vec()).collect()
    }

    /// The same, step by step.
    pub fn parts(&self) -> impl Iterator<Item = (&Planned, &[Command])> {
        self.possible().filter_map(|step| match &step.undo {
            Undo::Inverse { commands, .. } => Some((step, commands.as_slice())),
            Undo::Compensation { .. } | Undo::Irreversible { .. } | Undo::Part | Undo::Remark { .. } => None,
        })
    }

    /// Why a step is left as it is, where it is.
    pub fn why_left(&self, step: &Planned) -> Option<&'static str> {
        match step.undo {
            Undo::Irreversible { why } | Undo::Remark { why } => Some(why),
            Undo::Part => None,
            Undo::Inverse { .. } | Undo::Compensation { .. } => match step.cause {
                Some(cause) if self.is_irreversible(cause) => Some("what it followed from stays"),
                // What followed from another event is not fetched over a later choice.
                Some(_) if step.obstacle.is_some() => Some("it was changed since"),
                Some(_) | None => None,
            },
        }
    }

    /// What has to be done outside, in this order.
    pub fn outside(&self) -> Vec<Compensation> {
        let outside = self.possible().filter_map(|step| match &step.undo {
            Undo::Compensation { what, .. } => Some(what.clone()),
            Undo::Inverse { .. } | Undo::Irreversible { .. } | Undo::Part | Undo::Remark { .. } => None,
        });
        outside.collect()
    }

    /// The steps without what followed from events that stay, and without what followed and was changed since: a later
    /// choice of that kind does not stand in the way, and holds.
    fn possible(&self) -> impl Iterator<Item = &Planned> {
        self.steps.iter().filter(|step| match step.cause {
            None => true,
            Some(cause) => step.obstacle.is_none() && !self.is_irreversible(cause),
        })
    }

    fn is_irreversible(&self, id: EventId) -> bool {
        self.irreversible().any(|(step, _)| step.id == id)
    }
}

/// None where the stream's name is that of no stream, which the log would not have taken.
fn planned(
    recorded: &Recorded,
    cause: Option<EventId>,
    unit: &[Recorded],
    streams: &Streams,
) -> Result<Option<Planned>, Corrupt> {
    let Ok(stream) = recorded.stream.parse::<Stream>() else { return Ok(None) };
    let before = streams.state(&stream, recorded.version.before())?;
    let undo = Undo::of(&recorded.event, &stream, &before);
    let obstacle = obstacle(&undo, &stream, unit, streams)?;
    let (id, position, kind) = (recorded.id, recorded.position, recorded.kind);
    Ok(Some(Planned { id, position, kind: kind.to_owned(), stream, cause, undo, obstacle }))
}

/// The last event since this command that changed what it had left.
fn obstacle(undo: &Undo, stream: &Stream, unit: &[Recorded], streams: &Streams) -> Result<Option<Obstacle>, Corrupt> {
    let last = unit.iter().filter(|recorded| recorded.stream == stream.to_string()).map(|it| it.version).max();
    let (Some(facet), Some(last)) = (undo.facet(), last) else { return Ok(None) };
    let left = streams.state(stream, Some(last))?;
    let (mut state, mut by): (State, Option<&Recorded>) = (left.clone(), None);
    for recorded in streams.after(stream, last) {
        let was_same = facet.is_same(&left, &state);
        state = state.evolve(&recorded.event)?;
        if facet.is_same(&left, &state) {
            by = None;
        } else if was_same {
            by = Some(recorded);
        }
    }
    let is_custody = *facet == Facet::Custody && Facet::Existence.is_same(&left, &state);
    let obstacle = |by: &Recorded| {
        let (position, kind, command_id) = (by.position, by.kind.to_owned(), by.command_id);
        Obstacle { position, kind, command_id, is_custody }
    };
    Ok(by.map(obstacle))
}

impl Version {
    /// The one before; none before the first.
    fn before(self) -> Option<Self> {
        self.get().checked_sub(1).and_then(Self::new)
    }
}
