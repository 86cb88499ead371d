//! Keeping keys, secrets and the log out of git, also where another program's `.gitignore` lies already.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{CliError, Exit};
use crate::text::shown;

pub(super) const NAME: &str = ".gitignore";
/// Longer ones are nobody's.
const BYTES_MAX: u64 = 1 << 20;
/// Only profiles and the list of plugins are for others to see; the rest is this machine's.
const OWN: &str = "*\n!.gitignore\n!profiles/\n!profiles/*/\n!profiles/*/profile.yaml\n!plugins.lock\n";
/// What ours began with before there was a list of plugins.
const OWN_ONCE: &str = "*\n!.gitignore\n!profiles/\n!profiles/*/\n!profiles/*/profile.yaml\n";
/// What is added to a file that somebody else wrote: what holds keys, secrets or history, under all its names.
const RULES: [&str; 8] = [
    "/log.db*",
    "/keys.db*",
    "/locks/",
    "/sessions/",
    "/credentials*.json",
    "/tenants*.json",
    "/profiles/*/secrets*.json",
    // Left by a process that was killed while it wrote.
    ".*.json-*",
];

/// Sees to it that git is offered none of it; answers with what the user should know.
pub fn keep_out_of_git(dir: &Path) -> Result<Option<String>, CliError> {
    let file = dir.join(NAME);
    let failed = |error: io::Error| {
        CliError::new(Exit::Failed, "file-failed", format!("could not write {}", shown(&file))).because(&error)
    };
    if fs::symlink_metadata(&file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return crate::files::replace(&file, OWN.as_bytes()).map(|()| None).map_err(failed);
    }
    let Some(text) = crate::files::read_regular(&file, BYTES_MAX).ok().and_then(|text| String::from_utf8(text).ok())
    else {
        let warning = format!("see to it that git keeps away from {}: {NAME} in it cannot be read", shown(dir));
        return Ok(Some(warning));
    };
    if let Some(renewed) = renewed(&text) {
        return crate::files::replace(&file, renewed.as_bytes()).map(|()| None).map_err(failed);
    }
    let Some(extended) = extended(&text) else { return Ok(None) };
    crate::files::replace(&file, extended.as_bytes()).map_err(failed)?;
    Ok(Some(format!("added what holds keys and secrets here to {}", shown(&file))))
}

/// Our own text of an earlier version as it is now, with what somebody added to it; none where it is another one.
fn renewed(text: &str) -> Option<String> {
    let added = text.strip_prefix(OWN_ONCE)?;
    let is_decided = added.lines().any(|line| line.trim().trim_start_matches(['!', '/']) == super::plugin_lock::NAME);
    (!is_decided).then(|| format!("{OWN}{added}"))
}

/// The text with the rules that it lacks; none, where it lacks none or leaves everything out.
fn extended(text: &str) -> Option<String> {
    let has = |rule: &str| text.lines().any(|line| line.trim_end() == rule);
    let missing: Vec<_> = RULES.into_iter().filter(|rule| !has(rule)).collect();
    if missing.is_empty() || has("*") {
        return None;
    }
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Some(format!("{text}{end}# Keys, secrets and history of systemprompt\n{}\n", missing.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_added_once_and_what_was_there_stays() {
        let theirs = "credentials.json\ntenants.json\n**/secrets.json\ndocker/\nstorage/";
        let ours = extended(theirs).unwrap();
        assert!(ours.starts_with(&format!("{theirs}\n#")) && ours.ends_with("-*\n"), "{ours}");
        assert!(RULES.iter().all(|rule| ours.lines().any(|line| line == *rule)), "{ours}");
        assert_eq!(extended(&ours), None);
    }

    #[test]
    fn where_everything_is_left_out_nothing_is_added() {
        assert_eq!(extended("*"), None);
        assert_eq!(extended(OWN), None);
    }

    #[test]
    fn ours_of_an_earlier_version_lets_the_list_of_plugins_be_committed_and_keeps_what_was_added() {
        assert_eq!(renewed(OWN_ONCE).as_deref(), Some(OWN));
        assert_eq!(renewed(&format!("{OWN_ONCE}!notes\n")).unwrap(), format!("{OWN}!notes\n"));
        for text in [OWN, "*\n", "", &format!("{OWN_ONCE}/plugins.lock\n")] {
            assert_eq!(renewed(text), None, "{text}");
        }
    }
}
