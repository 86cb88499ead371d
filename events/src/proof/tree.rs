//! The Merkle tree of RFC 6962, section 2.1, leaf by leaf: of what came before, only the roots of whole subtrees are kept.

use crate::Digest;

/// What stands before the data of a leaf, so that no leaf can be taken for a node.
const LEAF: u8 = 0;
/// What stands before the two children of a node.
const NODE: u8 = 1;
const DIGEST_BYTES: usize = 32;

/// The tree over the leaves that were pushed: at most 64 digests, however many leaves there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// Roots of whole subtrees, the largest first: one for each bit of `size` that is set.
    peaks: Vec<Digest>,
}

impl Tree {
    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let (mut node, mut bits) = (leaf, self.size);
        while bits & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            node = node_hash(&left, &node);
            bits >>= 1;
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root: that of no leaves is the hash of nothing.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Digest::of(b"") };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The hash of a leaf with these data; `with_prefix` is them with one more byte in front, which is written here.
pub(crate) fn leaf_hash(with_prefix: &mut [u8]) -> Digest {
    if let Some(prefix) = with_prefix.first_mut() {
        *prefix = LEAF;
    }
    Digest::of(with_prefix)
}

/// The hash of a node over its two children.
pub(super) fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [NODE; 1 + 2 * DIGEST_BYTES];
    bytes[1..=DIGEST_BYTES].copy_from_slice(left.as_bytes());
    bytes[1 + DIGEST_BYTES..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The largest power of two below `size`, which is above 1: where RFC 6962 splits a tree.
pub(super) const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
