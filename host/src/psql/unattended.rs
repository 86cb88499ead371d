//! What a user wants of a `psql` that runs elsewhere, with nobody at its terminal: options of how answers look, and a
//! script, in which stand all statements and values, so that none is on a command line.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::error::{CliError, Exit};
use crate::migration::{script, words};
use crate::text::{one_line, shown};

/// More is not handed over at once anyway.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Commands of `psql` that skip what follows them, or read it as something else.
const SKIPPING: [&str; 10] = ["q", "quit", "if", "elif", "else", "endif", "prompt", "password", "!", "\\"];

/// What of `psql`'s own arguments can be meant elsewhere, too.
#[derive(Debug, clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of `psql`")]
struct Given {
    #[arg(short, long, allow_hyphen_values = true)]
    command: Vec<String>,
    #[arg(short, long, allow_hyphen_values = true)]
    file: Vec<String>,
    #[arg(short, long, visible_alias = "set", allow_hyphen_values = true)]
    variable: Vec<String>,
    #[arg(short = 'A', long)]
    no_align: bool,
    #[arg(short, long)]
    tuples_only: bool,
    #[arg(short = 'x', long)]
    expanded: bool,
    #[arg(short, long)]
    quiet: bool,
    #[arg(short = 'H', long)]
    html: bool,
    #[arg(long)]
    csv: bool,
    #[arg(short = 'F', long, allow_hyphen_values = true)]
    field_separator: Option<String>,
    #[arg(short = 'R', long, allow_hyphen_values = true)]
    record_separator: Option<String>,
    #[arg(short = 'P', long)]
    pset: Vec<String>,
    /// As it is there anyway.
    #[arg(short = 'X', long)]
    no_psqlrc: bool,
    #[arg(short = 'w', long)]
    no_password: bool,
}

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
pub struct Unattended {
    /// For `psql` itself.
    pub options: Vec<String>,
    /// What it reads.
    pub script: String,
}

/// The user's own arguments. None where they give no statements: then somebody wants to type some. `open` is the command
/// after which they can be given to a `psql` on this machine.
pub fn read(args: Vec<OsString>, cwd: &Path, open: &str) -> Result<Option<Unattended>, CliError> {
    let matches = Given::command().try_get_matches_from(args).map_err(|error| unusable(&error))?;
    let given = Given::from_arg_matches(&matches).map_err(|error| unusable(&error))?;
    let mut script = "\\encoding UTF8\n".to_owned();
    for variable in &given.variable {
        script.push_str(&set(variable)?);
    }
    let parts = parts(&given, &matches);
    if parts.is_empty() && io::stdin().is_terminal() {
        return Ok(None);
    }
    if parts.is_empty() {
        script.push_str(&file("-", cwd)?);
    }
    check(&parts).map_err(|refused| refused.try_command(open))?;
    for (_, is_file, text) in parts {
        script.push_str(&if is_file { file(&text, cwd)? } else { statement(&text)? });
    }
    Ok(Some(Unattended { options: options(given), script }))
}

/// How answers look, and that the first error is the end: nobody is there who could look at it.
fn options(given: Given) -> Vec<String> {
    let mut options: Vec<String> = ["-v", "ON_ERROR_STOP=1"].map(str::to_owned).into();
    let switches = [
        (given.no_align, "-A"),
        (given.tuples_only, "-t"),
        (given.expanded, "-x"),
        (given.quiet, "-q"),
        (given.html, "-H"),
        (given.csv, "--csv"),
    ];
    options.extend(switches.iter().filter(|(is_on, _)| *is_on).map(|(_, switch)| (*switch).to_owned()));
    let separators = [("-F", given.field_separator), ("-R", given.record_separator)];
    let separators = separators.into_iter().filter_map(|(option, value)| Some((option, value?)));
    let settings = given.pset.into_iter().map(|value| ("-P", value));
    options.extend(separators.chain(settings).flat_map(|(option, value)| [option.to_owned(), value]));
    options
}

/// Statements and files in the order in which they were given, and which are files.
fn parts(given: &Given, matches: &ArgMatches) -> Vec<(usize, bool, String)> {
    let places = |name: &str| matches.indices_of(name).into_iter().flatten();
    let statements = places("command").zip(&given.command).map(|(place, text)| (place, false, text.clone()));
    let files = places("file").zip(&given.file).map(|(place, file)| (place, true, file.clone()));
    let mut parts: Vec<_> = statements.chain(files).collect();
    parts.sort();
    parts
}

/// All parts come by the one standard input: none may read, swallow or skip what comes after it.
fn check(parts: &[(usize, bool, String)]) -> Result<(), CliError> {
    let statements = || parts.iter().filter(|(_, is_file, _)| !is_file).map(|(_, _, text)| text.as_str());
    let refused = |message: &str| CliError::usage("psql-option", message);
    if statements().any(words::reads_what_follows) {
        return Err(refused("`copy … from stdin` in a `--command` has no data where a provider runs `psql`")
            .help("put the statement and its data into a file for `--file`, or open the database to this machine"));
    }
    if parts.len() > 1 && parts.iter().any(|(_, is_file, _)| *is_file) {
        return Err(refused("a `--file` goes alone where a provider runs `psql`")
            .cause("what it leaves open, and its own end, would change what comes after it")
            .help("put all into one file, run them one after the other, or open the database to this machine"));
    }
    if parts.len() > 1 && statements().any(skips_what_follows) {
        return Err(refused(
            "a command of `psql` that reads or skips what follows goes alone where a provider runs it",
        )
        .help("run them one after the other, or open the database to this machine"));
    }
    Ok(())
}

