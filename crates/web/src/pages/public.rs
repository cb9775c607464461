//! The public site: find a resolution, read it, check a paper. No sign-in, no cookies for readers.

use super::journal::ProofView;
use super::{
    case::Fact,
    document::{document_id, inline},
    journal::{proof_file, proof_view},
};
use crate::{
    form::Sent,
    law::Law,
    render::Page,
    show,
    trouble::{self, Failure},
    view::{Choice, Listed, Wrong},
    viewer::Viewer,
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::{Problem, StreamId, Timestamp};
use records::{Difference, Published, PublishedFilter, Verdict, Verification};
use serde::{Deserialize, Serialize};
use signing::{Changes, Indication, Integrity, TimeSource};

/// The list of resolutions.
#[derive(Debug, Serialize)]
pub struct ResolutionsPage {
    /// Words that were searched.
    pub q: String,
    /// The chosen year.
    pub year: String,
    /// Years to choose from.
    pub years: Vec<Choice>,
    /// The resolutions, newest first.
    pub list: Listed<ResolutionRow>,
}

/// A resolution in the list.
#[derive(Debug, Clone, Serialize)]
pub struct ResolutionRow {
    /// Its page.
    pub href: String,
    /// Its number as written.
    pub number: String,
    /// Its date, `2024-12-20`.
    pub date: String,
    /// Its subject.
    pub subject: String,
    /// The issuing body.
    pub issuer: String,
    /// Why it was withdrawn; empty when it stands.
    pub withdrawn: String,
}

impl ResolutionRow {
    fn sample(number: i64, subject: &str) -> ResolutionRow {
        ResolutionRow {
            href: "/resolutions/document-1".into(),
            number: format!("{number}/NQ-UBTVQH15"),
            date: "2024-12-20".into(),
            subject: subject.into(),
            issuer: "Ủy ban Thường vụ Quốc hội".into(),
            withdrawn: String::new(),
        }
    }
}

impl Page for ResolutionsPage {
    const TEMPLATE: &'static str = "resolutions.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let items = vec![
            ResolutionRow::sample(
                1344,
                "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan",
            ),
            ResolutionRow {
                withdrawn: "Bị thay thế".into(),
                ..ResolutionRow::sample(
                    1343,
                    "Chương trình chuyển đổi số của Quốc hội giai đoạn đến năm 2026 và giai đoạn 2027-2030",
                )
            },
        ];
        let page = |q: &str, items| ResolutionsPage {
            q: q.into(),
            year: String::new(),
            years: vec![Choice::new("2025", "2025"), Choice::new("2024", "2024")],
            list: Listed::whole(items),
        };
        vec![("some", page("", items)), ("none", page("abc", vec![]))]
    }
}

/// A resolution.
#[derive(Debug, Serialize)]
pub struct ResolutionPage {
    /// Its row.
    pub row: ResolutionRow,
    /// Its text.
    pub text: Law,
    /// Where its PDF is.
    pub pdf: String,
    /// Bytes of the PDF.
    pub size: i64,
    /// SHA-256 of the PDF.
    pub digest: String,
    /// When it was published.
    pub published: Timestamp,
    /// Its signatures.
    pub signatures: Vec<SealedBand>,
    /// The proof of its place in the journal.
    pub proof: Option<ProofView>,
}

/// A signature as a band that explains itself when opened.
#[derive(Debug, Clone, Serialize)]
pub struct SealedBand {
    /// `good`, `bad`, `unknown`.
    pub verdict: &'static str,
    /// One line: `Đại biểu 001, Chủ tịch Quốc hội, ký lúc 09:12 ngày 20/12/2024`.
    pub line: String,
    /// The explanation: what was checked, with what result.
    pub facts: Vec<super::case::Fact>,
}

impl SealedBand {
    fn samples() -> Vec<SealedBand> {
        let facts = vec![
            super::case::Fact::new("Người ký", "Đại biểu 001"),
            super::case::Fact::new("Toàn vẹn", "Nội dung không thay đổi từ khi ký"),
        ];
        vec![
            SealedBand {
                verdict: "good",
                line: "Đại biểu 001, Chủ tịch Quốc hội, ký lúc 09:12 ngày 20/12/2024".into(),
                facts: facts.clone(),
            },
            SealedBand { verdict: "unknown", line: "Chữ ký của cơ quan chưa kiểm được".into(), facts },
        ]
    }
}

