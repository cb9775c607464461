//! Working days: weekends, public holidays and make-up days, as yearly data.
//!
//! Lunar Tết and the swapped days are decided anew each year, so a year is a file in `procedures/calendar/`. A year
//! that is not there is counted with its weekends and fixed holidays only, and [`Calendar::knows`] says so.

use crate::{
    Wrong,
    model::{Deadline, Moment, Text, text},
    read::said,
};
use kernel::{Day, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which days are worked on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    off: BTreeMap<Day, DayOff>,
    make_up: BTreeSet<Day>,
    years: BTreeSet<i16>,
}

/// A public holiday or a day swapped for a make-up day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOff {
    /// Its name.
    pub name: Text,
    /// The source.
    pub basis: Option<String>,
    /// Read in the source.
    pub verified: bool,
}

/// One year as written in TOML.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i16,
    #[serde(default)]
    off: Vec<Span>,
    #[serde(default)]
    make_up: Vec<MakeUp>,
}
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    from: Day,
    to: Option<Day>,
    name: Text,
    basis: Option<String>,
    #[serde(default)]
    verified: bool,
}
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeUp {
    day: Day,
    #[serde(default, rename = "basis")]
    _basis: Option<String>,
    #[serde(default, rename = "verified")]
    _verified: bool,
}

/// The fixed days of the Labour Code 45/2019/QH14, art. 112: month, day.
const FIXED: [(i8, i8); 4] = [(1, 1), (4, 30), (5, 1), (9, 2)];

/// No deadline in a procedure is longer than this.
pub const MAX_DAYS: u32 = 3660;

impl Calendar {
    /// Adds a year written in TOML.
    ///
    /// # Errors
    /// What is wrong in the text, with its line; or a span of days outside the year.
    pub fn add(&mut self, text: &str) -> Result<(), Wrong> {
        let year: Year = toml::from_str(text).map_err(|error| said::wrong(text, &error))?;
        for span in year.off {
            let to = span.to.unwrap_or(span.from);
            if span.from > to || span.from.year() != year.year || to.year() != year.year {
                return Err(Wrong::new(
                    1,
                    text!(
                        "Những ngày nghỉ từ {from} đến {to} không nằm trong năm {year}.",
                        "The days off from {from} to {to} do not lie in {year}.",
                        from = span.from,
                        year = year.year
                    ),
                    text!(
                        "Sửa from, to hoặc year; kỳ nghỉ qua hai năm thì ghi vào tệp của mỗi năm.",
                        "Change from, to or year; a holiday over two years stands in the file of each."
                    ),
                ));
            }
            let mut day = span.from;
            while day <= to {
                let off = DayOff { name: span.name.clone(), basis: span.basis.clone(), verified: span.verified };
                self.off.insert(day, off);
                day = day.plus_days(1);
            }
        }
        self.make_up.extend(year.make_up.iter().map(|m| m.day));
        self.years.insert(year.year);
        Ok(())
    }

    /// Whether the year's holidays were given.
    pub fn knows(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// The holiday on that day.
    pub fn day_off(&self, day: Day) -> Option<&DayOff> {
        self.off.get(&day)
    }

    /// Every day off that was given, in order.
    pub fn days_off(&self) -> impl Iterator<Item = (Day, &DayOff)> {
        self.off.iter().map(|(day, off)| (*day, off))
    }

    /// Whether people work on that day.
    pub fn is_working(&self, day: Day) -> bool {
        if self.make_up.contains(&day) {
            return true;
        }
        let fixed = !self.knows(day.year()) && FIXED.contains(&(day.month(), day.day_of_month()));
        day.is_weekday() && !fixed && !self.off.contains_key(&day)
    }

    /// The day that lies `days` working days after `day`, which is not counted.
    pub fn plus_working(&self, day: Day, days: u32) -> Day {
        self.walk(day, days, 1)
    }

    /// The day that lies `days` working days before `day`, which is not counted.
    pub fn minus_working(&self, day: Day, days: u32) -> Day {
        self.walk(day, days, -1)
    }

    /// How many working days lie after `from` up to and with `to`.
    pub fn working_between(&self, from: Day, to: Day) -> u32 {
        let mut day = from;
        let mut count = 0;
        while day < to {
            day = day.plus_days(1);
            count += u32::from(self.is_working(day));
        }
        count
    }

    fn walk(&self, from: Day, days: u32, direction: i64) -> Day {
        let mut day = from;
        for _ in 0..days.min(MAX_DAYS) {
            day = self.next_working(day.plus_days(direction), direction);
        }
        day
    }

    /// `day` itself when people work on it, or the nearest one in that direction.
    fn next_working(&self, mut day: Day, direction: i64) -> Day {
        // Bounded: no run of days off is longer than a year.
        for _ in 0..366 {
            if self.is_working(day) {
                break;
            }
            day = day.plus_days(direction);
        }
        day
    }

    /// The instant at which a deadline ends: the last second of its last day.
    ///
    /// Forward, a last day without work moves to the next working day (Civil Code 91/2015/QH13, art. 148.5).
    /// Backward ("at least 15 days before the opening"), it moves to the working day before.
    pub fn due(&self, deadline: &Deadline, event: Day) -> Timestamp {
        let day = match (deadline.before, deadline.working) {
            (false, true) => self.next_working(self.plus_working(event, deadline.days), 1),
            (false, false) => self.next_working(event.plus_days(i64::from(deadline.days.min(MAX_DAYS))), 1),
            (true, true) => self.next_working(self.minus_working(event, deadline.days), -1),
            (true, false) => self.next_working(event.plus_days(-i64::from(deadline.days.min(MAX_DAYS))), -1),
        };
        day.end()
    }
}

impl Deadline {
    /// The day from which it counts in this case, when that day is known.
    pub(crate) fn event(&self, state: &crate::CaseState, now: Timestamp) -> Option<Day> {
        match &self.from {
            Moment::Opened => state.opened_at.map(Timestamp::day),
            Moment::Entered => Some(now.day()),
            Moment::Left(step) => {
                state.visits.iter().rev().find(|visit| visit.step == *step).and_then(|v| v.left).map(Timestamp::day)
            }
            Moment::Field(key) => state.fields.get(key)?.as_str().and_then(|text| Day::parse(text).ok()),
        }
    }
}
