//! Whom the native server lets in: from this machine alone, by a password alone, and it runs as nobody important.

use std::fs;
use std::os::unix::fs::MetadataExt;

use systemprompt_tests::{Sandbox, Server};

use crate::life::url;

/// What `/proc/net/tcp` says of a socket that listens.
const LISTENS: &str = "0A";

fn created() -> (Sandbox, Server) {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --provider native --name x").ok();
    let mut servers = Server::all_below(&sandbox.data());
    assert_eq!(servers.len(), 1, "{servers:?}");
    (sandbox, servers.remove(0))
}

#[test]
fn the_native_server_does_not_run_as_root_and_its_data_is_its_own() {
    let (_sandbox, server) = created();
    let process = fs::metadata(format!("/proc/{}", server.number())).expect("it runs");
    let data = fs::metadata(&server.data).expect("it has data");
    assert_eq!(process.uid(), data.uid());
    assert_ne!(process.uid(), 0, "it runs as root");
    assert_eq!(data.mode() & 0o077, 0, "others can look into {}", server.data.display());
}

#[test]
fn the_native_server_listens_on_this_machine_alone() {
    let (sandbox, _server) = created();
    let url = url(&sandbox, "x");
    let port: u16 = url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok()).expect("a port");
    let mut addresses = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let mut fields = line.split_whitespace().skip(1);
            let (local, state) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
            if let Some((address, found)) = local.split_once(':')
                && (state, u16::from_str_radix(found, 16)) == (LISTENS, Ok(port))
            {
                addresses.push(address.to_owned());
            }
        }
    }
    // 127.0.0.1, as the kernel writes it.
    assert_eq!(addresses, ["0100007F"]);
}

#[test]
fn the_native_server_lets_nobody_in_without_a_password() {
    let (_sandbox, server) = created();
    let rules = fs::read_to_string(server.data.join("pg_hba.conf")).expect("the rules can be read");
    let rules: Vec<_> =
        rules.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(!rules.is_empty(), "no rule lets anybody in");
    for rule in rules {
        assert!(rule.ends_with("scram-sha-256"), "{rule}");
    }
}

#[test]
fn a_wrong_password_of_a_database_that_is_taken_in_is_not_put_down_to_its_server() {
    let (sandbox, _server) = created();
    let url = url(&sandbox, "x");
    let (login, rest) = url.rsplit_once('@').expect("a URL with a login");
    let (role, _) = login.rsplit_once(':').expect("a login with a password");
    let wrong = format!("{role}:wrong@{rest}");
    let create = ["cloud", "tenant", "create", "--type", "local", "--name", "taken", "--database-url", &wrong];
    let output = sandbox.run(create).exits(5);
    assert!(
        output.stderr.contains("does not let") && output.stderr.contains("check role and password"),
        "{}",
        output.whole()
    );
    for word in ["its server runs", " at line "] {
        assert!(!output.stderr.contains(word), "{}", output.whole());
    }
}
