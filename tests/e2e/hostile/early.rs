//! What a plugin does before anybody allowed it anything: it says who it is, and calls nothing for that.

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;

use super::*;

/// Each import of the plugin that is not harmless, called while it is asked who it is.
const TOO_EARLY: [&str; 8] = ["http", "docker", "secrets", "server", "postgres", "journal", "clock", "random"];

fn is_refused(output: &Output, capability: &str) {
    let output = output.clone().exits(1);
    assert_eq!(output.error_code(), "plugin-too-early", "{capability}: {}", output.whole());
    let says = format!("it called `{capability}` while it was asked who it is");
    assert!(output.whole().contains(&says), "{capability}: {}", output.whole());
}

#[test]
fn a_plugin_that_calls_the_host_before_it_is_allowed_anything_is_refused_and_nothing_leaves() {
    let mut sandbox = Sandbox::new();
    let socket = sandbox.root().join("engine.sock");
    let engine = UnixListener::bind(&socket).expect("a socket can be made");
    engine.set_nonblocking(true).expect("it need not be waited for");
    sandbox.set("DOCKER_HOST", &format!("unix://{}", socket.display()));
    for capability in TOO_EARLY {
        let path = plugin::file(&sandbox, "early.wasm", &variant(&format!("early-{capability}")));
        for command in ["install", "test", "run create"] {
            let yes = if command == "install" { "--yes" } else { "" };
            is_refused(&sandbox.say(&format!("plugin {command} {} {yes} --json", path.display())), capability);
        }
    }
    let asked = engine.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(asked, Err(ErrorKind::WouldBlock), "somebody asked the engine");
    assert!(!sandbox.file("log.db").exists(), "a plugin that was not installed makes no project");
}

#[test]
fn a_plugin_may_say_something_while_it_is_asked_who_it_is() {
    let sandbox = Sandbox::new();
    install(&sandbox, &variant("early-words")).ok();
    assert_carries_on(&sandbox);
}
