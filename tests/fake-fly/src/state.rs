//! All that one fake is made of, shared by its connections and by whoever holds it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::exec::Handler;
use crate::limit::Buckets;
use crate::postgres::Clusters;
use crate::record::Request;
use crate::script::Script;
use crate::settings::Settings;
use crate::world::World;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    world: Mutex<World>,
    script: Mutex<Script>,
    requests: Mutex<Vec<Request>>,
    buckets: Mutex<Buckets>,
    handler: Mutex<Handler>,
    pub(crate) clusters: Arc<Clusters>,
    waiting: AtomicUsize,
}

impl State {
    pub(crate) fn new(settings: Settings) -> Self {
        let mut script = Script::default();
        let clusters = Arc::default();
        settings.faults.iter().cloned().for_each(|rule| script.add(rule));
        Self {
            clock: Clock::start(settings.speed),
            world: Mutex::new(World::new(&settings)),
            script: Mutex::new(script),
            requests: Mutex::default(),
            buckets: Mutex::default(),
            handler: Mutex::new(Handler::with(&clusters)),
            clusters,
            waiting: AtomicUsize::new(0),
            settings,
        }
    }

    /// The world as it is now: what was due has happened.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = held(&self.world);
        world.settle(self.clock.now());
        world
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        held(&self.script)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        held(&self.requests)
    }

    pub(crate) fn buckets(&self) -> MutexGuard<'_, Buckets> {
        held(&self.buckets)
    }

    /// From here on, a request waits for the clock.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        Waiting(&self.waiting)
    }

    /// How many requests wait for the clock.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    pub(crate) fn handler(&self) -> MutexGuard<'_, Handler> {
        held(&self.handler)
    }
}

/// Counts as a request that waits for the clock, until it is dropped.
pub(crate) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A test that panicked elsewhere does not end the fake.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
