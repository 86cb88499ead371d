//! An app: a name, and all that belongs to it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Org;
use super::address::Address;
use super::certificate::Certificate;
use super::machine::{Fate, Machine};
use super::secret::Secrets;
use super::volume::Volume;
use crate::clock::Moment;
use crate::token::slug_of;

/// The network of apps that were given no other.
pub(crate) const NETWORK: &str = "default";

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) org: String,
    pub(crate) network: String,
    pub(crate) visible_at: Moment,
    /// Set from when on it is being deleted.
    pub(crate) gone_at: Option<Moment>,
    pub(crate) secrets: Secrets,
    pub(crate) machines: BTreeMap<String, Machine>,
    pub(crate) volumes: BTreeMap<String, Volume>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) certificates: BTreeMap<String, Certificate>,
}

impl App {
    pub(crate) fn new(id: String, number: u64, name: &str, org: &str, visible_at: Moment) -> Self {
        Self {
            id,
            number,
            name: name.to_owned(),
            org: org.to_owned(),
            network: NETWORK.to_owned(),
            visible_at,
            gone_at: None,
            secrets: Secrets::default(),
            machines: BTreeMap::new(),
            volumes: BTreeMap::new(),
            addresses: Vec::new(),
            certificates: BTreeMap::new(),
        }
    }

    pub(crate) fn settle(&mut self, now: Moment) {
        let volumes = &mut self.volumes;
        self.machines.retain(|id, machine| {
            let fate = machine.settle(now);
            if fate != Fate::Stays {
                detach(volumes, id);
            }
            fate != Fate::Forgotten
        });
        volumes.retain(|_, volume| volume.gone_at.is_none_or(|gone| gone > now));
    }

    /// Machines that exist: not those that are destroyed and still remembered.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Machine> {
        self.machines.values().filter(|machine| !machine.state.is_gone())
    }

    /// As `App` of the document.
    pub(crate) fn view(&self, org: &Org) -> Value {
        let status = match (self.gone_at, self.living().next()) {
            (Some(_), _) => "pending_destroy",
            (None, None) => "pending",
            (None, Some(_)) => "deployed",
        };
        json!({
            "id": self.id, "internal_numeric_id": self.number, "name": self.name, "status": status,
            "network": self.network, "machine_count": self.living().count(), "volume_count": self.volumes.len(),
            "organization": { "name": org.name, "slug": slug_of(&self.org) },
        })
    }
}

/// The volumes of a machine are free again.
pub(crate) fn detach(volumes: &mut BTreeMap<String, Volume>, machine: &str) {
    let attached = volumes.values_mut().filter(|volume| volume.machine.as_deref() == Some(machine));
    attached.for_each(|volume| volume.machine = None);
}
