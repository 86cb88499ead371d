//! Lanes: one for the project, for plugins and for shells where anything happened to them, then the tenants by birth.

use std::collections::HashMap;

use serde::Serialize;
use systemprompt_events::{Event, OperationEvent, ProfileEvent, Recorded, Stream, Timeline};

/// What a lane is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum About {
    Project,
    Plugins,
    Shells,
    Tenant,
}

/// One lane.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    about: About,
    /// The tenant's id; what it is about otherwise.
    id: String,
}

impl Lane {
    pub fn is_tenant(&self) -> bool {
        self.about == About::Tenant
    }
}

/// The lanes, and which one an event is drawn in.
pub struct Lanes {
    /// From top to bottom.
    pub drawn: Vec<Lane>,
    /// By id.
    places: HashMap<String, usize>,
    /// The tenant of an operation's or a profile's stream.
    tenants: HashMap<String, String>,
}

impl Lanes {
    /// Those of the tenants that lived during a stretch of the log.
    pub fn new(timeline: &Timeline) -> Lanes {
        let mut lanes = Lanes { drawn: Vec::new(), places: HashMap::new(), tenants: HashMap::new() };
        for (about, id) in [(About::Project, "project"), (About::Plugins, "plugins"), (About::Shells, "shells")] {
            lanes.of(about, id);
        }
        for held in &timeline.tenants {
            lanes.of(About::Tenant, held.what.id.as_str());
        }
        let operations = timeline.operations.iter();
        let operations = operations.filter_map(|(id, tenant)| Some((Stream::Operation(*id), tenant.as_ref()?)));
        let profiles = timeline.profiles.iter().map(|(id, _, tenant)| (Stream::Profile(*id), tenant));
        for (stream, tenant) in operations.chain(profiles) {
            lanes.tenants.insert(stream.to_string(), tenant.to_string());
        }
        lanes
    }

    /// The lane of an event. A tenant that nothing else is known of gets one when it is met.
    pub fn place(&mut self, recorded: &Recorded) -> usize {
        let stream = &recorded.stream;
        let rest = stream.split_once('/').map_or("", |(_, rest)| rest);
        match &recorded.event {
            Event::Project(_) | Event::Account(_) => self.of(About::Project, "project"),
            Event::Plugin(_) => self.of(About::Plugins, "plugins"),
            Event::Shell(_) => self.of(About::Shells, "shells"),
            Event::Tenant(_) | Event::Session(_) => self.of(About::Tenant, rest),
            Event::Operation(event) => {
                if let OperationEvent::OperationStarted { tenant: Some(tenant), .. } = event {
                    self.tenants.insert(stream.clone(), tenant.to_string());
                }
                self.of_tenant_of(stream)
            }
            Event::Profile(event) => {
                if let ProfileEvent::ProfileCreated { tenant, .. } = event {
                    self.tenants.insert(stream.clone(), tenant.to_string());
                }
                self.of_tenant_of(stream)
            }
        }
    }

    /// What has no tenant is the project's.
    fn of_tenant_of(&mut self, stream: &str) -> usize {
        match self.tenants.get(stream).cloned() {
            Some(tenant) => self.of(About::Tenant, &tenant),
            None => self.of(About::Project, "project"),
        }
    }

    fn of(&mut self, about: About, id: &str) -> usize {
        let key = format!("{about:?} {id}");
        *self.places.entry(key).or_insert_with(|| {
            self.drawn.push(Lane { about, id: id.to_owned() });
            self.drawn.len() - 1
        })
    }
}
