//! One dispatch: what was sent to whom, and what each of them reported back.

use super::{arrival::download, kind_of, standing, state_words};
use crate::{
    form::Posted,
    pages::case::Fact,
    render::Page,
    show,
    trouble::Failure,
    view::{Link, Told, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use exchange::{ArrivalLine, DispatchLine, DispatchState, DispatchView, Recipient};
use kernel::{Day, Problem, Timestamp};
use serde::Serialize;

/// Most lines of the story of a dispatch.
const MOST_TOLD: usize = 200;

/// One dispatch.
#[derive(Debug, Serialize)]
pub struct DispatchPage {
    /// Its id.
    pub id: String,
    /// Number and notation.
    pub number: String,
    /// The subject.
    pub subject: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// The dispatch that it withdraws, updates or replaces.
    pub about: Option<Link>,
    /// Why it does.
    pub reason: String,
    /// How many answered.
    pub back: i64,
    /// Why sending stopped, when it did.
    pub stopped: Option<Stopped>,
    /// Whether the reader may try again.
    pub retries: bool,
    /// How many did not register it in time.
    pub silent: i64,
    /// Within how many days they should have.
    pub days: i64,
    /// The recipients.
    pub recipients: Vec<RecipientRow>,
    /// What the reader may propose: `withdraw`, `update`, `replace`.
    pub proposals: Vec<&'static str>,
    /// Proposals sent about it.
    pub dialogue: Vec<Proposal>,
    /// What happened, latest first.
    pub story: Vec<Told>,
    /// The document.
    pub document: Link,
    /// What the package says.
    pub facts: Vec<Fact>,
    /// Arrivals that answer it.
    pub answers: Vec<Link>,
    /// Recipients on the paper that the way does not reach.
    pub unresolved: Vec<String>,
    /// Where the package is fetched, for those who may.
    pub raw: Option<String>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Why sending stopped.
#[derive(Debug, Clone, Serialize)]
pub struct Stopped {
    /// After how many tries.
    pub tries: i64,
    /// In words.
    pub why: String,
}

/// A recipient and what it reported last.
#[derive(Debug, Clone, Serialize)]
pub struct RecipientRow {
    /// Its identifier.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where the document stands there.
    pub state: &'static str,
    /// It did not register the document in time.
    pub silent: bool,
    /// It agreed to a withdrawal.
    pub withdrawn: bool,
    /// Since when.
    pub at: Option<Timestamp>,
    /// Who handled it there.
    pub staff: String,
    /// What it said.
    pub message: String,
}

impl RecipientRow {
    /// An example.
    pub fn sample(name: &str, state: &'static str, message: &str) -> RecipientRow {
        RecipientRow {
            code: "G15".into(),
            name: name.into(),
            state,
            silent: state == "sent",
            withdrawn: state == "completed",
            at: (state != "waiting").then(|| Timestamp::from_micros(1_734_600_000_000_000)),
            staff: if message.is_empty() { String::new() } else { "Nguyễn Văn B, Phòng Văn thư".into() },
            message: message.into(),
        }
    }
}

/// A withdrawal, update or replacement that was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// Its page.
    pub href: String,
    /// `withdraw`, `update`, `replace`.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// How many answered.
    pub back: i64,
    /// How many were asked.
    pub all: i64,
}

impl DispatchPage {
    fn sample() -> DispatchPage {
        DispatchPage {
            id: "d".into(),
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            kind: "new",
            about: None,
            reason: String::new(),
            back: 3,
            stopped: None,
            retries: false,
            silent: 1,
            days: 3,
            recipients: vec![
                RecipientRow::sample("Bộ Tư pháp", "completed", "Đã xử lý xong"),
                RecipientRow::sample("Bộ Tài chính", "refused", "Gửi nhầm cơ quan"),
                RecipientRow::sample("Bộ Nội vụ", "sent", ""),
                RecipientRow::sample("Tỉnh A", "assigned", "Chuyển Sở Nội vụ"),
            ],
            proposals: vec!["update", "replace", "withdraw"],
            dialogue: vec![Proposal {
                href: "/outgoing/e".into(),
                kind: "withdraw",
                at: Timestamp::from_micros(1_734_700_000_000_000),
                reason: "Ban hành nhầm".into(),
                back: 1,
                all: 4,
            }],
            story: Told::samples(),
            document: Link::new("/documents/document-1", "1344/NQ-UBTVQH15"),
            facts: vec![Fact::new("Gửi lúc", "09:12 · 20/12/2024")],
            answers: vec![Link::new("/incoming/a", "17/BTP-PLHSHC")],
            unresolved: vec!["Như Điều 2".into()],
            raw: Some("/outgoing/d/package".into()),
            errors: vec![],
        }
    }
}

impl Page for DispatchPage {
    const TEMPLATE: &'static str = "dispatch.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let stopped = DispatchPage {
            stopped: Some(Stopped { tries: 5, why: "Trục không trả lời".into() }),
            retries: true,
            recipients: vec![RecipientRow::sample("Bộ Tư pháp", "stopped", "")],
            silent: 0,
            proposals: vec![],
            dialogue: vec![],
            kind: "withdraw",
            about: Some(Link::new("/outgoing/c", "1343/NQ-UBTVQH15")),
            reason: "Ban hành nhầm".into(),
            answers: vec![],
            raw: None,
            ..DispatchPage::sample()
        };
        vec![("on its way", DispatchPage::sample()), ("stopped", stopped)]
    }
}

