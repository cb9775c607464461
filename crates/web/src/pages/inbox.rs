//! The inbox: what waits for the person, filtered, in pages, and several tasks handled by one form.

use crate::{
    form::{Posted, encoded},
    pages::home::{TaskRow, task_row},
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Link},
    viewer::{Member, Viewer},
};
use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use cases::{Cursor, Due, InboxCounts, InboxFilter, InboxTask, MOST_COUNTED, Order, TaskKey, Whose};
use kernel::{CaseId, PersonId, Problem};
use procedure::model::Work;
use serde::{Deserialize, Serialize};

/// Most tasks that one form handles: those of a page.
const MOST_AT_ONCE: usize = 50;

/// The inbox with its filters.
#[derive(Debug, Serialize)]
pub struct InboxPage {
    /// All, overdue, today, this week, later, each with how many.
    pub spans: Vec<Span>,
    /// What was chosen.
    pub q: String,
    /// The span of time that was chosen.
    pub due: String,
    /// The field of work that was chosen.
    pub field: String,
    /// The procedure that was chosen.
    pub procedure: String,
    /// Whose tasks were chosen.
    pub whose: String,
    /// The order that was chosen.
    pub order: String,
    /// Procedures to choose from.
    pub procedures: Vec<Choice>,
    /// The tasks.
    pub tasks: Vec<Item>,
    /// Whether there is one to be signed.
    pub signs: bool,
    /// Whom tasks can be given to.
    pub colleagues: Vec<Choice>,
    /// The first page, when this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
}

/// A span of time to choose, with how many tasks fall into it.
#[derive(Debug, Serialize)]
pub struct Span {
    /// `all`, `overdue`, `today`, `week`, `later`.
    pub code: &'static str,
    /// Its address, with the other filters kept.
    pub href: String,
    /// How many.
    pub n: i64,
    /// There are more than are counted.
    pub more: bool,
    /// Whether it was chosen.
    pub here: bool,
}

/// A task with what is known of who does it.
#[derive(Debug, Serialize)]
pub struct Item {
    /// The task.
    pub task: TaskRow,
    /// What the form sends when it is chosen; empty for those that are the person's alone.
    pub key: String,
    /// Who has taken it on.
    pub taken_by: String,
    /// The person has taken note of it.
    pub seen: bool,
}

/// What came of handling several tasks.
#[derive(Debug, Serialize)]
pub struct HandledPage {
    /// `take`, `assign`, `seen`.
    pub act: String,
    /// One line for each task.
    pub lines: Vec<Handled>,
    /// How many were done.
    pub done: usize,
    /// How many were not.
    pub refused: usize,
}

/// What came of one task.
#[derive(Debug, Serialize)]
pub struct Handled {
    /// The case.
    pub case: Link,
    /// Why it was not done; empty when it was.
    pub why: String,
}

impl Page for InboxPage {
    const TEMPLATE: &'static str = "inbox.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let span = |code, n, here| Span { code, href: format!("/inbox?due={code}"), n, more: n > 90, here };
        let page = |tasks: Vec<Item>| InboxPage {
            spans: vec![
                span("all", 99, true),
                span("overdue", 2, false),
                span("today", 1, false),
                span("week", 7, false),
                span("later", 99, false),
            ],
            q: String::new(),
            due: String::new(),
            field: String::new(),
            procedure: String::new(),
            whose: String::new(),
            order: String::new(),
            procedures: vec![Choice::new("incoming-document", "Văn bản đến")],
            signs: !tasks.is_empty(),
            tasks,
            colleagues: vec![Choice::new("person-2", "Nguyễn Văn B"), Choice::new("person-3", "Trần Thị C")],
            first: None,
            next: Some("/inbox?after=1~case-1~draft".into()),
        };
        let items = TaskRow::samples().into_iter().enumerate().map(|(n, task)| Item {
            task,
            key: if n == 0 { String::new() } else { format!("case-{n}/draft/expert@vu-phap-luat") },
            taken_by: if n == 1 { "Nguyễn Văn B".into() } else { String::new() },
            seen: n == 2,
        });
        let empty = InboxPage { next: None, first: Some("/inbox".into()), ..page(vec![]) };
        vec![("busy", page(items.collect())), ("nothing waits", empty)]
    }
}

