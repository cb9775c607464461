//! The page of a case: where it stands in its procedure, who has it, until when, its documents and its story.

use crate::{
    render::Page,
    show,
    trouble::Failure,
    view::{DocumentRow, Link, Told},
    viewer::{Member, Viewer},
};
use axum::{extract::Path, response::Response};
use cases::{BallotView, CaseView};
use kernel::{CaseId, Problem, Resource, Timestamp};
use procedure::{
    Status, StepKind, explain,
    model::Outcome,
    tasks::{Action, Place},
};
use serde::Serialize;

/// The page of a case.
#[derive(Debug, Serialize)]
pub struct CasePage {
    /// The case.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Its procedure.
    pub procedure: Link,
    /// Its field of work.
    pub field: String,
    /// Its secrecy grade.
    pub grade: u8,
    /// `open`, `closed`, `refused`.
    pub state: &'static str,
    /// The line of steps.
    pub steps: Vec<StepMark>,
    /// The step that it is at, in words, and what happens next.
    pub now: Now,
    /// Facts given when it was opened.
    pub facts: Vec<Fact>,
    /// Its documents.
    pub documents: Vec<DocumentRow>,
    /// The ballot, once there is one.
    pub ballot: Option<Link>,
    /// The case that opened it, and those that it opened.
    pub related: Vec<RelatedRow>,
    /// The document that came over the interconnection axis and is processed in it.
    pub arrival: Option<Link>,
    /// What happened, latest first.
    pub story: Vec<Told>,
    /// Who has it.
    pub holders: Vec<String>,
    /// Who takes part.
    pub participants: Vec<Link>,
    /// When it was opened.
    pub opened: Timestamp,
    /// Its stream in the journal, for those who may look.
    pub journal: Option<String>,
}

/// A case that belongs to this one.
#[derive(Debug, Serialize)]
pub struct RelatedRow {
    /// Its page and title.
    pub case: Link,
    /// Its procedure.
    pub procedure: String,
    /// `open`, `closed`, `refused`.
    pub state: &'static str,
    /// The step at which it stands.
    pub step: String,
    /// It opened this one; otherwise this one opened it.
    pub above: bool,
}

/// A step on the line.
#[derive(Debug, Serialize)]
pub struct StepMark {
    /// Its name.
    pub name: String,
    /// `done`, `here`, `next`, `skip`.
    pub state: &'static str,
}

/// A named value.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// What.
    pub label: String,
    /// The value in words.
    pub value: String,
}

impl Fact {
    /// A named value.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Fact {
        Fact { label: label.into(), value: value.into() }
    }
}

/// What is to be done now, and by whom.
#[derive(Debug, Default, Serialize)]
pub struct Now {
    /// The step.
    pub step: String,
    /// What the step is for, one sentence.
    pub about: String,
    /// What this person can do now; the first is the one primary action.
    pub actions: Vec<Link>,
    /// What happens after the primary action.
    pub after: String,
    /// Why nothing can be done by this person: who has it.
    pub waits_for: String,
    /// For whom the person acts here by delegation, one sentence; empty when for themselves.
    pub acting_for: String,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Whether that time has passed.
    pub late: bool,
    /// What is still missing, one sentence each, from the rules of the procedure.
    pub missing: Vec<String>,
}

