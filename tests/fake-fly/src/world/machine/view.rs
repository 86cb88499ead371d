//! A machine as the API shows it.

use serde_json::{Value, json};

use super::super::image;
use super::{Machine, State};

impl Machine {
    /// As `Machine` of the document.
    pub(crate) fn view(&self) -> Value {
        let mut view = json!({
            "id": self.id, "name": self.name, "state": self.state.name(), "region": self.region,
            "instance_id": self.version, "private_ip": self.private_ip, "image_ref": image::view(self.image(), &self.digest),
            "created_at": self.created_at, "updated_at": self.updated_at, "events": self.event_views(),
            "checks": self.checks(), "host_status": if self.reachable { "ok" } else { "unreachable" },
        });
        // What a host that cannot be reached last said must not pass for the configuration.
        view[if self.reachable { "config" } else { "incomplete_config" }] = self.config.clone();
        if self.cordoned {
            view["cordoned"] = json!(true);
        }
        view
    }

    /// The same for a list that was asked for in short.
    pub(crate) fn summary(&self) -> Value {
        let mut view = self.view();
        if let Some(fields) = view.as_object_mut() {
            fields.remove("events");
            fields.remove("checks");
            fields.insert("config".to_owned(), self.overview());
        }
        view
    }

    /// As `OrgMachine` of the document.
    pub(crate) fn org_view(&self, app: &str) -> Value {
        json!({
            "app_name": app, "id": self.id, "name": self.name, "state": self.state.name(), "region": self.region,
            "instance_id": self.version, "version": self.version, "private_ip": self.private_ip,
            "created_at": self.created_at, "updated_at": self.updated_at, "config": self.overview(),
        })
    }

    pub(crate) fn event_views(&self) -> Vec<Value> {
        self.events.iter().map(super::Event::view).collect()
    }

    /// The id of what happened last.
    pub(crate) fn last_event(&self) -> &str {
        self.events.first().map_or("", |event| &event.id)
    }

    fn overview(&self) -> Value {
        let kept = ["image", "guest", "metadata"];
        let fields = self.config.as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| kept.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// The checks of the configuration: all pass while it is started.
    fn checks(&self) -> Vec<Value> {
        let status = if self.state == State::Started { "passing" } else { "critical" };
        let named = self.config["checks"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let services = self.config["services"].as_array().into_iter().flatten().enumerate();
        let of_services = services.flat_map(|(place, service)| {
            let checks = service["checks"].as_array().into_iter().flatten();
            checks.map(move |check| format!("servicecheck-{place:02}-{}", check["type"].as_str().unwrap_or("tcp")))
        });
        let all = named.chain(of_services);
        all.map(|name| json!({ "name": name, "status": status, "output": "", "updated_at": self.updated_at })).collect()
    }
}
