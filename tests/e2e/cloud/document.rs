//! What the user's own document types for a cloud tenant, from the login to the end, as one session.

use std::fs;

use systemprompt_fake_fly::{FakeFly, RateLimits, Settings};
use systemprompt_tests::{Machine, Sandbox, assert_data_eq, file};

use super::{counts, log_in};

#[test]
fn what_the_document_types_for_a_cloud_tenant_works_as_one_session() {
    let fly = FakeFly::with(Settings { rate_limits: RateLimits::none(), ..Settings::default() });
    let fly = fly.expect("a port is free");
    let mut sandbox = Sandbox::new();
    let _machine = Machine::of(&fly, &sandbox);
    fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    fs::write(sandbox.project().join("migrations/1_create_notes.sql"), "create table notes (text text);")
        .expect("a file can be written");
    // `just login`: the token comes from a variable.
    log_in(&mut sandbox, &fly).ok();
    let session = sandbox.session(&[
        // The document gives neither name nor id, for which a terminal asks and which is made up.
        "cloud tenant create --region iad --name my-project-prod --id 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud tenant list",
        "cloud tenant select 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud tenant show",
        "cloud tenant show 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud profile create production",
        "infra db migrate",
        "cloud tenant rotate-credentials 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant rotate-sync-token 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant cancel 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant list",
        "cloud tenant delete 999bc654-9a64-49bc-98be-db976fc84e76 -y",
        "cloud tenant list",
    ]);
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0]);
    assert_data_eq!(session, file!["../expected/cloud/document.txt"]);
}
