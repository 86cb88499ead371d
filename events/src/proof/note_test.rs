//! Signed notes, keys and checkpoints: examples that others published, what is refused, and what is passed over.

use proptest::prelude::*;

use super::{
    Algorithm, Checkpoint, InvalidCheckpoint, InvalidKey, InvalidNote, NOTE_BYTES_MAX, Note, SignatureFault, Signed,
    Signer, VerifierKey,
};
use crate::Digest;

/// A note and its key, as published with another implementation.
const EXAMPLE: &str = "This is an example message.\n\n— example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// The example of C2SP's tlog-cosignature.
const COSIGNED: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa \
    Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 \
    jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
/// Made with OpenSSL from the secret key 1, 2, … 32, under the name `witness`, at 1700000000 for [`checkpoint`].
const WITNESS_KEY: &str = include_str!("note_test/witness.vkey");
const WITNESSED: &str = include_str!("note_test/witnessed.note");

fn signer(name: &str, seed: u8) -> Signer {
    Signer::new(name, &[seed; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "log".to_owned(), size: 3, root: Digest::of(b"root") }
}

#[test]
fn the_published_example_is_read_verified_and_written_as_it_was() {
    let note: Note = EXAMPLE.parse().unwrap();
    let key: VerifierKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(key.verify(&note), Ok(Signed { at: None }));
    assert_eq!((note.to_string(), key.to_string()), (EXAMPLE.to_owned(), EXAMPLE_KEY.to_owned()));
}

#[test]
fn the_published_checkpoint_is_read_and_written_as_it_was() {
    let note: Note = COSIGNED.parse().unwrap();
    let checkpoint: Checkpoint = note.text().parse().unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(note.signatures().len(), 2);
    assert_eq!((checkpoint.to_string(), note.to_string()), (note.text().to_owned(), COSIGNED.to_owned()));
}

#[test]
fn a_witness_signs_the_time_too() {
    let (note, key): (Note, VerifierKey) = (WITNESSED.parse().unwrap(), WITNESS_KEY.trim().parse().unwrap());
    assert_eq!(key.algorithm(), Algorithm::Cosignature);
    assert_eq!(note.text(), checkpoint().to_string());
    let at = key.verify(&note).unwrap().at.unwrap();
    assert_eq!(at.to_seconds_text(), "2023-11-14T22:13:20Z");
    let plain = VerifierKey::new(key.name(), Algorithm::Ed25519, key.public()).unwrap();
    assert!(matches!(plain.verify(&note), Err(SignatureFault::Missing { .. })), "another way to sign is another key");
}

#[test]
fn what_is_signed_verifies_with_its_key_alone() {
    let note = signer("log", 1).sign(&checkpoint());
    let read: Note = note.to_string().parse().unwrap();
    assert_eq!(read, note);
    assert_eq!(read.text().parse(), Ok(checkpoint()));
    assert_eq!(signer("log", 1).verifier().verify(&read), Ok(Signed { at: None }));
    for other in [signer("log", 2), signer("gol", 1)] {
        assert!(matches!(other.verifier().verify(&read), Err(SignatureFault::Missing { .. })));
    }
}

#[test]
fn a_changed_text_or_signature_does_not_hold() {
    let (key, note) = (signer("log", 1).verifier(), signer("log", 1).sign(&checkpoint()).to_string());
    let wrong = |note: &str| key.verify(&note.parse().unwrap());
    assert!(matches!(wrong(&note.replace("\n3\n", "\n4\n")), Err(SignatureFault::Wrong { .. })));
    let other = signer("log", 1).sign(&"another text\n").to_string();
    let line = other.lines().last().unwrap();
    let swapped = note.replace(note.lines().last().unwrap(), line);
    assert!(matches!(wrong(&swapped), Err(SignatureFault::Wrong { .. })));
    // One that holds does not make up for one that does not.
    assert!(matches!(wrong(&format!("{note}{line}\n")), Err(SignatureFault::Wrong { .. })));
}

#[test]
fn signatures_of_strangers_are_passed_over_and_kept() {
    let ours = signer("log", 1);
    let note = signer("stranger", 2).sign(&checkpoint()).joined(&ours.sign(&checkpoint())).unwrap();
    let note = note.joined(&signer("log", 3).sign(&checkpoint())).unwrap();
    assert_eq!(note.signatures().len(), 3);
    assert_eq!(ours.verifier().verify(&note), Ok(Signed { at: None }));
    assert_eq!(note.clone().joined(&note), Some(note.clone()));
    assert_eq!(note.clone().joined(&ours.sign(&"another text\n")), None);
    let kept = note.signed_by(&[&ours.verifier()]);
    assert_eq!(kept, ours.sign(&checkpoint()));
}

#[test]
fn what_is_no_note_is_refused_with_the_reason() {
    let good = signer("log", 1).sign(&checkpoint()).to_string();
    let line = format!("{}\n", good.lines().last().unwrap());
    for (note, reason) in [
        (String::new(), InvalidNote::NoSignatures),
        ("text\n".to_owned(), InvalidNote::NoSignatures),
        ("text\n\n".to_owned(), InvalidNote::NoSignatures),
        (good.trim_end().to_owned(), InvalidNote::NoSignatures),
        (good.replace('\n', "\r\n"), InvalidNote::ControlCharacter),
        (format!("{good}\0"), InvalidNote::ControlCharacter),
        ("x".repeat(NOTE_BYTES_MAX + 1), InvalidNote::TooLarge),
        (format!("text\n\n{}", line.repeat(65)), InvalidNote::TooManySignatures),
        (format!("{good}more\n"), InvalidNote::Signature { number: 2 }),
        (good.replace("— ", "- "), InvalidNote::Signature { number: 1 }),
        (good.replace("— log", "— l+g"), InvalidNote::Signature { number: 1 }),
        ("text\n\n— log AAAA\n".to_owned(), InvalidNote::Signature { number: 1 }),
        ("text\n\n— log AAAAAA==\n".to_owned(), InvalidNote::Signature { number: 1 }),
        ("text\n\n— log ????????\n".to_owned(), InvalidNote::Signature { number: 1 }),
    ] {
        assert_eq!(note.parse::<Note>(), Err(reason), "{note:?}");
    }
    assert!(format!("text\n\n{}", line.repeat(64)).parse::<Note>().is_ok());
}

#[test]
fn what_is_no_checkpoint_is_refused_with_the_reason() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for text in ["", "log\n", "log\n1\n", "\n1\nx\n", &format!("log\n1\n{root}"), &format!("log\n1\n{root}\n\nmore\n")]
    {
        assert_eq!(text.parse::<Checkpoint>(), Err(InvalidCheckpoint::Lines), "{text:?}");
    }
    for size in ["01", "+1", "-1", "1.0", "18446744073709551616", "one"] {
        let text = format!("log\n{size}\n{root}\n");
        assert!(matches!(text.parse::<Checkpoint>(), Err(InvalidCheckpoint::Size { .. })), "{size}");
    }
    for root in ["AAAA", "?", &root[1..]] {
        let text = format!("log\n1\n{root}\n");
        assert!(matches!(text.parse::<Checkpoint>(), Err(InvalidCheckpoint::Root { .. })), "{root}");
    }
    assert_eq!(format!("log\n1\n{root}\nmore\n").parse::<Checkpoint>().map(|checkpoint| checkpoint.size), Ok(1));
}

