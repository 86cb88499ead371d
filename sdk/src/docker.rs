//! A Docker engine, behind typed verbs, on objects that carry our label.

use crate::bindings::systemprompt::provider::docker as contract;
use crate::{Failure, Scope, Secret, imports};

pub use contract::{Container, ContainerSpec, Engine, Image, Mount};

/// The engine of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Docker;

impl Docker {
    /// Whether the engine answers.
    pub fn ping(self) -> Result<Engine, Failure> {
        imports::docker::ping()
    }

    /// Which engine answers, wherever it answers: what it keeps has one identity for as long as it is kept.
    pub fn identity(self) -> Result<String, Failure> {
        imports::docker::identity()
    }

    /// Looks an image up, and pulls it when it is not there.
    pub fn ensure_image(self, reference: &str) -> Result<Image, Failure> {
        imports::docker::ensure_image(reference)
    }

    /// None when there is no container of that name. Refused when it is not ours.
    pub fn inspect(self, name: &str) -> Result<Option<Container>, Failure> {
        imports::docker::inspect(name)
    }

    /// Creates and starts; starts what is stopped; leaves alone what runs. Refused when it is not ours.
    pub fn ensure_container(self, spec: &ContainerSpec) -> Result<Container, Failure> {
        imports::docker::ensure_container(spec)
    }

    /// Starts what is stopped and leaves alone what runs. Refused when there is none, or it is not ours.
    pub fn start_container(self, name: &str, scope: Scope) -> Result<Container, Failure> {
        imports::docker::start_container(name, scope)
    }

    /// Stops it; nothing happens when there is none or it is stopped.
    pub fn stop_container(self, name: &str) -> Result<(), Failure> {
        imports::docker::stop_container(name)
    }

    /// Removes a tenant's own container and the volumes named; nothing happens when there is none.
    pub fn remove_container(self, name: &str, volumes: &[String]) -> Result<(), Failure> {
        imports::docker::remove_container(name, volumes)
    }

    /// Whether there is a volume of that name, with a container or without. Refused when it is not ours.
    pub fn has_volume(self, name: &str) -> Result<bool, Failure> {
        imports::docker::has_volume(name)
    }

    /// The last lines that it printed.
    pub fn logs(self, name: &str, lines: u32) -> Result<String, Failure> {
        imports::docker::logs(name, lines)
    }
}

impl ContainerSpec {
    /// A container that belongs to the operation's tenant, with Docker's own 64 MiB of /dev/shm.
    pub fn of_tenant(name: impl Into<String>, image: impl Into<String>, port: u16) -> Self {
        Self {
            name: name.into(),
            scope: Scope::Tenant,
            image: image.into(),
            env: Vec::new(),
            mounts: Vec::new(),
            port,
            preferred_host_port: port,
            shm_bytes: 64 << 20,
            ext: None,
        }
    }

    /// A container that the tenants of all projects on this machine share.
    pub fn of_machine(name: impl Into<String>, image: impl Into<String>, port: u16) -> Self {
        Self { scope: Scope::Machine, ..Self::of_tenant(name, image, port) }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a variable to a secret's value.
    #[must_use]
    pub fn secret_env(self, name: &str, secret: &Secret) -> Self {
        self.env(name, secret.placeholder())
    }

    /// Mounts a volume, which is made when there is none.
    #[must_use]
    pub fn mount(mut self, volume: impl Into<String>, target: impl Into<String>) -> Self {
        self.mounts.push(Mount { volume: volume.into(), target: target.into() });
        self
    }

    /// Asks for a port on this machine; any free one is taken when it is in use.
    #[must_use]
    pub fn prefer_host_port(mut self, port: u16) -> Self {
        self.preferred_host_port = port;
        self
    }

    /// Sets the size of /dev/shm.
    #[must_use]
    pub fn shm_bytes(mut self, bytes: u64) -> Self {
        self.shm_bytes = bytes;
        self
    }
}

impl Container {
    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

impl Image {
    /// The value of a variable that the image declares.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.iter().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}
