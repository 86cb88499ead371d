//! What the end-to-end tests share: the real binary in a world of its own, and eyes on what it did there.
//!
//! [`Sandbox`] is where everything starts: a project directory, its own data directory, a clean environment. What ran
//! comes back as an [`Output`], whose [`transcript`](Output::transcript) is compared whole. [`Docker`] is the machine's
//! one engine, held by one test at a time; [`Login`] and [`LogFile`] look into databases, a [`Machine`] has one at a Fly of one's own; a [`Screen`] is for what only a
//! person at a terminal sees and types, a [`Browser`] for what one sees of a page. Every document of `--json` that a test reads is checked against its published [`schema`].

mod browser;
mod docker;
mod help;
mod log_file;
mod login;
mod machine;
mod output;
mod own_server;
mod sandbox;
pub mod schema;
mod screen;
pub mod seed;
mod servers;
mod skip;
pub mod terminal;
mod wait;

pub use browser::{Browser, Shot};
pub use docker::Docker;
pub use help::Help;
pub use log_file::LogFile;
pub use login::Login;
pub use machine::Machine;
pub use output::Output;
pub use own_server::OwnServer;
pub use sandbox::{Running, Sandbox, binary, repository};
pub use screen::Screen;
pub use servers::Server;
pub use skip::skip;
pub use snapbox::{assert_data_eq, file, str};
pub use wait::until;
