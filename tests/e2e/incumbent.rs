//! A project that another program left: three tenants, one record broken, four profiles, sessions. Taken in once, with a
//! report, and nothing destroyed.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use systemprompt_tests::{Sandbox, assert_data_eq, seed, str};

const SESSION: &str = "2026-01-31T09:00:00Z";

fn write(sandbox: &Sandbox, name: &str, content: &str) {
    let path = sandbox.file(name);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a directory can be made");
    fs::write(path, content).expect("a file can be written");
}

fn profile(name: &str, tenant: &str) -> String {
    format!("# systemprompt.io Profile: {name}\nname: {name}\ntarget: local\ncloud:\n  tenant_id: {tenant}\n")
}

/// The documented formats, by hand.
fn left_behind() -> Sandbox {
    let mut registry: Value = serde_json::from_str(seed::REGISTRY).expect("JSON");
    let tenants = registry["tenants"].as_array_mut().expect("a list");
    tenants.push(json!({ "id": "local_2", "name": "second", "tenant_type": "local", "external_db_access": false,
        "database_url": "postgres://u:second-password@localhost:5432/second" }));
    tenants.push(json!({ "id": "../broken", "name": "broken", "tenant_type": "local" }));
    let sandbox = Sandbox::with_registry(&registry.to_string());
    let first = "local_19bff27604c";
    write(&sandbox, "profiles/local/profile.yaml", &(profile("local", first) + "server:\n  port: 8080\n"));
    let secrets = json!({ "jwt_secret": "j".repeat(40), "database_url": "postgres://x", "anthropic": "sk-canary-1", "MY_KEY": "v", "path": "/evil" });
    write(&sandbox, "profiles/local/secrets.json", &secrets.to_string());
    write(&sandbox, "profiles/second/profile.yaml", &profile("second", "local_2"));
    write(&sandbox, "profiles/lost/profile.yaml", &profile("lost", "local_gone"));
    write(&sandbox, "profiles/broken/profile.yaml", "name: broken\nserver:\n  port: many\n");
    let session = |profile: &str, expires: &str| {
        json!({ "version": 4, "profile_name": profile, "session_token": "x.y.z",
        "session_id": "s", "user_email": "ada@example.net", "expires_at": expires, "created_at": SESSION })
    };
    let index = json!({ "version": 1, "active_key": "local", "updated_at": SESSION, "sessions": {
        "local": session("local", "2026-01-31T10:00:00Z"),
        "tenant_local_2": session("second", "2999-01-01T00:00:00Z"),
        "tenant_x": session("lost", "2999-01-01T00:00:00Z"),
    } });
    write(&sandbox, "sessions/index.json", &index.to_string());
    sandbox
}

fn json(sandbox: &Sandbox, line: &str) -> Value {
    serde_json::from_str(&sandbox.say(&format!("{line} --json")).ok().stdout).expect("one document")
}

