//! Makes damaged, shadowed and forged files out of signed ones, without using the program's own writer.
#![allow(dead_code, reason = "each test file uses its own part")]

/// The text of a file, one character for each byte; bytes outside ASCII are lost.
pub fn text(pdf: &[u8]) -> String {
    pdf.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '\u{1}' }).collect()
}

/// The last definition of an object, between `obj` and `endobj`.
pub fn object(pdf: &[u8], number: u32) -> String {
    let text = text(pdf);
    let header = format!("\n{number} 0 obj");
    let at = text.rfind(&header).unwrap_or_else(|| panic!("object {number}")) + header.len();
    let end = text[at..].find("endobj").unwrap() + at;
    text[at..end].trim().to_owned()
}

/// The number of the last object that holds a text.
pub fn number_with(pdf: &[u8], needle: &str) -> u32 {
    let text = text(pdf);
    let at = text.rfind(needle).unwrap_or_else(|| panic!("no {needle}"));
    let header = text[..at].rfind(" 0 obj").unwrap();
    let start = text[..header].rfind(|c: char| !c.is_ascii_digit()).unwrap() + 1;
    text[start..header].parse().unwrap()
}

pub fn root(pdf: &[u8]) -> u32 {
    let text = text(pdf);
    let at = text.rfind("/Root ").unwrap() + 6;
    text[at..].split(' ').next().unwrap().parse().unwrap()
}

/// The next free number.
pub fn size(pdf: &[u8]) -> u32 {
    let text = text(pdf);
    let at = text.rfind("/Size ").unwrap() + 6;
    text[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

fn last_xref(pdf: &[u8]) -> usize {
    let text = text(pdf);
    let at = text.rfind("startxref").unwrap() + 9;
    text[at..].split_whitespace().next().unwrap().parse().unwrap()
}

/// Appends an update with these objects.
pub fn append(pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    append_with(pdf, objects, &format!("/Root {} 0 R", root(pdf)), &[])
}

/// Appends an update; `pointed` are cross-reference entries that point somewhere else.
pub fn append_with(pdf: &[u8], objects: &[(u32, &str)], trailer: &str, pointed: &[(u32, usize)]) -> Vec<u8> {
    let mut out = pdf.to_vec();
    out.push(b'\n');
    let mut entries: Vec<(u32, usize)> = pointed.to_vec();
    for (number, body) in objects {
        entries.push((*number, out.len()));
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").chars().map(|c| c as u8));
    }
    let start = out.len();
    let size = entries.iter().map(|e| e.0 + 1).chain([size(pdf)]).max().unwrap();
    out.extend(b"xref\n");
    for (number, offset) in entries {
        out.extend(format!("{number} 1\n{offset:010} 00000 n\r\n").bytes());
    }
    let prev = last_xref(pdf);
    out.extend(format!("trailer\n<</Size {size} /Prev {prev} {trailer}>>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

/// The object with one text replaced by another.
pub fn edited(pdf: &[u8], number: u32, from: &str, to: &str) -> String {
    let object = object(pdf, number);
    assert!(object.contains(from), "{from} is not in {object}");
    object.replacen(from, to, 1)
}

/// Replaces bytes in place; both texts are equally long.
pub fn patched(pdf: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = text(pdf).rfind(from).unwrap_or_else(|| panic!("no {from}"));
    let mut out = pdf.to_vec();
    out[at..at + to.len()].copy_from_slice(to.as_bytes());
    out
}

/// The four numbers of the last byte range, and where their text begins and ends.
pub fn byte_range(pdf: &[u8]) -> (std::ops::Range<usize>, Vec<usize>) {
    let text = text(pdf);
    let start = text.rfind("/ByteRange [").unwrap() + 11;
    let end = text[start..].find(']').unwrap() + start + 1;
    let numbers = text[start + 1..end - 1].split_whitespace().map(|n| n.parse().unwrap()).collect();
    (start..end, numbers)
}

/// With another byte range, written in the same room.
pub fn with_range(pdf: &[u8], range: &str) -> Vec<u8> {
    let (place, _) = byte_range(pdf);
    let mut out = pdf.to_vec();
    let text = format!("{range:<width$}]", width = place.len() - 1);
    out[place].copy_from_slice(text.as_bytes());
    out
}

/// With another message in the place of the last signature.
pub fn with_message(pdf: &[u8], message: &[u8]) -> Vec<u8> {
    let (_, numbers) = byte_range(pdf);
    let mut out = pdf.to_vec();
    let room = numbers[2] - numbers[1] - 2;
    let digits = hex(message);
    assert!(digits.len() <= room);
    let padded = format!("{digits:0<room$}");
    out[numbers[1] + 1..numbers[2] - 1].copy_from_slice(padded.as_bytes());
    out
}

/// The message of the last signature, with its padding.
pub fn message(pdf: &[u8]) -> Vec<u8> {
    let (_, numbers) = byte_range(pdf);
    let digits = &pdf[numbers[1] + 1..numbers[2] - 1];
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
