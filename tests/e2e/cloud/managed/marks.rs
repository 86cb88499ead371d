//! An app in the organisation's network that lost what tells whose it is.

use systemprompt_tests::until;

use super::made;
use crate::cloud::{APP, ask_fly};

#[test]
fn an_app_without_its_mark_and_its_machine_goes_with_the_tenant_that_fly_made_it_for() {
    let (fly, sandbox) = made();
    let there = fly.inventory();
    let mark = there.apps[0].secrets.iter().find(|name| name.starts_with("SYSTEMPROMPT_")).expect("it is marked");
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}/secrets/{mark}"), ""), 200);
    let machine = format!("/v1/apps/{APP}/machines/{}?force=true", there.machines[0].id);
    assert_eq!(ask_fly(&fly, "DELETE", &machine, ""), 200);
    until("the machine is gone", || fly.inventory().machines.is_empty().then_some(()));
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert!(fly.inventory().is_empty(), "{:?}", fly.inventory());
    sandbox.say("history verify").ok();
}
