//! The Merkle log as mathematics: hashes, proofs and their checking, without any storage.
//!
//! The tree is that of RFC 6962 section 2.1 (RFC 9162 section 2.1): a leaf is `SHA-256(0x00 ‖ act hash)`, a node is
//! `SHA-256(0x01 ‖ left ‖ right)`. The leaf with index `n` is the act with position `n + 1`. Whoever holds an act, a
//! [`Proof`] and the log's public key can check with [`Proof::check`] that the act was recorded, without us.

use crate::TreePublicKey;
use kernel::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(&[])
}

/// The hash of the leaf of an act with this hash.
pub fn leaf(act: &Digest) -> Digest {
    Digest::of(&[&[0], act.bytes()])
}

/// The hash of a node over two subtrees.
pub fn node(left: &Digest, right: &Digest) -> Digest {
    Digest::of(&[&[1], left.bytes(), right.bytes()])
}

/// The head of the log at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeHead {
    /// How many acts the log holds.
    pub size: u64,
    /// The hash over all of them.
    pub root: Digest,
    /// When it was signed.
    pub at: Timestamp,
}

impl TreeHead {
    /// The text that is signed: four lines, each ended by a line feed: a fixed name, size, root, and time in
    /// microseconds since 1970.
    pub fn signed_text(&self) -> String {
        format!("dienhong-tree-head-v1\n{}\n{}\n{}\n", self.size, self.root, self.at.micros())
    }
}

/// A head with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTreeHead {
    /// What is signed.
    #[serde(flatten)]
    pub head: TreeHead,
    /// Which key signed: SHA-256 of its DER, in hexadecimal.
    pub key_id: String,
    /// ECDSA P-256 with SHA-256 over [`TreeHead::signed_text`], in DER; Base64 in JSON.
    #[serde(with = "base64_text")]
    pub signature: Vec<u8>,
}

impl SignedTreeHead {
    /// Checks the signature.
    ///
    /// # Errors
    /// [`ProofError::WrongKey`] or [`ProofError::WrongSignature`].
    pub fn check(&self, key: &TreePublicKey) -> Result<(), ProofError> {
        if key.id() != self.key_id {
            return Err(ProofError::WrongKey { named: self.key_id.clone() });
        }
        match key.verify(self.head.signed_text().as_bytes(), &self.signature) {
            true => Ok(()),
            false => Err(ProofError::WrongSignature),
        }
    }
}

/// The proof that an act stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The index of the act's leaf, from 0.
    pub leaf_index: u64,
    /// The hashes beside the way from the leaf to the root, lowest first.
    pub path: Vec<Digest>,
    /// The head that it leads to.
    pub head: SignedTreeHead,
}

/// The proof that an older log is the beginning of a newer one: nothing was taken out or changed between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsistencyProof {
    /// The size of the older log.
    pub old_size: u64,
    /// The hashes of RFC 6962 section 2.1.2.
    pub path: Vec<Digest>,
    /// The newer head.
    pub head: SignedTreeHead,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The head names another key.
    #[error("the head was signed with the key {named}, not with the key given")]
    WrongKey {
        /// The key that it names.
        named: String,
    },
    /// The signature is not that key's over this head.
    #[error("the signature does not belong to this head")]
    WrongSignature,
    /// The hashes do not lead to the root.
    #[error("the hashes do not lead to the root of the head")]
    WrongPath,
}

impl Proof {
    /// Checks that the act with this hash stands in the log whose head the key signed. Needs nothing else.
    ///
    /// # Errors
    /// [`ProofError`], which says what does not hold.
    pub fn check(&self, act: &Digest, key: &TreePublicKey) -> Result<(), ProofError> {
        self.head.check(key)?;
        match root_of_path(self.leaf_index, self.head.head.size, leaf(act), &self.path) {
            Some(root) if root == self.head.head.root => Ok(()),
            _ => Err(ProofError::WrongPath),
        }
    }
}

