//! Canonical JSON (RFC 8785), restricted to what acts may hold: no fractions.
//!
//! Two programs that hold the same value write the same bytes, so a hash over them can be checked by anyone. Numbers
//! are whole and lie within ±(2^53 − 1), where every JSON reader agrees; money, shares and times are carried as whole
//! numbers of their smallest unit.

use serde_json::Value;

/// Why a value has no canonical form here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CanonError {
    /// A number with a fraction or exponent.
    #[error("the number {0} is not whole: acts carry whole numbers of the smallest unit")]
    Fraction(String),
    /// A whole number outside ±(2^53 − 1).
    #[error("the number {0} is too large for JSON readers to agree on: carry it as text")]
    TooLarge(String),
}

const SAFE: i64 = (1 << 53) - 1;

/// The canonical bytes of a value.
///
/// # Errors
/// [`CanonError`] when the value holds a number that is not whole or too large.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, CanonError> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    Ok(out)
}

/// The canonical text of a value.
///
/// # Errors
/// As [`to_vec`].
pub fn to_string(value: &Value) -> Result<String, CanonError> {
    Ok(String::from_utf8(to_vec(value)?).unwrap_or_default())
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => {
            let whole = n.as_i64().ok_or_else(|| match n.as_u64() {
                Some(_) => CanonError::TooLarge(n.to_string()),
                None => CanonError::Fraction(n.to_string()),
            })?;
            if !(-SAFE..=SAFE).contains(&whole) {
                return Err(CanonError::TooLarge(n.to_string()));
            }
            out.extend_from_slice(whole.to_string().as_bytes());
        }
        Value::String(s) => write_text(s, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            // RFC 8785 section 3.2.3: by UTF-16 code units, which differs from byte order above U+FFFF.
            entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push(b'{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_text(key, out);
                out.push(b':');
                write(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\r' => out.extend_from_slice(b"\\r"),
            c if (c as u32) < 0x20 => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf16_and_control_characters_are_escaped_as_the_rfc_shows() {
        // The key order of RFC 8785 section 3.2.3.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = to_string(&value).unwrap();
        assert_eq!(text, "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}");
        assert_eq!(to_string(&json!("\u{f}\n")).unwrap(), "\"\\u000f\\n\"");
    }

    #[test]
    fn fractions_and_numbers_beyond_two_to_the_53_are_refused() {
        assert!(matches!(to_vec(&json!(1.5)), Err(CanonError::Fraction(_))));
        assert!(matches!(to_vec(&json!(9_007_199_254_740_992_i64)), Err(CanonError::TooLarge(_))));
        assert!(matches!(to_vec(&json!(u64::MAX)), Err(CanonError::TooLarge(_))));
        assert_eq!(to_string(&json!(-9_007_199_254_740_991_i64)).unwrap(), "-9007199254740991");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..6).prop_map(|v| Value::Object(v.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_as_the_same_value_and_is_a_fixed_point(value in any_json()) {
            let text = to_string(&value).unwrap();
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(to_string(&back).unwrap(), text);
        }
    }
}
