//! Checkpoints and proofs: what somebody without the log can be shown, and what a log that was rewritten cannot hide.

mod chain;
mod documents;
mod limits;
mod rewritten;
mod witness;

use std::fs;
use std::path::Path;

use serde_json::Value;
use systemprompt_tests::{LogFile, Output, Sandbox, assert_data_eq, seed, str};

use self::chain::Rewritten;
use self::witness::Witness;

/// Changes a log so that its checkpoint is wrong.
type Lie<'a> = &'a dyn Fn(&mut Rewritten);

/// A log of some events, with no servers behind it.
fn log() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    sandbox
}

/// A checkpoint, a proof of the event at this position, and the key, in files of the project's directory.
fn proved(sandbox: &Sandbox, position: u64) {
    sandbox.say("history checkpoint --output checkpoint.txt").ok();
    sandbox.say(&format!("history prove {position} --output proof.json")).ok();
    fs::write(sandbox.project().join("log.vkey"), sandbox.say("history key").ok().stdout).expect("it can be written");
}

/// Somebody else, with nothing but these files.
fn elsewhere(sandbox: &Sandbox, files: &[&str]) -> Sandbox {
    let other = Sandbox::new();
    for file in files {
        fs::copy(sandbox.project().join(file), other.project().join(file)).expect("a file can be handed over");
    }
    other
}

fn number(sandbox: &Sandbox, sql: &str) -> i64 {
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let number = log.number(sql);
    log.close();
    number
}

fn last(sandbox: &Sandbox) -> i64 {
    number(sandbox, "select max(position) from events")
}

fn edited(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut document = serde_json::from_str(&fs::read_to_string(path).expect("it can be read")).expect("it is JSON");
    edit(&mut document);
    fs::write(path, document.to_string()).expect("it can be written");
}

/// Kinds and positions of what `history verify` finds.
fn faults(output: &Output) -> Vec<(String, Option<i64>)> {
    let data = output.data();
    let of = |fault: &Value| (fault["kind"].as_str().expect("a kind").to_owned(), fault["position"].as_i64());
    data["faults"].as_array().expect("a list").iter().map(of).collect()
}

