//! Keeps one example of every page that the walk shows, for judges of pages: which kind of reader saw it, and where.

use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// A page as it was shown.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// The file that holds the HTML.
    pub file: String,
    /// What kind of reader saw it.
    pub role: String,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its address.
    pub path: String,
    /// Its status.
    pub status: u16,
    #[serde(skip)]
    html: String,
}

/// The pages kept so far.
#[derive(Debug, Default)]
pub struct Album {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: BTreeSet<String>,
    pages: Vec<Kept>,
    shown: usize,
}

impl Album {
    /// Counts a page, and keeps it when no page of this kind, reader and status was kept before.
    pub fn show(&self, role: &str, method: &'static str, path: &str, status: u16, html: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.shown += 1;
        let kind = kind_of(path);
        if !inner.seen.insert(format!("{role} {method} {kind} {status}")) {
            return;
        }
        let file = format!("{:03}-{role}-{}.html", inner.pages.len() + 1, slug(&kind));
        inner.pages.push(Kept {
            file,
            role: role.to_owned(),
            method,
            path: path.to_owned(),
            status,
            html: html.to_owned(),
        });
    }

    /// How many pages were shown.
    pub fn shown(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).shown
    }

    /// Writes the pages and `pages.json`, which lists them.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, folder: &Path) -> anyhow::Result<usize> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for page in &inner.pages {
            std::fs::write(folder.join(&page.file), &page.html)?;
        }
        std::fs::write(folder.join("pages.json"), serde_json::to_string_pretty(&inner.pages)?)?;
        Ok(inner.pages.len())
    }
}

/// The address without what differs between pages of one kind: ids, tokens, numbers, the query.
fn kind_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let segment = |s: &str| {
        let minted = s.len() > 26 && s.contains('-') && s.bytes().any(|b| b.is_ascii_digit());
        let number = !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if minted || number || s.contains(':') { "_".to_owned() } else { s.to_owned() }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn slug(kind: &str) -> String {
    let slug: String = kind.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() { "home".into() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_one_kind_are_kept_once() {
        let album = Album::default();
        for case in ["case-01hzy8v5j6k7m8n9p0q1r2s3t4", "case-01hzy8v5j6k7m8n9p0q1r2s3t5"] {
            album.show("expert", "GET", &format!("/cases/{case}/step?done=done-saved"), 200, "<html></html>");
        }
        album.show("clerk", "GET", "/cases/case-01hzy8v5j6k7m8n9p0q1r2s3t5/step", 200, "<html></html>");
        album.show("clerk", "GET", "/", 200, "<html></html>");
        let folder = tempfile::tempdir().unwrap();
        assert_eq!((album.save(folder.path()).unwrap(), album.shown()), (3, 4));
        assert!(folder.path().join("001-expert-cases-_-step.html").exists());
    }
}
