//! The outside world as a parameter: clock, ids, directories, terminal, who and where we are.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use systemprompt_events::{Provenance, Timestamp};
use uuid::Uuid;

use crate::error::{CliError, Exit};
use crate::places::{self, Places};
use crate::ui::Format;

/// What the program was started with.
pub struct Env {
    /// Working directory.
    pub cwd: PathBuf,
    /// Directories of this user.
    pub places: Places,
    /// Who does what with which binary; secrets on the command line are removed.
    pub provenance: Provenance,
    /// Standard input is a terminal: prompts may be shown.
    pub interactive: bool,
    /// Who sees progress on standard error.
    pub watching: Watching,
    /// The user is root.
    pub is_root: bool,
}

/// Who sees standard error while it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watching {
    /// A person at a terminal on which lines can be changed.
    Terminal,
    /// A person at a terminal that only takes line after line.
    PlainTerminal,
    /// A file or another program.
    Nobody,
}

impl Env {
    /// Reads the process's surroundings; the only place that does, with [`look_up`].
    pub fn read() -> Result<Env, CliError> {
        let is_root = rustix::process::geteuid().is_root();
        places::check_variables(&look_up).map_err(|relative| {
            CliError::usage("directory-relative", relative.to_string())
                .help("keys and servers would be elsewhere in every working directory; write it in full, from `/` on")
        })?;
        let places = Places::find(&look_up, is_root).ok_or_else(|| {
            CliError::new(Exit::Failed, "no-home", "there is no home directory to keep keys in")
                .help("set `HOME`, or set `SYSTEMPROMPT_DATA_DIR` and `SYSTEMPROMPT_CACHE_DIR`")
        })?;
        let cwd = std::env::current_dir().map_err(|error| {
            CliError::new(Exit::Failed, "no-directory", "the working directory cannot be read").because(&error)
        })?;
        Ok(Env {
            cwd,
            places,
            provenance: provenance(),
            interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            watching: watching(),
            is_root,
        })
    }
}

fn watching() -> Watching {
    match (std::io::stderr().is_terminal(), look_up("TERM")) {
        (false, _) => Watching::Nobody,
        (true, Some(term)) if term == "dumb" => Watching::PlainTerminal,
        (true, _) => Watching::Terminal,
    }
}

/// An environment variable; empty counts as unset.
pub fn look_up(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// An environment variable, also one that is set to nothing.
pub fn look_up_even_empty(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// This program, to be run again: also where its file was replaced meanwhile.
pub fn own_program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok(PathBuf::from("/proc/self/exe")) } else { std::env::current_exe() }
}

/// What the program was called with, its own name first.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// In which form `--json` stands on a command line that could not be parsed.
pub fn json_was_asked_for() -> Option<Format> {
    arguments().take_while(|argument| argument != "--").find_map(|argument| match argument.to_str() {
        Some("--json=stream") => Some(Format::Stream),
        Some(argument) if argument == "--json" || argument.starts_with("--json=") => Some(Format::Json),
        Some(_) | None => None,
    })
}

/// The time, to the millisecond.
pub fn now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

/// A new time-ordered id (UUID v7).
pub fn fresh_uuid() -> Uuid {
    Uuid::now_v7()
}

/// Ends the program.
pub fn exit(exit: Exit) -> ! {
    std::process::exit(exit as i32)
}

/// This process becomes another program, so that signals, terminal and exit code are that program's own.
///
/// Comes back only with the reason why it did not.
pub fn become_program(command: &mut std::process::Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

/// Name of this process for a lease: host and process id.
pub fn holder() -> String {
    format!("{} pid {}", host(), std::process::id())
}

fn provenance() -> Provenance {
    Provenance {
        actor: actor(),
        host: host(),
        cli: concat!("systemprompt ", env!("CARGO_PKG_VERSION")).to_owned(),
        argv: redacted(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned())),
    }
}

fn actor() -> String {
    let uid = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = look_up("USER").or_else(|| look_up("LOGNAME")).map(|name| name.to_string_lossy().into_owned());
    let name = user_name(&users, uid).map(ToOwned::to_owned).or(named).unwrap_or_else(|| "unknown".to_owned());
    crate::text::one_line(&format!("{name} (uid {uid})"), 100)
}

/// The name of a user in the format of `/etc/passwd`: name, password, uid, … separated by colons.
fn user_name(users: &str, uid: u32) -> Option<&str> {
    let uid = uid.to_string();
    users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find_map(|fields| match fields[..] {
        [name, _, found, ..] if found == uid => Some(name),
        _ => None,
    })
}

fn host() -> String {
    crate::text::one_line(&rustix::system::uname().nodename().to_string_lossy(), 100)
}

/// Arguments without what may be secret: URLs, the values of settings, and what is meant for another program.
fn redacted(arguments: impl Iterator<Item = String>) -> Vec<String> {
    const ARGUMENTS_MAX: usize = 50;
    const CHARS_MAX: usize = 200;
    const HIDDEN: &str = "***";
    let mut after = String::new();
    let mut kept = Vec::new();
    for argument in arguments.take(ARGUMENTS_MAX) {
        if after == "--" {
            kept.push(HIDDEN.to_owned());
            break;
        }
        let flag = std::mem::replace(&mut after, argument.clone());
        let setting = argument.strip_prefix("--config=").or((flag == "--config").then_some(argument.as_str()));
        let shown = if flag == "--database-url" {
            HIDDEN.to_owned()
        } else if argument.starts_with("--database-url=") {
            format!("--database-url={HIDDEN}")
        } else if let Some((key, _)) = setting.and_then(|setting| setting.split_once('=')) {
            let prefix = if argument.starts_with("--config=") { "--config=" } else { "" };
            format!("{prefix}{key}={HIDDEN}")
        } else if let Some((scheme, _)) = argument.split_once("://") {
            format!("{scheme}://{HIDDEN}")
        } else {
            argument
        };
        kept.push(crate::text::one_line(&shown, CHARS_MAX));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_the_number_whatever_the_environment_says() {
        let users = "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\nbroken\n";
        assert_eq!(user_name(users, 1000), Some("me"));
        assert_eq!(user_name(users, 10), None);
    }

    #[test]
    fn urls_and_settings_on_the_command_line_are_not_recorded() {
        let shown = |arguments: &[&str]| redacted(arguments.iter().map(ToString::to_string));
        assert_eq!(shown(&["x", "--database-url", "secret"]), ["x", "--database-url", "***"]);
        assert_eq!(shown(&["--database-url=host=h password=p"]), ["--database-url=***"]);
        assert_eq!(
            shown(&["--config", "u=secret", "--config=v=w", "a=b"]),
            ["--config", "u=***", "--config=v=***", "a=b"]
        );
        assert_eq!(shown(&["install", "https://a:b@c"]), ["install", "https://***"]);
        assert_eq!(shown(&["exec", "--", "curl", "-H", "key"]), ["exec", "--", "***"]);
    }
}
