//! Capability `docker`: typed verbs on objects that carry our label; secrets are filled in here.

use crate::backend::docker::{Container, ContainerSpec, Docker, Mount};
use crate::backend::{BackendError, Owner};
use crate::plugin::Guest;
use crate::plugin::guest::bounded;
use crate::plugin::limits::{ENV_BYTES_MAX, ENV_MAX, VOLUMES_MAX};
use crate::plugin::v1::imports;

use super::{Answer, backend_failure, given, references, refused};
use imports::docker as theirs;
use imports::types::{Failure, Scope};

/// Lines of a container's log that one call may ask for.
const LOG_LINES_MAX: u32 = 500;

/// Refuses a container that asks for more than any does, before its secrets are looked up. A rehearsal asks the same.
pub fn judged(spec: &theirs::ContainerSpec) -> Result<(), Failure> {
    if spec.env.len() > ENV_MAX {
        return Err(too_many("env", &format!("a container has more than {ENV_MAX} variables")));
    }
    let size: usize = spec.env.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > ENV_BYTES_MAX {
        return Err(too_many("env", &format!("a container's variables have more than {} KiB", ENV_BYTES_MAX >> 10)));
    }
    if spec.mounts.len() > VOLUMES_MAX {
        return Err(too_many("mounts", &format!("a container has more than {VOLUMES_MAX} volumes")));
    }
    spec.env.iter().try_for_each(|(_, template)| references(template).map(drop))
}

/// Refuses to remove more volumes than a container has.
pub fn judged_volumes(volumes: &[String]) -> Result<(), Failure> {
    if volumes.len() > VOLUMES_MAX {
        return Err(too_many("volumes", &format!("no container has more than {VOLUMES_MAX} volumes")));
    }
    Ok(())
}

fn too_many(field: &str, why: &str) -> Failure {
    refused("invalid-container", &format!("{why} (field `{field}`)"))
}

impl theirs::Host for Guest {
    async fn ping(&mut self) -> Answer<theirs::Engine> {
        self.granted("docker")?;
        Ok(self.docker().await.map(|docker| theirs::Engine {
            version: docker.version().to_owned(),
            endpoint: docker.endpoint().to_owned(),
        }))
    }

    async fn identity(&mut self) -> Answer<String> {
        self.granted("docker")?;
        let docker = given!(self.docker().await);
        let identity = docker.identity().await;
        self.told(identity).await
    }

    async fn ensure_image(&mut self, reference: String) -> Answer<theirs::Image> {
        self.granted("docker")?;
        bounded(&reference)?;
        Ok(self.pull(&reference).await)
    }

    async fn inspect(&mut self, name: String) -> Answer<Option<theirs::Container>> {
        self.granted("docker")?;
        Ok(self.look_at(&name).await)
    }

