//! Completion of a command line while it is typed: words and flags of the tree by clap, and what they can name here and
//! now by [`live`].
//!
//! A shell calls the program with [`VARIABLE`] set to its own name and the words so far behind `--`; `systemprompt
//! completions` prints what makes a shell do so. Such a call reads one database, starts no plugin, and says nothing but
//! candidates: whoever is typing is not to be disturbed.

mod live;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::Shells;

use crate::cli;
use crate::env;
use crate::error::Exit;
use crate::memory;
use live::Live;

/// Names the shell that asks.
pub const VARIABLE: &str = "SYSTEMPROMPT_COMPLETE";

/// The name under which the program is completed.
const PROGRAM: &str = "systemprompt";

/// Answers a shell that asks; None if none does.
pub fn answer() -> Option<Exit> {
    let shell = env::look_up(VARIABLE)?;
    memory::in_large_steps();
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&shell.to_string_lossy()) else { return Some(Exit::Usage) };
    let words: Vec<OsString> = env::arguments().skip_while(|word| word != "--").skip(1).collect();
    let words = if shell.name() == "bash" { with_equals(words) } else { words };
    let project = named_project(&words);
    let mut candidates = Vec::new();
    let tree = typed(&words).unwrap_or_else(cli::tree);
    let mut tree = with_values(tree, &mut Vec::new(), project.as_ref());
    let completed = shell.write_complete(&mut tree, words, None, &mut candidates);
    // The process is over: taking the tree apart would take longer than what is left to do.
    std::mem::forget(tree);
    match completed {
        Ok(()) => Some(crate::ui::candidates(&candidates)),
        Err(_) => Some(Exit::Failed),
    }
}

/// What a shell reads so that it asks.
pub fn registration(shell: &str) -> Option<String> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = shells.completer(shell)?.write_registration(VARIABLE, PROGRAM, PROGRAM, &called_as(), &mut script);
    written.ok().and_then(|()| String::from_utf8(script).ok())
}

/// The program as the user calls it, but found from wherever they will be.
fn called_as() -> String {
    let called = env::arguments().next().map(PathBuf::from).unwrap_or_default();
    if called.components().count() < 2 {
        return PROGRAM.to_owned();
    }
    std::path::absolute(&called).unwrap_or(called).to_string_lossy().into_owned()
}

/// Bash takes `--tenant=x` apart at the `=`, and replaces only what stands behind it: for the tree the three words become a
/// flag that changes nothing, `--tenant`, and `x`.
fn with_equals(mut words: Vec<OsString>) -> Vec<OsString> {
    for position in 1..words.len() {
        if words[position] == "=" && words[position - 1].to_string_lossy().starts_with("--") {
            words[position] = std::mem::replace(&mut words[position - 1], "--quiet".into());
        }
    }
    words
}

/// The project that the words name: the last `--project`, before any `--`.
fn named_project(words: &[OsString]) -> Option<PathBuf> {
    let mut named = env::look_up("SYSTEMPROMPT_PROJECT").map(PathBuf::from);
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--project" {
            named = words.next().map(PathBuf::from);
        } else if let Some(value) = word.to_str().and_then(|word| word.strip_prefix("--project=")) {
            named = Some(PathBuf::from(value));
        }
    }
    named
}

/// Of the tree, the command that was typed and those that lead to it; the others are but names. All of it takes longer to
/// make than the answer. None where no command was typed to its end: then what may follow is offered, with words about it.
fn typed(words: &[OsString]) -> Option<Command> {
    let mut tree = cli::Cli::command();
    // Whether these words can be parsed does not matter: what is looked up on the way to them is made.
    let _parsed = tree.try_get_matches_from_mut(words);
    let is_typed = |below: &&Command| words.iter().any(|word| word == below.get_name());
    let mut last = &tree;
    while let Some(below) = last.get_subcommands().find(is_typed) {
        last = below;
    }
    // One that was not looked up has no help yet.
    let is_command = !last.has_subcommands() && last.get_arguments().any(|arg| arg.get_id() == "help");
    is_command.then(|| without_others(tree, words))
}

/// Nothing is made of the others. A value may be the same word as a command, so that whatever was typed stays.
fn without_others(command: Command, words: &[OsString]) -> Command {
    command.mut_subcommands(|below| {
        let is_typed = words.iter().any(|word| word == below.get_name());
        if is_typed { without_others(below, words) } else { below.defer(|unmade| unmade) }
    })
}

/// Every argument that names something living knows what there is.
fn with_values(command: Command, path: &mut Vec<String>, project: Option<&PathBuf>) -> Command {
    let command = command.mut_args(|arg| with_value(arg, path, project));
    command.mut_subcommands(|below| {
        path.push(below.get_name().to_owned());
        let below = with_values(below, path, project);
        path.pop();
        below
    })
}

fn with_value(arg: Arg, path: &[String], project: Option<&PathBuf>) -> Arg {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    if value == "DIR" {
        return arg.value_hint(ValueHint::DirPath);
    }
    match Live::of(&words, &value) {
        Some(live) => {
            let project = project.cloned();
            arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| live.candidates(typed, project.as_deref())))
        }
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_that_was_named_last_counts() {
        let named = |words: &[&str]| named_project(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named(&["systemprompt", "--project", "a", "which", "--project=b"]), Some("b".into()));
        assert_eq!(named(&["systemprompt", "exec", "--", "--project", "a"]), None);
    }

    #[test]
    fn what_bash_takes_apart_is_put_together_in_as_many_words() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let typed = words(&["systemprompt", "which", "--tenant", "=", "my"]);
        assert_eq!(with_equals(typed), words(&["systemprompt", "which", "--quiet", "--tenant", "my"]));
        assert_eq!(with_equals(words(&["=", "a", "="])), words(&["=", "a", "="]));
    }

    #[test]
    fn every_argument_that_names_a_tenant_or_a_provider_knows_what_there_is() {
        let mut without = Vec::new();
        visit(&with_values(cli::tree(), &mut Vec::new(), None), &mut |command, arg| {
            let names = arg.get_value_names().unwrap_or_default();
            let living = names.iter().any(|name| matches!(name.as_str(), "ID" | "TENANT" | "PROVIDER" | "REGION"));
            if living && arg.get::<ArgValueCompleter>().is_none() && arg.get_long() != Some("id") {
                without.push(format!("{} {}", command.get_name(), arg.get_id()));
            }
        });
        assert!(without.is_empty(), "say in `completion/live.rs` what these can be: {without:?}");
    }

    #[test]
    fn of_the_tree_only_the_command_that_was_typed_is_made() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let tree = typed(&words("systemprompt --tenant history cloud tenant show my")).unwrap();
        let below = |command: &Command, name: &str| command.find_subcommand(name).unwrap().clone();
        let tenant = below(&below(&tree, "cloud"), "tenant");
        assert!(below(&tenant, "show").get_arguments().any(|arg| arg.get_id() == "id"));
        assert!(!below(&tenant, "create").get_arguments().any(|arg| arg.get_id() == "name"), "nothing but its name");
        for unfinished in ["systemprompt ", "systemprompt cloud ten", "systemprompt --none cloud tenant show "] {
            assert!(typed(&words(unfinished)).is_none(), "{unfinished}");
        }
    }

    fn visit(command: &Command, see: &mut impl FnMut(&Command, &Arg)) {
        command.get_arguments().for_each(|arg| see(command, arg));
        command.get_subcommands().for_each(|below| visit(below, see));
    }
}
