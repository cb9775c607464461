//! Randomness that a test can repeat.

use kernel::{Digest, Entropy};
use std::sync::atomic::{AtomicU64, Ordering};

/// The same bytes in every run with the same seed: SHA-256 of seed and counter. Never for secrets.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// A source for a seed.
    pub fn new(seed: u64) -> SeededEntropy {
        SeededEntropy { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        for piece in out.chunks_mut(32) {
            let counter = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Digest::of(&[&self.seed.to_be_bytes(), &counter.to_be_bytes()]);
            piece.copy_from_slice(&block.bytes()[..piece.len()]);
        }
    }
}
