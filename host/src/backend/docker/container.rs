//! Containers of ours: looking, stopping, removing, and what they printed.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum as Status};
use bollard::query_parameters::{InspectContainerOptions, LogsOptions, RemoveContainerOptions, StopContainerOptions};
use futures_util::{Stream, StreamExt as _};
use tokio::time::sleep;

use super::fault::{Fault, fault_of};
use super::labels::{self, Labels, Subject, Verb};
use super::{ANSWER_TIMEOUT, Container, Docker, name};
use crate::backend::{BackendError, Owner, last_lines};

/// What a database may take to write itself out before it is killed.
const STOP_TIMEOUT_S: i32 = 30;

/// Most that is kept of what a container printed: enough for a diagnosis, harmless in memory.
const LOG_BYTES_MAX: usize = 64 * 1024;

/// Most lines that are asked for: engines cut a line at 16 KiB, so that no more than 16 MiB are read.
const LOG_LINES_MAX: u32 = 1000;

/// Lines of a container's log that an error quotes.
const QUOTED_LINES: usize = 5;

/// How often, and how long apart, a removal that somebody else began is looked after.
const REMOVAL_POLLS: u32 = 50;
const REMOVAL_POLL: Duration = Duration::from_millis(200);

/// A container found, with what decides about it.
pub(super) struct Found {
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) never_started: bool,
    /// The port that it is to be published at, running or not.
    pub(super) bound_port: Option<u16>,
    pub(super) container: Container,
    labels: Labels,
}

impl Found {
    /// Whether an owner may do this with it.
    pub(super) fn check(&self, owner: &Owner, verb: Verb) -> Result<(), BackendError> {
        let subject = Subject { kind: "container", name: &self.container.name };
        labels::check(&self.labels, owner, verb, subject)
    }
}

impl Docker {
    /// The container of that name, if there is one. Refused when it is not ours.
    pub async fn inspect(&self, name: &str, owner: &Owner) -> Result<Option<Container>, BackendError> {
        let Some(found) = self.find(name).await? else { return Ok(None) };
        found.check(owner, Verb::Look)?;
        Ok(Some(found.container))
    }

    /// Stops it; nothing happens when there is none or it is stopped.
    pub async fn stop(&self, name: &str, owner: &Owner) -> Result<(), BackendError> {
        let Some(found) = self.find(name).await? else { return Ok(()) };
        found.check(owner, Verb::Change)?;
        self.stop_found(&found).await
    }

    /// Removes it and the volumes named; nothing happens to what does not exist.
    ///
    /// Whether all of them may be removed is settled before the first one is.
    pub async fn remove(&self, name: &str, volumes: &[String], owner: &Owner) -> Result<(), BackendError> {
        let found = self.find(name).await?;
        if let Some(found) = &found {
            found.check(owner, Verb::Change)?;
        }
        for volume in volumes {
            self.check_volume(volume, owner).await?;
        }
        if let Some(found) = &found {
            self.stop_found(found).await?;
            self.remove_found(found, true).await?;
        }
        for volume in volumes {
            self.remove_volume(volume).await?;
        }
        Ok(())
    }

    /// The last lines that it printed, no more than 64 KiB of them.
    pub async fn logs(&self, name: &str, lines: u32, owner: &Owner) -> Result<String, BackendError> {
        let Some(found) = self.find(name).await? else {
            return Err(BackendError::refused("container-missing", format!("there is no container `{name}`")));
        };
        found.check(owner, Verb::Look)?;
        self.logs_of(&found.id, lines).await
    }

    /// An error when a container that should run does not, with the last that it printed.
    pub(in crate::backend) async fn check_running(&self, name: &str, owner: &Owner) -> Result<(), BackendError> {
        let Some(found) = self.find(name).await? else {
            return Err(BackendError::refused("container-missing", format!("the container `{name}` is gone")));
        };
        found.check(owner, Verb::Look)?;
        if found.status == Status::RUNNING { Ok(()) } else { Err(self.not_running(&found).await) }
    }

