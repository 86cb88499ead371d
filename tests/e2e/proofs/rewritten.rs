//! A log that somebody rewrote, and the checkpoints that show it.

use super::*;

#[test]
fn a_rewritten_log_with_a_right_chain_is_found_with_the_checkpoint_held_elsewhere_alone() {
    let sandbox = log();
    proved(&sandbox, 1);
    let size = last(&sandbox) - 1;
    // The checkpoint's event is left out, somebody else did what the second event says, and life goes on.
    let mut rewritten = Rewritten::open(&sandbox);
    rewritten.run(&format!("delete from events where position > {size}"));
    rewritten.run("update events set actor = 'somebody else' where position = 2");
    rewritten.close();
    sandbox.say("history rebuild").ok();
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox.say("history checkpoint").ok();
    let content = sandbox.say("history verify").ok();
    assert!(content.stdout.contains("checkpoints: 1 signed\n"), "{}", content.whole());

    let output = sandbox.say("history verify --checkpoint checkpoint.txt --key log.vkey --json").exits(1);
    assert_eq!(faults(&output), [("rewritten".to_owned(), Some(size))]);
    // Without a key, one's own.
    assert_data_eq!(
        sandbox.say("history verify --checkpoint checkpoint.txt").exits(1).transcript(),
        str![[r#"
$ systemprompt history verify --checkpoint checkpoint.txt
damaged: 1 faults in 10 events
  position 8: an event at one of the positions 1 to 8 is not what the checkpoint held elsewhere is over
checkpoints: 1 signed, 1 held elsewhere
head: [HASH]
? 1

"#]]
    );
    let refused = sandbox.say("history consistency checkpoint.txt 9 --json").exits(1);
    assert_eq!(refused.error_code(), "proof-root");
}

#[test]
fn between_two_checkpoints_held_elsewhere_it_is_told_where_the_log_was_rewritten() {
    let sandbox = log();
    sandbox.say("history checkpoint --output first.txt").ok();
    let first = last(&sandbox) - 1;
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox.say("history checkpoint --output second.txt").ok();
    let second = last(&sandbox) - 1;
    sandbox.say("history verify --checkpoint first.txt --checkpoint second.txt").ok();
    let mut rewritten = Rewritten::open(&sandbox);
    rewritten.run(&format!("update events set host = 'elsewhere' where position = {second}"));
    rewritten.close();
    let output = sandbox.say("history verify --checkpoint second.txt --checkpoint first.txt").exits(1);
    let range = format!("positions {} to {second}", first + 1);
    assert!(output.stdout.contains(&range), "{}", output.whole());
}

#[test]
fn a_log_that_was_cut_short_or_exchanged_is_found_with_a_checkpoint_held_elsewhere() {
    let sandbox = log();
    proved(&sandbox, 1);
    let size = last(&sandbox) - 1;
    let mut cut = Rewritten::open(&sandbox);
    cut.run(&format!("delete from events where position >= {size}"));
    cut.close();
    sandbox.say("history rebuild").ok();
    sandbox.say("history verify").ok();
    let output = sandbox.say("history verify --checkpoint checkpoint.txt --key log.vkey --json").exits(1);
    assert_eq!(faults(&output), [("truncated".to_owned(), Some(size - 1))]);

    let other = log();
    let handed = elsewhere(&sandbox, &["checkpoint.txt", "log.vkey"]);
    for file in ["checkpoint.txt", "log.vkey"] {
        fs::copy(handed.project().join(file), other.project().join(file)).expect("a file can be handed over");
    }
    let output = other.say("history verify --checkpoint checkpoint.txt --key log.vkey --json").exits(1);
    assert_eq!(faults(&output), [("replaced".to_owned(), None)]);
}

#[test]
fn a_checkpoint_in_the_log_that_lies_is_found_by_verify_itself() {
    const SIGNED: &str = "CheckpointSigned";
    let spoil = |payload: &mut Value| {
        payload["note"] = witness::spoiled(payload["note"].as_str().expect("a note")).into();
    };
    let lies: [(&str, Lie); 5] = [
        ("checkpoint-root", &|log| log.run("update events set actor = 'somebody else' where position = 2")),
        ("checkpoint-note", &|log| log.edit(SIGNED, |payload| payload["size"] = 3.into())),
        ("checkpoint-note", &|log| log.edit(SIGNED, |payload| payload["note"] = "no note".into())),
        ("checkpoint-note", &|log| log.edit(SIGNED, |payload| payload["key"] = "no key".into())),
        ("checkpoint-signature", &|log| log.edit(SIGNED, spoil)),
    ];
    for (kind, lie) in lies {
        let sandbox = log();
        sandbox.say("history checkpoint").ok();
        let position = last(&sandbox);
        sandbox.say("history verify").ok();
        let mut rewritten = Rewritten::open(&sandbox);
        lie(&mut rewritten);
        rewritten.close();
        let output = sandbox.say("history verify --json").exits(1);
        assert_eq!(faults(&output), [(kind.to_owned(), Some(position))], "{}", output.whole());
    }
}

#[test]
fn a_checkpoint_over_events_that_come_after_it_is_found() {
    let sandbox = log();
    sandbox.say("history checkpoint").ok();
    let first = last(&sandbox);
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox.say("history checkpoint").ok();
    let second = last(&sandbox);
    let mut rewritten = Rewritten::open(&sandbox);
    let payload = format!("(select payload from events where position = {second})");
    rewritten.run(&format!("update events set payload = {payload} where position = {first}"));
    rewritten.close();
    let output = sandbox.say("history verify --json").exits(1);
    let expected = [("checkpoint-size".to_owned(), Some(first)), ("checkpoint-root".to_owned(), Some(second))];
    assert_eq!(faults(&output), expected, "{}", output.whole());
}
