//! Hexadecimal digits: a signature's place is tens of thousands of them, so that they are written and read in one pass.

/// The two digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The value of each digit; [`NONE`] for what is none.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < 16 {
        let digit = PAIRS[value][1];
        values[digit as usize] = value as u8;
        values[digit.to_ascii_uppercase() as usize] = value as u8;
        value += 1;
    }
    values
};
const NONE: u8 = 0xff;

/// Appends the digits of bytes.
pub(crate) fn write(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len() * 2, b'0');
    for (pair, byte) in out[start..].chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&PAIRS[usize::from(*byte)]);
    }
}

/// The value of one digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|value| *value != NONE)
}

/// The bytes of an even number of digits with nothing between them; `None` for anything else.
pub(crate) fn read(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let mut seen = 0;
    let value = |pair: &[u8]| {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        // Looked at once behind the loop, which so stays without branches.
        seen |= high | low;
        high << 4 | low & 15
    };
    let bytes = digits.chunks_exact(2).map(value).collect();
    (seen < 16).then_some(bytes)
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
            prop_assert_eq!(read(&out), Some(bytes.clone()));
            prop_assert_eq!(read(&out.to_ascii_uppercase()), Some(bytes.clone()));
            if !out.is_empty() {
                let at = at.index(out.len());
                out[at] = if out[at] == b'0' { b'g' } else { b'0' };
                prop_assert!(!is_of(&out, &bytes));
                prop_assert_eq!(read(&out).is_some(), out[at] == b'0');
                prop_assert_eq!(read(&out[1..]), None);
            }
        }
    }
}
