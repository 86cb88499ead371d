//! What else lies in the directories of profiles.

use std::fs;
use std::path::Path;

use systemprompt_events::ProfileName;

use super::super::Project;
use super::{PROFILES, profile_path};
use crate::text::shown;

/// Copies of a profile's files that were put aside, and other files in its directory: what a deletion leaves.
pub fn left_in(project: &Project, name: &ProfileName) -> Vec<String> {
    let directory = project.dir.join(PROFILES).join(name.as_str());
    let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
    entries.map(|entry| shown(&entry.path())).collect()
}

/// Directories in which a `profile.yaml` lies of which no profile is made: in order, and no more than anybody has.
pub fn untaken(dir: &Path, known: &[ProfileName]) -> Vec<ProfileName> {
    const SHOWN_MAX: usize = 20;
    let entries = fs::read_dir(dir.join(PROFILES)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<ProfileName>().ok());
    let is_untaken = |name: &ProfileName| {
        !known.contains(name) && fs::symlink_metadata(dir.join(profile_path(name, "profile.yaml"))).is_ok()
    };
    let mut found: Vec<_> = names.filter(is_untaken).collect();
    found.sort();
    found.truncate(SHOWN_MAX);
    found
}
