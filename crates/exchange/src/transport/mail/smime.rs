//! A package as the attachment of a letter that is signed beside its content: `multipart/signed` (RFC 1847) with a CMS
//! message (RFC 8551, 3.5.3; EN 319 122-1). What is signed stands in the letter in base 64 and short lines, so that no
//! mail server has a reason to change it.

use bytes::Bytes;
use kernel::Timestamp;
use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType, MessageId};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};
use mail_parser::{MessageParser, MimeHeaders};
use std::time::{Duration, SystemTime};

/// Types under which signatures lie beside their content; the second is older.
const SIGNATURE_TYPES: [&str; 2] = ["pkcs7-signature", "x-pkcs7-signature"];
/// Most parts of a letter that are looked at for the package.
const MOST_PARTS: usize = 50;

/// What a letter says on its outside.
pub struct Outside<'a> {
    /// Who sends it: an address.
    pub from: &'a str,
    /// To whom.
    pub to: &'a [String],
    /// The subject.
    pub subject: &'a str,
    /// What people read who open it.
    pub note: &'a str,
    /// Its id, without brackets.
    pub id: &'a str,
    /// The instant in its date.
    pub at: Timestamp,
}

/// The part that is signed: a note for people, and the package under a name.
pub fn content(outside: &Outside<'_>, name: &str, package: &[u8]) -> MultiPart {
    let part = |content_type: ContentType, bytes: Vec<u8>| {
        let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64);
        // Any bytes can be written in base 64.
        let body = body.unwrap_or_else(Body::new);
        (SinglePart::builder().content_type(content_type), body)
    };
    let (note, text) = part(ContentType::TEXT_PLAIN, outside.note.as_bytes().to_vec());
    let xml = ContentType::parse("application/xml").unwrap_or(ContentType::TEXT_PLAIN);
    let (file, bytes) = part(xml, package.to_vec());
    MultiPart::mixed()
        .boundary(boundary(outside.id, "content"))
        .singlepart(note.body(text))
        .singlepart(file.header(ContentDisposition::attachment(name)).body(bytes))
}

/// The bytes of a part over which it is signed: the line end before the next boundary is not its own (RFC 1847, 2.1).
pub fn to_sign(content: &MultiPart) -> Vec<u8> {
    let mut bytes = content.formatted();
    if bytes.ends_with(b"\r\n") {
        bytes.truncate(bytes.len() - 2);
    }
    bytes
}

/// The whole letter, with the signature over its content. `hash` is the name of the digest: `sha-256`.
///
/// # Errors
/// In words, for an address that is none.
pub fn letter(outside: &Outside<'_>, content: MultiPart, signature: Vec<u8>, hash: &str) -> Result<Vec<u8>, String> {
    let mailbox = |address: &str| address.parse::<Mailbox>().map_err(|why| format!("địa chỉ {address:?}: {why}"));
    let seconds = u64::try_from(outside.at.seconds()).unwrap_or(0);
    let mut letter = Message::builder()
        .from(mailbox(outside.from)?)
        .subject(outside.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .header(MessageId::from(format!("<{}>", outside.id)));
    for address in outside.to {
        letter = letter.to(mailbox(address)?);
    }
    let kind = ContentType::parse("application/pkcs7-signature; name=\"smime.p7s\"").map_err(|why| why.to_string())?;
    let beside = Body::new_with_encoding(signature, ContentTransferEncoding::Base64).map_err(|_| "base64")?;
    let signature =
        SinglePart::builder().content_type(kind).header(ContentDisposition::attachment("smime.p7s")).body(beside);
    let signed = MultiPart::signed("application/pkcs7-signature".into(), hash.into())
        .boundary(boundary(outside.id, "signed"))
        .multipart(content)
        .singlepart(signature);
    Ok(letter.multipart(signed).map_err(|why| why.to_string())?.formatted())
}

/// A line that does not stand in base 64 and is the same whenever the letter is written.
fn boundary(id: &str, of: &str) -> String {
    let hash = kernel::Digest::of(&[id.as_bytes(), b"\0", of.as_bytes()]).to_string();
    format!("=_{}", &hash[..32])
}

/// A letter that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The bytes over which it is signed.
    pub content: Vec<u8>,
    /// The signature: a CMS message.
    pub signature: Vec<u8>,
    /// The package within the signed content.
    pub package: Bytes,
}

/// Opens a letter that is signed beside its content and has one package in that content. Nothing outside of what is signed
/// is looked at.
///
/// # Errors
/// Why it is no such letter, in words.
pub fn open(raw: &[u8]) -> Result<Opened, String> {
    // Mailboxes keep lines as their machine ends them; what is signed has the line ends of mail (RFC 8551, 3.1.1).
    let raw = canonical(raw);
    let message = MessageParser::new().parse(&raw).ok_or("thư không đọc được")?;
    let kind = message.content_type().ok_or("thư không có chữ ký")?;
    let signed = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("signed"));
    let boundary = kind.attribute("boundary").filter(|boundary| signed && !boundary.is_empty());
    let boundary = boundary.ok_or("thư không có chữ ký (multipart/signed)")?;
    let [content, beside] = parts(&raw, boundary).ok_or("thư ký không có đúng hai phần")?;
    Ok(Opened { signature: signature(beside)?, package: package(content)?, content: content.to_vec() })
}

/// With the line ends of mail.
fn canonical(raw: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(raw.len() + raw.len() / 64);
    let mut last = 0;
    for &byte in raw {
        if byte == b'\n' && last != b'\r' {
            lines.push(b'\r');
        }
        lines.push(byte);
        last = byte;
    }
    lines
}

