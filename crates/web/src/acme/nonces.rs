//! Words against replays (RFC 8555, 6.5). Giving one out costs no memory: it carries its time and a code that only this
//! process can make. Only words that were used are remembered, until they are too old anyway.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Entropy, Timestamp};
use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

/// How long a word counts, in microseconds.
const AGE: i64 = 15 * 60 * 1_000_000;
/// Most used words that are remembered; when there are more, the oldest half of the time is over early.
const MOST: usize = 200_000;
/// Time and chance in a word, in bytes.
const BARE: usize = 8 + 16;

/// The words of this process.
pub struct Nonces {
    key: hmac::Key,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    words: HashSet<[u8; BARE]>,
    order: VecDeque<[u8; BARE]>,
    /// Words from before this instant count no more.
    since: i64,
}

impl Nonces {
    /// Under a key of chance, which ends with the process.
    pub fn new(entropy: &dyn Entropy) -> Nonces {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Nonces { key: hmac::Key::new(hmac::HMAC_SHA256, &key), used: Mutex::default() }
    }

    /// A new word.
    pub fn fresh(&self, now: Timestamp, entropy: &dyn Entropy) -> String {
        let mut bare = [0; BARE];
        bare[..8].copy_from_slice(&now.micros().to_be_bytes());
        entropy.fill(&mut bare[8..]);
        let code = hmac::sign(&self.key, &bare);
        URL_SAFE_NO_PAD.encode([bare.as_slice(), code.as_ref()].concat())
    }

    /// Uses a word up: true once for each word that was given out a short while ago.
    pub fn take(&self, word: &str, now: Timestamp) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(word) else { return false };
        let Some((bare, code)) = bytes.split_first_chunk::<BARE>() else { return false };
        if hmac::verify(&self.key, bare, code).is_err() {
            return false;
        }
        let made = time_of(bare);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.since = used.since.max(now.micros() - AGE);
        if used.words.len() >= MOST {
            // Rather words that count no more than words that count twice.
            used.since = used.since.max(now.micros() - AGE / 2);
        }
        let since = used.since;
        used.forget(since);
        let counts = made > since && made <= now.micros() && used.words.len() < MOST;
        counts && used.remember(*bare)
    }
}

impl Used {
    /// Words come back roughly in the order in which they were given out; one that waited is forgotten a little later.
    fn forget(&mut self, since: i64) {
        while let Some(first) = self.order.front().copied().filter(|first| time_of(first) <= since) {
            self.order.pop_front();
            self.words.remove(&first);
        }
    }
    fn remember(&mut self, bare: [u8; BARE]) -> bool {
        let new = self.words.insert(bare);
        if new {
            self.order.push_back(bare);
        }
        new
    }
}

fn time_of(bare: &[u8; BARE]) -> i64 {
    bare.first_chunk::<8>().map_or(0, |time| i64::from_be_bytes(*time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;
    use proptest::prelude::*;

    fn nonces() -> Nonces {
        Nonces::new(&OsEntropy)
    }

    #[test]
    fn a_word_counts_once_and_for_a_short_while() {
        let (nonces, now) = (nonces(), Timestamp::from_micros(1_790_000_000_000_000));
        let word = nonces.fresh(now, &OsEntropy);
        assert!(nonces.take(&word, now.plus_seconds(1)));
        assert!(!nonces.take(&word, now.plus_seconds(2)), "twice");
        let old = nonces.fresh(now, &OsEntropy);
        assert!(!nonces.take(&old, now.plus_seconds(901)), "too old");
        // What is forgotten is too old by itself.
        assert!(!nonces.take(&word, now.plus_seconds(902)));
        assert!(nonces.used.lock().unwrap().words.is_empty());
    }

    #[test]
    fn words_of_another_process_do_not_count() {
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        assert!(!nonces().take(&nonces().fresh(now, &OsEntropy), now));
        assert!(!nonces().take("", now));
    }

    proptest! {
        #[test]
        fn no_word_makes_the_check_panic_or_pass(word in "\\PC{0,120}") {
            prop_assert!(!nonces().take(&word, Timestamp::from_micros(1_790_000_000_000_000)));
        }
    }
}