    pub(super) async fn find(&self, name: &str) -> Result<Option<Found>, BackendError> {
        name::check_container(name)?;
        let request = self.client.inspect_container(name, None::<InspectContainerOptions>);
        let answer = self.look_up(request, &format!("look up the container `{name}`")).await?;
        // The engine also takes beginnings of ids for names.
        Ok(answer.filter(|answer| plain_name(answer) == name).map(found_of))
    }

    pub(super) async fn logs_of(&self, id: &str, lines: u32) -> Result<String, BackendError> {
        let options = LogsOptions {
            stdout: true,
            stderr: true,
            tail: lines.min(LOG_LINES_MAX).to_string(),
            ..LogsOptions::default()
        };
        let reading = tail_of(self.client.logs(id, Some(options)));
        let tail = tokio::time::timeout(ANSWER_TIMEOUT, reading).await.unwrap_or(Err(Fault::Silent));
        tail.map_err(|fault| fault.while_doing("read the container's log"))
    }

    /// Says in what state a container is that should run, and quotes its last lines.
    pub(super) async fn not_running(&self, found: &Found) -> BackendError {
        let Container { name, state, exit_code, .. } = &found.container;
        let code = if found.status == Status::RESTARTING { "container-restarting" } else { "container-exited" };
        let ended = exit_code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        let said = self.logs_of(&found.id, 50).await.map(|log| last_lines(&log, QUOTED_LINES)).unwrap_or_default();
        let quoted = if said.is_empty() { String::new() } else { format!("; it last said:\n{said}") };
        BackendError::refused(
            code,
            format!("the container `{name}` does not run: its state is `{state}`{ended}{quoted}"),
        )
        .help(format!("look at `docker logs {name}`"))
    }

    /// Removes a container; `force` is for one that may run. One that is gone, or going, is fine.
    pub(super) async fn remove_found(&self, found: &Found, force: bool) -> Result<(), BackendError> {
        // `v` takes along the nameless volumes that the image declares; named ones stay.
        let options = RemoveContainerOptions { v: true, force, ..RemoveContainerOptions::default() };
        match self.ask(self.client.remove_container(&found.id, Some(options))).await {
            Ok(()) | Err(Fault::Missing(_)) => Ok(()),
            Err(Fault::Conflict(said)) if said.contains("in progress") => self.await_removal(found).await,
            Err(fault) => Err(fault.while_doing(&format!("remove the container `{}`", found.container.name))),
        }
    }

    async fn stop_found(&self, found: &Found) -> Result<(), BackendError> {
        let name = &found.container.name;
        match found.status {
            Status::RUNNING | Status::RESTARTING | Status::STOPPING => {}
            // A paused program does not hear that it is to stop.
            Status::PAUSED => self.unpause(found).await?,
            Status::EMPTY | Status::CREATED | Status::EXITED | Status::DEAD | Status::REMOVING => return Ok(()),
        }
        let options = StopContainerOptions { t: Some(STOP_TIMEOUT_S), ..StopContainerOptions::default() };
        match self.ask(self.client.stop_container(&found.id, Some(options))).await {
            Ok(()) | Err(Fault::Missing(_)) => Ok(()),
            Err(fault) => Err(fault.while_doing(&format!("stop the container `{name}`"))),
        }
    }

    pub(super) async fn unpause(&self, found: &Found) -> Result<(), BackendError> {
        match self.ask(self.client.unpause_container(&found.id)).await {
            // A conflict is that somebody else was faster.
            Ok(()) | Err(Fault::Missing(_) | Fault::Conflict(_)) => Ok(()),
            Err(fault) => Err(fault.while_doing(&format!("unpause the container `{}`", found.container.name))),
        }
    }

    async fn await_removal(&self, found: &Found) -> Result<(), BackendError> {
        for _ in 0..REMOVAL_POLLS {
            match self.find(&found.container.name).await? {
                Some(other) if other.id == found.id => sleep(REMOVAL_POLL).await,
                Some(_) | None => return Ok(()),
            }
        }
        let message = format!("the container `{}` is being removed and does not go away", found.container.name);
        Err(BackendError::retryable("container-removing", message))
    }
}

