//! A clock that the scenario moves on, so that deadlines pass and codes of the second factor change without waiting.
//!
//! It begins in the past and never passes the machine's own clock: what is signed by it is never signed in the future.

use anyhow::ensure;
use kernel::{Clock, SystemClock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// The machine's clock, some time behind.
#[derive(Debug)]
pub struct Walking {
    /// How far behind, in microseconds; only shrinks.
    behind: AtomicI64,
}

impl Walking {
    /// A clock that many days behind the machine's.
    pub fn days_behind(days: i64) -> Walking {
        Walking { behind: AtomicI64::new(days * 86_400 * 1_000_000) }
    }

    /// Moves it on.
    ///
    /// # Errors
    /// When it would pass the machine's clock.
    pub fn pass(&self, seconds: i64) -> anyhow::Result<()> {
        let left = self.behind.fetch_sub(seconds * 1_000_000, Ordering::SeqCst) - seconds * 1_000_000;
        ensure!(left >= 0, "the scenario's clock has come to the present");
        Ok(())
    }

    /// From now on it is the machine's clock.
    pub fn catch_up(&self) {
        self.behind.store(0, Ordering::SeqCst);
    }
}

impl Clock for Walking {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() - self.behind.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_on_but_never_into_the_future() {
        let clock = Walking::days_behind(2);
        let begun = clock.now();
        clock.pass(3600).unwrap();
        assert!(clock.now() >= begun.plus_seconds(3600));
        assert!(clock.pass(2 * 86_400).is_err());
        clock.catch_up();
        assert!(clock.now() <= SystemClock.now());
    }
}
