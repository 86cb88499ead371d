//! Errors as the user gets them: what, why, what now. The kind alone decides the exit code.

mod exchange;
mod from;
mod proof;

use crate::plugin::backtrace::Whereabouts;

pub use from::{KEY_LOST, KEYRING, READ_ONLY};

/// Exit codes of the program, as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// What was named is not there.
    NotFound = 3,
    /// Refused, or a confirmation is needed.
    Refused = 4,
    /// Login needed or credentials wrong.
    Authentication = 5,
    /// The provider, or what it needs, is not there.
    Unavailable = 6,
    /// An operation is unfinished.
    Unfinished = 7,
    /// The user asked to stop.
    Interrupted = 130,
}

/// An error at the edge of the program.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// Decides the exit code.
    pub exit: Exit,
    /// Stable, for programs: `tenant-not-found`.
    pub code: String,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// Where a plugin was when it was stopped, innermost first.
    pub trace: Vec<String>,
    /// What to do, in words.
    pub help: Option<String>,
    /// Commands to type, best first.
    pub next_steps: Vec<String>,
}

impl CliError {
    /// An error of this kind.
    pub fn new(exit: Exit, code: &str, message: impl Into<String>) -> CliError {
        CliError {
            exit,
            code: code.to_owned(),
            message: message.into(),
            causes: Vec::new(),
            trace: Vec::new(),
            help: None,
            next_steps: Vec::new(),
        }
    }

    /// With the reasons of another error.
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> CliError {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = crate::text::one_line(&cause.to_string(), crate::text::MESSAGE_CHARS_MAX);
            let said = self.causes.last().is_some_and(|last| last.ends_with(&text)) || self.message == text;
            if !said {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// With one reason in words.
    pub fn cause(mut self, cause: impl Into<String>) -> CliError {
        self.causes.push(cause.into());
        self
    }

    /// With where a plugin was when it was stopped.
    pub fn traced(mut self, trace: &Whereabouts) -> CliError {
        self.trace.extend_from_slice(trace.lines());
        self
    }

    /// With what to do, in words.
    pub fn help(mut self, help: impl Into<String>) -> CliError {
        self.help = Some(help.into());
        self
    }

    /// With a command to type.
    pub fn try_command(mut self, command: impl Into<String>) -> CliError {
        self.next_steps.push(command.into());
        self
    }

    /// The command line lacks something or contradicts itself.
    pub fn usage(code: &str, message: impl Into<String>) -> CliError {
        CliError::new(Exit::Usage, code, message)
    }

    /// The user asked to stop where nothing can be undone any more.
    pub fn interrupted(resume: &str) -> CliError {
        CliError::new(Exit::Interrupted, "interrupted", "stopped; what was done cannot be undone, only finished")
            .try_command(resume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_listed_from_the_outside_in_without_repeating_themselves() {
        let inner = std::io::Error::other("no space");
        let error = CliError::new(Exit::Failed, "x", "could not save").because(&inner);
        assert_eq!(error.causes, ["no space"]);
        let error = CliError::new(Exit::Failed, "x", "no space").because(&inner);
        assert!(error.causes.is_empty());
    }
}