#[test]
fn what_is_no_key_is_refused_with_the_reason() {
    let form = |text: &str| matches!(text.parse::<VerifierKey>(), Err(InvalidKey::Form { .. }));
    assert!(form("") && form("log") && form("log+00000000") && form("log+00000000+??") && form("log+00000000+"));
    assert!(form("log+00000000+AQ=="), "too short");
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert_eq!(VerifierKey::new("log", Algorithm::Ed25519, &neutral), None, "anything is signed under it");
    assert_eq!("log+00000000+Aw==".parse::<VerifierKey>(), Err(InvalidKey::Algorithm { found: 3 }));
    let renamed = EXAMPLE_KEY.replace("example", "elpmaxe");
    assert!(matches!(renamed.parse::<VerifierKey>(), Err(InvalidKey::Id { .. })));
}

proptest! {
    #[test]
    fn no_text_however_strange_makes_a_reader_panic(text in "\\PC{0,40}(\n|\n\n— )\\PC{0,40}\n?", key in "\\PC{0,20}[+]\\PC{0,20}[+][A-Za-z0-9+/=]{0,60}") {
        if let Ok(note) = text.parse::<Note>() {
            prop_assert_eq!(&note.to_string(), &text);
        }
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            prop_assert!(text.starts_with(&checkpoint.to_string()));
        }
        if let Ok(parsed) = key.parse::<VerifierKey>() {
            prop_assert_eq!(parsed.to_string(), key);
        }
    }
}
