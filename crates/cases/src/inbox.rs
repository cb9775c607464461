//! The inbox: the tasks of a person's seats, in the order of their deadlines, a page at a time.
//!
//! What a page costs grows with the page and the number of the person's seats, not with the number of tasks: each seat's
//! tasks lie in their order in an index, a page goes on behind the last task of the page before, and nothing is counted
//! beyond [`MOST_COUNTED`]. Nobody sees a task above their clearance; whoever holds a task takes part in its case, so no
//! further condition is needed (policies/secrecy.cedar).

use crate::{
    Cases,
    lists::{self, Where},
};
use journal::Row;
use kernel::{Actor, CaseId, Ctx, Day, Grade, Handed, Problem, Timestamp};
use procedure::{Text, tasks::seats_of};
use serde::Serialize;

/// Tasks on a page.
const PER_PAGE: usize = 25;
/// Tasks are counted up to this many; more are told as "more than".
pub const MOST_COUNTED: i64 = 99;

/// When a task is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The deadline has passed.
    Overdue,
    /// Until the end of today.
    Today,
    /// After today, until the end of Sunday.
    Week,
    /// After this week, or without a deadline.
    Later,
}

/// Whose of those who share a seat's task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Those that the person has taken on or was given.
    Mine,
    /// Those that nobody has taken on.
    Free,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The nearest deadline first; those without one last.
    #[default]
    Due,
    /// What came last first.
    Newest,
    /// What has waited longest first.
    Oldest,
}

/// The place behind which a page begins: the last task of the page before, as a page's address carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    key: i64,
    case: String,
    step: String,
}

impl Cursor {
    /// Reads what [`Cursor::to_string`] wrote; anything else is no place.
    pub fn parse(text: &str) -> Option<Cursor> {
        let mut parts = text.splitn(3, '~');
        let key = parts.next()?.parse().ok()?;
        let (case, step) = (parts.next()?, parts.next()?);
        (case.len() <= 64 && step.len() <= 200).then(|| Cursor { key, case: case.to_owned(), step: step.to_owned() })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}~{}", self.key, self.case, self.step)
    }
}

/// Which tasks.
#[derive(Debug, Clone, Default)]
pub struct InboxFilter {
    /// Only those due so.
    pub due: Option<Due>,
    /// Only this kind: `ballot`, `sign`, …
    pub kind: Option<String>,
    /// Only of this field of work: `lawmaking`, …
    pub work: Option<String>,
    /// Only under this procedure.
    pub procedure: Option<String>,
    /// Words of the case's title; marks and case do not matter.
    pub query: String,
    /// Whose of those who share a task.
    pub whose: Whose,
    /// In which order.
    pub order: Order,
    /// Behind which task the page begins.
    pub after: Option<Cursor>,
}

/// A task in the person's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxTask {
    /// The case.
    pub case: CaseId,
    /// Its title.
    pub case_title: String,
    /// Secrecy grade.
    pub grade: Grade,
    /// The field of work.
    pub work: String,
    /// The procedure's name.
    pub procedure_title: Text,
    /// The step's key.
    pub step: String,
    /// What is to be done.
    pub todo: Text,
    /// The step's name.
    pub step_title: Text,
    /// `work`, `opinion`, `ballot`, `vote`, `sign`, `issue`, `publish`, `subcase`.
    pub kind: String,
    /// In which seat the person has it.
    pub seat: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub due: Option<Timestamp>,
    /// Whether the deadline has passed.
    pub overdue: bool,
    /// Who of those who share it has taken it on: a person's id.
    pub taken_by: Option<String>,
    /// Whether the person has taken note of it.
    pub seen: bool,
    /// Whose task it is, when it was handed to the person: the holder's name.
    pub acting_for: Option<String>,
}

/// One page of an inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// The tasks.
    pub items: Vec<InboxTask>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

/// How many tasks the person has, each at most [`MOST_COUNTED`] + 1, which means "more".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct InboxCounts {
    /// All.
    pub open: i64,
    /// Overdue.
    pub overdue: i64,
    /// Until the end of today.
    pub today: i64,
    /// After today, until the end of Sunday.
    pub week: i64,
    /// Later, or without a deadline.
    pub later: i64,
}

