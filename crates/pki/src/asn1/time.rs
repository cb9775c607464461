//! Times: UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5).

use super::{Element, tag, tlv};
use crate::error::{Result, malformed};
use jiff::{civil, tz::TimeZone};
use kernel::Timestamp;

/// The time as certificates and CRLs write it; fractions of a second are cut.
pub fn x509_time(at: Timestamp) -> Vec<u8> {
    let utc = utc(at);
    if utc.year() < 2050 && utc.year() >= 1950 {
        tlv(tag::UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        generalized_time(at)
    }
}

/// The time as GeneralizedTime in whole seconds.
pub fn generalized_time(at: Timestamp) -> Vec<u8> {
    tlv(tag::GENERALIZED_TIME, utc(at).strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

fn utc(at: Timestamp) -> civil::DateTime {
    let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned_datetime(TimeZone::UTC).datetime()
}

/// Reads UTCTime or GeneralizedTime in UTC, with seconds; a fraction (time stamps have one) is kept to the microsecond.
pub fn read_time(element: Element<'_>, what: &'static str) -> Result<Timestamp> {
    let fail = || malformed(what, "a time that does not read");
    let text = std::str::from_utf8(element.content).map_err(|_| fail())?.strip_suffix('Z').ok_or_else(fail)?;
    let (text, year) = match element.tag {
        tag::UTC_TIME => {
            let two: i16 = digits(text, 0, 2).ok_or_else(fail)?;
            (text.get(2..).ok_or_else(fail)?, if two >= 50 { 1900 + two } else { 2000 + two })
        }
        tag::GENERALIZED_TIME => (text.get(4..).ok_or_else(fail)?, digits(text, 0, 4).ok_or_else(fail)?),
        _ => return Err(malformed(what, "a time of an unknown type")),
    };
    let field = |at: usize| digits(text, at, 2).and_then(|n| i8::try_from(n).ok()).ok_or_else(fail);
    let micros = match text.get(10..) {
        Some("") => 0,
        Some(rest) if element.tag == tag::GENERALIZED_TIME => fraction(rest).ok_or_else(fail)?,
        _ => return Err(fail()),
    };
    let when =
        civil::DateTime::new(year, field(0)?, field(2)?, field(4)?, field(6)?, field(8)?, 0).map_err(|_| fail())?;
    let at = when.to_zoned_datetime(TimeZone::UTC).map_err(|_| fail())?.timestamp();
    Ok(Timestamp::from_micros(at.as_microsecond() + micros))
}

fn digits(text: &str, at: usize, count: usize) -> Option<i16> {
    let part = text.get(at..at + count)?;
    part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
}

fn fraction(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('.')?;
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<6}").get(..6)?.parse().ok()
}
