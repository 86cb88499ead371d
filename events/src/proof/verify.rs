//! Verifying proofs: what leads from a leaf, or from a smaller tree, to a root (RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use super::tree::node_hash;
use crate::Digest;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// There is no such leaf in a tree of that size, or the first tree is larger than the second.
    #[error("the tree is too small for what is to be proved")]
    TooSmall,
    /// A proof between these sizes has another number of digests.
    #[error("the proof has too few digests, or too many")]
    Length,
    /// The digests lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Verifies that the leaf at `index`, from 0, is in the tree of `size` leaves with this root.
pub fn verify_inclusion(index: u64, size: u64, leaf: Digest, path: &[Digest], root: &Digest) -> Result<(), PathFault> {
    if index >= size {
        return Err(PathFault::TooSmall);
    }
    let (mut index, mut last, mut node) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(PathFault::Length);
        }
        if is_right(&mut index, &mut last) {
            node = node_hash(sibling, &node);
        } else {
            node = node_hash(&node, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    match (last, node == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(PathFault::Root),
        _ => Err(PathFault::Length),
    }
}

/// Verifies that the tree of `first` leaves is the beginning of that of `second`; each is given with its root.
pub fn verify_consistency(first: (u64, &Digest), second: (u64, &Digest), path: &[Digest]) -> Result<(), PathFault> {
    let ((first, first_root), (second, second_root)) = (first, second);
    if first > second {
        return Err(PathFault::TooSmall);
    }
    if first == 0 || first == second {
        let is_root = if first == 0 { *first_root == Digest::of(b"") } else { first_root == second_root };
        return match (path.is_empty(), is_root) {
            (true, true) => Ok(()),
            (true, false) => Err(PathFault::Root),
            (false, _) => Err(PathFault::Length),
        };
    }
    // Where the first tree is a whole subtree of the second, its root begins the proof.
    let (begin, path) = match path.split_first() {
        _ if first.is_power_of_two() => (first_root, path),
        Some((begin, path)) => (begin, path),
        None => return Err(PathFault::Length),
    };
    let (mut index, mut last) = (first - 1, second - 1);
    while index & 1 == 1 {
        (index, last) = (index >> 1, last >> 1);
    }
    let (mut one, mut other) = (*begin, *begin);
    for node in path {
        if last == 0 {
            return Err(PathFault::Length);
        }
        if is_right(&mut index, &mut last) {
            (one, other) = (node_hash(node, &one), node_hash(node, &other));
        } else {
            other = node_hash(&other, node);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    match (last, one == *first_root && other == *second_root) {
        (0, true) => Ok(()),
        (0, false) => Err(PathFault::Root),
        _ => Err(PathFault::Length),
    }
}

/// Whether the node's sibling stands left of it. A last node without a sibling is passed upwards until it has one.
fn is_right(index: &mut u64, last: &mut u64) -> bool {
    let is_right = *index & 1 == 1 || index == last;
    while is_right && *index & 1 == 0 && *index != 0 {
        (*index, *last) = (*index >> 1, *last >> 1);
    }
    is_right
}
