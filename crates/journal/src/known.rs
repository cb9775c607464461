//! Answers that are still true: between two recorded changes the same question has the same answer.
//!
//! On SQLite this process is the only one that writes, so a count of recorded changes says whether an answer still holds;
//! a page that asks for the same body six times asks the database once. On PostgreSQL other servers write too: nothing is
//! kept there. Should another process write to the SQLite file after all, an answer is at most a second old.

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

/// A moment of the journal: two equal marks have nothing recorded between them. See [`crate::Journal::mark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    tide: u64,
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

/// The answers of one tide.
#[derive(Debug)]
pub(crate) struct Known {
    tide: Arc<Tide>,
    age: Duration,
    opened: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    tide: u64,
    since: Instant,
    answers: HashMap<Question, Arc<Vec<Row>>>,
}

impl Known {
    pub fn new(tide: Arc<Tide>) -> Known {
        let inner = Inner { tide: 0, since: Instant::now(), answers: HashMap::new() };
        Known { tide, age: AGE, opened: Instant::now(), inner: Mutex::new(inner) }
    }

    /// The tide at which a question is asked; give it back with the answer.
    pub fn tide(&self) -> u64 {
        self.tide.now()
    }

    /// The tide and the second: what is kept beside this mark is never older than an answer here may be.
    pub fn mark(&self) -> Mark {
        Mark { tide: self.tide.now(), second: self.opened.elapsed().as_secs() }
    }

    /// The answer, when it is known and still true.
    pub fn answer(&self, question: &Question) -> Option<Arc<Vec<Row>>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.tide != self.tide.now() || inner.since.elapsed() > self.age {
            inner.answers.clear();
            return None;
        }
        inner.answers.get(question).cloned()
    }

    /// Keeps an answer to a question that was asked at a tide.
    pub fn keep(&self, asked: u64, question: Question, rows: &Arc<Vec<Row>>) {
        if rows.len() > LARGEST || asked != self.tide.now() {
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.tide != asked || inner.answers.is_empty() || inner.answers.len() >= MOST {
            inner.answers.clear();
            inner.tide = asked;
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

    #[test]
    fn an_answer_is_true_until_something_is_recorded_or_it_is_too_old() {
        let tide = Arc::new(Tide::default());
        let known = Known::new(Arc::clone(&tide));
        let question = question(1);
        let other = Question { first: true, ..question.clone() };
        known.keep(known.tide(), question.clone(), &rows(1));
        assert_eq!(known.answer(&question), Some(rows(1)));
        assert_eq!(known.answer(&other), None);

        let asked = known.tide();
        tide.turn();
        assert_eq!(known.answer(&question), None);
        known.keep(asked, question.clone(), &rows(1));
        assert_eq!(known.answer(&question), None, "asked before the change, kept after it");

        known.keep(known.tide(), question.clone(), &rows(2));
        assert_eq!(known.answer(&question), Some(rows(2)));
        let forgetful = Known { age: Duration::ZERO, ..known };
        assert_eq!(forgetful.answer(&question), None);
    }

    #[test]
    fn memory_is_bounded() {
        let known = Known::new(Arc::default());
        for n in 0..5000 {
            known.keep(known.tide(), question(n), &rows(n));
        }
        assert!(known.inner.lock().unwrap().answers.len() <= MOST);
        let large = Arc::new(vec![rows(1)[0].clone(); LARGEST + 1]);
        known.keep(known.tide(), question(-1), &large);
        assert_eq!(known.answer(&question(-1)), None);
    }
}
