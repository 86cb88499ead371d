//! What is asked for twice happens once.

use systemprompt_tests::{Sandbox, assert_data_eq, file};

const CREATE: &str = "cloud tenant create --type local --provider native";

#[test]
fn the_same_id_creates_once() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        &format!("{CREATE} --name my-project --id local_0123456789"),
        &format!("{CREATE} --name my-project --id local_0123456789"),
        &format!("{CREATE} --name another --id local_0123456789"),
        &format!("{CREATE} --name my-project"),
        &format!("{CREATE} --name my-project --id local_9876543210"),
        "cloud tenant list",
    ]);
    assert_data_eq!(session, file!["expected/again/the_same_id_creates_once.session.txt"]);

    sandbox.say("cloud tenant delete my-project -y").ok();
    let after = sandbox.say(&format!("{CREATE} --name my-project --id local_0123456789 --json")).exits(4);
    assert_eq!(after.error_code(), "id-taken", "an id belongs to one tenant for ever");
    sandbox.say(&format!("{CREATE} --name my-project")).ok();
}

#[test]
fn the_same_idempotency_key_creates_once() {
    let sandbox = Sandbox::new();
    let create = |name: &str, key: &str| {
        let line = format!("{CREATE} --json --name {name}");
        sandbox.run(line.split(' ').chain(["--idempotency-key", key]))
    };
    let first = create("my-project", "build 17").ok().data();
    let second = create("my-project", "build 17").ok().data();
    assert_eq!((&first["happened"], &second["happened"]), (&"created".into(), &"found".into()));
    assert_eq!((&first["id"], &first["resources"]), (&second["id"], &second["resources"]));
    assert_eq!(create("another", "build 17").exits(4).error_code(), "id-taken");
    assert_eq!(create("my-project", "build 18").exits(4).error_code(), "name-taken");
    assert_ne!(create("another", "build 18").ok().data()["id"], first["id"]);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 2);
}

#[test]
fn a_name_is_free_again_when_its_tenant_is_deleted() {
    let sandbox = Sandbox::new();
    let create = format!("{CREATE} --name my-project --json");
    let first = sandbox.say(&create).ok().data()["id"].clone();
    sandbox.say("cloud tenant delete my-project -y").ok();
    assert_ne!(sandbox.say(&create).ok().data()["id"], first);
    sandbox.say("history verify").ok();
}

#[test]
fn selecting_twice_records_once_and_deleting_twice_says_that_it_is_gone() {
    let sandbox = Sandbox::with_registry(systemprompt_tests::seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    let events = || sandbox.say("history verify --json").ok().data()["events"].clone();
    let once = events();
    sandbox.say("cloud tenant select my-project").ok();
    assert_eq!(events(), once);
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(sandbox.say("cloud tenant delete my-project-prod -y --json").exits(3).error_code(), "tenant-not-found");
}
