//! The cluster of one tenant: made under a name that says which operation made it, looked for, and removed.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use systemprompt_sdk::http::{Request, Response};
use systemprompt_sdk::{Failure, Tenant, log, progress};

use crate::Config;
use crate::api::{BASE, Fly, MAKING, Once, PATIENCE, patiently};
use crate::app;
use crate::cluster::{self, Cluster, Data, ENDPOINT, Endpoint, MAJOR, NAME, RECORDED, UNSEEN};
use crate::organisation::Organisation;
use crate::problem::Problem;
use crate::retry::Retry;

/// How long Fly may take to remove one.
const REMOVAL: Duration = Duration::from_mins(5);

/// A cluster that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Made {
    #[serde(flatten)]
    pub(crate) cluster: Cluster,
    /// Whether Fly was asked for another, or nobody knows.
    #[serde(default)]
    pub(crate) may_be_two: bool,
}

/// A tenant's cluster as it is named, before and after there is one.
#[derive(Debug)]
pub(crate) struct Place {
    /// The app's name, and the id of the operation that made both: Fly makes a second one of the same name.
    pub(crate) name: String,
    /// As it is recorded, or as Fly said when it was made.
    id: RefCell<Option<String>>,
    /// Whether this operation makes it.
    is_new: bool,
    /// Whether there may be one, listed or not listed yet: until a request is sent, there is none.
    may_be_there: Cell<bool>,
    /// How often this run asked for one.
    asked: Cell<u32>,
    organisation: Organisation,
}

impl Place {
    /// The one that an operation makes.
    pub(crate) fn made_by<C>(operation_id: &str, tenant: &Tenant<C>, organisation: &Organisation) -> Self {
        let name = format!("{}-{}", app::name(tenant), app::hexadecimal(operation_id));
        // After a crash nobody knows how far it came.
        let (id, may_be_there) = (RefCell::new(None), Cell::new(true));
        Self { name, id, is_new: true, may_be_there, asked: Cell::new(0), organisation: organisation.clone() }
    }

