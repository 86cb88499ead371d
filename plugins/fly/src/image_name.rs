//! Images by their names: Fly, and those who work with it, write the same one in several ways.

/// What Docker's own registry is called, by itself and as Fly mirrors it.
const USUAL: [&str; 4] = ["docker.io", "index.docker.io", "registry-1.docker.io", "docker-hub-mirror.fly.io"];
/// The tag that is meant where nothing says which.
const LATEST: &str = "latest";

/// A name in its parts.
#[derive(Debug, PartialEq, Eq)]
struct Image<'a> {
    /// With its registry, where that is not the usual one.
    repository: &'a str,
    /// None where a digest says alone which it is.
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

/// Whether two names are of one image, as far as the names say: by the digests, or where one has none by the tags. Of a tag and
/// a digest nobody can tell, as a machine that is updated keeps the image that was pulled for it by its digest.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (Image::parse(one), Image::parse(other));
    let (by_digest, by_tag) = (one.digest.zip(other.digest), one.tag.zip(other.tag));
    one.repository == other.repository && by_digest.or(by_tag).is_none_or(|(one, other)| one == other)
}

impl<'a> Image<'a> {
    fn parse(name: &'a str) -> Self {
        let (name, digest) = match name.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (name, None),
        };
        // A colon before the last slash is that of a port.
        let (repository, tag) = match name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        let repository = match repository.split_once('/') {
            Some((registry, path)) if USUAL.contains(&registry) => path,
            Some(_) | None => repository,
        };
        let repository = repository.strip_prefix("library/").unwrap_or(repository);
        Self { repository, tag: tag.or_else(|| digest.is_none().then_some(LATEST)), digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_the_same_however_its_usual_registry_and_its_digest_are_written() {
        for (one, other) in [
            ("postgres:17", "docker-hub-mirror.fly.io/library/postgres:17"),
            ("postgres:17", "registry-1.docker.io/library/postgres:17@sha256:ab"),
            ("postgres", "docker.io/library/postgres:latest"),
            ("postgres@sha256:ab", "postgres:17@sha256:ab"),
            ("localhost:5000/shop:1", "localhost:5000/shop:1"),
            ("postgres:17", "postgres@sha256:ab"),
        ] {
            assert!(is_same(one, other) && is_same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn another_tag_repository_registry_or_digest_is_another_image() {
        for other in ["postgres:13", "postgis:17", "registry.fly.io/postgres:17", "postgres", "postgis@sha256:ab"] {
            assert!(!is_same("postgres:17", other), "{other}");
        }
        assert!(!is_same("postgres@sha256:ab", "postgres@sha256:cd"));
        assert!(!is_same("localhost:5000/shop", "localhost:5001/shop"));
    }
}
