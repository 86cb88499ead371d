//! Putting a plugin into a registry.

use std::collections::BTreeMap;
use std::time::Duration;

use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde_json::json;

use super::credentials::DockerConfig;
use super::upload::{Upload, unreachable};
use super::{CONFIG, Image, LAYER, SIGNATURE, digest_of};
use crate::error::{CliError, Exit};
use crate::plugin::candidate::Candidate;
use crate::text;

/// How long all of it may take, on a slow line.
const PUSH_MAX: Duration = Duration::from_mins(5);

/// What is put there.
struct Artifact {
    config: Vec<u8>,
    manifest: Vec<u8>,
}

/// Puts a component there, with its signature; answers with the address that is the same for ever.
pub async fn push(
    image: &Image,
    candidate: Candidate,
    signature: Option<String>,
    config: &DockerConfig,
) -> Result<Image, CliError> {
    let (Some(_), None) = (image.0.tag(), image.0.digest()) else {
        return Err(CliError::usage("bad-source", "a plugin is pushed under a tag")
            .help("a digest follows from what is pushed; give `oci://HOST/REPOSITORY:TAG`"));
    };
    let artifact = describe(&candidate, signature)?;
    let digest = digest_of(&artifact.manifest);
    let pushing = async {
        let upload = Upload::begin(image, config).await?;
        upload.blob(candidate.wasm).await?;
        upload.blob(artifact.config).await?;
        upload.manifest(artifact.manifest).await
    };
    match tokio::time::timeout(PUSH_MAX, pushing).await {
        Ok(pushed) => pushed.map(|()| image.pinned(&digest)),
        Err(_) => Err(unreachable(image).cause(format!("it took more than {} s", PUSH_MAX.as_secs()))),
    }
}

/// The same for the same plugin, so that it has one digest wherever it is pushed.
fn describe(candidate: &Candidate, signature: Option<String>) -> Result<Artifact, CliError> {
    let unwritable = |error: serde_json::Error| {
        CliError::new(Exit::Failed, "registry-artifact", "the plugin cannot be described").because(&error)
    };
    let descriptor = |media_type: &str, content: &[u8]| OciDescriptor {
        media_type: media_type.to_owned(),
        digest: digest_of(content),
        size: i64::try_from(content.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    };
    let layer = descriptor(LAYER, &candidate.wasm);
    let interface = |name: &str| format!("systemprompt:provider/{name}@1.0.0");
    let imports: Vec<_> = candidate.loaded.provider.capabilities.iter().map(|name| interface(name)).collect();
    let config = json!({
        // The layout wants a time; one of its own would give each push another digest.
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer.digest],
        "component": { "exports": [interface("provider")], "imports": imports },
    });
    let config = serde_json::to_vec(&config).map_err(unwritable)?;
    let (id, version) = (candidate.loaded.id.to_string(), text::one_line(&candidate.description.version, 100));
    let named = [("org.opencontainers.image.title", id), ("org.opencontainers.image.version", version)];
    let annotations = named.into_iter().chain(signature.map(|signature| (SIGNATURE, signature)));
    let manifest = OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        config: descriptor(CONFIG, &config),
        layers: vec![layer],
        annotations: Some(annotations.map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>()),
        ..OciImageManifest::default()
    };
    Ok(Artifact { config, manifest: serde_json::to_vec(&manifest).map_err(unwritable)? })
}
