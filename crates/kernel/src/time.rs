//! Time: instants in microseconds, civil days, and the clock as a parameter.
//!
//! Instants are stored as whole microseconds since 1970-01-01T00:00:00Z. People read them in Viet Nam's zone
//! (Asia/Ho_Chi_Minh, UTC+7 without summer time since 1975).

use jiff::{civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The zone in which days begin and deadlines end.
pub const ZONE: &str = "Asia/Ho_Chi_Minh";

fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(7)))
}

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// This instant moved by whole seconds (may be negative).
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    /// The calendar day in Viet Nam.
    pub fn day(self) -> Day {
        Day(self.zoned().date())
    }
    /// `2025-01-05T09:12:30+07:00`, the form of signing times in Decree 30/2020.
    pub fn iso_local(self) -> String {
        self.zoned().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
    /// `09:12 05/01/2025`.
    pub fn clock_and_day(self) -> String {
        self.zoned().strftime("%H:%M %d/%m/%Y").to_string()
    }
    /// `09:12`.
    pub fn clock(self) -> String {
        self.zoned().strftime("%H:%M").to_string()
    }

    fn zoned(self) -> jiff::ZonedDateTime {
        let at = jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        at.to_zoned_datetime(zone())
    }
}

/// A calendar day; written `2025-01-05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(civil::Date);

/// A text that is no calendar day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not a day: write 2025-01-05 or 05/01/2025")]
pub struct BadDay(String);

impl Day {
    /// The day of a year, month (1-12) and day of month.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        civil::Date::new(year, month, day).ok().map(Day)
    }

    /// Reads `2025-01-05` or, as people here write, `05/01/2025`.
    ///
    /// # Errors
    /// [`BadDay`] for anything else.
    pub fn parse(text: &str) -> Result<Day, BadDay> {
        let bad = || BadDay(text.chars().take(40).collect());
        let text = text.trim();
        let date = match text.contains('/') {
            true => civil::Date::strptime("%d/%m/%Y", text),
            false => civil::Date::strptime("%Y-%m-%d", text),
        };
        date.map(Day).map_err(|_| bad())
    }
    /// The year.
    pub fn year(self) -> i16 {
        self.0.year()
    }
    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }
    /// The day of the month, from 1.
    pub fn day_of_month(self) -> i8 {
        self.0.day()
    }
    /// The civil date for calendar arithmetic.
    pub fn civil(self) -> civil::Date {
        self.0
    }
    /// From a civil date.
    pub fn from_civil(date: civil::Date) -> Day {
        Day(date)
    }
    /// This day moved by whole days.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Day {
        Day(self.0.saturating_add(jiff::Span::new().days(days.clamp(-3_000_000, 3_000_000))))
    }
    /// This day moved by months; the last day of a shorter month where there is no such day.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Day {
        Day(self.0.saturating_add(jiff::Span::new().months(months.clamp(-100_000, 100_000))))
    }
    /// Monday to Friday.
    pub fn is_weekday(self) -> bool {
        !matches!(self.0.weekday(), civil::Weekday::Saturday | civil::Weekday::Sunday)
    }
    /// The first instant of the day in Viet Nam.
    pub fn start(self) -> Timestamp {
        at_zone(self.0.at(0, 0, 0, 0))
    }
    /// The last second of the day in Viet Nam: where a deadline given in days ends.
    pub fn end(self) -> Timestamp {
        at_zone(self.0.at(23, 59, 59, 0))
    }
    /// `05/01/2025`.
    pub fn short(self) -> String {
        self.0.strftime("%d/%m/%Y").to_string()
    }
    /// `ngày 05 tháng 01 năm 2025`: days below 10 and months 1 and 2 carry a leading 0 (Decree 30/2020, Annex I).
    pub fn words(self) -> String {
        let (d, m, y) = (self.0.day(), self.0.month(), self.0.year());
        let month = if m < 3 { format!("{m:02}") } else { m.to_string() };
        format!("ngày {d:02} tháng {month} năm {y}")
    }
}

fn at_zone(when: civil::DateTime) -> Timestamp {
    Timestamp(when.to_zoned_datetime(zone()).map_or(i64::MAX, |z| z.timestamp().as_microsecond()))
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl TryFrom<String> for Day {
    type Error = BadDay;
    fn try_from(text: String) -> Result<Self, BadDay> {
        Day::parse(&text)
    }
}
impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

/// The clock as a parameter: nothing reads the time of day but through it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock. Only `server` makes one.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the ambient clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_written_as_decree_30_wants() {
        assert_eq!(Day::new(2025, 1, 5).unwrap().words(), "ngày 05 tháng 01 năm 2025");
        assert_eq!(Day::new(2024, 12, 20).unwrap().words(), "ngày 20 tháng 12 năm 2024");
        assert_eq!(Day::new(2024, 3, 9).unwrap().words(), "ngày 09 tháng 3 năm 2024");
        assert_eq!(Day::new(2024, 12, 20).unwrap().short(), "20/12/2024");
    }

    #[test]
    fn a_day_begins_at_midnight_in_viet_nam() {
        let day = Day::new(2025, 1, 5).unwrap();
        assert_eq!(day.start().iso_local(), "2025-01-05T00:00:00+07:00");
        assert_eq!(day.start().plus_seconds(-1).day(), Day::new(2025, 1, 4).unwrap());
        assert_eq!(day.end().day(), day);
    }

    #[test]
    fn both_spellings_of_a_day_are_read_and_wrong_days_are_refused() {
        assert_eq!(Day::parse("05/01/2025"), Day::parse("2025-01-05"));
        for bad in ["", "31/02/2025", "2025-13-01", "mai", "1/1", "2025-01-05T00:00"] {
            assert!(Day::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Day::new(2024, 8, 31).unwrap().plus_months(6), Day::new(2025, 2, 28).unwrap());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_day_reader_panic(text in ".*") { let _ = Day::parse(&text); }
        #[test]
        fn any_instant_can_be_shown(micros in any::<i64>()) { let _ = Timestamp::from_micros(micros).iso_local(); }
    }
}