    /// The one that was recorded when it was made; none where the tenant has none.
    pub(crate) fn of<C>(tenant: &Tenant<C>) -> Option<Self> {
        let field = |field: &str| tenant.resources[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (id, name) = (field(RECORDED)?, field(NAME)?);
        let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let organisation = Organisation::recorded(tenant);
        let (id, may_be_there, asked) = (RefCell::new(Some(id)), Cell::new(true), Cell::new(0));
        is_id.then_some(Self { name, id, is_new: false, may_be_there, asked, organisation })
    }

    /// What is recorded of it.
    pub(crate) fn recorded(cluster: &Cluster, endpoint: &Endpoint) -> [(&'static str, serde_json::Value); 3] {
        [(RECORDED, json!(cluster.id)), (NAME, json!(cluster.name)), (ENDPOINT, json!(endpoint))]
    }

    /// Says that nobody has asked for it yet: what comes before it was done a moment ago, by this very run.
    pub(crate) fn is_unasked(&self) {
        self.may_be_there.set(false);
    }

    /// Says which it is.
    pub(crate) fn is_made(&self, id: &str) {
        self.id.replace(Some(id.to_owned()));
        self.may_be_there.set(true);
    }

    /// Makes it, unless it is there. Fly makes a second one of the same name, so that nothing is asked for twice before the
    /// first had the time to be listed.
    pub(crate) fn ensure(&self, fly: &Fly, region: &str, config: &Config) -> Result<Made, Failure> {
        let is_unknown = self.may_be_there.get();
        let body = json!({
            "name": self.name, "org_slug": self.organisation.slug, "region": region, "plan": config.plan(),
            "disk_size_gb": config.volume_gb, "pg_major_version": MAJOR,
        });
        let request = Request::post(format!("{BASE}/v1/postgres"), &body).timeout(MAKING);
        let made = patiently(PATIENCE, || match self.look_long(fly)? {
            Some(found) => Ok(Once::Answered(found)),
            None => self.ask(fly, &request),
        })?;
        let made = match made {
            Ok(made) => made,
            // The last request, too, may have been carried out.
            Err(failure) => self.look_long(fly)?.ok_or(failure)?,
        };
        self.is_made(&made.id);
        Ok(Made { cluster: made, may_be_two: is_unknown || self.asked.get() > 1 })
    }

    /// Asks for it once. What Fly refused, or has no room or no time for, is not made; of anything else nobody knows.
    fn ask(&self, fly: &Fly, request: &Request) -> Result<Once<Cluster>, Failure> {
        let what = format!("create cluster `{}`", self.name);
        self.asked.set(self.asked.get().saturating_add(1));
        let read = |response: &Response| response.json().map(|Data { data }| data);
        let asked = fly.ask(request, &what, Problem::is_passing, |problem| Err(problem.failure(&what)), read);
        let is_known = match &asked {
            Ok(Once::Answered(_)) => false,
            Ok(Once::Later(failure, _)) => ["region-full", "rate-limited"].contains(&failure.code()),
            Err(failure) => matches!(failure, Failure::Refused(_)) || failure.code() == "region-full",
        };
        self.may_be_there.set(!is_known);
        asked
    }

    /// What there is of it by its name, looked for until one that was asked for would be listed.
    fn look_long(&self, fly: &Fly) -> Result<Option<Cluster>, Failure> {
        let mut unseen = Retry::within(UNSEEN);
        while self.may_be_there.get() {
            if let Some(found) = self.named(fly)?.into_iter().find(Cluster::stays) {
                return Ok(Some(found));
            }
            progress::waiting("whether Fly has made the cluster all the same");
            self.may_be_there.set(unseen.pause(None));
        }
        Ok(None)
    }

    /// All of its name.
    fn named(&self, fly: &Fly) -> Result<Vec<Cluster>, Failure> {
        let is_its = |cluster: &Cluster| cluster.name == self.name && cluster.status != "deleted";
        Ok(cluster::all(fly, &self.organisation.slug)?.into_iter().filter(is_its).collect())
    }

    /// The same, with the one of its id: that may not be listed yet.
    fn all(&self, fly: &Fly) -> Result<Vec<Cluster>, Failure> {
        let known = if self.id.borrow().is_some() { self.look(fly)? } else { None };
        let mut all = self.named(fly)?;
        all.retain(|cluster| known.as_ref().is_none_or(|known| known.id != cluster.id));
        all.extend(known);
        Ok(all)
    }

    /// What there is of it: by its id, and before it is recorded by its name. Of one that is being removed, that it is. Where
    /// the login may not see it, nobody can tell whether it is there.
    pub(crate) fn look(&self, fly: &Fly) -> Result<Option<Cluster>, Failure> {
        let Some(id) = self.id.borrow().clone() else {
            return Ok(self.named(fly)?.into_iter().find(Cluster::stays));
        };
        match cluster::show(fly, &id)?.filter(|cluster| cluster.status != "deleted") {
            Some(cluster) if cluster.name != self.name => {
                let message =
                    format!("cluster `{id}` is called `{}` now, and was made as `{}`", cluster.name, self.name);
                Err(Failure::refused("cluster-foreign", message)
                    .help("give it its name back at Fly, or remove it there if it is the tenant's"))
            }
            Some(cluster) => Ok(Some(cluster)),
            // It has gone only for a login that would see it.
            None => self.organisation.expect_here(fly).map(|()| None),
        }
    }

    /// Removes what a lost answer made besides, and Fly lists by now: nothing is in it, and nobody was told of it. What is
    /// listed later, or cannot be removed now, goes with the tenant.
    pub(crate) fn remove_others(&self, fly: &Fly, kept: &str) {
        let remove = || -> Result<(), Failure> {
            let there = self.named(fly)?;
            for cluster in there.iter().filter(|cluster| cluster.stays() && cluster.id != kept) {
                log::warn(&format!("Fly made a second cluster `{}`, `{}`, which is removed", cluster.name, cluster.id));
                destroy(fly, cluster)?;
            }
            Ok(())
        };
        remove().unwrap_or_else(|failure| {
            log::warn(&format!("a second cluster `{}` may be left, which costs money: {failure}", self.name));
        });
    }

    /// Removes it with its data, if it is there, and waits until none of its name is left: a lost answer may have made two.
    pub(crate) fn remove(&self, fly: &Fly) -> Result<(), Failure> {
        let (mut retry, mut unseen, mut has_seen) = (Retry::within(REMOVAL), Retry::within(UNSEEN), false);
        while self.may_be_there.get() {
            let there = self.all(fly)?;
            if there.is_empty() {
                if self.is_new && !has_seen {
                    progress::waiting("whether Fly has made the cluster all the same");
                    if unseen.pause(None) {
                        continue;
                    }
                }
                return self.organisation.expect_here(fly);
            }
            has_seen = true;
            for cluster in there.iter().filter(|cluster| cluster.stays()) {
                destroy(fly, cluster)?;
            }
            progress::waiting("Fly removes the cluster");
            if !retry.pause(None) {
                let message = format!("cluster `{}` is still there", self.name);
                return Err(Failure::retryable("fly-busy", message).help("type the same again later"));
            }
        }
        Ok(())
    }
}

fn destroy(fly: &Fly, cluster: &Cluster) -> Result<(), Failure> {
    let request = Request::delete(format!("{BASE}/v1/postgres/{}", cluster.id));
    fly.repeat(&request, &format!("delete cluster `{}`", cluster.name), |_| Ok(())).map(drop)
}
