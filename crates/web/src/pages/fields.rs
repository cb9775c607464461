//! The state of the work: how much waits in each field, at which steps, for which bodies, what is late and how long steps
//! take. Graded and restricted cases do not stand in the figures.

use crate::{
    csv,
    render::Page,
    show,
    trouble::Failure,
    view::{CaseRow, Link},
    viewer::{Member, Viewer},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use cases::{AtStep, Workload};
use kernel::Problem;
use procedure::model::Work;
use serde::{Deserialize, Serialize};

/// Late cases that the page of a field names.
const MOST_LATE: i64 = 10;
/// Bodies that the page of a field names.
const MOST_BODIES: usize = 15;

/// All fields.
#[derive(Debug, Serialize)]
pub struct FieldsPage {
    /// One row for each field.
    pub rows: Vec<FieldRow>,
}

/// The figures of a field in a line.
#[derive(Debug, Serialize)]
pub struct FieldRow {
    /// The field's code.
    pub field: &'static str,
    /// Open cases.
    pub open: i64,
    /// Late ones.
    pub overdue: i64,
    /// Due within seven days.
    pub due_soon: i64,
    /// The bar.
    pub bar: Bar,
}

/// A bar over 700 units: what is late, what is due soon, and the rest; of the longest bar beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// The whole length.
    pub whole: i64,
    /// Up to here late.
    pub overdue: i64,
    /// Up to here late or due soon.
    pub due_soon: i64,
}

/// One field.
#[derive(Debug, Serialize)]
pub struct FieldPage {
    /// The field's code.
    pub field: &'static str,
    /// Open cases.
    pub open: i64,
    /// Late ones.
    pub overdue: i64,
    /// Due within seven days.
    pub due_soon: i64,
    /// Where cases wait, by procedure.
    pub procedures: Vec<WaitingAt>,
    /// For whom.
    pub bodies: Vec<WaitingFor>,
    /// Further bodies that are not named.
    pub more_bodies: usize,
    /// What is late longest.
    pub late: Vec<CaseRow>,
}

/// A procedure with its steps.
#[derive(Debug, Serialize)]
pub struct WaitingAt {
    /// The procedure.
    pub procedure: Link,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

/// The figures of a step.
#[derive(Debug, Serialize)]
pub struct StepRow {
    /// Its name.
    pub step: String,
    /// Cases that wait.
    pub waiting: i64,
    /// Late ones.
    pub overdue: i64,
    /// Due within seven days.
    pub due_soon: i64,
    /// How long it takes on the average, in words.
    pub average: Option<String>,
    /// Over how many times.
    pub times: i64,
    /// The bar.
    pub bar: Bar,
}

/// A body that is waited for.
#[derive(Debug, Serialize)]
pub struct WaitingFor {
    /// The body.
    pub body: Link,
    /// For how many cases.
    pub waiting: i64,
    /// The bar: its whole length.
    pub bar: i64,
}

impl Bar {
    const LENGTH: i64 = 700;

    fn of(whole: i64, overdue: i64, due_soon: i64, longest: i64) -> Bar {
        let length = |n: i64| n.saturating_mul(Bar::LENGTH) / longest.max(1);
        Bar { whole: length(whole), overdue: length(overdue), due_soon: length(overdue.saturating_add(due_soon)) }
    }
}

impl Page for FieldsPage {
    const TEMPLATE: &'static str = "fields.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |(n, work): (usize, Work)| {
            let n = i64::try_from(n).unwrap_or_default() * 37;
            let (overdue, due_soon) = (n / 9, n / 4);
            let bar = Bar::of(n, overdue, due_soon, 7 * 37);
            FieldRow { field: work.code(), open: n, overdue, due_soon, bar }
        };
        vec![("eight", FieldsPage { rows: Work::ALL.into_iter().enumerate().map(row).collect() })]
    }
}

impl Page for FieldPage {
    const TEMPLATE: &'static str = "field.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let step = |step: &str, waiting: i64, overdue: i64, average: Option<&str>| StepRow {
            step: step.into(),
            waiting,
            overdue,
            due_soon: waiting / 3,
            average: average.map(Into::into),
            times: 12,
            bar: Bar::of(waiting, overdue, waiting / 3, 40),
        };
        let busy = FieldPage {
            field: "lawmaking",
            open: 61,
            overdue: 9,
            due_soon: 17,
            procedures: vec![WaitingAt {
                procedure: Link::new("/procedures/law-one-session", "Luật, nghị quyết thông qua tại một kỳ họp"),
                steps: vec![
                    step("Soạn thảo", 40, 8, Some("12 ngày 4 giờ")),
                    step("Thẩm tra", 21, 1, Some("3 giờ 20 phút")),
                    step("Công bố", 0, 0, None),
                ],
            }],
            bodies: vec![WaitingFor {
                body: Link::new("/bodies/vu-phap-luat", "Vụ Pháp luật"), waiting: 40, bar: 700
            }],
            more_bodies: 2,
            late: CaseRow::samples(),
        };
        let still = FieldPage {
            field: "petitions",
            open: 0,
            overdue: 0,
            due_soon: 0,
            procedures: vec![],
            bodies: vec![],
            more_bodies: 0,
            late: vec![],
        };
        vec![("busy", busy), ("nothing waits", still)]
    }
}

/// In which shape.
#[derive(Debug, Deserialize)]
pub struct Shape {
    format: Option<String>,
}

