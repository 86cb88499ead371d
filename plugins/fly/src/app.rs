//! The app of a tenant: all that the tenant has at Fly is in it, and goes with it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, Tenant, progress};

use crate::api::{BASE, Fly};
use crate::identity::identity;
use crate::retry::Retry;

/// How long Fly takes to remove an app with all that is in it.
const REMOVAL: Duration = Duration::from_mins(3);

/// An app as it is named, before and after there is one.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// `sp-` and the first twelve digits of the tenant's id: a name of its own in all of Fly.
    pub(crate) name: String,
    /// The app's own private network. It holds the whole id, so that it tells whether an app of that name is ours.
    network: String,
}

/// An app that is being removed.
const GOING: &str = "pending_destroy";

/// What there is under the app's name.
enum Seen {
    Nothing,
    Ours(Found),
    /// Somebody else's.
    Another,
}

/// What Fly says of an app.
#[derive(Deserialize)]
struct Found {
    network: String,
    #[serde(default)]
    status: String,
}

impl App {
    pub(crate) fn of<C>(tenant: &Tenant<C>) -> Self {
        let digits: String = tenant.id.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
        let short: String = digits.chars().take(12).collect();
        Self { name: format!("sp-{short}"), network: format!("sp-{digits}") }
    }

    /// Path of something in it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/apps/{}{rest}", self.name)
    }

    /// Makes it in an organisation, unless it is there.
    pub(crate) fn ensure(&self, fly: &Fly, org_slug: &str) -> Result<(), Failure> {
        let what = format!("create app `{}`", self.name);
        let body = json!({ "name": self.name, "org_slug": org_slug, "network": self.network });
        // Fly answers when the app is seen everywhere.
        let request = Request::post(format!("{BASE}/v1/apps?wait=true"), &body).timeout(Duration::from_mins(1));
        let look = || match self.look(fly) {
            Ok(Seen::Ours(_)) => Ok(Some(Value::Null)),
            Ok(Seen::Nothing) => Ok(None),
            Ok(Seen::Another) => Err(self.taken()),
            // It may be there and too new to be seen; whether the token is good tells the request that makes it.
            Err(failure) if failure.code() == "account-refused" => Ok(None),
            Err(failure) if failure.code() == "account-forbidden" => Err(self.taken()),
            Err(failure) => Err(failure),
        };
        fly.ensure(&request, &what, look).map(|_| ())
    }

    /// Whether it is there, and the tenant's.
    pub(crate) fn is_there(&self, fly: &Fly) -> Result<bool, Failure> {
        Ok(matches!(self.look(fly)?, Seen::Ours(found) if found.status != GOING))
    }

    fn look(&self, fly: &Fly) -> Result<Seen, Failure> {
        let found: Option<Found> = fly.look_up(&self.path(""), &format!("show app `{}`", self.name))?;
        Ok(match found {
            None => Seen::Nothing,
            Some(found) if found.network == self.network => Seen::Ours(found),
            Some(_) => Seen::Another,
        })
    }

    fn taken(&self) -> Failure {
        Failure::refused("name-taken", format!("an app `{}` is somebody else's, and left alone", self.name))
            .help("type the same again: another id has another name")
    }

    /// Removes it with all that is in it, if it is there and the tenant's, and waits until it has gone. `org_slug` is where
    /// it was made.
    pub(crate) fn remove(&self, fly: &Fly, org_slug: &str) -> Result<(), Failure> {
        let mut retry = Retry::within(REMOVAL);
        let mut asked = false;
        loop {
            let found = match self.look(fly) {
                Ok(Seen::Ours(found)) => found,
                // One of that name in the same organisation is not the tenant's.
                Ok(Seen::Nothing | Seen::Another) => return Ok(()),
                // One of another organisation is not, either, unless it is this token that is of another.
                Err(failure) if failure.code() == "account-forbidden" && identity(fly)?.org_slug == org_slug => {
                    return Ok(());
                }
                Err(failure) => return Err(failure),
            };
            if !asked || found.status != GOING {
                let request = Request::delete(format!("{BASE}{}?force=true", self.path("")));
                fly.repeat(&request, &format!("delete app `{}`", self.name), |_| Ok(()))?;
                asked = true;
            }
            progress::waiting("Fly removes the app");
            if !retry.pause(None) {
                let message = format!("app `{}` is still there", self.name);
                return Err(Failure::retryable("fly-busy", message).help("type the same again later"));
            }
        }
    }
}
