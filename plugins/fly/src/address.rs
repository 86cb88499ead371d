//! Addresses of an app: without one, nobody outside finds it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use systemprompt_sdk::Failure;
use systemprompt_sdk::http::Request;

use crate::api::{BASE, Fly};
use crate::app::App;

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of IPv4, shared with others: it costs nothing.
    SharedV4,
    /// Of IPv4, for this app alone: it costs money.
    V4,
    /// Of IPv6.
    V6,
}

/// An address of the app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) ip: String,
    #[serde(default)]
    shared: bool,
}

#[derive(Deserialize)]
struct Addresses {
    #[serde(default)]
    ips: Vec<Address>,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::SharedV4 => "shared_v4",
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }

    /// Whether an address is of this kind.
    pub(crate) fn is_of(self, address: &Address) -> bool {
        match self {
            Self::SharedV4 => address.shared,
            Self::V4 => !address.shared && !address.ip.contains(':'),
            // Those that begin with `fd` are of the app's own network.
            Self::V6 => address.ip.contains(':') && !address.ip.starts_with("fd"),
        }
    }
}

/// All addresses of the app.
pub(crate) fn all(fly: &Fly, app: &App) -> Result<Vec<Address>, Failure> {
    let what = format!("list the addresses of app `{}`", app.name);
    let all: Option<Addresses> = fly.look_up(&app.path("/ip_assignments"), &what)?;
    Ok(all.map(|all| all.ips).unwrap_or_default())
}

/// Those of IPv4 that are the app's alone, whoever asked for them.
pub(crate) fn dedicated(fly: &Fly, app: &App) -> Result<Vec<String>, Failure> {
    let dedicated = all(fly, app)?.into_iter().filter(|address| Kind::V4.is_of(address));
    Ok(dedicated.map(|address| address.ip).collect())
}

/// Takes an address from the app, if it is there.
pub(crate) fn release(fly: &Fly, app: &App, ip: &str) -> Result<(), Failure> {
    let request = Request::delete(format!("{BASE}{}", app.path(&format!("/ip_assignments/{ip}"))));
    fly.repeat(&request, &format!("take an address from app `{}`", app.name), |_| Ok(())).map(|_| ())
}

/// The address of this kind, given to the app if it has none.
pub(crate) fn ensure(fly: &Fly, app: &App, kind: Kind) -> Result<Address, Failure> {
    let url = format!("{BASE}{}", app.path("/ip_assignments"));
    let request = Request::post(url, &json!({ "type": kind.as_str() }));
    let what = format!("give app `{}` an address", app.name);
    fly.ensure(&request, &what, || Ok(all(fly, app)?.into_iter().find(|address| kind.is_of(address))))
}
