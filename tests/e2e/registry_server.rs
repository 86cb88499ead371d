//! A registry of images on loopback, a real one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use systemprompt_tests::skip;

/// A registry that runs.
pub(crate) struct Registry {
    server: Child,
    /// Host and port.
    pub(crate) address: String,
}

impl Registry {
    /// None where the machine has no such program, which is said. `more` is what its settings have besides.
    pub(crate) fn start(test: &str, directory: &Path, more: &serde_json::Value) -> Option<Registry> {
        let Some(program) = std::env::var_os("SYSTEMPROMPT_TEST_REGISTRY").map(PathBuf::from) else {
            assert!(std::env::var_os("CI").is_none(), "SYSTEMPROMPT_TEST_REGISTRY names no registry on a build server");
            skip(test, "there is no image registry; run `cargo xtask test`, which gets one");
            return None;
        };
        let config = directory.join("registry.yml");
        let mut settings = serde_json::json!({
            "version": "0.1",
            "log": { "formatter": "json" },
            "storage": { "filesystem": { "rootdirectory": directory.join("images") } },
            "http": { "addr": "127.0.0.1:0" },
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            settings[name] = value.clone();
        }
        // JSON is YAML as well.
        fs::write(&config, settings.to_string()).expect("a file can be written");
        let mut command = Command::new(program);
        let mut server =
            command.arg("serve").arg(&config).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it runs");
        let mut lines = BufReader::new(server.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| listening(&line)).expect("a registry says where it listens");
        // What it says further on would fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Registry { server, address })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.kill().expect("it is ours");
        self.server.wait().expect("a child can be waited for");
    }
}

/// The address in the line by which a registry says that it is ready.
fn listening(line: &str) -> Option<String> {
    let said: serde_json::Value = serde_json::from_str(line).ok()?;
    said["msg"].as_str()?.strip_prefix("listening on ").map(str::to_owned)
}
