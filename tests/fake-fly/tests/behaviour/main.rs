//! How the fake behaves, over real HTTP.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod client;

mod addresses;
mod apps;
mod certificates;
mod clusters;
mod document;
mod exec;
mod faults;
mod leases;
mod limits;
mod machines;
mod organisations;
mod program;
mod secrets;
mod states;
mod tokens;
mod volumes;
mod waiting;
