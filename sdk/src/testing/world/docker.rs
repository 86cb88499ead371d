//! A Docker engine that keeps the promises of the contract, and the habits of the official PostgreSQL images.

use std::collections::{BTreeMap, BTreeSet};

use super::postgres::Disk;
use super::{Owner, World};
use crate::docker::{Container, ContainerSpec, Engine as Answer, Image};
use crate::{Failure, Scope};

/// The engine and what it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Engine {
    down: bool,
    /// How many engines there were before it.
    number: u32,
    images: BTreeMap<String, Image>,
    missing_images: BTreeSet<String>,
    /// What containers of an image print before they exit.
    crashing_images: BTreeMap<String, String>,
    containers: BTreeMap<String, Held>,
    volumes: BTreeMap<String, Owner>,
}

/// A container, and what only the engine knows about it.
#[derive(Clone, Debug)]
struct Held {
    shown: Container,
    owner: Owner,
    spec: ContainerSpec,
    logs: String,
    running_since_ms: u64,
}

impl World {
    /// The engine does not answer.
    pub fn stop_docker(&mut self) {
        self.engine.down = true;
    }

    /// The engine answers again.
    pub fn start_docker(&mut self) {
        self.engine.down = false;
    }

    /// From here on another engine answers, with nothing in it; and the first one again, when it is said twice.
    pub fn switch_engine(&mut self) {
        let new = || Box::new((Engine { number: self.engine.number + 1, ..Engine::default() }, BTreeMap::new()));
        let mut other = self.other_engine.take().unwrap_or_else(new);
        std::mem::swap(&mut self.engine, &mut other.0);
        std::mem::swap(&mut self.disks, &mut other.1);
        self.other_engine = Some(other);
    }

    /// An image that is there; others are pulled when they are asked for.
    pub fn image(&mut self, reference: &str, env: &[&str]) {
        let env = env.iter().map(|&pair| pair.to_owned()).collect();
        self.engine.images.insert(reference.to_owned(), Image { id: format!("sha256:{reference}"), env });
    }

    /// An image that no registry has.
    pub fn missing_image(&mut self, reference: &str) {
        self.engine.missing_images.insert(reference.to_owned());
    }

    /// An image whose containers print something and exit.
    pub fn crashing_image(&mut self, reference: &str, prints: &str) {
        self.engine.crashing_images.insert(reference.to_owned(), prints.to_owned());
    }

    /// A container that somebody else made.
    pub fn strangers_container(&mut self, name: &str) {
        let spec = ContainerSpec::of_machine(name, "busybox", 80);
        let held = Held::new(spec, Owner::Stranger, 0);
        self.engine.containers.insert(name.to_owned(), held);
    }

    /// Somebody stops a container.
    pub fn stop_container(&mut self, name: &str) {
        if let Some(held) = self.engine.containers.get_mut(name) {
            held.exit(0);
        }
    }

    /// Somebody removes a container, and leaves its volumes.
    pub fn lose_container(&mut self, name: &str) {
        self.engine.containers.remove(name);
    }

    /// Somebody removes a volume with what is in it.
    pub fn lose_volume(&mut self, name: &str) {
        self.engine.volumes.remove(name);
        self.disks.remove(name);
    }

    /// The image of a container.
    pub fn image_of(&self, name: &str) -> Option<&str> {
        self.engine.containers.get(name).map(|held| held.shown.image.as_str())
    }

    /// What a container was made from.
    pub fn spec_of(&self, name: &str) -> Option<&ContainerSpec> {
        self.engine.containers.get(name).map(|held| &held.spec)
    }

    pub(in crate::testing) fn ping(&self) -> Result<Answer, Failure> {
        self.answering()?;
        let endpoint = match self.engine.number {
            0 => "unix:///var/run/docker.sock".to_owned(),
            number => format!("unix:///run/user/1000/docker-{number}.sock"),
        };
        Ok(Answer { version: "28.0.1".to_owned(), endpoint })
    }

