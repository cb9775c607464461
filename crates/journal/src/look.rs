//! One look for a whole request: has another server recorded anything?
//!
//! PostgreSQL says which transactions it can see (`pg_current_snapshot`): the least that is still open, the next that
//! will begin, and those open between them. While that text stays the same, nothing whatever was recorded. A page asks
//! some twenty questions; it looks once, at the first, and what other servers record while it is being made it may miss
//! as if it had come a moment earlier. What this process records it sees at once.

use std::{
    cell::RefCell,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long one look serves a request that takes its time.
const SERVES: Duration = Duration::from_secs(1);

struct Look {
    tide: u64,
    at: Instant,
    view: Arc<str>,
}

tokio::task_local! {
    static LOOK: RefCell<Option<Look>>;
}

/// Runs one request, whose questions share one look at what other servers recorded. Questions outside are asked anew
/// each time.
pub async fn one_look<F: Future>(request: F) -> F::Output {
    LOOK.scope(RefCell::new(None), request).await
}

/// Whether this runs inside a request.
pub(crate) fn is_shared() -> bool {
    LOOK.try_with(|_| ()).is_ok()
}

/// What the request saw at this tide, if it has looked.
pub(crate) fn seen(tide: u64) -> Option<Arc<str>> {
    let seen = LOOK.try_with(|look| {
        let look = look.borrow();
        look.as_ref().filter(|l| l.tide == tide && l.at.elapsed() < SERVES).map(|l| Arc::clone(&l.view))
    });
    seen.ok().flatten()
}

/// Keeps what the request saw; `at` is when it asked.
pub(crate) fn saw(tide: u64, at: Instant, view: &Arc<str>) {
    // Outside a request there is nobody to keep it for.
    let _ = LOOK.try_with(|look| *look.borrow_mut() = Some(Look { tide, at, view: Arc::clone(view) }));
}

/// Forgets it: a refused change says that the request has seen too little.
pub(crate) fn forget() {
    let _ = LOOK.try_with(|look| *look.borrow_mut() = None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_serves_its_request_until_this_process_records() {
        saw(1, Instant::now(), &"outside".into());
        assert!(!is_shared() && seen(1).is_none());
        one_look(async {
            assert!(is_shared() && seen(1).is_none());
            saw(1, Instant::now(), &"10:10:".into());
            assert_eq!(seen(1).as_deref(), Some("10:10:"));
            assert_eq!(seen(2), None);
            forget();
            assert_eq!(seen(1), None);
            saw(1, Instant::now() - SERVES, &"10:10:".into());
            assert_eq!(seen(1), None);
        })
        .await;
        assert!(!is_shared());
    }
}