impl Due {
    /// Every one, in the order of time.
    pub const ALL: [Due; 4] = [Due::Overdue, Due::Today, Due::Week, Due::Later];

    /// The code in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Due::Overdue => "overdue",
            Due::Today => "today",
            Due::Week => "week",
            Due::Later => "later",
        }
    }

    /// From this instant on and before that one, in microseconds. A deadline that passes within the minute is not overdue
    /// before its end, so that the same question keeps its answer.
    fn span(self, now: Timestamp) -> (i64, i64) {
        let now = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(60_000_000));
        let today = now.day();
        let after = |day: Day| day.plus_days(1).start().micros();
        let sunday = today.plus_days(7 - i64::from(today.civil().weekday().to_monday_one_offset()));
        match self {
            Due::Overdue => (i64::MIN, now.micros()),
            Due::Today => (now.micros(), after(today)),
            Due::Week => (after(today), after(sunday)),
            Due::Later => (after(sunday), i64::MAX),
        }
    }
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Order::Due => "due_key",
            Order::Newest | Order::Oldest => "since",
        }
    }
}

impl Cases {
    /// What waits for the person: tasks of the positions held, and those given by name. A task of two of the person's
    /// seats shows once.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for those who have not signed in; storage.
    pub async fn inbox(&self, ctx: &Ctx, filter: &InboxFilter) -> Result<InboxPage, Problem> {
        let now = self.journal.clock().now();
        let mut wanted = Where::new();
        let column = filter.order.column();
        let direction = if filter.order == Order::Newest { "DESC" } else { "ASC" };
        let order = format!("t.{column} {direction}, t.case_id {direction}, t.step {direction}");
        // One more than a page shows whether there is another; twice that, since a task may come from two seats.
        let most = PER_PAGE * 2 + 1;
        let inner = seats_union(ctx, &mut wanted, |seat, wanted| {
            let mut of_seat = conditions(ctx, filter, now, wanted, seat)?;
            if let Some(after) = &filter.after {
                let places =
                    [wanted.bind(after.key), wanted.bind(after.case.as_str()), wanted.bind(after.step.as_str())];
                let than = if direction == "DESC" { "<" } else { ">" };
                of_seat.push_str(&format!(" AND (t.{column}, t.case_id, t.step) {than} ({})", places.join(", ")));
            }
            Ok(format!("{of_seat} ORDER BY {order} LIMIT {most}"))
        })?;
        let me = wanted.bind(ctx.person().map(|person| person.id.as_str()).unwrap_or_default());
        let sql = format!(
            "SELECT t.case_id, t.step, t.seat, t.kind, t.since, t.due, t.due_key, c.title, c.grade, c.work, c.procedure, \
             c.procedure_version, h.person AS taken_by, s.at AS seen FROM ({inner}) t \
             JOIN case_file c ON c.case_id = t.case_id \
             LEFT JOIN task_hand h ON h.case_id = t.case_id AND h.step = t.step AND h.seat = t.seat \
             LEFT JOIN task_seen s ON s.case_id = t.case_id AND s.step = t.step AND s.person = {me} \
             ORDER BY {order}, t.seat LIMIT {most}"
        );
        let rows = self.journal.reader().rows(&sql, &wanted.parameters).await?;
        let mut page = InboxPage::default();
        for row in &rows {
            let task = self.inbox_task(ctx, row, now)?;
            if page.items.last().is_some_and(|last| (&last.case, &last.step) == (&task.case, &task.step)) {
                continue;
            }
            if page.items.len() == PER_PAGE {
                page.next = page.items.last().map(|last| cursor_of(last, filter.order));
                break;
            }
            page.items.push(task);
        }
        Ok(page)
    }

    /// How many tasks wait for the person, at most [`MOST_COUNTED`] + 1.
    ///
    /// # Errors
    /// As [`Cases::inbox`].
    pub async fn waiting(&self, ctx: &Ctx) -> Result<i64, Problem> {
        self.inbox_count(ctx, &InboxFilter::default()).await
    }

