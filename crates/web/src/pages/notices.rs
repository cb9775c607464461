//! Notices: what the program reminds the person of, read and unread, and how they want letters about it.

use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::Wrong,
    viewer::{Member, Viewer, done},
};
use axum::response::Response;
use cases::notices::{About, Letters, Notice};
use directory::Holder;
use kernel::{Problem, Timestamp};
use serde::Serialize;

/// The person's notices.
#[derive(Debug, Serialize)]
pub struct NoticesPage {
    /// The newest first.
    pub rows: Vec<NoticeRow>,
    /// How many are not read.
    pub unread: usize,
    /// `none`, `each`, `daily`.
    pub letters: &'static str,
    /// The hour of the daily letter.
    pub hour: u8,
    /// Where letters go.
    pub address: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A notice.
#[derive(Debug, Serialize)]
pub struct NoticeRow {
    /// Which.
    pub id: String,
    /// What it says: the message `notice-<what>`.
    pub what: String,
    /// The page of the case, or of the certificate that ends; empty where the reader may not open it.
    pub href: String,
    /// What it is about: the title of the case, or that it is a certificate.
    pub about: String,
    /// Secrecy grade.
    pub grade: u8,
    /// The deadline, where there is one.
    pub due: Option<Timestamp>,
    /// When it was raised.
    pub at: Timestamp,
    /// Whether it was read.
    pub read: bool,
}

impl Page for NoticesPage {
    const TEMPLATE: &'static str = "notices.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |what: &str, read: bool| NoticeRow {
            id: format!("case-1/draft/1/{what}"),
            what: what.into(),
            href: "/cases/case-1".into(),
            about: "Phân công đại biểu Quốc hội hoạt động chuyên trách".into(),
            grade: 0,
            due: Some(Timestamp::from_micros(1_795_000_000_000_000)),
            at: Timestamp::from_micros(1_794_000_000_000_000),
            read,
        };
        let ends = NoticeRow {
            href: "/certificates/4f2a".into(),
            about: "Chứng thư chữ ký số".into(),
            ..row("certificate-30", false)
        };
        let matter = NoticeRow {
            href: "/outgoing/dispatch-1".into(),
            about: "Văn bản đi qua Trục liên thông".into(),
            due: None,
            ..row("parcel-stopped", false)
        };
        let rows = vec![row("escalated", false), row("100", false), ends, matter, row("80", true), row("50", true)];
        let page = |rows: Vec<NoticeRow>, letters| {
            let unread = rows.iter().filter(|row| !row.read).count();
            NoticesPage {
                rows,
                unread,
                letters,
                hour: 7,
                address: "nguyen.van.a@quochoi.example".into(),
                errors: vec![],
            }
        };
        vec![("some", page(rows, "daily")), ("none", page(vec![], "none"))]
    }
}

/// `GET /notices`
pub async fn show(viewer: Member) -> Result<Response, Failure> {
    viewer.page(&page(&viewer, vec![]).await?).await
}

async fn page(viewer: &Viewer, errors: Vec<Wrong>) -> Result<NoticesPage, Problem> {
    let cases = &viewer.state.services.cases;
    let found = cases.notices(&viewer.ctx).await?;
    let me = viewer.ctx.person().ok_or_else(|| Problem::fault("a page of nobody"))?;
    let letters = cases.letters_of(&me.id).await?;
    let mut rows = Vec::with_capacity(found.len());
    for notice in &found {
        rows.push(row(viewer, &Holder::Person(me.id.clone()), notice).await?);
    }
    Ok(NoticesPage {
        unread: found.iter().filter(|notice| !notice.read).count(),
        rows,
        letters: match letters {
            Letters::None => "none",
            Letters::Each => "each",
            Letters::Daily(_) => "daily",
        },
        hour: if let Letters::Daily(hour) = letters { hour } else { 7 },
        address: cases.letter_address(&me.id).await?.unwrap_or_default(),
        errors,
    })
}

async fn row(viewer: &Viewer, me: &Holder, notice: &Notice) -> Result<NoticeRow, Problem> {
    let (href, about) = match &notice.about {
        About::Case(case, title) => (format!("/cases/{case}"), title.clone()),
        About::Certificate(serial) => {
            let found = viewer.state.services.keys.certificate(serial).await?;
            let own = found.is_some_and(|found| found.holder == me.code());
            let href = if own { format!("/certificates/{serial}") } else { String::new() };
            let words = if own { "notice-own-certificate" } else { "notice-body-certificate" };
            (href, viewer.say(words, &[]))
        }
        About::Matter(stream) => {
            let (list, words) = match stream.split_once(':') {
                Some(("arrival", id)) => (format!("/incoming/{id}"), "notice-arrival"),
                Some((_, id)) => (format!("/outgoing/{id}"), "notice-dispatch"),
                None => (String::new(), "notice-dispatch"),
            };
            (list, viewer.say(words, &[]))
        }
    };
    Ok(NoticeRow {
        id: notice.id.clone(),
        what: notice.what.clone(),
        href,
        about,
        grade: notice.grade.level(),
        due: (!matches!(notice.about, About::Matter(_))).then_some(notice.due),
        at: notice.at,
        read: notice.read,
    })
}

/// `POST /notices/read`
pub async fn read(mut posted: Posted) -> Result<Response, Failure> {
    let ids: Vec<String> = posted.fields.below("notice.").into_iter().map(|(_, id)| id).collect();
    posted.fields.finish()?;
    posted.viewer.state.services.cases.read_notices(&posted.viewer.ctx, &ids).await?;
    Ok(done("/notices", "done-notices-read"))
}

/// `POST /notices/letters`
pub async fn letters(mut posted: Posted) -> Result<Response, Failure> {
    let (wanted, hour) = (posted.fields.take("letters"), posted.fields.take("hour"));
    let address = posted.fields.take("address");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let chosen = match wanted.as_str() {
        "none" => Letters::None,
        "each" => Letters::Each,
        _ => Letters::Daily(hour.parse().unwrap_or(u8::MAX)),
    };
    match viewer.state.services.cases.choose_letters(&viewer.ctx, chosen, &address).await {
        Ok(()) => Ok(done("/notices", "done-letters")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &page(viewer, errors).await?).await
        }
    }
}
