//! The check of files: the answer that matters to a citizen first, then what changed after each signature, then the rest.
//!
//! Files are checked and forgotten; only the reports are kept for a while, for download.

use super::case::Fact;
use super::journal::{ProofView, proof_view};
use super::public::{ResolutionRow, resolution_row};
use crate::{
    form::Sent,
    render::Page,
    trouble::{self, Failure},
    view::Wrong,
    viewer::Viewer,
};
use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{Problem, Timestamp};
use records::{Difference, FileVerification, Published, Verdict, Verification, upload};
use serde::Serialize;
use signing::{Indication, TimeSource, words};

/// A signature as a band that explains itself when opened.
#[derive(Debug, Clone, Serialize)]
pub struct SealedBand {
    /// `good`, `bad`, `unknown`.
    pub verdict: &'static str,
    /// One line: `Đại biểu 001, Chủ tịch Quốc hội, ký lúc 09:12 ngày 20/12/2024`.
    pub line: String,
    /// What changed in the file after it, in one sentence; empty where there is nothing to say.
    pub changes: String,
    /// Why it is not valid, in one sentence; empty when it is.
    pub why: String,
    /// The explanation: what was checked, with what result.
    pub facts: Vec<Fact>,
}

impl SealedBand {
    pub(super) fn samples() -> Vec<SealedBand> {
        let facts =
            vec![Fact::new("Người ký", "Đại biểu 001"), Fact::new("Toàn vẹn", "Nội dung không thay đổi từ khi ký")];
        vec![
            SealedBand {
                verdict: "good",
                line: "Đại biểu 001, Chủ tịch Quốc hội, ký lúc 09:12 ngày 20/12/2024".into(),
                changes: "Sau khi ký có điền biểu mẫu hoặc ký thêm".into(),
                why: String::new(),
                facts: facts.clone(),
            },
            SealedBand {
                verdict: "unknown",
                line: "Ủy ban Thường vụ Quốc hội, ký lúc 09:30 ngày 20/12/2024".into(),
                changes: "Không có gì thay đổi từ khi ký".into(),
                why: "Chứng thư không dẫn đến gốc nào được tin cậy".into(),
                facts,
            },
        ]
    }
}

/// The check of a paper: the form, and the answers.
#[derive(Debug, Default, Serialize)]
pub struct VerifyPage {
    /// The number as typed.
    pub number: String,
    /// The answers; none before something was asked.
    pub answers: Option<Vec<VerdictView>>,
    /// Where all reports are fetched as JSON.
    pub json: String,
    /// When it was checked.
    pub at: Option<Timestamp>,
    /// Largest request, in bytes.
    pub limit: i64,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// One answer in plain words.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictView {
    /// The name of the file that was sent, or the number that was asked for.
    pub name: String,
    /// The file that its signature is over, when it lay beside.
    pub beside: String,
    /// Where its report is fetched as XML (ETSI TS 119 102-2).
    pub xml: String,
    /// Why the file could not be read.
    pub error: String,
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
            name: "nghi-quyet.pdf".into(),
            beside: String::new(),
            xml: "/verify/reports/abc/1.xml".into(),
            error: String::new(),
            verdict: verdict.into(),
            kind,
            document: Some(ResolutionRow::sample(1344, "Thành lập Ban soạn thảo dự án Luật")),
            difference: difference.into(),
            signatures: SealedBand::samples(),
            digest: "9f2c".repeat(16),
            size: 182_000,
            proof: Some(ProofView::sample()),
        };
        let page = |answers| VerifyPage {
            answers,
            json: "/verify/reports/abc/report.json".into(),
            at: Some(Timestamp::from_micros(1_734_600_000_000_000)),
            ..VerifyPage::default()
        };
        let foreign = |verdict: &str, kind, name: &str, beside: &str| VerdictView {
            name: name.into(),
            beside: beside.into(),
            document: None,
            proof: None,
            ..answer(verdict, kind, "")
        };
        vec![
            ("form", VerifyPage::default()),
            ("genuine", page(Some(vec![answer("genuine", "good", "")]))),
            ("altered", page(Some(vec![answer("altered", "bad", "Khác bản đã ban hành từ byte thứ 1.024.")]))),
            (
                "several",
                page(Some(vec![
                    foreign("signed-elsewhere", "good", "hop-dong.docx.p7s", "hop-dong.docx"),
                    foreign("broken", "bad", "to-trinh.pdf", ""),
                    VerdictView {
                        signatures: vec![],
                        error: "the PDF file is encrypted".into(),
                        ..foreign("unreadable", "bad", "mat-khau.pdf", "")
                    },
                ])),
            ),
            (
                "not found",
                VerifyPage { number: "9999/NQ-UBTVQH15".into(), answers: Some(vec![]), ..VerifyPage::default() },
            ),
            (
                "nothing sent",
                VerifyPage {
                    errors: vec![Wrong::sample("file", "Chọn tệp hoặc nhập số văn bản.")],
                    ..VerifyPage::default()
                },
            ),
        ]
    }
}

/// Signatures as bands.
pub fn bands(viewer: &Viewer, report: &signing::Report) -> Vec<SealedBand> {
    report.signatures.iter().map(|s| band(viewer, s)).collect()
}

