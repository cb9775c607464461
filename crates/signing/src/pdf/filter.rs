//! Stream filters: Flate with predictors, ASCII hexadecimal. Images and other filters are never decoded here.

use super::object::{Dict, Object};
use std::io::Read;

/// Most bytes that one stream may decode to.
pub(crate) const MAX_DECODED: usize = 32 << 20;

/// Decodes the bytes of a stream whose dictionary holds no references in `Filter` and `DecodeParms`.
///
/// `None` for a filter that is not known, damaged data, or more than [`MAX_DECODED`] bytes.
pub(crate) fn decode(dict: &Dict, bytes: &[u8]) -> Option<Vec<u8>> {
    let as_list = |key: &str| match dict.get(key) {
        None | Some(Object::Null) => Vec::new(),
        Some(Object::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    };
    let filters = as_list("Filter");
    let parameters = as_list("DecodeParms");
    if filters.len() > 4 {
        return None;
    }
    let mut data = bytes.to_vec();
    for (i, filter) in filters.iter().enumerate() {
        let parameters = parameters.get(i).and_then(Object::as_dict);
        data = match filter.as_name()? {
            b"FlateDecode" | b"Fl" => predict(inflate(&data)?, parameters)?,
            b"ASCIIHexDecode" | b"AHx" => {
                let digits: Vec<u8> =
                    data.into_iter().take_while(|b| *b != b'>').filter(u8::is_ascii_hexdigit).collect();
                hex::decode(&digits[..digits.len() / 2 * 2]).ok()?
            }
            _ => return None,
        };
    }
    Some(data)
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(bytes).take(MAX_DECODED as u64 + 1);
    // A damaged checksum at the end is tolerated, as readers do: what came out before it counts.
    let ended = decoder.read_to_end(&mut out);
    if out.len() > MAX_DECODED || (ended.is_err() && out.is_empty()) { None } else { Some(out) }
}

fn predict(data: Vec<u8>, parameters: Option<&Dict>) -> Option<Vec<u8>> {
    let number =
        |key: &str, default: i64| parameters.and_then(|p| p.get(key)).and_then(Object::as_integer).unwrap_or(default);
    let predictor = number("Predictor", 1);
    if predictor == 1 {
        return Some(data);
    }
    let samples = number("Colors", 1).clamp(1, 32) * number("BitsPerComponent", 8).clamp(1, 16);
    let columns = number("Columns", 1).clamp(1, 1 << 20);
    let (pixel, row) = ((samples as usize).div_ceil(8), ((samples * columns) as usize).div_ceil(8));
    if predictor < 10 {
        return None;
    }
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0u8; row];
    for line in data.chunks(row + 1) {
        let (kind, coded) = line.split_first()?;
        let mut current = vec![0u8; row];
        for (i, byte) in coded.iter().enumerate() {
            let left = if i >= pixel { current[i - pixel] } else { 0 };
            let corner = if i >= pixel { above[i - pixel] } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => ((u16::from(left) + u16::from(above[i])) / 2) as u8,
                4 => paeth(left, above[i], corner),
                _ => return None,
            };
            current[i] = byte.wrapping_add(guess);
        }
        out.extend_from_slice(&current[..coded.len()]);
        above = current;
    }
    Some(out)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let estimate = a + b - c;
    let (da, db, dc) = ((estimate - a).abs(), (estimate - b).abs(), (estimate - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        above
    } else {
        corner
    }
}
