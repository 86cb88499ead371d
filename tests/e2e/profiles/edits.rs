//! A `profile.yaml` that people edit.

use super::*;

#[test]
fn an_edit_in_the_file_is_noticed_shown_and_taken_in_when_asked() {
    let sandbox = with_profile();
    let edited = read(&sandbox, YAML) + "# by hand\nruntime:\n  log_level: debug\n";
    fs::write(sandbox.file(YAML), &edited).expect("the file can be written");
    for _again in 0..2 {
        assert_data_eq!(
            sandbox.say("cloud profile list").ok().transcript(),
            str![[r#"
$ systemprompt cloud profile list
Profiles
  local   (active) my-project ([ID])
! note: `profiles/local/profile.yaml` was edited; to look at the edit and take it in, run `systemprompt cloud profile edit local --from-file`

"#]]
        );
    }
    assert_eq!(read(&sandbox, YAML), edited, "it is not written over");
    let asked = sandbox.say("cloud profile edit local --from-file");
    assert_eq!(asked.code, 4, "{}", asked.transcript());
    assert!(asked.stderr.contains("runtime.log_level: not set becomes `debug`"), "{}", asked.transcript());
    error(&sandbox, "cloud profile edit local --set server.port=1", 4, "profile-edited");

    let taken = json(&sandbox, "cloud profile edit local --from-file --yes");
    assert_eq!(taken["data"]["differences"][0]["field"], "runtime.log_level");
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "");
    let log = json(&sandbox, "history log");
    let edits: Vec<_> = log["data"]["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|event| event["type"] == "ProfileEdited")
        .collect();
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0]["payload"]["source"], "file");
}

#[test]
fn an_edit_can_be_dropped() {
    let sandbox = with_profile();
    let before = read(&sandbox, YAML);
    fs::write(sandbox.file(YAML), "name: local\n").expect("the file can be written");
    error(&sandbox, "cloud profile edit local --discard", 4, "confirmation-needed");
    sandbox.say("cloud profile edit local --discard --yes").ok();
    assert_eq!(read(&sandbox, YAML), before);
}

#[test]
fn what_is_wrong_with_an_edit_is_said_line_by_line_and_nothing_is_taken_in() {
    let sandbox = with_profile();
    let wrong = "name: local\ntarget: moon\nserver:\n  prot: 1\ncloud:\n  tenant_id: local_19bff27604c\n";
    fs::write(sandbox.file(YAML), wrong).expect("the file can be written");
    assert_data_eq!(
        sandbox.say("cloud profile edit local --from-file --yes").transcript(),
        str![[r#"
$ systemprompt cloud profile edit local --from-file --yes
! error: `profiles/local/profile.yaml` is not in order
!   caused by: line 2: `target` is `moon`, and may be `local`, `cloud`
!   caused by: line 4: there is no field `server.prot`; did you mean `server.port`?
! help: nothing was taken in; the file is as it was
? 4

"#]]
    );
    assert_eq!(read(&sandbox, YAML), wrong);
    for (text, code) in [
        ("name: other\ncloud:\n  tenant_id: local_19bff27604c\n", "profile-fixed"),
        ("name: local\ncloud:\n  tenant_id: local_2\n", "profile-fixed"),
        ("{{{", "profile-invalid"),
    ] {
        fs::write(sandbox.file(YAML), text).expect("the file can be written");
        error(&sandbox, "cloud profile edit local --from-file --yes", 4, code);
    }
}

#[test]
fn of_edits_at_once_none_is_lost() {
    let sandbox = with_profile();
    for round in 1..=10 {
        let settings = [format!("server.port={}", 8000 + round), format!("site.name=site-{round}")];
        let running: Vec<_> = settings
            .iter()
            .map(|setting| sandbox.spawn(["cloud", "profile", "edit", "local", "--set", setting]))
            .collect();
        for running in running {
            let output = running.end();
            assert_eq!(output.code, 0, "round {round}: {}", output.transcript());
        }
        let text = read(&sandbox, YAML);
        let held = [format!("port: {}\n", 8000 + round), format!("name: site-{round}\n")];
        assert!(held.iter().all(|line| text.contains(line.as_str())), "round {round}: {text}");
    }
    assert_eq!(sandbox.say("cloud profile list").ok().stderr, "", "nothing counts as edited by hand");
}
