//! Apps that are named as tenants' apps are, and belong to no tenant of the project.

use serde::Deserialize;
use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Orphan, Tenant};

use crate::api::Fly;
use crate::app;
use crate::identity::identity;
use crate::intake::{self, Content};
use crate::organisation::Organisation;

/// Digits of a tenant's id in the name of its app.
const NAME_DIGITS: usize = 12;
/// Digits of an operation's id in the name of the network that it made.
const NETWORK_DIGITS: usize = 32;
/// Of so many it is looked up whether they are whole: each costs a request.
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
    let is_orphan =
        |item: &Item| item.status != app::GOING && item.is_tagged() && !tenants.iter().any(|it| item.is_of(it));
    let mut glance = Glance { fly: &fly, organisation: &organisation, left: LOOKED_INTO_MAX, silence: None };
    Ok(listed.apps.into_iter().filter(is_orphan).map(|item| glance.orphan(item)).collect())
}

/// A look into one app after the other.
struct Glance<'a> {
    fly: &'a Fly,
    organisation: &'a Organisation,
    /// How many more are looked into.
    left: usize,
    /// Why no other is: Fly did not answer, and each of them would be waited for.
    silence: Option<String>,
}

impl Glance<'_> {
    /// What it is; and whose, where it is a whole tenant's.
    fn orphan(&mut self, item: Item) -> Orphan {
        let about = format!("an app; machines: {}, volumes: {}", item.machine_count, item.volume_count);
        let (name, network) = (item.name, item.network.unwrap_or_default());
        match self.look(&name, &network) {
            Content::Whole(tenant) => Orphan { about, help: Some(removal(&name)), name, ext: Some(tenant.to_string()) },
            Content::Half => Orphan { about, help: Some(removal(&name)), name, ext: None },
            Content::Unknown { why, help } => Orphan {
                about: format!("{about}; what is in it is not known: {why}"),
                help: Some(help),
                name,
                ext: Some(json!({ "unknown": true }).to_string()),
            },
        }
    }

    fn look(&mut self, app: &str, network: &str) -> Content {
        if let Some(why) = &self.silence {
            return Content::later(format!("Fly did not answer before: {why}"));
        }
        if self.left == 0 {
            let why = format!("the first {LOOKED_INTO_MAX} of these apps are looked into, and it comes after them");
            return Content::Unknown { why, help: "take in or remove some of those before it first".to_owned() };
        }
        self.left -= 1;
        intake::look(self.fly, app, network, self.organisation).unwrap_or_else(|failure| {
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

impl Item {
    /// Name and network as a creation chooses them; an app of a person's own has another network.
    fn is_tagged(&self) -> bool {
        let is_tag = |text: &str, digits: usize| {
            let id = text.strip_prefix("sp-").unwrap_or_default();
            id.len() == digits && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        is_tag(&self.name, NAME_DIGITS) && self.network.as_ref().is_some_and(|network| is_tag(network, NETWORK_DIGITS))
    }

    /// Of one that is being made, the network is not known yet.
    fn is_of(&self, tenant: &Tenant<Value>) -> bool {
        let network = tenant.resources["network"].as_str();
        app::name(tenant) == self.name && network.is_none_or(|network| self.network.as_deref() == Some(network))
    }
}