fn band(viewer: &Viewer, found: &signing::SignatureReport) -> SealedBand {
    let say = |key: &str| viewer.say(key, &[]);
    let name = [Some(found.signer.name.as_str()), found.signer.position.as_deref()];
    let who = name.into_iter().flatten().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { say("seal-nobody") } else { who };
    let at = found.signing_time.map(|at| format!("{} {}", at.clock(), at.day().short())).unwrap_or_else(|| "?".into());
    let stamp = found.level == signing::Level::DocumentTimeStamp;
    let mut facts = vec![Fact::new(say("seal-signer"), &found.signer.name)];
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            facts.push(Fact::new(say(key), value));
        }
    };
    add("seal-position", found.signer.position.clone());
    add("seal-body", found.signer.body.clone());
    add("seal-time", found.signing_time.map(Timestamp::iso_local));
    let source = if found.signing_time.is_some() { found.time_source } else { TimeSource::None };
    add("seal-time-source", Some(say(&words::key("time-source", source))));
    add("seal-level", Some(say(&words::key("level", found.level))));
    add("certificate-issuer", found.signer.issuer.clone());
    add("seal-integrity", Some(say(&words::key("integrity", found.integrity))));
    let whole = if found.covers_whole_document { "seal-whole-yes" } else { "report-not-whole" };
    add("seal-whole", Some(say(whole)));
    add("seal-reasons", Some(found.reasons.join("; ")));
    SealedBand {
        verdict: match found.indication {
            Indication::TotalPassed => "good",
            Indication::TotalFailed => "bad",
            Indication::Indeterminate => "unknown",
        },
        line: viewer.say(if stamp { "seal-stamped" } else { "seal-signed" }, &[("who", &who), ("at", &at)]),
        // Of a signature whose own bytes were changed, what came later says nothing.
        changes: if found.says_of_changes() { say(&words::key("changes", found.changes_after)) } else { String::new() },
        why: found.sub_indication.map(|sub| say(&words::key("sub-indication", sub))).unwrap_or_default(),
        facts,
    }
}

/// `GET /verify`
pub async fn to_verify(viewer: Viewer) -> Result<Response, Failure> {
    viewer.page(&empty(&viewer)).await
}

fn empty(viewer: &Viewer) -> VerifyPage {
    let limit = viewer.state.settings.max_body.min(upload::MAX_FILE);
    VerifyPage { limit: i64::try_from(limit).unwrap_or(i64::MAX), ..VerifyPage::default() }
}

/// `POST /verify`: several files, or a number.
pub async fn verify(mut sent: Sent) -> Result<Response, Failure> {
    let number: String = sent.fields.take("number").trim().chars().take(60).collect();
    let mut files = Vec::new();
    while let Some(file) = sent.fields.file("file") {
        files.push(file);
    }
    sent.fields.finish()?;
    let (viewer, records) = (&sent.viewer, &sent.viewer.state.services.records);
    let mut page = VerifyPage { number, ..empty(viewer) };
    let answers = match files.is_empty() {
        false => records.verify_files(files).await,
        true if page.number.is_empty() => Err(Problem::field("file", "verify-nothing")),
        true => records.verify_number(&page.number).await.map(|found| by_number(&page.number, found)),
    };
    match answers {
        Ok(answers) => {
            page.at = Some(viewer.state.now());
            let base = viewer.state.reports.keep(viewer, &answers);
            let shown = answers.iter().enumerate().map(|(at, answer)| verdict(viewer, answer, &base, at + 1));
            page.answers = Some(shown.collect());
            page.json = format!("{base}/report.json");
            viewer.page(&page).await
        }
        Err(problem) => {
            let status = trouble::status(&problem);
            page.errors = viewer.wrong(problem)?;
            viewer.page_as(status, &page).await
        }
    }
}

fn by_number(number: &str, found: Vec<Verification>) -> Vec<FileVerification> {
    let named = |verification| FileVerification { name: number.to_owned(), beside: None, verification };
    found.into_iter().map(named).collect()
}

/// `GET /verify/reports/{token}/{file}`: a report of a check that was just made, as `report.json` or `1.xml`.
pub async fn report(viewer: Viewer, Path((token, file)): Path<(String, String)>) -> Result<Response, Failure> {
    let found = viewer.state.reports.find(&token, &file, viewer.state.now());
    let (kind, text) = found.ok_or_else(|| Problem::not_found("report", file.clone()))?;
    let disposition = format!("attachment; filename=\"{file}\"");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}

fn verdict(viewer: &Viewer, file: &FileVerification, base: &str, number: usize) -> VerdictView {
    let answer = &file.verification;
    let (word, kind) = match answer.verdict {
        Verdict::Genuine => ("genuine", "good"),
        Verdict::Withdrawn => ("withdrawn", "warn"),
        Verdict::Appended => ("appended", "bad"),
        Verdict::Superseded => ("superseded", "warn"),
        Verdict::Altered => ("altered", "bad"),
        Verdict::SignedElsewhere => ("signed-elsewhere", "good"),
        Verdict::Broken => ("broken", "bad"),
        Verdict::Unsigned => ("unsigned", "warn"),
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
        name: file.name.clone(),
        beside: file.beside.clone().unwrap_or_default(),
        xml: format!("{base}/{number}.xml"),
        error: answer.signatures.error.clone().unwrap_or_default(),
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
