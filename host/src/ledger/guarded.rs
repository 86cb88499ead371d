//! Recording what was thought out from what the log said, only if it still says so; and trying it out before.

use systemprompt_events::{Append, Command, CommandId, EventId, ExecuteError, Head, Receipt, Recorded};

use super::Ledger;
use crate::env;
use crate::error::CliError;

impl Ledger {
    /// Records some commands in one transaction, unless something was recorded since the log ended at `head`.
    pub async fn record_after(
        &mut self,
        head: &Head,
        because: Option<EventId>,
        commands: Vec<Command>,
    ) -> Result<Receipt, CliError> {
        let mut ids = || EventId::new(env::fresh_uuid());
        let append = self.append(because, commands, &mut ids);
        Ok(self.log.execute_after(&self.provenance, append, head).await?)
    }

    /// What some commands would record.
    pub async fn rehearse(&mut self, commands: Vec<Command>) -> Result<Vec<Recorded>, CliError> {
        let mut ids = || EventId::new(env::fresh_uuid());
        let append = self.append(None, commands, &mut ids);
        Ok(self.log.rehearse(&self.provenance, append).await?)
    }

    /// Why a rule refuses some commands; none where they could be recorded.
    pub async fn refusal_of(&mut self, commands: Vec<Command>) -> Result<Option<CliError>, CliError> {
        let mut ids = || EventId::new(env::fresh_uuid());
        let append = self.append(None, commands, &mut ids);
        match self.log.rehearse(&self.provenance, append).await {
            Ok(_) => Ok(None),
            Err(ExecuteError::Refused(refusal)) => Ok(Some(refusal.into())),
            Err(error) => Err(error.into()),
        }
    }

    fn append<'a>(
        &self,
        causation_id: Option<EventId>,
        commands: Vec<Command>,
        ids: systemprompt_events::EventIds<'a>,
    ) -> Append<'a> {
        let command_id = CommandId::new(env::fresh_uuid());
        Append { commands, command_id, correlation_id: self.correlation, causation_id, time: env::now(), ids }
    }
}
