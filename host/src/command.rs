//! One file per command, in folders that are the words the user types: arguments in, a view out.

pub mod cloud;
pub mod doctor;
pub mod history;
pub mod infra;
pub mod plugin;
pub mod which;
