//! An image that is not on the machine comes from a registry, a real one on loopback, before the server starts.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use systemprompt_tests::terminal::see;
use systemprompt_tests::{Docker, Login, Sandbox, skip};

use crate::life::url;

/// Larger than what the engine reads at once, so that there is progress to be seen.
const LAYER_BYTES: usize = 32 << 20;

/// A registry that runs.
struct Registry {
    server: Child,
    address: String,
}

impl Registry {
    /// None where the machine has no such program, which is said.
    fn start(test: &str, directory: &Path) -> Option<Registry> {
        let Some(program) = std::env::var_os("SYSTEMPROMPT_TEST_REGISTRY").map(PathBuf::from) else {
            assert!(std::env::var_os("CI").is_none(), "SYSTEMPROMPT_TEST_REGISTRY names no registry on a build server");
            skip(test, "there is no image registry; run `cargo xtask test`, which gets one");
            return None;
        };
        let config = directory.join("registry.yml");
        let settings = serde_json::json!({
            "version": "0.1",
            "log": { "formatter": "json" },
            "storage": { "filesystem": { "rootdirectory": directory.join("images") } },
            "http": { "addr": "127.0.0.1:0" },
        });
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

/// Puts an image in a registry that has a layer more than the one of the tests, and takes it from the machine.
fn publish(docker: &Docker, registry: &Registry, directory: &Path) -> String {
    let image = format!("{}/team/postgres:15", registry.address);
    let layer = directory.join("layer");
    // Bytes that no layer compresses well.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    fs::write(&layer, (0..LAYER_BYTES / 8).flat_map(|_| next()).collect::<Vec<u8>>()).expect("a file can be written");
    let run = |args: &[&str]| docker.run(args).unwrap_or_else(|error| panic!("docker {args:?}: {error}"));
    let container = run(&["create", &Docker::image()]);
    let container = container.trim();
    run(&["cp", layer.to_str().expect("a path is text"), &format!("{container}:/layer")]);
    run(&["commit", container, &image]);
    run(&["rm", "--volumes", container]);
    run(&["push", "--quiet", &image]);
    run(&["image", "rm", &image]);
    image
}

#[test]
fn an_image_that_is_not_here_is_pulled_with_progress() {
    let test = "an_image_that_is_not_here_is_pulled_with_progress";
    let Some(docker) = Docker::hold(test) else { return };
    let sandbox = Sandbox::with(&docker);
    let Some(registry) = Registry::start(test, sandbox.root()) else { return };
    let image = publish(&docker, &registry, sandbox.root());
    let create = format!(
        "cloud tenant create --type local --provider docker --dedicated --name pulled --config image={image} --yes"
    );
    let seen = see(&sandbox, &create, 0);
    assert!(seen.contains(&format!("find the image: pulling {image} ")), "{seen}");
    assert!(seen.contains("% ("), "no share of it is shown: {seen}");
    Login::to(&url(&sandbox, "pulled")).expect("the tenant's role can log in").close();
    let status = sandbox.say("cloud tenant status pulled").ok();
    assert!(status.stdout.contains(&image), "{}", status.whole());
    sandbox.say("cloud tenant delete pulled -y").ok();
    docker.run(&["image", "rm", &image]).expect("nothing uses it");
}
