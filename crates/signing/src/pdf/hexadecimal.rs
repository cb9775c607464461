//! Hexadecimal digits: a signature's place is tens of thousands of them, so that they are written and read in one pass, by
//! loops without branches and tables, many digits at a time.

/// The digit of a value below 16.
const fn of(value: u8) -> u8 {
    value + b'0' + if value > 9 { b'a' - b'9' - 1 } else { 0 }
}

/// The value of a digit, and all ones when it is one.
const fn value(byte: u8) -> (u8, u8) {
    let (number, letter) = (byte.wrapping_sub(b'0'), (byte | 0x20).wrapping_sub(b'a'));
    let (is_number, is_letter) = (mask(number < 10), mask(letter < 6));
    ((number & is_number) | (letter.wrapping_add(10) & is_letter), is_number | is_letter)
}

const fn mask(yes: bool) -> u8 {
    if yes { 0xff } else { 0 }
}

/// How many digits are read at a time: a fixed number, which the compiler turns into a few instructions.
const BLOCK: usize = 32;

/// The bytes of a block of digits. What is no digit clears `good`.
#[allow(clippy::needless_range_loop, reason = "three arrays in step")]
fn block(digits: &[u8; BLOCK], good: &mut [u8; BLOCK]) -> [u8; BLOCK / 2] {
    let mut values = [0; BLOCK];
    for i in 0..BLOCK {
        let (value, is_digit) = value(digits[i]);
        values[i] = value;
        good[i] &= is_digit;
    }
    std::array::from_fn(|i| values[2 * i] << 4 | values[2 * i + 1])
}

/// The last digits as a block, filled up with zeros.
fn last(digits: &[u8]) -> [u8; BLOCK] {
    let mut block = [b'0'; BLOCK];
    block[..digits.len()].copy_from_slice(digits);
    block
}

/// Writes the digits of bytes over a place that has room for them.
pub(crate) fn write_over(place: &mut [u8], bytes: &[u8]) {
    for (pair, byte) in place.chunks_exact_mut(2).zip(bytes) {
        pair[0] = of(byte >> 4);
        pair[1] = of(byte & 15);
    }
}

/// Appends the digits of bytes.
pub(crate) fn write(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len() * 2, b'0');
    write_over(&mut out[start..], bytes);
}

/// The value of one digit.
pub(crate) fn digit(byte: u8) -> Option<u8> {
    let (value, good) = value(byte);
    (good != 0).then_some(value)
}

/// The bytes of an even number of digits with nothing between them; `None` for anything else.
pub(crate) fn read(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let (blocks, rest) = digits.as_chunks::<BLOCK>();
    let mut bytes = Vec::with_capacity(digits.len() / 2 + BLOCK);
    // Looked at once behind the loop.
    let mut good = [0xff; BLOCK];
    for digits in blocks {
        bytes.extend_from_slice(&block(digits, &mut good));
    }
    bytes.extend_from_slice(&block(&last(rest), &mut good)[..rest.len() / 2]);
    good.iter().all(|g| *g != 0).then_some(bytes)
}

/// The digits are those of these bytes, and nothing else.
pub(crate) fn is_of(digits: &[u8], bytes: &[u8]) -> bool {
    let (blocks, rest) = digits.as_chunks::<BLOCK>();
    let (parts, end) = bytes.as_chunks::<{ BLOCK / 2 }>();
    let mut good = [0xff; BLOCK];
    let same = blocks.iter().zip(parts).all(|(digits, bytes)| block(digits, &mut good) == *bytes);
    digits.len() == bytes.len() * 2
        && same
        && block(&last(rest), &mut good).starts_with(end)
        && good.iter().all(|g| *g != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_recognised_and_nothing_else(bytes in proptest::collection::vec(any::<u8>(), 0..120), at in any::<prop::sample::Index>()) {
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
