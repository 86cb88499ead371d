//! Making proofs in one pass over the leaves: a proof is a list of roots of ranges of leaves that do not overlap.

use std::ops::Range;

use super::tree::{Tree, split};
use crate::Digest;

/// Takes all leaves of a tree in order, and ends with a proof; memory for one digest a level.
#[derive(Clone, Debug)]
pub struct Prover {
    /// The ranges whose roots are the proof, in its order.
    ranges: Vec<Range<u64>>,
    /// The roots that are known already, by where their ranges stand in the proof.
    roots: Vec<Option<Digest>>,
    /// Places of the ranges in the proof, in the order of the leaves; the next one last.
    ahead: Vec<usize>,
    /// Leaves of the range that is being passed.
    tree: Tree,
    seen: u64,
}

impl Prover {
    /// Proves that the leaf at `index`, from 0, is in the tree of `size` leaves (RFC 6962, section 2.1.1). None if it
    /// cannot be.
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        (index < size).then(|| Self::new(inclusion_ranges(index, size)))
    }

    /// Proves that the tree of `first` leaves is the beginning of that of `second` (RFC 6962, section 2.1.2). None if it
    /// cannot be.
    pub fn consistency(first: u64, second: u64) -> Option<Self> {
        (first <= second).then(|| Self::new(consistency_ranges(first, second)))
    }

    fn new(ranges: Vec<Range<u64>>) -> Self {
        let mut ahead: Vec<usize> = (0..ranges.len()).collect();
        ahead.sort_by_key(|place| std::cmp::Reverse(ranges[*place].start));
        Self { roots: vec![None; ranges.len()], ranges, ahead, tree: Tree::default(), seen: 0 }
    }

    /// Takes the hash of the next leaf.
    pub fn push(&mut self, leaf: Digest) {
        let at = self.seen;
        self.seen += 1;
        let Some(place) = self.ahead.last().copied() else { return };
        let range = &self.ranges[place];
        if range.contains(&at) {
            self.tree.push(leaf);
            if self.seen == range.end {
                self.roots[place] = Some(std::mem::take(&mut self.tree).root());
                self.ahead.pop();
            }
        }
    }

    /// The proof; none when leaves are missing.
    pub fn finish(self) -> Option<Vec<Digest>> {
        self.roots.into_iter().collect()
    }
}

/// From the leaf upwards, the sibling of each node on the way to the root.
fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut tree, mut ranges) = (0..size, vec![]);
    while tree.end - tree.start > 1 {
        let middle = tree.start + split(tree.end - tree.start);
        if index < middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The nodes from which both roots can be computed; the first of them is left out where it is the smaller tree itself,
/// whose root whoever verifies has.
fn consistency_ranges(first: u64, second: u64) -> Vec<Range<u64>> {
    if first == 0 {
        return vec![];
    }
    let (mut tree, mut ranges) = (0..second, vec![]);
    while tree.end != first {
        let middle = tree.start + split(tree.end - tree.start);
        if first <= middle {
            ranges.push(middle..tree.end);
            tree.end = middle;
        } else {
            ranges.push(tree.start..middle);
            tree.start = middle;
        }
    }
    if tree.start > 0 {
        ranges.push(tree);
    }
    ranges.reverse();
    ranges
}
