//! What the author of a plugin needs: a project to begin with, a component made of it, and proof that it keeps promises.

pub mod bindings;
pub mod c;
pub mod cassette;
pub mod conformance;
pub mod javascript;
pub mod junit;
pub mod live;
pub mod manifest;
pub mod package;
pub mod project;
pub mod python;
pub mod scaffold;
pub mod scene;
pub mod service;
pub mod setting;
pub mod sources;
pub mod tape;
pub mod tool;
pub mod watch;
