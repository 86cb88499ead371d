//! What of a tenant is at Fly otherwise than it is recorded. Nothing is asked here.

use std::fmt::Display;

use systemprompt_sdk::Tenant;

use crate::Config;
use crate::access;
use crate::address::{Address, Kind};
use crate::application::{self, Shape};
use crate::client;
use crate::database::{self, Volume};
use crate::door;
use crate::image_name;
use crate::intake;
use crate::managed;
use crate::part::{self, Part};
use crate::tenancy::region;

/// Label of what is there, and otherwise than it is recorded.
pub(crate) const DIFFERS: &str = "Differs";
/// Label of what is recorded, and not there.
pub(crate) const MISSING: &str = "Missing";
/// Label of what cannot be told now.
const UNKNOWN: &str = "Not known";
/// Machines and volumes of somebody's own that are named; of more it is said how many.
const OTHERS_MAX: usize = 10;

/// What there is in a tenant's app.
pub(crate) struct There {
    pub(crate) parts: Vec<Part>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) addresses: Vec<Address>,
}

impl There {
    /// The machine of this name.
    pub(crate) fn machine(&self, name: &str) -> Option<&Part> {
        part::named(&self.parts, name)
    }

    /// The volume that is recorded; where none is, the one of our name.
    pub(crate) fn volume(&self, tenant: &Tenant<Config>) -> Option<&Volume> {
        let recorded = tenant.resources[VOLUME].as_str();
        let is_its = |volume: &&Volume| match recorded {
            Some(id) => volume.id == id,
            None => volume.name == database::VOLUME,
        };
        self.volumes.iter().filter(|volume| volume.stays()).find(is_its)
    }
}

/// Fields of a tenant's resources.
const MACHINE: &str = "machine";
const VOLUME: &str = "volume";
const IMAGE: &str = "image";
const ACCESS: &str = "external_db_access";

/// All of it, each as a label and a sentence.
pub(crate) fn of(tenant: &Tenant<Config>, there: &There) -> Vec<(&'static str, String)> {
    let mut drift = Drift { tenant, lines: Vec::new() };
    if managed::is_of(tenant) {
        drift.client(there);
    } else {
        drift.database(there);
    }
    drift.application(there);
    drift.addresses(&there.addresses);
    drift.others(there);
    drift.lines
}

/// What was found of it so far.
struct Drift<'a> {
    tenant: &'a Tenant<Config>,
    lines: Vec<(&'static str, String)>,
}

