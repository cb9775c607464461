//! Packages that attack their reader, and packages that broke on the way: each is refused with its reason, and what can be
//! read is read.

mod house;

use base64::{Engine, engine::general_purpose::STANDARD};
use edxml::What;
use edxml::package::{Header, Limits, Memory, Wrap, read};
use house::*;
use std::io::{Cursor, Read, Write};

fn refused(bytes: &[u8], what: What) {
    let reading = parse(bytes);
    assert!(reading.refusals.iter().any(|refusal| refusal.what == what), "{what:?}: {:?}", reading.refusals);
}

/// The sample with another content.
fn with_content(content: &str) -> Vec<u8> {
    let text = String::from_utf8(sample_bytes(Wrap::Raw)).unwrap();
    let start = text.find("ContentTransferEncoded").unwrap();
    let start = start + text[start..].find('>').unwrap() + 1;
    let end = start + text[start..].find('<').unwrap();
    format!("{}{content}{}", &text[..start], &text[end..]).into_bytes()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_package_cut_off_anywhere_is_refused() {
    let whole = sample_bytes(Wrap::Zip);
    assert!(parse(&whole).refusals.is_empty());
    let end = whole.iter().rposition(|b| *b == b'>').unwrap();
    for cut in (0..=end).step_by(7).chain([end]) {
        assert!(!parse(&whole[..cut]).refusals.is_empty(), "cut at {cut}");
    }
    let late = parse(&whole[..end - 30]);
    assert!(late.refusals.iter().any(|refusal| refusal.what == What::Truncated));
    let Header::Document(document) = late.package.header else { panic!() };
    assert_eq!(document.code.number, "05", "what came is read all the same");
}

#[test]
fn stray_characters_before_the_xml_make_the_package_invalid_but_it_is_read() {
    let bytes = [b"1212", sample_bytes(Wrap::Zip).as_slice()].concat();
    refused(&bytes, What::StrayStart);
    assert_eq!(parse(&bytes).package, sample().0);
    let marked = parse(&[b"\xef\xbb\xbf", sample_bytes(Wrap::Zip).as_slice()].concat());
    assert!(marked.refusals.is_empty() && marked.oddities[0].what == What::ByteOrderMark);
}

#[test]
fn document_types_and_entities_are_refused() {
    let text = String::from_utf8(sample_bytes(Wrap::Raw)).unwrap();
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><edXML ";
    refused(text.replacen("<edXML ", bomb, 1).as_bytes(), What::EntityTrick);
    refused(text.replacen("Hà Nội", "&xxe;", 1).as_bytes(), What::EntityTrick);
    refused(text.replacen("Hà Nội", "&#0;", 1).as_bytes(), What::Malformed);
    refused(text.replacen("</edXML:Subject>", "</edXML:Content>", 1).as_bytes(), What::Malformed);
    refused(text.replacen("encoding=\"UTF-8\"", "encoding=\"UTF-16\"", 1).as_bytes(), What::NotUtf8);
    let mut bytes = text.into_bytes();
    let at =
        bytes.windows(4).position(|w| w == "Hà".as_bytes().iter().copied().chain([b' ']).collect::<Vec<_>>()).unwrap();
    bytes[at + 1] = 0xff;
    refused(&bytes, What::NotUtf8);
    refused(b"<html/>", What::NotEdxml);
    refused(b"", What::NotEdxml);
    refused(&[sample_bytes(Wrap::Raw), b"<edXML/>".to_vec()].concat(), What::Malformed);
}

#[test]
fn wrong_base64_is_refused_wherever_it_is_wrong() {
    for wrong in ["${file}", "QUJD*UQ=", "QQ==QUJD", "Q", "QUJD&lt;QUJD", "QUJD&#65;"] {
        refused(&with_content(wrong), What::BadBase64);
    }
    for right in ["QUJD\r\n REVG", "QUJD&#13;\nREVG", "QUJDREU", "QUJDREU="] {
        let reading = parse(&with_content(right));
        assert_eq!(reading.refusals, vec![], "{right}");
        assert!(reading.contents[0].length >= 5);
    }
    assert!(parse(&with_content("<![CDATA[QUJD]]>")).refusals.iter().any(|refusal| refusal.what == What::BadBase64));
}

#[test]
fn a_zip_bomb_is_refused_before_it_grows() {
    let bomb = zip(&[("a.pdf", &vec![0u8; 40 << 20])]);
    refused(&with_content(&STANDARD.encode(&bomb)), What::ZipBomb);
    let limits = Limits { attachment: 1000, ..Limits::default() };
    let small = zip(&[("a.pdf", &[7; 2000])]);
    let reading = read(with_content(&STANDARD.encode(&small)).as_slice(), &mut Memory, &limits).unwrap();
    assert_eq!(reading.refusals[0].what, What::ZipBomb);
    let many: Vec<(String, &[u8])> = (0..3000).map(|n| (format!("{n}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let reading = parse(&with_content(&STANDARD.encode(zip(&many))));
    assert!(reading.refusals.is_empty() && reading.contents[0].entry.is_none(), "many files are no wrapping");
}

#[test]
fn names_with_paths_are_refused_in_the_package_and_in_the_zip() {
    for name in ["../../etc/passwd", "/etc/passwd", "..\\x.exe", "C:x.exe", "a\u{202e}fdp.exe", "..", "tm/a.pdf"] {
        refused(&with_content(&STANDARD.encode(zip(&[(name, b"x")]))), What::BadName);
        let text = String::from_utf8(sample_bytes(Wrap::Raw)).unwrap();
        let text = text.replace("<AttachmentName>nghi-quyet.pdf", &format!("<AttachmentName>{name}"));
        refused(text.as_bytes(), What::BadName);
    }
}

#[test]
fn a_broken_zip_is_refused_and_a_real_zip_is_kept_whole() {
    let good = zip(&[("a.txt", b"hello hello hello hello")]);
    refused(&with_content(&STANDARD.encode(&good[..good.len() / 2])), What::BadZip);
    let mut damaged = good.clone();
    damaged[33] ^= 0xff;
    damaged[40] ^= 0xff;
    refused(&with_content(&STANDARD.encode(&damaged)), What::BadZip);
    let text = String::from_utf8(with_content(&STANDARD.encode(&good))).unwrap().replace("nghi-quyet.pdf", "kho.zip");
    let mut reading = parse(text.as_bytes());
    let mut kept = Vec::new();
    reading.contents[0].slot.as_mut().unwrap().read_to_end(&mut kept).unwrap();
    assert_eq!(kept, good, "an attachment that is a ZIP by its own name stays one");
}

#[test]
fn more_than_the_limits_is_refused_and_costs_no_memory() {
    let limits = Limits { header: 64 << 10, elements: 500, ..Limits::default() };
    let hostile = |body: &str, times: usize| {
        let text = format!("<edXML><edXMLEnvelope>{}", body.repeat(times));
        let reading = read(text.as_bytes(), &mut Memory, &limits).unwrap();
        assert_eq!(reading.refusals[0].what, What::TooLarge, "{body:.20}");
    };
    hostile("<a>", 100_000);
    hostile("<a/>", 100_000);
    hostile("long text without any end ", 100_000);
    hostile(&format!("<a b=\"{}", "x".repeat(200_000)), 1);
    let tight = Limits { attachment: 10, ..Limits::default() };
    let reading = read(sample_bytes(Wrap::Raw).as_slice(), &mut Memory, &tight).unwrap();
    assert_eq!(reading.refusals[0].what, What::TooLarge);
    let tight = Limits { package: 3000, ..Limits::default() };
    let large = with_content(&"QUJD".repeat(5000));
    let reading = read(large.as_slice(), &mut Memory, &tight).unwrap();
    assert_eq!(reading.refusals[0].what, What::TooLarge);
}

#[test]
fn what_is_unknown_is_kept_and_listed() {
    let text = String::from_utf8(sample_bytes(Wrap::Zip)).unwrap();
    let text = text.replace("<edXML:Subject>", "<edXML:New a=\"1\">x &amp; y</edXML:New><edXML:Subject lang=\"vi\">");
    let text = text.replace("</edXML:edXMLEnvelope>", "loose<x:Other/></edXML:edXMLEnvelope>");
    let reading = parse(text.as_bytes());
    assert_eq!(reading.refusals, vec![]);
    let kept: Vec<(&str, &str)> = reading.package.unknown.iter().map(|u| (u.path.as_str(), u.xml.as_str())).collect();
    assert!(kept.contains(&("MessageHeader", "<edXML:New a=\"1\">x &amp; y</edXML:New>")), "{kept:?}");
    assert!(kept.iter().any(|(_, xml)| *xml == "loose") && kept.iter().any(|(_, xml)| *xml == "<x:Other/>"));
    assert!(reading.oddities.iter().any(|oddity| oddity.detail == "lang=vi" && oddity.at == "MessageHeader.Subject"));
    assert!(reading.oddities.iter().any(|oddity| oddity.what == What::UndeclaredPrefix));
}

#[test]
fn a_reader_that_fails_is_an_error_of_ours_and_no_fault_of_the_package() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    let whole = sample_bytes(Wrap::Zip);
    let input = std::io::BufReader::new(whole[..whole.len() / 2].chain(Broken));
    assert!(read(input, &mut Memory, &Limits::default()).is_err());
}
