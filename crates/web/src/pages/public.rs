//! The public site: find a resolution and read it. No sign-in, no cookies for readers.

use super::journal::ProofView;
use super::{
    document::{document_id, inline},
    journal::{proof_file, proof_view},
    verification::{SealedBand, bands},
};
use crate::{
    law::Law,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Listed},
    viewer::Viewer,
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::{Problem, StreamId, Timestamp};
use records::{Published, PublishedFilter};
use serde::{Deserialize, Serialize};

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
    pub(super) fn sample(number: i64, subject: &str) -> ResolutionRow {
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

pub(super) fn resolution_row(published: &Published) -> ResolutionRow {
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
    let verified = records.verify_file(bytes).await?;
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

/// `GET /about`
pub async fn about(viewer: Viewer) -> Result<Response, Failure> {
    let root = match viewer.state.services.keys.root().await {
        Ok(root) => root.fingerprint().to_string(),
        Err(Problem::Refused { .. }) => String::new(),
        Err(other) => return Err(other.into()),
    };
    viewer.page(&AboutPage { root }).await
}
