//! References to images: `postgres:17`, `ghcr.io/owner/name@sha256:…`.

use crate::backend::BackendError;

/// What the distribution specification allows for the whole.
const REFERENCE_BYTES_MAX: usize = 255;

/// What the distribution specification allows for a tag.
const TAG_BYTES_MAX: usize = 128;

/// Hexadecimal digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// A parsed reference, which always names one image: a missing tag is `latest`, never all tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    domain: Option<String>,
    path: String,
    version: Version,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    Tag(String),
    Digest(String),
}

impl Reference {
    /// Parses what a user may write.
    pub(super) fn parse(text: &str) -> Result<Self, BackendError> {
        parse(text).ok_or_else(|| {
            let shown: String = text.chars().filter(|char| !char.is_control()).take(80).collect();
            BackendError::refused("invalid-image", format!("not an image reference: `{shown}`"))
                .help("write it as `postgres:17` or `registry.example/name:tag`")
        })
    }

    /// Name without version, as the engine is asked for it.
    pub(super) fn repository(&self, podman: bool) -> String {
        match (&self.domain, podman) {
            (Some(domain), _) => format!("{domain}/{}", self.path),
            (None, false) => self.path.clone(),
            // Podman resolves a short name by its own configuration; Docker's meaning is spelled out.
            (None, true) if self.path.contains('/') => format!("docker.io/{}", self.path),
            (None, true) => format!("docker.io/library/{}", self.path),
        }
    }

    /// The tag, or the digest with its algorithm.
    pub(super) fn version(&self) -> &str {
        match &self.version {
            Version::Tag(version) | Version::Digest(version) => version,
        }
    }

    /// The whole, as the engine is asked for it.
    pub(super) fn full(&self, podman: bool) -> String {
        let separator = match self.version {
            Version::Tag(_) => ':',
            Version::Digest(_) => '@',
        };
        format!("{}{separator}{}", self.repository(podman), self.version())
    }
}

fn parse(text: &str) -> Option<Reference> {
    if text.len() > REFERENCE_BYTES_MAX {
        return None;
    }
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(parse_digest(digest)?)),
        None => (text, None),
    };
    // A colon after the last slash begins a tag; one before it belongs to the registry's port.
    let (name, tag) = match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(parse_tag(tag)?)),
        Some(_) | None => (named, None),
    };
    let (domain, path) = split_domain(name);
    let fits = domain.is_none_or(is_domain) && path.split('/').all(is_component);
    let version = match (digest, tag) {
        (Some(digest), _) => Version::Digest(digest),
        (None, Some(tag)) => Version::Tag(tag),
        (None, None) => Version::Tag("latest".to_owned()),
    };
    fits.then(|| Reference { domain: domain.map(str::to_owned), path: path.to_owned(), version })
}

/// The first part is a registry when it looks like a host name, as Docker decides it.
fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        Some(_) | None => (None, name),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(label) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Lower case letters and digits, in runs joined by `.`, `_`, `__` or dashes.
fn is_component(component: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends = bytes.first().copied().is_some_and(alphanumeric) && bytes.last().copied().is_some_and(alphanumeric);
    let joints = component.split(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit());
    ends && joints.into_iter().all(|joint| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|b| b == b'-'))
}

fn parse_tag(tag: &str) -> Option<String> {
    let first = tag.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let rest = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    (first && rest && tag.len() <= TAG_BYTES_MAX).then(|| tag.to_owned())
}

fn parse_digest(digest: &str) -> Option<String> {
    let hex = digest.strip_prefix("sha256:")?;
    let digits = hex.len() == SHA256_DIGITS && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits.then(|| digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, docker: &str, podman: &str) {
        let reference = Reference::parse(text).unwrap();
        assert_eq!((reference.full(false).as_str(), reference.full(true).as_str()), (docker, podman));
    }

    #[test]
    fn a_reference_names_one_image() {
        check("postgres", "postgres:latest", "docker.io/library/postgres:latest");
        check("postgres:17", "postgres:17", "docker.io/library/postgres:17");
        check("acme/db__x:1.2-a", "acme/db__x:1.2-a", "docker.io/acme/db__x:1.2-a");
        check("ghcr.io/acme/db", "ghcr.io/acme/db:latest", "ghcr.io/acme/db:latest");
        check("localhost:5000/db:1", "localhost:5000/db:1", "localhost:5000/db:1");
        let digest = format!("sha256:{}", "0a".repeat(32));
        let pinned = format!("postgres@{digest}");
        check(&format!("postgres:17@{digest}"), &pinned, &format!("docker.io/library/{pinned}"));
    }

    #[test]
    fn what_does_not_parse_is_refused() {
        let long = "a".repeat(256);
        for text in [
            "",
            ":",
            "a:",
            "a@",
            "a@sha256:12",
            "Postgres",
            "a//b",
            "/a",
            "a/",
            "a b",
            "a:b c",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "../a",
            "a?b",
            "a:b/c:d e",
            "host:99999/a",
            "host:0/a",
            "-h.example/a",
            "a\n",
            "a'; --",
            &long,
        ] {
            assert_eq!(Reference::parse(text).unwrap_err().code, "invalid-image", "{text:?}");
        }
    }
}
