//! Hexadecimal digits: a signature's place is tens of thousands of them, so that they are written and read in one pass.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends the digits of bytes.
pub(crate) fn write(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// The value of one digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The digits are those of these bytes, and nothing else.
pub(crate) fn is_of(digits: &[u8], bytes: &[u8]) -> bool {
    let pairs = digits.chunks_exact(2).zip(bytes);
    let same = |(pair, byte): (&[u8], &u8)| {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return false };
        high << 4 | low == *byte
    };
    digits.len() == bytes.len() * 2 && pairs.into_iter().all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_recognised_and_nothing_else(bytes in proptest::collection::vec(any::<u8>(), 0..50), at in any::<prop::sample::Index>()) {
            let mut out = Vec::new();
            write(&bytes, &mut out);
            prop_assert_eq!(String::from_utf8(out.clone()).unwrap(), hex::encode(&bytes));
            prop_assert!(is_of(&out, &bytes) && is_of(&out.to_ascii_uppercase(), &bytes));
            if !out.is_empty() {
                let at = at.index(out.len());
                out[at] = if out[at] == b'0' { b'g' } else { b'0' };
                prop_assert!(!is_of(&out, &bytes));
            }
        }
    }
}
