//! Regions, and those in which there is no room.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::problem::Problem;

/// Code, name and part of the world of each region that there is: <https://fly.io/docs/reference/regions/>.
const REGIONS: &[(&str, &str, &str)] = &[
    ("iad", "Ashburn, Virginia (US)", "north_america"),
    ("lhr", "London, United Kingdom", "europe"),
    ("syd", "Sydney, Australia", "oceania"),
    ("ams", "Amsterdam, Netherlands", "europe"),
    ("arn", "Stockholm, Sweden", "europe"),
    ("bom", "Mumbai, India", "asia_pacific"),
    ("cdg", "Paris, France", "europe"),
    ("dfw", "Dallas, Texas (US)", "north_america"),
    ("ewr", "Secaucus, NJ (US)", "north_america"),
    ("fra", "Frankfurt, Germany", "europe"),
    ("gru", "Sao Paulo, Brazil", "south_america"),
    ("jnb", "Johannesburg, South Africa", "africa"),
    ("lax", "Los Angeles, California (US)", "north_america"),
    ("nrt", "Tokyo, Japan", "asia_pacific"),
    ("ord", "Chicago, Illinois (US)", "north_america"),
    ("sin", "Singapore, Singapore", "asia_pacific"),
    ("sjc", "San Jose, California (US)", "north_america"),
    ("yyz", "Toronto, Canada", "north_america"),
];

/// Those in which nothing new is made; that Fly refuses it with this sentence is an assumption.
const DEPRECATED: [&str; 1] = ["bom"];

/// Where something lands that names no region.
pub(crate) const NEAREST: &str = "iad";

/// Why a region takes no machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// No host can be found: 422 with `insufficient_capacity`, for volumes too.
    NoHost,
    /// The host that was found has no CPUs left: 409.
    NoCpu,
    /// It has no memory left: 409.
    NoMemory,
    /// There is nothing left: 409.
    Nothing,
    /// The host that has the volume is full: 412 with `volume_placement_capacity`.
    VolumeHost,
}

/// Which are full, and which Fly opened or closed since.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    full: BTreeMap<String, Capacity>,
    opened: BTreeSet<String>,
    closed: BTreeSet<String>,
}

impl Regions {
    pub(crate) fn set(&mut self, region: &str, full: Option<Capacity>) {
        match full {
            Some(capacity) => self.full.insert(region.to_owned(), capacity),
            None => self.full.remove(region),
        };
    }

    pub(crate) fn open(&mut self, region: &str) {
        self.opened.insert(region.to_owned());
    }

    pub(crate) fn close(&mut self, region: &str) {
        self.closed.insert(region.to_owned());
    }

    /// Code, name and part of the world of each.
    fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let opened = self.opened.iter().map(|code| (code.as_str(), code.as_str(), "europe"));
        REGIONS.iter().copied().chain(opened).filter(|(code, ..)| !self.closed.contains(*code))
    }

    /// Whether there is such a region, which takes something new.
    pub(crate) fn known(&self, region: &str) -> Result<(), Problem> {
        match self.all().any(|(code, ..)| code == region) {
            true if DEPRECATED.contains(&region) => Err(Problem::validation("Region is deprecated")),
            true => Ok(()),
            false => Err(Problem::validation("Region not found")),
        }
    }

    /// Whether a volume finds room.
    pub(crate) fn room_for_volume(&self, region: &str) -> Result<(), Problem> {
        self.known(region)?;
        match self.full.get(region) {
            Some(Capacity::NoHost) => Err(no_host()),
            Some(Capacity::NoCpu | Capacity::NoMemory | Capacity::Nothing | Capacity::VolumeHost) | None => Ok(()),
        }
    }

    /// Whether a machine finds room, with the volume that it wants to mount.
    pub(crate) fn room_for_machine(&self, region: &str, volume: Option<&str>) -> Result<(), Problem> {
        self.known(region)?;
        let Some(capacity) = self.full.get(region) else { return Ok(()) };
        let reserve = |what: &str| {
            let why = format!("insufficient {what} available to fulfill request on the current host");
            Problem::new(409, format!("aborted: could not reserve resource for machine: {why}"))
        };
        Err(match (capacity, volume) {
            (Capacity::NoHost, _) => no_host(),
            (Capacity::NoCpu, _) => reserve("CPUs"),
            (Capacity::NoMemory, _) => reserve("memory"),
            (Capacity::Nothing, _) => Problem::new(409, "aborted: no capacity"),
            (Capacity::VolumeHost, None) => return Ok(()),
            (Capacity::VolumeHost, Some(volume)) => {
                let why = format!("insufficient resources to create new machine with existing volume id '{volume}'");
                Problem::coded(412, "volume_placement_capacity", why)
            }
        })
    }

    /// As `main.regionResponse` of the document.
    pub(crate) fn view(&self) -> Value {
        let row = |(code, name, part): (&str, &str, &str)| {
            json!({
                "code": code, "name": name, "geo_region": part, "gateway_available": true,
                "requires_paid_plan": false, "deprecated": DEPRECATED.contains(&code), "latitude": 0.0, "longitude": 0.0,
            })
        };
        json!({ "nearest": NEAREST, "regions": self.all().map(row).collect::<Vec<_>>() })
    }
}

fn no_host() -> Problem {
    Problem::coded(422, "insufficient_capacity", "could not find a candidate host")
}
