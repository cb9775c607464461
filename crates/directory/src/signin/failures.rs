//! Failed attempts: counted in memory, recorded sparsely, and an account closed for a while after too many.

use super::SignIn;
use crate::{
    acts::{self, CredentialLocked, SessionRefused},
    limits::{self, Rate},
    sessions::SYSTEM,
    signin::Origin,
};
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, PersonId, Problem, Timestamp};
use serde_json::json;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
};

/// Failures in a row that close an account to devices that never signed in to it.
const LOCK_AFTER: i64 = 10;
/// For how long, in seconds.
const LOCK_SECONDS: i64 = 15 * 60;
/// One act stands for the failures of this many seconds.
const WINDOW_SECONDS: i64 = 10 * 60;
/// Acts about failures, of all accounts together: at most 30 at once and one more each 10 seconds.
const ACTS: Rate = Rate { burst: 30, seconds: 10 };
/// Most accounts whose failures are counted.
const MOST: usize = 20_000;
/// Where failures on accounts that do not exist are recorded, all together.
/// No name to sign in with is so: it has a space.
const UNKNOWN: &str = "unknown accounts";

#[derive(Clone, Copy)]
struct Count {
    /// Failures in a row.
    row: i64,
    /// Failures not recorded yet.
    unrecorded: i64,
    /// Since when they are counted.
    since: Timestamp,
    /// When the last act was recorded.
    recorded: Timestamp,
    locked_until: Timestamp,
}

/// Failures by account name, whether or not there is such an account. Bounded.
#[derive(Default)]
pub(super) struct Failures {
    counts: Mutex<HashMap<String, Count>>,
}

/// What is to be recorded about a failure.
struct Due {
    attempts: i64,
    since: Timestamp,
    lock: Option<(Timestamp, i64)>,
}

impl Failures {
    pub(super) fn locked_until(&self, login: &str) -> Option<Timestamp> {
        let counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        counts.get(login).map(|c| c.locked_until).filter(|at| at.micros() > 0)
    }

    pub(super) fn forget(&self, login: &str) {
        self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(login);
    }

    /// Counts a failure of `login`; says what is to be recorded now.
    fn count(&self, login: &str, now: Timestamp) -> Option<Due> {
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if counts.len() >= MOST && !counts.contains_key(login) {
            let old = now.plus_seconds(-WINDOW_SECONDS);
            counts.retain(|_, c| c.since > old || c.locked_until > now);
            if counts.len() >= MOST {
                counts.clear();
            }
        }
        let never = Timestamp::from_micros(0);
        let fresh = Count { row: 0, unrecorded: 0, since: now, recorded: never, locked_until: never };
        let count = counts.entry(login.to_owned()).or_insert(fresh);
        count.row += 1;
        count.unrecorded += 1;
        // The heap of unknown accounts is nobody's: there is nothing to close.
        let lock = (login != UNKNOWN && count.row % LOCK_AFTER == 0).then(|| {
            count.locked_until = now.plus_seconds(LOCK_SECONDS);
            (count.locked_until, count.row)
        });
        if lock.is_none() && count.recorded.plus_seconds(WINDOW_SECONDS) > now {
            return None;
        }
        let due = Due { attempts: count.unrecorded, since: count.since, lock };
        (count.unrecorded, count.since, count.recorded) = (0, now, now);
        Some(due)
    }
}

impl SignIn {
    /// Counts a failure and records what is due, behind the answer: the answer's time must not tell whether the account
    /// exists.
    pub(super) async fn failed(&self, login: &str, origin: &Origin) {
        let Some(due) = self.inner.failures.count(login, self.now()) else { return };
        let (this, login, origin) = (self.clone(), login.to_owned(), origin.clone());
        tokio::spawn(async move {
            if let Err(problem) = this.record_failure(&login, &due, &origin).await {
                tracing::warn!(%problem, "a failed sign-in could not be recorded");
            }
        });
    }

    async fn record_failure(&self, login: &str, due: &Due, origin: &Origin) -> Result<(), Problem> {
        let now = self.now();
        let person = self.directory.person_by_login(login).await?.map(|p| p.id);
        // Failures on unknown accounts are one heap: counted there, names without end make no acts without end.
        let heap = if person.is_none() { self.inner.failures.count(UNKNOWN, now) } else { None };
        let due = match (&person, &heap) {
            (Some(_), _) => due,
            (None, Some(heap)) => heap,
            (None, None) => return Ok(()),
        };
        if due.lock.is_none() && self.inner.limits.take(limits::key(&["failure-acts"]), ACTS, now).is_err() {
            tracing::warn!("failed sign-ins are too many to be recorded one by one");
            return Ok(());
        }
        let ctx = Ctx::system(SYSTEM, now, origin.request.clone());
        self.directory.journal().commit(&ctx, failure_acts(person.as_ref(), due, origin)).await.map(drop)
    }
}

fn failure_acts(person: Option<&PersonId>, due: &Due, origin: &Origin) -> Change {
    let resource = match person {
        Some(person) => acts::person_resource(person, &BTreeSet::new()),
        None => acts::session_resource("unknown", None),
    };
    let refused = SessionRefused { person: person.cloned(), attempts: due.attempts, since: due.since };
    let draft = ActDraft::new(resource.clone(), &refused).with_private(json!({"address": origin.address}));
    let change = Change::new().on(acts::signin_stream(person), Expected::Any).act(draft);
    match (person, due.lock) {
        (Some(person), Some((until, failures))) => {
            change.act(ActDraft::new(resource, &CredentialLocked { person: person.clone(), until, failures }))
        }
        _ => change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_first_failure_is_recorded_and_the_rest_of_a_window_together() {
        let failures = Failures::default();
        assert_eq!(failures.count("a", at(1000)).unwrap().attempts, 1);
        for _ in 0..5 {
            assert!(failures.count("a", at(1001)).is_none());
        }
        assert_eq!(failures.count("a", at(1700)).unwrap().attempts, 6);
    }

    #[test]
    fn ten_failures_in_a_row_close_the_account_for_a_quarter_of_an_hour() {
        let failures = Failures::default();
        let locks: Vec<bool> =
            (0..10).map(|_| failures.count("a", at(1000)).is_some_and(|due| due.lock.is_some())).collect();
        assert_eq!(locks.iter().filter(|l| **l).count(), 1);
        assert!(locks[9]);
        assert_eq!(failures.locked_until("a"), Some(at(1900)));
        failures.forget("a");
        assert_eq!(failures.locked_until("a"), None);
    }

    #[test]
    fn counting_stays_bounded_under_a_flood_of_names() {
        let failures = Failures::default();
        for n in 0..MOST * 2 {
            failures.count(&n.to_string(), at(1000));
        }
        assert!(failures.counts.lock().unwrap().len() <= MOST);
    }
}
