//! The public site: find a resolution, read it, check a paper. No sign-in, no cookies for readers.

use super::journal::ProofView;
use crate::{
    law::Law,
    render::Page,
    view::{Choice, Listed, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

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
            ResolutionRow::sample(1344, "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan"),
            ResolutionRow { withdrawn: "Bị thay thế".into(), ..ResolutionRow::sample(1343, "Chương trình chuyển đổi số của Quốc hội giai đoạn đến năm 2026 và giai đoạn 2027-2030") },
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
        let facts = vec![super::case::Fact::new("Người ký", "Đại biểu 001"), super::case::Fact::new("Toàn vẹn", "Nội dung không thay đổi từ khi ký")];
        vec![
            SealedBand { verdict: "good", line: "Đại biểu 001, Chủ tịch Quốc hội, ký lúc 09:12 ngày 20/12/2024".into(), facts: facts.clone() },
            SealedBand { verdict: "unknown", line: "Chữ ký của cơ quan chưa kiểm được".into(), facts },
        ]
    }
}

impl Page for ResolutionPage {
    const TEMPLATE: &'static str = "resolution.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |proof, withdrawn: &str| ResolutionPage {
            row: ResolutionRow { withdrawn: withdrawn.into(), ..ResolutionRow::sample(1344, "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan") },
            text: Law::sample(),
            pdf: "/resolutions/document-1/paper.pdf".into(),
            size: 182_000,
            digest: "9f2c".repeat(16),
            published: Timestamp::from_micros(1_734_600_000_000_000),
            signatures: SealedBand::samples(),
            proof,
        };
        vec![("standing", page(Some(ProofView::sample()), "")), ("withdrawn", page(None, "Bị thay thế bởi Nghị quyết số 1400/NQ-UBTVQH15"))]
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
            ("not found", VerifyPage { number: "9999/NQ-UBTVQH15".into(), answers: Some(vec![]), ..VerifyPage::default() }),
            ("nothing sent", VerifyPage { errors: vec![Wrong::sample("file", "Chọn tệp PDF hoặc nhập số văn bản.")], ..VerifyPage::default() }),
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
