//! A plugin in an OCI registry, in the layout that the CNCF gives WebAssembly there: a manifest whose config is
//! `application/vnd.wasm.config.v0+json`, with the component as its only layer, `application/wasm`.
//!
//! The signature is an annotation of the manifest, so that there is one layer alone, as others expect.

pub mod credentials;
pub mod push;
mod token;
mod upload;

use oci_client::Reference;
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use systemprompt_events::Digest;
use url::Url;

use self::credentials::DockerConfig;
use super::source::{self, Brought};
use super::web;
use crate::error::{CliError, Exit};
use crate::plugin::limits::COMPONENT_BYTES_MAX;
use crate::text::one_line;

/// Scheme of an address in a registry.
pub const SCHEME: &str = "oci";
/// Of a component's layer.
const LAYER: &str = "application/wasm";
/// Of what describes it.
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// Where the signature is, in the form of `minisign`.
const SIGNATURE: &str = "dev.systemprompt.plugin.minisig";
/// A manifest of one layer and a signature has some KiB.
const MANIFEST_BYTES_MAX: usize = 256 << 10;
/// The only kind of digest that there is here.
const SHA256: &str = "sha256:";

/// `oci://HOST/REPOSITORY:TAG`, `…@sha256:…`, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image(Reference);

impl Image {
    /// Reads what follows `oci://`.
    pub fn parse(text: &str) -> Result<Image, CliError> {
        let usage = |message: &str| {
            CliError::usage("bad-source", message)
                .help("give host, repository, and a tag or a digest: `oci://registry.example.com/acme/postgres:1.0.0`")
        };
        let (host, rest) = text.split_once('/').ok_or_else(|| usage("the address names no repository"))?;
        // Another's default would be meant otherwise.
        if !host.contains(['.', ':']) && host != "localhost" {
            return Err(usage("the address names no host"));
        }
        if host.contains('@') {
            return Err(usage("the address holds a name or a password, and would be recorded with it"));
        }
        if !rest.rsplit('/').next().unwrap_or_default().contains([':', '@']) {
            return Err(usage("the address says neither which tag nor which digest"));
        }
        let reference: Reference =
            text.parse().map_err(|error| usage("this is no address in a registry").because(&error))?;
        match reference.digest() {
            Some(digest) if !digest.starts_with(SHA256) => Err(usage("digests are of SHA-256, `@sha256:…`")),
            _ => Ok(Image(reference)),
        }
    }

    /// The one that its tag names now; the same one, if it names none.
    pub fn newest(self) -> Image {
        match self.0.tag() {
            Some(tag) => {
                let (registry, repository) = (self.0.registry().to_owned(), self.0.repository().to_owned());
                Image(Reference::with_tag(registry, repository, tag.to_owned()))
            }
            None => self,
        }
    }

    /// The same one for ever.
    fn pinned(&self, digest: &str) -> Image {
        let (registry, repository, digest) =
            (self.0.registry().to_owned(), self.0.repository().to_owned(), digest.to_owned());
        Image(match self.0.tag() {
            Some(tag) => Reference::with_tag_and_digest(registry, repository, tag.to_owned(), digest),
            None => Reference::with_digest(registry, repository, digest),
        })
    }

    /// Where its registry answers: over TLS, if it is not on this machine.
    fn url(&self, kind: &str, which: &str) -> Result<Url, CliError> {
        let url = |scheme| {
            let (registry, repository) = (self.0.resolve_registry(), self.0.repository());
            Url::parse(&format!("{scheme}://{registry}/v2/{repository}/{kind}/{which}"))
        };
        let parsed = |scheme| {
            url(scheme).map_err(|error| CliError::usage("bad-source", "the registry has no address").because(&error))
        };
        let secure = parsed("https")?;
        if source::is_this_machine(&secure) { parsed("http") } else { Ok(secure) }
    }

    /// The address of what it names: a digest, where there is one.
    fn manifest(&self) -> Result<Url, CliError> {
        self.url("manifests", self.0.digest().or(self.0.tag()).unwrap_or("latest"))
    }
}

impl std::fmt::Display for Image {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{SCHEME}://{}", self.0.whole())
    }
}

/// Fetches a component, and the signature that its manifest has.
pub async fn bring(image: &Image, config: &DockerConfig) -> Result<Brought, CliError> {
    let mut session = Session { client: web::client()?, image, config, authorization: None };
    let manifest = session.get(&image.manifest()?, MANIFEST_BYTES_MAX).await?;
    let manifest = manifest.ok_or_else(|| missing(image))?;
    let digest = digest_of(&manifest);
    if let Some(wanted) = image.0.digest().filter(|wanted| *wanted != digest) {
        return Err(differs(image, wanted, &digest));
    }
    let (layer, signature) = read(&manifest).map_err(|why| {
        CliError::new(Exit::Refused, "registry-artifact", format!("{image} is no plugin"))
            .cause(why)
            .help("a plugin is put there by `systemprompt plugin push`, or as a WebAssembly component by others")
    })?;
    let wasm = session.get(&image.url("blobs", &layer.digest)?, COMPONENT_BYTES_MAX).await?;
    let wasm = wasm.ok_or_else(|| missing(image))?;
    let found = digest_of(&wasm);
    if found != layer.digest {
        return Err(differs(image, &layer.digest, &found));
    }
    Ok(Brought { wasm, signature, notes: Vec::new(), source: image.pinned(&digest).to_string() })
}

