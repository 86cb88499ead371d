//! Every question that a person at a terminal can be asked, answered by a scripted hand.

use systemprompt_tests::{Sandbox, Screen, seed};

use crate::hostile::plugin;

const RETURN: &str = "\r";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";

fn ask(sandbox: &Sandbox, line: &str) -> Screen {
    Screen::run(sandbox, line, 80)
}

#[test]
fn a_creation_asks_for_type_name_and_provider_and_each_comes_from_a_list_or_is_checked() {
    let sandbox = Sandbox::new();
    let mut screen = ask(&sandbox, "cloud tenant create");
    screen.wait_for("Where does the tenant run?");
    screen.wait_for("cloud: on managed infrastructure");
    screen.press(RETURN);
    screen.wait_for("Name of the tenant:");
    screen.press(&format!("No Good{RETURN}"));
    screen.wait_for("note: ");
    screen.press(&format!("my-project{RETURN}"));
    screen.wait_for("Who provides its database?");
    screen.wait_for("a database that I have, by its URL");
    screen.press(&format!("native{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("✓ create role") && text.contains("created tenant `my-project`"), "{text}");
    assert_eq!(sandbox.say("cloud tenant show my-project --json").ok().data()["provider"], "native");
}

#[test]
fn with_type_and_name_nothing_is_asked() {
    let sandbox = Sandbox::new();
    let mut screen = ask(&sandbox, "cloud tenant create --type local --name my-project --provider native");
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains('?'), "{text}");
}

#[test]
fn a_database_that_one_has_is_asked_for_by_its_url_which_is_not_shown() {
    let sandbox = Sandbox::new();
    let mut screen = ask(&sandbox, "cloud tenant create --type local");
    screen.wait_for("Name of the tenant:");
    screen.press(&format!("old{RETURN}"));
    screen.wait_for("Who provides its database?");
    screen.press(&format!("a database{RETURN}"));
    screen.wait_for("Database URL");
    screen.press(&format!("postgres://me:hunter2@127.0.0.1:1/old{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 6, "nobody answers there: {text}");
    assert!(text.contains("error: ") && !screen.bytes().contains("hunter2"), "{}", screen.bytes());
}

#[test]
fn a_cloud_tenants_provider_and_region_are_chosen_from_what_is_installed() {
    let sandbox = Sandbox::new();
    plugin::install(&sandbox, &plugin::variant("cloud-regions")).ok();
    let mut screen = ask(&sandbox, "cloud tenant create --type cloud");
    screen.wait_for("Name of the tenant:");
    screen.press(&format!("my-project-prod{RETURN}"));
    screen.wait_for("Who provides its database?");
    screen.press(RETURN);
    screen.wait_for("In which region?");
    screen.wait_for("lhr: Europe (London)");
    screen.press(&format!("{DOWN}{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    let shown = sandbox.say("cloud tenant show my-project-prod --json").ok().data();
    assert_eq!((&shown["region"], &shown["provider"]), (&"lhr".into(), &"hostile".into()), "{shown}");
}

#[test]
fn whoever_wants_a_tenant_in_a_cloud_is_asked_in_which() {
    let sandbox = Sandbox::new();
    let mut screen = ask(&sandbox, "cloud tenant create --type cloud");
    screen.wait_for("Name of the tenant:");
    screen.press(&format!("shop{RETURN}"));
    screen.wait_for("Who provides its database?");
    screen.press(&format!("postgres{RETURN}"));
    let (code, text) = screen.end();
    assert!(code == 5 && text.contains("systemprompt cloud auth login --provider postgres"), "{text}");
}

#[test]
fn an_administrators_url_that_is_asked_for_is_not_seen() {
    let sandbox = Sandbox::new();
    let mut screen = ask(&sandbox, "cloud auth login --provider postgres");
    screen.wait_for("URL of the server's administrator");
    screen.press(&format!("postgres://admin:hunter2@127.0.0.1:1/postgres{RETURN}"));
    let (code, text) = screen.end();
    assert!(code == 6 && text.contains("`127.0.0.1:1`"), "{text}");
    assert!(!screen.bytes().contains("hunter2"), "{}", screen.bytes());
}

#[test]
fn a_tenant_to_select_is_chosen_from_a_list_that_typing_narrows() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let mut screen = ask(&sandbox, "cloud tenant select");
    screen.wait_for("Which tenant?");
    screen.wait_for("my-project-prod (cloud, 999bc654-9a64-49bc-98be-db976fc84e76)");
    screen.press(&format!("prod{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert_eq!(sandbox.say("which --json").ok().data()["tenant"]["name"], "my-project-prod");
}

#[test]
fn a_deletion_wants_the_name_typed_and_another_one_does_nothing() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let mut screen = ask(&sandbox, "cloud tenant delete my-project");
    screen.wait_for("Type `my-project` to go on:");
    screen.press(&format!("my-project-prod{RETURN}"));
    let (code, text) = screen.end();
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("nothing was done"), "{text}");
    let mut screen = ask(&sandbox, "cloud tenant delete my-project");
    screen.wait_for("Type `my-project` to go on:");
    screen.press(&format!("my-project{RETURN}"));
    assert_eq!(screen.end().0, 0);
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 1);
}

#[test]
fn a_plugin_is_allowed_by_a_yes_and_by_nothing_else() {
    let sandbox = Sandbox::new();
    let file = plugin::file(&sandbox, "hostile.wasm", plugin::COMPONENT);
    let line = format!("plugin install {}", file.display());
    for (answer, code) in [("n", 4), ("", 4), ("y", 0)] {
        let mut screen = ask(&sandbox, &line);
        screen.wait_for("Allow this?");
        screen.press(&format!("{answer}{RETURN}"));
        assert_eq!(screen.end().0, code, "`{answer}`");
    }
}

#[test]
fn whoever_leaves_a_question_unanswered_ends_the_command_and_nothing_is_done() {
    for keys in [ESCAPE, CTRL_C] {
        let sandbox = Sandbox::new();
        let mut screen = ask(&sandbox, "cloud tenant create");
        screen.wait_for("Where does the tenant run?");
        screen.press(keys);
        let (code, text) = screen.end();
        assert_eq!(code, 130, "{text}");
        assert!(text.contains("nothing was done"), "{text}");
        assert!(!sandbox.file("").exists());
    }
}

#[test]
fn at_a_terminal_yes_and_json_ask_nothing_either() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    for (line, code) in [
        ("cloud tenant create --yes", 2),
        ("cloud tenant create --json", 2),
        ("cloud tenant select --json", 2),
        ("cloud tenant delete my-project --json", 4),
    ] {
        let (found, text) = ask(&sandbox, line).end();
        assert_eq!(found, code, "{line}: {text}");
    }
}
