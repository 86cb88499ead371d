//! What answers each call, one file for each thing that calls are about.

use crate::route::Route;

mod actions;
mod addresses;
mod apps;
mod certificates;
mod clusters;
pub(crate) mod exec;
mod graphql;
mod leases;
mod machines;
mod metadata;
mod organisations;
mod page;
mod platform;
mod roles;
mod secrets;
mod tokens;
mod updates;
mod volumes;
pub(crate) mod wait;

/// All that is modelled.
pub(crate) fn routes() -> impl Iterator<Item = Route> {
    let tables: [&[Route]; 18] = [
        actions::ROUTES,
        addresses::ROUTES,
        apps::ROUTES,
        certificates::ROUTES,
        clusters::ROUTES,
        exec::ROUTES,
        graphql::ROUTES,
        leases::ROUTES,
        machines::ROUTES,
        metadata::ROUTES,
        organisations::ROUTES,
        platform::ROUTES,
        roles::ROUTES,
        secrets::ROUTES,
        tokens::ROUTES,
        updates::ROUTES,
        volumes::ROUTES,
        wait::ROUTES,
    ];
    tables.into_iter().flatten().cloned()
}
