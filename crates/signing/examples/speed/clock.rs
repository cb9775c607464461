//! How often something is done in a second.

use std::time::{Duration, Instant};

/// How long each thing is done over and over, and how long one of the stretches is in which that is measured.
const TIME: Duration = Duration::from_secs(2);
const STRETCH: Duration = Duration::from_millis(100);

/// How often in a second of the processor's time, in the best of many short stretches: so that other programs on the machine,
/// which also slow the processor down, change the figure little. Where the system does not tell that time, seconds are
/// those of the clock.
pub fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let start = Instant::now();
    let mut best = 0.0f64;
    while start.elapsed() < TIME {
        best = best.max(stretch(&mut work));
    }
    best
}

fn stretch(work: &mut impl FnMut()) -> f64 {
    let (start, busy, mut count) = (Instant::now(), processor(), 0u32);
    while start.elapsed() < STRETCH {
        work();
        count += 1;
    }
    let taken = match (busy, processor()) {
        (Some(before), Some(after)) if after > before => after - before,
        _ => start.elapsed().as_secs_f64(),
    };
    f64::from(count) / taken
}

/// Seconds that this thread has been on a processor.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}
