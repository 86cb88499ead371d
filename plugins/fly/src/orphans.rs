//! Apps and managed clusters that are named as tenants' are, and belong to no tenant of the project.

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Orphan, Tenant};

use crate::api::Fly;
use crate::app;
use crate::cluster::{self, Cluster};
use crate::identity::identity;
use crate::intake::{self, Content, Sign};
use crate::organisation::Organisation;
use crate::tag;

/// Of so many it is looked up whether they are whole: each costs a request or two.
const LOOKED_INTO_MAX: usize = 50;

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    apps: Vec<Item>,
}

/// An app in the list of an organisation.
#[derive(Deserialize)]
struct Item {
    name: String,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    machine_count: u64,
    #[serde(default)]
    volume_count: u64,
}

/// Those of the organisation that the login is of. Another project's tenants look the same.
pub(crate) fn orphans(tenants: &[Tenant<Value>]) -> Result<Vec<Orphan>, Failure> {
    let fly = Fly::connect_to_look()?;
    let organisation = Organisation::of(identity(&fly)?);
    let org_slug = &organisation.slug;
    let what = format!("list the apps of `{org_slug}`");
    let listed: Option<Listed> = fly.look_up(&format!("/v1/apps?org_slug={org_slug}"), &what)?;
    let listed = listed.ok_or_else(|| {
        Failure::refused("account-organisation", format!("Fly does not list the apps of organisation `{org_slug}`"))
    })?;
    let (clusters, hidden) = match clusters(&fly, org_slug, tenants) {
        Ok(clusters) => (clusters, None),
        // A token may be for no clusters; there may be some all the same.
        Err(failure @ Failure::Refused(_)) => (Vec::new(), Some(failure.to_string())),
        Err(failure) => return Err(failure),
    };
    let is_orphan =
        |item: &Item| item.status != app::GOING && item.is_named() && !tenants.iter().any(|it| item.is_of(it));
    let may_have_one = tenants.iter().any(has_cluster) || listed.apps.iter().any(Item::may_have_cluster);
    let mut glance =
        Glance { fly: &fly, organisation: &organisation, clusters, hidden, left: LOOKED_INTO_MAX, silence: None };
    let mut orphans: Vec<_> =
        listed.apps.into_iter().filter(is_orphan).filter_map(|item| glance.orphan(item)).collect();
    orphans.extend(glance.clusters.iter().map(alone));
    orphans.extend(glance.hidden.iter().map(|why| unshown(org_slug, why, may_have_one)));
    Ok(orphans)
}

/// Whether a tenant has a managed database, or gets one.
fn has_cluster(tenant: &Tenant<Value>) -> bool {
    tenant.resources[cluster::RECORDED].is_string() || tenant.config["database"] == "managed"
}

/// Clusters that are named as tenants', and belong to none of these. Of a tenant that is being made, the cluster is not
/// known yet.
fn clusters(fly: &Fly, org_slug: &str, tenants: &[Tenant<Value>]) -> Result<Vec<Cluster>, Failure> {
    let is_of = |cluster: &Cluster, tenant: &Tenant<Value>| match tenant.resources["network"].as_str() {
        Some(_) => tenant.resources[cluster::RECORDED] == cluster.id.as_str(),
        None => cluster.tagged().is_some_and(|(app, _)| app == app::name(tenant)),
    };
    let is_orphan = |cluster: &Cluster| {
        cluster.stays() && cluster.tagged().is_some() && !tenants.iter().any(|tenant| is_of(cluster, tenant))
    };
    Ok(cluster::all(fly, org_slug)?.into_iter().filter(is_orphan).collect())
}

/// A look into one app after the other.
struct Glance<'a> {
    fly: &'a Fly,
    organisation: &'a Organisation,
    /// Clusters that are nobody's, and as yet of no app that is nobody's.
    clusters: Vec<Cluster>,
    /// Why Fly shows no clusters, where it does not.
    hidden: Option<String>,
    /// How many more are looked into.
    left: usize,
    /// Why no other is: Fly did not answer, and each of them would be waited for.
    silence: Option<String>,
}

