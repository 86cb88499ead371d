//! Where an image of PostgreSQL keeps its data.

use systemprompt_sdk::docker::Image;

/// From this major version on, the official images keep data in a directory for each version, and refuse the old place.
const FIRST_MAJOR_WITH_VERSIONED_DATA: u32 = 18;

/// Where a volume has to be mounted, so that the data outlives the container.
pub(crate) fn data_mount(image: &Image, reference: &str) -> &'static str {
    let declared = image.env("PG_MAJOR").and_then(|major| major.parse().ok());
    match declared.or_else(|| major_in_tag(reference)) {
        Some(major) if major < FIRST_MAJOR_WITH_VERSIONED_DATA => "/var/lib/postgresql/data",
        Some(_) | None => "/var/lib/postgresql",
    }
}

/// `docker.io/library/postgres:17.2-alpine` is 17.
fn major_in_tag(reference: &str) -> Option<u32> {
    let name = reference.split('@').next().unwrap_or_default();
    let (_, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
    tag.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(env: &[&str], reference: &str, mount: &str) {
        let env = env.iter().map(|&pair| pair.to_owned()).collect();
        assert_eq!(data_mount(&Image { id: String::new(), env }, reference), mount, "{reference}");
    }

    #[test]
    fn the_version_that_the_image_declares_decides() {
        check(&["PG_MAJOR=17"], "postgres:18", "/var/lib/postgresql/data");
        check(&["PG_MAJOR=18"], "registry.example:5000/pg:latest", "/var/lib/postgresql");
        check(&["PG_MAJOR=9.6"], "postgres:9.6", "/var/lib/postgresql/data");
    }

    #[test]
    fn without_one_its_tag_does() {
        check(&[], "docker.io/library/postgres:17.2-alpine", "/var/lib/postgresql/data");
        check(&[], "postgres:16@sha256:99", "/var/lib/postgresql/data");
        check(&[], "postgres:19", "/var/lib/postgresql");
    }

    #[test]
    fn what_says_nothing_is_taken_for_current() {
        check(&[], "postgres", "/var/lib/postgresql");
        check(&[], "localhost:5000/postgres", "/var/lib/postgresql");
        check(&[], "postgres@sha256:17", "/var/lib/postgresql");
    }
}