#[test]
fn what_was_taken_what_was_not_and_why_is_said_once() {
    let sandbox = left_behind();
    assert_data_eq!(
        sandbox.say("cloud profile list").ok().transcript(),
        str![[r#"
$ systemprompt cloud profile list
Profiles
  local    (active) my-project ([ID])
  second   (active) second (local_2)
! note: took in 3 of 4 tenants from `tenants.json`; the file as it was is kept as tenants.imported-[..].json
! note: left out record 4: `broken`: [..]
! note: took in 2 of 4 profiles and 2 sessions
! note: left out profiles/broken: profile.yaml is not in order: line 3: `server.port` is `many`, and may be a whole number from 1 to 65535; `cloud.tenant_id` is missing
! note: left out `database_url` of profiles/local/secrets.json: it differs from its tenant's, which counts
! note: left out a field of profiles/local/secrets.json: `PATH` has a meaning of its own
! note: left out profiles/lost: its tenant `local_gone` is not here
! note: left out session `tenant_x`: its profile `lost` was not taken in
! note: `profiles/broken/profile.yaml` is not taken in; to make a profile of it, run `systemprompt cloud profile create broken`
! note: `profiles/lost/profile.yaml` is not taken in; to make a profile of it, run `systemprompt cloud profile create lost`

"#]]
    );
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    sandbox.say("history verify").ok();
    let log = json(&sandbox, "history log");
    let kinds: Vec<_> =
        log["data"]["events"].as_array().expect("a list").iter().filter_map(|event| event["type"].as_str()).collect();
    for kind in ["RegistryImported", "ProfileCreated", "ProfileSecretSet", "SessionStarted", "ProfilesImported"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
}

#[test]
fn nothing_that_lay_there_is_destroyed() {
    let sandbox = left_behind();
    let before: Vec<_> = Sandbox::files_below(&sandbox.file(""))
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).expect("it can be read")))
        .collect();
    sandbox.say("cloud tenant list").ok();
    let after: Vec<_> =
        Sandbox::files_below(&sandbox.file("")).into_iter().filter_map(|path| fs::read(path).ok()).collect();
    for (path, content) in before {
        assert!(after.contains(&content), "what {} held is nowhere any more", path.display());
    }
}

#[test]
fn secrets_are_sealed_and_delivered_again() {
    let sandbox = left_behind();
    sandbox.say("cloud tenant list").ok();
    let text = fs::read_to_string(sandbox.file("profiles/local/secrets.json")).expect("it is there");
    let secrets: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(secrets["anthropic"], "sk-canary-1");
    assert_eq!(secrets["MY_KEY"], "v");
    assert_eq!(secrets["jwt_secret"], "j".repeat(40));
    assert_eq!(secrets["database_url"], "postgres://systemprompt:localdev@localhost:5432/systemprompt");
    for name in ["log.db", "log.db-wal"] {
        let log = fs::read(sandbox.file(name)).expect("it is there");
        assert!(!log.windows(11).any(|part| part == b"sk-canary-1"), "{name}");
    }
}

#[test]
fn a_session_that_is_over_says_so_and_what_to_type() {
    let sandbox = left_behind();
    let shown = json(&sandbox, "admin session show");
    assert_eq!(shown["data"]["tenant"]["name"], "my-project", "the active one is selected");
    assert_eq!(shown["data"]["state"], "expired");
    assert_eq!(shown["data"]["user"], "ada@example.net");
    let text = sandbox.say("admin session show").ok();
    assert!(
        text.stdout.contains("ago; to start a new one, run `systemprompt admin session login`"),
        "{}",
        text.transcript()
    );
    assert_eq!(json(&sandbox, "admin session show --tenant second")["data"]["state"], "active");
    sandbox.say("admin session login").ok();
    assert_eq!(json(&sandbox, "admin session show")["data"]["state"], "active");
}