/// The component's layer and the signature that a manifest names; why it is none of a plugin, otherwise.
fn read(manifest: &[u8]) -> Result<(OciDescriptor, Option<String>), String> {
    let manifest: OciImageManifest = serde_json::from_slice(manifest).map_err(|error| error.to_string())?;
    let signature = manifest.annotations.and_then(|mut annotations| annotations.remove(SIGNATURE));
    let mut layers = manifest.layers.into_iter();
    match (layers.next(), layers.next()) {
        (Some(layer), None) if layer.media_type == LAYER && layer.digest.starts_with(SHA256) => Ok((layer, signature)),
        (Some(layer), None) => Err(format!("its layer is `{}`, and not `{LAYER}`", one_line(&layer.media_type, 100))),
        _ => Err("it has not one layer alone".to_owned()),
    }
}

fn digest_of(content: &[u8]) -> String {
    format!("{SHA256}{}", Digest::of(content))
}

/// One conversation with a registry.
struct Session<'a> {
    client: Client,
    image: &'a Image,
    config: &'a DockerConfig,
    authorization: Option<HeaderValue>,
}

impl Session<'_> {
    /// What is there, if anything is; with a login, once the registry asks for one.
    async fn get(&mut self, url: &Url, bytes_max: usize) -> Result<Option<Vec<u8>>, CliError> {
        let mut answer = self.ask(url).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && self.authorization.is_none() {
            let right = token::ask(&self.client, self.image, self.config, &answer, "pull").await?;
            self.authorization = Some(right.header()?);
            answer = self.ask(url).await?;
        }
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status()) {
            return Err(token::refused(self.image, answer.status()));
        }
        web::content(answer, url, bytes_max).await
    }

    async fn ask(&self, url: &Url) -> Result<Response, CliError> {
        let mut request = self.client.get(url.clone()).header(ACCEPT, OCI_IMAGE_MEDIA_TYPE);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.send().await.map_err(|error| web::failed(url, error))
    }
}

fn missing(image: &Image) -> CliError {
    CliError::new(Exit::NotFound, "source-not-found", format!("there is nothing at {image}"))
        .help("look at repository and tag, and whether one has to be logged in to see it")
}

fn differs(image: &Image, wanted: &str, found: &str) -> CliError {
    CliError::new(Exit::Refused, "registry-digest", format!("{image} is not what its registry gives"))
        .cause(format!("its digest is {found}, and should be {}", one_line(wanted, 100)))
        .help("nothing was done; the registry, or something before it, gives another file than was asked for")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn image(text: &str) -> Image {
        Image::parse(text).unwrap()
    }

    #[test]
    fn an_address_in_a_registry_names_host_repository_and_tag_or_digest() {
        for (given, url) in [
            ("ghcr.io/acme/postgres:1.0.0", "https://ghcr.io/v2/acme/postgres/manifests/1.0.0"),
            ("127.0.0.1:5000/acme:1", "http://127.0.0.1:5000/v2/acme/manifests/1"),
            ("localhost:5000/acme:1", "http://localhost:5000/v2/acme/manifests/1"),
            ("10.0.0.1:5000/acme:1", "https://10.0.0.1:5000/v2/acme/manifests/1"),
        ] {
            assert_eq!(image(given).manifest().unwrap().as_str(), url, "{given}");
            assert_eq!(image(given).to_string(), format!("oci://{given}"));
        }
        let pinned = image("ghcr.io/acme:1").pinned(DIGEST);
        assert_eq!(pinned.to_string(), format!("oci://ghcr.io/acme:1@{DIGEST}"));
        assert_eq!(image(&pinned.to_string()[6..]), pinned);
        assert!(pinned.manifest().unwrap().path().ends_with(DIGEST), "a digest is what counts");
        assert_eq!(pinned.newest().to_string(), "oci://ghcr.io/acme:1");
        for given in [
            "acme",
            "acme/postgres:1",
            "ghcr.io/acme",
            "me:secret@ghcr.io/acme:1",
            "ghcr.io/ACME:1",
            "ghcr.io/a:1@md5:1",
        ] {
            let error = Image::parse(given).unwrap_err();
            assert_eq!(error.code, "bad-source", "{given}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn a_manifest_of_anything_but_one_component_is_none_of_a_plugin() {
        let layer = |kind: &str| serde_json::json!({ "mediaType": kind, "digest": DIGEST, "size": 1 });
        let of = |layers: &[serde_json::Value]| {
            let manifest = serde_json::json!({
                "schemaVersion": 2, "config": layer(CONFIG), "layers": layers, "annotations": { SIGNATURE: "signed" },
            });
            read(manifest.to_string().as_bytes())
        };
        let (found, signature) = of(&[layer(LAYER)]).unwrap();
        assert_eq!((found.digest.as_str(), signature.as_deref()), (DIGEST, Some("signed")));
        for layers in [vec![], vec![layer(LAYER), layer(LAYER)], vec![layer("application/tar")]] {
            of(&layers).unwrap_err();
        }
        for other in ["", "{}", "[]", "{\"schemaVersion\": 2, \"manifests\": []}"] {
            read(other.as_bytes()).unwrap_err();
        }
    }
}
