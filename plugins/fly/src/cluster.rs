//! A cluster of Fly Managed Postgres, as Fly says: named after the operation that made it, and waited for.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use systemprompt_sdk::{Failure, Secret, Tenant, progress};

use crate::api::Fly;
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
pub(crate) const ENDPOINT: &str = "cluster_endpoint";
/// How long Fly may take to make one: a few minutes as a rule.
const READY: Duration = Duration::from_mins(15);
/// How long one that was made may not be listed yet.
pub(crate) const UNSEEN: Duration = Duration::from_mins(1);

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

/// All of an organisation.
pub(crate) fn all(fly: &Fly, org_slug: &str) -> Result<Vec<Cluster>, Failure> {
    let what = format!("list the clusters of `{org_slug}`");
    let all: Option<Data<Vec<Cluster>>> = fly.look_up(&format!("/v1/postgres?org_slug={org_slug}"), &what)?;
    Ok(all.map(|all| all.data).unwrap_or_default())
}

/// The one of this id.
pub(crate) fn show(fly: &Fly, id: &str) -> Result<Option<Cluster>, Failure> {
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
