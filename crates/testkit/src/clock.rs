//! A clock that moves only when it is told to.

use kernel::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock turned by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this instant.
    pub fn at(now: Timestamp) -> ManualClock {
        ManualClock(AtomicI64::new(now.micros()))
    }
    /// A clock that shows 09:00 on the morning of a day in Viet Nam.
    ///
    /// # Panics
    /// When there is no such day.
    pub fn morning(year: i16, month: i8, day: i8) -> ManualClock {
        let day = kernel::Day::new(year, month, day).expect("the day exists");
        ManualClock::at(day.start().plus_seconds(9 * 3600))
    }
    /// Turns it to an instant, forward or back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }
    /// Turns it forward (or, below 0, back) by seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
