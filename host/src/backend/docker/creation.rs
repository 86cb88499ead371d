//! What is asked of the engine when a container is made.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HostConfig, Mount as EngineMount, MountType, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};

use super::labels::labels_of;
use super::{ContainerSpec, Mount, name};
use crate::backend::{BackendError, Owner};

/// Checks a specification before anything is done about it.
pub(super) fn check(spec: &ContainerSpec) -> Result<(), BackendError> {
    name::check_container(&spec.name)?;
    for mount in &spec.mounts {
        check_mount(mount)?;
    }
    if spec.port == 0 {
        return Err(invalid("port", "the container's port cannot be 0"));
    }
    if i64::try_from(spec.shm_bytes).is_err() {
        return Err(invalid("shm-bytes", "the size of /dev/shm is too large"));
    }
    let unfit = |text: &str| text.contains('\0');
    let misnamed = |name: &str| name.is_empty() || name.contains('=') || unfit(name);
    if spec.env.iter().any(|(name, value)| misnamed(name) || unfit(value)) {
        return Err(invalid("env", "a variable's name is empty or holds `=`, or it or its value holds a NUL"));
    }
    Ok(())
}

fn check_mount(mount: &Mount) -> Result<(), BackendError> {
    name::check_volume(&mount.volume)?;
    let target = &mount.target;
    let absolute = target.starts_with('/') && target.len() > 1 && !target.contains(['\0', ':']);
    if absolute && target.split('/').all(|part| part != "..") {
        return Ok(());
    }
    Err(invalid("mounts", "a volume's target is an absolute path in the container, without `..` and `:`"))
}

fn invalid(field: &str, why: &str) -> BackendError {
    BackendError::refused("invalid-container", format!("{why} (field `{field}`)"))
}

/// The request that makes the container, published at `host_port`.
pub(super) fn body(spec: &ContainerSpec, owner: &Owner, image: String, host_port: u16) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image),
        env: Some(spec.env.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect()),
        labels: Some(labels_of(owner)),
        exposed_ports: Some(vec![format!("{}/tcp", spec.port)]),
        host_config: Some(host_config(spec, host_port)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(spec: &ContainerSpec, host_port: u16) -> HostConfig {
    let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(host_port.to_string()) };
    let restart = RestartPolicy { name: Some(RestartPolicyNameEnum::UNLESS_STOPPED), maximum_retry_count: None };
    HostConfig {
        mounts: Some(spec.mounts.iter().map(engine_mount).collect()),
        port_bindings: Some(HashMap::from([(format!("{}/tcp", spec.port), Some(vec![binding]))])),
        restart_policy: Some(restart),
        shm_size: i64::try_from(spec.shm_bytes).ok().filter(|bytes| *bytes > 0),
        // What starts as root in there and steps down, as database images do, needs no way back up.
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        privileged: Some(false),
        ..HostConfig::default()
    }
}

fn engine_mount(mount: &Mount) -> EngineMount {
    EngineMount {
        typ: Some(MountType::VOLUME),
        source: Some(mount.volume.clone()),
        target: Some(mount.target.clone()),
        ..EngineMount::default()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn spec() -> ContainerSpec {
        ContainerSpec {
            name: "db".to_owned(),
            image: "postgres:17".to_owned(),
            env: vec![("POSTGRES_PASSWORD".to_owned(), Zeroizing::new("a=b".to_owned()))],
            mounts: vec![Mount { volume: "db-data".to_owned(), target: "/var/lib/postgresql/data".to_owned() }],
            port: 5432,
            preferred_host_port: 5432,
            shm_bytes: 1 << 28,
        }
    }

    #[test]
    fn a_container_gets_no_privileges_and_is_published_on_this_machine_alone() {
        let owner = Owner::Machine { plugin: "docker".to_owned() };
        let config = body(&spec(), &owner, "postgres:17".to_owned(), 40123).host_config.unwrap();
        let (ports, mounts) = (config.port_bindings.unwrap(), config.mounts.unwrap());
        assert_eq!(ports["5432/tcp"].as_ref().unwrap()[0].host_ip.as_deref(), Some("127.0.0.1"));
        assert!(mounts.iter().all(|mount| mount.typ == Some(MountType::VOLUME)));
        assert_eq!((config.privileged, config.binds, config.network_mode), (Some(false), None, None));
    }

    #[test]
    fn specifications_that_reach_for_more_are_refused() {
        let with = |change: fn(&mut ContainerSpec)| {
            let mut spec = spec();
            change(&mut spec);
            check(&spec).unwrap_err().code
        };
        check(&spec()).unwrap();
        assert_eq!(with(|spec| spec.mounts[0].volume = "/etc".to_owned()), "invalid-name");
        assert_eq!(with(|spec| spec.mounts[0].target = "data".to_owned()), "invalid-container");
        assert_eq!(with(|spec| spec.mounts[0].target = "/data:ro".to_owned()), "invalid-container");
        assert_eq!(with(|spec| spec.port = 0), "invalid-container");
        assert_eq!(with(|spec| spec.env[0].0 = "A=B".to_owned()), "invalid-container");
    }
}