impl Glance<'_> {
    /// What it is; and whose, where it is a whole tenant's. None where it is somebody's own.
    fn orphan(&mut self, item: Item) -> Option<Orphan> {
        let mut about = format!("an app; machines: {}, volumes: {}", item.machine_count, item.volume_count);
        let (content, clusters) = self.content(&item)?;
        let name = item.name;
        let mut help = removal(&name);
        for cluster in clusters {
            about = format!("{about}, and a managed cluster: {}", size(&cluster));
            help = format!("{help}, and its cluster with `fly mpg destroy {}`", cluster.id);
        }
        Some(match content {
            Content::Whole(tenant) => Orphan { about, help: Some(help), name, ext: Some(tenant.to_string()) },
            Content::Half => Orphan { about, help: Some(help), name, ext: None },
            Content::Unknown { why, help } => Orphan {
                about: format!("{about}; what is in it is not known: {why}"),
                help: Some(help),
                name,
                ext: Some(json!({ "unknown": true }).to_string()),
            },
        })
    }

    /// What is in it, with the clusters that belong to it; where that is not known, with all that may.
    fn content(&mut self, item: &Item) -> Option<(Content, Vec<Cluster>)> {
        if let Some(unknown) = self.unlooked() {
            return Some((unknown, self.take(|(app, _)| app == item.name)));
        }
        self.left -= 1;
        if let Some(network) = item.own_network() {
            let content = intake::look(self.fly, &item.name, &Sign::Network(network), self.organisation);
            return Some((self.heard(content), Vec::new()));
        }
        let names = match tag::secrets(self.fly, &item.name) {
            Ok(names) => names.unwrap_or_default(),
            failure => {
                let content = self.heard(failure.map(|_| Content::Half));
                return Some((content, self.take(|(app, _)| app == item.name)));
            }
        };
        let Some((mark, operation)) = names.iter().find_map(|name| Some((name, tag::operation_of_mark(name)?))) else {
            return self.unmarked(item, &names);
        };
        if let Some(why) = &self.hidden {
            return Some((Content::later(format!("its cluster is not shown: {why}")), Vec::new()));
        }
        let clusters = self.take(|it| it == (&item.name, &operation));
        let content = intake::look(self.fly, &item.name, &Sign::Mark(mark, clusters.first()), self.organisation);
        Some((self.heard(content), clusters))
    }

    /// One without a mark: made by a request without an answer it was never marked, and is empty. With something in it, it
    /// may have lost its mark, as somebody's own of that name is not likely.
    fn unmarked(&mut self, item: &Item, names: &[String]) -> Option<(Content, Vec<Cluster>)> {
        let clusters = self.take(|(app, _)| app == item.name);
        if item.machine_count == 0 && item.volume_count == 0 && clusters.is_empty() {
            return names.is_empty().then_some((Content::Half, clusters));
        }
        let why = "it has no mark of a tenant".to_owned();
        let operation = clusters.iter().find_map(|cluster| cluster.tagged().map(|(_, operation)| operation));
        let help = operation.map_or_else(
            || "look into it at https://fly.io/dashboard".to_owned(),
            |operation| {
                let (mark, app) = (tag::mark(operation), &item.name);
                format!("if it is a tenant's, mark it with `fly secrets set {mark}=1 --stage --app {app}`")
            },
        );
        Some((Content::Unknown { why, help }, clusters))
    }

    /// The clusters whose tag is like this: they are not without an app.
    fn take(&mut self, is_wanted: impl Fn((&str, &str)) -> bool) -> Vec<Cluster> {
        self.clusters.extract_if(.., |cluster| cluster.tagged().is_some_and(&is_wanted)).collect()
    }

    /// Why no other is looked into.
    fn unlooked(&self) -> Option<Content> {
        if let Some(why) = &self.silence {
            return Some(Content::later(format!("Fly did not answer before: {why}")));
        }
        (self.left == 0).then(|| {
            let why = format!("the first {LOOKED_INTO_MAX} of these apps are looked into, and it comes after them");
            Content::Unknown { why, help: "take in or remove some of those before it first".to_owned() }
        })
    }

    fn heard(&mut self, content: Result<Content, Failure>) -> Content {
        content.unwrap_or_else(|failure| {
            if matches!(failure, Failure::Retryable(_) | Failure::Ambiguous(_)) {
                self.silence = Some(failure.to_string());
            }
            Content::later(failure.to_string())
        })
    }
}

fn removal(app: &str) -> String {
    format!("if it is no other project's, remove it with `fly apps destroy {app}`")
}

/// A cluster without its app.
fn alone(cluster: &Cluster) -> Orphan {
    let help = format!("if it is no other project's, remove it with `fly mpg destroy {}`", cluster.id);
    Orphan {
        name: cluster.name.clone(),
        about: format!("a managed cluster: {}", size(cluster)),
        help: Some(help),
        ext: None,
    }
}

/// What stands for clusters that Fly does not show. Where nothing of ours says of one, that is about the login alone, which
/// is said once.
fn unshown(org_slug: &str, why: &str, may_have_one: bool) -> Orphan {
    let ext = if may_have_one { json!({ "unknown": true }) } else { json!({ "unknown": true, "once": true }) };
    Orphan {
        name: format!("clusters of {org_slug}"),
        about: format!("managed clusters, which cost money, if there are any; they are not shown: {why}"),
        help: Some("log in with a token that is for clusters, too: `systemprompt cloud auth login`".to_owned()),
        ext: Some(ext.to_string()),
    }
}

fn size(cluster: &Cluster) -> String {
    format!("plan `{}`, {} GB, which costs money", cluster.plan, cluster.disk_size_gb)
}

impl Item {
    /// As a creation chooses it.
    fn is_named(&self) -> bool {
        tag::is_tag(&self.name, tag::TENANT_DIGITS)
    }

    /// A network as a creation chooses it. An app without may be marked, or a person's own.
    fn own_network(&self) -> Option<&str> {
        self.network.as_deref().filter(|network| tag::is_tag(network, tag::OPERATION_DIGITS))
    }

    /// One that is named as a tenant's, in the organisation's network, where clusters are.
    fn may_have_cluster(&self) -> bool {
        self.is_named() && self.own_network().is_none()
    }

    /// Of one that is being made, the network is not known yet. In the organisation's network there is one of a name.
    fn is_of(&self, tenant: &Tenant<Value>) -> bool {
        let network = tenant.resources["network"].as_str();
        let is_there = |network: &str| match network {
            tag::SHARED => self.own_network().is_none(),
            network => self.network.as_deref() == Some(network),
        };
        app::name(tenant) == self.name && network.is_none_or(is_there)
    }
}
