//! Another password, another token, another name; and tenants that nothing of it happens to.

mod settings;

use serde_json::Value;
use systemprompt_tests::{Docker, Login, Sandbox, assert_data_eq, str, until};

use crate::life::url;

/// A tenant's record in `tenants.json`.
fn registered(sandbox: &Sandbox, name: &str) -> Value {
    let text = std::fs::read_to_string(sandbox.file("tenants.json")).expect("it is there");
    let registry: Value = serde_json::from_str(&text).expect("it is JSON");
    let tenants = registry["tenants"].as_array().into_iter().flatten();
    tenants.into_iter().find(|tenant| tenant["name"] == name).expect("it is registered").clone()
}

fn rotate_and_look(sandbox: &Sandbox, flag: &str) {
    sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", "my-project", flag]).ok();
    let old = url(sandbox, "my-project");
    let mut open = Login::to(&old).expect("the tenant can log in");
    open.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");

    let rotated = sandbox.say("cloud tenant rotate-credentials my-project -y").ok();
    assert_data_eq!(
        rotated.transcript(),
        str![[r#"
$ systemprompt cloud tenant rotate-credentials my-project -y
rotated the credentials of tenant `my-project` ([ID])
the old password is refused, and connections that it opened were ended
`tenants.json` has the new one; update whatever else uses it

URL with its password:  systemprompt cloud tenant show my-project --reveal
! note: tenant `my-project` ([ID]), named on the command line

"#]]
    );
    assert!(Login::is_refused(&old), "the old password is taken");
    assert!(open.run("select 1").is_err(), "what the old password opened is open");
    let new = url(sandbox, "my-project");
    assert_ne!(new, old);
    assert_eq!(registered(sandbox, "my-project")["database_url"], new);
    let mut login = Login::to(&new).expect("the tenant can log in with the new one");
    assert_eq!(login.text("select text from notes"), Ok("kept".to_owned()));
    login.close();
    sandbox.say("cloud tenant status my-project").ok();
    sandbox.say("history verify").ok();

    // Again: each has a version of its own.
    sandbox.say("cloud tenant rotate-credentials my-project -y --json").ok();
    assert!(Login::is_refused(&new));
    Login::to(&url(sandbox, "my-project")).expect("the tenant can log in").close();
    sandbox.say("cloud tenant delete my-project -y").ok();
    sandbox.say("history verify").ok();
}

#[test]
fn a_rotated_password_is_refused_and_the_new_one_taken_on_a_native_server() {
    rotate_and_look(&Sandbox::new(), "--provider=native");
}

#[test]
fn a_rotated_password_is_refused_and_the_new_one_taken_in_docker() {
    let Some(docker) = Docker::hold("a_rotated_password_is_refused_and_the_new_one_taken_in_docker") else { return };
    rotate_and_look(&Sandbox::with(&docker), &Docker::image_flag());
}

#[test]
fn with_an_overlap_both_passwords_are_taken_until_its_end() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let first = url(&sandbox, "mine");
    let mut open = Login::to(&first).expect("the tenant can log in");
    open.run("create table notes (text text); insert into notes values ('kept')").expect("a table can be made");
    let tried = || sandbox.say("history verify --json").ok().data()["sealed"]["values"].as_u64().expect("a number");
    let alone = tried();
    let asked = sandbox.say("cloud tenant rotate-credentials mine --overlap 1h --json").exits(4);
    let hint = asked.json()["error"]["next_steps"][0].clone();
    assert!(hint.as_str().is_some_and(|hint| hint.ends_with(" --overlap 1h -y")), "{hint}");
    let rotated = sandbox.say("cloud tenant rotate-credentials mine -y --overlap 1h --json").ok();
    assert!(rotated.data()["old_valid_until"].is_string(), "{}", rotated.whole());
    assert_eq!(open.text("select text from notes"), Ok("kept".to_owned()), "its connection stays");
    open.close();
    let shown = sandbox.say("cloud tenant show mine").ok().stdout;
    assert!(shown.contains("Old password:") && shown.contains("is taken until 20"), "{shown}");

    // Whoever logs in acts as the one role that owns everything.
    let second = url(&sandbox, "mine");
    let mut login = Login::to(&second).expect("the second role can log in");
    login.run("insert into notes values ('more'); create table others (x int)").expect("it owns the tables");
    assert_eq!(
        login.text("select count(distinct tableowner)::text from pg_tables where schemaname = 'public'"),
        Ok("1".to_owned())
    );
    login.close();
    let mut login = Login::to(&first).expect("the first password is still taken");
    login.run("drop table others").expect("what the second made is the first's");
    login.close();
    sandbox.say("cloud tenant status mine").ok();
    let third = sandbox.say("cloud tenant rotate-credentials mine -y --overlap 1h --json").exits(4);
    assert_eq!(third.error_code(), "overlap-open");
    assert_eq!(url(&sandbox, "mine"), second, "nothing happened");
    assert_eq!(tried(), alone + 1, "the sealed values of both are looked at");

    // Without an overlap both are refused.
    sandbox.say("cloud tenant rotate-credentials mine -y").ok();
    let last = url(&sandbox, "mine");
    assert!(Login::is_refused(&second));
    assert!(Login::is_refused(&first), "the first login is closed");
    Login::to(&last).expect("the last password is taken").close();
    assert_eq!(tried(), alone);

    // And one ends by itself.
    sandbox.say("cloud tenant rotate-credentials mine -y --overlap 2s").ok();
    Login::to(&url(&sandbox, "mine")).expect("the new one is taken").close();
    until("the old password to be refused", || Login::is_refused(&last).then_some(()));
    sandbox.say("cloud tenant delete mine -y").ok();
    sandbox.say("cloud tenant create --type local --name other --provider native").ok();
    let mut login = Login::to(&url(&sandbox, "other")).expect("the server goes on");
    assert_eq!(login.text("select count(*)::text from pg_roles where rolname like 'tenant%'"), Ok("1".to_owned()));
    login.close();
}

#[test]
fn profiles_have_what_was_rotated_at_once() {
    let sandbox = Sandbox::new();
    for line in [
        "cloud tenant create --type local --name mine --provider native",
        "cloud tenant select mine",
        "cloud profile create dev",
        "cloud profile create test",
        "cloud tenant rotate-credentials mine -y",
        "cloud tenant rotate-sync-token mine -y",
        "cloud tenant rotate-credentials mine -y --overlap 1h",
    ] {
        sandbox.say(line).ok();
    }
    let (url, token) = (url(&sandbox, "mine"), registered(&sandbox, "mine")["sync_token"].clone());
    for profile in ["dev", "test"] {
        let text = std::fs::read_to_string(sandbox.file(&format!("profiles/{profile}/secrets.json")));
        let secrets: Value = serde_json::from_str(&text.expect("it is there")).expect("it is JSON");
        assert_eq!((&secrets["database_url"], &secrets["sync_token"]), (&url.as_str().into(), &token), "{profile}");
    }
}

#[test]
fn a_database_that_was_taken_in_changes_its_own_password() {
    let mut sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name owner --provider native").ok();
    let old = url(&sandbox, "owner");
    // By another project: nobody else of it has the role.
    let other = sandbox.root().join("other");
    std::fs::create_dir(&other).expect("a directory can be made");
    sandbox.set("SYSTEMPROMPT_PROJECT", &other.display().to_string());
    sandbox.run(["cloud", "tenant", "create", "--type", "local", "--name", "taken", "--database-url", &old]).ok();
    let mut open = Login::to(&old).expect("the role can log in");
    sandbox.say("cloud tenant rotate-credentials taken -y").ok();
    assert!(Login::is_refused(&old));
    assert!(open.run("select 1").is_err(), "what the old password opened is open");
    Login::to(&url(&sandbox, "taken")).expect("the new one is taken").close();
    sandbox.say("cloud tenant status taken").ok();
    sandbox.say("cloud tenant rotate-credentials taken -y").ok();
    let refusal = sandbox.say("cloud tenant rotate-credentials taken -y --overlap 1h --json").exits(4);
    assert_eq!(refusal.error_code(), "overlap-unsupported");
    sandbox.say("history verify").ok();

    // A URL without a password has none to rotate.
    let url = "postgres://nobody@127.0.0.1:1/none";
    let foreign =
        format!(r#"{{"tenants":[{{"id":"local_1","name":"bare","tenant_type":"local","database_url":"{url}"}}]}}"#);
    let sandbox = Sandbox::with_registry(&foreign);
    let refusal = sandbox.say("cloud tenant rotate-credentials bare -y --json").exits(4);
    assert_eq!(refusal.error_code(), "rotation-unsupported");
}

#[test]
fn a_rotation_that_cannot_be_done_leaves_the_old_password() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let old = url(&sandbox, "mine");
    let mut administrator = Login::to(&old).expect("the tenant can log in");
    // The tenant closes its own database to new connections: the role is altered, and the login with it fails.
    let name = old.rsplit_once('/').expect("a URL has a path").1;
    administrator.run(&format!("alter database \"{name}\" connection limit 0")).expect("it is its own");
    let failed = sandbox.say("cloud tenant rotate-credentials mine -y");
    assert_ne!(failed.code, 0, "{}", failed.whole());
    assert!(failed.stderr.contains("could not rotate the credentials of tenant `mine`"), "{}", failed.whole());
    administrator.run(&format!("alter database \"{name}\" connection limit -1")).expect("it is its own");
    administrator.close();
    assert_eq!(url(&sandbox, "mine"), old);
    Login::to(&old).expect("the old password is taken").close();
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "", "nothing is unfinished");
    sandbox.say("cloud tenant rotate-credentials mine -y").ok();
    assert!(Login::is_refused(&old));
    sandbox.say("history verify").ok();
}

