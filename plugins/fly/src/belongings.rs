//! What there is of a tenant at Fly, in words: for somebody who is about to remove it.

use systemprompt_sdk::{Failure, Tenant};

use crate::Config;
use crate::address;
use crate::api::Fly;
use crate::app::{self, App};
use crate::certificate;
use crate::database::{self, Volume};
use crate::machine::{self, Machine};
use crate::managed;
use crate::organisation::ANOTHER;
use crate::place::Place;

/// The app with all that is in it; where Fly does not say, that it does not. Refused for a login of another organisation,
/// which can neither look nor remove.
pub(crate) fn in_words(tenant: &Tenant<Config>) -> Result<String, Failure> {
    let name = app::name(tenant);
    match found(tenant) {
        Ok(Some(parts)) => Ok(format!("`{name}` with {}, and its secrets", parts.join(", "))),
        Ok(None) => Ok(format!("`{name}`, which is not at Fly any more")),
        Err(failure) if failure.code() == ANOTHER => Err(failure),
        Err(failure) => Ok(format!("`{name}` with all that is in it; what that is cannot be looked up now: {failure}")),
    }
}

/// A managed cluster.
pub(crate) fn of_cluster(tenant: &Tenant<Config>) -> Result<String, Failure> {
    let app = app::name(tenant);
    let look = |place: Place| Fly::connect_in_passing().and_then(|fly| place.look(&fly));
    match managed::cluster_of(tenant).and_then(look) {
        Ok(Some(cluster)) => {
            let (id, plan, disk) = (cluster.id, cluster.plan, cluster.disk_size_gb);
            Ok(format!("`{id}` (plan `{plan}`, {disk} GB) with the database, and the backups that Fly made of it"))
        }
        Ok(None) => Ok(format!("that of `{app}`, which is not at Fly any more")),
        Err(failure) if failure.code() == ANOTHER => Err(failure),
        Err(failure) => Ok(format!("that of `{app}`; what it is cannot be looked up now: {failure}")),
    }
}

fn found(tenant: &Tenant<Config>) -> Result<Option<Vec<String>>, Failure> {
    let (fly, app) = (Fly::connect_in_passing()?, App::of(tenant)?);
    if !app.is_there_or_gone(&fly)? {
        return Ok(None);
    }
    let machine = |machine: &Machine| format!("machine `{}` ({})", machine.id, machine.state);
    let volume = |volume: &Volume| format!("volume `{}` ({} GB) and its snapshots", volume.id, volume.size_gb);
    let mut parts: Vec<_> = machine::all(&fly, &app)?.iter().map(machine).collect();
    parts.extend(database::volumes(&fly, &app)?.iter().map(volume));
    parts.extend(address::all(&fly, &app)?.iter().map(|address| format!("address {}", address.ip)));
    parts.extend(certificate::hostnames(&fly, &app)?.iter().map(|hostname| format!("certificate for `{hostname}`")));
    Ok(Some(parts))
}
