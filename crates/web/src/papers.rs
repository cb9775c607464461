//! Page images of papers, kept for a moment: a page of pictures asks for each of its pages by itself, and setting the
//! text anew for every one would cost as many times as there are pages. Bounded; nothing here is the record.

use crate::viewer::Viewer;
use axum::body::Bytes;
use kernel::{PersonId, Problem, Timestamp};
use records::{Content, Document};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Pages of one paper.
pub type Pages = Arc<Vec<Bytes>>;

/// Most papers that are kept.
const MOST: usize = 48;
/// How long a paper is kept, in seconds.
const SECONDS: i64 = 600;
/// Pixels per point of an image: sharp on a screen of two pixels a point.
const SCALE: f32 = 1.6;

struct Kept {
    pages: Pages,
    until: Timestamp,
    /// Who may fetch it, for a look at what is not kept yet.
    owner: Option<PersonId>,
}

/// See the module.
#[derive(Default)]
pub struct PaperCache {
    kept: Mutex<HashMap<String, Kept>>,
}

impl PaperCache {
    /// The pages of a document that the reader may read (the caller has asked for it under the reader's context).
    ///
    /// # Errors
    /// As [`records::Records::paper_pages`].
    pub async fn pages(&self, viewer: &Viewer, document: &Document, version: Option<i64>) -> Result<Pages, Problem> {
        let shown = version.unwrap_or(document.latest);
        let key = format!("{} {shown} {}", document.id, document.version);
        if let Some(pages) = self.find(&key, None, viewer.state.now()) {
            return Ok(pages);
        }
        let made = viewer.state.services.records.paper_pages(&viewer.ctx, &document.id, Some(shown), SCALE).await?;
        Ok(self.keep(key, made, None, viewer.state.now()))
    }

    /// Sets a text that is not kept; gives the address under which its owner finds the pages.
    ///
    /// # Errors
    /// As [`records::Records::preview`].
    pub async fn preview(
        &self,
        viewer: &Viewer,
        form: &str,
        register: Option<&str>,
        content: Content,
    ) -> Result<Vec<String>, Problem> {
        let made = viewer.state.services.records.preview(form, register, content).await?;
        let token = directory::sessions::new_token(viewer.state.services.journal.entropy()).to_string();
        let owner = viewer.ctx.person().map(|p| p.id.clone());
        let pages = self.keep(token.clone(), made, owner, viewer.state.now());
        Ok((1..=pages.len()).map(|n| format!("/previews/{token}/{n}.png")).collect())
    }

    /// One page of a preview, for its owner.
    pub fn preview_page(&self, viewer: &Viewer, token: &str, page: usize) -> Option<Bytes> {
        let owner = viewer.ctx.person().map(|p| p.id.clone());
        self.find(token, owner, viewer.state.now())?.get(page.checked_sub(1)?).cloned()
    }

    fn find(&self, key: &str, owner: Option<PersonId>, now: Timestamp) -> Option<Pages> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|k| k.until > now && k.owner == owner).map(|k| Arc::clone(&k.pages))
    }

    fn keep(&self, key: String, made: Vec<Vec<u8>>, owner: Option<PersonId>, now: Timestamp) -> Pages {
        let pages: Pages = Arc::new(made.into_iter().map(Bytes::from).collect());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, k| k.until > now);
        if kept.len() >= MOST {
            let first = kept.iter().min_by_key(|(_, k)| k.until).map(|(key, _)| key.clone());
            first.and_then(|key| kept.remove(&key));
        }
        kept.insert(key, Kept { pages: Arc::clone(&pages), until: now.plus_seconds(SECONDS), owner });
        pages
    }
}
