//! "Việc cần làm hôm nay": what waits for the person, the most pressing first.

use crate::{
    render::Page,
    show,
    trouble::Failure,
    view::CaseRow,
    viewer::{Member, Viewer},
};
use axum::response::Response;
use cases::{InboxFilter, InboxTask};
use kernel::Timestamp;
use serde::Serialize;

/// The first page of the day.
#[derive(Debug, Serialize)]
pub struct HomePage {
    /// Today, `2024-12-20`.
    pub today: String,
    /// What waits.
    pub tasks: Vec<TaskRow>,
    /// More waits than is shown.
    pub more: bool,
    /// Cases in which the person takes part and that are with somebody else.
    pub following: Vec<CaseRow>,
}

/// One thing to do.
#[derive(Debug, Serialize)]
pub struct TaskRow {
    /// Where it is done.
    pub href: String,
    /// What is to be done: `Cho ý kiến bằng phiếu`.
    pub what: String,
    /// The case.
    pub case: String,
    /// Where it came from: `Vụ Pháp luật gửi 09:12 · 12/12/2024`.
    pub from: String,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Whether that time has passed.
    pub late: bool,
    /// The secrecy grade of the case.
    pub grade: u8,
    /// For whom the person does it, when not for themselves.
    pub acting: String,
}

impl TaskRow {
    pub(crate) fn samples() -> Vec<TaskRow> {
        let rows = CaseRow::samples();
        let what = ["Cho ý kiến bằng phiếu", "Ký ban hành", "Cho ý kiến thẩm tra"];
        rows.into_iter()
            .zip(what)
            .map(|(row, what)| TaskRow {
                href: row.href,
                what: what.into(),
                case: row.title,
                from: "Vụ Pháp luật gửi lúc 09:12 ngày 12/12/2024".into(),
                due: row.due,
                late: row.late,
                grade: row.grade,
                acting: String::new(),
            })
            .collect()
    }
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "home.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let today = "2024-12-20".to_owned();
        vec![
            (
                "busy",
                HomePage { today: today.clone(), tasks: TaskRow::samples(), more: true, following: CaseRow::samples() },
            ),
            ("nothing waits", HomePage { today, tasks: vec![], more: false, following: vec![] }),
        ]
    }
}

/// `GET /`
pub async fn show(viewer: Member) -> Result<Response, Failure> {
    let services = &viewer.state.services;
    let inbox = services.cases.inbox(&viewer.ctx, &InboxFilter::default()).await?;
    let open = services.cases.moved_last(&viewer.ctx, 60).await?;
    let mine: Vec<_> = inbox.items.iter().map(|t| &t.case).collect();
    let following = open.iter().filter(|c| !mine.contains(&&c.id)).take(10);
    let page = HomePage {
        today: viewer.state.now().day().to_string(),
        tasks: inbox.items.iter().map(|t| task_row(&viewer, t)).collect(),
        more: inbox.next.is_some(),
        following: following.map(|c| show::case_row(&viewer, c)).collect(),
    };
    viewer.page(&page).await
}

/// A task of an inbox in words.
pub(crate) fn task_row(viewer: &Viewer, task: &InboxTask) -> TaskRow {
    let place = match task.kind.as_str() {
        "work" => "step",
        kind => kind,
    };
    let (clock, day) = (task.since.clock(), task.since.day().short());
    TaskRow {
        href: format!("/cases/{}/{place}", task.case),
        what: show::pick(viewer, &task.step_title),
        case: task.case_title.clone(),
        from: viewer.say(
            "home-since",
            &[("clock", &clock), ("day", &day), ("procedure", &show::pick(viewer, &task.procedure_title))],
        ),
        due: task.due,
        late: task.overdue || task.due.is_some_and(|due| due < viewer.state.now()),
        grade: task.grade.level(),
        acting: task
            .acting_for
            .as_ref()
            .map(|holder| viewer.say("acting-for-tag", &[("holder", holder)]))
            .unwrap_or_default(),
    }
}