#[test]
fn git_is_offered_no_secret_although_the_other_program_left_rules_of_its_own() {
    let sandbox = left_behind();
    let theirs = "credentials.json\ntenants.json\n**/secrets.json\ndocker/\nstorage/\n";
    write(&sandbox, ".gitignore", theirs);
    let told = sandbox.say("cloud tenant list").ok();
    assert!(told.stderr.contains("added what holds keys and secrets here to"), "{}", told.whole());
    let rules = fs::read_to_string(sandbox.file(".gitignore")).expect("it is there");
    assert!(rules.starts_with(theirs), "{rules}");
    fs::write(sandbox.file("profiles/local/secrets.json"), "{\"mine\": 1}").expect("the file can be written");
    sandbox.say("cloud tenant list").ok();
    assert_eq!(fs::read_to_string(sandbox.file(".gitignore")).expect("it is there"), rules, "added once");
    let git = |words: &[&str]| {
        let output = sandbox.prepare(Command::new("git"), words).output().expect("git is here");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    git(&["init", "--quiet"]);
    let mut offered: Vec<_> = git(&["ls-files", "--others", "--exclude-standard"]).lines().map(str::to_owned).collect();
    offered.sort();
    let profile = |name: &str| format!(".systemprompt/profiles/{name}/profile.yaml");
    assert_eq!(
        offered,
        [
            ".systemprompt/.gitignore".to_owned(),
            profile("broken"),
            profile("local"),
            profile("lost"),
            profile("second")
        ]
    );
}

/// All fields that the documents of the other program have, those that are not set as `null`.
#[test]
fn a_profile_with_every_documented_field_is_taken_in() {
    let sandbox = left_behind();
    let text = "name: full\ndisplay_name: null\ntarget: local\nsite:\n  name: ${SITE}\n  github_link: null\n\
        database:\n  type: postgres\n  external_db_access: false\n\
        server:\n  host: 127.0.0.1\n  port: ${PORT}\n  api_server_url: http://localhost:8080\n  \
        api_internal_url: http://localhost:8080\n  api_external_url: ${URL}\n  use_https: false\n  \
        cors_allowed_origins: [\"http://localhost:5173\"]\n  content_negotiation:\n    enabled: false\n    \
        markdown_suffix: \".md\"\n\
        paths:\n  system: /srv\n  services: /srv/services\n  bin: /srv/bin\n  web_path: null\n  storage: null\n  \
        geoip_database: ~\n\
        security:\n  jwt_issuer: systemprompt-local\n  jwt_access_token_expiration: 2592000\n  \
        jwt_refresh_token_expiration: 15552000\n  jwt_audiences: [web, api]\n\
        rate_limits:\n  disabled: true\n  oauth_public_per_second: 10\n  burst_multiplier: 3\n  \
        tier_multipliers:\n    admin: 10.0\n\
        runtime:\n  environment: development\n  log_level: verbose\n  output_format: text\n  no_color: false\n  \
        non_interactive: false\n\
        cloud:\n  tenant_id: local_2\n  validation: warn\n\
        secrets:\n  secrets_path: ./secrets.json\n  validation: warn\n  source: file\n\
        extensions:\n  disabled: []\n";
    write(&sandbox, "profiles/full/profile.yaml", text);
    write(&sandbox, "profiles/nobodys/profile.yaml", "name: nobodys\ncloud:\n  tenant_id: null\n");
    let url = json!({ "database_url": "postgres://u:second-password@localhost:5432/second" });
    write(&sandbox, "profiles/nobodys/secrets.json", &url.to_string());
    write(&sandbox, "credentials.json", "{}");
    write(&sandbox, "docker/shared.yaml", "services: {}\n");
    let told = sandbox.say("cloud profile list").ok();
    for line in [
        "note: left out profiles/nobodys: profile.yaml is not in order: `cloud.tenant_id` is missing; its database is that of \
         tenant `local_2`: write that as `cloud.tenant_id`, then run `systemprompt cloud profile create nobodys --tenant local_2`",
        "note: left out credentials.json: it holds a login to a cloud, and there are none here; it is left as it is",
        "note: left out docker: it holds containers of another program, which nothing here starts or stops; it is left as it is",
        "note: left out `database_url` of profiles/local/secrets.json: it differs from its tenant's, which counts",
        "note: took in 3 of 6 profiles and 2 sessions",
    ] {
        assert!(told.stderr.contains(line), "{line}\nin {}", told.whole());
    }
    assert_eq!(fs::read_to_string(sandbox.file("profiles/full/profile.yaml")).expect("it is there"), text);
    let settings = &json(&sandbox, "cloud profile show full")["data"]["settings"];
    assert_eq!((&settings["server.port"], &settings["display_name"]), (&"${PORT}".into(), &Value::Null));
    // What the report says to do works.
    write(&sandbox, "profiles/nobodys/profile.yaml", "name: nobodys\ncloud:\n  tenant_id: local_2\n");
    sandbox.say("cloud profile create nobodys --tenant local_2").ok();
}
