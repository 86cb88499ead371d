//! An application beside a tenant's database at Fly: told where that is by a secret, and begun again when the password changes.

use std::collections::BTreeMap;

use systemprompt_fake_fly::{FakeFly, ImageBehaviour, MachineItem, Request};
use systemprompt_tests::{Sandbox, until};

use super::faults::changes::{End, SPEED, end};
use super::faults::{creations, faults};
use super::{
    APP, CREATE, ID, agree_on_password, ask_fly, counts, logged_in, password, registered, url, with_tenant_of,
};

const ROTATE: &str = "cloud tenant rotate-credentials my-project-prod -y";
const IMAGE: &str = "registry.fly.io/shop:1";
/// Apps, machines, volumes and addresses of such a tenant.
pub(crate) const ALL: [usize; 4] = [1, 2, 1, 2];

/// Creates such a tenant.
pub(crate) fn create() -> String {
    format!("{CREATE} --config app_image={IMAGE} --config app_port=3000")
}

fn made() -> (FakeFly, Sandbox) {
    with_tenant_of(&create(), SPEED)
}

/// The application's machine.
fn machine(fly: &FakeFly) -> MachineItem {
    fly.inventory().machines.into_iter().find(|machine| machine.name == "app").expect("there is an application")
}

/// Whether the application, too, sees the password that all others agree on.
pub(crate) fn agrees(fly: &FakeFly, sandbox: &Sandbox) -> bool {
    agree_on_password(fly, sandbox) && fly.env(&machine(fly).id)["DATABASE_URL"] == url(sandbox)
}

/// The line with this label that `status` shows.
fn detail(sandbox: &Sandbox, label: &str) -> Option<String> {
    let data = sandbox.say("cloud tenant status my-project-prod --json").data();
    let mut details = data["details"].as_array()?.iter();
    details.find(|one| one["label"] == label)?["value"].as_str().map(str::to_owned)
}

#[test]
fn an_application_is_started_after_the_database_and_finds_it_by_a_secret() {
    let (fly, sandbox) = made();
    assert_eq!(counts(&fly.inventory()), ALL);
    let application = machine(&fly);
    assert_eq!((application.image.as_str(), application.state.as_str()), (IMAGE, "started"));
    let (http, https) = ((80, vec!["http".to_owned()]), (443, vec!["tls".to_owned(), "http".to_owned()]));
    assert_eq!(application.ports, [http, https]);
    let database =
        fly.inventory().machines.into_iter().find(|machine| machine.name == "postgres").expect("it is there");
    let address = format!("@{}.vm.{APP}.internal:5432/", database.id);
    assert!(url(&sandbox).contains(&address), "the app's name leads to both machines: {}", url(&sandbox));
    assert!(agrees(&fly, &sandbox));
    let requests = fly.requests();
    let place = |wanted: &dyn Fn(&Request) -> bool| requests.iter().position(wanted).expect("it was asked");
    let login = place(&|request| request.path.ends_with("/exec"));
    let launch = place(&|request| request.method == "POST" && request.json()["name"] == "app");
    assert!(login < launch, "the database answers before");
    let config = requests[launch].json()["config"].to_string();
    assert!(!config.contains(&password(&sandbox)) && !config.contains("DATABASE_URL"), "{config}");
    assert_eq!(requests[launch].json()["config"]["services"][0]["internal_port"], 3_000);
    assert!(detail(&sandbox, "Application").is_some_and(|says| says.ends_with(", started")));
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
    sandbox.say("history verify").ok();
}

#[test]
fn a_creation_with_an_application_asks_four_times_more_and_is_planned_with_it() {
    let line = create();
    let asked = |line: &str| {
        let fly = FakeFly::start();
        let sandbox = logged_in(&fly);
        let before = fly.requests().len();
        sandbox.say(line).ok();
        fly.requests().len() - before
    };
    assert_eq!(asked(&line), asked(CREATE) + 4);
    let fly = FakeFly::start();
    let plan = logged_in(&fly).say(&format!("{line} --plan")).ok();
    for says in ["create the application's machine", IMAGE, "port 3000", "costs money", "DATABASE_URL"] {
        assert!(plan.stdout.contains(says), "{says}: {}", plan.whole());
    }
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn settings_of_an_application_that_cannot_be_are_refused_before_anything_is_asked() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let asked = fly.requests().len();
    for setting in ["app_image=", "app_image=a b", "app_port=0", "app_port=65536", "app_memory_mb=100"] {
        let output = sandbox.run(CREATE.split(' ').chain(["--config", setting, "--json"])).exits(2);
        assert_eq!(output.error_code(), "bad-config", "{setting}: {}", output.whole());
    }
    assert_eq!(fly.requests().len(), asked, "Fly was asked");
}

