//! Capability `server`: a PostgreSQL cluster of ours on this machine, without containers.

use std::path::Path;

use crate::backend::cluster::{Cluster, ClusterInfo, ClusterSpec, find_binaries};
use crate::plugin::Guest;
use crate::plugin::v1::imports;

use super::{Answer, backend_failure, refused};
use imports::server as theirs;
use imports::types::Failure;

impl theirs::Host for Guest {
    async fn find_binaries(&mut self, bin_dir: Option<String>) -> Answer<theirs::Binaries> {
        self.granted("server")?;
        if let Err(failure) = self.may_run(bin_dir.as_deref()) {
            return Ok(Err(failure));
        }
        let found = find_binaries(bin_dir.as_deref().map(Path::new), self.world.places.surroundings()).await;
        Ok(match found {
            Ok(found) => Ok(theirs::Binaries { bin_dir: found.bin_dir.display().to_string(), version: found.version }),
            Err(error) => Err(backend_failure(&error)),
        })
    }

    async fn ensure(&mut self, spec: theirs::ClusterSpec) -> Answer<theirs::Cluster> {
        self.granted("server")?;
        if let Err(failure) = self.may_change() {
            return Ok(Err(failure));
        }
        if let Err(failure) = self.may_run(spec.bin_dir.as_deref()) {
            return Ok(Err(failure));
        }
        let admin_password = match self.resolve(&spec.admin_password).await? {
            Ok(password) => password,
            Err(failure) => return Ok(Err(failure)),
        };
        let cluster = match self.cluster(&spec.name) {
            Ok(cluster) => cluster,
            Err(failure) => return Ok(Err(failure)),
        };
        let spec = ClusterSpec {
            bin_dir: spec.bin_dir.map(Into::into),
            preferred_port: spec.preferred_port,
            admin_role: spec.admin_role,
            admin_password,
        };
        let made = cluster.ensure(&spec, &self.world.reporter).await;
        self.told(made.map(info)).await
    }

    async fn status(&mut self, name: String) -> Answer<theirs::Cluster> {
        self.granted("server")?;
        Ok(match self.cluster(&name) {
            Ok(cluster) => cluster.status().map(info).map_err(|error| backend_failure(&error)),
            Err(failure) => Err(failure),
        })
    }

    async fn identity(&mut self, name: String) -> Answer<Option<String>> {
        self.granted("server")?;
        Ok(match self.cluster(&name) {
            Ok(cluster) => cluster.identity().map_err(|error| backend_failure(&error)),
            Err(failure) => Err(failure),
        })
    }

    async fn stop(&mut self, name: String) -> Answer<()> {
        self.granted("server")?;
        if let Err(failure) = self.may_change() {
            return Ok(Err(failure));
        }
        Ok(match self.cluster(&name) {
            Ok(cluster) => cluster.stop(&self.world.reporter).await.map_err(|error| backend_failure(&error)),
            Err(failure) => Err(failure),
        })
    }
}

impl Guest {
    /// Programs are run from where the user says, or from where they are looked for; never from where a plugin says.
    fn may_run(&self, bin_dir: Option<&str>) -> Result<(), Failure> {
        match bin_dir {
            Some(dir) if !self.world.settings.contains(dir) => {
                Err(refused("bin-dir-not-given", "a plugin named a directory of programs that you did not give it"))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A cluster belongs to the plugin that made it.
    pub(super) fn cluster(&self, name: &str) -> Result<Cluster, Failure> {
        let places = &self.world.places;
        Cluster::at(places.clusters().join(self.plugin.as_str()), name, places.surroundings())
            .map_err(|error| backend_failure(&error))
    }
}

fn info(found: ClusterInfo) -> theirs::Cluster {
    theirs::Cluster {
        name: found.name,
        state: found.state.to_string(),
        version: found.version,
        port: found.port,
        data_dir: found.data_dir.display().to_string(),
        socket_dir: found.socket_dir.display().to_string(),
        log_file: found.log_file.display().to_string(),
    }
}
