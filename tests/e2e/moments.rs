//! Looking at what was: `--at`, what differed, what is to blame, and the first event after which something is wrong.

mod bisection;

use std::io::{BufRead, BufReader};

use serde_json::Value;
use systemprompt_tests::{Sandbox, assert_data_eq, seed, str};

/// The seed's two tenants, taken in; then one is selected, gets a profile, another name and protection.
fn story() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    for line in [
        "cloud tenant select my-project -q",
        "cloud profile create local -q",
        "cloud tenant edit --name acme -q",
        "cloud profile edit local --set site.name=Acme -y -q",
        "cloud tenant protect -q",
    ] {
        sandbox.say(line).ok();
    }
    sandbox
}

/// Position of the newest event of a type.
fn newest(sandbox: &Sandbox, kind: &str) -> u64 {
    let events = sandbox.say(&format!("history log --type {kind} -n 1 --json")).ok().data();
    events["events"][0]["position"].as_u64().unwrap_or_else(|| panic!("there is no {kind}: {events}"))
}

fn name_at(sandbox: &Sandbox, moment: &str) -> Value {
    let shown = sandbox.run(["cloud", "tenant", "show", "local_19bff27604c", "--at", moment, "--json"]).ok();
    shown.data()["name"].clone()
}

#[test]
fn every_command_that_reads_answers_as_of_a_moment() {
    let sandbox = story();
    let renamed = newest(&sandbox, "TenantRenamed");
    assert_eq!(name_at(&sandbox, &renamed.to_string()), "acme");
    assert_eq!(name_at(&sandbox, &(renamed - 1).to_string()), "my-project");
    let head = sandbox.say("history log -n 1 --json").ok().data()["events"][0]["position"].as_u64().expect("a number");
    assert_eq!(name_at(&sandbox, &format!("@-{}", head - renamed + 1)), "my-project");
    assert_eq!(name_at(&sandbox, "@"), "acme");
    assert_eq!(name_at(&sandbox, "0s ago"), "acme");
    let before = format!("--at {}", newest(&sandbox, "TenantSelected") - 1);
    let listed = sandbox.say(&format!("cloud tenant list {before}")).ok();
    assert!(!listed.stdout.contains("(selected)"), "{}", listed.stdout);
    assert!(listed.stderr.starts_with("note: as of event "), "{}", listed.stderr);
    assert_eq!(
        sandbox.say(&format!("cloud profile list {before} --json")).ok().data()["profiles"],
        Value::Array(vec![])
    );
    assert_eq!(sandbox.say(&format!("which {before} --json")).ok().data()["tenant"], Value::Null);
    let log = sandbox.say("history log --at 2 --json").ok().data();
    assert_eq!(log["events"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_document_says_what_it_is_as_of() {
    let sandbox = story();
    let document = sandbox.say("cloud tenant list --at 2 --json").ok().json();
    assert_eq!(document["at"]["position"], 2);
    assert!(document["at"]["time"].is_string() && document["at"]["type"].is_string(), "{document}");
    assert_eq!(sandbox.say("cloud tenant list --json").ok().json().get("at"), None);
}

#[test]
fn the_past_is_not_changed_and_the_world_has_none() {
    let sandbox = story();
    let session = sandbox.session(&[
        "cloud tenant select my-project-prod --at 3",
        "cloud tenant delete acme -y --at @-1",
        "cloud tenant status --at @-1",
        "cloud tenant list --at soon",
        "cloud tenant list --at 2001-01-01",
        "cloud tenant list --at @-5000",
        "cloud tenant list --at 5000",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant select my-project-prod --at 3
! error: `--at` looks at the past, which cannot be changed
! help: nothing was done; look with a command that reads, such as `list`, `show` or `history log`
? 2
$ systemprompt cloud tenant delete acme -y --at @-1
! error: `--at` looks at the past, which cannot be changed
! help: nothing was done; look with a command that reads, such as `list`, `show` or `history log`
? 2
$ systemprompt cloud tenant status --at @-1
! error: `--at` does not go with this command
! help: it is about what is there now, outside of the log
? 2
$ systemprompt cloud tenant list --at soon
! error: `soon` is not a moment
! help: a position (`18`), an event's id, a time (`2026-02-01`, `2026-02-01 10:00`, RFC 3339; UTC unless it says otherwise), `2h ago`, `@` for now, or `@-3` for three events back
? 2
$ systemprompt cloud tenant list --at 2001-01-01
! error: there is no moment `2001-01-01`
!   caused by: nothing had happened here by [TIME]
! hint: run `systemprompt history log`
? 3
$ systemprompt cloud tenant list --at @-5000
! error: there is no moment `@-5000`
!   caused by: there are only 14 events
! hint: run `systemprompt history log`
? 3
$ systemprompt cloud tenant list --at 5000
! error: there is no moment `5000`
!   caused by: there is no such event; the last one is 14
! hint: run `systemprompt history log`
? 3

"#]]
    );
}

#[test]
fn what_differs_between_two_moments_is_told_field_by_field() {
    let sandbox = story();
    let from = newest(&sandbox, "TenantRenamed") - 1;
    let transcript = sandbox.say(&format!("history diff {from}")).ok().transcript();
    assert_data_eq!(
        transcript,
        str![[r#"
$ systemprompt history diff 11
from event 11, [TIME]
to event 14, [TIME]

~ tenant [ID] (acme)
    name: my-project → acme
    protected: no → yes
~ profile [UUID] (local)
    profile.yaml site.name: Acme

"#]]
    );
    let back = sandbox.say(&format!("history diff @ {from} --json")).ok().data();
    let names: Vec<_> =
        back["differences"][0]["fields"].as_array().expect("a list").iter().map(|f| &f["field"]).collect();
    assert_eq!(names, ["name", "protected"]);
    assert_data_eq!(
        sandbox.say("history diff @").ok().stdout.lines().last().unwrap_or_default(),
        str!["nothing differs"]
    );
}

#[test]
fn each_field_of_a_tenant_names_who_set_it() {
    let sandbox = story();
    let renamed = newest(&sandbox, "TenantRenamed");
    let blamed = sandbox.say("history blame acme name --json").ok().data();
    assert_eq!(blamed["fields"][0]["event"]["position"].as_u64(), Some(renamed));
    assert_eq!(blamed["fields"][0]["event"]["type"], "TenantRenamed");
    assert_data_eq!(
        sandbox.say("history blame acme").ok().transcript(),
        str![[r#"
$ systemprompt history blame acme
2  [TIME]  TenantAdopted  [..]
  systemprompt cloud tenant select my-project -q
    database_url         postgres://systemprompt:***@localhost:[PORT]/systemprompt
    external_db_access   no
    provider             external
    shared_container_db  systemprompt-shared-db
    state                ready
    tenant_type          local
12  [TIME]  TenantRenamed  [..]
  systemprompt cloud tenant edit --name acme -q
    name                 acme
14  [TIME]  TenantProtected  [..]
  systemprompt cloud tenant protect -q
    protected            yes

"#]]
    );
    assert_data_eq!(
        sandbox.say("history blame acme nam").exits(3).transcript(),
        str![[r#"
$ systemprompt history blame acme nam
! error: the tenant has no field `nam`
! help: did you mean `name`?
? 3

"#]]
    );
    let then = sandbox.say(&format!("history blame my-project name --at {} --json", renamed - 1)).ok().data();
    assert_eq!(then["fields"][0]["event"]["type"], "TenantAdopted");
}

#[test]
fn a_log_is_filtered_by_what_people_remember() {
    let sandbox = story();
    let kinds = |line: &str| {
        let events = sandbox.say(&format!("history log {line} --json")).ok().data();
        let kinds = events["events"].as_array().expect("a list").iter().map(|event| event["type"].to_string());
        kinds.collect::<Vec<_>>().join(" ").replace('"', "")
    };
    assert_eq!(kinds("--type TenantRenamed --type TenantProtected"), "TenantProtected TenantRenamed");
    assert_eq!(kinds("--grep ACME --type TenantRenamed"), "TenantRenamed");
    assert_eq!(kinds("--profile local --type ProfileEdited"), "ProfileEdited");
    assert_eq!(kinds("--actor nobody-of-this-name"), "");
    let renamed = newest(&sandbox, "TenantRenamed");
    assert_eq!(kinds(&format!("--since {renamed} --until {renamed}")), "TenantRenamed");
    assert_eq!(kinds("--tenant my-project --type TenantProtected"), "TenantProtected", "by a name that it had");
    assert_data_eq!(
        sandbox.say("history log --type TenantRenamd").exits(3).transcript(),
        str![[r#"
$ systemprompt history log --type TenantRenamd
! error: there is no type of events `TenantRenamd`
! help: did you mean `TenantRenamed`?
? 3

"#]]
    );
    assert_eq!(kinds("--until 2001-01-01"), "");
    assert!(kinds("--since 2001-01-01").ends_with("ProjectInitialised"));
}

#[test]
fn a_log_shows_what_each_event_changed_and_which_command_caused_it() {
    let sandbox = story();
    assert_data_eq!(
        sandbox.say("history log --patch --type TenantRenamed").ok().transcript(),
        str![[r#"
$ systemprompt history log --patch --type TenantRenamed
    12  [TIME]  TenantRenamed            tenant [ID]: acme
        ~ tenant [ID] (acme)
            name: my-project → acme

"#]]
    );
    assert_data_eq!(
        sandbox.say("history log --graph -n 4").ok().transcript(),
        str![[r#"
$ systemprompt history log --graph -n 4
● systemprompt cloud profile create local -q
│ [..], [TIME]
└─ 11 SessionStarted session [ID]
● systemprompt cloud tenant edit --name acme -q
│ [..], [TIME]
└─ 12 TenantRenamed tenant [ID]: acme
● systemprompt cloud profile edit local --set site.name=Acme -y -q
│ [..], [TIME]
└─ 13 ProfileEdited profile [UUID]
● systemprompt cloud tenant protect -q
│ [..], [TIME]
└─ 14 TenantProtected tenant [ID]

"#]]
    );
}

#[test]
fn a_followed_log_prints_each_event_as_it_happens() {
    let sandbox = story();
    let mut running = sandbox.command(["history", "tail", "-f", "-n", "1", "--json"]).spawn().expect("it starts");
    let mut lines = BufReader::new(running.stdout.take().expect("it is piped")).lines();
    let mut next = || {
        let line = lines.next().expect("there is a line").expect("it can be read");
        serde_json::from_str::<Value>(&line).expect("it is JSON")["data"]["type"].clone()
    };
    assert_eq!(next(), "TenantProtected");
    sandbox.say("cloud tenant unprotect").ok();
    assert_eq!(next(), "TenantUnprotected");
    running.kill().expect("it runs");
    running.wait().expect("it ended");
}
