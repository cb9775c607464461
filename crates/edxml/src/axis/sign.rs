//! Signing requests and checking their signatures.

use super::{PREFIX, VERSION, stamp, stamp_text};
use aws_lc_rs::hmac::{HMAC_SHA256, Key};
use kernel::Timestamp;
use serde_json::{Map, Value};

/// Which clocks a receiver believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Seconds by which the senders' clocks are ahead of UTC: 25,200 in Viet Nam.
    pub offset: i64,
    /// Seconds by which a request may be older or newer than now.
    pub skew: i64,
}

impl Default for Window {
    fn default() -> Window {
        Window { offset: 7 * 3600, skew: 300 }
    }
}

/// Why a request is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header that every request carries is not there.
    #[error("thiếu tiêu đề {0}")]
    Missing(String),
    /// The signed text is no object of texts, or does not name the same parameters in the same order as its key.
    #[error("tiêu đề XroadVnpt-sign-header không đọc được")]
    Unreadable,
    /// The signature does not fit.
    #[error("chữ ký HMAC của yêu cầu không đúng; kiểm tra khóa bí mật")]
    BadSignature,
    /// A header differs from what was signed.
    #[error("tiêu đề {0} khác với giá trị đã ký")]
    Differs(String),
    /// The time is no time, or too far from now.
    #[error("thời điểm của yêu cầu lệch quá giới hạn; hãy chỉnh đồng hồ máy")]
    Clock,
}

/// A request whose signature fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who sent it.
    pub system_id: String,
    /// When, by the sender's clock.
    pub at: Timestamp,
    /// The signature, lower hexadecimal: a request that comes a second time has the same.
    pub signature: String,
    parameters: Vec<(String, String)>,
}

impl Signed {
    /// The value of a signed parameter; headers that were not signed are none of the request.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The headers of a request, `(name, value)`: the parameters in their order, and what every request carries.
pub fn headers(
    system_id: &str,
    secret: &str,
    parameters: &[(&str, &str)],
    content_type: &str,
    now: Timestamp,
    window: Window,
) -> Vec<(String, String)> {
    let stamp = stamp_text(now, window.offset);
    let mut signed: Vec<(&str, &str)> = vec![("systemid", system_id)];
    signed.extend_from_slice(parameters);
    signed.extend([("timestamp", stamp.as_str()), ("Content-Type", content_type)]);
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let text: Map<String, Value> =
        signed.iter().map(|(name, value)| (format!("{PREFIX}{name}"), Value::from(*value))).collect();
    let text = Value::Object(text).to_string();
    let mut all: Vec<(String, String)> =
        signed.iter().map(|(name, value)| (format!("{PREFIX}{name}"), (*value).to_owned())).collect();
    all.push((format!("{PREFIX}sign-header-key"), names.join(";")));
    all.push((format!("{PREFIX}hash-header"), hex::encode(aws_lc_rs::hmac::sign(&key(secret), text.as_bytes()))));
    all.push((format!("{PREFIX}sign-header"), text));
    all.push((format!("{PREFIX}version"), VERSION.to_owned()));
    all
}

/// Checks the signature of a request: over the text as it came, against the headers as they came, within the window.
/// Replays are the caller's to refuse, by [`Signed::signature`] and the path.
///
/// `header` finds a header by its name, letters of either case; `secret` knows the secret of a system.
///
/// # Errors
/// [`Refusal`]; an unknown system gives [`Refusal::BadSignature`] too, so that names cannot be tried.
pub fn verify<'h, S: AsRef<str>>(
    header: impl Fn(&str) -> Option<&'h str>,
    secret: impl FnOnce(&str) -> Option<S>,
    now: Timestamp,
    window: Window,
) -> Result<Signed, Refusal> {
    let wanted = |name: &str| {
        let name = format!("{PREFIX}{name}");
        header(&name).ok_or(Refusal::Missing(name))
    };
    let (text, signature, names) = (wanted("sign-header")?, wanted("hash-header")?, wanted("sign-header-key")?);
    let system_id = wanted("systemid")?;
    let secret = secret(system_id).ok_or(Refusal::BadSignature)?;
    let mac = hex::decode(signature).map_err(|_| Refusal::BadSignature)?;
    aws_lc_rs::hmac::verify(&key(secret.as_ref()), text.as_bytes(), &mac).map_err(|_| Refusal::BadSignature)?;
    let parameters = parameters(text, names)?;
    for (name, value) in &parameters {
        if wanted(name)? != value {
            return Err(Refusal::Differs(format!("{PREFIX}{name}")));
        }
    }
    let signed =
        Signed { system_id: system_id.to_owned(), at: now, signature: signature.to_ascii_lowercase(), parameters };
    // What is not signed may be anything.
    for name in ["systemid", "timestamp", "Content-Type"] {
        signed.get(name).ok_or_else(|| Refusal::Missing(format!("{PREFIX}{name}")))?;
    }
    let content_type = header("Content-Type").filter(|real| Some(*real) != signed.get("Content-Type"));
    let version = header(&format!("{PREFIX}version")).filter(|version| !version.starts_with("3."));
    if content_type.is_some() || version.is_some() {
        let name = if version.is_some() { format!("{PREFIX}version") } else { "Content-Type".to_owned() };
        return Err(Refusal::Differs(name));
    }
    let at = signed.get("timestamp").and_then(|text| stamp(text, window.offset)).ok_or(Refusal::Clock)?;
    if (at.seconds() - now.seconds()).abs() > window.skew {
        return Err(Refusal::Clock);
    }
    Ok(Signed { at, ..signed })
}

