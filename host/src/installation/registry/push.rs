//! Putting a plugin into a registry.

use std::collections::BTreeMap;
use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::credentials::DockerConfig;
use super::{CONFIG, Image, LAYER, SIGNATURE, digest_of, source, token, web};
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
        let auth = login(image, config).await?;
        send(image, candidate.wasm, artifact, &auth).await.map_err(|error| failed(image, &error))
    };
    match tokio::time::timeout(PUSH_MAX, pushing).await {
        Ok(pushed) => pushed.map(|()| image.pinned(&digest)),
        Err(_) => Err(unreachable(image).cause(format!("it took more than {} s", PUSH_MAX.as_secs()))),
    }
}

async fn send(
    image: &Image,
    wasm: Vec<u8>,
    artifact: Artifact,
    auth: &RegistryAuth,
) -> Result<(), OciDistributionError> {
    let registry = image.0.resolve_registry().to_owned();
    let is_here = image.manifest().is_ok_and(|url| source::is_this_machine(&url));
    let protocol = if is_here { ClientProtocol::HttpsExcept(vec![registry.clone()]) } else { ClientProtocol::Https };
    let client = oci_client::Client::try_from(ClientConfig {
        protocol,
        connect_timeout: Some(web::CONNECT_MAX),
        read_timeout: Some(web::SILENCE_MAX),
        user_agent: web::USER_AGENT,
        ..ClientConfig::default()
    })?;
    client.store_auth_if_needed(&registry, auth).await;
    let (layer, config) = (digest_of(&wasm), digest_of(&artifact.config));
    client.push_blob(&image.0, wasm, &layer).await?;
    client.push_blob(&image.0, artifact.config, &config).await?;
    let kind = HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
    client.push_manifest_raw(&image.0, artifact.manifest, kind).await.map(|_| ())
}

/// What the registry wants to see for it; most want something, and say so when they are asked for nothing in particular.
async fn login(image: &Image, config: &DockerConfig) -> Result<RegistryAuth, CliError> {
    let client = web::client()?;
    let mut url = image.manifest()?;
    url.set_path("/v2/");
    let answer = client.get(url.clone()).send().await.map_err(|error| web::failed(&url, error))?;
    if answer.status() != StatusCode::UNAUTHORIZED {
        return Ok(RegistryAuth::Anonymous);
    }
    Ok(token::ask(&client, image, config, &answer, "pull,push").await?.into_auth())
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

fn failed(image: &Image, error: &OciDistributionError) -> CliError {
    if is_about_login(error) {
        return token::refused(image, StatusCode::UNAUTHORIZED);
    }
    if matches!(error, OciDistributionError::RequestError(_)) {
        return unreachable(image).because(error);
    }
    CliError::new(Exit::Unavailable, "source-failed", format!("the registry did not take {image}"))
        .because(error)
        .help("look at the address, and at what the registry takes; what was pushed of it has no name there")
}

fn is_about_login(error: &OciDistributionError) -> bool {
    if let OciDistributionError::RegistryError { envelope, .. } = error {
        let codes = [OciErrorCode::Denied, OciErrorCode::Unauthorized];
        return envelope.errors.iter().any(|error| codes.contains(&error.code));
    }
    matches!(
        error,
        OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_)
            | OciDistributionError::ServerError { code: 401 | 403, .. }
    )
}

fn unreachable(image: &Image) -> CliError {
    CliError::new(Exit::Unavailable, "source-unreachable", format!("the registry of {image} broke off"))
        .help("look at this machine's network, then type the same again: what is there already is not changed by it")
}