#[test]
fn an_event_is_proved_to_somebody_who_has_three_files_and_no_log() {
    let sandbox = log();
    proved(&sandbox, 1);
    let other = elsewhere(&sandbox, &["checkpoint.txt", "proof.json", "log.vkey"]);
    let line = "history verify-proof proof.json --key log.vkey --checkpoint checkpoint.txt";
    let output = other.say(line).ok();
    let key = fs::read_to_string(sandbox.project().join("log.vkey")).expect("the key is there");
    assert_data_eq!(
        output.transcript().replace(key.trim(), "[KEY]"),
        str![[r#"
$ systemprompt history verify-proof proof.json --key log.vkey --checkpoint checkpoint.txt
proved: event 1 of [..] in log systemprompt/[UUID]
  ProjectInitialised in project
  at [TIME]
  by [..] on [..], with systemprompt [..]
  signed by systemprompt/[UUID]+[..]

"#]]
    );
    let data = other.say(&format!("{line} --json")).ok().data();
    assert_eq!((&data["proved"], &data["event"]["position"]), (&"event".into(), &1.into()), "{data}");
    other.say(&format!("history verify-proof proof.json --key {}", key.trim())).ok();
    // Nothing was made there: no project, no keys.
    assert_eq!(Sandbox::files_below(&other.project()).len(), 3);
    assert!(!other.data().join("vault").exists());
}

#[test]
fn every_event_can_be_proved_by_position_or_id_once_a_checkpoint_covers_it() {
    let sandbox = log();
    let before = last(&sandbox);
    let missing = sandbox.say("history prove 1 --json").exits(3);
    assert_eq!(missing.error_code(), "no-checkpoint");
    let data = sandbox.say("history checkpoint --json").ok().data();
    assert_eq!((&data["size"], &data["position"]), (&before.into(), &(before + 1).into()), "{data}");
    let key = sandbox.say("history key").ok().stdout;
    for position in 1..=before {
        fs::write(sandbox.project().join("p.json"), sandbox.say(&format!("history prove {position}")).ok().stdout)
            .expect("it can be written");
        sandbox.say(&format!("history verify-proof p.json --key {}", key.trim())).ok();
    }
    // The checkpoint's own event is covered by the next one.
    let own = format!("history prove {} --json", before + 1);
    assert_eq!(sandbox.say(&own).exits(3).error_code(), "no-checkpoint");
    sandbox.say("history checkpoint").ok();
    let id = sandbox.say(&format!("history show {} --json", before + 1)).ok().data()["id"].clone();
    let proof = sandbox.say(&format!("history prove {} --json", id.as_str().expect("an id"))).ok().data();
    assert_eq!(
        (&proof["size"], &proof["event"]["type"]),
        (&(before + 1).into(), &"CheckpointSigned".into()),
        "{proof}"
    );
    let older = sandbox.say(&format!("history prove 2 --checkpoint {before} --json")).ok().data();
    assert_eq!(older["size"], before);
    sandbox.say("history verify").ok();
}

#[test]
fn growth_between_two_checkpoints_is_proved() {
    let sandbox = log();
    sandbox.say("history checkpoint --output first.txt").ok();
    let first = last(&sandbox) - 1;
    for name in ["my-project-prod", "my-project", "my-project-prod"] {
        sandbox.say(&format!("cloud tenant select {name}")).ok();
    }
    sandbox.say("history checkpoint --output second.txt").ok();
    let second = last(&sandbox) - 1;
    sandbox.say(&format!("history consistency {first} {second} --output growth.json")).ok();
    fs::write(sandbox.project().join("log.vkey"), sandbox.say("history key").ok().stdout).expect("it can be written");
    let files = ["first.txt", "second.txt", "growth.json", "log.vkey"];
    let other = elsewhere(&sandbox, &files);
    let output = other.say("history verify-proof growth.json --key log.vkey").ok();
    assert!(
        output.stdout.contains(&format!("was only added to, from {first} events to {second}")),
        "{}",
        output.whole()
    );
    let both = "history verify-proof growth.json --key log.vkey --checkpoint first.txt --checkpoint second.txt --json";
    assert_eq!(other.say(both).ok().data()["proved"], "growth");
    let by_files = sandbox.say("history consistency first.txt second.txt --json").ok().data();
    let by_sizes = sandbox.say(&format!("history consistency {first} {second} --json")).ok().data();
    assert_eq!(by_files, by_sizes);

    let path = other.project().join("growth.json");
    edited(&path, |proof| proof["data"]["path"][0] = "00".repeat(32).into());
    let refused = other.say("history verify-proof growth.json --key log.vkey --json").exits(1);
    assert_eq!(refused.error_code(), "proof-path");
    assert_eq!(sandbox.say("history consistency 3 2 --json").exits(2).error_code(), "bad-range");
    assert_eq!(sandbox.say("history consistency 3 999 --json").exits(3).error_code(), "log-too-short");
}

#[test]
fn a_proof_that_was_tampered_with_is_refused_and_each_way_has_a_code_of_its_own() {
    let sandbox = log();
    proved(&sandbox, 3);
    let stranger = log();
    proved(&stranger, 3);
    let strange_note = fs::read_to_string(stranger.project().join("checkpoint.txt")).expect("it can be read");
    let refused = |code: &str, edit: &dyn Fn(&mut Value)| {
        let other = elsewhere(&sandbox, &["proof.json", "log.vkey"]);
        edited(&other.project().join("proof.json"), |document| edit(&mut document["data"]));
        let output = other.say("history verify-proof proof.json --key log.vkey --json").exits(1);
        assert_eq!(output.error_code(), code, "{}", output.whole());
        let text = other.say("history verify-proof proof.json --key log.vkey").exits(1);
        assert!(text.stdout.is_empty() && text.stderr.starts_with("error: "), "{}", text.whole());
    };
    refused("proof-event", &|proof| proof["event"]["actor"] = "somebody else".into());
    refused("proof-event", &|proof| proof["event"]["payload"] = "{}".into());
    refused("proof-event", &|proof| proof["leaf"] = "00".repeat(32).into());
    refused("proof-event", &|proof| proof["event"]["position"] = 4.into());
    refused("proof-path", &|proof| proof["path"][0] = "00".repeat(32).into());
    refused("proof-path", &|proof| proof["path"] = Value::Array(Vec::new()));
    refused("proof-size", &|proof| proof["size"] = 4.into());
    refused("proof-unreadable", &|proof| proof["path"][0] = "not a digest".into());
    refused("proof-unreadable", &|proof| proof["event"] = Value::Null);
    refused("checkpoint-unreadable", &|proof| proof["checkpoint"] = "no note".into());
    refused("checkpoint-unsigned", &|proof| proof["checkpoint"] = strange_note.clone().into());
    refused("checkpoint-forged", &|proof| {
        let note = proof["checkpoint"].as_str().expect("a note");
        let note = note.replacen(&format!("\n{}\n", proof["size"]), "\n1\n", 1);
        proof["checkpoint"] = note.into();
    });
}

#[test]
fn keys_and_files_that_are_none_are_told_apart() {
    let sandbox = log();
    proved(&sandbox, 1);
    let code = |line: &str, exit: i32| sandbox.say(&format!("{line} --json")).exits(exit).error_code();
    assert_eq!(code("history verify-proof proof.json --key nonsense", 2), "bad-key");
    assert_eq!(code("history verify-proof proof.json --key proof.json", 2), "bad-key");
    assert_eq!(code("history verify-proof missing.json --key log.vkey", 1), "proof-unreadable");
    assert_eq!(code("history verify-proof log.vkey --key log.vkey", 1), "proof-unreadable");
    assert_eq!(
        code("history verify-proof proof.json --key log.vkey --checkpoint missing.txt", 1),
        "checkpoint-unreadable"
    );
    assert_eq!(code("history verify --checkpoint proof.json --key log.vkey", 1), "checkpoint-unreadable");
    fs::write(sandbox.project().join("large.json"), " ".repeat((16 << 20) + 1)).expect("it can be written");
    assert_eq!(code("history verify-proof large.json --key log.vkey", 1), "proof-unreadable");
    // The same key signs for another log of this user, under another name.
    let mut other = Sandbox::with_registry(seed::REGISTRY);
    other.set("SYSTEMPROMPT_DATA_DIR", &sandbox.data().display().to_string());
    other.say("cloud tenant select my-project").ok();
    let key = other.say("history key").ok().stdout;
    let line = format!("history verify-proof proof.json --key {}", key.trim());
    assert_eq!(code(&line, 1), "checkpoint-unsigned");
    let renamed = sandbox.project().join("renamed.json");
    fs::copy(sandbox.project().join("proof.json"), &renamed).expect("it can be copied");
    let parts: Vec<_> = key.trim().splitn(3, '+').collect();
    edited(&renamed, |document| {
        let note = document["data"]["checkpoint"].as_str().expect("a note");
        document["data"]["checkpoint"] = witness::renamed(note, parts[0], parts[1]).into();
    });
    let line = format!("history verify-proof renamed.json --key {}", key.trim());
    assert_eq!(code(&line, 1), "checkpoint-other-log");
}

#[test]
fn a_witness_co_signs_a_checkpoint_and_that_is_recorded_and_proved() {
    let sandbox = log();
    proved(&sandbox, 2);
    let size = last(&sandbox) - 1;
    let file = |name: &str| sandbox.project().join(name);
    let (note, witness) =
        (fs::read_to_string(file("checkpoint.txt")).expect("a note"), Witness::new("witness.example", 7));
    fs::write(file("cosigned.txt"), witness.co_sign(&note, 1_700_000_000)).expect("it can be written");
    fs::write(file("witness.vkey"), witness.key()).expect("it can be written");
    let line = "history checkpoint --witness cosigned.txt --witness-key witness.vkey --json";
    let data = sandbox.say(line).ok().data();
    assert_eq!((&data["size"], &data["witnessed_at"]), (&size.into(), &"2023-11-14T22:13:20.000Z".into()), "{data}");
    let events = last(&sandbox);
    sandbox.say(line).ok();
    assert_eq!(last(&sandbox), events, "the same co-signature is recorded once");
    let verified = sandbox.say("history verify").ok();
    assert!(verified.stdout.contains("checkpoints: 1 signed, 1 co-signed by a witness\n"), "{}", verified.whole());

    sandbox.say("history prove 2 --output proof.json --force").ok();
    let other = elsewhere(&sandbox, &["proof.json", "witness.vkey", "log.vkey"]);
    other.say("history verify-proof proof.json --key log.vkey").ok();
    let seen = other.say("history verify-proof proof.json --key witness.vkey").ok();
    assert!(seen.stdout.contains("at 2023-11-14T22:13:20.000Z\n"), "{}", seen.whole());

    let forged = Witness::new("witness.example", 8).co_sign(&note, 1_700_000_000);
    fs::write(file("cosigned.txt"), forged).expect("it can be written");
    assert_eq!(sandbox.say(line).exits(1).error_code(), "checkpoint-unsigned");
    let smaller = |note: &str| note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size - 1), 1);
    let changed = smaller(&witness.co_sign(&note, 1_700_000_000));
    fs::write(file("cosigned.txt"), changed).expect("it can be written");
    assert_eq!(sandbox.say(line).exits(1).error_code(), "checkpoint-forged");
    let never_ours = witness.co_sign(&smaller(&note), 1_700_000_000);
    fs::write(file("cosigned.txt"), never_ours).expect("it can be written");
    assert_eq!(sandbox.say(line).exits(1).error_code(), "checkpoint-not-ours");
    assert_eq!(sandbox.say(&line.replace("witness.vkey", "log.vkey")).exits(4).error_code(), "not-a-witness");
}