    pub(in crate::testing) fn engine_identity(&self) -> Result<String, Failure> {
        self.answering()?;
        Ok(format!("engine-{}", self.engine.number))
    }

    pub(in crate::testing) fn ensure_image(&mut self, reference: &str) -> Result<Image, Failure> {
        self.answering()?;
        if self.engine.missing_images.contains(reference) {
            return Err(Failure::refused("image-missing", format!("there is no image `{reference}`")));
        }
        if !self.engine.images.contains_key(reference) {
            let tag = reference.rsplit_once(':').map_or("", |(_, tag)| tag);
            let major: String = tag.chars().take_while(char::is_ascii_digit).collect();
            self.image(reference, &["PATH=/usr/bin", &format!("PG_MAJOR={major}")]);
        }
        Ok(self.engine.images[reference].clone())
    }

    pub(in crate::testing) fn inspect(&self, name: &str) -> Result<Option<Container>, Failure> {
        self.answering()?;
        Ok(self.ours(name)?.map(|held| held.shown.clone()))
    }

    pub(in crate::testing) fn ensure_container(&mut self, spec: &ContainerSpec) -> Result<Container, Failure> {
        self.answering()?;
        let owner = self.owner(spec.scope)?;
        let port = self.free_port(spec.preferred_host_port);
        if self.ours(&spec.name)?.is_none() {
            for (_, value) in spec.env.iter().filter(|(name, _)| name.ends_with("PASSWORD")) {
                self.known_secret(value)?;
            }
            for mount in &spec.mounts {
                self.engine.volumes.entry(mount.volume.clone()).or_insert_with(|| owner.clone());
            }
            self.engine.containers.insert(spec.name.clone(), Held::new(spec.clone(), owner, port));
        }
        self.start(&spec.name);
        Ok(self.engine.containers[&spec.name].shown.clone())
    }

    pub(in crate::testing) fn start_ours(&mut self, name: &str, scope: Scope) -> Result<Container, Failure> {
        self.answering()?;
        let owner = self.owner(scope)?;
        match self.ours(name)? {
            None => return Err(Failure::refused("container-missing", format!("there is no container `{name}`"))),
            Some(held) if held.owner != owner => {
                return Err(Failure::refused("not-yours", format!("container `{name}` is not the caller's")));
            }
            Some(_) => {}
        }
        self.start(name);
        Ok(self.engine.containers[name].shown.clone())
    }

    pub(in crate::testing) fn has_volume(&self, name: &str) -> Result<bool, Failure> {
        self.answering()?;
        Ok(self.engine.volumes.contains_key(name))
    }

    pub(in crate::testing) fn stop_ours(&mut self, name: &str) -> Result<(), Failure> {
        self.answering()?;
        if self.tenant.is_some() && self.ours(name)?.is_some_and(|held| held.owner == Owner::Machine) {
            return Err(Failure::refused("not-yours", format!("container `{name}` is shared by tenants")));
        }
        self.stop_container(name);
        Ok(())
    }

    pub(in crate::testing) fn remove_container(&mut self, name: &str, volumes: &[String]) -> Result<(), Failure> {
        self.answering()?;
        let mine = self.tenant.clone().map(Owner::Tenant);
        if self.ours(name)?.is_some_and(|held| Some(&held.owner) != mine.as_ref()) {
            return Err(Failure::refused("not-yours", format!("container `{name}` is not the tenant's own")));
        }
        self.engine.containers.remove(name);
        for volume in volumes {
            if self.engine.volumes.get(volume).is_some_and(|owner| Some(owner) == mine.as_ref()) {
                self.engine.volumes.remove(volume);
                self.disks.remove(volume);
            }
        }
        Ok(())
    }

    pub(in crate::testing) fn logs(&self, name: &str, lines: u32) -> Result<String, Failure> {
        self.answering()?;
        let logs = self.ours(name)?.map_or("", |held| held.logs.as_str());
        let skipped = logs.lines().count().saturating_sub(lines as usize);
        Ok(logs.lines().skip(skipped).collect::<Vec<_>>().join("\n"))
    }

