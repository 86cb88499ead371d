//! Functions that may fail and are no more than handed on: each to the one in memory of the same name.

use serde_json::json;
use systemprompt_sdk::Failure;
use systemprompt_sdk::testing::imports as memory;

use super::super::imports::{docker, postgres, secrets, server, types};
use super::{Answer, Stage, arguments, asked, same};

/// An argument that is a shape crosses as one; a text, a number or an option of those is handed over as it is. What
/// stands after `if` is what the program refuses before it does anything.
macro_rules! verbs {
    ($interface:ident {
        $($verb:ident($($argument:ident: $type:ty => $given:expr),*) -> $answer:ty $(, if $judged:expr)?;)*
    }) => {
        impl $interface::Host for Stage {
            $(async fn $verb(&mut self, $($argument: $type),*) -> Answer<$answer> {
                let said = arguments![self: $($argument),*];
                let judged: Result<(), Failure> = Ok(())$(.and($judged))?;
                let answer = judged.and_then(|()| memory::$interface::$verb($($given),*));
                self.told(concat!(stringify!($interface), ".", stringify!($verb)), said, answer)
            })*
        }
    };
}

impl secrets::Host for Stage {
    async fn ensure(&mut self, spec: secrets::Spec) -> Answer<String> {
        let said = arguments![self: spec];
        let answer = asked::secret(&spec).and_then(|()| memory::secrets::ensure(&same(spec)));
        self.told("secrets.ensure", said, answer)
    }

    async fn renew(&mut self, spec: secrets::Spec) -> Answer<secrets::Renewal> {
        let said = arguments![self: spec];
        let answer = asked::secret(&spec).and_then(|()| memory::secrets::renew(&same(spec)));
        self.told("secrets.renew", said, answer)
    }
}

verbs! { docker {
    ping() -> docker::Engine;
    identity() -> String;
    ensure_image(reference: String => &reference) -> docker::Image;
    inspect(name: String => &name) -> Option<docker::Container>;
    ensure_container(spec: docker::ContainerSpec => &same(spec)) -> docker::Container, if asked::container(&spec);
    start_container(name: String => &name, scope: types::Scope => same(scope)) -> docker::Container;
    stop_container(name: String => &name) -> ();
    remove_container(name: String => &name, volumes: Vec<String> => &volumes) -> (), if asked::volumes(&volumes);
    has_volume(name: String => &name) -> bool;
    logs(name: String => &name, lines: u32 => lines) -> String;
} }

verbs! { postgres {
    wait_ready(target: postgres::Target => &same(target), timeout_ms: u32 => timeout_ms) -> postgres::Address;
    ensure_role(target: postgres::Target => &same(target), role: String => &role, password: String => &password) -> ();
    set_password(target: postgres::Target => &same(target), role: String => &role, password: String => &password) -> ();
    drop_role(target: postgres::Target => &same(target), role: String => &role) -> ();
    ensure_login(
        target: postgres::Target => &same(target), role: String => &role, owner: String => &owner, password: String => &password
    ) -> ();
    expire_password(target: postgres::Target => &same(target), role: String => &role, until: Option<u64> => until) -> ();
    close_login(target: postgres::Target => &same(target), role: String => &role) -> ();
    end_sessions(target: postgres::Target => &same(target), role: String => &role) -> ();
    ensure_database(target: postgres::Target => &same(target), database: String => &database, owner: String => &owner) -> ();
    rename_database(target: postgres::Target => &same(target), database: String => &database, to: String => &to) -> ();
    drop_database(target: postgres::Target => &same(target), database: String => &database) -> ();
    check_login(target: postgres::Target => &same(target), login: postgres::Login => &same(login)) -> ();
    whoami(target: postgres::Target => &same(target)) -> postgres::Administrator;
} }

verbs! { server {
    find_binaries(bin_dir: Option<String> => bin_dir.as_deref()) -> server::Binaries;
    ensure(spec: server::ClusterSpec => &same(spec)) -> server::Cluster;
    status(name: String => &name) -> server::Cluster;
    identity(name: String => &name) -> Option<String>;
    stop(name: String => &name) -> ();
} }
