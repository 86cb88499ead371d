//! Lines for the program's log.

use crate::imports;

/// For whoever debugs the provider.
pub fn debug(message: &str) {
    imports::log::write("debug", message);
}

/// What a user may like to know.
pub fn info(message: &str) {
    imports::log::write("info", message);
}

/// What a user should look at.
pub fn warn(message: &str) {
    imports::log::write("warn", message);
}

/// What went wrong without failing the call.
pub fn error(message: &str) {
    imports::log::write("error", message);
}
