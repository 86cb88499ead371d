//! A lease on a machine: for a while nobody else changes it.

use serde::Deserialize;
use serde_json::json;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, log};

use crate::api::{BASE, Fly};
use crate::app::App;

/// Seconds: enough for a look and an update, and less than whoever comes after a crash is patient.
const TTL_SECONDS: u32 = 15;
/// Says whose lease it is.
pub(crate) const NONCE: &str = "fly-machine-lease-nonce";

/// One that is held; it ends by itself.
pub(crate) struct Lease {
    url: String,
    pub(crate) nonce: String,
}

/// What taking one answers.
#[derive(Deserialize)]
struct Taken {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    nonce: String,
}

/// Takes it; one that somebody else holds, or that nobody was told of, is waited for.
pub(crate) fn take(fly: &Fly, app: &App, machine: &str) -> Result<Lease, Failure> {
    let url = format!("{BASE}{}", app.path(&format!("/machines/{machine}/lease")));
    let request = Request::post(url.clone(), &json!({ "ttl": TTL_SECONDS, "description": "systemprompt" }));
    let what = format!("take the lease on machine `{machine}`");
    let taken = fly.repeat(&request, &what, Response::json::<Taken>)?.ok_or_else(|| missing(machine))?;
    Ok(Lease { url, nonce: taken.data.nonce })
}

impl Lease {
    /// Gives it back. Where that does not work it ends soon all the same.
    pub(crate) fn release(self, fly: &Fly) {
        let request = Request::delete(self.url).header(NONCE, self.nonce);
        if let Err(failure) = fly.repeat(&request, "give the lease back", |_| Ok(())) {
            log::warn(&format!("a lease ends by itself in {TTL_SECONDS} s: {failure}"));
        }
    }
}

pub(crate) fn missing(machine: &str) -> Failure {
    Failure::refused("machine-missing", format!("machine `{machine}` is not there any more"))
        .help("look at it at https://fly.io/dashboard")
}
