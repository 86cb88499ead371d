//! What an app that is nobody's says of the tenant that it was made for: enough to show, cancel and delete it. Its password
//! is Fly's secret, which nobody gives back.

use serde_json::{Value, json};
use systemprompt_sdk::{Failure, Tenant};

use crate::Config;
use crate::api::Fly;
use crate::app;
use crate::application;
use crate::client;
use crate::cluster::Cluster;
use crate::database;
use crate::door;
use crate::organisation::{self, Organisation};
use crate::part::{self, Part};
use crate::place::Place;
use crate::tag;

/// Label of the database's machine: the tenant's id.
pub(crate) const ID: &str = "systemprompt_tenant";
/// The same: what the tenant was called when it was made.
pub(crate) const NAME: &str = "systemprompt_name";
/// Field of the resources of a tenant that was taken in: its settings are those of nobody.
const TAKEN_IN: &str = "taken_in";

/// What is in an app that is nobody's.
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    /// A tenant, as the program takes it in.
    Whole(Value),
    /// No machine with a database that is a tenant's, as where a creation did not come that far.
    Half,
    /// Nobody can tell now: why, and what to do about that.
    Unknown { why: String, help: String },
}

impl Content {
    /// Not known for now.
    pub(crate) fn later(why: String) -> Self {
        Self::Unknown { why, help: "try again later".to_owned() }
    }
}

/// What tells where the database of an app is.
pub(crate) enum Sign<'a> {
    /// The app's own network: on a machine of it.
    Network(&'a str),
    /// The mark of an app in the organisation's network: in a managed cluster, if there still is one.
    Mark(&'a str, Option<&'a Cluster>),
}

impl Sign<'_> {
    /// The machine that says whose it is.
    fn machine(&self) -> &'static str {
        match self {
            Self::Network(_) => database::MACHINE,
            Self::Mark(..) => client::MACHINE,
        }
    }

    /// What is recorded of the database; none where it is not there.
    fn database(&self, machine: &Part) -> Option<Value> {
        match self {
            Self::Network(network) => Some(json!({
                "network": network, "external_db_access": door::is_open(&machine.config),
                "volume": machine.config["mounts"][0]["volume"],
            })),
            Self::Mark(mark, cluster) => {
                let cluster = cluster.as_ref()?;
                let cluster = Place::recorded(cluster, &cluster.endpoint().ok()?).into_iter();
                let mut database = json!({ "network": tag::SHARED, tag::MARKED: mark });
                cluster.for_each(|(field, value)| database[field] = value);
                Some(database)
            }
        }
    }
}

/// Looks into an app.
pub(crate) fn look(fly: &Fly, app: &str, sign: &Sign<'_>, organisation: &Organisation) -> Result<Content, Failure> {
    let Some(parts) = part::all(fly, app)? else {
        return Ok(Content::later("Fly lists it and does not show it".to_owned()));
    };
    if let Some(machine) = part::named(&parts, sign.machine()).filter(|machine| !machine.is_known()) {
        return Ok(Content::later(format!("the host of its machine `{}` cannot be reached", machine.id)));
    }
    Ok(read(app, sign, organisation, &parts).map_or(Content::Half, Content::Whole))
}

fn read(app: &str, sign: &Sign<'_>, organisation: &Organisation, parts: &[Part]) -> Option<Value> {
    let machine = part::named(parts, sign.machine())?;
    let labels = &machine.config["metadata"];
    // An app is named after the tenant that it was made for, whatever somebody wrote on its machine.
    let id = labels[ID].as_str().filter(|id| app::name_of(id) == app)?;
    let mut resources = sign.database(machine)?;
    let of_all = json!({
        "app_id": app,
        "hostname": format!("{app}.fly.dev"),
        organisation::SLUG: organisation.slug,
        organisation::OWNER: organisation.owner(),
        "machine": machine.id,
        TAKEN_IN: true,
    });
    for (field, value) in of_all.as_object().into_iter().flatten() {
        resources[field] = value.clone();
    }
    if let Some(application) = part::named(parts, application::MACHINE) {
        resources[application::RECORDED] = application.id.as_str().into();
    }
    let name = labels[NAME].as_str().unwrap_or(app);
    Some(json!({ "tenant": { "id": id, "name": name, "region": machine.region, "resources": resources } }))
}

/// Whether a tenant's settings are those that it was made with, and not the usual ones, as where it was taken in.
pub(crate) fn has_settings(tenant: &Tenant<Config>) -> bool {
    tenant.resources[TAKEN_IN] != true && !is_without_password(tenant)
}

/// Whether nobody here knows the tenant's password.
pub(crate) fn is_without_password(tenant: &Tenant<Config>) -> bool {
    tenant.resources["internal_database_url"].is_null()
}

/// Refuses what needs the password where nobody here knows it.
pub(crate) fn require_password(tenant: &Tenant<Config>) -> Result<(), Failure> {
    if !is_without_password(tenant) {
        return Ok(());
    }
    let message = format!("tenant `{}` was taken in, and its password is not known here", tenant.name);
    Err(Failure::refused("password-unknown", message)
        .help(format!("make another with `systemprompt cloud tenant rotate-credentials {}`", tenant.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "sp-999bc6549a64";
    const TENANT: &str = "999bc654-9a64-49bc-98be-db976fc84e76";

    fn machine(name: &str, labels: &Value) -> Part {
        let config = json!({ "metadata": labels, "mounts": [{ "volume": "vol_1" }] });
        Part { id: format!("{name}-1"), name: name.to_owned(), state: "started".to_owned(), region: None, config }
    }

    fn found(parts: &[Part]) -> Option<Value> {
        let organisation = Organisation { slug: "acme".to_owned(), owner: None };
        read(APP, &Sign::Network("sp-1"), &organisation, parts)
    }

    #[test]
    fn a_machine_with_its_database_says_whose_an_app_is() {
        let whole = [machine("postgres", &json!({ ID: TENANT, NAME: "shop" })), machine("app", &json!({}))];
        let tenant = &found(&whole).expect("it is whole")["tenant"];
        assert_eq!((&tenant["id"], &tenant["name"]), (&json!(TENANT), &json!("shop")));
        let resources = &tenant["resources"];
        let parts = [&resources["machine"], &resources["volume"], &resources["app_machine"], &resources["app_id"]];
        assert_eq!(parts, ["postgres-1", "vol_1", "app-1", APP]);
        let older = [machine("postgres", &json!({ ID: TENANT }))];
        assert_eq!(found(&older).expect("it is whole")["tenant"]["name"], APP);
    }

    #[test]
    fn half_of_one_or_a_label_that_does_not_fit_says_nothing() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[machine("app", &json!({ ID: TENANT }))]), None);
        assert_eq!(found(&[machine("postgres", &json!({}))]), None);
        let another = "00000000-9a64-49bc-98be-db976fc84e76";
        assert_eq!(found(&[machine("postgres", &json!({ ID: another }))]), None);
        let going = Part { state: "destroying".to_owned(), ..machine("postgres", &json!({ ID: TENANT })) };
        assert_eq!(found(&[going]), None);
    }
}
