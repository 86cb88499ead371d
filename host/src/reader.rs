//! Programs that show a text on a terminal: the user's pager, and `man`.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use tokio::signal::unix::{SignalKind, signal};

use crate::env;

/// Shows a text at once if it fits, keeps colours, and leaves it on the screen.
const PAGER: &str = "less -FRX";
/// Shows manual pages.
const MAN: &str = "man";
/// Reads a line as the user wrote it.
const SHELL: &str = "sh";
/// What a value holds that only a shell understands.
const OF_A_SHELL: &[char] = &['|', '&', ';', '<', '>', '(', ')', '$', '`', '*', '?', '[', '#', '~', '\n'];

/// What the user has chosen to read in: `SYSTEMPROMPT_PAGER`, then `PAGER`, then `less`. None if that is nothing.
fn pager() -> Option<Command> {
    let chosen = env::look_up_even_empty("SYSTEMPROMPT_PAGER").or_else(|| env::look_up_even_empty("PAGER"));
    let chosen = chosen.map_or_else(|| PAGER.to_owned(), |chosen| chosen.to_string_lossy().into_owned());
    command(&chosen)
}

/// A program with arguments, as a shell would split it; by a shell only where the user's own text needs one.
fn command(line: &str) -> Option<Command> {
    let line = line.trim();
    if line.is_empty() || line == "cat" {
        return None;
    }
    if !line.contains(OF_A_SHELL)
        && let Some(words) = shlex::split(line)
        && let Some((program, arguments)) = words.split_first()
        && !program.contains('=')
    {
        let mut command = Command::new(program);
        command.args(arguments);
        return Some(command);
    }
    let mut command = Command::new(SHELL);
    command.args(["-c", line]);
    Some(command)
}

/// Shows a text in the user's pager. False if there is none, so that nothing was shown.
pub fn page(text: &str) -> bool {
    pager().is_some_and(|mut pager| feed(pager.stdin(Stdio::piped()), text))
}

/// Shows a manual page. False if `man` is not there, so that nothing was shown.
pub fn man(source: &str) -> bool {
    // From a file, which every `man` can read.
    let Ok(mut file) = tempfile::Builder::new().prefix("systemprompt-").suffix(".1").tempfile() else { return false };
    if file.write_all(source.as_bytes()).and_then(|()| file.flush()).is_err() {
        return false;
    }
    let _ours = ignore_interrupts();
    Command::new(MAN).arg(file.path()).status().is_ok_and(|status| status.success())
}

fn feed(command: &mut Command, text: &str) -> bool {
    // Ctrl-C is for the pager while it has the terminal.
    let _ours = ignore_interrupts();
    let Ok(mut child) = command.spawn() else { return false };
    write(&mut child, text);
    let _however_it_ended = child.wait();
    true
}

/// Somebody who quits before the end has read what they wanted.
fn write(child: &mut Child, text: &str) {
    if let Some(mut input) = child.stdin.take() {
        let _read_enough = input.write_all(text.as_bytes());
    }
}

/// As long as it is kept, Ctrl-C does not end this program.
fn ignore_interrupts() -> Option<tokio::signal::unix::Signal> {
    signal(SignalKind::interrupt()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let command = command(line).expect("there is one");
        let all = std::iter::once(command.get_program()).chain(command.get_args());
        all.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_pager_is_split_without_a_shell_where_that_is_possible() {
        assert_eq!(words("less -FRX"), ["less", "-FRX"]);
        assert_eq!(words("'my pager' --title \"a b\""), ["my pager", "--title", "a b"]);
        assert_eq!(words("sed 1d | less"), ["sh", "-c", "sed 1d | less"]);
        assert_eq!(words("LESS=R less"), ["sh", "-c", "LESS=R less"]);
        assert_eq!(words("less 'unclosed"), ["sh", "-c", "less 'unclosed"]);
    }

    #[test]
    fn no_pager_is_a_choice_too() {
        assert!(command("").is_none() && command(" ").is_none() && command("cat").is_none());
    }
}