    async fn ensure_container(&mut self, spec: theirs::ContainerSpec) -> Answer<theirs::Container> {
        self.granted("docker")?;
        if let Err(failure) = self.may_change() {
            return Ok(Err(failure));
        }
        given!(judged(&spec));
        let mut env = Vec::with_capacity(spec.env.len());
        for (name, template) in &spec.env {
            match self.resolve(template).await? {
                Ok(value) => env.push((name.clone(), value)),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        self.run_container(spec, env).await
    }

    async fn start_container(&mut self, name: String, scope: Scope) -> Answer<theirs::Container> {
        self.granted("docker")?;
        self.start(&name, scope).await
    }

    async fn stop_container(&mut self, name: String) -> Answer<()> {
        self.granted("docker")?;
        Ok(self.stop(&name).await)
    }

    async fn remove_container(&mut self, name: String, volumes: Vec<String>) -> Answer<()> {
        self.granted("docker")?;
        Ok(self.remove(&name, &volumes).await)
    }

    async fn has_volume(&mut self, name: String) -> Answer<bool> {
        self.granted("docker")?;
        let owner = self.looking();
        let docker = given!(self.docker().await);
        let found = docker.has_volume(&name, &owner).await;
        self.told(found).await
    }

    async fn logs(&mut self, name: String, lines: u32) -> Answer<String> {
        self.granted("docker")?;
        let owner = self.looking();
        let docker = given!(self.docker().await);
        let logs = docker.logs(&name, lines.min(LOG_LINES_MAX), &owner).await;
        let logs = given!(self.told(logs).await?);
        self.without_secrets(&logs).await.map(Ok)
    }
}

impl Guest {
    /// The engine, connected at the first use of this call.
    pub(super) async fn docker(&mut self) -> Result<Docker, Failure> {
        if let Some(docker) = &self.docker {
            return Ok(docker.clone());
        }
        let docker =
            Docker::connect(self.world.places.surroundings()).await.map_err(|error| backend_failure(&error))?;
        Ok(self.docker.insert(docker).clone())
    }

    /// As whom this call looks at containers: a tenant may see what its plugin shares.
    pub(super) fn looking(&self) -> Owner {
        self.tenant_owner().unwrap_or_else(|_| Owner::Machine { plugin: self.plugin.to_string() })
    }

    async fn pull(&mut self, reference: &str) -> Result<theirs::Image, Failure> {
        self.may_change()?;
        let docker = self.docker().await?;
        let image = docker.ensure_image(reference, &self.world.reporter).await.map_err(|e| backend_failure(&e))?;
        Ok(theirs::Image { id: image.id, env: image.env })
    }

    async fn look_at(&mut self, name: &str) -> Result<Option<theirs::Container>, Failure> {
        let owner = self.looking();
        let docker = self.docker().await?;
        let found = docker.inspect(name, &owner).await.map_err(|error| backend_failure(&error))?;
        Ok(found.map(container))
    }

    async fn run_container(
        &mut self,
        spec: theirs::ContainerSpec,
        env: Vec<(String, zeroize::Zeroizing<String>)>,
    ) -> Answer<theirs::Container> {
        let owner = given!(self.owner(spec.scope));
        let docker = given!(self.docker().await);
        let _lock = given!(self.machine_lock(&owner, &spec.name).await);
        let mounts =
            spec.mounts.into_iter().map(|mount| Mount { volume: mount.volume, target: mount.target }).collect();
        let spec = ContainerSpec {
            name: spec.name,
            image: spec.image,
            env,
            mounts,
            port: spec.port,
            preferred_host_port: spec.preferred_host_port,
            shm_bytes: spec.shm_bytes,
        };
        let made = docker.ensure_container(&spec, &owner, &self.world.reporter).await;
        self.told(made.map(container)).await
    }

    async fn start(&mut self, name: &str, scope: Scope) -> Answer<theirs::Container> {
        given!(self.may_change());
        let owner = given!(self.owner(scope));
        let docker = given!(self.docker().await);
        let _lock = given!(self.machine_lock(&owner, name).await);
        let started = docker.start_container(name, &owner, &self.world.reporter).await;
        self.told(started.map(container)).await
    }

    async fn stop(&mut self, name: &str) -> Result<(), Failure> {
        self.may_change()?;
        let owner = self.looking();
        let docker = self.docker().await?;
        let _lock = self.machine_lock(&owner, name).await?;
        docker.stop(name, &owner).await.map_err(|error| backend_failure(&error))
    }

    async fn remove(&mut self, name: &str, volumes: &[String]) -> Result<(), Failure> {
        self.may_change()?;
        judged_volumes(volumes)?;
        let owner = self.tenant_owner()?;
        let docker = self.docker().await?;
        docker.remove(name, volumes, &owner).await.map_err(|error| backend_failure(&error))
    }

    /// What the machine's projects share is changed by one of them at a time.
    async fn machine_lock(
        &self,
        owner: &Owner,
        name: &str,
    ) -> Result<Option<crate::backend::machine_lock::MachineLock>, Failure> {
        match owner {
            Owner::Tenant { .. } => Ok(None),
            Owner::Machine { .. } => self
                .world
                .places
                .lock_machine(&format!("docker-{name}"), &self.world.reporter)
                .await
                .map(Some)
                .map_err(|error: BackendError| backend_failure(&error)),
        }
    }
}

fn container(found: Container) -> theirs::Container {
    theirs::Container {
        id: found.id,
        name: found.name,
        state: found.state,
        image: found.image,
        exit_code: found.exit_code,
        host_port: found.host_port,
        volumes: found.volumes,
    }
}
