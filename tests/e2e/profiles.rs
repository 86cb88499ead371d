//! Profiles: made, listed, edited by command and by hand, deleted; files that people and programs share.

mod edits;
mod hostile;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use systemprompt_tests::{Sandbox, assert_data_eq, seed, str};

const YAML: &str = "profiles/local/profile.yaml";

/// The document's project with its local tenant selected.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox
}

fn with_profile() -> Sandbox {
    let sandbox = project();
    sandbox.say("cloud profile create local").ok();
    sandbox
}

fn read(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(sandbox: &Sandbox, line: &str) -> Value {
    serde_json::from_str(&sandbox.say(&format!("{line} --json")).ok().stdout).expect("one document")
}

fn error(sandbox: &Sandbox, line: &str, exit: i32, code: &str) -> Value {
    let output = sandbox.say(&format!("{line} --json"));
    assert_eq!(output.code, exit, "{}", output.transcript());
    let document: Value = serde_json::from_str(&output.stdout).expect("one document");
    assert_eq!(document["error"]["code"], code, "{document:#}");
    document["error"].clone()
}

#[test]
fn a_profile_is_the_documents_file_for_the_selected_tenant() {
    let sandbox = with_profile();
    assert_eq!(read(&sandbox, YAML), seed::PROFILE);
    assert_eq!(json(&sandbox, "cloud profile show")["data"]["tenant"], "local_19bff27604c");
}

#[test]
fn a_file_of_secrets_that_lies_where_a_profile_is_made_is_kept_and_that_is_said() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    fs::create_dir_all(sandbox.file("profiles/local")).expect("a directory can be made");
    fs::write(sandbox.file("profiles/local/secrets.json"), "{\"mine\": 1}").expect("a file can be written");
    let created = sandbox.say("cloud profile create local").ok();
    let notice =
        "`profiles/local/secrets.json` lay there already; it is rebuilt from the log, and the one that lay there is";
    assert_eq!(created.stderr.matches(notice).count(), 1, "{}", created.whole());
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "", "it is said once");
}

