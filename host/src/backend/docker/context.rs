//! The Docker context that this user chose, as `docker context use` writes it down.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::backend::{BackendError, Surroundings};

/// The context that means no context: the usual places.
const DEFAULT: &str = "default";

/// Larger than any of these files; one that is not theirs is not read to its end.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A context that the user chose, and where its engine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) name: String,
    pub(super) host: String,
}

/// The context that `docker` itself would use for this user; none where none was chosen.
pub(super) fn current(surroundings: &Surroundings, uid: u32) -> Result<Option<Context>, BackendError> {
    let Some(directory) = directory(surroundings) else { return Ok(None) };
    let name = match &surroundings.docker_context {
        Some(name) => Some(name.clone()),
        None => text_at(&directory.join("config.json"), uid, "/currentContext")?,
    };
    let Some(name) = name.filter(|name| !name.is_empty() && name != DEFAULT) else { return Ok(None) };
    // The directory of a context is called by a digest of its name, whatever characters that has.
    let digest = hex::encode(Sha256::digest(name.as_bytes()));
    let path = directory.join("contexts/meta").join(digest).join("meta.json");
    if let Some(host) = text_at(&path, uid, "/Endpoints/docker/Host")? {
        return Ok(Some(Context { name, host }));
    }
    let message = format!("the Docker context `{name}` was chosen, and there is none of that name");
    Err(BackendError::refused("docker-context-missing", message).help("run `docker context use default`"))
}

fn directory(surroundings: &Surroundings) -> Option<PathBuf> {
    let named = surroundings.docker_config.clone();
    named.or_else(|| surroundings.home.as_ref().map(|home| home.join(".docker")))
}

/// A text in a JSON file of this user or of root. A file of somebody else is none.
fn text_at(path: &Path, uid: u32, pointer: &str) -> Result<Option<String>, BackendError> {
    let unusable = |why: &dyn std::fmt::Display| {
        BackendError::refused("docker-config-unusable", format!("cannot read `{}`: {why}", path.display()))
            .help(format!("look at it with `ls -l {}`", path.display()))
    };
    let content = match read(path, uid) {
        Ok(Some(content)) => content,
        Ok(None) => return Ok(None),
        Err(error) => return Err(unusable(&error)),
    };
    let json: Value = serde_json::from_slice(&content).map_err(|error| unusable(&error))?;
    Ok(json.pointer(pointer).and_then(Value::as_str).map(str::to_owned))
}

fn read(path: &Path, uid: u32) -> io::Result<Option<Vec<u8>>> {
    // What is no file might never end, or never begin.
    if !path.metadata().is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let file = File::open(path)?;
    let owner = file.metadata()?.uid();
    if owner != uid && owner != 0 {
        return Ok(None);
    }
    let mut content = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut content)?;
    Ok(Some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_uid() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// A home in which a context of this name was made.
    fn home(context: &str, host: &str) -> (tempfile::TempDir, Surroundings) {
        let home = tempfile::tempdir().unwrap();
        let digest = hex::encode(Sha256::digest(context.as_bytes()));
        let meta = home.path().join(".docker/contexts/meta").join(digest);
        std::fs::create_dir_all(&meta).unwrap();
        let text = serde_json::json!({ "Name": context, "Endpoints": { "docker": { "Host": host } } });
        std::fs::write(meta.join("meta.json"), text.to_string()).unwrap();
        let surroundings = Surroundings { home: Some(home.path().to_owned()), ..Surroundings::default() };
        (home, surroundings)
    }

    fn choose(home: &tempfile::TempDir, config: &str) {
        std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
    }

    #[test]
    fn the_chosen_context_says_where_its_engine_is() {
        let (home, surroundings) = home("desktop-linux", "unix:///home/me/.docker/desktop/docker.sock");
        assert_eq!(current(&surroundings, own_uid()), Ok(None));
        choose(&home, r#"{"auths":{},"currentContext":"desktop-linux"}"#);
        let found = current(&surroundings, own_uid()).unwrap().unwrap();
        assert_eq!((&*found.name, &*found.host), ("desktop-linux", "unix:///home/me/.docker/desktop/docker.sock"));
        for none in [r#"{"currentContext":"default"}"#, r#"{"currentContext":""}"#, r#"{"currentContext":1}"#, "{}"] {
            choose(&home, none);
            assert_eq!(current(&surroundings, own_uid()), Ok(None), "{none}");
        }
        let named = Surroundings { docker_context: Some("desktop-linux".to_owned()), ..surroundings };
        assert!(current(&named, own_uid()).unwrap().is_some(), "the environment comes first");
    }

    #[test]
    fn a_context_that_is_not_there_and_a_broken_file_are_told_and_not_passed_over() {
        let (home, surroundings) = home("a", "unix:///a");
        choose(&home, r#"{"currentContext":"../../b"}"#);
        assert_eq!(current(&surroundings, own_uid()).unwrap_err().code, "docker-context-missing");
        choose(&home, "{");
        assert_eq!(current(&surroundings, own_uid()).unwrap_err().code, "docker-config-unusable");
    }

    #[test]
    fn what_somebody_else_wrote_chooses_nothing() {
        let (home, surroundings) = home("a", "unix:///a");
        choose(&home, r#"{"currentContext":"a"}"#);
        // As root the files are root's, whose word counts for everybody.
        let stranger = own_uid() + 1;
        assert_eq!(current(&surroundings, stranger).unwrap().is_some(), own_uid() == 0);
    }
}
