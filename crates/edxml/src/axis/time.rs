//! Times on the wire: `ddMMyyyy'T'HHmmss+SSSS`. The last four digits are milliseconds, not a zone: the time is that of the
//! sender's clock on the wall.

use kernel::{Day, Timestamp};

/// Reads a time of a clock that is ahead of UTC by so many seconds.
pub fn stamp(text: &str, offset: i64) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() != 20 || bytes[8] != b'T' || bytes[15] != b'+' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?
    };
    let small = |range| i8::try_from(number(range)?).ok();
    let day = Day::new(i16::try_from(number(4..8)?).ok()?, small(2..4)?, small(0..2)?)?;
    let (hour, minute, second) = (number(9..11)?, number(11..13)?, number(13..15)?);
    let millis = number(16..20)?;
    if hour > 23 || minute > 59 || second > 59 || millis > 999 {
        return None;
    }
    let midnight = day.civil().to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
    let seconds = (hour * 60 + minute) * 60 + second - offset;
    Some(Timestamp::from_micros(midnight + seconds * 1_000_000 + millis * 1000))
}

/// Writes an instant as a clock shows it that is ahead of UTC by so many seconds.
pub fn stamp_text(at: Timestamp, offset: i64) -> String {
    let micros = at.micros().saturating_add(offset.saturating_mul(1_000_000));
    let shown = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let millis = micros.rem_euclid(1_000_000) / 1000;
    format!("{}+{millis:04}", shown.strftime("%d%m%YT%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_four_digits_are_milliseconds_and_not_a_zone() {
        let at = stamp("23112026T065626+0130", 0).unwrap();
        assert_eq!(at.iso_local(), "2026-11-23T13:56:26+07:00");
        assert_eq!(at.micros() % 1_000_000, 130_000);
        assert_eq!(stamp_text(at, 0), "23112026T065626+0130");
        assert_eq!(stamp("23112026T135626+0130", 7 * 3600), Some(at));
        for bad in ["", "31022026T065626+0130", "23112026T245626+0130", "23112026 065626+0130", "23112026T065626+1000"]
        {
            assert_eq!(stamp(bad, 0), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_time_of_this_era_reads_back(millis in 0i64..4_000_000_000_000, hours in -12i64..14) {
            let at = Timestamp::from_micros(millis * 1000);
            prop_assert_eq!(stamp(&stamp_text(at, hours * 3600), hours * 3600), Some(at));
        }
        #[test]
        fn no_text_makes_the_reader_panic(text in ".*") { let _ = stamp(&text, 0); }
    }
}
