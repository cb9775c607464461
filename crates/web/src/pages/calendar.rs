//! The calendar of deadlines: a month at a time as a grid and as a list, and the same as a feed for calendar programs.

use crate::{
    form::Posted,
    ical,
    render::Page,
    show,
    trouble::Failure,
    viewer::{Member, Viewer, done},
    visit::Visit,
};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use cases::Deadline;
use kernel::{Day, Digest, Problem, Timestamp};
use serde::{Deserialize, Serialize};

/// A month of deadlines.
#[derive(Debug, Serialize)]
pub struct CalendarPage {
    /// The month, `2026-11`.
    pub month: String,
    /// The month in words: `tháng 11 năm 2026`.
    pub title: String,
    /// The address of the month before.
    pub before: String,
    /// The address of the month after.
    pub after: String,
    /// Weeks of seven days, Monday first.
    pub weeks: Vec<Vec<Cell>>,
    /// Days with deadlines, in order.
    pub days: Vec<DayOf>,
    /// More deadlines than are told.
    pub more: bool,
    /// Since when the feed has its address.
    pub since: Option<Timestamp>,
    /// The address of the feed, told once.
    pub address: String,
}

/// A day of the grid.
#[derive(Debug, Serialize)]
pub struct Cell {
    /// `2026-11-24`.
    pub day: String,
    /// The day of the month.
    pub n: i8,
    /// Whether it lies in this month.
    pub inside: bool,
    /// Whether it is today.
    pub today: bool,
    /// Whether people work on that day.
    pub works: bool,
    /// The holiday's name.
    pub holiday: String,
    /// How many deadlines end on it.
    pub many: usize,
}

/// A day with deadlines.
#[derive(Debug, Serialize)]
pub struct DayOf {
    /// `2026-11-24`.
    pub day: String,
    /// The deadlines.
    pub items: Vec<Entry>,
}

/// A deadline.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Where it is done.
    pub href: String,
    /// What is to be done.
    pub what: String,
    /// The case.
    pub case: String,
    /// Secrecy grade.
    pub grade: u8,
    /// The deadline has passed.
    pub late: bool,
    /// The case was withdrawn.
    pub withdrawn: bool,
    /// For whom, when not for oneself.
    pub acting: String,
}

impl Page for CalendarPage {
    const TEMPLATE: &'static str = "calendar.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let month = Month::parse("2026-11").unwrap_or_else(|| Month::of(Timestamp::from_micros(0).day()));
        let entry = |late: bool, withdrawn: bool| Entry {
            href: "/cases/case-1/step".into(),
            what: "Cho ý kiến thẩm tra".into(),
            case: "Phân công đại biểu Quốc hội hoạt động chuyên trách tại Đoàn đại biểu Quốc hội tỉnh Lâm Đồng".into(),
            grade: u8::from(late),
            late,
            withdrawn,
            acting: String::new(),
        };
        let cell = |n: i8, many: usize| Cell {
            day: format!("2026-11-{n:02}"),
            n,
            inside: true,
            today: n == 3,
            works: n < 6,
            holiday: String::new(),
            many,
        };
        let page = |days: Vec<DayOf>, address: &str| CalendarPage {
            month: "2026-11".into(),
            title: "tháng 11 năm 2026".into(),
            before: month.plus(-1).address(),
            after: month.plus(1).address(),
            weeks: vec![(2..=8).map(|n| cell(n, usize::from(n % 3 == 0))).collect()],
            days,
            more: false,
            since: (!address.is_empty()).then(|| Timestamp::from_micros(1_795_000_000_000_000)),
            address: address.into(),
        };
        let days = vec![
            DayOf { day: "2026-11-03".into(), items: vec![entry(true, false), entry(false, true)] },
            DayOf { day: "2026-11-06".into(), items: vec![entry(false, false)] },
        ];
        vec![
            ("busy", page(days, "")),
            ("a new address", page(vec![], "https://quochoi.example/calendar/feed/secret.ics")),
        ]
    }
}

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month(Day);