impl Page for ResolutionPage {
    const TEMPLATE: &'static str = "resolution.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |proof, withdrawn: &str| ResolutionPage {
            row: ResolutionRow {
                withdrawn: withdrawn.into(),
                ..ResolutionRow::sample(
                    1344,
                    "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan",
                )
            },
            text: Law::sample(),
            pdf: "/resolutions/document-1/paper.pdf".into(),
            size: 182_000,
            digest: "9f2c".repeat(16),
            published: Timestamp::from_micros(1_734_600_000_000_000),
            signatures: SealedBand::samples(),
            proof,
        };
        vec![
            ("standing", page(Some(ProofView::sample()), "")),
            ("withdrawn", page(None, "Bị thay thế bởi Nghị quyết số 1400/NQ-UBTVQH15")),
        ]
    }
}

/// The check of a paper: the form, and the answers.
#[derive(Debug, Default, Serialize)]
pub struct VerifyPage {
    /// The number as typed.
    pub number: String,
    /// The name of the file that was sent.
    pub file: String,
    /// The answers; none before something was asked.
    pub answers: Option<Vec<VerdictView>>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// One answer in plain words.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictView {
    /// The verdict: `genuine`, `altered`, …; the words are `verdict-…`.
    pub verdict: String,
    /// `good`, `warn`, `bad`: the colour and shape.
    pub kind: &'static str,
    /// The published document that it is or claims to be.
    pub document: Option<ResolutionRow>,
    /// How the file differs, in one sentence.
    pub difference: String,
    /// Its signatures.
    pub signatures: Vec<SealedBand>,
    /// SHA-256 of the file.
    pub digest: String,
    /// Bytes of the file.
    pub size: i64,
    /// The proof of the place in the journal.
    pub proof: Option<ProofView>,
}

impl Page for VerifyPage {
    const TEMPLATE: &'static str = "verify.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let answer = |verdict: &str, kind, difference: &str| VerdictView {
            verdict: verdict.into(),
            kind,
            document: Some(ResolutionRow::sample(1344, "Thành lập Ban soạn thảo dự án Luật")),
            difference: difference.into(),
            signatures: SealedBand::samples(),
            digest: "9f2c".repeat(16),
            size: 182_000,
            proof: Some(ProofView::sample()),
        };
        let page = |answers| VerifyPage { file: "nghi-quyet.pdf".into(), answers, ..VerifyPage::default() };
        vec![
            ("form", VerifyPage::default()),
            ("genuine", page(Some(vec![answer("genuine", "good", "")]))),
            ("altered", page(Some(vec![answer("altered", "bad", "Khác bản đã ban hành từ byte thứ 1.024.")]))),
            (
                "not found",
                VerifyPage { number: "9999/NQ-UBTVQH15".into(), answers: Some(vec![]), ..VerifyPage::default() },
            ),
            (
                "nothing sent",
                VerifyPage {
                    errors: vec![Wrong::sample("file", "Chọn tệp PDF hoặc nhập số văn bản.")],
                    ..VerifyPage::default()
                },
            ),
        ]
    }
}

/// What this site is, what it promises, what it does not do.
#[derive(Debug, Serialize)]
pub struct AboutPage {
    /// The fingerprint of the root certificate, for those who compare it.
    pub root: String,
}

impl Page for AboutPage {
    const TEMPLATE: &'static str = "about.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![("about", AboutPage { root: "9f2c".repeat(16) })]
    }
}

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: Option<String>,
    year: Option<String>,
    from: Option<i64>,
}

/// Resolutions on one page, as the service gives them.
const SIZE: i64 = 20;

