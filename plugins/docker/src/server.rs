//! A server in a container: the one that all tenants share, or one tenant's own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use systemprompt_sdk::docker::{Container, ContainerSpec, Docker};
use systemprompt_sdk::postgres::{Address, Postgres};
use systemprompt_sdk::{Failure, Operation, Scope, Secret, Tenant, progress};

use crate::Config;
use crate::engine::Engine;
use crate::image::data_mount;

/// Container that all tenants of the machine share.
pub(crate) const SHARED_CONTAINER: &str = "systemprompt-shared-db";
/// Its administrator's password, in the machine's vault.
const SHARED_ADMIN_SECRET: &str = "shared-db-admin";
/// The administrator's password of a tenant's own server.
const DEDICATED_ADMIN_SECRET: &str = "dedicated-db-admin";
const ADMIN_ROLE: &str = "systemprompt_admin";
const POSTGRES_PORT: u16 = 5432;
/// The 64 MiB of Docker are too few for parallel queries.
const SHM_BYTES: u64 = 256 << 20;
/// Between two looks whether the container still runs.
const WAIT_SLICE: Duration = Duration::from_secs(3);
/// 90 seconds: a first start on a slow disk, with a cold page cache.
const WAIT_SLICES: u32 = 30;
/// Enough to see why it exited.
const LOG_LINES: u32 = 20;
const LOG_LINES_SHOWN: usize = 5;

/// One server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) shared: bool,
    config: Config,
    /// The engine that it was made on, as far as that is known.
    engine: Option<Engine>,
    /// The image that it was made from, as far as that is known.
    image: Option<String>,
}

/// What is known before a container is made or started.
#[derive(Serialize, Deserialize)]
struct Found {
    image: String,
    #[serde(default)]
    engine: Option<Engine>,
}

/// What became of a server that did not answer.
enum Woken {
    Started,
    Running,
    Missing,
}

impl Server {
    pub(crate) fn of(tenant: &Tenant<Config>) -> Self {
        let image = tenant.resources.pointer("/server/image").and_then(Value::as_str).map(str::to_owned);
        let server = Self { engine: Engine::recorded(&tenant.resources), image, ..Self::shared(&tenant.config) };
        if tenant.config.dedicated {
            let name = format!("systemprompt-{}", tenant.id.replace('_', "-"));
            Self { name, shared: false, ..server }
        } else {
            server
        }
    }

    pub(crate) fn shared(config: &Config) -> Self {
        let name = SHARED_CONTAINER.to_owned();
        Self { name, shared: true, config: config.clone(), engine: None, image: None }
    }

    /// How it is found again.
    pub(crate) fn description(&self) -> Value {
        let mut description = json!({ "kind": "container", "name": self.name, "volume": self.volume() });
        if let (Some(engine), Some(image)) = (&self.engine, &self.image) {
            description["engine"] = json!(engine);
            description["image"] = json!(image);
        }
        description
    }

    pub(crate) fn volume(&self) -> String {
        format!("{}-data", self.name)
    }

    pub(crate) fn postgres(&self) -> Result<Postgres, Failure> {
        Ok(Postgres::in_container(&self.name, ADMIN_ROLE, &self.admin_password()?))
    }

    pub(crate) fn inspect(&self) -> Result<Option<Container>, Failure> {
        Docker.inspect(&self.name).map_err(|failure| match failure.code() {
            "container-not-ours" => failure.or_help(format!("docker rename {0} {0}-old", self.name)),
            _ => failure,
        })
    }

    /// The steps to a server that answers; from the first on it is known on which engine.
    pub(crate) fn bring_up(&mut self, op: &Operation<Config>) -> Result<Address, Failure> {
        let found = op.step("find the image").run(|| self.find())?;
        self.engine = found.engine;
        self.image = Some(found.image.clone());
        let mut start = op.step("start the server");
        if !self.shared {
            // It goes as a whole, with all that was made in it; the shared one stays for the others.
            let server = self.clone();
            start = start.undo(move || server.remove());
        }
        start.run(|| self.start(&found.image))?;
        op.step("wait until the server answers").run(|| self.wait())
    }

    /// Calls a server that may have been stopped since an earlier step, and wakes it once.
    pub(crate) fn call(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call_or(call, Err)
    }

    /// The same for what is to be dropped: with its container and its data gone, there is nothing to drop it from.
    pub(crate) fn drop(&self, call: impl Fn(&Postgres) -> Result<(), Failure>) -> Result<(), Failure> {
        self.call_or(call, |_| Ok(()))
    }

    /// Starts it if it is stopped; false when there is none, and nothing that it kept.
    pub(crate) fn wake_for_removal(&self) -> Result<bool, Failure> {
        self.expect_engine()?;
        Ok(!matches!(self.wake()?, Woken::Missing))
    }

    /// Refused when another engine answers than the one that it was made on.
    pub(crate) fn expect_engine(&self) -> Result<(), Failure> {
        self.engine.as_ref().map_or(Ok(()), |engine| engine.expect(&self.name))
    }

    /// Refused when the container is gone and its data is not.
    pub(crate) fn expect_no_data(&self) -> Result<(), Failure> {
        let volume = self.volume();
        if !Docker.has_volume(&volume)? {
            return Ok(());
        }
        let message =
            format!("container `{}` was removed, and its data is still there, in volume `{volume}`", self.name);
        let failure = Failure::refused("container-removed", message);
        if !self.shared {
            return Err(failure);
        }
        // The image stands in a history, which may come from anybody: only a plain one becomes part of a command.
        let plain = |image: &&String| image.chars().all(|c| c.is_ascii_alphanumeric() || "/._:-@".contains(c));
        let image = self.image.as_ref().unwrap_or(&self.config.image);
        let image = Some(image).filter(plain).map(|image| format!(" --config image={image}")).unwrap_or_default();
        Err(failure.help(format!(
            "make the container again with `systemprompt infra db up --provider docker{image}`, then run the command \
             again; or, if the data of all its tenants may go, `docker volume rm {volume}`"
        )))
    }

