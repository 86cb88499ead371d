//! The tree against the known vectors of RFC 6962's authors, and against the definition written down word by word.

use proptest::prelude::*;

use super::{PathFault, Prover, Tree, tree::leaf_hash, verify_consistency, verify_inclusion};
use crate::Digest;

/// The leaves of the reference implementation of certificate transparency, in hexadecimal.
const DATA: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots of its trees, from one leaf on.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaf(data: &[u8]) -> Digest {
    leaf_hash(&mut [&[0xff], data].concat())
}

fn known() -> Vec<Digest> {
    DATA.map(|data| leaf(&hex::decode(data).unwrap())).to_vec()
}

fn numbered(count: u64) -> Vec<Digest> {
    (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
}

fn tree(leaves: &[Digest]) -> Tree {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree
}

fn root(leaves: &[Digest]) -> Digest {
    tree(leaves).root()
}

/// The nodes of a proof, by ranges of leaves; the last range may be left open.
fn roots<const N: usize>(leaves: &[Digest], ranges: [std::ops::Range<usize>; N]) -> Vec<Digest> {
    ranges.map(|range| root(&leaves[range])).to_vec()
}

fn proof(prover: Option<Prover>, leaves: &[Digest]) -> Vec<Digest> {
    let mut prover = prover.unwrap();
    for leaf in leaves {
        prover.push(*leaf);
    }
    prover.finish().unwrap()
}

/// RFC 6962, section 2.1: `MTH`, `PATH`, `PROOF` and `SUBPROOF` as they are defined, with all leaves in memory.
mod naive {
    use super::Digest;

    fn node(left: Digest, right: Digest) -> Digest {
        Digest::of(&[&[1], left.as_bytes().as_slice(), right.as_bytes().as_slice()].concat())
    }

    fn split(count: usize) -> usize {
        (0..usize::BITS).map(|bit| 1 << bit).take_while(|power| *power < count).last().unwrap()
    }

    pub(super) fn root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node(root(left), root(right))
            }
        }
    }

    pub(super) fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() == 1 {
            return vec![];
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut path, sibling) = if index < left.len() {
            (path(index, left), root(right))
        } else {
            (path(index - left.len(), right), root(left))
        };
        path.push(sibling);
        path
    }

    pub(super) fn consistency(first: usize, leaves: &[Digest], is_whole: bool) -> Vec<Digest> {
        if first == leaves.len() {
            return if is_whole { vec![] } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut nodes, last) = if first <= left.len() {
            (consistency(first, left, is_whole), root(right))
        } else {
            (consistency(first - left.len(), right, false), root(left))
        };
        nodes.push(last);
        nodes
    }
}

#[test]
fn the_roots_are_those_of_the_reference_implementation() {
    assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (count, expected) in (1..).zip(ROOTS) {
        assert_eq!(root(&known()[..count]).to_string(), expected, "{count} leaves");
    }
}

#[test]
fn inclusion_proofs_are_those_of_the_examples_in_the_rfc() {
    let leaves = &known()[..7];
    let path = |index| proof(Prover::inclusion(index, 7), leaves);
    assert_eq!(path(0), roots(leaves, [1..2, 2..4, 4..7]));
    assert_eq!(path(3), roots(leaves, [2..3, 0..2, 4..7]));
    assert_eq!(path(4), roots(leaves, [5..6, 6..7, 0..4]));
    assert_eq!(path(6), roots(leaves, [4..6, 0..4]));
}

#[test]
fn consistency_proofs_are_those_of_the_examples_in_the_rfc() {
    let leaves = &known()[..7];
    let between = |first| proof(Prover::consistency(first, 7), leaves);
    assert_eq!(between(3), roots(leaves, [2..3, 3..4, 0..2, 4..7]));
    assert_eq!(between(4), roots(leaves, [4..7; 1]));
    assert_eq!(between(6), roots(leaves, [4..6, 6..7, 0..4]));
}

#[test]
fn every_proof_of_every_small_tree_holds_and_is_the_one_that_the_definition_gives() {
    for size in 0..=33_usize {
        let leaves = numbered(size as u64);
        let whole = root(&leaves);
        assert_eq!(whole, naive::root(&leaves));
        for index in 0..size {
            let path = proof(Prover::inclusion(index as u64, size as u64), &leaves);
            assert_eq!(path, naive::path(index, &leaves));
            assert_eq!(verify_inclusion(index as u64, size as u64, leaves[index], &path, &whole), Ok(()));
        }
        for first in 0..=size {
            let path = proof(Prover::consistency(first as u64, size as u64), &leaves);
            if first > 0 {
                assert_eq!(path, naive::consistency(first, &leaves, true));
            }
            let before = root(&leaves[..first]);
            assert_eq!(verify_consistency((first as u64, &before), (size as u64, &whole), &path), Ok(()));
        }
    }
}