#[test]
fn a_damaged_log_is_not_signed_and_nothing_is_proved_from_it() {
    let sandbox = log();
    sandbox.say("history checkpoint").ok();
    let mut log = LogFile::open(&sandbox.file("log.db"));
    log.drop_triggers();
    log.run("update events set actor = 'somebody else' where position = 2");
    log.close();
    for line in ["history checkpoint", "history prove 1", "history consistency 1 3"] {
        assert_eq!(sandbox.say(&format!("{line} --json")).exits(1).error_code(), "log-damaged", "{line}");
    }
}

#[test]
fn a_copy_of_a_project_does_not_sign_a_second_history() {
    let sandbox = log();
    sandbox.say("history checkpoint").ok();
    let copy = sandbox.root().join("copy");
    let copied = std::process::Command::new("cp").arg("-a").arg(sandbox.project()).arg(&copy).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let mut command = sandbox.command(["history", "checkpoint", "--json"]);
    command.current_dir(&copy);
    assert_eq!(sandbox.start(command).end().exits(4).error_code(), "project-copied");
}

#[test]
fn another_user_sees_whose_checkpoints_are_not_theirs() {
    let mut sandbox = log();
    sandbox.say("history checkpoint").ok();
    let home = sandbox.root().join("another").display().to_string();
    sandbox.set("SYSTEMPROMPT_DATA_DIR", &home);
    let data = sandbox.say("history verify --json").ok().data();
    assert_eq!(data["checkpoints"]["of_others"], 1, "{data}");
    let output = sandbox.say("history verify").ok();
    assert!(output.stdout.contains("1 of them with a key that is not yours"), "{}", output.whole());
}
