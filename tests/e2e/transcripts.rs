//! The seed document, shown as it shows itself, and what scripts rely on: flags, exit codes, JSON.

use std::fs;

use serde_json::Value;
use systemprompt_tests::{Sandbox, assert_data_eq, file, seed, str, terminal};

#[test]
fn an_imported_registry_is_listed_on_a_terminal_as_the_document_shows_it() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select local_19bff27604c").ok();
    assert_eq!(terminal::see(&sandbox, "cloud tenant list", 0), seed::LIST);
}

#[test]
fn the_same_list_for_a_script_has_whole_ids_and_no_escapes() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let listed = sandbox.say("cloud tenant list").ok();
    let expected = "Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  local_19bff27604c    local   my-project
  999bc654-9a64-49bc-98be-db976fc84e76 cloud   my-project-prod   iad
";
    assert_eq!(listed.stdout, expected);
    assert_data_eq!(
        listed.transcript(),
        str![[r#"
$ systemprompt cloud tenant list
Tenants
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  [ID]    local   my-project
  [UUID] cloud   my-project-prod   iad
! note: took in 2 of 2 tenants from `tenants.json`; the file as it was is kept as tenants.imported-[DIGEST].json

"#]]
    );
}

#[test]
fn the_registry_file_holds_after_the_import_what_it_held_before() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("a registry is JSON");
    let (before, after) =
        (parse(seed::REGISTRY), parse(&fs::read_to_string(sandbox.file("tenants.json")).expect("the file is there")));
    assert_eq!(after["tenants"], before["tenants"]);
    assert!(after["synced_at"].is_string(), "{after}");
}

#[test]
fn what_the_document_types_next_works_on_what_was_imported() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    let session = sandbox.session(&[
        "cloud tenant show",
        "cloud tenant select local_19bff27604c",
        "cloud tenant show",
        "cloud tenant show 999bc654-9a64-49bc-98be-db976fc84e76",
        "cloud tenant show 999bc654-9a64...",
        "cloud tenant show my-project",
        "cloud tenant show my-projekt",
        "cloud tenant select nonsense",
        "cloud tenant unselect",
        "cloud tenant show",
        "cloud tenant delete 999bc654 -y",
        "cloud tenant list",
    ]);
    assert_data_eq!(
        session,
        file!["expected/transcripts/what_the_document_types_next_works_on_what_was_imported.session.txt"]
    );
}

#[test]
fn a_beginning_that_several_ids_share_is_refused_with_the_candidates() {
    let registry = r#"{"tenants": [
        {"id": "local_19bff27604c", "name": "a", "tenant_type": "local"},
        {"id": "local_19bff27604d", "name": "b", "tenant_type": "local"},
        {"id": "local_19", "name": "c", "tenant_type": "local"}
    ]}"#;
    let sandbox = Sandbox::with_registry(registry);
    sandbox.say("cloud tenant list").ok();
    let ambiguous = sandbox.say("cloud tenant show local_19bff").exits(2);
    assert!(ambiguous.stderr.contains("local_19bff27604c (a), local_19bff27604d (b)"), "{}", ambiguous.whole());
    assert_eq!(sandbox.say("cloud tenant show local_19 --json").ok().data()["name"], "c", "a whole id is no beginning");
}

#[test]
fn without_a_terminal_what_is_missing_is_a_usage_error_that_names_the_flag() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant create",
        "cloud tenant create --type local",
        "cloud tenant create --name my-project",
        "cloud tenant create --type local --yes",
        "cloud tenant create --type nonsense --name my-project",
        "cloud tenant select",
        "cloud tenant list",
    ]);
    assert_data_eq!(
        session,
        file![
            "expected/transcripts/without_a_terminal_what_is_missing_is_a_usage_error_that_names_the_flag.session.txt"
        ]
    );
    assert!(!sandbox.file("").exists(), "a usage error makes no project");
}

#[test]
fn a_region_alone_means_cloud_for_which_somebody_has_to_be_logged_in() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant create --name my-project --region iad",
        "cloud tenant create --name my-project --type cloud",
        "cloud tenant create --name my-project --type cloud --provider native",
        "cloud tenant list",
    ]);
    assert_data_eq!(
        session,
        file!["expected/transcripts/a_region_alone_means_cloud_for_which_somebody_has_to_be_logged_in.session.txt"]
    );
}

#[test]
fn what_the_command_line_does_not_know_is_an_error() {
    let sandbox = Sandbox::new();
    for line in [
        "cloud tenant list --nonsense",
        "cloud tenant create --type local --name a --nonsense=1",
        "cloud tenant nonsense",
        "nonsense",
        "cloud tenant list extra",
        "cloud tenant create --type local --name a --id x --idempotency-key y",
        "cloud tenant create --type local --name a --database-url x --provider native",
        "history log --verbose --quiet",
    ] {
        let output = sandbox.say(line).exits(2);
        assert!(output.stdout.is_empty() && output.stderr.starts_with("error: "), "{}", output.whole());
        let as_json = sandbox.say(&format!("{line} --json")).exits(2);
        assert_eq!(as_json.error_code(), "usage", "{}", as_json.whole());
        assert!(as_json.stderr.is_empty(), "{}", as_json.whole());
    }
    assert!(!sandbox.file("").exists(), "a usage error makes no project");
}

