//! The life of a tenant at Fly: what there is there, what is known here, and what is gone afterwards.

use std::fs;

use serde_json::Value;
use systemprompt_fake_fly::{FakeFly, Output as Ran, Request};

use super::{APP, CREATE, ID, counts, logged_in};

#[test]
fn a_tenant_at_fly_is_one_app_with_all_that_it_needs_and_has_the_fields_of_the_guide() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let created = sandbox.say(&format!("{CREATE} --json")).ok().data();
    assert_eq!(created["id"], ID, "{created}");
    let there = fly.inventory();
    assert_eq!(counts(&there), [1, 1, 1, 2], "{there:?}");
    assert_eq!((there.apps[0].name.as_str(), there.machines[0].state.as_str()), (APP, "started"));
    assert_ne!(there.apps[0].network, "default");
    assert_eq!(
        (there.machines[0].region.as_str(), &there.machines[0].volumes),
        ("iad", &vec![there.volumes[0].id.clone()])
    );
    assert!(there.volumes[0].encrypted && there.volumes[0].region == "iad");
    assert_eq!(there.machines[0].metadata["systemprompt_tenant"], ID);

    let registry: Value =
        serde_json::from_slice(&fs::read(sandbox.file("tenants.json")).expect("it is there")).expect("it is JSON");
    let tenant = &registry["tenants"][0];
    assert_eq!(tenant["id"], ID);
    assert_eq!(tenant["tenant_type"], "cloud");
    assert_eq!(tenant["app_id"], APP);
    assert_eq!(tenant["hostname"], "sp-999bc6549a64.fly.dev");
    assert_eq!(tenant["region"], "iad");
    let url = tenant["internal_database_url"].as_str().expect("it has a URL");
    assert!(url.starts_with("postgres://tenant_") && url.contains("@sp-999bc6549a64.internal:5432/tenant_"), "{url}");
    assert!(tenant["sync_token"].as_str().is_some_and(|token| token.starts_with("sp_sync_") && token.len() > 30));

    let list = sandbox.say("cloud tenant list").ok();
    assert!(list.stdout.contains("cloud   my-project-prod   iad"), "{}", list.whole());
    let shown = sandbox.say(&format!("cloud tenant show {ID}")).ok();
    for says in ["sp-999bc6549a64.fly.dev", "iad", "ready"] {
        assert!(shown.stdout.contains(says), "{says}: {}", shown.whole());
    }
    let status = sandbox.say("cloud tenant status my-project-prod --json").ok().data();
    assert_eq!((&status["reachable"], &status["state"]), (&Value::Bool(true), &Value::from("ready")), "{status}");

    sandbox.say(&format!("cloud tenant delete {ID} -y")).ok();
    assert_eq!(counts(&fly.inventory()), [0, 0, 0, 0]);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    sandbox.say("history verify").ok();
}

#[test]
fn the_password_is_proved_by_a_login_on_the_machine_and_stands_in_no_command_and_no_configuration() {
    let fly = FakeFly::start();
    let (told, heard) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    fly.on_exec(move |command| {
        let _ended = told.lock().map(|told| told.send(command));
        Ran { exit_code: 0, stdout: "1\n".to_owned(), stderr: String::new() }
    });
    let sandbox = logged_in(&fly);
    let created = sandbox.say(&format!("{CREATE} --json --reveal")).ok().data();
    let url = created["internal_database_url"].as_str().map(ToOwned::to_owned);
    let url = url.or_else(|| created.pointer("/resources/internal_database_url")?.as_str().map(ToOwned::to_owned));
    let url = url.unwrap_or_else(|| panic!("there is no URL in {created}"));
    let password = url.split([':', '@']).nth(2).expect("the URL has a password").to_owned();
    let command = heard.try_recv().expect("a command was run");
    assert_eq!(command.env["PGPASSWORD"], password);
    assert_eq!(command.env["POSTGRES_PASSWORD"], password);
    assert!(!command.command.iter().any(|word| word.contains(&password)), "{:?}", command.command);
    assert!(!command.command.contains(&"127.0.0.1".to_owned()), "from there a password is not asked for");
    let holding = |request: &Request| String::from_utf8_lossy(&request.body).contains(&password);
    let bodies: Vec<_> = fly.requests().iter().filter(|request| holding(request)).map(Request::line).collect();
    assert_eq!(bodies, [format!("POST /v1/apps/{APP}/secrets")], "only there does the password go");
    let output = sandbox.say("history log --json").ok();
    assert!(!output.whole().contains(&password), "{}", output.whole());
}

#[test]
fn a_creation_asks_fly_no_more_than_it_has_to() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let before = fly.requests().len();
    sandbox.say(CREATE).ok();
    let app = |path: &str| format!("/v1/apps/{APP}{path}");
    let machine = fly.inventory().machines[0].id.clone();
    let expected = [
        "GET /v1/tokens/current".to_owned(),
        format!("GET {}", app("")),
        "POST /v1/apps".to_owned(),
        format!("POST {}", app("/secrets")),
        format!("GET {}", app("/volumes")),
        format!("POST {}", app("/volumes")),
        format!("GET {}", app("/machines")),
        format!("POST {}", app("/machines")),
        format!("GET {}", app(&format!("/machines/{machine}/wait"))),
        format!("POST {}", app(&format!("/machines/{machine}/exec"))),
        format!("GET {}", app("/ip_assignments")),
        format!("POST {}", app("/ip_assignments")),
        format!("GET {}", app("/ip_assignments")),
        format!("POST {}", app("/ip_assignments")),
    ];
    let asked: Vec<_> = fly.requests()[before..].iter().map(Request::line).collect();
    assert_eq!(asked, expected);
    assert!(fly.requests().iter().all(|request| request.status.is_some_and(|status| status < 400 || status == 404)));
}

#[test]
fn a_plan_says_what_there_will_be_and_asks_fly_for_nothing() {
    let fly = FakeFly::start();
    let plan = logged_in(&fly).say(&format!("{CREATE} --plan")).ok();
    assert!(plan.stdout.contains("create the volume") && fly.inventory().apps.is_empty(), "{}", plan.whole());
}