impl Page for CasePage {
    const TEMPLATE: &'static str = "case.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let names =
            ["Soạn thảo", "Thẩm tra", "Lấy ý kiến Ủy viên", "Chủ tịch Quốc hội ký", "Cấp số, đóng dấu", "Công bố"];
        let steps = |here: usize| {
            let state = |i: usize| {
                if i < here {
                    "done"
                } else if i == here {
                    "here"
                } else {
                    "next"
                }
            };
            names.iter().enumerate().map(|(i, n)| StepMark { name: (*n).into(), state: state(i) }).collect()
        };
        let due = Some(Timestamp::from_micros(1_734_681_600_000_000));
        let page = |now: Now, here: usize, state| {
            CasePage {
            id: "case-1".into(),
            title: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội và các luật liên quan".into(),
            procedure: Link::new("/procedures/ubtvqh-resolution", "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội"),
            field: "lawmaking".into(),
            grade: 0,
            state,
            steps: steps(here),
            now,
            facts: vec![Fact::new("Cơ quan trình", "Ủy ban Pháp luật và Tư pháp"), Fact::new("Ngày dự kiến ban hành", "20/12/2024")],
            documents: DocumentRow::samples(),
            ballot: (here > 2).then(|| Link::new("/cases/case-1/tally", "18/18 phiếu · 17 tán thành")),
            related: vec![
                RelatedRow {
                    case: Link::new("/cases/case-0", "Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội"),
                    procedure: "Xây dựng luật thông qua tại một kỳ họp".into(),
                    state: "open",
                    step: "Thành lập Ban soạn thảo".into(),
                    above: true,
                },
                RelatedRow {
                    case: Link::new("/cases/case-2", "Theo dõi kiến nghị giám sát"),
                    procedure: "Theo dõi thực hiện kiến nghị giám sát".into(),
                    state: "closed",
                    step: "Đã thực hiện".into(),
                    above: false,
                },
            ],
            arrival: Some(Link::new("/incoming/a", "Số đến 15, từ Bộ Tư pháp")),
            story: Told::samples(),
            holders: vec!["Ủy ban Thường vụ Quốc hội".into()],
            participants: vec![Link::new("/people/person-2", "Trần Thị B"), Link::new("/people/person-3", "Lê Thị C")],
            opened: Timestamp::from_micros(1_734_500_000_000_000),
            journal: Some("/journal/case:case-1".into()),
        }
        };
        let mine = Now {
            step: "Lấy ý kiến Ủy viên".into(),
            about: "Mỗi Ủy viên đọc dự thảo và chọn ý kiến của mình; kết quả tính trên tổng số Ủy viên.".into(),
            actions: vec![
                Link::new("/cases/case-1/ballot", "Cho ý kiến bằng phiếu"),
                Link::new("/documents/document-1/paper", "Xem dự thảo"),
            ],
            after: "Sau khi đủ phiếu hoặc hết hạn, kết quả được kiểm và chuyển Chủ tịch Quốc hội.".into(),
            due,
            ..Now::default()
        };
        let theirs = Now {
            step: "Soạn thảo".into(),
            about: "Chuyên viên soạn dự thảo nghị quyết và tờ trình.".into(),
            waits_for: "Trần Thị B, Vụ Pháp luật".into(),
            missing: vec!["Tờ trình chưa được đính kèm.".into()],
            due,
            late: true,
            ..Now::default()
        };
        vec![
            ("mine to do", page(mine, 2, "open")),
            ("with somebody else, late", page(theirs, 0, "open")),
            ("closed", page(Now { step: "Công bố".into(), ..Now::default() }, 6, "closed")),
        ]
    }
}

/// A case's id out of an address; what is no id is no case.
///
/// # Errors
/// [`Problem::NotFound`].
pub fn case_id(text: &str) -> Result<CaseId, Problem> {
    CaseId::new(text).map_err(|_| Problem::not_found("case", text.chars().take(64).collect::<String>()))
}

/// `GET /cases/{case}`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = case_id(&id)?;
    let services = &viewer.state.services;
    let case = services.cases.case(&viewer.ctx, &id).await?;
    let entries = services.cases.timeline(&viewer.ctx, &id).await?;
    let ballot = services.cases.ballot(&viewer.ctx, &id).await?;
    let audits = viewer.may("view.journal", &Resource::new("Journal", "journal", serde_json::json!({})));
    let mut story = show::told(&viewer, &entries);
    if !audits {
        story.iter_mut().for_each(|told| told.act = None);
    }
    let (above, below) = services.cases.related(&viewer.ctx, &id).await?;
    let related = above.iter().map(|case| related_row(&viewer, case, true));
    let related = related.chain(below.iter().map(|case| related_row(&viewer, case, false))).collect();
    let names = services.directory.names(case.state.participants.iter()).await?;
    let page = CasePage {
        id: id.to_string(),
        title: case.state.title.clone(),
        procedure: Link::new(format!("/procedures/{}", case.procedure.id), show::pick(&viewer, &case.procedure.title)),
        field: case.procedure.field.code().into(),
        grade: case.state.grade.level(),
        state: state_of(case.state.status, case.state.outcome),
        steps: steps(&viewer, &case),
        now: now(&viewer, &case).await?,
        facts: show::facts(&viewer, &case.procedure.form, &case.state.fields).await?,
        documents: show::document_rows(&viewer, &case).await?,
        ballot: ballot.map(|b| Link::new(format!("/cases/{id}/tally"), tally_line(&viewer, &b))),
        related,
        arrival: arrival(&viewer, &id).await?,
        story,
        holders: holders(&viewer, &case).await?,
        participants: names.iter().map(|(id, name)| Link::new(format!("/people/{id}"), name)).collect(),
        opened: case.state.opened_at.unwrap_or(viewer.ctx.at),
        journal: audits.then(|| format!("/journal/case:{id}")),
    };
    viewer.page(&page).await
}

/// The arrival that is processed in a case.
async fn arrival(viewer: &Viewer, id: &CaseId) -> Result<Option<Link>, Problem> {
    let line = viewer.state.services.office.arrival_of_case(&viewer.ctx, id).await?;
    let words = |line: &exchange::ArrivalLine| {
        let number = line.register_text.clone().unwrap_or_default();
        viewer.say("case-arrival", &[("number", &number), ("from", &line.from.name)])
    };
    Ok(line.map(|line| Link::new(format!("/incoming/{}", line.id), words(&line))))
}