#[test]
fn where_the_server_is_stopped_a_rotation_says_how_to_start_it() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    sandbox.say("infra db down").ok();
    let refused = sandbox.say("cloud tenant rotate-credentials mine -y").exits(6);
    assert!(refused.stderr.contains("error: Database connection failed"), "{}", refused.whole());
    assert!(refused.stderr.contains("run `systemprompt infra db up --provider native`"), "{}", refused.whole());
    sandbox.say("infra db up --provider native").ok();
    sandbox.say("cloud tenant rotate-credentials mine -y").ok();
}

#[test]
fn a_sync_token_is_generated_and_registered() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    assert_eq!(registered(&sandbox, "mine")["sync_token"], Value::Null);
    let token = || registered(&sandbox, "mine")["sync_token"].as_str().expect("a token").to_owned();
    let rotated = sandbox.say("cloud tenant rotate-sync-token mine -y --json").ok();
    assert_eq!(rotated.data()["version"], 1);
    let first = token();
    assert!(first.starts_with("sp_sync_") && first.len() == 48, "{first}");
    assert!(!rotated.whole().contains(&first), "it is not shown");
    sandbox.say("cloud tenant rotate-sync-token mine -y").ok();
    assert_ne!(token(), first);
    let second = token();
    // It stays when the password is rotated.
    sandbox.say("cloud tenant rotate-credentials mine -y").ok();
    assert_eq!(token(), second);
    assert!(sandbox.say("cloud tenant show mine --reveal").ok().stdout.contains(&second));
    assert!(!sandbox.say("cloud tenant show mine").ok().stdout.contains("Sync token"));
    let shown = sandbox.say("cloud tenant show mine --reveal --json").ok();
    assert_eq!(shown.data()["resources"]["sync_token"], second);
    assert_eq!(sandbox.say("cloud tenant show mine --json").ok().data()["resources"]["sync_token"], "***");
    sandbox.say("history verify").ok();
}