    pub(crate) fn stop(&self) -> Result<(), Failure> {
        Docker.stop_container(&self.name)
    }

    /// Removes it together with its data.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        self.expect_engine()?;
        Docker.remove_container(&self.name, &[self.volume()])
    }

    /// A container that exists keeps its image: its data was made by that one.
    fn find(&self) -> Result<Found, Failure> {
        let engine = Some(Engine::here()?);
        let image = if let Some(container) = self.inspect()? {
            container.image
        } else {
            Docker.ensure_image(&self.config.image)?;
            self.config.image.clone()
        };
        Ok(Found { image, engine })
    }

    /// Starts the container that there is, or makes one from the image.
    fn start(&self, image: &str) -> Result<Container, Failure> {
        self.expect_engine()?;
        if self.inspect()?.is_some() {
            match Docker.start_container(&self.name, self.scope()) {
                Err(failure) if failure.code() == "container-missing" => {}
                outcome => return outcome,
            }
        }
        // Where the data goes, the image says, now: a guess would put it where the container forgets it.
        let mount = data_mount(&Docker.ensure_image(image)?, image);
        let spec = if self.shared { ContainerSpec::of_machine } else { ContainerSpec::of_tenant };
        let spec = spec(self.name.clone(), image, POSTGRES_PORT)
            .env("POSTGRES_USER", ADMIN_ROLE)
            .secret_env("POSTGRES_PASSWORD", &self.admin_password()?)
            .mount(self.volume(), mount)
            .prefer_host_port(self.config.port)
            .shm_bytes(SHM_BYTES);
        Docker.ensure_container(&spec)
    }

    fn scope(&self) -> Scope {
        if self.shared { Scope::Machine } else { Scope::Tenant }
    }

    /// Waits in slices: a container that exits would otherwise be waited for in vain.
    fn wait(&self) -> Result<Address, Failure> {
        let postgres = self.postgres()?;
        for slice in 0..WAIT_SLICES {
            match postgres.wait_ready(WAIT_SLICE) {
                Err(failure) if failure.is_retryable() => {}
                outcome => return outcome,
            }
            let container = self.inspect()?;
            if let Some(failure) = self.exited(container.as_ref()) {
                return Err(failure);
            }
            let doing = format!("waiting for the server in `{}`", self.name);
            progress::report(&doing, u64::from(slice + 1), u64::from(WAIT_SLICES));
        }
        let seconds = WAIT_SLICE.as_secs() * u64::from(WAIT_SLICES);
        let message = format!("container `{}` runs, but its server did not answer within {seconds} s", self.name);
        Err(Failure::retryable("server-not-ready", message).help(self.see_logs()))
    }

    /// The failure of a container that does not run any more, with the last that it said.
    fn exited(&self, container: Option<&Container>) -> Option<Failure> {
        let Some(container) = container else {
            let message = format!("container `{}` was removed while its server was starting", self.name);
            return Some(Failure::retryable("container-missing", message));
        };
        if !matches!(container.state.as_str(), "exited" | "dead" | "restarting") {
            return None;
        }
        let code = container.exit_code.map(|code| format!(" with code {code}")).unwrap_or_default();
        let logs = Docker.logs(&self.name, LOG_LINES).unwrap_or_default();
        let lines: Vec<&str> = logs.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let lines = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
        let said = if lines.is_empty() { String::new() } else { format!("; it last said:\n{}", lines.join("\n")) };
        let message = format!(
            "container `{}` of image `{}` exited{code} before its server answered{said}",
            self.name, container.image
        );
        Some(Failure::refused("container-exited", message).help(self.start_over()))
    }

    fn call_or(
        &self,
        call: impl Fn(&Postgres) -> Result<(), Failure>,
        missing: impl Fn(Failure) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.expect_engine()?;
        let postgres = self.postgres()?;
        match call(&postgres) {
            Err(failure) if failure.is_retryable() => match self.wake()? {
                Woken::Started => call(&postgres),
                Woken::Running => Err(failure),
                Woken::Missing => missing(failure),
            },
            outcome => outcome,
        }
    }

    fn wake(&self) -> Result<Woken, Failure> {
        match self.inspect()? {
            None => self.expect_no_data().map(|()| Woken::Missing),
            Some(container) if container.is_running() => Ok(Woken::Running),
            Some(_) => {
                Docker.start_container(&self.name, self.scope())?;
                self.wait().map(|_| Woken::Started)
            }
        }
    }

    fn admin_password(&self) -> Result<Secret, Failure> {
        if self.shared { Secret::of_machine(SHARED_ADMIN_SECRET) } else { Secret::of_tenant(DEDICATED_ADMIN_SECRET) }
    }

    fn see_logs(&self) -> String {
        format!("look at `docker logs {}`", self.name)
    }

    /// The data of a shared server stays in its volume; a tenant's own container is removed by the undo.
    fn start_over(&self) -> String {
        if self.shared {
            format!("look at `docker logs {0}`; to start over with another image, run `docker rm {0}`", self.name)
        } else {
            "choose another image: `--config image=postgres:18`".to_owned()
        }
    }
}
