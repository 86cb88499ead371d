//! Finding an engine: the user's `DOCKER_HOST` or Docker context, else the sockets where engines usually answer.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bollard::models::SystemVersion;
use bollard::{API_DEFAULT_VERSION, Docker as Client};

use super::context::{self, Context};
use super::fault::{Fault, fault_of};
use super::{Docker, sockets};
use crate::backend::{BackendError, Surroundings};

/// An engine on this machine answers at once; a hung one must not hang the probe that chooses a provider.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Seconds the client waits for the head of an answer: stopping a container takes as long as its program does.
const REQUEST_TIMEOUT_S: u64 = 120;

/// Where an engine may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Endpoint {
    Socket(PathBuf),
    Loopback(String),
}

/// Who says where the engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// `DOCKER_HOST`.
    Variable,
    /// The Docker context of this name.
    Context(String),
    /// Nobody: the usual places were tried.
    Usual,
}

impl Docker {
    /// Connects to the engine that the user names, or to the first that answers.
    pub async fn connect(surroundings: &Surroundings) -> Result<Self, BackendError> {
        let (source, candidates) = candidates(surroundings, rustix::process::geteuid().as_raw())?;
        let mut reasons = Vec::new();
        for endpoint in &candidates {
            match greet(endpoint).await {
                Ok(docker) => return Ok(Self { found_by: source.to_string(), ..docker }),
                Err(fault) => reasons.push((endpoint, fault)),
            }
        }
        Err(unavailable(&source, &reasons))
    }
}

impl Source {
    /// How to be rid of it.
    fn escape(&self) -> &'static str {
        match self {
            Self::Variable => "unset DOCKER_HOST",
            Self::Context(_) => "choose another with `docker context use default`",
            Self::Usual => "set DOCKER_HOST",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable => formatter.write_str("named by `DOCKER_HOST`"),
            Self::Context(name) => write!(formatter, "named by the Docker context `{name}`"),
            Self::Usual => formatter.write_str("the first of the usual places that answers"),
        }
    }
}

/// The endpoints to try, in order. What the user names is an order, not a hint: nothing else is tried then.
fn candidates(surroundings: &Surroundings, uid: u32) -> Result<(Source, Vec<Endpoint>), BackendError> {
    if let Some(host) = &surroundings.docker_host {
        return Ok((Source::Variable, vec![parse_host(host, &Source::Variable)?]));
    }
    if let Some(Context { name, host }) = context::current(surroundings, uid)? {
        let source = Source::Context(name);
        let endpoint = parse_host(&host, &source)?;
        return Ok((source, vec![endpoint]));
    }
    Ok((Source::Usual, sockets::usual(surroundings, uid).into_iter().map(Endpoint::Socket).collect()))
}

fn parse_host(host: &str, source: &Source) -> Result<Endpoint, BackendError> {
    if let Some(path) = host.strip_prefix("unix://").filter(|path| path.starts_with('/')) {
        return Ok(Endpoint::Socket(path.into()));
    }
    let address = host.strip_prefix("tcp://").or_else(|| host.strip_prefix("http://"));
    if let Some(address) = address.map(|address| address.trim_end_matches('/')).filter(|address| is_loopback(address)) {
        return Ok(Endpoint::Loopback(address.to_owned()));
    }
    // What a remote engine publishes on its 127.0.0.1 cannot be reached from here, and plain TCP would show secrets.
    let message = format!("the Docker engine {source} is not on this machine, which is not supported");
    Err(BackendError::refused("docker-host-unsupported", message)
        .help(format!("{}, or set DOCKER_HOST to unix:///path/to/docker.sock", source.escape())))
}

fn is_loopback(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback && port.parse::<u16>().is_ok()
}

/// Connects, asks for the version and settles on one that both sides speak.
async fn greet(endpoint: &Endpoint) -> Result<Docker, Fault> {
    let client = match endpoint {
        Endpoint::Socket(path) => {
            Client::connect_with_unix(&path.to_string_lossy(), REQUEST_TIMEOUT_S, API_DEFAULT_VERSION)
        }
        Endpoint::Loopback(address) => Client::connect_with_http(address, REQUEST_TIMEOUT_S, API_DEFAULT_VERSION),
    };
    let client = client.map_err(|error| fault_of(&error))?;
    let greeting = async {
        let client = client.negotiate_version().await?;
        let version = client.version().await?;
        Ok((client, version))
    };
    match tokio::time::timeout(PING_TIMEOUT, greeting).await {
        Ok(Ok((client, version))) => Ok(known(client, version, endpoint)),
        Ok(Err(error)) => Err(fault_of(&error)),
        Err(_) => Err(Fault::Silent),
    }
}