impl Page for HandledPage {
    const TEMPLATE: &'static str = "inbox_handled.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let line = |n: u8, why: &str| Handled {
            case: Link::new(format!("/cases/case-{n}"), "Phân công đại biểu Quốc hội hoạt động chuyên trách"),
            why: why.into(),
        };
        let lines = vec![line(1, ""), line(2, "Việc này đã xong hoặc đã chuyển sang người khác.")];
        vec![("one of two", HandledPage { act: "assign".into(), lines, done: 1, refused: 1 })]
    }
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    q: Option<String>,
    due: Option<String>,
    field: Option<String>,
    procedure: Option<String>,
    whose: Option<String>,
    order: Option<String>,
    after: Option<String>,
}

impl Search {
    fn filter(&self) -> InboxFilter {
        let chosen = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        InboxFilter {
            due: Due::ALL.into_iter().find(|due| Some(due.code()) == self.due.as_deref()),
            kind: None,
            work: chosen(&self.field).filter(|field| Work::ALL.iter().any(|work| work.code() == field)),
            procedure: chosen(&self.procedure),
            query: self.q.clone().unwrap_or_default(),
            whose: match self.whose.as_deref() {
                Some("mine") => Whose::Mine,
                Some("free") => Whose::Free,
                _ => Whose::All,
            },
            order: match self.order.as_deref() {
                Some("newest") => Order::Newest,
                Some("oldest") => Order::Oldest,
                _ => Order::Due,
            },
            after: self.after.as_deref().and_then(Cursor::parse),
        }
    }

    /// The address with these filters, another span and another beginning.
    fn address(&self, due: Option<&str>, after: Option<&Cursor>) -> String {
        let after = after.map(ToString::to_string);
        let kept = [
            ("q", self.q.as_deref()),
            ("due", due),
            ("field", self.field.as_deref()),
            ("procedure", self.procedure.as_deref()),
            ("whose", self.whose.as_deref()),
            ("order", self.order.as_deref()),
            ("after", after.as_deref()),
        ];
        let kept: Vec<String> = (kept.into_iter())
            .filter_map(|(name, value)| value.filter(|v| !v.is_empty()).map(|v| format!("{name}={}", encoded(v))))
            .collect();
        if kept.is_empty() { "/inbox".into() } else { format!("/inbox?{}", kept.join("&")) }
    }
}

/// `GET /inbox`
pub async fn list(viewer: Member, Query(search): Query<Search>) -> Result<Response, Failure> {
    let cases = &viewer.state.services.cases;
    let filter = search.filter();
    let found = cases.inbox(&viewer.ctx, &filter).await?;
    let counts = cases.inbox_counts(&viewer.ctx).await?;
    let takers: Vec<String> =
        found.items.iter().filter_map(|t| t.taken_by.as_ref()).map(|id| format!("person:{id}")).collect();
    let names = show::names(&viewer, takers.iter().map(String::as_str)).await?;
    let item = |task: &InboxTask| Item {
        task: task_row(&viewer, task),
        // Signatures that are the person's alone can be chosen too: to be signed together.
        key: if task.seat.contains('@') || task.kind == "sign" {
            format!("{}/{}/{}", task.case, task.step, task.seat)
        } else {
            String::new()
        },
        taken_by: task.taken_by.as_ref().map(|id| show::name_of(&names, &format!("person:{id}"))).unwrap_or_default(),
        seen: task.seen,
    };
    let colleagues = cases.colleagues(&viewer.ctx).await?;
    let me = viewer.ctx.person().map(|person| &person.id);
    let others = colleagues.iter().filter(|c| Some(&c.person) != me);
    let page = InboxPage {
        spans: spans(&search, &counts),
        tasks: found.items.iter().map(item).collect(),
        signs: found.items.iter().any(|task| task.kind == "sign"),
        colleagues: others.map(|c| Choice::new(c.person.as_str(), &c.name)).collect(),
        procedures: cases.catalogue().newest().map(|p| Choice::new(&p.id, show::pick(&viewer, &p.title))).collect(),
        first: filter.after.is_some().then(|| search.address(search.due.as_deref(), None)),
        next: found.next.as_ref().map(|next| search.address(search.due.as_deref(), Some(next))),
        q: search.q.unwrap_or_default(),
        due: search.due.unwrap_or_default(),
        field: search.field.unwrap_or_default(),
        procedure: search.procedure.unwrap_or_default(),
        whose: search.whose.unwrap_or_default(),
        order: search.order.unwrap_or_default(),
    };
    viewer.page(&page).await
}

fn spans(search: &Search, counts: &InboxCounts) -> Vec<Span> {
    let span = |due: Option<Due>, n: i64| Span {
        code: due.map_or("all", Due::code),
        href: search.address(due.map(Due::code), None),
        n: n.min(MOST_COUNTED),
        more: n > MOST_COUNTED,
        here: search.filter().due == due,
    };
    vec![
        span(None, counts.open),
        span(Some(Due::Overdue), counts.overdue),
        span(Some(Due::Today), counts.today),
        span(Some(Due::Week), counts.week),
        span(Some(Due::Later), counts.later),
    ]
}