fn plain_name(answer: &ContainerInspectResponse) -> &str {
    answer.name.as_deref().unwrap_or_default().trim_start_matches('/')
}

fn found_of(answer: ContainerInspectResponse) -> Found {
    let name = plain_name(&answer).to_owned();
    let id = answer.id.unwrap_or_default();
    let state = answer.state.unwrap_or_default();
    let status = state.status.unwrap_or(Status::EMPTY);
    let config = answer.config.unwrap_or_default();
    let published = answer.network_settings.and_then(|settings| settings.ports);
    let bound = answer.host_config.and_then(|config| config.port_bindings);
    let ended = matches!(status, Status::EXITED | Status::DEAD | Status::RESTARTING);
    let container = Container {
        id: id.clone(),
        name,
        state: status.to_string(),
        image: config.image.unwrap_or_default(),
        exit_code: state.exit_code.filter(|_| ended).and_then(|code| i32::try_from(code).ok()),
        host_port: published.as_ref().filter(|_| status == Status::RUNNING).and_then(host_port),
        volumes: answer.mounts.unwrap_or_default().into_iter().filter_map(|mount| mount.name).collect(),
    };
    Found {
        id,
        status,
        never_started: state.started_at.is_none_or(|time| time.is_empty() || time.starts_with("0001-")),
        bound_port: bound.as_ref().and_then(host_port),
        container,
        labels: config.labels.unwrap_or_default(),
    }
}

/// The first port that is published on 127.0.0.1, or on all addresses.
fn host_port(ports: &bollard::models::PortMap) -> Option<u16> {
    let bindings = ports.values().flatten().flatten();
    let here = |ip: Option<&str>| matches!(ip, None | Some("" | "127.0.0.1" | "0.0.0.0"));
    bindings
        .filter(|binding| here(binding.host_ip.as_deref()))
        .find_map(|binding| binding.host_port.as_deref()?.parse().ok().filter(|port| *port != 0))
}

/// Reads a log to its end and keeps the last of it.
async fn tail_of(
    mut chunks: impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
) -> Result<String, Fault> {
    let mut kept = Vec::new();
    while let Some(chunk) = chunks.next().await {
        kept.extend_from_slice(chunk.map_err(|error| fault_of(&error))?.as_ref());
        if kept.len() > 2 * LOG_BYTES_MAX {
            kept.drain(..kept.len() - LOG_BYTES_MAX);
        }
    }
    kept.drain(..kept.len().saturating_sub(LOG_BYTES_MAX));
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

#[cfg(test)]
mod tests {
    use bollard::models::{PortBinding, PortMap};

    use super::*;

    fn ports(ip: &str, port: &str) -> PortMap {
        let binding = PortBinding { host_ip: Some(ip.to_owned()), host_port: Some(port.to_owned()) };
        PortMap::from([("5432/tcp".to_owned(), Some(vec![binding]))])
    }

    #[test]
    fn the_port_reported_is_one_that_can_be_reached_at_127_0_0_1() {
        assert_eq!(host_port(&ports("127.0.0.1", "40123")), Some(40123));
        assert_eq!(host_port(&ports("::1", "40123")), None);
        assert_eq!(host_port(&PortMap::from([("5432/tcp".to_owned(), None)])), None);
        assert_eq!(host_port(&ports("127.0.0.1", "")), None);
    }

    #[tokio::test]
    async fn a_log_is_cut_at_its_beginning() {
        let chunk = |byte: u8| Ok(LogOutput::StdOut { message: vec![byte; 30_000].into() });
        let log =
            tail_of(futures_util::stream::iter([chunk(b'a'), chunk(b'b'), chunk(b'c'), chunk(b'd')])).await.unwrap();
        assert_eq!(log.len(), LOG_BYTES_MAX);
        assert!(log.ends_with('d') && log.starts_with('b'));
    }
}