/// `GET /outgoing/{dispatch}`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    viewer.page(&page(&viewer, &id, vec![]).await?).await
}

async fn page(viewer: &Viewer, id: &str, errors: Vec<Wrong>) -> Result<DispatchPage, Problem> {
    let office = &viewer.state.services.office;
    let view = office.dispatch_view(&viewer.ctx, id).await?;
    let line = &view.line;
    let about = match &line.earlier {
        Some(earlier) => {
            let earlier = office.dispatch_view(&viewer.ctx, earlier).await?.line;
            Some(Link::new(format!("/outgoing/{}", earlier.id), format!("{}: {}", earlier.number, earlier.subject)))
        }
        None => None,
    };
    let names = show::names(viewer, [line.actor.as_str()]).await?;
    let may = office.may_dispatch(&viewer.ctx);
    Ok(DispatchPage {
        id: line.id.clone(),
        number: line.number.clone(),
        subject: line.subject.clone(),
        kind: kind_of(&line.kind),
        about,
        reason: line.reason.clone(),
        back: line.answered,
        stopped: stopped(&view),
        retries: may,
        silent: i64::try_from(view.recipients.iter().filter(|r| r.overdue).count()).unwrap_or(i64::MAX),
        days: office.settings().remind_days,
        recipients: view.recipients.iter().map(|r| recipient(&view, r)).collect(),
        proposals: if may { proposals(line) } else { vec![] },
        dialogue: view.later.iter().map(proposal).collect(),
        story: story(viewer, &view, &show::name_of(&names, &line.actor)),
        document: Link::new(format!("/documents/{}", line.document), &line.number),
        facts: facts(viewer, line),
        answers: view.replies.iter().map(reply).collect(),
        unresolved: view.unresolved.clone(),
        raw: Some(format!("/outgoing/{id}/package")),
        errors,
    })
}

fn stopped(view: &DispatchView) -> Option<Stopped> {
    let parcel = view.parcel.as_ref().filter(|parcel| parcel.state == DispatchState::Stopped)?;
    Some(Stopped { tries: parcel.attempts, why: parcel.why.clone().unwrap_or_default() })
}

/// What can be proposed about a dispatch: nothing about a withdrawal, and nothing about what was never let go.
fn proposals(line: &DispatchLine) -> Vec<&'static str> {
    match (line.kind.as_str(), line.state) {
        ("withdraw", _) | (_, DispatchState::Cancelled) => vec![],
        (_, DispatchState::Sent) => vec!["update", "replace", "withdraw"],
        (_, DispatchState::Waiting | DispatchState::Stopped) => vec!["withdraw"],
    }
}