#[test]
fn an_application_that_does_not_start_undoes_the_creation() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    for (id, behaviour) in [("77", ImageBehaviour::Unpullable), ("78", ImageBehaviour::LaunchFails)] {
        fly.image(IMAGE, behaviour);
        let output = sandbox.say(&format!("{} --json", create().replace("76", id))).exits(4);
        assert_eq!(output.error_code(), "machine-failed", "{}", output.whole());
        assert_eq!(counts(&fly.inventory()), [0; 4]);
    }
    fly.image(IMAGE, ImageBehaviour::Exits(0));
    fly.can_pay("acme", false);
    let output = sandbox.say(&format!("{} --json", create())).exits(4);
    assert_eq!(output.error_code(), "payment-required", "{}", output.whole());
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn what_goes_with_a_deletion_and_what_the_state_is_has_the_application_in_it() {
    let (fly, sandbox) = made();
    for command in ["delete", "cancel"] {
        let plan = sandbox.say(&format!("cloud tenant {command} my-project-prod --plan")).ok();
        assert!(plan.stdout.contains(&machine(&fly).id), "{}", plan.whole());
    }
    fly.process_ends(&machine(&fly).id, 1);
    let status = sandbox.say("cloud tenant status my-project-prod --json").exits(1).data();
    assert_eq!(status["state"], "degraded", "{status}");
    assert!(detail(&sandbox, "Application").is_some_and(|says| says.ends_with(", stopped")));
    sandbox.say("cloud tenant cancel my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn after_a_rotation_the_application_sees_the_new_password() {
    let (fly, sandbox) = made();
    let (old, secrets) = (password(&sandbox), machine(&fly).secrets_version);
    sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox) && password(&sandbox) != old);
    assert_eq!((machine(&fly).state.as_str(), machine(&fly).secrets_version), ("started", secrets + 1));
    // One that does not run keeps nobody from a new password, and sees it when it is started.
    fly.process_ends(&machine(&fly).id, 1);
    sandbox.say(ROTATE).ok();
    assert!(agrees(&fly, &sandbox));
    assert_eq!(machine(&fly).state, "stopped");
}

#[test]
fn an_edit_gives_the_application_another_image_and_nothing_else_changes() {
    let (fly, sandbox) = made();
    let before = (registered(&sandbox), machine(&fly).secrets_version);
    let edit = "cloud tenant edit my-project-prod --config";
    sandbox.say(&format!("{edit} app_image=registry.fly.io/shop:2")).ok();
    let after = machine(&fly);
    assert_eq!((after.image.as_str(), after.state.as_str()), ("registry.fly.io/shop:2", "started"));
    assert_eq!((registered(&sandbox), after.secrets_version), before);
    assert!(agrees(&fly, &sandbox));
    sandbox.say("history undo -y").ok();
    assert_eq!(machine(&fly).image, IMAGE, "an edit is undone by an edit");
    sandbox.say(&format!("{edit} app_image=registry.fly.io/shop:2")).ok();
    let asked = fly.requests().len();
    sandbox.say(&format!("{edit} app_image=registry.fly.io/shop:2")).ok();
    for setting in ["memory_mb=2048", "volume_gb=20"] {
        let refused = sandbox.say(&format!("{edit} {setting} --json")).exits(4);
        assert_eq!(refused.error_code(), "config-fixed", "{}", refused.whole());
    }
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "Fly was asked for a change");
    fly.image("registry.fly.io/shop:3", ImageBehaviour::Unpullable);
    let failed = sandbox.say(&format!("{edit} app_image=registry.fly.io/shop:3 --json")).exits(4);
    assert_eq!(failed.error_code(), "machine-failed", "{}", failed.whole());
    let back = machine(&fly);
    assert_eq!((back.image.as_str(), back.state.as_str()), ("registry.fly.io/shop:2", "started"), "it goes on");
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!(shown["config"]["app_image"], "registry.fly.io/shop:2", "{shown}");
    sandbox.say("history verify").ok();
}

#[test]
fn while_the_host_of_an_application_cannot_be_reached_nothing_of_it_is_recorded_or_changed() {
    let (fly, sandbox) = made();
    let id = machine(&fly).id;
    fly.host_reachable(&id, false);
    for line in ["cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2", ROTATE] {
        let asked = fly.requests().len();
        let refused = sandbox.say(&format!("{line} --json")).exits(6);
        assert_eq!(refused.error_code(), "fly-busy", "{}", refused.whole());
        assert!(refused.whole().contains("the host of machine"), "{}", refused.whole());
        assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "{line}");
        assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "an operation was left");
    }
    fly.host_reachable(&id, true);
    sandbox.say("cloud tenant edit my-project-prod --config app_image=registry.fly.io/shop:2").ok();
    sandbox.say("history undo -y").ok();
    assert_eq!(machine(&fly).image, IMAGE);
}