    /// Where a running container keeps its databases, where it listens, and since when it runs.
    pub(super) fn container_server(&self, name: &str) -> Result<Option<(String, u16, u64)>, Failure> {
        self.answering()?;
        let running = self.ours(name)?.filter(|held| held.shown.is_running());
        Ok(running.map(|held| (held.disk(), held.shown.host_port.unwrap_or_default(), held.running_since_ms)))
    }

    fn answering(&self) -> Result<(), Failure> {
        if self.engine.down {
            return Err(Failure::retryable("docker-unreachable", "the Docker engine does not answer"));
        }
        Ok(())
    }

    fn ours(&self, name: &str) -> Result<Option<&Held>, Failure> {
        let held = self.engine.containers.get(name);
        if held.is_some_and(|held| held.owner == Owner::Stranger) {
            let message = format!("container `{name}` exists and was not made by systemprompt");
            return Err(Failure::refused("container-not-ours", message));
        }
        Ok(held)
    }

    fn start(&mut self, name: &str) {
        let Some(held) = self.engine.containers.get_mut(name) else { return };
        if held.shown.is_running() {
            return;
        }
        "running".clone_into(&mut held.shown.state);
        held.shown.exit_code = None;
        held.running_since_ms = self.now_ms;
        if let Some(prints) = self.engine.crashing_images.get(&held.shown.image) {
            held.logs.clone_from(prints);
            held.exit(1);
        } else if held.mounts_where_18_does_not_look(&self.engine.images) {
            "Error: in 18+, these Docker images keep their data elsewhere".clone_into(&mut held.logs);
            held.exit(1);
        } else {
            let (role, password) = (held.env("POSTGRES_USER"), held.env("POSTGRES_PASSWORD"));
            self.disks.entry(held.disk()).or_insert_with(|| Disk::new(role, password));
        }
    }
}

impl Engine {
    pub(super) fn publishes(&self, port: u16) -> bool {
        self.containers.values().any(|held| held.shown.is_running() && held.shown.host_port == Some(port))
    }

    pub(super) fn objects(&self) -> Vec<(Owner, String)> {
        let containers = self.containers.iter().map(|(name, held)| {
            let Container { state, image, .. } = &held.shown;
            (held.owner.clone(), format!("container `{name}` of image `{image}`, {state}"))
        });
        let volumes = self.volumes.iter().map(|(name, owner)| (owner.clone(), format!("volume `{name}`")));
        containers.chain(volumes).collect()
    }
}

impl Held {
    fn new(spec: ContainerSpec, owner: Owner, host_port: u16) -> Self {
        let shown = Container {
            id: format!("id-of-{}", spec.name),
            name: spec.name.clone(),
            state: "created".to_owned(),
            image: spec.image.clone(),
            exit_code: None,
            host_port: Some(host_port),
            volumes: spec.mounts.iter().map(|mount| mount.volume.clone()).collect(),
        };
        Self { shown, owner, spec, logs: String::new(), running_since_ms: 0 }
    }

    fn exit(&mut self, code: i32) {
        "exited".clone_into(&mut self.shown.state);
        self.shown.exit_code = Some(code);
    }

    fn env(&self, name: &str) -> String {
        self.spec.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn disk(&self) -> String {
        self.spec.mounts.first().map_or_else(|| self.shown.name.clone(), |mount| mount.volume.clone())
    }

    fn mounts_where_18_does_not_look(&self, images: &BTreeMap<String, Image>) -> bool {
        let major = images.get(&self.shown.image).and_then(|image| image.env("PG_MAJOR")?.parse::<u32>().ok());
        major.is_some_and(|major| major >= 18)
            && self.spec.mounts.iter().any(|mount| mount.target == "/var/lib/postgresql/data")
    }
}
