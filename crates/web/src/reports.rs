//! Reports of checks, kept for a moment so that they can be fetched; the files themselves are not kept. Bounded; nothing
//! here is the record.

use crate::{api::verification::CheckedFile, viewer::Viewer};
use kernel::Timestamp;
use records::FileVerification;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Most bytes of all reports together.
const MOST: usize = 16 << 20;
/// How long a report is kept, in seconds.
const SECONDS: i64 = 1800;

struct Kept {
    json: Arc<str>,
    xml: Vec<Arc<str>>,
    until: Timestamp,
}

impl Kept {
    fn size(&self) -> usize {
        self.json.len() + self.xml.iter().map(|xml| xml.len()).sum::<usize>() + 256
    }
}

/// See the module.
#[derive(Default)]
pub struct ReportCache {
    kept: Mutex<HashMap<String, Kept>>,
}

impl ReportCache {
    /// Keeps the reports of files; gives the address below which they are found: `report.json`, `1.xml`, `2.xml`, ….
    pub fn keep(&self, viewer: &Viewer, files: &[FileVerification]) -> String {
        let now = viewer.state.now();
        let checked: Vec<CheckedFile> = files.iter().map(CheckedFile::of).collect();
        let report = |f: &FileVerification| signing::report_xml::write(&f.name, &f.verification.signatures, now);
        let fresh = Kept {
            json: serde_json::to_string_pretty(&checked).unwrap_or_default().into(),
            xml: files.iter().map(|file| report(file).into()).collect(),
            until: now.plus_seconds(SECONDS),
        };
        // Whoever holds the address holds the report: nothing else guards it.
        let token = directory::sessions::new_token(viewer.state.services.journal.entropy()).to_string();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, k| k.until > now);
        let mut size = kept.values().map(Kept::size).sum::<usize>() + fresh.size();
        while size > MOST {
            let first = kept.iter().min_by_key(|(_, k)| k.until).map(|(token, _)| token.clone());
            let Some(old) = first.and_then(|token| kept.remove(&token)) else { break };
            size -= old.size();
        }
        kept.insert(token.clone(), fresh);
        format!("/verify/reports/{token}")
    }

    /// A report by its name: its media type and text.
    pub fn find(&self, token: &str, name: &str, now: Timestamp) -> Option<(&'static str, String)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(token).filter(|k| k.until > now)?;
        if name == "report.json" {
            return Some(("application/json", found.json.to_string()));
        }
        let at = name.strip_suffix(".xml")?.parse::<usize>().ok()?.checked_sub(1)?;
        Some(("application/xml", found.xml.get(at)?.to_string()))
    }
}
