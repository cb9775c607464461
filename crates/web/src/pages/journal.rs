//! The auditor's walk through the journal: the latest acts, a stream with its chain of hashes, one act with its proof.

use crate::{
    render::Page,
    show,
    trouble::Failure,
    view::{Link, Listed},
    viewer::{Member, Viewer},
};
use axum::{
    extract::{Path, Query},
    response::{IntoResponse, Redirect, Response},
};
use journal::Proof;
use kernel::{Act, Digest, Problem, Resource, StreamId, Strength, Timestamp};
use serde::{Deserialize, Serialize};

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
            (
                "a stream, checked",
                JournalPage {
                    stream: Some("case:case-1".into()),
                    list: Listed::whole(ActRow::samples()),
                    head: Some(head),
                    chain: chain(None),
                },
            ),
            (
                "a stream, broken",
                JournalPage {
                    stream: Some("case:case-1".into()),
                    list: Listed::whole(ActRow::samples()),
                    head: None,
                    chain: chain(Some("case:case-1 · 2".into())),
                },
            ),
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

/// Which part of the journal.
#[derive(Debug, Deserialize)]
pub struct Part {
    from: Option<i64>,
    stream: Option<String>,
    check: Option<String>,
}

/// Acts on one page.
const SIZE: i64 = 50;
/// Most acts of a stream that are recomputed while somebody waits; `dienhong verify` does all.
const MOST_CHECKED: i64 = 20_000;

/// Whether the reader may walk the journal.
///
/// # Errors
/// [`Problem::Forbidden`].
pub fn may_walk(viewer: &Viewer) -> Result<(), Problem> {
    viewer.require("view.journal", &Resource::new("Journal", "journal", serde_json::json!({})))
}

/// `GET /journal`: the latest acts first.
pub async fn list(viewer: Member, Query(part): Query<Part>) -> Result<Response, Failure> {
    may_walk(&viewer)?;
    if let Some(stream) = part.stream.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
        return Ok(Redirect::to(&format!("/journal/{}", crate::form::encoded(stream))).into_response());
    }
    let journal = &viewer.state.services.journal;
    let total = journal.position().await?;
    let offset = part.from.unwrap_or(0).clamp(0, total);
    let first = (total - offset - SIZE).max(0);
    let mut acts: Vec<Act> =
        journal.acts_from(first, total - offset - first).await?.into_iter().map(|p| p.act).collect();
    acts.reverse();
    let page = JournalPage {
        stream: None,
        list: Listed { items: rows(&viewer, &acts).await?, total, offset, size: SIZE, base: "/journal?".into() },
        head: head(&viewer).await?,
        chain: None,
    };
    viewer.page(&page).await
}

async fn head(viewer: &Viewer) -> Result<Option<HeadView>, Problem> {
    let head = viewer.state.services.journal.tree_head().await?;
    Ok(head.map(|h| HeadView {
        size: i64::try_from(h.head.size).unwrap_or(i64::MAX),
        root: h.head.root.to_string(),
        at: h.head.at,
    }))
}

async fn rows(viewer: &Viewer, acts: &[Act]) -> Result<Vec<ActRow>, Problem> {
    let names = show::names(viewer, acts.iter().map(|a| a.actor.who.as_str())).await?;
    let row = |act: &Act| ActRow {
        href: format!("/journal/{}/{}", act.stream, act.version),
        at: act.at,
        place: format!("{} · {}", act.stream, act.version),
        kind: act.kind.clone(),
        who: who(act, &show::name_of(&names, &act.actor.who)),
        hash: act.hash.to_string().chars().take(10).collect(),
    };
    Ok(acts.iter().map(row).collect())
}

fn who(act: &Act, name: &str) -> String {
    let who = if name.is_empty() { act.actor.who.as_str() } else { name };
    match &act.actor.acting_as {
        Some(position) => format!("{who} · {position}"),
        None => who.to_owned(),
    }
}

/// `GET /journal/{stream}`: from the first act on.
pub async fn stream(viewer: Member, Path(stream): Path<String>, Query(part): Query<Part>) -> Result<Response, Failure> {
    may_walk(&viewer)?;
    let (id, journal) = (StreamId::from_text(stream.clone()), &viewer.state.services.journal);
    let total = journal.head(&id).await?;
    if total == 0 {
        return Err(Problem::not_found("stream", stream).into());
    }
    let offset = part.from.unwrap_or(0).clamp(0, total);
    let acts = journal.acts(&id, offset, SIZE).await?;
    let chain = match part.check.as_deref() {
        Some("chain") => Some(recompute(&viewer, &id).await?),
        _ => None,
    };
    let base = format!("/journal/{stream}?");
    let page = JournalPage {
        stream: Some(stream),
        list: Listed { items: rows(&viewer, &acts).await?, total, offset, size: SIZE, base },
        head: head(&viewer).await?,
        chain,
    };
    viewer.page(&page).await
}

