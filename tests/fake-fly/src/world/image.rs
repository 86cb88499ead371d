//! Images: how a name is read, and what becomes of a machine that starts one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids::image_digest;

/// What becomes of a machine with an image. One of which nothing is said starts and runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageBehaviour {
    /// It cannot be pulled: the machine ends as `failed`.
    Unpullable,
    /// It cannot be launched: `launch_failed`, then `destroyed`.
    LaunchFails,
    /// It starts, and its process ends at once with this exit code.
    Exits(i32),
}

/// What is pulled for a name now: its tag may mean something else than before, a digest never.
pub(crate) fn digest(image: &str, moves: usize) -> String {
    match image.split_once('@') {
        Some((_, digest)) => digest.to_owned(),
        None if moves == 0 => image_digest(image),
        None => image_digest(&format!("{image} {moves}")),
    }
}

/// As `ImageRef` of the document.
pub(crate) fn view(image: &str, digest: &str) -> Value {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        Some(_) | None => (name, "latest"),
    };
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let (registry, repository) = match path.split_once('/') {
        Some((first, rest)) if is_host(first) => (first, rest.to_owned()),
        Some(_) => ("registry-1.docker.io", path.to_owned()),
        None => ("registry-1.docker.io", format!("library/{path}")),
    };
    json!({ "registry": registry, "repository": repository, "tag": tag, "digest": digest, "labels": {} })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_taken_apart_into_registry_repository_tag_and_digest() {
        let image = "registry.fly.io:443/team/app:v2@sha256:ab";
        let seen = view(image, &digest(image, 1));
        assert_eq!(seen["registry"], "registry.fly.io:443");
        assert_eq!(seen["repository"], "team/app");
        assert_eq!(seen["tag"], "v2");
        assert_eq!(seen["digest"], "sha256:ab");
        assert_eq!(view("postgres", "")["repository"], "library/postgres");
    }
}
