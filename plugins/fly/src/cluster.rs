//! A cluster of Fly Managed Postgres: made under a name that says which operation made it, waited for, and removed.

use std::cell::Cell;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use systemprompt_sdk::http::Request;
use systemprompt_sdk::{Failure, Secret, Tenant, progress};

use crate::Config;
use crate::api::{BASE, Fly, MAKING};
use crate::app;
use crate::organisation::Organisation;
use crate::retry::Retry;
use crate::tag;

/// Major version of PostgreSQL: what Fly makes where nobody asks for another.
pub(crate) const MAJOR: &str = "16";
/// User and database that Fly makes with each cluster, which is one tenant's alone.
pub(crate) const USER: &str = "fly-user";
/// See [`USER`].
pub(crate) const DATABASE: &str = "fly-db";
/// Fields of a tenant's resources: the cluster's id, its name, and where it answers.
pub(crate) const RECORDED: &str = "cluster";
/// See [`RECORDED`].
pub(crate) const NAME: &str = "cluster_name";
/// See [`RECORDED`].
const ENDPOINT: &str = "cluster_endpoint";
/// How long Fly may take to make one: a few minutes as a rule.
const READY: Duration = Duration::from_mins(15);
/// How long it may take to remove one.
const REMOVAL: Duration = Duration::from_mins(5);
/// How long one that was made may not be listed yet.
const UNSEEN: Duration = Duration::from_mins(1);

/// What Fly's answers are in.
#[derive(Deserialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// A cluster, as Fly says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) plan: String,
    #[serde(default)]
    pub(crate) region: String,
    #[serde(default)]
    pub(crate) disk_size_gb: u64,
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Endpoints {
    #[serde(default)]
    primary: Primary,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Primary {
    direct: Option<Endpoint>,
}

/// Where PostgreSQL itself answers, in the organisation's network: what a session sets holds for that session, as it does
/// not behind every pooler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Cluster {
    /// The app that it was made for, and the digits of the operation that made both; none of one that is named otherwise.
    pub(crate) fn tagged(&self) -> Option<(&str, &str)> {
        let (app, operation) = self.name.rsplit_once('-')?;
        let is_ours = tag::is_tag(app, tag::TENANT_DIGITS) && tag::is_operation(operation);
        is_ours.then_some((app, operation))
    }

    /// Whether it is there to stay.
    pub(crate) fn stays(&self) -> bool {
        !["deleting", "deleted"].contains(&&*self.status)
    }

    /// Where it answers; known once it is ready.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        let is_host = |host: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            (1..=253).contains(&host.len()) && host.bytes().all(fits) && !host.starts_with('-')
        };
        let endpoint = self.endpoints.primary.direct.clone().filter(|endpoint| is_host(&endpoint.host));
        endpoint.ok_or_else(|| {
            let message = format!("Fly does not say where cluster `{}` answers", self.id);
            Failure::retryable("cluster-addressless", message).help("type the same again later")
        })
    }
}

impl Endpoint {
    /// Where it was when the tenant was made.
    pub(crate) fn of<C>(tenant: &Tenant<C>) -> Result<Self, Failure> {
        serde_json::from_value(tenant.resources[ENDPOINT].clone()).map_err(|_| {
            let message = format!("nothing says where the database of tenant `{}` answers", tenant.name);
            Failure::broken("cluster-unknown", message).help("look for its cluster at https://fly.io/dashboard")
        })
    }

    /// The database's URL for what is in the organisation's network.
    pub(crate) fn url(&self, password: &Secret) -> String {
        format!("postgres://{USER}:{password}@{}:{}/{DATABASE}", self.host, self.port)
    }
}

/// A tenant's cluster as it is named, before and after there is one.
#[derive(Debug)]
pub(crate) struct Place {
    /// The app's name, and the id of the operation that made both: Fly makes a second one of the same name.
    pub(crate) name: String,
    /// As it is recorded.
    id: Option<String>,
    /// Whether there may be one that is not listed yet.
    may_be_unseen: Cell<bool>,
    organisation: Organisation,
}

impl Place {
    /// The one that an operation makes.
    pub(crate) fn made_by<C>(operation_id: &str, tenant: &Tenant<C>, organisation: &Organisation) -> Self {
        let name = format!("{}-{}", app::name(tenant), app::hexadecimal(operation_id));
        Self { name, id: None, may_be_unseen: Cell::new(true), organisation: organisation.clone() }
    }