#[test]
fn with_json_an_answer_is_one_document_and_so_is_an_error() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    for (line, schema) in [
        ("cloud tenant list --json", "systemprompt/cloud-tenant-list/v1"),
        ("cloud tenant show --json", "systemprompt/cloud-tenant/v1"),
        ("history log --json", "systemprompt/history-log/v1"),
        ("history show 1 --json", "systemprompt/history-show/v1"),
        ("history verify --json", "systemprompt/history-verify/v1"),
        ("history rebuild --json", "systemprompt/history-rebuild/v1"),
        ("which --json", "systemprompt/which/v1"),
        ("plugin list --json", "systemprompt/plugin-list/v1"),
        ("plugin show native --json", "systemprompt/plugin/v1"),
    ] {
        let output = sandbox.say(line).ok();
        assert_eq!(output.json()["schema"], schema, "{}", output.whole());
        assert_eq!(output.stderr, "", "{line}");
    }
    let session = sandbox.session(&[
        "cloud tenant show nonsense --json",
        "cloud tenant delete my-project --json",
        "cloud tenant create --json",
        "cloud tenant create --name x --region iad --json",
        "cloud tenant resume --json",
        "history show 99 --json",
        "plugin show nonsense --json",
    ]);
    assert_data_eq!(
        session,
        file!["expected/transcripts/with_json_an_answer_is_one_document_and_so_is_an_error.session.txt"]
    );
}

#[test]
fn where_there_is_no_project_reading_says_so_and_makes_none() {
    let sandbox = Sandbox::new();
    let session = sandbox.session(&[
        "cloud tenant list",
        "cloud tenant list --json",
        "cloud tenant show",
        "cloud tenant select x",
        "cloud tenant delete x -y",
        "cloud tenant resume",
        "history log",
        "history verify",
        "history rebuild",
        "which",
    ]);
    assert_data_eq!(
        session,
        file!["expected/transcripts/where_there_is_no_project_reading_says_so_and_makes_none.session.txt"]
    );
    assert!(!sandbox.file("").exists(), "nothing was made");
    assert!(!sandbox.data().exists(), "not even a key");
}

#[test]
fn the_project_is_found_from_below_and_named_from_elsewhere() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    let below = sandbox.project().join("src/deep");
    fs::create_dir_all(&below).expect("a directory can be made");
    let mut command = sandbox.command(["cloud", "tenant", "list", "--json"]);
    command.current_dir(&below);
    assert_eq!(sandbox.start(command).end().ok().data()["total"], 2);

    let project = sandbox.project().display().to_string();
    let elsewhere = sandbox.root().join("home");
    let from_elsewhere = |sandbox: &Sandbox, args: &[&str]| {
        let mut command = sandbox.command(args);
        command.current_dir(&elsewhere);
        sandbox.start(command).end()
    };
    let named = from_elsewhere(&sandbox, &["cloud", "tenant", "list", "--json", "--project", &project]);
    assert_eq!(named.ok().data()["total"], 2);
    sandbox.set("SYSTEMPROMPT_PROJECT", &project);
    assert_eq!(from_elsewhere(&sandbox, &["cloud", "tenant", "list", "--json"]).ok().data()["total"], 2);
}

#[test]
fn the_flag_goes_before_the_environment_and_that_before_the_selection() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    assert_eq!(sandbox.say("cloud tenant show --json").ok().data()["name"], "my-project");
    sandbox.set("SYSTEMPROMPT_TENANT", "my-project-prod");
    assert_eq!(sandbox.say("cloud tenant show --json").ok().data()["name"], "my-project-prod");
    assert_eq!(sandbox.say("cloud tenant show --json --tenant my-project").ok().data()["name"], "my-project");
    assert_eq!(sandbox.say("cloud tenant show --json my-project").ok().data()["name"], "my-project");
    let contradiction = sandbox.say("cloud tenant show --json my-project --tenant my-project-prod").exits(2);
    assert_eq!(contradiction.error_code(), "tenant-twice");
    assert_data_eq!(
        sandbox.say("which --explain").ok().transcript(),
        str![[r#"
$ systemprompt which --explain
Project:  [SANDBOX]/project, found by walking up from the working directory
Tenant:   my-project-prod ([UUID]), by SYSTEMPROMPT_TENANT
the first that is set decides about the tenant:
  --tenant                       none
  --profile                      none
  SYSTEMPROMPT_TENANT            my-project-prod
  SYSTEMPROMPT_PROFILE           none
  this shell's session           none
  the project's selection        [ID]

"#]]
    );
}
