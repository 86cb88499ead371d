//! One file per command, in folders that are the words the user types: arguments in, a view out.

pub mod admin;
pub mod cloud;
pub mod completions;
pub mod doctor;
pub mod env;
pub mod exec;
pub mod history;
pub mod infra;
pub mod man;
pub mod plugin;
pub mod which;
