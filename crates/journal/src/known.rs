//! Answers that are still true: between two recorded changes the same question has the same answer.
//!
//! On SQLite this process is the only one that writes, so a count of recorded changes says whether an answer still holds;
//! a page that asks for the same body six times asks the database once. On PostgreSQL other servers write too: there the
//! database's own view of its transactions says it ([`crate::look`]). In any case an answer is at most a second old:
//! should another process write to the SQLite file, or a standby take over that numbers its transactions anew.

use crate::{projection::Value, reader::Row};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Most answers that are kept.
const MOST: usize = 1024;
/// Largest answer that is kept, in rows.
const LARGEST: usize = 64;
/// How long an answer is kept at most.
const AGE: Duration = Duration::from_secs(1);

/// How often something was recorded. Turned after every transaction that may have changed anything, before anybody hears
/// that it did.
#[derive(Debug, Default)]
pub(crate) struct Tide(AtomicU64);

impl Tide {
    pub fn turn(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What had been recorded when something was asked: between two equal moments nothing was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// By this process.
    pub tide: u64,
    /// By anybody, as the database says; none where only this process writes.
    pub view: Option<Arc<str>>,
}

/// A moment of the journal: two equal marks have nothing recorded between them. See [`crate::Journal::mark`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    moment: Moment,
    second: u64,
}

/// A question to the projections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    /// Only the first row is asked for.
    pub first: bool,
    pub sql: String,
    pub parameters: Vec<Value>,
}

/// The answers of one moment.
#[derive(Debug)]
pub(crate) struct Known {
    tide: Arc<Tide>,
    age: Duration,
    opened: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    moment: Moment,
    since: Instant,
    answers: HashMap<Question, Arc<Vec<Row>>>,
}

impl Known {
    pub fn new(tide: Arc<Tide>) -> Known {
        let inner = Inner { moment: Moment { tide: 0, view: None }, since: Instant::now(), answers: HashMap::new() };
        Known { tide, age: AGE, opened: Instant::now(), inner: Mutex::new(inner) }
    }

    /// The tide at which a question is asked.
    pub fn tide(&self) -> u64 {
        self.tide.now()
    }

    /// The moment and the second: what is kept beside this mark is never older than an answer here may be.
    pub fn mark(&self, moment: Moment) -> Mark {
        Mark { moment, second: self.opened.elapsed().as_secs() }
    }

    /// The answer, when it is known and true at this moment.
    pub fn answer(&self, at: &Moment, question: &Question) -> Option<Arc<Vec<Row>>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.moment != *at || at.tide != self.tide.now() || inner.since.elapsed() > self.age {
            return None;
        }
        inner.answers.get(question).cloned()
    }

    /// Keeps an answer to a question that was asked at a moment.
    pub fn keep(&self, asked: Moment, question: Question, rows: &Arc<Vec<Row>>) {
        if rows.len() > LARGEST || asked.tide != self.tide.now() {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let old = inner.since.elapsed() > self.age;
        if old || inner.moment != asked || inner.answers.is_empty() || inner.answers.len() >= MOST {
            inner.answers.clear();
            inner.moment = asked;
            inner.since = Instant::now();
        }
        inner.answers.insert(question, Arc::clone(rows));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: i64) -> Arc<Vec<Row>> {
        Arc::new(vec![Row { names: Arc::from(["n".to_owned()]), values: vec![Value::Int(n)] }])
    }

    fn question(n: i64) -> Question {
        Question { first: false, sql: "SELECT $1".into(), parameters: vec![Value::Int(n)] }
    }

    fn at(tide: u64) -> Moment {
        Moment { tide, view: None }
    }

    #[test]
    fn an_answer_is_true_until_something_is_recorded_or_it_is_too_old() {
        let tide = Arc::new(Tide::default());
        let known = Known::new(Arc::clone(&tide));
        let question = question(1);
        let other = Question { first: true, ..question.clone() };
        known.keep(at(0), question.clone(), &rows(1));
        assert_eq!(known.answer(&at(0), &question), Some(rows(1)));
        assert_eq!(known.answer(&at(0), &other), None);

        tide.turn();
        assert_eq!(known.answer(&at(1), &question), None);
        known.keep(at(0), question.clone(), &rows(1));
        assert_eq!(known.answer(&at(1), &question), None, "asked before the change, kept after it");
        assert_eq!(known.answer(&at(0), &question), None, "asked before the change, wanted after it");

        known.keep(at(1), question.clone(), &rows(2));
        assert_eq!(known.answer(&at(1), &question), Some(rows(2)));
        let forgetful = Known { age: Duration::ZERO, ..known };
        assert_eq!(forgetful.answer(&at(1), &question), None);
    }

    #[test]
    fn what_another_server_recorded_ends_an_answer_too() {
        let known = Known::new(Arc::default());
        let seen = |view: &str| Moment { tide: 0, view: Some(view.into()) };
        known.keep(seen("742:742:"), question(1), &rows(1));
        assert_eq!(known.answer(&seen("742:742:"), &question(1)), Some(rows(1)));
        assert_eq!(known.answer(&seen("743:743:"), &question(1)), None);
        assert_ne!(known.mark(seen("742:742:")), known.mark(seen("743:743:")));
    }

    #[test]
    fn memory_is_bounded() {
        let known = Known::new(Arc::default());
        for n in 0..5000 {
            known.keep(at(0), question(n), &rows(n));
        }
        assert!(known.inner.lock().unwrap().answers.len() <= MOST);
        let large = Arc::new(vec![rows(1)[0].clone(); LARGEST + 1]);
        known.keep(at(0), question(-1), &large);
        assert_eq!(known.answer(&at(0), &question(-1)), None);
    }
}
