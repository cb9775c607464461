//! Cases that were read lately, so that a page that asks thrice reads and folds their acts once.
//!
//! Nothing here is believed without looking: whoever takes a case from here asks the journal for acts behind it.

use crate::load::Loaded;
use kernel::CaseId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Most acts that are held, of all cases together: some megabytes.
const MOST_ACTS: usize = 4_000;

/// The cases, each with the turn of its last use.
#[derive(Default)]
pub(crate) struct Recent {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    cases: HashMap<CaseId, (Arc<Loaded>, u64)>,
    acts: usize,
    turn: u64,
}

impl Recent {
    /// The case as it was last read.
    pub fn of(&self, id: &CaseId) -> Option<Arc<Loaded>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        let (loaded, used) = inner.cases.get_mut(id)?;
        *used = turn;
        Some(Arc::clone(loaded))
    }

    /// Keeps a case; those used longest ago make room.
    pub fn keep(&self, loaded: Loaded) -> Arc<Loaded> {
        let loaded = Arc::new(loaded);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.turn += 1;
        let turn = inner.turn;
        inner.acts += loaded.acts.len();
        if let Some((before, _)) = inner.cases.insert(loaded.id.clone(), (Arc::clone(&loaded), turn)) {
            inner.acts -= before.acts.len();
        }
        while inner.acts > MOST_ACTS {
            let oldest = inner.cases.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| id.clone());
            let Some((gone, _)) = oldest.and_then(|id| inner.cases.remove(&id)) else { break };
            inner.acts -= gone.acts.len();
        }
        loaded
    }

    /// Forgets a case.
    pub fn forget(&self, id: &CaseId) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((gone, _)) = inner.cases.remove(id) {
            inner.acts -= gone.acts.len();
        }
    }
}
