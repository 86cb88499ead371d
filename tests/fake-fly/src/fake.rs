//! The fake as a test holds it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::{Clock, Moment};
use crate::exec::{Command, Handler, Output};
use crate::inventory::Inventory;
use crate::record::Request;
use crate::script::Rule;
use crate::server::Server;
use crate::settings::Settings;
use crate::state::State;
use crate::token::Access;
use crate::world::address::{Address, Kind};
use crate::world::app::App;
use crate::world::certificate::Dns;
use crate::world::image::ImageBehaviour;
use crate::world::machine::{Machine, Next, State as MachineState};
use crate::world::region::Capacity;

/// A Fly of one's own, on the loopback interface. It stops when this is dropped.
#[derive(Debug)]
pub struct FakeFly {
    state: Arc<State>,
    server: Server,
}

impl FakeFly {
    /// With the default settings, on a free port.
    ///
    /// # Panics
    /// If the machine has no port or thread left.
    pub fn start() -> Self {
        Self::with(Settings::default()).expect("BUG: a free port of the loopback interface can be had")
    }

    /// With these settings.
    ///
    /// # Errors
    /// The port is taken, or there is no thread left.
    ///
    /// # Panics
    /// If the speed is negative or no number.
    pub fn with(settings: Settings) -> io::Result<Self> {
        let state = Arc::new(State::new(settings));
        let server = Server::start(&state)?;
        Ok(Self { state, server })
    }

    /// Where it is, without a slash at the end: what stands for `https://api.machines.dev`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// A token for its organisation.
    pub fn token(&self) -> &str {
        &self.state.settings.token
    }

    /// The clock that it goes by.
    pub fn clock(&self) -> &Clock {
        &self.state.clock
    }

    /// Lets a request fail, besides those that fail already.
    pub fn fail(&self, rule: Rule) {
        self.state.script().add(rule);
    }

    /// From now on no request is made to fail.
    pub fn heal(&self) {
        self.state.script().clear();
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests().clone()
    }

    /// How many requests wait for a moment of the clock now: long polls, and commands that run. Whoever moves the clock
    /// under them waits until it is as many as there should be.
    pub fn waiting(&self) -> usize {
        self.state.waiting()
    }

    /// What its organisation has now.
    pub fn inventory(&self) -> Inventory {
        let now = self.state.clock.now();
        Inventory::of(&self.state.world(), &self.state.settings.org, now)
    }

    /// Accepts one more token.
    pub fn accept(&self, token: &str, access: Access) {
        let mut world = self.state.world();
        world.know(&access.org);
        let id = world.ids.number();
        world.tokens.add(id, token, access);
    }

    /// A token is not accepted any more.
    pub fn revoke(&self, token: &str) {
        self.state.world().tokens.revoke(token);
    }

    /// Makes an app that nobody asked for, such as one of another organisation that has the name which is wanted.
    pub fn seed_app(&self, org: &str, name: &str) {
        let now = self.state.clock.now();
        let mut world = self.state.world();
        let (id, number) = (world.ids.app(), world.ids.number());
        world.apps.insert(name.to_owned(), App::new(id, number, name, org, now));
    }

    /// Gives an app an IPv4 address that no other has, as its owner could by hand; answers it.
    ///
    /// # Panics
    /// If there is no such app.
    pub fn seed_ipv4(&self, app: &str) -> String {
        let now = self.state.clock.now();
        let mut world = self.state.world();
        let address = Address::new(world.ids.number(), Kind::V4, now);
        let ip = address.ip.clone();
        let place = world.apps.get_mut(app).unwrap_or_else(|| panic!("there is no app `{app}`"));
        place.addresses.push(address);
        ip
    }

    /// Whether an organisation can pay. One that cannot may have one machine for each app.
    pub fn can_pay(&self, org: &str, can_pay: bool) {
        if let Some(org) = self.state.world().orgs.get_mut(org) {
            org.can_pay = can_pay;
        }
    }

    /// A region is full in this way, or has room again.
    pub fn region_full(&self, region: &str, full: Option<Capacity>) {
        self.state.world().regions.set(region, full);
    }