/// Whether it is a command of `psql`, or several in its line, after which the next part is not what it was.
fn skips_what_follows(text: &str) -> bool {
    let follows = |(place, _): (usize, &str)| {
        let command = &text[place + 1..];
        SKIPPING.iter().any(|name| {
            let rest = command.strip_prefix(name);
            rest.is_some_and(|rest| matches!(*name, "!" | "\\") || !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
    };
    text.trim_start().starts_with('\\') && text.match_indices('\\').any(follows)
}

/// One statement as `--command` takes it: whole, with nothing of `psql` in it, or else one command of `psql`.
fn statement(text: &str) -> Result<String, CliError> {
    if !text.trim_start().starts_with('\\') {
        return Ok(format!("select {} \\gexec\n", script::text(text)));
    }
    if text.trim().contains('\n') {
        return Err(CliError::usage("psql-option", "a command of `psql` is one line")
            .help("give each a `--command` of its own, or put them into a file for `--file`"));
    }
    Ok(format!("{}\n", text.trim()))
}

/// `NAME=VALUE`, as the script sets it.
fn set(variable: &str) -> Result<String, CliError> {
    let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || value.contains(['\n', '\0']) {
        let message = format!("`{}` is not `NAME=VALUE` in one line", one_line(name, 60));
        return Err(CliError::usage("psql-option", message));
    }
    Ok(format!("\\set {name} '{}'\n", value.replace('\\', "\\\\").replace('\'', "''")))
}

/// What a file says; `-` is standard input.
fn file(name: &str, cwd: &Path) -> Result<String, CliError> {
    let path = cwd.join(name);
    let read = if name == "-" {
        let mut bytes = Vec::new();
        let read = io::stdin().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
        read.and_then(|_| {
            if bytes.len() as u64 > FILE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
        })
    } else {
        crate::files::read_regular(&path, FILE_BYTES_MAX)
    };
    let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    match text {
        Ok(text) if text.contains('\0') => {
            Err(CliError::usage("psql-option", format!("{} holds a NUL, which is no text", shown(&path))))
        }
        // `psql` passes over a byte order mark of a file, too.
        Ok(text) => Ok(format!("{}\n", text.strip_prefix('\u{feff}').unwrap_or(&text))),
        Err(error) => {
            let what = if name == "-" { "standard input".to_owned() } else { shown(&path) };
            Err(CliError::new(Exit::Failed, "file-failed", format!("could not read {what}")).because(&error))
        }
    }
}

fn unusable(error: &clap::Error) -> CliError {
    let said = error.to_string();
    let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
    CliError::usage("psql-option", "an argument of `psql` cannot be used for a database that its provider reaches")
        .cause(one_line(said, 200))
        .help("`-c`, `-f`, `-v`, `-A`, `-t`, `-x`, `-q`, `-H`, `-F`, `-R`, `-P`, `-X` and `--csv` can")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(args: &[&str]) -> Result<Option<Unattended>, CliError> {
        read(args.iter().map(OsString::from).collect(), Path::new("/nonexistent"), "open it")
    }

    #[test]
    fn no_statement_and_no_value_of_a_variable_is_among_the_options() {
        let wanted =
            given(&["-At", "-F", ",", "-v", "secret=it's \\", "-c", "select 'canary'", "--csv"]).unwrap().unwrap();
        assert_eq!(wanted.options, ["-v", "ON_ERROR_STOP=1", "-A", "-t", "--csv", "-F", ","]);
        assert!(wanted.script.contains("\\set secret 'it''s \\\\'\n"), "{}", wanted.script);
        assert!(!wanted.script.contains("canary") && wanted.script.contains(&script::text("select 'canary'")));
    }

    #[test]
    fn statements_keep_their_order_and_commands_of_psql_stay_what_they_are() {
        let wanted = given(&["-c", "select 1", "--command=\\dt", "-c", "select 2"]).unwrap().unwrap();
        let lines: Vec<_> = wanted.script.lines().skip(1).map(str::to_owned).collect();
        let statement = |sql: &str| format!("select {} \\gexec", script::text(sql));
        assert_eq!(lines, [statement("select 1"), "\\dt".to_owned(), statement("select 2")]);
    }

    #[test]
    fn what_leads_elsewhere_or_cannot_be_run_is_refused() {
        for args in [
            &["-h", "elsewhere"][..],
            &["--username=other"],
            &["-o", "/tmp/file"],
            &["-v", "a b=1"],
            &["-c", "\\dt\n\\! ls"],
            &["otherdb"],
        ] {
            assert_eq!(given(args).unwrap_err().code, "psql-option", "{args:?}");
        }
        for args in [
            &["-c", "copy t from stdin"][..],
            &["-c", "\\copy t from/**/pstdin", "-c", "drop table t"],
            &["-f", "missing.sql", "-c", "select 1"],
            &["-c", "select 1", "-f", "-"],
            &["-f", "one.sql", "-f", "two.sql"],
            &["-c", "\\q", "-c", "select 1"],
            &["-c", "\\echo 1 \\if false", "-c", "select 1"],
            &["-c", "\\echo 1 \\\\ select 1", "-c", "select 2"],
        ] {
            let refused = given(args).unwrap_err();
            assert_eq!(refused.code, "psql-option", "{args:?}");
            assert_eq!(refused.next_steps, ["open it"], "{args:?}");
        }
        assert_eq!(given(&["-f", "missing.sql"]).unwrap_err().code, "file-failed");
    }
}
