//! Manual pages, one for each command, made of the same tree as `--help`.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::Cli;

/// Environment variables: name and what it does.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("SYSTEMPROMPT_PROJECT", "Directory of the project. --project goes before it."),
    ("SYSTEMPROMPT_TENANT", "Tenant to act on. --tenant goes before it, the project's selection comes after it."),
    ("SYSTEMPROMPT_DATA_DIR", "Directory for keys, plugins and native servers of this user."),
    ("SYSTEMPROMPT_CACHE_DIR", "Directory for what can be made again."),
    ("SYSTEMPROMPT_PAGER, PAGER", "Program that long answers are shown in on a terminal; empty for none."),
    ("NO_COLOR, CLICOLOR_FORCE", "No colour, or colour even where there is no terminal."),
];

/// Exit codes and what they mean.
const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "Failed, or what was asked about is not well."),
    ("2", "The command line is wrong."),
    ("3", "What was named is not there."),
    ("4", "Refused, or needs a confirmation."),
    ("5", "Login needed, or credentials wrong."),
    ("6", "The provider, or what it needs, is not there; the same may work later."),
    ("7", "An operation is unfinished."),
    ("130", "Interrupted."),
];

const FILES: &[(&str, &str)] = &[
    (".systemprompt/", "What makes a directory a project; found by walking up from the working directory."),
    (".systemprompt/log.db", "The log: every event, and what follows from them."),
    (".systemprompt/tenants.json", "The registry as other programs read it; written anew from the log."),
];

/// One page.
pub struct Page {
    /// As `man` calls it: `systemprompt-cloud-tenant-create`.
    pub name: String,
    /// Source for `man`.
    pub text: String,
    /// What `--help` says.
    pub help: String,
}

impl Page {
    /// Name of its file.
    pub fn file(&self) -> String {
        format!("{}.1", self.name)
    }
}

/// The pages of all commands, each before those below it.
pub fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&tree(), None, &mut pages);
    pages
}

/// The page of a command; the word that is none, and those that would be, where there is no such command.
pub fn page(words: &[String]) -> Result<Page, (String, Vec<String>)> {
    let tree = tree();
    let (mut command, mut above) = (&tree, None);
    for word in words {
        let below = command.find_subcommand(word).ok_or_else(|| {
            (word.clone(), command.get_subcommands().map(|known| known.get_name().to_owned()).collect())
        })?;
        above = Some(command);
        command = below;
    }
    Ok(render(command, above))
}

fn tree() -> Command {
    let mut tree = Cli::command().disable_help_subcommand(true);
    tree.build();
    tree
}

fn collect(command: &Command, above: Option<&Command>, pages: &mut Vec<Page>) {
    pages.push(render(command, above));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        collect(below, Some(command), pages);
    }
}

fn render(command: &Command, above: Option<&Command>) -> Page {
    let name = name(command);
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command.clone().after_help("")).source(concat!("systemprompt ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    let written = man
        .render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text));
    let below = if command.has_subcommands() { man.render_subcommands_section(&mut text) } else { Ok(()) };
    written.and(below).expect("BUG: memory can be written");
    let mut rest = Roff::new();
    add_examples(&mut rest, &examples);
    if above.is_none() {
        add_list(&mut rest, "EXIT STATUS", EXIT_CODES);
        add_list(&mut rest, "ENVIRONMENT", ENVIRONMENT);
        add_list(&mut rest, "FILES", FILES);
    }
    if let Some(above) = above {
        rest.control("SH", ["SEE ALSO"]);
        rest.text([bold(self::name(above)), roman("(1)")]);
    }
    rest.to_writer(&mut text).expect("BUG: memory can be written");
    let help = command.clone().render_long_help().to_string();
    Page { name, text: String::from_utf8(text).expect("BUG: a page is made of text"), help }
}

/// Each on a line of its own, as it is typed.
fn add_examples(roff: &mut Roff, help: &str) {
    let lines: Vec<&str> =
        help.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "Examples:").collect();
    if lines.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

fn add_list(roff: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (name, meaning) in entries {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*meaning)]);
    }
}

fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_the_help_has() {
        let words = ["cloud", "tenant", "create"].map(ToOwned::to_owned);
        let Ok(page) = page(&words) else { panic!("there is such a command") };
        assert_eq!(page.file(), "systemprompt-cloud-tenant-create.1");
        for part in [
            ".TH systemprompt",
            ".SH NAME",
            ".SH SYNOPSIS",
            ".SH EXAMPLES",
            "dedicated",
            "systemprompt\\-cloud\\-tenant",
        ] {
            assert!(page.text.contains(part), "{part} is missing in\n{}", page.text);
        }
        assert!(!page.text.contains("EXTRA"), "{}", page.text);
    }

    #[test]
    fn what_is_no_command_is_told_with_what_would_be() {
        let Err((word, known)) = page(&["cloud".to_owned(), "tenent".to_owned()]) else { panic!("there is none") };
        assert_eq!((word.as_str(), known.contains(&"tenant".to_owned())), ("tenent", true));
    }
}