/// The signed parameters in their order, which the key repeats.
fn parameters(text: &str, names: &str) -> Result<Vec<(String, String)>, Refusal> {
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|_| Refusal::Unreadable)?;
    let mut parameters = Vec::new();
    for (name, value) in object {
        let (Some(name), Value::String(value)) = (name.strip_prefix(PREFIX), value) else {
            return Err(Refusal::Unreadable);
        };
        parameters.push((name.to_owned(), value));
    }
    let in_order = parameters.iter().map(|(name, _)| name.as_str()).eq(names.split(';'));
    if in_order { Ok(parameters) } else { Err(Refusal::Differs(format!("{PREFIX}sign-header-key"))) }
}

fn key(secret: &str) -> Key {
    Key::new(HMAC_SHA256, secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "dGVzdC1zZWNyZXQ=";

    fn check(all: &[(String, String)], now: Timestamp) -> Result<Signed, Refusal> {
        let header = |name: &str| all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
        verify(header, |system| (system == "TEST.SYSTEM.01").then_some(SECRET), now, Window::default())
    }

    #[test]
    fn the_published_check_value_is_reached() {
        let now = stamp("23112026T065626+0130", 0).unwrap();
        let window = Window { offset: 0, skew: 1 };
        let all = headers("TEST.SYSTEM.01", SECRET, &[], "application/json", now, window);
        let hash = all.iter().find(|(name, _)| name == "XroadVnpt-hash-header").unwrap();
        assert_eq!(hash.1, "79db0587a5dd8b3d22e9ef2cb87016632d656e8b412db706776a36174c3b20f3");
    }

    #[test]
    fn every_changed_header_and_every_wrong_clock_is_refused() {
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        let parameters = [("servicetype", "eDoc"), ("docId", "Văn bản 1")];
        let all = headers("TEST.SYSTEM.01", SECRET, &parameters, "application/json", now, Window::default());
        let good = check(&all, now).unwrap();
        assert_eq!((good.get("docid"), good.get("other")), (Some("Văn bản 1"), None));
        for at in 0..all.len() {
            let mut changed = all.clone();
            changed[at].1.push('0');
            let version = all[at].0.ends_with("version");
            assert!(version || check(&changed, now).is_err(), "{}", all[at].0);
            changed.remove(at);
            assert!(version || check(&changed, now).is_err(), "{} left out", all[at].0);
        }
        assert_eq!(check(&all, now.plus_seconds(301)), Err(Refusal::Clock));
        assert_eq!(check(&all, now.plus_seconds(-301)), Err(Refusal::Clock));
        assert!(check(&all, now.plus_seconds(299)).is_ok());
        let stranger = headers("TEST.SYSTEM.02", SECRET, &[], "application/json", now, Window::default());
        assert_eq!(check(&stranger, now), Err(Refusal::BadSignature));
    }

    proptest! {
        #[test]
        fn any_parameters_are_signed_and_believed(values in prop::collection::vec("[^\\x00-\\x1f]{0,30}", 0..5)) {
            let names = ["a", "b", "c", "d", "e"];
            let parameters: Vec<(&str, &str)> = names.iter().copied().zip(values.iter().map(String::as_str)).collect();
            let now = Timestamp::from_micros(1_790_000_000_000_000);
            let all = headers("TEST.SYSTEM.01", SECRET, &parameters, "x", now, Window::default());
            prop_assert!(check(&all, now).is_ok());
        }
        #[test]
        fn no_headers_make_the_check_panic(text in ".*", names in ".*") { let _ = parameters(&text, &names); }
    }
}
