//! Which engine answers: a socket says where it is, and not who.

use super::Docker;
use crate::backend::BackendError;

impl Docker {
    /// What stays the same for as long as the engine keeps the same containers and volumes; asked for once.
    pub async fn identity(&self) -> Result<String, BackendError> {
        self.identity.get_or_try_init(|| self.ask_identity()).await.cloned()
    }

    async fn ask_identity(&self) -> Result<String, BackendError> {
        let info = self.ask(self.client.info()).await;
        let info = info.map_err(|fault| fault.while_doing("ask the engine which one it is"))?;
        let (id, place, name) = (info.id, info.docker_root_dir, info.name);
        identity(id, place, name, self.podman).ok_or_else(|| {
            BackendError::broken(
                "engine-nameless",
                format!("the engine at `{}` does not say which one it is", self.endpoint),
            )
        })
    }
}

/// Podman makes up another id with each answer: which one it is, its machine and the place where it keeps everything say.
fn identity(id: Option<String>, place: Option<String>, name: Option<String>, podman: bool) -> Option<String> {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    match (filled(id), filled(place)) {
        (Some(id), _) if !podman => Some(id),
        (_, Some(place)) => Some(format!("{place} on {}", filled(name).unwrap_or_else(|| "localhost".to_owned()))),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_has_an_id_and_podman_a_place() {
        let of = |id: &str, place: &str, podman| {
            identity(Some(id.to_owned()), Some(place.to_owned()), Some("box".to_owned()), podman)
        };
        assert_eq!(of("A", "/var/lib/docker", false).as_deref(), Some("A"));
        assert_eq!(of("A", "/store", true).as_deref(), Some("/store on box"));
        assert_eq!(of("", "/store", false).as_deref(), Some("/store on box"));
        assert_eq!(of("", "", false), None);
    }
}