fn known(client: Client, version: SystemVersion, endpoint: &Endpoint) -> Docker {
    let components = version.components.unwrap_or_default();
    let podman = components.iter().any(|component| component.name.starts_with("Podman"));
    let version = version.version.unwrap_or_else(|| "unknown".to_owned());
    Docker { client, version, endpoint: shown(endpoint), found_by: String::new(), podman, identity: Arc::default() }
}

fn shown(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Socket(path) => format!("unix://{}", path.display()),
        Endpoint::Loopback(address) => format!("tcp://{address}"),
    }
}

/// One error for all places that were tried; the most telling reason leads.
fn unavailable(source: &Source, reasons: &[(&Endpoint, Fault)]) -> BackendError {
    for (endpoint, fault) in reasons {
        let place = shown(endpoint);
        match fault {
            Fault::Forbidden(_) => {
                let message = format!("this user may not use the Docker engine at `{place}`");
                return BackendError::refused("docker-forbidden", message)
                    .help("run `sudo usermod -aG docker \"$USER\"`, then log in again");
            }
            Fault::Silent => {
                let message = format!("the Docker engine at `{place}` does not answer");
                return BackendError::retryable("docker-unavailable", message).help("restart Docker, then try again");
            }
            Fault::Missing(_) | Fault::Conflict(_) | Fault::PortTaken(_) | Fault::DiskFull(_) | Fault::Said(_) => {
                let message = format!("what answers at `{place}` is not a Docker engine that can be used");
                return BackendError::retryable("docker-unavailable", message).help("see what `docker version` says");
            }
            Fault::Away(_) => {}
        }
    }
    let [(only, _)] = reasons else {
        let installed = Path::new("/usr/bin/dockerd").exists() || Path::new("/usr/sbin/dockerd").exists();
        return BackendError::retryable("docker-unavailable", "no Docker engine answers on this machine").help(
            if installed {
                "sudo systemctl start docker"
            } else {
                "install Docker: https://docs.docker.com/engine/install/"
            },
        );
    };
    BackendError::retryable("docker-unavailable", format!("no Docker engine answers at `{}`", shown(only)))
        .help(format!("start Docker there, or {}", source.escape()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_host(host: &str) -> Surroundings {
        Surroundings { docker_host: Some(host.to_owned()), ..Surroundings::default() }
    }

    #[test]
    fn a_host_that_the_user_names_is_the_only_one_tried() {
        let socket = candidates(&with_host("unix:///tmp/d.sock"), 0).unwrap();
        assert_eq!(socket, (Source::Variable, vec![Endpoint::Socket("/tmp/d.sock".into())]));
        for host in ["tcp://127.0.0.1:2375", "http://localhost:2375/", "tcp://[::1]:2375"] {
            assert!(matches!(candidates(&with_host(host), 0).unwrap().1[..], [Endpoint::Loopback(_)]), "{host}");
        }
    }

    #[test]
    fn an_engine_elsewhere_is_refused() {
        for host in ["tcp://10.0.0.1:2375", "ssh://me@box", "tcp://127.0.0.1.evil.example:1", "unix://relative", "x"] {
            assert_eq!(candidates(&with_host(host), 0).unwrap_err().code, "docker-host-unsupported", "{host}");
        }
        let refusal = parse_host("ssh://me@box", &Source::Context("box".to_owned())).unwrap_err();
        assert!(refusal.message.contains("the Docker context `box`"), "{refusal}");
        assert!(refusal.help.unwrap().contains("docker context use default"));
    }

    #[test]
    fn without_one_the_usual_places_are_tried() {
        let (source, found) = candidates(&Surroundings::default(), 1000).unwrap();
        assert_eq!((source, found.first()), (Source::Usual, Some(&Endpoint::Socket("/var/run/docker.sock".into()))));
    }
}
