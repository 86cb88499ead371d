//! More of everything than anybody needs: lists, texts, and what the host would have to do for each part of them.

use serde_json::json;
use systemprompt_sdk::docker::{ContainerSpec, Docker};
use systemprompt_sdk::{Failure, Orphan, http, log, random};

use crate::misdeed::DESTINATION;

/// Enough that to look up each would take minutes.
const MANY: usize = 100_000;
/// A secret that there is not: whoever looks it up says so.
const UNKNOWN: &str = "{{secret:of-nobody@1}}";

/// Inside a step.
pub(crate) fn hand_over(mode: &str) -> Result<(), Failure> {
    match mode {
        "http-headers" => {
            let request = http::Request::get(DESTINATION);
            (0..MANY).fold(request, |request, _| request.header("x", UNKNOWN)).send().map(drop)
        }
        "http-long-header" => http::Request::get(DESTINATION).header("x", UNKNOWN.repeat(10_000)).send().map(drop),
        "http-many-secrets" => {
            http::Request::post(DESTINATION, &json!({ "text": UNKNOWN.repeat(40_000) })).send().map(drop)
        }
        "docker-env" => {
            let spec = ContainerSpec::of_tenant("hostile", "systemprompt-test/postgres:15", 5432);
            let spec = (0..MANY).fold(spec, |spec, _| spec.env("X", UNKNOWN));
            Docker.ensure_container(&spec).map(drop)
        }
        "docker-mounts" => {
            let spec = ContainerSpec::of_tenant("hostile", "systemprompt-test/postgres:15", 5432);
            let spec = (0..MANY).fold(spec, |spec, _| spec.mount("hostile-data", "/data"));
            Docker.ensure_container(&spec).map(drop)
        }
        "docker-volumes" => Docker.remove_container("hostile", &vec!["hostile-data".to_owned(); MANY]),
        "random-much" => {
            log::info(&format!("{} bytes", random::bytes(1_025).len()));
            Ok(())
        }
        "log-giant" => {
            log::info(&"x".repeat(20 << 20));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Two requests where one is asked for.
pub(crate) fn smuggle() -> Result<(), Failure> {
    let request = http::Request::get(DESTINATION).header("x", "y\r\n\r\nDELETE / HTTP/1.1\r\nhost: localhost");
    request.send().map(drop)
}

/// So many things that are nobody's.
pub(crate) fn orphans(count: usize) -> Vec<Orphan> {
    let orphan = Orphan { name: "sp-orphan".to_owned(), about: "an app".to_owned(), help: None, ext: None };
    vec![orphan; count]
}
