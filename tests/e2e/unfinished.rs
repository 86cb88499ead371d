//! Tenants whose creation stopped half-way: they are not worked in, and of several it is said which.

use crate::hostile::plugin::{creation, id, sandbox};

#[test]
fn of_several_unfinished_operations_each_is_named_with_what_to_type() {
    let sandbox = sandbox();
    sandbox.say(&creation("trap")).exits(1);
    sandbox.say(&creation("outside-trap").replace("--name x", "--name y")).exits(1);
    let refused = sandbox.say("cloud tenant resume").exits(2);
    assert!(refused.stderr.contains("create tenant `x`, create tenant `y`"), "{}", refused.whole());
    for mode in ["trap", "outside-trap"] {
        let resume = format!("hint: run `systemprompt cloud tenant resume {}`\n", id(mode));
        assert!(refused.stderr.contains(&resume), "{}", refused.whole());
    }
}

#[test]
fn a_tenant_that_is_being_created_is_not_selected_and_its_status_says_so() {
    let sandbox = sandbox();
    sandbox.say(&creation("trap")).exits(1);
    let refused = sandbox.say("cloud tenant select x --json").exits(7);
    assert_eq!(refused.error_code(), "tenant-creating");
    let status = sandbox.say("cloud tenant status x --json").data();
    assert_eq!((&status["state"], &status["reachable"]), (&"creating".into(), &false.into()), "{status}");
    let told = sandbox.say("cloud tenant status x");
    let resume = format!("systemprompt cloud tenant resume {}", id("trap"));
    assert!(told.stdout.contains(&resume), "{}", told.whole());
}
