//! Rights of plugins that are given back or taken by an undo: what the machine remembers of them follows.

use systemprompt_events::{Command, PluginCommand, PluginView};

use crate::error::CliError;
use crate::plugin::grants::Grants;
use crate::project::Project;

/// What commands will change of plugins' rights, once they are recorded.
pub(super) struct Granted {
    grants: Option<Grants>,
    changes: Vec<(PluginView, PluginCommand)>,
}

impl Granted {
    /// Looks at what is there before they are recorded.
    pub(super) async fn before(project: &mut Project, commands: &[Command]) -> Result<Granted, CliError> {
        let mut changes = Vec::new();
        for command in commands {
            let Command::Plugin(id, command) = command else { continue };
            if let Some(view) = project.ledger().log.plugin(id).await? {
                changes.push((view, command.clone()));
            }
        }
        let grants = if changes.is_empty() { None } else { Some(project.grants().await?) };
        Ok(Granted { grants, changes })
    }

    /// They are recorded.
    pub(super) async fn follow(self) -> Result<(), CliError> {
        let Some(grants) = self.grants else { return Ok(()) };
        for (before, command) in &self.changes {
            grants.follow(before, command).await?;
        }
        Ok(())
    }
}
