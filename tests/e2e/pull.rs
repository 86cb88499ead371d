//! An image that is not on the machine comes from a registry, a real one on loopback, before the server starts.

use std::fs;
use std::path::Path;

use systemprompt_tests::terminal::see;
use systemprompt_tests::{Docker, Login, Sandbox};

use crate::life::url;
use crate::registry_server::Registry;

/// Larger than what the engine reads at once, so that there is progress to be seen.
const LAYER_BYTES: usize = 32 << 20;

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
    let Some(registry) = Registry::start(test, sandbox.root(), &serde_json::json!({})) else { return };
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