/// A recipient with the last that it told.
pub(super) fn recipient(view: &DispatchView, recipient: &Recipient) -> RecipientRow {
    let told = recipient.statuses.last();
    let stopped = view.line.state == DispatchState::Stopped && recipient.status == "unsent";
    let state = if stopped { "stopped" } else { standing(&recipient.status) };
    let person = told.map(|told| [told.staff.as_str(), told.department.as_str()]).unwrap_or_default();
    RecipientRow {
        code: recipient.code.clone(),
        name: recipient.name.clone(),
        state,
        silent: recipient.overdue,
        withdrawn: recipient.withdrawn.is_some(),
        at: (recipient.status != "unsent").then_some(recipient.changed_at),
        staff: person.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        message: told.map(|told| told.description.clone()).unwrap_or_default(),
    }
}

fn proposal(line: &DispatchLine) -> Proposal {
    Proposal {
        href: format!("/outgoing/{}", line.id),
        kind: kind_of(&line.kind),
        at: line.at,
        reason: line.reason.clone(),
        back: line.answered,
        all: line.receivers,
    }
}

fn reply(line: &ArrivalLine) -> Link {
    Link::new(format!("/incoming/{}", line.id), format!("{}, {}", line.number, line.from.name))
}

/// What happened, latest first: who sent it, and everything that came back.
fn story(viewer: &Viewer, view: &DispatchView, sender: &str) -> Vec<Told> {
    let line = &view.line;
    let who = if sender.is_empty() { viewer.say("timeline-program", &[]) } else { sender.to_owned() };
    let n = line.receivers.to_string();
    let queued =
        Told { at: Some(line.at), who, what: viewer.say("dispatch-told-sent", &[("n", &n)]), ..Told::default() };
    let mut story = vec![(line.at, queued)];
    if let Some(at) = line.sent_at {
        let what = viewer.say("dispatch-told-gone", &[]);
        story.push((at, Told { at: Some(at), what, ..Told::default() }));
    }
    for recipient in &view.recipients {
        for told in &recipient.statuses {
            let state = format!("{} {}", told.status, state_words(viewer, standing(&told.status)));
            let what = viewer.say("dispatch-told-status", &[("state", &state)]);
            let one = Told {
                at: Some(told.at),
                who: recipient.name.clone(),
                what,
                quote: told.description.clone(),
                ..Told::default()
            };
            story.push((told.at, one));
        }
    }
    story.sort_by_key(|(at, _)| *at);
    story.into_iter().rev().take(MOST_TOLD).map(|(_, told)| told).collect()
}

fn facts(viewer: &Viewer, line: &DispatchLine) -> Vec<Fact> {
    let day = |text: &str| Day::parse(text).map_or_else(|_| text.to_owned(), Day::short);
    let all = [
        ("axis-number", line.number.clone()),
        ("axis-date", day(&line.date)),
        ("axis-due", line.due.as_deref().map(day).unwrap_or_default()),
        (
            "dispatches-sent",
            line.sent_at.map(|at| format!("{} · {}", at.clock(), at.day().short())).unwrap_or_default(),
        ),
        ("axis-document-id", line.identity.clone()),
        ("dispatch-way", viewer.say_if(&format!("dispatch-way-{}", line.transport)).unwrap_or_default()),
    ];
    let told = all.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(key, value)| Fact::new(viewer.say(key, &[]), value)).collect()
}

/// `POST /outgoing/{dispatch}/retry`: a package that has stopped goes out again.
pub async fn retry(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    match viewer.state.services.office.resume(&viewer.ctx, &id).await {
        Ok(()) => Ok(done(&format!("/outgoing/{id}"), "done-dispatch-retried")),
        Err(problem) => {
            let again = async |errors| page(viewer, &id, errors).await;
            posted.again(problem, &format!("/outgoing/{id}"), vec![], again).await
        }
    }
}

/// `GET /outgoing/{dispatch}/package`: the package as it goes out.
pub async fn package(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let bytes = viewer.state.services.office.parcel_package(&viewer.ctx, &id).await?;
    Ok(download(&format!("{id}.edxml"), bytes))
}
