//! The plugin that misbehaves, as a file to install.

use std::fs;
use std::path::PathBuf;

use systemprompt_tests::{Output, Sandbox};

/// As the build script made it.
pub(crate) const COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// What stands before the variant's name, see `tests/hostile/src/stamp.rs`.
const MARK: &[u8] = b"systemprompt-hostile-mode-here: ";
/// Bytes of the variant's name.
const NAME_BYTES: usize = 16;

/// Writes bytes to a file outside of the project, to install them.
pub(crate) fn file(sandbox: &Sandbox, name: &str, component: &[u8]) -> PathBuf {
    let path = sandbox.root().join(name);
    fs::write(&path, component).expect("a sandbox can be written to");
    path
}

/// The component with another stamp.
pub(crate) fn variant(name: &str) -> Vec<u8> {
    let found = COMPONENT.windows(MARK.len()).position(|window| window == MARK).expect("the component has a stamp");
    let mut component = COMPONENT.to_vec();
    component[found + MARK.len()..][..NAME_BYTES].copy_from_slice(format!("{name:NAME_BYTES$}").as_bytes());
    component
}

/// Installs a component with this user's consent.
pub(crate) fn install(sandbox: &Sandbox, component: &[u8]) -> Output {
    let path = file(sandbox, "hostile.wasm", component);
    sandbox.run(["plugin".as_ref(), "install".as_ref(), path.as_os_str(), "--yes".as_ref()])
}

/// A world in which the plugin is installed.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    install(&sandbox, COMPONENT).ok();
    sandbox
}

/// Id of the tenant that [`creation`] makes: another for each mode, because an id is never given twice.
pub(crate) fn id(mode: &str) -> String {
    mode.bytes().fold("local_".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

/// The command line that creates the tenant `x` with the plugin in a mode.
pub(crate) fn creation(mode: &str) -> String {
    format!("cloud tenant create --type local --provider hostile --name x --id {} --config mode={mode}", id(mode))
}