    /// How many tasks wait for the person, by when they are due.
    ///
    /// # Errors
    /// As [`Cases::inbox`].
    pub async fn inbox_counts(&self, ctx: &Ctx) -> Result<InboxCounts, Problem> {
        let due = |due| InboxFilter { due: Some(due), ..InboxFilter::default() };
        Ok(InboxCounts {
            open: self.waiting(ctx).await?,
            overdue: self.inbox_count(ctx, &due(Due::Overdue)).await?,
            today: self.inbox_count(ctx, &due(Due::Today)).await?,
            week: self.inbox_count(ctx, &due(Due::Week)).await?,
            later: self.inbox_count(ctx, &due(Due::Later)).await?,
        })
    }

    async fn inbox_count(&self, ctx: &Ctx, filter: &InboxFilter) -> Result<i64, Problem> {
        let now = self.journal.clock().now();
        let most = MOST_COUNTED + 1;
        let mut wanted = Where::new();
        let inner = seats_union(ctx, &mut wanted, |seat, wanted| {
            let of_seat = conditions(ctx, filter, now, wanted, seat)?;
            Ok(format!("{of_seat} ORDER BY t.due_key LIMIT {most}"))
        })?;
        let sql =
            format!("SELECT COUNT(*) AS n FROM (SELECT DISTINCT t.case_id, t.step FROM ({inner}) t LIMIT {most}) x");
        self.total(&sql, &wanted).await
    }

    fn inbox_task(&self, ctx: &Ctx, row: &Row, now: Timestamp) -> Result<InboxTask, Problem> {
        let (reference, procedure) = self.procedure_of(row)?;
        let step = row.text("step")?;
        let (since, due) = (row.time("since")?, row.opt_time("due")?);
        let todo = procedure.as_ref().and_then(|p| p.step(step)).map(|step| step.todo.clone());
        Ok(InboxTask {
            case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
            case_title: row.text("title")?.to_owned(),
            grade: lists::grade(row)?,
            work: row.text("work")?.to_owned(),
            procedure_title: lists::title_of(procedure.as_deref(), &reference),
            step_title: lists::step_title(procedure.as_deref(), step),
            todo: todo.unwrap_or_default(),
            step: step.to_owned(),
            kind: row.text("kind")?.to_owned(),
            acting_for: handed_in(ctx, row.text("seat")?),
            seat: row.text("seat")?.to_owned(),
            since,
            due,
            overdue: due.is_some_and(|due| due < now),
            taken_by: row.opt_text("taken_by")?.map(str::to_owned),
            seen: row.opt_time("seen")?.is_some_and(|seen| seen >= since),
        })
    }
}

fn cursor_of(task: &InboxTask, order: Order) -> Cursor {
    let key = match order {
        Order::Due => crate::projection::due_key(task.due),
        Order::Newest | Order::Oldest => task.since.micros(),
    };
    Cursor { key, case: task.case.to_string(), step: task.step.clone() }
}

/// A seat whose tasks the person has: their own, or one whose work was handed to them.
pub(crate) struct Place<'a> {
    pub seat: String,
    pub handed: Option<&'a Handed>,
}

/// Every seat whose tasks the person has.
pub(crate) fn places(ctx: &Ctx) -> Result<Vec<Place<'_>>, Problem> {
    if matches!(ctx.actor, Actor::Public) {
        return Err(Problem::Forbidden { act: "view.case".into(), resource: "Case".into() });
    }
    let own = seats_of(&ctx.actor).into_iter().map(|seat| Place { seat, handed: None });
    let handed = ctx.person().into_iter().flat_map(|person| person.handed.iter());
    Ok(own.chain(handed.map(|handed| Place { seat: handed.seat.clone(), handed: Some(handed) })).collect())
}

/// The kinds of tasks that a kind of work which was handed over covers; signatures and ballots are in none.
pub(crate) fn task_kinds(kind: &str) -> &'static [&'static str] {
    match kind {
        "work" => &["work", "vote", "publish"],
        "opinion" => &["opinion"],
        "issue" => &["issue"],
        _ => &[],
    }
}

/// The name of the one for whom the person has a task of this seat, when it is not their own.
pub(crate) fn handed_in(ctx: &Ctx, seat: &str) -> Option<String> {
    let person = ctx.person()?;
    if person.positions.contains(seat) {
        return None;
    }
    person.handed.iter().find(|handed| handed.seat == seat).map(|handed| handed.holder_name.clone())
}

