//! Images by their digests: a machine goes on with what was pulled for it, whatever its tag means by then.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What Fly says of the image that a machine runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ImageRef {
    #[serde(default)]
    digest: Option<String>,
}

impl ImageRef {
    /// The image by its digest, however it was asked for. None where Fly does not tell, and before it was recorded.
    pub(crate) fn of(&self, image: &str) -> Option<String> {
        by_digest(image, self.digest.as_deref()?)
    }
}

/// Has a machine's configuration name the image that the machine runs by its digest, if Fly tells it.
pub(crate) fn pin(config: &mut Value, shown: &Value) {
    let digest = shown["image_ref"]["digest"].as_str();
    let pinned = config["image"].as_str().zip(digest).and_then(|(image, digest)| by_digest(image, digest));
    if let Some(pinned) = pinned {
        config["image"] = json!(pinned);
    }
}

/// A tag beside a digest says nothing more. What was asked for by a digest stays as it is.
fn by_digest(image: &str, digest: &str) -> Option<String> {
    let is_digest = digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    if !is_digest {
        return None;
    }
    if image.contains('@') {
        return Some(image.to_owned());
    }
    let name = match image.rsplit_once(':') {
        // A colon before a slash is that of a registry's port.
        Some((name, tag)) if !tag.contains('/') => name,
        Some(_) | None => image,
    };
    Some(format!("{name}@{digest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_stands_in_place_of_the_tag() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (image, name) in [
            ("postgres:17", "postgres"),
            ("postgres", "postgres"),
            ("ghcr.io/acme/pg:17-alpine", "ghcr.io/acme/pg"),
            ("registry.example:5000/pg", "registry.example:5000/pg"),
        ] {
            assert_eq!(by_digest(image, &digest), Some(format!("{name}@{digest}")), "{image}");
        }
        let asked_for = format!("postgres@sha256:{}", "0b".repeat(32));
        assert_eq!(by_digest(&asked_for, &digest), Some(asked_for.clone()));
    }

    #[test]
    fn what_is_no_digest_changes_nothing() {
        for odd in ["", "sha256:", "sha256:0a", "17", &format!("sha256:{}", "0A".repeat(32))] {
            let mut config = json!({ "image": "postgres:17" });
            pin(&mut config, &json!({ "image_ref": { "digest": odd } }));
            pin(&mut config, &json!({}));
            assert_eq!(config["image"], "postgres:17", "{odd}");
        }
        assert_eq!(ImageRef::default().of("postgres:17"), None);
    }
}
