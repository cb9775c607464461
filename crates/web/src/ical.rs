//! Calendars as RFC 5545 wants them: CRLF, lines of at most 75 octets folded between characters, texts escaped.

use kernel::Timestamp;

/// Longest line in octets, without its end (RFC 5545, section 3.1).
const LINE: usize = 75;

/// One event.
pub struct Event {
    /// The same for as long as the thing is the same.
    pub uid: String,
    /// Grows whenever the event changes.
    pub sequence: i64,
    /// When it is: a whole day when it ends a day in Viet Nam, else an instant.
    pub due: Timestamp,
    /// When this was last changed.
    pub changed: Timestamp,
    /// What is to be done.
    pub summary: String,
    /// Further words.
    pub description: String,
    /// Where to do it.
    pub url: String,
    /// It is off.
    pub cancelled: bool,
}

/// The calendar as a file. `stamp` is when it was written.
pub fn calendar(name: &str, stamp: Timestamp, events: &[Event]) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| fold(&mut out, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", "-//Dien Hong//Deadlines//VI");
    line("CALSCALE", "GREGORIAN");
    line("METHOD", "PUBLISH");
    line("X-WR-CALNAME", &escape(name));
    line("X-WR-TIMEZONE", kernel::time::ZONE);
    line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    for event in events {
        line("BEGIN", "VEVENT");
        line("UID", &event.uid);
        line("SEQUENCE", &event.sequence.to_string());
        line("DTSTAMP", &utc(stamp));
        line("LAST-MODIFIED", &utc(event.changed));
        let day = event.due.day();
        if event.due == day.end() {
            line("DTSTART;VALUE=DATE", &date(day));
            line("DTEND;VALUE=DATE", &date(day.plus_days(1)));
        } else {
            line("DTSTART", &utc(event.due));
            line("DURATION", "PT0S");
        }
        line("SUMMARY", &escape(&event.summary));
        if !event.description.is_empty() {
            line("DESCRIPTION", &escape(&event.description));
        }
        line("URL", &event.url);
        line("STATUS", if event.cancelled { "CANCELLED" } else { "CONFIRMED" });
        line("TRANSP", "TRANSPARENT");
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    out
}

fn date(day: kernel::Day) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day_of_month())
}

/// `20261124T020000Z`.
fn utc(at: Timestamp) -> String {
    let second = at.seconds();
    let (days, rest) = (second.div_euclid(86_400), second.rem_euclid(86_400));
    let epoch = kernel::Day::new(1970, 1, 1).map_or_else(|| at.day(), |day| day.plus_days(days));
    format!("{}T{:02}{:02}{:02}Z", date(epoch), rest / 3600, rest / 60 % 60, rest % 60)
}

/// A text as a value: no character of it ends the value or the line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Writes a line, folded; no character is split.
fn fold(out: &mut String, line: &str) {
    let mut room = LINE;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfolded(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(utc(Timestamp::from_micros(0)), "19700101T000000Z");
        let noon = kernel::Day::new(2026, 11, 24).unwrap().start().plus_seconds(12 * 3600 + 61);
        assert_eq!(utc(noon), "20261124T050101Z");
    }

    proptest! {
        #[test]
        fn no_title_breaks_a_line_or_makes_one_too_long(title in ".{0,300}") {
            let due = kernel::Day::new(2026, 11, 24).unwrap().end();
            let event = Event {
                uid: "u@x".into(), sequence: 1, due, changed: due, summary: title.clone(), description: String::new(),
                url: "https://x/".into(), cancelled: false,
            };
            let text = calendar("Lịch", due, &[event]);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= LINE && !line.contains(['\n', '\r'])));
            let lines = unfolded(&text);
            prop_assert_eq!(lines.iter().filter(|line| line.starts_with("SUMMARY:")).count(), 1);
            prop_assert!(lines.contains(&"DTSTART;VALUE=DATE:20261124".to_owned()));
        }
    }
}
