//! A running shell that works in a tenant of its own.

use crate::{Corrupt, ProfileId, Refusal, ShellCommand, ShellEvent, TenantId};

/// The state of a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    /// The tenant that its commands apply to, and the profile; none: what the project has selected.
    pub place: Option<(TenantId, Option<ProfileId>)>,
}

pub(super) fn decide(shell: &Shell, command: ShellCommand) -> Result<Vec<ShellEvent>, Refusal> {
    Ok(match command {
        ShellCommand::Switch { tenant, profile } => {
            let place = Some((tenant, profile));
            if shell.place == place {
                return Ok(vec![]);
            }
            place.map(|(tenant, profile)| ShellEvent::ShellSwitched { tenant, profile }).into_iter().collect()
        }
        ShellCommand::Leave if shell.place.is_some() => vec![ShellEvent::ShellLeft],
        ShellCommand::Leave => vec![],
    })
}

pub(super) fn evolve(shell: Shell, event: &ShellEvent) -> Result<Shell, Corrupt> {
    match (event, shell.place) {
        (ShellEvent::ShellSwitched { tenant, profile }, _) => Ok(Shell { place: Some((tenant.clone(), *profile)) }),
        (ShellEvent::ShellLeft, Some(_)) => Ok(Shell { place: None }),
        (ShellEvent::ShellLeft, None) => {
            let event = crate::codec::shell_kind(event);
            Err(Corrupt { event, aggregate: "the shell", state: "in no tenant of its own" })
        }
    }
}

#[cfg(test)]
#[path = "shell_test.rs"]
mod tests;