#[test]
fn without_a_terminal_a_rotation_needs_the_flag() {
    let url = "postgres://u:p@127.0.0.1:1/none";
    let foreign =
        format!(r#"{{"tenants":[{{"id":"local_1","name":"taken","tenant_type":"local","database_url":"{url}"}}]}}"#);
    let sandbox = Sandbox::with_registry(&foreign);
    sandbox.say("cloud tenant list").ok();
    let session = sandbox.session(&[
        "cloud tenant rotate-credentials taken",
        "cloud tenant rotate-sync-token taken",
        "cloud tenant rotate-credentials taken --overlap tomorrow",
    ]);
    assert_data_eq!(
        session,
        str![[r#"
$ systemprompt cloud tenant rotate-credentials taken
! note: tenant `taken` (local_1), named on the command line
! error: rotating the credentials of tenant `taken` needs a confirmation
! hint: run `systemprompt cloud tenant rotate-credentials local_1 -y`
? 4
$ systemprompt cloud tenant rotate-sync-token taken
! note: tenant `taken` (local_1), named on the command line
! error: rotating the sync token of tenant `taken` needs a confirmation
! hint: run `systemprompt cloud tenant rotate-sync-token local_1 -y`
? 4
$ systemprompt cloud tenant rotate-credentials taken --overlap tomorrow
! error: invalid value 'tomorrow' for '--overlap <DURATION>': an overlap is a number with `s`, `m`, `h` or `d`, from `1s` to `31d`
!
! For more information, try '--help'.
? 2

"#]]
    );
}