/// `GET /resolutions`
pub async fn list(viewer: Viewer, Query(search): Query<Search>) -> Result<Response, Failure> {
    let (q, year) = (search.q.unwrap_or_default(), search.year.unwrap_or_default());
    let from = search.from.unwrap_or(0).clamp(0, 1_000_000);
    let filter =
        PublishedFilter { query: q.clone(), year: year.parse().ok(), issuer: None, page: show::page_of(from, SIZE) };
    let found = viewer.state.services.records.published(&filter).await?;
    let this_year = viewer.state.now().day().year();
    let page = ResolutionsPage {
        list: Listed {
            items: found.items.iter().map(resolution_row).collect(),
            total: found.total,
            offset: from / SIZE * SIZE,
            size: SIZE,
            base: format!("/resolutions?q={}&year={}&", crate::form::encoded(&q), crate::form::encoded(&year)),
        },
        q,
        year,
        years: (this_year - 3..=this_year).rev().map(|y| Choice::new(y.to_string(), y.to_string())).collect(),
    };
    viewer.page(&page).await
}

fn resolution_row(published: &Published) -> ResolutionRow {
    ResolutionRow {
        href: format!("/resolutions/{}", published.document),
        number: published.number.text.clone(),
        date: published.number.date.to_string(),
        subject: published.content.subject.clone(),
        issuer: published.issuer_name.clone(),
        withdrawn: published.withdrawn.clone().unwrap_or_default(),
    }
}

/// `GET /resolutions/{document}`
pub async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Failure> {
    let records = &viewer.state.services.records;
    let published = records.publication(&document_id(&id)?).await?;
    let bytes = records.publication_pdf(&published.document).await?;
    let verified = records.verify_file(bytes.into()).await?;
    let page = ResolutionPage {
        row: resolution_row(&published),
        text: show::law(&published.content, true),
        pdf: format!("/resolutions/{id}/paper.pdf"),
        size: published.size,
        digest: published.pdf.to_string(),
        published: published.published_at,
        signatures: bands(&viewer, &verified.signatures),
        proof: verified.proof.map(|p| proof_view(&p, format!("/resolutions/{id}/proof.json"))),
    };
    viewer.page(&page).await
}

/// Signatures as bands.
pub fn bands(viewer: &Viewer, report: &signing::Report) -> Vec<SealedBand> {
    report.signatures.iter().map(|s| band(viewer, s)).collect()
}

fn band(viewer: &Viewer, found: &signing::SignatureReport) -> SealedBand {
    let say = |key: &str| viewer.say(key, &[]);
    let name = [Some(found.signer.name.as_str()), found.signer.position.as_deref()];
    let who = name.into_iter().flatten().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
    let at = found.signing_time.map(|at| format!("{} {}", at.clock(), at.day().short())).unwrap_or_else(|| "?".into());
    let mut facts = vec![Fact::new(say("seal-signer"), &found.signer.name)];
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            facts.push(Fact::new(say(key), value));
        }
    };
    add("seal-position", found.signer.position.clone());
    add("seal-body", found.signer.body.clone());
    add("seal-time", found.signing_time.map(Timestamp::iso_local));
    let source = match found.time_source {
        TimeSource::TimeStamp => Some("seal-time-source-timestamp"),
        TimeSource::Claimed => Some("seal-time-source-claimed"),
        TimeSource::None => None,
    };
    add("seal-time-source", source.map(say));
    add("seal-level", serde_json::to_value(found.level).ok().and_then(|v| v.as_str().map(str::to_owned)));
    add("certificate-issuer", found.signer.issuer.clone());
    let intact = match found.integrity {
        Integrity::Intact => Some("seal-integrity-yes"),
        Integrity::Broken => Some("seal-integrity-no"),
        Integrity::Unknown => None,
    };
    add("seal-integrity", intact.map(say));
    let later = match found.changes_after {
        Changes::None => None,
        Changes::Evidence => Some("changes-evidence"),
        Changes::FormFill => Some("changes-form-fill"),
        Changes::Annotation => Some("changes-annotation"),
        Changes::Content => Some("changes-content"),
        Changes::Hidden => Some("changes-hidden"),
    };
    let whole = match later {
        None => say("seal-whole-yes"),
        Some(key) => viewer.say("seal-whole-later", &[("changes", &say(key))]),
    };
    add("seal-whole", Some(whole));
    add("seal-reasons", Some(found.reasons.join(" ")));
    SealedBand {
        verdict: match found.indication {
            Indication::TotalPassed => "good",
            Indication::TotalFailed => "bad",
            Indication::Indeterminate => "unknown",
        },
        line: viewer.say("seal-signed", &[("who", &who), ("at", &at)]),
        facts,
    }
}

