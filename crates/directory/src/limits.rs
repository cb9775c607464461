//! How often one may try: token buckets by account, device and network address, in bounded memory.

use kernel::{Digest, Timestamp};
use std::{collections::HashMap, sync::Mutex};

/// How fast a bucket fills and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tries in a row.
    pub burst: i64,
    /// Seconds until one more try.
    pub seconds: i64,
}

/// Guesses at one account from devices that never signed in to it.
pub const ACCOUNT: Rate = Rate { burst: 5, seconds: 60 };
/// Guesses at one account from a device that has signed in to it before: a stranger's guesses cannot shut it out.
pub const OWN_DEVICE: Rate = Rate { burst: 10, seconds: 20 };
/// Tries of one device.
pub const DEVICE: Rate = Rate { burst: 20, seconds: 6 };
/// Tries from one network address, behind which a whole office may stand.
pub const ADDRESS: Rate = Rate { burst: 120, seconds: 1 };

/// Most buckets that are kept.
const MOST: usize = 50_000;

struct Bucket {
    /// When it will be full again, in microseconds. A bucket whose time has passed says nothing and can be dropped.
    full_at: i64,
}

/// Token buckets by key. Buckets that have filled again are forgotten; when memory is full of others, the one that
/// would fill first goes.
#[derive(Default)]
pub struct Limits {
    buckets: Mutex<HashMap<Digest, Bucket>>,
}

/// What is limited: a kind and a name, such as `account` and a login.
pub fn key(parts: &[&str]) -> Digest {
    let joined: Vec<&[u8]> = parts.iter().flat_map(|p| [p.as_bytes(), b"\0"]).collect();
    Digest::of(&joined)
}

impl Limits {
    /// Takes one try out of a bucket.
    ///
    /// # Errors
    /// The seconds until the next try, when the bucket is empty. Nothing is taken then.
    pub fn take(&self, key: Digest, rate: Rate, now: Timestamp) -> Result<(), u64> {
        let (now, step) = (now.micros(), rate.seconds.saturating_mul(1_000_000));
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let full_at = buckets.get(&key).map_or(now, |b| b.full_at.max(now));
        // Each try moves the time at which the bucket is full by one step; it is empty `burst` steps ahead.
        let after = full_at.saturating_add(step);
        let most = now.saturating_add(step.saturating_mul(rate.burst));
        if after > most {
            let wait = u64::try_from((after - most).div_euclid(1_000_000)).unwrap_or(0);
            return Err(wait + 1);
        }
        if buckets.len() >= MOST && !buckets.contains_key(&key) {
            make_room(&mut buckets, now);
        }
        buckets.insert(key, Bucket { full_at: after });
        Ok(())
    }

    /// Fills a bucket: the person has shown who they are.
    pub fn forgive(&self, key: &Digest) {
        self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.buckets.lock().unwrap().len()
    }
}

fn make_room(buckets: &mut HashMap<Digest, Bucket>, now: i64) {
    buckets.retain(|_, b| b.full_at > now);
    if buckets.len() < MOST {
        return;
    }
    // Still full: drop the half that would be full again first, so that this work is rare.
    let mut times: Vec<i64> = buckets.values().map(|b| b.full_at).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    buckets.retain(|_, b| b.full_at > median);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn after_the_burst_one_try_comes_back_with_each_step() {
        let limits = Limits::default();
        let rate = Rate { burst: 3, seconds: 10 };
        for _ in 0..3 {
            assert_eq!(limits.take(key(&["a"]), rate, at(100)), Ok(()));
        }
        assert_eq!(limits.take(key(&["a"]), rate, at(100)), Err(11));
        assert_eq!(limits.take(key(&["b"]), rate, at(100)), Ok(()));
        assert_eq!(limits.take(key(&["a"]), rate, at(110)), Ok(()));
        assert!(limits.take(key(&["a"]), rate, at(110)).is_err());
        limits.forgive(&key(&["a"]));
        assert_eq!(limits.take(key(&["a"]), rate, at(110)), Ok(()));
    }

    #[test]
    fn memory_stays_bounded_under_a_flood_of_names() {
        let limits = Limits::default();
        for n in 0..MOST + 1000 {
            let _ = limits.take(key(&["account", &n.to_string()]), ACCOUNT, at(0));
        }
        assert!(limits.len() <= MOST);
    }

    #[test]
    fn keys_do_not_run_into_one_another() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
    }

    proptest! {
        #[test]
        fn never_more_than_burst_plus_elapsed_steps_are_let_through(
            waits in prop::collection::vec(0i64..30, 1..80), burst in 1i64..6, seconds in 1i64..20
        ) {
            let (limits, rate) = (Limits::default(), Rate { burst, seconds });
            let (mut now, mut through) = (0, 0);
            for wait in waits {
                now += wait;
                if limits.take(key(&["x"]), rate, at(now)).is_ok() { through += 1; }
            }
            prop_assert!(through <= burst + now / seconds, "{through}");
        }
    }
}
