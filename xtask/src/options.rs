//! What a person may say to a chore, and whether they agreed that software is installed.

use std::io::{BufRead, IsTerminal, Write};

use crate::process::{Failure, Outcome};

/// What was typed after the chore's name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) yes: bool,
    pub(crate) dev: bool,
    pub(crate) rest: Vec<String>,
}

impl Options {
    /// Takes our own flags out, up to a `--`, and leaves the rest as it came.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Self {
        let mut options = Self::default();
        for argument in arguments {
            let ours = !options.rest.iter().any(|earlier| earlier == "--");
            match argument.as_str() {
                "--yes" | "-y" if ours => options.yes = true,
                "--dev" if ours => options.dev = true,
                _ => options.rest.push(argument),
            }
        }
        options
    }

    /// Asks before something is installed. `--yes` and CI are a yes; without a terminal nobody can be asked, so it is a no.
    pub(crate) fn agree_to(&self, deed: &str) -> Outcome {
        if self.yes || on_ci() {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Failure::new(format!("may not {deed} without being told to; say `--yes`")));
        }
        eprint!("{deed}? [y/N] ");
        std::io::stderr().flush().ok();
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|e| Failure::new(format!("cannot read the answer: {e}")))?;
        if is_yes(&answer) {
            Ok(())
        } else {
            Err(Failure::new(format!("you chose not to {deed}; nothing was changed")))
        }
    }
}

/// Whether a build server runs us: there, whatever is missing is installed, and what stays missing is a failure.
pub(crate) fn on_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Options {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn our_flags_are_taken_and_the_rest_is_handed_on_in_order() {
        let options = parse("--yes -p events --dev crash");
        assert_eq!(options, Options { yes: true, dev: true, rest: vec!["-p".into(), "events".into(), "crash".into()] });
    }

    #[test]
    fn nothing_is_taken_after_a_double_dash() {
        assert_eq!(parse("-- --yes"), Options { rest: vec!["--".into(), "--yes".into()], ..Options::default() });
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        assert!(is_yes("y\n") && is_yes(" YES "));
        assert!(!is_yes("\n") && !is_yes("n\n") && !is_yes("yeah\n"));
    }
}