impl Month {
    fn of(day: Day) -> Month {
        Month(Day::new(day.year(), day.month(), 1).unwrap_or(day))
    }
    /// Reads `2026-11`.
    fn parse(text: &str) -> Option<Month> {
        let (year, month) = text.split_once('-')?;
        let (year, month): (i16, i8) = (year.parse().ok()?, month.parse().ok()?);
        if (1900..=2200).contains(&year) { Day::new(year, month, 1).map(Month) } else { None }
    }
    fn plus(self, months: i32) -> Month {
        Month::of(self.0.plus_months(months))
    }
    fn text(self) -> String {
        format!("{:04}-{:02}", self.0.year(), self.0.month())
    }
    fn address(self) -> String {
        format!("/calendar?month={}", self.text())
    }
    /// The Monday on or before the first, and how many weeks the grid has.
    fn grid(self) -> (Day, i64) {
        let lead = i64::from(self.0.civil().weekday().to_monday_one_offset()) - 1;
        let days = (28..=31).rev().find(|n| Month::of(self.0.plus_days(n - 1)) == self).unwrap_or(28);
        (self.0.plus_days(-lead), (lead + days + 6) / 7)
    }
}

/// Which month.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    month: Option<String>,
}

/// `GET /calendar`
pub async fn show(viewer: Member, Query(which): Query<Which>) -> Result<Response, Failure> {
    let month = which.month.as_deref().and_then(Month::parse);
    let month = month.unwrap_or_else(|| Month::of(viewer.state.now().day()));
    viewer.page(&page(&viewer, month, String::new()).await?).await
}

async fn page(viewer: &Viewer, month: Month, address: String) -> Result<CalendarPage, Problem> {
    let services = &viewer.state.services;
    let (now, me) = (viewer.state.now(), viewer.ctx.person().ok_or_else(|| Problem::fault("a page of nobody"))?);
    let (from, before) = (month.0.start(), month.plus(1).0.start());
    let found = services.cases.deadlines(&viewer.ctx, from, before).await?;
    let mut days: Vec<DayOf> = Vec::new();
    for deadline in &found {
        let day = deadline.due.day().to_string();
        if days.last().is_none_or(|last| last.day != day) {
            days.push(DayOf { day, items: Vec::new() });
        }
        if let Some(last) = days.last_mut() {
            last.items.push(entry(viewer, deadline, now));
        }
    }
    let (first, weeks) = month.grid();
    let catalogue = services.cases.catalogue();
    let calendar = catalogue.calendar();
    let cell = |day: Day| Cell {
        many: days.iter().find(|of| of.day == day.to_string()).map_or(0, |of| of.items.len()),
        day: day.to_string(),
        n: day.day_of_month(),
        inside: Month::of(day) == month,
        today: day == now.day(),
        works: calendar.is_working(day),
        holiday: calendar.day_off(day).map(|off| show::pick(viewer, &off.name)).unwrap_or_default(),
    };
    let week = |n: i64| (0..7).map(|d| cell(first.plus_days(n * 7 + d))).collect();
    let title = [("month", month.0.month().to_string()), ("year", month.0.year().to_string())];
    Ok(CalendarPage {
        month: month.text(),
        title: viewer.say("calendar-month", &[("month", &title[0].1), ("year", &title[1].1)]),
        before: month.plus(-1).address(),
        after: month.plus(1).address(),
        weeks: (0..weeks).map(week).collect(),
        more: found.len() >= cases::deadlines::MOST,
        days,
        since: services.directory.feed_since(&me.id).await?,
        address,
    })
}

fn entry(viewer: &Viewer, deadline: &Deadline, now: Timestamp) -> Entry {
    let place = if deadline.kind == "work" { "step" } else { deadline.kind.as_str() };
    let withdrawn = deadline.withdrawn.is_some();
    Entry {
        href: if withdrawn { format!("/cases/{}", deadline.case) } else { format!("/cases/{}/{place}", deadline.case) },
        what: show::pick(viewer, &deadline.step_title),
        case: deadline.title.clone(),
        grade: deadline.grade.level(),
        late: deadline.due < now && !withdrawn,
        withdrawn,
        acting: match &deadline.acting_for {
            Some(holder) => viewer.say("acting-for-tag", &[("holder", holder)]),
            None => String::new(),
        },
    }
}

