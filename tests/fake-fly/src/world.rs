//! The world that the API shows and changes: organisations, tokens, apps and clusters. Time changes it too.

use std::collections::{BTreeMap, VecDeque};

use crate::call::Call;
use crate::clock::Moment;
use crate::delays::Delays;
use crate::ids::Ids;
use crate::problem::Problem;
use crate::settings::{Settings, Unpropagated};
use crate::token::{self, Access, Tokens};

pub(crate) mod address;
pub(crate) mod app;
pub(crate) mod certificate;
pub(crate) mod cluster;
pub(crate) mod event;
pub(crate) mod image;
pub(crate) mod launch;
pub(crate) mod lease;
pub(crate) mod machine;
pub(crate) mod region;
pub(crate) mod secret;
pub(crate) mod volume;

use app::App;
use certificate::Dns;
use cluster::Cluster;
use image::ImageBehaviour;
use machine::Machine;
use region::Regions;

/// An organisation.
#[derive(Debug, Clone)]
pub(crate) struct Org {
    pub(crate) name: String,
    /// Without it, an app may have one machine.
    pub(crate) can_pay: bool,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) delays: Delays,
    unpropagated: Unpropagated,
    pub(crate) ids: Ids,
    pub(crate) tokens: Tokens,
    pub(crate) orgs: BTreeMap<String, Org>,
    pub(crate) regions: Regions,
    pub(crate) images: BTreeMap<String, ImageBehaviour>,
    /// How often the tags of images were given to others.
    pub(crate) moved_images: BTreeMap<String, usize>,
    pub(crate) apps: BTreeMap<String, App>,
    /// Names of apps that are gone, and until when they stay taken.
    kept_names: BTreeMap<String, Moment>,
    pub(crate) dns: BTreeMap<String, Dns>,
    /// Hostnames for which no certificate is made until then.
    pub(crate) limited_hosts: BTreeMap<String, Moment>,
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// Whether clusters that are made from now on never become ready.
    pub(crate) clusters_fail: bool,
    /// Passwords of clusters that are made next, in this order; after them they are made up.
    pub(crate) cluster_passwords: VecDeque<String>,
}

impl World {
    pub(crate) fn new(settings: &Settings) -> Self {
        let (mut ids, mut tokens) = (Ids::default(), Tokens::default());
        tokens.add(ids.number(), &settings.token, Access::to(&settings.org));
        let orgs = [settings.org.as_str(), Settings::OTHER_ORG];
        let orgs = orgs.map(|slug| (slug.to_owned(), Org { name: slug.to_owned(), can_pay: true }));
        Self {
            delays: settings.delays.clone(),
            unpropagated: settings.unpropagated,
            ids,
            tokens,
            orgs: orgs.into(),
            regions: Regions::default(),
            images: BTreeMap::new(),
            moved_images: BTreeMap::new(),
            apps: BTreeMap::new(),
            kept_names: BTreeMap::new(),
            dns: BTreeMap::new(),
            limited_hosts: BTreeMap::new(),
            clusters: BTreeMap::new(),
            clusters_fail: false,
            cluster_passwords: VecDeque::new(),
        }
    }

    /// Lets happen what was due until `now`.
    pub(crate) fn settle(&mut self, now: Moment) {
        let kept = self.delays.app_name_kept;
        let gone = self.apps.extract_if(.., |_, app| app.gone_at.is_some_and(|gone| gone <= now));
        let names = gone.filter_map(|(name, app)| app.gone_at.map(|gone| (name, gone + kept)));
        self.kept_names.extend(names);
        self.kept_names.retain(|_, until| *until > now);
        self.apps.values_mut().for_each(|app| app.settle(now));
    }

    /// Somebody's own organisation is there as soon as its owner is; what it is called, its owner is.
    pub(crate) fn know(&mut self, org: &str) {
        if let Some(owner) = token::owner_of(org) {
            self.orgs.entry(org.to_owned()).or_insert_with(|| Org { name: owner.to_owned(), can_pay: true });
        }
    }

    /// The digest of what is pulled for an image now.
    pub(crate) fn pull(&self, image: &str) -> String {
        image::digest(image, self.moved_images.get(image).copied().unwrap_or_default())
    }

    /// The password that a cluster's user gets next.
    pub(crate) fn cluster_password(&mut self) -> String {
        self.cluster_passwords.pop_front().unwrap_or_else(|| self.ids.password())
    }

    /// Whether nobody may take this name for an app.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        self.apps.contains_key(name) || self.kept_names.contains_key(name)
    }

    /// The organisation, if there is one.
    pub(crate) fn org(&self, slug: &str) -> Result<&Org, Problem> {
        self.orgs.get(slug).ok_or_else(|| Problem::not_found("organization"))
    }

    /// The app that a call names, if the token opens it and it is propagated.
    pub(crate) fn app(&self, call: &Call) -> Result<&App, Problem> {
        self.app_named(call.param("app"), call)
    }

    pub(crate) fn app_named(&self, name: &str, call: &Call) -> Result<&App, Problem> {
        let app = self.apps.get(name).ok_or_else(|| Problem::not_found("app"))?;
        if !call.access.opens(&app.org, name) {
            return Err(Problem::forbidden());
        }
        if call.now >= app.visible_at {
            return Ok(app);
        }
        Err(match self.unpropagated {
            Unpropagated::NotFound => Problem::not_found("app"),
            Unpropagated::Unauthorized => Problem::unauthenticated(),
        })
    }

    /// The same, to be changed. One that is being deleted takes nothing more.
    pub(crate) fn app_mut(&mut self, call: &Call) -> Result<&mut App, Problem> {
        let name = self.app(call)?.name.clone();
        let app = self.apps.get_mut(&name).filter(|app| app.gone_at.is_none());
        app.ok_or_else(|| Problem::not_found("app"))
    }

    pub(crate) fn machine(&self, call: &Call) -> Result<&Machine, Problem> {
        let machine = self.app(call)?.machines.get(call.param("machine"));
        machine.filter(|machine| machine.visible_at <= call.now).ok_or_else(|| Problem::not_found("machine"))
    }

    /// The machine that a call changes. Whoever does not hold its lease is refused.
    pub(crate) fn machine_mut(&mut self, call: &Call) -> Result<&mut Machine, Problem> {
        self.machine(call)?.lease_allows(call.nonce(), call.now)?;
        self.unleased_machine_mut(call)
    }

    /// The same, whoever holds a lease.
    pub(crate) fn unleased_machine_mut(&mut self, call: &Call) -> Result<&mut Machine, Problem> {
        self.machine(call)?;
        let machine = self.app_mut(call)?.machines.get_mut(call.param("machine"));
        machine.ok_or_else(|| Problem::not_found("machine"))
    }
}