impl Drift<'_> {
    fn say(&mut self, what: &str, found: impl Display, recorded: impl Display) {
        self.lines.push((DIFFERS, format!("{what} is {found} at Fly, and {recorded} here")));
    }

    /// Says it unless it is the same.
    fn compare(&mut self, what: &str, found: impl Display, recorded: impl Display) {
        let (found, recorded) = (found.to_string(), recorded.to_string());
        if found != recorded {
            self.say(what, found, recorded);
        }
    }

    /// The machine with the database.
    fn database(&mut self, there: &There) {
        let Config { image, memory_mb, volume_gb, .. } = &self.tenant.config;
        if let Some(volume) = there.volume(self.tenant).filter(|_| intake::has_settings(self.tenant)) {
            self.compare("the volume", gb(volume.size_gb), gb((*volume_gb).into()));
        }
        let Some(machine) = there.machine(database::MACHINE) else { return };
        self.machine("the machine", machine, MACHINE, image, *memory_mb);
        if !machine.is_known() {
            return;
        }
        if let Some(recorded) = self.tenant.resources[VOLUME].as_str() {
            let mounted = machine.config["mounts"][0]["volume"].as_str();
            self.compare("the volume that the machine mounts", named(mounted), named(Some(recorded)));
        }
        let found = match (door::is_open(&machine.config), door::is_open_by_another(&machine.config)) {
            (true, _) => "open",
            (false, true) => "open by a service of somebody's own",
            (false, false) => "closed",
        };
        self.compare("the database", found, if self.is_open() { "open" } else { "closed" });
    }

    /// The machine with `psql`, where Fly manages the database.
    fn client(&mut self, there: &There) {
        if let Some(machine) = there.machine(client::MACHINE) {
            let image = &self.tenant.config.image;
            self.machine("the machine with psql", machine, MACHINE, image, client::MEMORY_MB);
        }
    }

    fn application(&mut self, there: &There) {
        let Some(machine) = there.machine(application::MACHINE).filter(|_| application::is_of(self.tenant)) else {
            return;
        };
        let (what, config) = ("the application's machine", &self.tenant.config);
        let image = config.app_image.as_deref().unwrap_or_default();
        self.machine(what, machine, application::RECORDED, image, config.app_memory_mb);
        if machine.is_known() && intake::has_settings(self.tenant) {
            let port = Shape::of(&machine.config).port.map_or_else(|| "none".to_owned(), |port| port.to_string());
            self.compare("the port to which the web leads", port, config.app_port);
        }
    }

    /// What every machine has.
    fn machine(&mut self, what: &str, found: &Part, field: &str, image: &str, memory_mb: u32) {
        if let Some(recorded) = self.tenant.resources[field].as_str() {
            self.compare(what, named(Some(&found.id)), named(Some(recorded)));
        }
        let has_settings = intake::has_settings(self.tenant);
        let made_in = if has_settings { Some(region(self.tenant)) } else { self.tenant.region.as_deref() };
        if let (Some(found), Some(recorded)) = (&found.region, made_in) {
            self.compare(&format!("the region of {what}"), named(Some(found)), named(Some(recorded)));
        }
        if !found.is_known() {
            let why = format!("the host of machine `{}` cannot be reached, so that its settings are not", found.id);
            return self.lines.push((UNKNOWN, why));
        }
        if has_settings {
            let Shape { image: runs, memory_mb: memory, .. } = Shape::of(&found.config);
            self.image(what, runs.as_deref(), image, field);
            let memory = memory.map_or_else(|| "not known".to_owned(), mb);
            self.compare(&format!("the memory of {what}"), memory, mb(memory_mb.into()));
        }
    }

    /// The image, by its name and by what was pulled, which is recorded of the machine with the database.
    fn image(&mut self, what: &str, runs: Option<&str>, wanted: &str, field: &str) {
        let pulled = self.tenant.resources[IMAGE].as_str().filter(|_| field == MACHINE);
        let is = |name: &&str| runs.is_some_and(|runs| image_name::is_same(runs, name));
        let other = [Some(wanted), pulled].into_iter().flatten().find(|name| !is(name));
        if other.is_some() {
            self.say(&format!("the image of {what}"), named(runs), named(other));
        }
    }

    /// Those that every app is given, and the one of its own that an open database needs.
    fn addresses(&mut self, found: &[Address]) {
        let has = |kind: Kind| found.iter().any(|address| kind.is_of(address));
        let web = [has(Kind::SharedV4) || has(Kind::V4), has(Kind::V6)];
        for (version, _) in ["IPv4", "IPv6"].into_iter().zip(web).filter(|(_, is_there)| !is_there) {
            let missing = format!("an {version} address, without which nobody outside finds the app by that");
            self.lines.push((MISSING, missing));
        }
        if !self.is_open() {
            return;
        }
        let own: Vec<_> = found.iter().filter(|address| Kind::V4.is_of(address)).map(|one| one.ip.as_str()).collect();
        match access::recorded_address(self.tenant) {
            Some(recorded) if !own.contains(&recorded.as_str()) => {
                let own = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
                self.say("the IPv4 address of its own", own, recorded);
            }
            None if own.is_empty() => {
                self.lines
                    .push((MISSING, "an IPv4 address of its own, at which an open database is reached".to_owned()));
            }
            Some(_) | None => {}
        }
    }

    /// Machines and volumes that are in the app and not the tenant's.
    fn others(&mut self, there: &There) {
        let database = if managed::is_of(self.tenant) { client::MACHINE } else { database::MACHINE };
        let application = application::is_of(self.tenant).then_some(application::MACHINE);
        let is_its = |part: &&Part| part.name == database || Some(part.name.as_str()) == application;
        let machines = there.parts.iter().filter(|part| part.stays() && !is_its(part));
        let machines = machines.map(|part| format!("machine `{}` (`{}`, {})", part.id, part.name, part.state));
        let its = there.volume(self.tenant).filter(|_| !managed::is_of(self.tenant)).map(|volume| volume.id.as_str());
        let volumes = there.volumes.iter().filter(|volume| volume.stays() && Some(volume.id.as_str()) != its);
        let volumes =
            volumes.map(|volume| format!("volume `{}` (`{}`, {} GB)", volume.id, volume.name, volume.size_gb));
        let others: Vec<_> = machines.chain(volumes).collect();
        let named = others.iter().take(OTHERS_MAX).map(|one| format!("{one} is in the app, and not recorded here"));
        self.lines.extend(named.map(|line| (DIFFERS, line)));
        if others.len() > OTHERS_MAX {
            let more = others.len() - OTHERS_MAX;
            self.lines
                .push((DIFFERS, format!("{more} more machines and volumes are in the app, and not recorded here")));
        }
    }

    fn is_open(&self) -> bool {
        self.tenant.resources[ACCESS] == true
    }
}

fn named(text: Option<&str>) -> String {
    text.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"))
}

fn mb(size: u64) -> String {
    format!("{size} MB")
}

fn gb(size: u64) -> String {
    format!("{size} GB")
}
