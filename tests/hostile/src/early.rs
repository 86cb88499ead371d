//! What it calls while it is asked who it is: nobody has agreed to anything by then.

use std::time::Duration;

use systemprompt_sdk::bindings::systemprompt::provider::journal;
use systemprompt_sdk::docker::Docker;
use systemprompt_sdk::postgres::Postgres;
use systemprompt_sdk::server::Server;
use systemprompt_sdk::{Secret, UndoKind, clock, http, log, progress, random};

use crate::misdeed::DESTINATION;

/// Calls one capability. What it answers is not looked at: a host that answers has done it.
pub(crate) fn call(stamp: &str) {
    match stamp {
        "early-http" => drop(http::Request::get(DESTINATION).send()),
        "early-docker" => drop(Docker.ping()),
        "early-secrets" => drop(Secret::of_machine("admin")),
        "early-server" => drop(Server.find_binaries(None)),
        "early-postgres" => drop(Postgres::of_account("admin-url").wait_ready(Duration::from_secs(1))),
        "early-journal" => drop(journal::begin("early", UndoKind::None)),
        "early-clock" => clock::sleep(Duration::from_millis(1)),
        "early-random" => drop(random::bytes(1)),
        "early-words" => {
            log::info("this is harmless");
            progress::waiting("so is this");
        }
        _ => {}
    }
}