/// `GET /resolutions/{document}/paper.pdf`
pub async fn pdf(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Failure> {
    let records = &viewer.state.services.records;
    let published = records.publication(&document_id(&id)?).await?;
    let bytes = records.publication_pdf(&published.document).await?;
    Ok(inline("application/pdf", &format!("{}.pdf", published.number.text), bytes))
}

/// `GET /resolutions/{document}/proof.json`: the sealing act with the proof of its place in the log.
pub async fn proof(viewer: Viewer, Path(id): Path<String>) -> Result<Response, Failure> {
    let published = viewer.state.services.records.publication(&document_id(&id)?).await?;
    let stream = StreamId::new("document", &published.document);
    Ok(proof_file(&viewer, &stream, published.sealed_at).await?)
}

/// `GET /verify`
pub async fn to_verify(viewer: Viewer) -> Result<Response, Failure> {
    viewer.page(&VerifyPage::default()).await
}

/// `POST /verify`
pub async fn verify(mut sent: Sent) -> Result<Response, Failure> {
    let number: String = sent.fields.take("number").trim().chars().take(60).collect();
    let file = sent.fields.file("file").filter(|f| !f.bytes.is_empty() || !f.name.is_empty());
    sent.fields.finish()?;
    let (viewer, records) = (&sent.viewer, &sent.viewer.state.services.records);
    let mut page = VerifyPage { number, ..VerifyPage::default() };
    let answers = match file {
        Some(file) => {
            page.file = file.name.clone();
            records.verify_file(file.bytes).await.map(|answer| vec![answer])
        }
        None if page.number.is_empty() => Err(Problem::field("file", "verify-nothing")),
        None => records.verify_number(&page.number).await,
    };
    match answers {
        Ok(answers) => {
            page.answers = Some(answers.iter().map(|a| verdict(viewer, a)).collect());
            viewer.page(&page).await
        }
        Err(problem) => {
            let status = trouble::status(&problem);
            page.errors = viewer.wrong(problem)?;
            viewer.page_as(status, &page).await
        }
    }
}

fn verdict(viewer: &Viewer, answer: &Verification) -> VerdictView {
    let (word, kind) = match answer.verdict {
        Verdict::Genuine => ("genuine", "good"),
        Verdict::Withdrawn => ("withdrawn", "warn"),
        Verdict::Appended => ("appended", "bad"),
        Verdict::Superseded => ("superseded", "warn"),
        Verdict::Altered => ("altered", "bad"),
        Verdict::SignedElsewhere => ("signed-elsewhere", "warn"),
        Verdict::Unknown => ("unknown", "warn"),
        Verdict::Unreadable => ("unreadable", "bad"),
        Verdict::Doubtful => ("doubtful", "warn"),
    };
    let difference = answer.difference.as_ref().map(|difference| match difference {
        Difference::Appended { bytes } => viewer.say("difference-appended", &[("bytes", &bytes.to_string())]),
        Difference::WithoutSeal => viewer.say("difference-without-seal", &[]),
        Difference::Changed { issued, first } => {
            viewer.say("difference-changed", &[("issued", &issued.to_string()), ("first", &(first + 1).to_string())])
        }
    });
    let proof_at = |p: &Published| format!("/resolutions/{}/proof.json", p.document);
    VerdictView {
        verdict: word.into(),
        kind,
        document: answer.document.as_ref().map(resolution_row),
        difference: difference.unwrap_or_default(),
        signatures: bands(viewer, &answer.signatures),
        digest: answer.digest.to_string(),
        size: i64::try_from(answer.size).unwrap_or(i64::MAX),
        proof: match (&answer.proof, &answer.document) {
            (Some(proof), Some(document)) => Some(proof_view(proof, proof_at(document))),
            _ => None,
        },
    }
}

/// `GET /about`
pub async fn about(viewer: Viewer) -> Result<Response, Failure> {
    let root = match viewer.state.services.keys.root().await {
        Ok(root) => root.fingerprint().to_string(),
        Err(Problem::Refused { .. }) => String::new(),
        Err(other) => return Err(other.into()),
    };
    viewer.page(&AboutPage { root }).await
}