    /// The one that was recorded when it was made; none where the tenant has none.
    pub(crate) fn of<C>(tenant: &Tenant<C>) -> Option<Self> {
        let field = |field: &str| tenant.resources[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let (id, name) = (field(RECORDED)?, field(NAME)?);
        let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let organisation = Organisation::recorded(tenant);
        is_id.then_some(Self { name, id: Some(id), may_be_unseen: Cell::new(false), organisation })
    }

    /// What is recorded of it.
    pub(crate) fn recorded(cluster: &Cluster, endpoint: &Endpoint) -> [(&'static str, serde_json::Value); 3] {
        [(RECORDED, json!(cluster.id)), (NAME, json!(cluster.name)), (ENDPOINT, json!(endpoint))]
    }

    /// Makes it, unless it is there.
    pub(crate) fn ensure(&self, fly: &Fly, region: &str, config: &Config) -> Result<Cluster, Failure> {
        let body = json!({
            "name": self.name, "org_slug": self.organisation.slug, "region": region, "plan": config.plan(),
            "disk_size_gb": config.volume_gb, "pg_major_version": MAJOR,
        });
        let request = Request::post(format!("{BASE}/v1/postgres"), &body).timeout(MAKING);
        let what = format!("create cluster `{}`", self.name);
        let look = || Ok(self.look(fly)?.map(|data| Data { data }));
        let made = fly.ensure(&request, &what, look).map(|Data { data }| data);
        // What Fly refused, or has no room for, is not made; where there was no answer, nobody knows.
        let is_known = |failure: &Failure| matches!(failure, Failure::Refused(_)) || failure.code() == "region-full";
        self.may_be_unseen.set(made.as_ref().is_err_and(|failure| !is_known(failure)));
        made
    }

    /// What there is of it: by its id, and else by its name. Of one that is being removed, that it is.
    pub(crate) fn look(&self, fly: &Fly) -> Result<Option<Cluster>, Failure> {
        let Some(id) = &self.id else {
            let all = all(fly, &self.organisation.slug)?.into_iter();
            return Ok(all.filter(|cluster| cluster.name == self.name).find(Cluster::stays));
        };
        let found = match show(fly, id) {
            // Nobody sees another organisation's.
            Err(failure) if failure.code() == "account-forbidden" => {
                self.organisation.expect_here(fly).map_err(|_| failure)?;
                None
            }
            found => found?,
        };
        match found {
            Some(cluster) if cluster.name != self.name => {
                let message =
                    format!("cluster `{id}` is called `{}` now, and was made as `{}`", cluster.name, self.name);
                Err(Failure::refused("cluster-foreign", message)
                    .help("give it its name back at Fly, or remove it there if it is the tenant's"))
            }
            Some(cluster) if cluster.status != "deleted" => Ok(Some(cluster)),
            Some(_) => Ok(None),
            // It has gone only for a login that would see it.
            None => self.organisation.expect_here(fly).map(|()| None),
        }
    }

    /// Removes it with its data, if it is there, and waits until it has gone.
    pub(crate) fn remove(&self, fly: &Fly) -> Result<(), Failure> {
        let (mut retry, mut unseen, mut asked) = (Retry::within(REMOVAL), Retry::within(UNSEEN), None::<String>);
        loop {
            let found = match &asked {
                Some(id) => show(fly, id)?.filter(|cluster| cluster.status != "deleted"),
                None => self.look(fly)?,
            };
            let Some(cluster) = found else {
                if asked.is_some() || self.id.is_some() {
                    return Ok(());
                }
                progress::waiting("whether Fly has made the cluster all the same");
                if self.may_be_unseen.get() && unseen.pause(None) {
                    continue;
                }
                return self.organisation.expect_here(fly);
            };
            if asked.is_none() || cluster.stays() {
                let request = Request::delete(format!("{BASE}/v1/postgres/{}", cluster.id));
                fly.repeat(&request, &format!("delete cluster `{}`", cluster.name), |_| Ok(()))?;
            }
            asked = Some(cluster.id);
            progress::waiting("Fly removes the cluster");
            if !retry.pause(None) {
                let message = format!("cluster `{}` is still there", self.name);
                return Err(Failure::retryable("fly-busy", message).help("type the same again later"));
            }
        }
    }
}

/// All of an organisation.
pub(crate) fn all(fly: &Fly, org_slug: &str) -> Result<Vec<Cluster>, Failure> {
    let what = format!("list the clusters of `{org_slug}`");
    let all: Option<Data<Vec<Cluster>>> = fly.look_up(&format!("/v1/postgres?org_slug={org_slug}"), &what)?;
    Ok(all.map(|all| all.data).unwrap_or_default())
}

fn show(fly: &Fly, id: &str) -> Result<Option<Cluster>, Failure> {
    let found: Option<Data<Cluster>> = fly.look_up(&format!("/v1/postgres/{id}"), &format!("show cluster `{id}`"))?;
    Ok(found.map(|found| found.data))
}

/// Waits until it takes connections.
pub(crate) fn wait_ready(fly: &Fly, cluster: &Cluster) -> Result<Cluster, Failure> {
    let (mut retry, mut unseen) = (Retry::within(READY), Retry::within(UNSEEN));
    loop {
        let found = show(fly, &cluster.id)?;
        let status = found.as_ref().map_or("not seen yet", |found| found.status.as_str()).to_owned();
        match found {
            Some(found) if found.status == "ready" && found.endpoint().is_ok() => return Ok(found),
            Some(found) if ["failed", "error"].contains(&&*found.status) => return Err(failed(&found)),
            Some(found) if !found.stays() => return Err(missing(&cluster.id)),
            None if !unseen.pause(None) => return Err(missing(&cluster.id)),
            Some(_) | None => {}
        }
        progress::waiting(&format!("Fly makes the cluster, which takes minutes; it is {status}"));
        if !retry.pause(None) {
            let message =
                format!("cluster `{}` is still {status} after {} minutes", cluster.name, READY.as_secs() / 60);
            return Err(Failure::retryable("cluster-not-ready", message)
                .help("look at it at https://fly.io/dashboard, and try again later or in another `--region`"));
        }
    }
}

pub(crate) fn missing(cluster: &str) -> Failure {
    Failure::refused("cluster-missing", format!("cluster `{cluster}` is not there any more"))
        .help("look at it at https://fly.io/dashboard")
}

fn failed(cluster: &Cluster) -> Failure {
    let message = format!("Fly did not get cluster `{}` to run: it is {}", cluster.name, cluster.status);
    Failure::refused("cluster-failed", message).help("try again later, or in another `--region`")
}
