//! The app of a tenant: all that the tenant has at Fly is in it, and goes with it.

mod mark;
mod removal;

use std::cell::Cell;

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, Tenant};

use crate::api::{BASE, Fly, MAKING};
use crate::cluster;
use crate::database;
use crate::organisation::Organisation;
use crate::tag::{self, Tag};

/// An app as it is named, before and after there is one.
#[derive(Debug)]
pub(crate) struct App {
    /// `sp-` and the first twelve digits of the tenant's id: a name of its own in all of Fly.
    pub(crate) name: String,
    /// What tells it from another of the same name: another project may have a tenant of the same id.
    pub(crate) tag: Tag,
    /// Whether this operation makes it, which saw first that there is none of that name.
    is_new: bool,
    /// Whether there may be an app that cannot be seen yet.
    may_be_unseen: Cell<bool>,
    /// Where it was made, as far as that is recorded.
    organisation: Option<Organisation>,
    record: Record,
}

/// What is recorded of an app beside its tag: it tells whose the app is where the tag was lost.
#[derive(Debug, Default)]
struct Record {
    /// The tenant's id, as commands take it.
    tenant: String,
    /// What Fly called the app when it was made: another app of the same name has another.
    uid: Option<String>,
    /// The machine that is in it.
    machine: Option<String>,
    /// The cluster beside it.
    cluster: Option<String>,
}

/// Field of a tenant's resources with what Fly calls the app.
pub(crate) const UID: &str = "app_uid";

/// An app that is being removed.
pub(crate) const GOING: &str = "pending_destroy";

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
    #[serde(default)]
    id: Value,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    machine_count: u64,
    #[serde(default)]
    volume_count: u64,
}

/// What Fly answers when it makes one.
#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    id: Value,
}

impl App {
    /// The one that an operation makes.
    pub(crate) fn made_by<C>(operation_id: &str, tenant: &Tenant<C>) -> Self {
        Self::made_with(Tag::Network(format!("sp-{}", hexadecimal(operation_id))), tenant)
    }

    /// The one that an operation makes in the organisation's network.
    pub(crate) fn marked_by<C>(operation_id: &str, tenant: &Tenant<C>) -> Self {
        Self::made_with(Tag::Mark(tag::mark(&hexadecimal(operation_id))), tenant)
    }

    fn made_with<C>(tag: Tag, tenant: &Tenant<C>) -> Self {
        // After a crash nobody knows how far it came.
        let may_be_unseen = Cell::new(true);
        Self { name: name(tenant), tag, is_new: true, may_be_unseen, organisation: None, record: Record::default() }
    }

    /// The one that was recorded when it was made.
    pub(crate) fn of<C>(tenant: &Tenant<C>) -> Result<Self, Failure> {
        let recorded =
            |field: &str| tenant.resources[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let tag = recorded(tag::MARKED).map(Tag::Mark).or_else(|| recorded("network").map(Tag::Network));
        let tag = tag.ok_or_else(|| {
            let message = format!("nothing says which app `{}` is the tenant's", name(tenant));
            Failure::broken("app-unknown", message)
                .help("look for it at Fly, and remove it there if it is the tenant's")
        })?;
        let organisation = Some(Organisation::recorded(tenant));
        let (uid, machine, cluster) = (recorded(UID), recorded("machine"), recorded(cluster::RECORDED));
        let record = Record { tenant: tenant.id.clone(), uid, machine, cluster };
        Ok(Self { name: name(tenant), tag, is_new: false, may_be_unseen: Cell::new(false), organisation, record })
    }

    /// The network that it is in.
    pub(crate) fn network(&self) -> &str {
        match &self.tag {
            Tag::Network(network) => network,
            Tag::Mark(_) => tag::SHARED,
        }
    }

    /// What is recorded of its mark.
    pub(crate) fn mark(&self) -> Option<&str> {
        match &self.tag {
            Tag::Network(_) => None,
            Tag::Mark(mark) => Some(mark),
        }
    }

    /// Path of something in it.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/apps/{}{rest}", self.name)
    }