/// `POST /calendar/feed`: a new secret address; the old one ends.
pub async fn open(posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let secret = viewer.state.services.directory.open_feed(&viewer.ctx).await?;
    let address = format!("{}/calendar/feed/{}.ics", viewer.state.settings.public_url, secret.as_str());
    viewer.page(&page(viewer, Month::of(viewer.state.now().day()), address).await?).await
}

/// `POST /calendar/feed/end`
pub async fn close(posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.directory.close_feed(&posted.viewer.ctx).await?;
    Ok(done("/calendar", "done-feed-ended"))
}

/// How far back and ahead the feed looks, in days.
const BACK: i64 = 60;
const AHEAD: i64 = 400;

/// `GET /calendar/feed/{secret}.ics`: whoever has the address reads it. Graded cases are told without their title.
pub async fn feed(
    State(state): State<crate::AppState>,
    Extension(visit): Extension<Visit>,
    Path(secret): Path<String>,
) -> Result<Response, Failure> {
    let services = &state.services;
    let unknown = || Problem::not_found("calendar", "");
    let secret = secret.strip_suffix(".ics").filter(|secret| secret.len() < 100).ok_or_else(unknown)?;
    let ctx = services.directory.feed_reader(secret, &visit.request).await?.ok_or_else(unknown)?;
    let today = state.now().day();
    let span = (today.plus_days(-BACK).start(), today.plus_days(AHEAD).start());
    let found = services.cases.deadlines(&ctx, span.0, span.1).await?;
    let viewer = Viewer { state: state.clone(), visit, signed_in: None, ctx };
    let events: Vec<ical::Event> = found.iter().map(|deadline| event(&viewer, deadline)).collect();
    let text = ical::calendar(&viewer.say("calendar-name", &[]), state.now(), &events);
    let kind = (header::CONTENT_TYPE, "text/calendar; charset=utf-8");
    let name = (header::CONTENT_DISPOSITION, "inline; filename=\"thoi-han.ics\"");
    Ok(([kind, name], text).into_response())
}

fn event(viewer: &Viewer, deadline: &Deadline) -> ical::Event {
    let base = &viewer.state.settings.public_url;
    let open = deadline.grade == kernel::Grade::Open;
    let uid = Digest::of(&[deadline.case.as_str().as_bytes(), b"/", deadline.step.as_bytes()]).to_string();
    let host = base.split("://").nth(1).unwrap_or("dienhong").split([':', '/']).next().unwrap_or("dienhong");
    let step = show::pick(viewer, &deadline.step_title);
    // Every change of a deadline comes with a later beginning; being withdrawn comes after them all, also within the
    // second in which it began.
    let changed = deadline.withdrawn.unwrap_or(deadline.since);
    let origin = Day::new(2024, 1, 1).map_or(0, |day| day.start().seconds());
    ical::Event {
        uid: format!("{}@{host}", &uid[..32]),
        sequence: (2 * (changed.seconds() - origin) + i64::from(deadline.withdrawn.is_some()))
            .clamp(0, i64::from(i32::MAX)),
        due: deadline.due,
        changed,
        summary: if open { format!("{step}: {}", deadline.title) } else { viewer.say("calendar-graded", &[]) },
        description: if open { deadline.title.clone() } else { String::new() },
        url: if open { format!("{base}/cases/{}", deadline.case) } else { format!("{base}/inbox") },
        cancelled: deadline.withdrawn.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_of_a_month_holds_all_its_days_in_whole_weeks() {
        for n in 0..60 {
            let month = Month::parse("2024-01").unwrap().plus(n);
            let (first, weeks) = month.grid();
            assert_eq!(first.civil().weekday().to_monday_one_offset(), 1);
            assert!(first <= month.0);
            let last = first.plus_days(weeks * 7 - 1);
            assert!(last >= month.plus(1).0.plus_days(-1) && first.plus_days(weeks * 7 - 7) < month.plus(1).0);
        }
        for bad in ["", "2026", "2026-13", "x-1", "99999-1", "-1-1"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }
}
