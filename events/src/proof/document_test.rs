//! Proofs as documents: what holds, and each way in which one does not.

use super::{
    Checkpoint, CheckpointFault, ConsistencyProof, EventColumns, InclusionProof, Moment, PathFault, ProofFault, Prover,
    SignatureFault, Signer, Tree, tree::leaf_hash,
};
use crate::Digest;

const SIZE: u64 = 11;

fn event(position: i64) -> EventColumns {
    EventColumns {
        position,
        id: "01".repeat(16),
        stream: "project".to_owned(),
        version: position,
        kind: "TenantSelected".to_owned(),
        schema: 1,
        time: 1_700_000_000_000,
        actor: "me (uid 1000)".to_owned(),
        host: "here".to_owned(),
        cli: "systemprompt".to_owned(),
        command: "[]".to_owned(),
        command_id: "02".repeat(16),
        correlation_id: "03".repeat(16),
        causation_id: None,
        payload: "{}".to_owned(),
    }
}

fn leaves(size: u64) -> Vec<Digest> {
    (1..=size).map(|position| event(i64::try_from(position).unwrap()).leaf().unwrap()).collect()
}

fn signer(name: &str, seed: u8) -> Signer {
    Signer::new(name, &[seed; 32]).unwrap()
}

fn signed_as(signer: &Signer, origin: &str, leaves: &[Digest]) -> String {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    signer.sign(&Checkpoint { origin: origin.to_owned(), size: tree.size(), root: tree.root() }).to_string()
}

fn signed(size: u64) -> String {
    signed_as(&signer("log", 1), "log", &leaves(size))
}

fn hexadecimal(digests: &[Digest]) -> Vec<String> {
    digests.iter().map(ToString::to_string).collect()
}

fn inclusion(position: u64) -> InclusionProof {
    let mut prover = Prover::inclusion(position - 1, SIZE).unwrap();
    for leaf in leaves(SIZE) {
        prover.push(leaf);
    }
    let event = event(i64::try_from(position).unwrap());
    let (leaf, path) = (event.leaf().unwrap().to_string(), hexadecimal(&prover.finish().unwrap()));
    InclusionProof { leaf, event, size: SIZE, path, checkpoint: signed(SIZE) }
}

fn moment(size: u64) -> Moment {
    let mut tree = Tree::default();
    for leaf in leaves(size) {
        tree.push(leaf);
    }
    Moment { size, root: tree.root().to_string(), checkpoint: Some(signed(size)) }
}

fn consistency(first: u64, second: u64) -> ConsistencyProof {
    let mut prover = Prover::consistency(first, second).unwrap();
    for leaf in leaves(second) {
        prover.push(leaf);
    }
    ConsistencyProof { first: moment(first), second: moment(second), path: hexadecimal(&prover.finish().unwrap()) }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut InclusionProof), expected: &ProofFault) {
    let mut proof = inclusion(5);
    change(&mut proof);
    assert_eq!(proof.verify(&signer("log", 1).verifier(), None).as_ref(), Err(expected));
}

#[test]
fn an_event_is_proved_by_document_and_key_alone() {
    let key = signer("log", 1).verifier();
    for position in 1..=SIZE {
        let text = serde_json::to_string(&inclusion(position)).unwrap();
        let proof: InclusionProof = serde_json::from_str(&text).unwrap();
        assert_eq!(proof.verify(&key, None).unwrap().checkpoint.size, SIZE);
        assert_eq!(proof.verify(&key, Some(&signed(SIZE))).unwrap().checkpoint.size, SIZE);
    }
}

#[test]
fn each_way_to_tamper_with_a_proof_has_a_reason_of_its_own() {
    refused(|proof| proof.event.actor = "somebody else".to_owned(), &ProofFault::Event);
    refused(|proof| proof.leaf = Digest::of(b"another").to_string(), &ProofFault::Event);
    let change = |proof: &mut InclusionProof| {
        proof.event.actor = "somebody else".to_owned();
        proof.leaf = proof.event.leaf().unwrap().to_string();
    };
    refused(change, &ProofFault::Path(PathFault::Root));
    refused(|proof| proof.path[1] = Digest::of(b"another").to_string(), &ProofFault::Path(PathFault::Root));
    refused(|proof| proof.path.truncate(2), &ProofFault::Path(PathFault::Length));
    refused(|proof| proof.path.push(proof.leaf.clone()), &ProofFault::Path(PathFault::Length));
    refused(|proof| proof.size = SIZE - 1, &ProofFault::Size { proof: SIZE - 1, checkpoint: SIZE });
    let wrong = SignatureFault::Wrong { name: "log".to_owned() };
    let wrong = ProofFault::Checkpoint(CheckpointFault::Signature(wrong));
    refused(|proof| proof.checkpoint = proof.checkpoint.replace("\n11\n", "\n12\n"), &wrong);
    let missing = SignatureFault::Missing { name: "log".to_owned() };
    let missing = ProofFault::Checkpoint(CheckpointFault::Signature(missing));
    refused(|proof| proof.checkpoint = signed_as(&signer("log", 2), "log", &leaves(SIZE)), &missing);
    let other = CheckpointFault::OtherLog { found: "other".to_owned(), expected: "log".to_owned() };
    let other = ProofFault::Checkpoint(other);
    refused(|proof| proof.checkpoint = signed_as(&signer("log", 1), "other", &leaves(SIZE)), &other);
}

