//! What a process is started with, everybody on the machine can read.

use std::fs;

use systemprompt_tests::{Docker, Sandbox};

use super::password;
use crate::life::url;

#[test]
fn no_process_shows_a_password_in_its_arguments_while_a_tenant_is_created() {
    let sandbox = Sandbox::new();
    watch(&sandbox, "--provider=native");
}

#[test]
fn no_process_shows_a_password_in_its_arguments_while_one_is_created_in_docker() {
    let test = "no_process_shows_a_password_in_its_arguments_while_one_is_created_in_docker";
    let Some(docker) = Docker::hold(test) else { return };
    let sandbox = Sandbox::with(&docker);
    watch(&sandbox, &Docker::image_flag());
    let secret = password(&url(&sandbox, "mine"));
    let logs = docker.run(&["logs", "systemprompt-shared-db"]).expect("the container has logs");
    let inspected = docker.run(&["inspect", "systemprompt-shared-db"]).expect("the container is there");
    assert!(
        !logs.contains(&secret) && !inspected.contains(&secret),
        "the tenant's password is nobody's but the tenant's"
    );
}

/// Looks at all command lines of the machine as long as `create` runs.
fn watch(sandbox: &Sandbox, flag: &str) {
    let mut running = sandbox.spawn(["cloud", "tenant", "create", "--type", "local", "--name", "mine", flag]);
    let mut seen = std::collections::BTreeSet::new();
    while running.child.try_wait().expect("the process can be waited for").is_none() {
        for entry in fs::read_dir("/proc").expect("/proc is there").flatten() {
            if entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()) {
                seen.insert(fs::read(entry.path().join("cmdline")).unwrap_or_default());
            }
        }
    }
    running.end().ok();
    let secret = password(&url(sandbox, "mine"));
    let telling: Vec<_> =
        seen.iter().map(|line| String::from_utf8_lossy(line)).filter(|line| line.contains(&secret)).collect();
    assert!(telling.is_empty(), "{telling:?}");
    assert!(seen.len() > 2, "the watch saw something");
    // Nor does a URL with a password of the administrator stand there.
    let logins = seen.iter().map(|line| String::from_utf8_lossy(line)).filter(|line| line.contains("PASSWORD="));
    assert_eq!(logins.count(), 0);
}
