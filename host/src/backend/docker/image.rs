//! Having an image: looked up, else pulled with progress.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{CreateImageInfo, ImageInspect};
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt as _;

use super::fault::{Fault, fault_of};
use super::reference::Reference;
use super::{Docker, Image};
use crate::backend::{BackendError, Progress};

/// An engine that says nothing for so long has stalled; unpacking a large layer takes a minute or two in silence.
const PULL_SILENCE_MAX: Duration = Duration::from_mins(5);

impl Docker {
    /// Looks an image up, and pulls it when it is not there.
    pub async fn ensure_image(&self, reference: &str, progress: &dyn Progress) -> Result<Image, BackendError> {
        let parsed = Reference::parse(reference)?;
        if let Some(image) = self.find_image(&parsed).await? {
            return Ok(image);
        }
        self.pull(&parsed, progress).await?;
        let missing =
            || BackendError::broken("image-missing", format!("the image `{reference}` is gone after its pull"));
        self.find_image(&parsed).await?.ok_or_else(missing)
    }

    async fn find_image(&self, reference: &Reference) -> Result<Option<Image>, BackendError> {
        let name = reference.full(self.podman);
        let found = self.look_up(self.client.inspect_image(&name), &format!("look up the image `{name}`")).await?;
        Ok(found.map(image_of))
    }

    /// The stream is read to its end: only then is the image there, and a failure stands in a line of it.
    async fn pull(&self, reference: &Reference, progress: &dyn Progress) -> Result<(), BackendError> {
        let name = reference.full(self.podman);
        let options = CreateImageOptions {
            from_image: Some(reference.repository(self.podman)),
            tag: Some(reference.version().to_owned()),
            ..CreateImageOptions::default()
        };
        let mut lines = self.client.create_image(Some(options), None, None);
        let mut layers = Layers::default();
        let message = format!("pulling {name}");
        progress.report(&message, 0, 0);
        loop {
            let line = tokio::time::timeout(PULL_SILENCE_MAX, lines.next()).await;
            match line.map_err(|_| stalled(&name))? {
                Some(Ok(line)) => {
                    layers.note(&line);
                    progress.report(&message, layers.current(), layers.total());
                }
                Some(Err(error)) => return Err(pull_failed(&name, fault_of(&error))),
                None => return Ok(()),
            }
        }
    }
}

fn image_of(found: ImageInspect) -> Image {
    let env = found.config.and_then(|config| config.env).unwrap_or_default();
    Image { id: found.id.unwrap_or_default(), env }
}

/// How far each layer is; layers appear as the engine learns of them, so the total grows.
#[derive(Debug, Default)]
struct Layers(HashMap<String, (u64, u64)>);

impl Layers {
    fn note(&mut self, line: &CreateImageInfo) {
        let Some(id) = &line.id else { return };
        let layer = self.0.entry(id.clone()).or_default();
        match line.status.as_deref() {
            Some("Downloading") => {
                let detail = line.progress_detail.as_ref();
                let read = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
                if let Some(total) = detail.and_then(|detail| read(detail.total)) {
                    *layer = (detail.and_then(|detail| read(detail.current)).unwrap_or(0), total);
                }
            }
            // Unpacking counts from zero again; what counts here is what came over the network.
            Some("Download complete" | "Extracting" | "Pull complete") => layer.0 = layer.1,
            Some(_) | None => {}
        }
    }

    fn current(&self) -> u64 {
        self.0.values().map(|layer| layer.0.min(layer.1)).sum()
    }

    fn total(&self) -> u64 {
        self.0.values().map(|layer| layer.1).sum()
    }
}

fn stalled(name: &str) -> BackendError {
    let message = format!("pulling the image `{name}` stalled: the engine said nothing for 5 minutes");
    BackendError::retryable("pull-failed", message).help(format!("try `docker pull {name}`"))
}

fn pull_failed(name: &str, fault: Fault) -> BackendError {
    let said = match fault {
        Fault::Missing(said) => return image_missing(name, &said),
        Fault::Said(said) | Fault::Forbidden(said) if says_missing(&said) => return image_missing(name, &said),
        Fault::Said(said) | Fault::Forbidden(said) | Fault::Conflict(said) | Fault::PortTaken(said) => said,
        fault @ (Fault::DiskFull(_) | Fault::Away(_) | Fault::Silent) => {
            return fault.while_doing(&format!("pull the image `{name}`"));
        }
    };
    BackendError::retryable("pull-failed", format!("could not pull the image `{name}`: {said}"))
        .help(format!("try `docker pull {name}`"))
}

/// What registries say of a name or tag that they do not have, or not for this user: they do not tell the two apart.
fn says_missing(said: &str) -> bool {
    ["not found", "manifest unknown", "does not exist", "access to the resource is denied", "no matching manifest"]
        .iter()
        .any(|words| said.contains(words))
}

pub(super) fn image_missing(name: &str, said: &str) -> BackendError {
    BackendError::refused("image-missing", format!("there is no image `{name}` to be had: {said}"))
        .help(format!("check the name with `docker pull {name}`"))
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn line(id: &str, status: &str, detail: Option<(i64, i64)>) -> CreateImageInfo {
        CreateImageInfo {
            id: Some(id.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: detail
                .map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) }),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn progress_is_the_sum_over_layers_and_never_goes_back() {
        let mut layers = Layers::default();
        layers.note(&line("a", "Downloading", Some((10, 100))));
        layers.note(&line("b", "Downloading", Some((50, 50))));
        assert_eq!((layers.current(), layers.total()), (60, 150));
        layers.note(&line("a", "Download complete", None));
        layers.note(&line("a", "Extracting", Some((5, 100))));
        assert_eq!((layers.current(), layers.total()), (150, 150));
    }

    #[test]
    fn a_missing_image_is_told_from_a_failed_pull() {
        let missing = Fault::Said("manifest for postgres:99 not found: manifest unknown".to_owned());
        assert_eq!(pull_failed("postgres:99", missing).code, "image-missing");
        let network = Fault::Said("dial tcp: lookup registry-1.docker.io: no such host".to_owned());
        assert_eq!(pull_failed("postgres:17", network).code, "pull-failed");
    }
}