#[test]
fn an_event_outside_of_the_tree_is_not_in_it() {
    for position in [0, -1, i64::MIN, 12, i64::MAX] {
        let change = |proof: &mut InclusionProof| {
            proof.event.position = position;
            proof.leaf = proof.event.leaf().unwrap().to_string();
        };
        refused(change, &ProofFault::Position { position, size: SIZE });
    }
}

#[test]
fn what_cannot_be_read_says_what_it_is() {
    let reason = |change: fn(&mut InclusionProof)| {
        let mut proof = inclusion(5);
        change(&mut proof);
        proof.verify(&signer("log", 1).verifier(), None).unwrap_err()
    };
    assert!(matches!(reason(|proof| proof.path[0] = "x".to_owned()), ProofFault::Digest(_)));
    assert!(matches!(reason(|proof| proof.event.id = "x".to_owned()), ProofFault::Columns(_)));
    let note = ProofFault::Checkpoint(CheckpointFault::Note(super::InvalidNote::NoSignatures));
    assert_eq!(reason(|proof| proof.checkpoint.clear()), note);
    let text = reason(|proof| proof.checkpoint = signer("log", 1).sign(&"no checkpoint\n").to_string());
    assert!(matches!(text, ProofFault::Checkpoint(CheckpointFault::Text(_))));
}

#[test]
fn a_checkpoint_held_elsewhere_is_what_counts() {
    let key = signer("log", 1).verifier();
    let mut others = leaves(SIZE);
    others[0] = leaf_hash(&mut [0, 1]);
    let other = signed_as(&signer("log", 1), "log", &others);
    assert_eq!(inclusion(5).verify(&key, Some(&other)), Err(ProofFault::Path(PathFault::Root)));
    let later = signed(SIZE + 1);
    assert_eq!(inclusion(5).verify(&key, Some(&later)), Err(ProofFault::Size { proof: SIZE, checkpoint: SIZE + 1 }));
}

#[test]
fn of_two_checkpoints_of_one_size_that_contradict_each_other_nothing_is_proved_in_any_order() {
    let key = signer("log", 1).verifier();
    let mut others = leaves(5);
    others[0] = leaf_hash(&mut [0, 1]);
    let (left, right) = (signed(5), signed_as(&signer("log", 1), "log", &others));
    for proof in [consistency(3, 5), consistency(5, 5)] {
        assert!(proof.verify(&key, &[left.clone(), left.clone()]).is_ok());
        for held in [[left.clone(), right.clone()], [right.clone(), left.clone()]] {
            assert_eq!(proof.verify(&key, &held), Err(ProofFault::Root { size: 5 }));
        }
    }
}

#[test]
fn growth_is_proved_between_two_signed_checkpoints() {
    let key = signer("log", 1).verifier();
    for first in 1..=SIZE {
        assert!(consistency(first, SIZE).verify(&key, &[]).is_ok(), "{first}");
        assert!(consistency(first, SIZE).verify(&key, &[signed(first), signed(SIZE)]).is_ok(), "{first}");
    }
    let unsigned = ConsistencyProof { second: Moment { checkpoint: None, ..moment(SIZE) }, ..consistency(4, SIZE) };
    assert_eq!(unsigned.verify(&key, &[]), Err(ProofFault::Unsigned { size: SIZE }));
    assert!(unsigned.verify(&key, &[signed(SIZE)]).is_ok());
}

#[test]
fn what_does_not_continue_what_was_is_not_consistent() {
    let key = signer("log", 1).verifier();
    let mut others = leaves(4);
    others[2] = leaf_hash(&mut [0, 1]);
    let rewritten = signed_as(&signer("log", 1), "log", &others);
    assert_eq!(consistency(4, SIZE).verify(&key, &[rewritten]), Err(ProofFault::Root { size: 4 }));
    let mut changed = consistency(4, SIZE);
    changed.path[0] = Digest::of(b"another").to_string();
    assert_eq!(changed.verify(&key, &[]), Err(ProofFault::Path(PathFault::Root)));
    let stray = consistency(4, SIZE).verify(&key, &[signed(5)]);
    assert_eq!(stray, Err(ProofFault::Size { proof: SIZE, checkpoint: 5 }));
    let mut swapped = consistency(4, SIZE);
    std::mem::swap(&mut swapped.first, &mut swapped.second);
    assert_eq!(swapped.verify(&key, &[]), Err(ProofFault::Path(PathFault::TooSmall)));
}