/// The two parts between the boundary's lines, without the line end before each line.
fn parts<'a>(raw: &'a [u8], boundary: &str) -> Option<[&'a [u8]; 2]> {
    let mark = format!("\r\n--{boundary}");
    let mut marks = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&raw[from..], mark.as_bytes()).map(|at| at + from) {
        let line = at + mark.len();
        let end = find(&raw[line..], b"\r\n").map_or(raw.len(), |end| end + line);
        let rest = raw[line..end].trim_ascii_end();
        // A longer line that only begins so is none.
        if rest.is_empty() || rest == b"--" {
            marks.push((at, (end + 2).min(raw.len()), rest == b"--"));
        }
        from = end;
    }
    match marks.as_slice() {
        [(_, first, false), (one, second, false), (two, _, true)] if first <= one && second <= two => {
            Some([&raw[*first..*one], &raw[*second..*two]])
        }
        _ => None,
    }
}

fn find(within: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = within.get(from..)?.iter().position(|byte| *byte == first) {
        if within[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn signature(part: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = MessageParser::new().parse(part).ok_or("chữ ký của thư không đọc được")?;
    let kind = parsed.content_type().and_then(|kind| kind.subtype()).unwrap_or_default().to_ascii_lowercase();
    if !SIGNATURE_TYPES.contains(&kind.as_str()) {
        return Err(format!("phần thứ hai của thư là {kind:?}, không phải chữ ký S/MIME"));
    }
    let part = parsed.parts.first().ok_or("chữ ký của thư không đọc được")?;
    Ok(part.contents().to_vec())
}

/// The only XML file of the signed content.
fn package(content: &[u8]) -> Result<Bytes, String> {
    let parsed = MessageParser::new().parse(content).ok_or("nội dung đã ký không đọc được")?;
    if parsed.parts.len() > MOST_PARTS {
        return Err(format!("nội dung đã ký có hơn {MOST_PARTS} phần"));
    }
    let fits = |part: &&mail_parser::MessagePart<'_>| {
        let named = part.attachment_name().unwrap_or_default().to_ascii_lowercase();
        let typed = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default();
        !part.is_multipart() && (named.ends_with(".edxml") || typed.eq_ignore_ascii_case("xml"))
    };
    let mut found = parsed.parts.iter().filter(fits);
    match (found.next(), found.next()) {
        (Some(part), None) => Ok(Bytes::copy_from_slice(part.contents())),
        (None, _) => Err("thư không có gói tin edXML".into()),
        (Some(_), Some(_)) => Err("thư có nhiều hơn một gói tin edXML".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACKAGE: &[u8] = b"<?xml version=\"1.0\"?>\n<edXML>\r\n--=_x\n</edXML>\n";

    fn outside(to: &[String]) -> Outside<'_> {
        Outside {
            from: "Văn phòng <van-thu@mot.example>",
            to,
            subject: "Văn bản điện tử",
            note: "Kính gửi,\r\n.\r\n",
            id: "abc@mot.example",
            at: Timestamp::from_micros(1_795_416_986_000_000),
        }
    }

    fn written(to: &[String]) -> (Vec<u8>, Vec<u8>) {
        let of = outside(to);
        let content = content(&of, "p.edxml", PACKAGE);
        let signed = to_sign(&content);
        (letter(&of, content, b"der".to_vec(), "sha-256").unwrap(), signed)
    }

    #[test]
    fn a_letter_that_was_written_opens_with_the_bytes_that_were_signed_whatever_line_ends_it_is_kept_with() {
        let to = ["van-thu@hai.example".to_owned(), "b@ba.example".to_owned()];
        let (letter, signed) = written(&to);
        let unix: Vec<u8> = String::from_utf8(letter.clone()).unwrap().replace("\r\n", "\n").into_bytes();
        for raw in [&letter, &unix] {
            let opened = open(raw).unwrap();
            assert_eq!(String::from_utf8_lossy(&opened.content), String::from_utf8_lossy(&signed));
            assert_eq!((&opened.package[..], opened.signature.as_slice()), (PACKAGE, &b"der"[..]));
        }
        assert_eq!(written(&to).0, letter, "the same letter whenever it is written");
    }

    #[test]
    fn a_letter_that_is_not_signed_or_holds_no_package_says_so() {
        let (letter, _) = written(&["a@b.example".to_owned()]);
        let text = String::from_utf8(letter).unwrap();
        for (from, to, why) in [
            ("multipart/signed", "multipart/mixed", "không có chữ ký"),
            ("p.edxml", "p.pdf", ""),
            ("application/xml", "application/pdf", ""),
            ("application/pkcs7-signature; name", "application/zip; name", "không phải chữ ký"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            match open(changed.as_bytes()) {
                Err(found) => assert!(!why.is_empty() && found.contains(why), "{from}: {found}"),
                Ok(_) => assert!(why.is_empty(), "{from}"),
            }
        }
        let neither = text.replace("p.edxml", "p.pdf").replace("application/xml", "application/pdf");
        assert!(open(neither.as_bytes()).unwrap_err().contains("edXML"));
        assert!(open(b"Subject: x\r\n\r\nhello").unwrap_err().contains("chữ ký"));
        assert!(open(b"").is_err());
    }

    proptest! {
        #[test]
        fn no_letter_makes_it_panic(raw: Vec<u8>) { let _ = open(&raw); }
        #[test]
        fn no_damage_makes_it_panic(at in 0usize..4000, byte: u8, cut in 0usize..4000) {
            let mut letter = written(&["a@b.example".to_owned()]).0;
            let end = letter.len();
            letter[at % end] = byte;
            let _ = open(&letter);
            letter.truncate(cut % end);
            let _ = open(&letter);
        }
    }
}