/// `GET /fields`
pub async fn all(viewer: Member, Query(shape): Query<Shape>) -> Result<Response, Failure> {
    let workloads = viewer.state.services.cases.workloads(&viewer.ctx).await?;
    let none = Workload::default();
    let figures = || Work::ALL.into_iter().map(|work| (work.code(), workloads.get(work.code()).unwrap_or(&none)));
    let longest = figures().map(|(_, w)| w.open).max().unwrap_or(0);
    let rows: Vec<FieldRow> = figures()
        .map(|(field, w)| FieldRow {
            field,
            open: w.open,
            overdue: w.overdue,
            due_soon: w.due_soon,
            bar: Bar::of(w.open, w.overdue, w.due_soon, longest),
        })
        .collect();
    if shape.format.as_deref() == Some("csv") {
        let head = ["workload-field", "workload-open", "workload-overdue", "workload-soon"];
        let line = |row: &FieldRow| {
            let name = viewer.say(&format!("field-{}", row.field), &[]);
            vec![name, row.open.to_string(), row.overdue.to_string(), row.due_soon.to_string()]
        };
        return Ok(csv::answer("linh-vuc.csv", &head.map(|k| viewer.say(k, &[])), rows.iter().map(line)));
    }
    viewer.page(&FieldsPage { rows }).await
}

/// `GET /fields/{field}`
pub async fn field(viewer: Member, Path(field): Path<String>, Query(shape): Query<Shape>) -> Result<Response, Failure> {
    let work = Work::ALL.into_iter().find(|work| work.code() == field);
    let field = work.ok_or_else(|| Problem::not_found("field", &field))?.code();
    let cases = &viewer.state.services.cases;
    let workload = cases.workload(&viewer.ctx, field).await?;
    if shape.format.as_deref() == Some("csv") {
        return Ok(steps_as_csv(&viewer, field, &workload));
    }
    let late = cases.longest_late(&viewer.ctx, field, MOST_LATE).await?;
    let page = FieldPage {
        field,
        open: workload.open,
        overdue: workload.overdue,
        due_soon: workload.due_soon,
        procedures: by_procedure(&viewer, &workload.steps),
        bodies: waited_for(&viewer, &workload).await?,
        more_bodies: workload.bodies.len().saturating_sub(MOST_BODIES),
        late: late.iter().map(|case| show::case_row(&viewer, case)).collect(),
    };
    viewer.page(&page).await
}

fn by_procedure(viewer: &Viewer, steps: &[AtStep]) -> Vec<WaitingAt> {
    let longest = steps.iter().map(|step| step.waiting).max().unwrap_or(0);
    let row = |step: &AtStep| StepRow {
        step: show::pick(viewer, &step.step_title),
        waiting: step.waiting,
        overdue: step.overdue,
        due_soon: step.due_soon,
        average: step.average.map(|seconds| lasting(viewer, seconds)),
        times: step.times_left,
        bar: Bar::of(step.waiting, step.overdue, step.due_soon, longest),
    };
    let of_one = |steps: &[AtStep]| {
        let first = steps.first()?;
        let href = format!("/procedures/{}", first.procedure);
        let procedure = Link::new(href, show::pick(viewer, &first.procedure_title));
        Some(WaitingAt { procedure, steps: steps.iter().map(row).collect() })
    };
    steps.chunk_by(|a, b| a.procedure == b.procedure).filter_map(of_one).collect()
}

async fn waited_for(viewer: &Viewer, workload: &Workload) -> Result<Vec<WaitingFor>, Problem> {
    let shown = workload.bodies.get(..MOST_BODIES).unwrap_or(&workload.bodies);
    let ids: Vec<String> = shown.iter().map(|at| at.body.clone()).collect();
    let bodies = viewer.state.services.directory.bodies_of(&ids).await?;
    let longest = shown.first().map_or(0, |at| at.waiting);
    let row = |at: &cases::AtBody| {
        let name = bodies.get(&at.body).map_or(at.body.as_str(), |body| body.name_in(viewer.lang().code()));
        let bar = Bar::of(at.waiting, 0, 0, longest).whole;
        WaitingFor { body: Link::new(format!("/bodies/{}", at.body), name), waiting: at.waiting, bar }
    };
    Ok(shown.iter().map(row).collect())
}

/// A length of time in its two largest units.
fn lasting(viewer: &Viewer, seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (key, first, second) = match (days, hours) {
        (0, 0) => ("lasting-minutes", minutes, 0),
        (0, _) => ("lasting-hours", hours, minutes),
        _ => ("lasting-days", days, hours),
    };
    viewer.say(key, &[("n", &first.to_string()), ("rest", &second.to_string())])
}

fn steps_as_csv(viewer: &Viewer, field: &str, workload: &Workload) -> Response {
    let head = [
        "procedure",
        "step",
        "workload-waiting",
        "workload-overdue",
        "workload-soon",
        "workload-average-seconds",
        "workload-times",
    ];
    let line = |step: &AtStep| {
        vec![
            show::pick(viewer, &step.procedure_title),
            show::pick(viewer, &step.step_title),
            step.waiting.to_string(),
            step.overdue.to_string(),
            step.due_soon.to_string(),
            step.average.map(|n| n.to_string()).unwrap_or_default(),
            step.times_left.to_string(),
        ]
    };
    let name = format!("linh-vuc-{field}.csv");
    csv::answer(&name, &head.map(|k| viewer.say(k, &[])), workload.steps.iter().map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_keep_their_order_and_the_length_of_the_longest() {
        assert_eq!(Bar::of(10, 2, 3, 10), Bar { whole: 700, overdue: 140, due_soon: 350 });
        assert_eq!(Bar::of(0, 0, 0, 0), Bar::default());
        let small = Bar::of(1, 1, 0, 100_000);
        assert!(small.overdue <= small.due_soon && small.due_soon <= small.whole);
    }
}