    /// Fly has one more region from now on.
    pub fn region_opens(&self, region: &str) {
        self.state.world().regions.open(region);
    }

    /// Fly has this region no more.
    pub fn region_closes(&self, region: &str) {
        self.state.world().regions.close(region);
    }

    /// What becomes of machines that start this image from now on.
    pub fn image(&self, image: &str, behaviour: ImageBehaviour) {
        self.state.world().images.insert(image.to_owned(), behaviour);
    }

    /// The tag of an image is given to another one: who pulls it from now on gets that.
    pub fn image_moves(&self, image: &str) {
        *self.state.world().moved_images.entry(image.to_owned()).or_default() += 1;
    }

    /// What the DNS says of a hostname. Fly finds out at the next check of its certificate.
    pub fn dns(&self, hostname: &str, dns: Dns) {
        self.state.world().dns.insert(hostname.to_owned(), dns);
    }

    /// No certificate is made for a hostname before this moment.
    pub fn certificates_limited(&self, hostname: &str, until: Moment) {
        self.state.world().limited_hosts.insert(hostname.to_owned(), until);
    }

    /// Whether managed clusters that are made from now on never become ready.
    pub fn clusters_fail(&self, fail: bool) {
        self.state.world().clusters_fail = fail;
    }

    /// What the next passwords of clusters are, in this order, whether they are made with one or rotated.
    pub fn cluster_passwords<'a>(&self, passwords: impl IntoIterator<Item = &'a str>) {
        self.state.world().cluster_passwords.extend(passwords.into_iter().map(str::to_owned));
    }

    /// What runs commands on machines. It may take its time: the fake serves others meanwhile.
    pub fn on_exec(&self, handler: impl Fn(Command) -> Output + Send + Sync + 'static) {
        *self.state.handler() = Handler(Arc::new(handler));
    }

    /// Whether the PostgreSQL of an app takes this password, asked over the network: that on its volume, which is there since
    /// a command was first run on its machine, or that of a managed cluster whose name begins with the app's.
    pub fn takes_password(&self, app: &str, password: &str) -> bool {
        let now = self.state.clock.now();
        let is_managed = self.state.world().clusters.values().any(|cluster| {
            let is_its = cluster.name.starts_with(&format!("{app}-")) && cluster.status(now) == "ready";
            is_its && cluster.passwords().values().any(|known| known == password)
        });
        if is_managed {
            return true;
        }
        let volumes: Vec<_> = self.inventory().volumes.into_iter().filter(|volume| volume.app == app).collect();
        volumes.iter().any(|volume| self.state.clusters.takes(&volume.id, password))
    }

    /// What the processes of a machine see as variables: those of its configuration, and the secrets that there were when
    /// its present version was made.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn env(&self, machine: &str) -> BTreeMap<String, String> {
        let mut env = BTreeMap::new();
        self.change(machine, |machine| env = machine.env());
        env
    }

    /// Gives a machine one more service, as its owner could by hand.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn seed_service(&self, machine: &str, service: Value) {
        self.change(machine, |machine| {
            let mut services = machine.config["services"].as_array().cloned().unwrap_or_default();
            services.push(service);
            machine.config["services"] = services.into();
        });
    }

    /// The process of a machine ends by itself with this code.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn process_ends(&self, machine: &str, exit_code: i32) {
        let now = self.state.clock.now();
        self.change(machine, |machine| machine.plan([(now, Next::Exit(exit_code))]));
    }

    /// A machine stays in a state that should be passed through, such as `stopping`, until something else is asked of
    /// it.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn wedge(&self, machine: &str) {
        self.change(machine, |machine| machine.plan([]));
    }

    /// Whether the host of a machine can be reached. While it cannot, its configuration is incomplete.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn host_reachable(&self, machine: &str, reachable: bool) {
        self.change(machine, |machine| machine.reachable = reachable);
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Machine)) {
        let mut world = self.state.world();
        let mut machines = world.apps.values_mut().flat_map(|app| app.machines.values_mut());
        let machine = machines.find(|machine| machine.id == id && machine.state != MachineState::Destroyed);
        change(machine.unwrap_or_else(|| panic!("there is no machine `{id}`")));
        drop(world);
        self.state.clock.tell();
    }
}
