//! Volumes of ours.

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::RemoveVolumeOptions;

use super::fault::Fault;
use super::labels::{self, Subject, Verb, labels_of};
use super::{Docker, name};
use crate::backend::{BackendError, Owner};

impl Docker {
    /// Makes a volume when there is none. Refused when there is one that is not the owner's.
    pub(super) async fn ensure_volume(&self, volume: &str, owner: &Owner) -> Result<(), BackendError> {
        if self.check_volume(volume, owner).await? {
            return Ok(());
        }
        let request = VolumeCreateRequest {
            name: Some(volume.to_owned()),
            labels: Some(labels_of(owner)),
            ..VolumeCreateRequest::default()
        };
        let made = self.ask(self.client.create_volume(request)).await;
        let made = made.map_err(|fault| fault.while_doing(&format!("make the volume `{volume}`")))?;
        // The engine hands out an existing volume as if it had made it: whose it is, its labels say.
        labels::check(&made.labels, owner, Verb::Change, Subject { kind: "volume", name: volume })
    }

    /// Whether there is such a volume, with a container or without. Refused when the owner may not even look at it.
    pub async fn has_volume(&self, volume: &str, owner: &Owner) -> Result<bool, BackendError> {
        self.find_volume(volume, owner, Verb::Look).await
    }

    /// Whether there is such a volume. Refused when there is one that the owner may not change.
    pub(super) async fn check_volume(&self, volume: &str, owner: &Owner) -> Result<bool, BackendError> {
        self.find_volume(volume, owner, Verb::Change).await
    }

    async fn find_volume(&self, volume: &str, owner: &Owner, verb: Verb) -> Result<bool, BackendError> {
        name::check_volume(volume)?;
        let request = self.client.inspect_volume(volume);
        let found = self.look_up(request, &format!("look up the volume `{volume}`")).await?;
        let Some(found) = found else { return Ok(false) };
        labels::check(&found.labels, owner, verb, Subject { kind: "volume", name: volume })?;
        Ok(true)
    }

    /// Removes a volume that was checked before; one that is gone is fine.
    pub(super) async fn remove_volume(&self, volume: &str) -> Result<(), BackendError> {
        match self.ask(self.client.remove_volume(volume, None::<RemoveVolumeOptions>)).await {
            Ok(()) | Err(Fault::Missing(_)) => Ok(()),
            Err(Fault::Conflict(_)) => {
                let message = format!("the volume `{volume}` is in use by another container");
                Err(BackendError::refused("volume-in-use", message)
                    .help(format!("look at `docker ps --all --filter volume={volume}`")))
            }
            Err(fault) => Err(fault.while_doing(&format!("remove the volume `{volume}`"))),
        }
    }
}
