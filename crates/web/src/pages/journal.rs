//! The auditor's walk through the journal: the latest acts, a stream with its chain of hashes, one act with its proof.

use crate::{
    render::Page,
    view::{Link, Listed},
};
use kernel::Timestamp;
use serde::Serialize;

/// The latest acts, or those of a stream.
#[derive(Debug, Serialize)]
pub struct JournalPage {
    /// The stream; none for the whole journal.
    pub stream: Option<String>,
    /// The acts.
    pub list: Listed<ActRow>,
    /// The newest signed head of the log.
    pub head: Option<HeadView>,
    /// What the recomputation of the chain found: none when it was not asked for.
    pub chain: Option<ChainResult>,
}

/// An act in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ActRow {
    /// Its page.
    pub href: String,
    /// When.
    pub at: Timestamp,
    /// Its stream and place in it.
    pub place: String,
    /// What kind of act.
    pub kind: String,
    /// Who.
    pub who: String,
    /// The first characters of its hash.
    pub hash: String,
}

/// A signed head.
#[derive(Debug, Clone, Serialize)]
pub struct HeadView {
    /// How many acts are in the log.
    pub size: i64,
    /// The root hash.
    pub root: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// What recomputing a chain of hashes found.
#[derive(Debug, Clone, Serialize)]
pub struct ChainResult {
    /// How many acts were recomputed.
    pub checked: i64,
    /// The first place at which the chain does not hold.
    pub broken: Option<String>,
}

impl ActRow {
    fn samples() -> Vec<ActRow> {
        let row = |n: i64, kind: &str| ActRow {
            href: format!("/journal/case:case-1/{n}"),
            at: Timestamp::from_micros(1_734_600_000_000_000 + n * 60_000_000),
            place: format!("case:case-1 · {n}"),
            kind: kind.into(),
            who: "Trần Thị B · expert@vu-phap-luat".into(),
            hash: "9f2c41d0aa".into(),
        };
        vec![row(2, "step.entered"), row(1, "case.opened")]
    }
}

impl Page for JournalPage {
    const TEMPLATE: &'static str = "journal.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let head = HeadView { size: 2314, root: "5be1".repeat(16), at: Timestamp::from_micros(1_734_600_000_000_000) };
        let list = || Listed { total: 2314, ..Listed::whole(ActRow::samples()) };
        let chain = |broken| Some(ChainResult { checked: 2, broken });
        vec![
            ("whole", JournalPage { stream: None, list: list(), head: Some(head.clone()), chain: None }),
            ("a stream, checked", JournalPage { stream: Some("case:case-1".into()), list: Listed::whole(ActRow::samples()), head: Some(head), chain: chain(None) }),
            ("a stream, broken", JournalPage { stream: Some("case:case-1".into()), list: Listed::whole(ActRow::samples()), head: None, chain: chain(Some("case:case-1 · 2".into())) }),
        ]
    }
}

/// One act.
#[derive(Debug, Serialize)]
pub struct ActPage {
    /// Its stream.
    pub stream: String,
    /// Its place.
    pub version: i64,
    /// What kind of act.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who, and in which position.
    pub who: String,
    /// How strongly authenticated: `none`, `password`, `two-factor`, `fresh`.
    pub strength: &'static str,
    /// What it was done to.
    pub resource: String,
    /// Its grade.
    pub grade: u8,
    /// The content as written.
    pub body: String,
    /// Whether personal content is kept apart from it.
    pub private: bool,
    /// The policies that allowed it, with what they say.
    pub policies: Vec<(String, String)>,
    /// Blobs that it refers to.
    pub blobs: Vec<String>,
    /// The request.
    pub request: String,
    /// The hash of the act before.
    pub prev: String,
    /// Its hash.
    pub hash: String,
    /// Whether the hash, recomputed now, is the same.
    pub holds: bool,
    /// Its place in the log, with the proof.
    pub proof: Option<ProofView>,
    /// The act before and the act after.
    pub before: Option<Link>,
    /// The act after.
    pub after: Option<Link>,
}

/// A proof of the place in the log.
#[derive(Debug, Clone, Serialize)]
pub struct ProofView {
    /// The place of the act in the log, from 0.
    pub index: i64,
    /// How many acts the log had.
    pub size: i64,
    /// The root.
    pub root: String,
    /// The hashes from the act up to the root.
    pub path: Vec<String>,
    /// When the head was signed.
    pub at: Timestamp,
    /// Where the proof can be fetched as a file.
    pub href: String,
}

impl ProofView {
    pub(crate) fn sample() -> ProofView {
        ProofView {
            index: 1201,
            size: 2314,
            root: "5be1".repeat(16),
            path: vec!["aa12".repeat(16), "bb34".repeat(16)],
            at: Timestamp::from_micros(1_734_600_000_000_000),
            href: "/resolutions/document-1/proof.json".into(),
        }
    }
}

impl Page for ActPage {
    const TEMPLATE: &'static str = "act.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |holds, proof| ActPage {
            stream: "case:case-1".into(),
            version: 2,
            kind: "ballot.cast".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000),
            who: "Đại biểu 004 · member@ubtvqh".into(),
            strength: "fresh",
            resource: "Case:case-1".into(),
            grade: 0,
            body: "{\n  \"answer\": \"tan-thanh\"\n}".into(),
            private: true,
            policies: vec![("ballot-member".into(), "Ủy viên cho ý kiến bằng phiếu của chính mình.".into())],
            blobs: vec!["9f2c".repeat(16)],
            request: "request-01j".into(),
            prev: "0000".repeat(16),
            hash: "9f2c".repeat(16),
            holds,
            proof,
            before: Some(Link::new("/journal/case:case-1/1", "1")),
            after: None,
        };
        vec![("proved", page(true, Some(ProofView::sample()))), ("changed, not in the log yet", page(false, None))]
    }
}