#[test]
fn what_cannot_be_in_a_tree_is_not_proved() {
    assert!(Prover::inclusion(7, 7).is_none());
    assert!(Prover::consistency(8, 7).is_none());
    let leaves = known();
    let whole = root(&leaves);
    assert_eq!(verify_inclusion(8, 8, leaves[0], &[], &whole), Err(PathFault::TooSmall));
    assert_eq!(verify_consistency((9, &whole), (8, &whole), &[]), Err(PathFault::TooSmall));
    let mut half = Prover::inclusion(0, 8).unwrap();
    half.push(leaves[0]);
    assert_eq!(half.finish(), None);
}

#[test]
fn a_proof_with_a_digest_too_few_or_too_many_is_told_apart_from_a_wrong_one() {
    let leaves = known();
    let whole = root(&leaves);
    let path = proof(Prover::inclusion(2, 8), &leaves);
    let longer = [path.clone(), vec![whole]].concat();
    assert_eq!(verify_inclusion(2, 8, leaves[2], &path[..2], &whole), Err(PathFault::Length));
    assert_eq!(verify_inclusion(2, 8, leaves[2], &longer, &whole), Err(PathFault::Length));
    assert_eq!(verify_inclusion(3, 8, leaves[2], &path, &whole), Err(PathFault::Root));
    let (before, between) = (root(&leaves[..3]), proof(Prover::consistency(3, 8), &leaves));
    let longer = [between.clone(), vec![whole]].concat();
    for path in [&[], &between[..2], &longer] {
        assert_eq!(verify_consistency((3, &before), (8, &whole), path), Err(PathFault::Length));
    }
    assert_eq!(verify_consistency((8, &whole), (8, &whole), &longer), Err(PathFault::Length));
    assert_eq!(verify_consistency((8, &before), (8, &whole), &[]), Err(PathFault::Root));
    assert_eq!(verify_consistency((0, &before), (8, &whole), &[]), Err(PathFault::Root));
}

proptest! {
    #[test]
    fn a_large_tree_is_that_of_the_definition_whatever_its_size(size in 1_usize..3_000, at in any::<prop::sample::Index>()) {
        let (leaves, index) = (numbered(size as u64), at.index(size));
        let whole = naive::root(&leaves);
        prop_assert_eq!(root(&leaves), whole);
        let path = proof(Prover::inclusion(index as u64, size as u64), &leaves);
        prop_assert_eq!(&path, &naive::path(index, &leaves));
        prop_assert_eq!(verify_inclusion(index as u64, size as u64, leaves[index], &path, &whole), Ok(()));
        let between = proof(Prover::consistency(index as u64 + 1, size as u64), &leaves);
        prop_assert_eq!(&between, &naive::consistency(index + 1, &leaves, true));
        let before = naive::root(&leaves[..=index]);
        prop_assert_eq!(verify_consistency((index as u64 + 1, &before), (size as u64, &whole), &between), Ok(()));
    }

    #[test]
    fn a_proof_of_which_one_bit_is_changed_does_not_hold(
        size in 2_u64..200, at in any::<prop::sample::Index>(), which in any::<prop::sample::Index>(), bit in 0_usize..256,
    ) {
        let (leaves, index) = (numbered(size), at.index(usize::try_from(size).unwrap()));
        let flip = |digest: &mut Digest| {
            let mut bytes = *digest.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            *digest = Digest::from_bytes(bytes);
        };
        let whole = root(&leaves);
        let mut path = proof(Prover::inclusion(index as u64, size), &leaves);
        let count = path.len();
        flip(&mut path[which.index(count)]);
        prop_assert_eq!(verify_inclusion(index as u64, size, leaves[index], &path, &whole), Err(PathFault::Root));
        let before = root(&leaves[..=index]);
        let mut between = proof(Prover::consistency(index as u64 + 1, size), &leaves);
        let expected = if between.is_empty() { Ok(()) } else { Err(PathFault::Root) };
        if let count @ 1.. = between.len() {
            flip(&mut between[which.index(count)]);
        }
        prop_assert_eq!(verify_consistency((index as u64 + 1, &before), (size, &whole), &between), expected);
    }

    #[test]
    fn no_proof_however_strange_makes_the_verifier_panic(
        index in any::<u64>(), size in any::<u64>(), nodes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<_> = nodes.into_iter().map(Digest::from_bytes).collect();
        let root = Digest::of(b"root");
        prop_assert!(verify_inclusion(index, size, Digest::ZERO, &path, &root).is_err());
        let consistency = verify_consistency((index, &Digest::ZERO), (size, &root), &path);
        prop_assert!(consistency.is_err());
    }
}