#[test]
fn an_application_that_somebody_or_fly_destroyed_is_named_and_made_again_and_never_twice() {
    let (fly, sandbox) = made();
    let edit = |image: &str| sandbox.say(&format!("cloud tenant edit my-project-prod --config app_image={image}"));
    let first = machine(&fly).id;
    assert_eq!(ask_fly(&fly, "DELETE", &format!("/v1/apps/{APP}/machines/{first}?force=true"), ""), 200);
    until("the machine is gone", || (fly.inventory().machines.len() == 1).then_some(()));
    let says = detail(&sandbox, "Missing").expect("it is named");
    assert!(says.contains(&format!("edit {ID} --config app_image={IMAGE}` makes it again")), "{says}");
    let made = edit(IMAGE).ok();
    assert!(made.stderr.contains("another is made"), "{}", made.whole());
    assert_eq!(counts(&fly.inventory()), ALL);
    assert!(agrees(&fly, &sandbox) && machine(&fly).id != first && machine(&fly).state == "started");
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!(shown["resources"]["app_machine"], machine(&fly).id.as_str());
    let asked = fly.requests().len();
    edit(IMAGE).ok();
    assert!(fly.requests()[asked..].iter().all(|request| request.method == "GET"), "one is enough");

    fly.image("registry.fly.io/shop:2", ImageBehaviour::LaunchFails);
    let failed = edit("registry.fly.io/shop:2 --json").exits(4);
    assert_eq!(failed.error_code(), "machine-failed", "{}", failed.whole());
    assert_eq!(counts(&fly.inventory()), ALL);
    let back = machine(&fly);
    assert_eq!((back.image.as_str(), back.state.as_str()), (IMAGE, "started"), "the one before goes on");
    assert!(agrees(&fly, &sandbox));
    assert!(detail(&sandbox, "Differs").expect("it is another machine").contains(&back.id));
    edit(IMAGE).ok();
    assert_eq!(detail(&sandbox, "Differs"), None, "it is recorded now");
    assert_eq!(machine(&fly).id, back.id);
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(counts(&fly.inventory()), [0; 4]);
}

#[test]
fn whichever_request_of_a_creation_with_an_application_fails_there_is_one_of_each_or_nothing() {
    // What comes before the database's first login is the same without one.
    println!("{}", creations(&create(), ALL, 10));
}

/// Does it again and again with one tenant, each time with another failure; says how often it ended how.
fn changes(line: &dyn Fn(usize) -> String, is_done: &dyn Fn(&FakeFly, &Sandbox, End, usize) -> bool) -> String {
    let mut ends: BTreeMap<End, u32> = BTreeMap::new();
    let (fly, sandbox) = made();
    let before = fly.requests().len();
    sandbox.say(&line(0)).ok();
    let requests = (fly.requests().len() - before) as u64;
    let mut run = 0;
    for number in 1..=requests {
        for (_, fault) in faults() {
            run += 1;
            let (end, about) = end(&fly, &sandbox, &line(run), number, &fault);
            assert_eq!(counts(&fly.inventory()), ALL, "{about}");
            assert!(agrees(&fly, &sandbox) && is_done(&fly, &sandbox, end, run), "{about}");
            *ends.entry(end).or_default() += 1;
        }
    }
    sandbox.say("history verify").ok();
    assert!(ends[&End::Done] > ends.get(&End::Undone).copied().unwrap_or_default(), "what passes is waited for");
    format!("`{}`, of which one request failed, {} times: {ends:?}", line(0), ends.values().sum::<u32>())
}

#[test]
fn whichever_request_of_a_rotation_fails_the_application_sees_the_password_that_is_taken() {
    println!("{}", changes(&|_| ROTATE.to_owned(), &|_, _, _, _| true));
}

#[test]
fn whichever_request_of_an_edit_fails_the_application_is_as_it_is_recorded() {
    let image = |run: usize| format!("registry.fly.io/shop:{}", run + 2);
    let line = |run: usize| format!("cloud tenant edit my-project-prod --config app_image={}", image(run));
    let is_done = |fly: &FakeFly, sandbox: &Sandbox, end: End, run: usize| {
        let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
        let is_new = machine(fly).image == image(run);
        shown["config"]["app_image"] == machine(fly).image && (end == End::Resumed || is_new == (end == End::Done))
    };
    println!("{}", changes(&line, &is_done));
}