    /// Makes it in an organisation, unless it is there. Answers what Fly calls it, where that is said.
    pub(crate) fn ensure(&self, fly: &Fly, org_slug: &str) -> Result<Option<String>, Failure> {
        let what = format!("create app `{}`", self.name);
        let mut body = json!({ "name": self.name, "org_slug": org_slug });
        if let Tag::Network(network) = &self.tag {
            body["network"] = network.as_str().into();
        }
        // Fly answers when the app is seen everywhere.
        let request = Request::post(format!("{BASE}/v1/apps?wait=true"), &body).timeout(MAKING);
        let look = || match self.look(fly) {
            Ok(Seen::Ours(found)) => Ok(Some(Made { id: found.id })),
            Ok(Seen::Nothing) => Ok(None),
            Ok(Seen::Another) => Err(self.taken()),
            // It may be there and too new to be seen; whether the token is good tells the request that makes it.
            Err(failure) if failure.code() == "account-refused" => Ok(None),
            Err(failure) if failure.code() == "account-forbidden" => Err(self.taken()),
            Err(failure) => Err(failure),
        };
        let made: Result<Made, Failure> = fly.ensure(&request, &what, look);
        // What Fly refused is not made; where there was no answer, nobody knows.
        self.may_be_unseen.set(made.as_ref().is_err_and(|failure| !matches!(failure, Failure::Refused(_))));
        let Made { id } = made?;
        if let Tag::Mark(mark) = &self.tag {
            database::hand_over(fly, self, &json!({ mark.as_str(): "1" }))?;
        }
        Ok(id.as_str().map(str::to_owned))
    }

    /// Refused where there is an app of that name: what is there afterwards was made since.
    pub(crate) fn expect_none(&self, fly: &Fly) -> Result<(), Failure> {
        match self.show(fly) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(self.taken()),
            Err(failure) if failure.code() == "account-forbidden" => Err(self.taken()),
            Err(failure) => Err(failure),
        }
    }

    /// Whether it is there, and the tenant's; refused where it is not seen by a login that would not see it. The name may be
    /// another organisation's by now, of which Fly says no more than that it is.
    pub(crate) fn is_there_or_gone(&self, fly: &Fly) -> Result<bool, Failure> {
        let forbidden = match self.look(fly) {
            Ok(Seen::Ours(found)) if found.status != GOING => return Ok(true),
            Ok(_) => None,
            Err(failure) if failure.code() == "account-forbidden" => Some(failure),
            Err(failure) => return Err(failure),
        };
        match (&self.organisation, forbidden) {
            (Some(organisation), _) => organisation.expect_here(fly).map(|()| false),
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(false),
        }
    }

    /// Whether it has gone: a login that would see it sees nothing of that name, or what is not ours. `organisation` is where
    /// it was made.
    pub(crate) fn is_gone(&self, fly: &Fly, organisation: &Organisation) -> Result<bool, Failure> {
        match self.look(fly) {
            Ok(Seen::Ours(found)) => Ok(found.status == GOING),
            Ok(Seen::Nothing | Seen::Another) => organisation.expect_here(fly).map(|()| true),
            Err(failure) if failure.code() == "account-forbidden" => {
                organisation.expect_here(fly).map(|()| true).map_err(|_| failure)
            }
            Err(failure) => Err(failure),
        }
    }

    fn look(&self, fly: &Fly) -> Result<Seen, Failure> {
        let Some(found) = self.show(fly)? else { return Ok(Seen::Nothing) };
        let is_ours = match &self.tag {
            Tag::Network(network) => found.network.as_ref() == Some(network),
            // A tenant's whose database is on a machine.
            Tag::Mark(_) if found.network.as_deref().is_some_and(|it| tag::is_tag(it, tag::OPERATION_DIGITS)) => false,
            Tag::Mark(mark) => match self.secrets(fly)? {
                Some(names) => self.is_marked(fly, mark, &found, &names)?,
                // It went meanwhile, or has none.
                None if self.show(fly)?.is_none() => return Ok(Seen::Nothing),
                None => self.is_marked(fly, mark, &found, &[])?,
            },
        };
        Ok(if is_ours { Seen::Ours(found) } else { Seen::Another })
    }

    fn show(&self, fly: &Fly) -> Result<Option<Found>, Failure> {
        fly.look_up(&self.path(""), &format!("show app `{}`", self.name))
    }

    fn taken(&self) -> Failure {
        Failure::refused("name-taken", format!("an app `{}` is somebody else's, and left alone", self.name))
            .help("leave out `--id`, or choose another: another id has another name")
    }
}

/// `sp-` and the first twelve digits of the tenant's id.
pub(crate) fn name<C>(tenant: &Tenant<C>) -> String {
    name_of(&tenant.id)
}

/// The same for an id.
pub(crate) fn name_of(id: &str) -> String {
    let short: String = hexadecimal(id).chars().take(tag::TENANT_DIGITS).collect();
    format!("sp-{short}")
}

pub(crate) fn hexadecimal(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}
