//! Capability `log`: lines for whoever watches, cleaned and counted.

use crate::plugin::Guest;
use crate::plugin::limits::LOG_LINES_MAX;
use crate::plugin::v1::imports;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

impl imports::log::Host for Guest {
    async fn write(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.granted("log")?;
        self.log_lines = self.log_lines.saturating_add(1);
        if self.log_lines <= LOG_LINES_MAX {
            let line = one_line(&message, MESSAGE_CHARS_MAX);
            self.world.reporter.log(&one_line(&level, 10), &format!("{}: {line}", self.plugin));
        }
        Ok(())
    }
}
