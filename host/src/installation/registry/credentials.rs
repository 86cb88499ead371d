//! Logins of registries, where `docker login` leaves them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::backend::Surroundings;
use crate::error::{CliError, Exit};
use crate::files;
use crate::text::shown;

/// A file that is larger is none of Docker's.
const BYTES_MAX: u64 = 1 << 20;

/// The `config.json` of Docker; read once a registry asks for a login.
pub struct DockerConfig(Option<PathBuf>);

/// A name and its password.
pub struct Credentials {
    /// The name.
    pub user: String,
    /// The password, or what is used in its place.
    pub password: Zeroizing<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    /// `NAME:PASSWORD` in Base64; none where a program keeps it.
    auth: Option<String>,
}

impl DockerConfig {
    /// Where this user's would be.
    pub fn of_user(surroundings: &Surroundings) -> DockerConfig {
        let own = || surroundings.home.as_ref().map(|home| home.join(".docker"));
        let dir = surroundings.docker_config.clone().or_else(own);
        DockerConfig(dir.map(|dir| dir.join("config.json")))
    }

    /// The login of a registry, if there is one.
    pub fn of(&self, registry: &str) -> Result<Option<Credentials>, CliError> {
        let Some(path) = &self.0 else { return Ok(None) };
        let content = match path.canonicalize().and_then(|path| files::read_regular(&path, BYTES_MAX)) {
            Ok(content) => Zeroizing::new(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(path).because(&error)),
        };
        let file: File = serde_json::from_slice(&content).map_err(|error| unusable(path).because(&error))?;
        let entry = file.auths.into_iter().find(|(name, _)| host_of(name) == registry);
        let Some(auth) = entry.and_then(|(_, entry)| entry.auth).map(Zeroizing::new).filter(|auth| !auth.is_empty())
        else {
            return Ok(None);
        };
        let pair = STANDARD.decode(auth.as_bytes()).map(Zeroizing::new).ok();
        let pair = pair.and_then(|pair| Some(Zeroizing::new(String::from_utf8(pair.to_vec()).ok()?)));
        let parts = pair.as_ref().and_then(|pair| pair.split_once(':'));
        let (user, password) = parts.ok_or_else(|| unusable(path).cause("a login in it cannot be read"))?;
        Ok(Some(Credentials { user: user.to_owned(), password: Zeroizing::new(password.to_owned()) }))
    }
}

/// `host` of `https://host/v1/`, as older ones are written.
fn host_of(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.split_once('/').map_or(name, |(host, _)| host)
}

fn unusable(path: &Path) -> CliError {
    CliError::new(Exit::Refused, "docker-config-unusable", format!("{} cannot be used", shown(path)))
        .help("nothing was done; log in with `docker login`, or set `DOCKER_CONFIG` to another directory")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_login_of_a_registry_is_found_under_its_host_alone() {
        let dir = tempfile::tempdir().unwrap();
        let config = DockerConfig(Some(dir.path().join("config.json")));
        assert!(config.of("a.example").unwrap().is_none(), "no file, no login");
        let file = r#"{ "auths": { "https://a.example/v1/": { "auth": "bWU6YTpi" }, "b.example:5000": {},
            "c.example": { "auth": "!" } }, "credsStore": "x" }"#;
        fs::write(dir.path().join("config.json"), file).unwrap();
        let login = config.of("a.example").unwrap().unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("me", "a:b"));
        assert!(config.of("b.example:5000").unwrap().is_none(), "a program keeps it");
        assert!(config.of("example").unwrap().is_none());
        assert_eq!(config.of("c.example").err().unwrap().code, "docker-config-unusable");
        fs::write(dir.path().join("config.json"), "no JSON").unwrap();
        assert_eq!(config.of("a.example").err().unwrap().code, "docker-config-unusable");
    }
}
