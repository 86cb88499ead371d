//! A Docker engine behind typed verbs, on objects that carry our label and no others.

mod container;
mod context;
mod creation;
mod endpoint;
mod ensuring;
mod fault;
mod identity;
mod image;
mod labels;
mod name;
mod reference;
mod sockets;
mod volume;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use self::fault::{Fault, fault_of};
use super::BackendError;

/// Longest wait for an answer to a request that moves no data; a busy engine may need seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection to an engine, which is cheap to clone.
#[derive(Debug, Clone)]
pub struct Docker {
    client: bollard::Docker,
    version: String,
    endpoint: String,
    found_by: String,
    /// Podman takes short image names for something else than Docker does.
    podman: bool,
    identity: Arc<OnceCell<String>>,
}

/// An image that the engine holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its content hash.
    pub id: String,
    /// Environment that it declares, as `NAME=value`.
    pub env: Vec<String>,
}

/// A volume and where the container sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Name of a volume, made and labelled when there is none.
    pub volume: String,
    /// Absolute path in the container.
    pub target: String,
}

/// A container to have: there is no way to ask for privileges, the host's network or its directories.
#[derive(Clone)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// The image's reference.
    pub image: String,
    /// Its environment, with secrets filled in.
    pub env: Vec<(String, Zeroizing<String>)>,
    /// Its volumes.
    pub mounts: Vec<Mount>,
    /// The one port to publish, on 127.0.0.1.
    pub port: u16,
    /// Where to publish it when that port is free; 0 for no preference.
    pub preferred_host_port: u16,
    /// Size of /dev/shm in bytes; 0 for the engine's default.
    pub shm_bytes: u64,
}

/// A container of ours as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `created`, `running`, `exited`, …
    pub state: String,
    /// The reference that it was made from.
    pub image: String,
    /// How its program ended, once it has.
    pub exit_code: Option<i32>,
    /// Where its port is published on 127.0.0.1, while it runs.
    pub host_port: Option<u16>,
    /// The volumes that it uses, by name.
    pub volumes: Vec<String>,
}

impl Docker {
    /// The engine's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where the engine answered.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Why it is this engine and no other, in words.
    pub fn found_by(&self) -> &str {
        &self.found_by
    }

    /// Sends one request and waits for its whole answer, but not for ever.
    async fn ask<T>(
        &self,
        request: impl Future<Output = Result<T, bollard::errors::Error>> + Send,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(ANSWER_TIMEOUT, request).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(fault_of(&error)),
            Err(_) => Err(Fault::Silent),
        }
    }

    /// The answer, or none when the engine says that there is no such object.
    async fn look_up<T>(
        &self,
        request: impl Future<Output = Result<T, bollard::errors::Error>> + Send,
        what: &str,
    ) -> Result<Option<T>, BackendError> {
        match self.ask(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Fault::Missing(_)) => Ok(None),
            Err(fault) => Err(fault.while_doing(what)),
        }
    }
}