/// The tasks of each seat of the person, one question for each, put together.
fn seats_union(
    ctx: &Ctx,
    wanted: &mut Where,
    of_seat: impl Fn(&Place<'_>, &mut Where) -> Result<String, Problem>,
) -> Result<String, Problem> {
    let mut parts = Vec::new();
    for (n, place) in places(ctx)?.iter().enumerate() {
        parts.push(format!("SELECT * FROM ({}) s{n}", of_seat(place, wanted)?));
    }
    Ok(parts.join(" UNION ALL "))
}

/// The tasks of one seat that the filter wants, without order.
fn conditions(
    ctx: &Ctx,
    filter: &InboxFilter,
    now: Timestamp,
    wanted: &mut Where,
    place: &Place<'_>,
) -> Result<String, Problem> {
    let (mut joins, mut text) = (String::new(), String::new());
    let mut of_case = Where::new();
    std::mem::swap(&mut of_case.parameters, &mut wanted.parameters);
    let seat = of_case.bind(place.seat.as_str());
    text.push_str(&format!("t.seat = {seat}"));
    if let Some(handed) = place.handed {
        let kinds = handed.kinds.iter().flat_map(|kind| task_kinds(kind)).map(|kind| (*kind).to_owned());
        let kinds = of_case.bind_all(kinds);
        text.push_str(&format!(" AND t.kind IN ({kinds})"));
        if !handed.fields.is_empty() {
            let fields = of_case.bind_all(handed.fields.iter().cloned());
            of_case.and(format!("c.work IN ({fields})"));
        }
    }
    let person = ctx.person();
    if let Some(person) = person {
        let place = of_case.bind(person.clearance);
        text.push_str(&format!(" AND t.grade <= {place}"));
    }
    if let Some(due) = filter.due {
        let (from, before) = due.span(now);
        if from > i64::MIN {
            let place = of_case.bind(from);
            text.push_str(&format!(" AND t.due_key >= {place}"));
        }
        if before < i64::MAX {
            let place = of_case.bind(before);
            text.push_str(&format!(" AND t.due_key < {place}"));
        }
    }
    if let Some(kind) = &filter.kind {
        let place = of_case.bind(kind);
        text.push_str(&format!(" AND t.kind = {place}"));
    }
    if let Some(work) = &filter.work {
        let place = of_case.bind(work);
        of_case.and(format!("c.work = {place}"));
    }
    if let Some(procedure) = &filter.procedure {
        let place = of_case.bind(procedure);
        of_case.and(format!("c.procedure = {place}"));
    }
    of_case.words(&filter.query);
    let narrow = place.handed.is_some_and(|handed| !handed.fields.is_empty());
    if narrow || filter.work.is_some() || filter.procedure.is_some() || !filter.query.trim().is_empty() {
        joins.push_str(" JOIN case_file c ON c.case_id = t.case_id");
        text.push_str(&format!(" AND {}", of_case.text()));
    }
    let hand = "SELECT 1 FROM task_hand h WHERE h.case_id = t.case_id AND h.step = t.step AND h.seat = t.seat";
    match (filter.whose, person) {
        (Whose::Free, _) => text.push_str(&format!(" AND NOT EXISTS ({hand})")),
        (Whose::Mine, Some(person)) => {
            let place = of_case.bind(&person.id);
            text.push_str(&format!(" AND EXISTS ({hand} AND h.person = {place})"));
        }
        (Whose::Mine | Whose::All, _) => {}
    }
    std::mem::swap(&mut of_case.parameters, &mut wanted.parameters);
    Ok(format!("SELECT t.case_id, t.step, t.seat, t.kind, t.since, t.due, t.due_key FROM task t{joins} WHERE {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_spans_of_time_follow_one_another_without_a_gap() {
        for day in 23..=30 {
            let now = Day::new(2026, 11, day).unwrap().start().plus_seconds(9 * 3600);
            let spans = Due::ALL.map(|due| due.span(now));
            assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0), "{spans:?}");
            let sunday = Timestamp::from_micros(spans[2].1 - 1).day();
            assert_eq!(sunday.civil().weekday().to_monday_one_offset(), 7);
        }
    }

    #[test]
    fn a_cursor_reads_what_it_wrote_and_nothing_else() {
        let cursor = Cursor { key: 5, case: "case-1".into(), step: "draft".into() };
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        for bad in ["", "x", "1~a", "x~a~b", &format!("1~{}~b", "a".repeat(100))] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