/// Recomputes every hash of a stream and every link to the act before.
async fn recompute(viewer: &Viewer, stream: &StreamId) -> Result<ChainResult, Problem> {
    let journal = &viewer.state.services.journal;
    let (mut checked, mut prev) = (0, Digest::ZERO);
    loop {
        let acts = journal.acts(stream, checked, 500).await?;
        for act in &acts {
            let holds =
                act.prev == prev && act.version == checked + 1 && act.compute_hash().is_ok_and(|h| h == act.hash);
            if !holds {
                return Ok(ChainResult { checked, broken: Some(format!("{stream} · {}", act.version)) });
            }
            (checked, prev) = (act.version, act.hash);
        }
        if acts.is_empty() || checked >= MOST_CHECKED {
            return Ok(ChainResult { checked, broken: None });
        }
    }
}

/// `GET /journal/{stream}/{version}`
pub async fn act(viewer: Member, Path((stream, version)): Path<(String, i64)>) -> Result<Response, Failure> {
    may_walk(&viewer)?;
    let (id, journal) = (StreamId::from_text(stream.clone()), &viewer.state.services.journal);
    let unknown = || Problem::not_found("act", format!("{stream}/{version}"));
    let act = journal.act(&id, version).await?.ok_or_else(unknown)?;
    let last = journal.head(&id).await?;
    let names = show::names(&viewer, [act.actor.who.as_str()]).await?;
    let policies = journal.policies();
    let at = |version: i64| Link::new(format!("/journal/{stream}/{version}"), version.to_string());
    let proof = journal.proof(&id, version).await?;
    // Acts of a higher grade than the auditor is cleared for show that they are there, and nothing of what they say.
    let cleared = viewer.ctx.person().is_some_and(|p| p.clearance >= act.grade);
    let body = if cleared { serde_json::to_string_pretty(&act.body).unwrap_or_default() } else { "…".into() };
    let page = ActPage {
        kind: act.kind.clone(),
        at: act.at,
        who: who(&act, &show::name_of(&names, &act.actor.who)),
        strength: match act.actor.strength {
            Strength::None => "none",
            Strength::Password => "password",
            Strength::TwoFactor => "two-factor",
            Strength::Fresh => "fresh",
        },
        resource: act.resource.clone(),
        grade: act.grade.level(),
        body,
        private: act.commitment.is_some(),
        policies: act.policies.iter().map(|p| (p.clone(), policies.says(p).unwrap_or_default().to_owned())).collect(),
        blobs: act.blobs.iter().map(ToString::to_string).collect(),
        request: act.request.to_string(),
        prev: act.prev.to_string(),
        hash: act.hash.to_string(),
        holds: act.compute_hash().is_ok_and(|hash| hash == act.hash),
        proof: proof.map(|p| proof_view(&p, format!("/journal/{stream}/{version}/proof.json"))),
        before: (version > 1).then(|| at(version - 1)),
        after: (version < last).then(|| at(version + 1)),
        stream,
        version,
    };
    viewer.page(&page).await
}

/// A proof as a page shows it.
pub fn proof_view(proof: &Proof, href: String) -> ProofView {
    ProofView {
        index: i64::try_from(proof.leaf_index).unwrap_or(i64::MAX),
        size: i64::try_from(proof.head.head.size).unwrap_or(i64::MAX),
        root: proof.head.head.root.to_string(),
        path: proof.path.iter().map(ToString::to_string).collect(),
        at: proof.head.head.at,
        href,
    }
}

/// `GET /journal/{stream}/{version}/proof.json`
pub async fn proof(viewer: Member, Path((stream, version)): Path<(String, i64)>) -> Result<Response, Failure> {
    may_walk(&viewer)?;
    Ok(proof_file(&viewer, &StreamId::from_text(stream), version).await?)
}

/// The proof with the act that it is about, complete for whoever checks it elsewhere.
///
/// # Errors
/// [`Problem::NotFound`] while the act is not in the log.
pub async fn proof_file(viewer: &Viewer, stream: &StreamId, version: i64) -> Result<Response, Problem> {
    let journal = &viewer.state.services.journal;
    let unknown = || Problem::not_found("proof", format!("{stream}/{version}"));
    let act = journal.act(stream, version).await?.ok_or_else(unknown)?;
    let proof = journal.proof(stream, version).await?.ok_or_else(unknown)?;
    let file = serde_json::json!({
        "act": act.envelope(), "prev": act.prev, "hash": act.hash, "proof": proof,
    });
    Ok(axum::Json(file).into_response())
}