#[test]
fn secrets_json_is_private_and_holds_what_the_tenants_programs_need() {
    let sandbox = with_profile();
    let secrets: Value = serde_json::from_str(&read(&sandbox, "profiles/local/secrets.json")).expect("JSON");
    assert_eq!(secrets["database_url"], "postgres://systemprompt:localdev@localhost:5432/systemprompt");
    assert!(secrets["jwt_secret"].as_str().is_some_and(|secret| secret.len() >= 32));
    let mode = fs::metadata(sandbox.file("profiles/local/secrets.json")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let log = fs::read(sandbox.file("log.db-wal")).expect("the log is there");
    let secret = secrets["jwt_secret"].as_str().expect("a text").as_bytes();
    assert!(!log.windows(secret.len()).any(|part| part == secret), "the log holds it sealed");
}

#[test]
fn profiles_are_listed_with_their_tenants() {
    let sandbox = with_profile();
    sandbox.say("cloud profile create local-test").ok();
    sandbox.say("cloud profile create production --tenant my-project-prod").ok();
    assert_data_eq!(
        sandbox.say("cloud profile list").ok().transcript(),
        str![[r#"
$ systemprompt cloud profile list
Profiles
  local        my-project ([ID])
  local-test   (active) my-project ([ID])
  production   (active) my-project-prod ([UUID])

"#]]
    );
    assert_eq!(json(&sandbox, "cloud profile list --tenant my-project")["data"]["total"], 2);
}

#[test]
fn a_name_is_taken_once_in_a_project() {
    let sandbox = with_profile();
    let refused = error(&sandbox, "cloud profile create local --tenant my-project-prod", 4, "profile-name-taken");
    assert_eq!(refused["next_steps"][0], "systemprompt cloud profile show local");
    for name in ["../x", "A", "a/b", ".", "-x"] {
        let output = sandbox.run(["cloud", "profile", "create", "--", name]);
        assert_eq!(output.code, 2, "{}", output.transcript());
    }
}

#[test]
fn a_field_is_set_and_unset_without_touching_what_people_wrote() {
    let sandbox = with_profile();
    let before = read(&sandbox, YAML);
    sandbox.say("cloud profile edit local --set server.port=8081 --set site.name=Ours").ok();
    assert_eq!(read(&sandbox, YAML), format!("{before}server:\n  port: 8081\nsite:\n  name: Ours\n"));
    sandbox.say("cloud profile edit local --unset server.port --unset site.name").ok();
    assert_eq!(read(&sandbox, YAML), before);
    for (setting, said) in [
        ("server.port=0", "`server.port` may be a whole number from 1 to 65535"),
        ("server.prot=1", "there is no field `server.prot` in a profile; did you mean `server.port`?"),
        ("cloud.tenant_id=x", "`cloud.tenant_id` belongs to the profile for ever; make another profile instead"),
        ("nonsense", "`nonsense` is not a setting"),
    ] {
        let refused = error(&sandbox, &format!("cloud profile edit local --set {setting}"), 2, "bad-setting");
        assert_eq!(refused["message"], said);
    }
    assert_eq!(read(&sandbox, YAML), before);
}

#[test]
fn files_that_are_gone_are_written_again_and_an_edited_secret_file_is_kept_aside() {
    let sandbox = with_profile();
    let (yaml, secrets) = (read(&sandbox, YAML), read(&sandbox, "profiles/local/secrets.json"));
    fs::remove_dir_all(sandbox.file("profiles")).expect("they are there");
    sandbox.say("cloud tenant list").ok();
    assert_eq!((read(&sandbox, YAML), read(&sandbox, "profiles/local/secrets.json")), (yaml, secrets.clone()));
    fs::write(sandbox.file("profiles/local/secrets.json"), "{\"mine\": 1}").expect("the file can be written");
    let noted = sandbox.say("cloud tenant list").ok();
    assert!(noted.stderr.contains("`profiles/local/secrets.json` was edited by hand"), "{}", noted.transcript());
    assert_eq!(read(&sandbox, "profiles/local/secrets.json"), secrets);
    let kept = Sandbox::files_below(&sandbox.file("profiles/local"));
    assert!(kept.iter().any(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("mine"))), "{kept:?}");
}

#[test]
fn a_deleted_profile_takes_its_files_and_leaves_the_tenant() {
    let sandbox = with_profile();
    error(&sandbox, "cloud profile delete local", 4, "confirmation-needed");
    sandbox.say("cloud profile delete local -y").ok();
    assert!(!sandbox.file("profiles/local").exists());
    assert_eq!(json(&sandbox, "cloud tenant show my-project")["data"]["state"], "ready");
    error(&sandbox, "cloud profile show local", 3, "profile-not-found");
    sandbox.say("cloud profile create local").ok();
}

#[test]
fn with_a_tenant_go_its_profiles_files_and_session() {
    let sandbox = with_profile();
    sandbox.say("cloud profile create production --tenant my-project-prod").ok();
    let aside = sandbox.file("profiles/local/secrets.json");
    fs::write(&aside, "{\"mine\": 1}").expect("the file can be written");
    sandbox.say("cloud tenant list").ok();
    let deleted = sandbox.say("cloud tenant delete my-project -y --json").ok().data();
    assert_eq!((&deleted["profiles"], &deleted["session_ended"]), (&serde_json::json!(["local"]), &true.into()));
    let left = deleted["left"].as_array().and_then(|left| left[0].as_str()).expect("a copy was put aside").to_owned();
    assert!(left.contains("profiles/local/secrets.edited-"), "{left}");
    let told = sandbox.say("cloud tenant delete my-project-prod -y").ok().stdout;
    assert!(told.contains("gone with it: its profile `production` and its session\n"), "{told}");
    fs::remove_dir_all(sandbox.file("profiles/local")).expect("what was put aside is left");
    sandbox.say("history verify").ok();
}

#[test]
fn the_profiles_of_another_tenant_stay() {
    let sandbox = with_profile();
    sandbox.say("cloud profile create production --tenant my-project-prod").ok();
    sandbox.say("cloud tenant delete my-project -y").ok();
    assert!(!sandbox.file("profiles/local").exists());
    assert!(sandbox.file("profiles/production/profile.yaml").exists());
    assert_eq!(json(&sandbox, "cloud profile list")["data"]["total"], 1);
    let index: Value = serde_json::from_str(&read(&sandbox, "sessions/index.json")).expect("JSON");
    assert_eq!(index["sessions"].as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_profile_that_lies_there_is_taken_in_if_it_is_for_this_tenant() {
    let sandbox = project();
    fs::create_dir_all(sandbox.file("profiles/team")).expect("a directory can be made");
    let path = sandbox.file("profiles/team/profile.yaml");
    fs::write(&path, "name: team\ncloud:\n  tenant_id: local_elsewhere\n").expect("the file can be written");
    // As in a fresh clone: the file is here, and its tenant is not.
    let listed = sandbox.say("cloud profile list").ok();
    assert!(
        listed.stderr.contains("`profiles/team/profile.yaml` is not taken in; to make a profile of it, run"),
        "{}",
        listed.whole()
    );
    let refused = error(&sandbox, "cloud profile create team", 4, "profile-file-of-another");
    let step = "systemprompt cloud tenant create --type local --name <name> --id local_elsewhere";
    assert_eq!(refused["next_steps"][0], step);
    let text = "# the team's\nname: team\ncloud:\n  tenant_id: local_19bff27604c\n";
    fs::write(&path, text).expect("the file can be written");
    sandbox.say("cloud profile create team").ok();
    assert_eq!(read(&sandbox, "profiles/team/profile.yaml"), text);
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "");
}

#[test]
fn with_another_data_directory_secrets_stay_where_they_are() {
    let mut sandbox = with_profile();
    let before = read(&sandbox, "profiles/local/secrets.json");
    let other = sandbox.root().join("other-data");
    let usual = sandbox.data();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &other.display().to_string());
    fs::write(sandbox.file("sessions/index.json"), "{}").expect("a file can be written");
    let _whatever = sandbox.say("which");
    assert_eq!(read(&sandbox, "profiles/local/secrets.json"), before);
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &usual.display().to_string());
    sandbox.say("which").ok();
    assert_eq!(read(&sandbox, "profiles/local/secrets.json"), before);
}

#[test]
fn a_setting_given_with_a_file_that_lies_there_is_in_it_afterwards() {
    let sandbox = project();
    fs::create_dir_all(sandbox.file("profiles/team")).expect("a directory can be made");
    let text = "# the team's\nname: team\ncloud:\n  tenant_id: local_19bff27604c\n";
    fs::write(sandbox.file("profiles/team/profile.yaml"), text).expect("the file can be written");
    sandbox.say("cloud profile create team --set server.port=8081").ok();
    assert_eq!(read(&sandbox, "profiles/team/profile.yaml"), format!("{text}server:\n  port: 8081\n"));
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "", "it does not count as edited");
}
