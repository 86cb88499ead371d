//! Notes that are too large, and files that are in the way.

use super::*;

#[test]
fn a_note_that_could_not_be_read_again_is_not_recorded() {
    let sandbox = log();
    proved(&sandbox, 1);
    let file = |name: &str| sandbox.project().join(name);
    let note = fs::read_to_string(file("checkpoint.txt")).expect("a note");
    let witness = Witness::new("witness.example", 7);
    fs::write(file("witness.vkey"), witness.key()).expect("it can be written");
    let signed = (0..64).fold(note, |note, second| witness.co_sign(&note, 1_700_000_000 + second));
    // As many signatures as a note may have, without the log's own.
    let lines: Vec<_> = signed.lines().collect();
    let own = lines.iter().position(|line| line.starts_with('\u{2014}')).expect("the log signed it");
    let signed = [&lines[..own], &lines[own + 1..]].concat().join("\n") + "\n";
    fs::write(file("cosigned.txt"), signed).expect("it can be written");
    let events = last(&sandbox);
    let line = "history checkpoint --witness cosigned.txt --witness-key witness.vkey --json";
    assert_eq!(sandbox.say(line).exits(4).error_code(), "too-many-signatures");
    assert_eq!(last(&sandbox), events);
    sandbox.say("history verify").ok();
}

#[test]
fn what_lies_where_a_note_or_a_proof_should_go_is_replaced_only_when_that_is_asked_for() {
    let sandbox = log();
    proved(&sandbox, 1);
    let events = last(&sandbox);
    let read = |name: &str| fs::read_to_string(sandbox.project().join(name)).expect("it is there");
    let (note, proof) = (read("checkpoint.txt"), read("proof.json"));
    sandbox.say("cloud tenant unselect").ok();
    let size = events - 1;
    for line in [
        "history checkpoint --output checkpoint.txt".to_owned(),
        "history prove 2 --output proof.json".to_owned(),
        format!("history consistency checkpoint.txt {size} --output checkpoint.txt"),
    ] {
        assert_eq!(sandbox.say(&format!("{line} --json")).exits(4).error_code(), "output-exists", "{line}");
    }
    assert_eq!((read("checkpoint.txt"), read("proof.json")), (note, proof.clone()));
    assert_eq!(last(&sandbox), events + 1, "nothing was signed");
    sandbox.say("history prove 2 --output proof.json --force").ok();
    assert_ne!(read("proof.json"), proof);
}
