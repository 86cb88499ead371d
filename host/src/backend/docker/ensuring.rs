//! Having a container: created, started, unpaused or left alone, whatever other processes do meanwhile.

use std::time::Duration;

use bollard::models::ContainerStateStatusEnum as Status;
use bollard::query_parameters::{CreateContainerOptions, StartContainerOptions};
use tokio::time::sleep;

use super::container::Found;
use super::fault::Fault;
use super::image::image_missing;
use super::labels::Verb;
use super::reference::Reference;
use super::{Container, ContainerSpec, Docker, creation};
use crate::backend::{BackendError, Owner, Progress, port};

/// Each round does one thing and looks again; a lost port or a second process costs two or three rounds.
const ROUNDS_MAX: u32 = 20;

/// Between looks at a container that is on its way to another state.
const SETTLE: Duration = Duration::from_millis(500);

/// What one round came to.
enum Round {
    Done(Container),
    Again,
    /// The host port was lost to somebody else: the next container gets another.
    AnotherPort,
}

impl Docker {
    /// Creates and starts it; starts what is stopped; leaves alone what runs. Refused when it is not ours.
    pub async fn ensure_container(
        &self,
        spec: &ContainerSpec,
        owner: &Owner,
        progress: &dyn Progress,
    ) -> Result<Container, BackendError> {
        creation::check(spec)?;
        let image = Reference::parse(&spec.image)?.full(self.podman);
        let (mut preferred, mut started) = (spec.preferred_host_port, false);
        for _ in 0..ROUNDS_MAX {
            let round = match self.find(&spec.name).await? {
                None => {
                    progress.report(&format!("creating the container {}", spec.name), 0, 0);
                    self.create(spec, owner, &image, port::choose(preferred)?).await?
                }
                Some(found) => {
                    found.check(owner, Verb::Change)?;
                    self.bring_up(found, &mut started, progress).await?
                }
            };
            match round {
                Round::Done(container) => return Ok(container),
                Round::Again => {}
                Round::AnotherPort => preferred = 0,
            }
        }
        Err(self.unsettled(&spec.name).await)
    }

    /// Starts it when it is stopped, leaves it alone when it runs. Refused when there is none, or it is not ours.
    pub async fn start_container(
        &self,
        name: &str,
        owner: &Owner,
        progress: &dyn Progress,
    ) -> Result<Container, BackendError> {
        let mut started = false;
        for _ in 0..ROUNDS_MAX {
            let Some(found) = self.find(name).await? else { return Err(missing(name)) };
            found.check(owner, Verb::Change)?;
            match self.bring_up(found, &mut started, progress).await? {
                Round::Done(container) => return Ok(container),
                Round::Again => {}
                // It made way because of its port, and whoever can make a new one gives that another.
                Round::AnotherPort => return Err(missing(name)),
            }
        }
        Err(self.unsettled(name).await)
    }

    /// Creates the container; when another process was faster, its container is looked at in the next round.
    async fn create(
        &self,
        spec: &ContainerSpec,
        owner: &Owner,
        image: &str,
        host_port: u16,
    ) -> Result<Round, BackendError> {
        for mount in &spec.mounts {
            self.ensure_volume(&mount.volume, owner).await?;
        }
        let options = CreateContainerOptions { name: Some(spec.name.clone()), ..CreateContainerOptions::default() };
        let body = creation::body(spec, owner, image.to_owned(), host_port);
        match self.ask(self.client.create_container(Some(options), body)).await {
            Ok(_) | Err(Fault::Conflict(_)) => Ok(Round::Again),
            Err(Fault::Missing(said)) => Err(image_missing(image, &said)),
            Err(fault) => Err(fault.while_doing(&format!("create the container `{}`", spec.name))),
        }
    }

    /// Takes one step from the state that a container is in towards running.
    async fn bring_up(&self, found: Found, started: &mut bool, progress: &dyn Progress) -> Result<Round, BackendError> {
        match found.status {
            Status::RUNNING => Ok(Round::Done(found.container)),
            Status::PAUSED => self.unpause(&found).await.map(|()| Round::Again),
            Status::CREATED | Status::EXITED if *started && !found.never_started => Err(self.not_running(&found).await),
            Status::CREATED | Status::EXITED => {
                progress.report(&format!("starting the container {}", found.container.name), 0, 0);
                let round = self.start(&found).await?;
                *started = matches!(round, Round::Again);
                Ok(round)
            }
            Status::RESTARTING | Status::REMOVING | Status::STOPPING => {
                sleep(SETTLE).await;
                Ok(Round::Again)
            }
            Status::DEAD | Status::EMPTY => Err(self.not_running(&found).await),
        }
    }

    async fn start(&self, found: &Found) -> Result<Round, BackendError> {
        match self.ask(self.client.start_container(&found.id, None::<StartContainerOptions>)).await {
            // Missing and conflict: another process is at work on it too.
            Ok(()) | Err(Fault::Missing(_) | Fault::Conflict(_)) => Ok(Round::Again),
            Err(Fault::PortTaken(_)) if found.never_started => {
                // Nothing was ever in it, so it makes way for one with another port.
                self.remove_found(found, false).await?;
                Ok(Round::AnotherPort)
            }
            Err(Fault::PortTaken(_)) => Err(port_lost(found)),
            Err(fault) => {
                if found.never_started && matches!(fault, Fault::Said(_)) {
                    self.remove_found(found, false).await?;
                }
                Err(fault.while_doing(&format!("start the container `{}`", found.container.name)))
            }
        }
    }

    /// The rounds are over: says in what state the container is.
    async fn unsettled(&self, name: &str) -> BackendError {
        match self.find(name).await {
            Ok(Some(found)) => self.not_running(&found).await,
            Ok(None) => BackendError::retryable("container-missing", format!("the container `{name}` does not stay"))
                .help("see who removes it with `docker events`"),
            Err(error) => error,
        }
    }
}

fn missing(name: &str) -> BackendError {
    BackendError::refused("container-missing", format!("there is no container `{name}`"))
}

/// Addresses of its tenants name the port, so a container that was in use does not silently get another.
fn port_lost(found: &Found) -> BackendError {
    let name = &found.container.name;
    let Some(port) = found.bound_port else {
        return BackendError::refused("port-taken", format!("the port of the container `{name}` is taken"));
    };
    let message = format!("the container `{name}` needs port {port} on 127.0.0.1, where another program listens now");
    BackendError::refused("port-taken", message)
        .help(format!("find that program with `{}`, stop it, and run the command again", port::who_listens(port)))
}