/// `POST /inbox`: the same with each chosen task, each authorised by itself.
pub async fn handle(mut posted: Posted) -> Result<Response, Failure> {
    let (act, to, note) = (posted.fields.take("do"), posted.fields.take("to"), posted.fields.take("note"));
    let chosen = posted.fields.below("task.");
    posted.fields.finish()?;
    if chosen.is_empty() || chosen.len() > MOST_AT_ONCE {
        return Err(Problem::field("task", "tasks-none-chosen").into());
    }
    let viewer = &posted.viewer;
    if act == "sign" {
        return to_batch(viewer, chosen.into_iter().map(|(_, key)| key)).await;
    }
    let me = viewer.ctx.person().ok_or_else(|| Problem::fault("a form of nobody"))?.id.clone();
    let to = match act.as_str() {
        "take" | "seen" => me,
        "assign" => PersonId::new(to).map_err(|_| Problem::field("to", "field-required"))?,
        _ => return Err(Problem::field("do", "field-unknown").into()),
    };
    let mut page = HandledPage { act, lines: Vec::new(), done: 0, refused: 0 };
    for (_, key) in chosen {
        let line = one(viewer, &page.act, &key, &to, &note).await?;
        if line.why.is_empty() {
            page.done += 1;
        } else {
            page.refused += 1;
        }
        page.lines.push(line);
    }
    viewer.page(&page).await
}

/// To the page where the chosen documents are signed together. Those of them that wait for something else are told there.
async fn to_batch(viewer: &Viewer, keys: impl Iterator<Item = String>) -> Result<Response, Failure> {
    let chosen: Vec<TaskKey> = keys.filter_map(|key| task_key(&key)).collect();
    let mut any = false;
    for task in &chosen {
        any |= viewer.state.services.cases.to_sign(&viewer.ctx, &task.case).await.is_ok();
    }
    if !any {
        return Err(Problem::field("task", "inbox-none-to-sign").into());
    }
    let cases: Vec<&str> = chosen.iter().map(|task| task.case.as_str()).collect();
    Ok(Redirect::to(&format!("/batches?cases={}", cases.join(","))).into_response())
}

/// One of the chosen tasks; what stands in its way is its own answer, only a fault of ours is everybody's.
async fn one(viewer: &Viewer, act: &str, key: &str, to: &PersonId, note: &str) -> Result<Handled, Problem> {
    let cases = &viewer.state.services.cases;
    let Some(task) = task_key(key) else { return Err(Problem::field("task", "field-unknown")) };
    let done = match act {
        "seen" => cases.note_seen(&viewer.ctx, &task).await,
        _ => cases.assign(&viewer.ctx, &task, to, note).await,
    };
    let why = match done {
        Ok(()) => String::new(),
        Err(Problem::NotFound { .. } | Problem::Forbidden { .. }) => viewer.say("task-gone", &[]),
        Err(fault @ (Problem::Fault(_) | Problem::Unavailable { .. })) => return Err(fault),
        Err(other) => viewer.wrong(other)?.into_iter().map(|wrong| wrong.words).collect::<Vec<_>>().join(" "),
    };
    let title = match cases.case(&viewer.ctx, &task.case).await {
        Ok(case) => case.state.title.clone(),
        Err(_) => viewer.say("case", &[]),
    };
    Ok(Handled { case: Link::new(format!("/cases/{}", task.case), title), why })
}

/// Reads `case/step/seat`.
fn task_key(text: &str) -> Option<TaskKey> {
    let mut parts = text.splitn(3, '/');
    let case = CaseId::new(parts.next()?).ok()?;
    let (step, seat) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    (step.len() <= 200 && seat.len() <= 200).then_some(TaskKey { case, step, seat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_other_filters() {
        let search = Search { q: Some("văn bản".into()), field: Some("direction".into()), ..Search::default() };
        assert_eq!(search.address(Some("today"), None), "/inbox?q=v%C4%83n%20b%E1%BA%A3n&due=today&field=direction");
        assert_eq!(Search::default().address(None, None), "/inbox");
    }

    #[test]
    fn a_key_has_three_parts() {
        assert!(task_key("case-1/draft/clerk@vp").is_some());
        for bad in ["", "case-1", "case-1/draft", "Case 1/draft/x"] {
            assert!(task_key(bad).is_none(), "{bad}");
        }
    }
}