impl ConsistencyProof {
    /// Checks that the log with the older root is the beginning of the log whose head the key signed.
    ///
    /// # Errors
    /// [`ProofError`], which says what does not hold.
    pub fn check(&self, old_root: &Digest, key: &TreePublicKey) -> Result<(), ProofError> {
        self.head.check(key)?;
        let TreeHead { size, root, .. } = self.head.head;
        match consistent(self.old_size, old_root, size, &root, &self.path) {
            true => Ok(()),
            false => Err(ProofError::WrongPath),
        }
    }
}

/// The root to which an inclusion path leads (RFC 9162 section 2.1.3.2); `None` when it has not the right length.
fn root_of_path(index: u64, size: u64, leaf: Digest, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for hash in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node(hash, &root);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            root = node(&root, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// RFC 9162 section 2.1.4.2.
fn consistent(old: u64, old_root: &Digest, new: u64, new_root: &Digest, path: &[Digest]) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    let mut path = path.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut left, mut right) = (*first, *first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            left = node(hash, &left);
            right = node(hash, &right);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            right = node(&right, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && left == *old_root && right == *new_root
}

/// A run of leaves `[start, end)` whose hash belongs to a proof; `start` is a multiple of a power of two not smaller
/// than its length.
pub(crate) type Run = (u64, u64);

/// The largest power of two smaller than `n`, for `n` of at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// The runs beside the way from a leaf to the root, lowest first (RFC 6962 section 2.1.1).
pub(crate) fn inclusion(index: u64, size: u64) -> Vec<Run> {
    let (mut start, mut end) = (0, size);
    let mut runs = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            runs.push((middle, end));
            end = middle;
        } else {
            runs.push((start, middle));
            start = middle;
        }
    }
    runs.reverse();
    runs
}

/// The runs of a consistency proof (RFC 6962 section 2.1.2).
pub(crate) fn consistency(old: u64, new: u64) -> Vec<Run> {
    if old == 0 || old >= new {
        return Vec::new();
    }
    let (mut start, mut end, mut whole) = (0, new, true);
    let mut runs = Vec::new();
    // `old` counts from `start` on.
    let mut old = old;
    while old != end - start {
        let middle = split(end - start);
        if old <= middle {
            runs.push((start + middle, end));
            end = start + middle;
        } else {
            runs.push((start, start + middle));
            start += middle;
            old -= middle;
            whole = false;
        }
    }
    if !whole {
        runs.push((start, end));
    }
    runs.reverse();
    runs
}

/// The complete subtrees of a run, largest first: level (0 are leaves) and place on that level.
pub(crate) fn subtrees(run: Run) -> Vec<(u32, u64)> {
    let (mut start, end) = run;
    let mut out = Vec::new();
    while start < end {
        let level = 63 - (end - start).leading_zeros();
        out.push((level, start >> level));
        start += 1 << level;
    }
    out
}

/// The hash over complete subtrees that follow one another, largest first.
pub(crate) fn join(hashes: &[Digest]) -> Digest {
    let mut rest = hashes.iter().rev();
    let Some(last) = rest.next() else { return empty_root() };
    rest.fold(*last, |right, left| node(left, &right))
}

/// A growing log that remembers only the hashes of its complete subtrees on the right edge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frontier {
    size: u64,
    /// One hash for each bit of `size`, largest subtree first.
    hashes: Vec<Digest>,
}

impl Frontier {
    /// Adds a leaf and calls `made` for every complete subtree that it ends: level, place, hash.
    pub fn push(&mut self, leaf: Digest, mut made: impl FnMut(u32, u64, &Digest)) {
        let (mut hash, mut level, mut place) = (leaf, 0, self.size);
        made(level, place, &hash);
        while place & 1 == 1 {
            let left = self.hashes.pop().unwrap_or(Digest::ZERO);
            hash = node(&left, &hash);
            level += 1;
            place >>= 1;
            made(level, place, &hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }
    /// A log that goes on behind `size` leaves, from the hashes of [`subtrees`] of `(0, size)`.
    pub fn resume(size: u64, hashes: Vec<Digest>) -> Frontier {
        Frontier { size, hashes }
    }
    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The hash over all leaves.
    pub fn root(&self) -> Digest {
        join(&self.hashes)
    }
}

mod base64_text {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::Deserialize as _;
    pub fn serialize<S: serde::Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
