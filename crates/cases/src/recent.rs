//! Cases that were read lately, so that a page that asks thrice reads and folds their acts once.
//!
//! Nothing here is believed without looking: whoever takes a case from here asks the journal for acts behind it, unless
//! the journal's mark says that nothing was recorded since it was last looked for.

use crate::load::Loaded;
use journal::Mark;
use kernel::CaseId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Most acts that are held, of all cases together: some megabytes.
const MOST_ACTS: usize = 4_000;

struct Kept {
    case: Arc<Loaded>,
    /// The mark at which it was last looked for.
    seen: Option<Mark>,
    /// The turn of its last use.
    used: u64,
}

/// The cases.
#[derive(Default)]
pub(crate) struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    cases: HashMap<CaseId, Kept>,
    acts: usize,
    turn: u64,
}

impl Recent {
    /// The case as it was last read, and the mark at which it was looked for.
    pub fn of(&self, id: &CaseId) -> Option<(Arc<Loaded>, Option<Mark>)> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        let kept = inner.cases.get_mut(id)?;
        kept.used = turn;
        Some((Arc::clone(&kept.case), kept.seen.clone()))
    }

    /// Nothing was behind the case at this mark.
    pub fn saw(&self, id: &CaseId, mark: Option<Mark>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = inner.cases.get_mut(id) {
            kept.seen = mark;
        }
    }

    /// Keeps a case; those used longest ago make room.
    pub fn keep(&self, loaded: Loaded, mark: Option<Mark>) -> Arc<Loaded> {
        let loaded = Arc::new(loaded);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        inner.acts += loaded.acts.len();
        let kept = Kept { case: Arc::clone(&loaded), seen: mark, used: turn };
        if let Some(before) = inner.cases.insert(loaded.id.clone(), kept) {
            inner.acts -= before.case.acts.len();
        }
        while inner.acts > MOST_ACTS {
            let oldest = inner.cases.iter().min_by_key(|(_, kept)| kept.used).map(|(id, _)| id.clone());
            let Some(gone) = oldest.and_then(|id| inner.cases.remove(&id)) else { break };
            inner.acts -= gone.case.acts.len();
        }
        loaded
    }

    /// Forgets a case.
    pub fn forget(&self, id: &CaseId) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gone) = inner.cases.remove(id) {
            inner.acts -= gone.case.acts.len();
        }
    }
}