fn related_row(viewer: &Viewer, related: &cases::Related, above: bool) -> RelatedRow {
    RelatedRow {
        case: Link::new(format!("/cases/{}", related.case), &related.title),
        procedure: show::pick(viewer, &related.procedure),
        state: state_of(related.status, related.outcome),
        step: show::pick(viewer, &related.step),
        above,
    }
}

fn state_of(status: Status, outcome: Option<Outcome>) -> &'static str {
    match (status, outcome) {
        (Status::Closed, Some(Outcome::Refused | Outcome::Withdrawn)) => "refused",
        (Status::Closed, _) => "closed",
        _ => "open",
    }
}

/// The line of steps. Ends other than the one that was reached say nothing.
fn steps(viewer: &Viewer, case: &CaseView) -> Vec<StepMark> {
    let told = case.progress.iter().filter(|w| w.kind != StepKind::End || w.place == Place::Done);
    let mark = |w: &procedure::Waypoint| StepMark {
        name: show::pick(viewer, &w.title),
        state: match w.place {
            Place::Done => "done",
            Place::Here => "here",
            Place::Next => "next",
            Place::Skipped => "skip",
        },
    };
    told.map(mark).collect()
}

/// The result of a ballot in one line.
pub fn tally_line(viewer: &Viewer, ballot: &BallotView) -> String {
    let (cast, members) = (ballot.answered.to_string(), ballot.members.len().to_string());
    match &ballot.count {
        Some(count) => {
            let share = count.share_of_all().map_or_else(String::new, procedure::threshold::percent);
            let args = [
                ("cast", cast.as_str()),
                ("members", &members),
                ("for", &count.in_favour.to_string()),
                ("share", &share),
            ];
            viewer.say("tally-line", &args)
        }
        None => viewer.say("tally-line-open", &[("cast", &cast), ("members", &members)]),
    }
}

async fn holders(viewer: &Viewer, case: &CaseView) -> Result<Vec<String>, Problem> {
    if case.tasks.len() > 3 {
        return Ok(vec![viewer.say("holders-many", &[("n", &case.tasks.len().to_string())])]);
    }
    let mut holders: Vec<String> = Vec::new();
    for seat in case.tasks.iter().flat_map(|t| &t.seats) {
        let words = show::seat(viewer, seat).await?;
        if !holders.contains(&words) {
            holders.push(words);
        }
    }
    Ok(holders)
}

async fn now(viewer: &Viewer, case: &CaseView) -> Result<Now, Problem> {
    let Some(step) = case.procedure.step(&case.state.step) else { return Ok(Now::default()) };
    let mut actions: Vec<Link> = Vec::new();
    for possible in &case.possible {
        let (place, words) = match &possible.action {
            Action::Complete => ("step", "action-step"),
            Action::GiveOpinion(_) => ("opinion", "action-opinion"),
            Action::CastBallot => ("ballot", "action-ballot"),
            Action::RecordVote => ("vote", "action-vote"),
            Action::Sign(_) => ("sign", "action-sign"),
            Action::Issue(_) => ("issue", "action-issue"),
            Action::Publish(_) => ("publish", "action-publish"),
            Action::Return(_) | Action::Attach(_) => continue,
        };
        let link = Link::new(format!("/cases/{}/{place}", case.id), viewer.say(words, &[]));
        if !actions.contains(&link) {
            actions.push(link);
        }
    }
    let missing = case
        .missing
        .iter()
        .map(|key| viewer.say("case-document-missing", &[("document", &show::kind_of(viewer, &case.procedure, key))]));
    Ok(Now {
        step: show::pick(viewer, &step.title),
        about: show::pick(viewer, &step.todo),
        after: after(viewer, case),
        waits_for: if actions.is_empty() { holders(viewer, case).await?.join("; ") } else { String::new() },
        acting_for: match &case.acting_for {
            Some(handed) => {
                viewer.say("acting-for-case", &[("holder", &handed.holder_name), ("last", &handed.last.short())])
            }
            None => String::new(),
        },
        actions,
        due: case.state.due,
        late: case.state.overdue || case.state.due.is_some_and(|due| due < viewer.state.now()),
        missing: missing.collect(),
    })
}

/// What happens after the present step, from the rules of the procedure.
pub fn after(viewer: &Viewer, case: &CaseView) -> String {
    let Some(step) = case.procedure.step(&case.state.step) else { return String::new() };
    match step.next.as_slice() {
        [only] if only.when.is_none() => {
            let to = case.procedure.step(&only.to).map(|s| show::pick(viewer, &s.title)).unwrap_or_default();
            viewer.say("next-step", &[("step", &to)])
        }
        rules => {
            let sentences = rules.iter().map(|rule| show::pick(viewer, &explain::rule(&case.procedure, step, rule)));
            sentences.collect::<Vec<_>>().join(" ")
        }
    }
}
