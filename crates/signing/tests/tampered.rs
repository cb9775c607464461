//! Tampered, wrapped, shadowed and damaged files, each judged as it should be and for the right reason.

mod house;
#[path = "house/tamper.rs"]
mod tamper;

use house::*;
use pki::{KeyKind, Profile, Reason, Revocation, Subject};
use signing::{Changes, Indication, Report, Revision, SubIndication, Trust, validate};
use tamper::*;

/// What the first signature of a tampered file must be judged as.
struct Expected {
    indication: Indication,
    sub: Option<SubIndication>,
    changes: Option<Changes>,
    /// A word of one of the reasons.
    reason: &'static str,
}

fn failed(sub: SubIndication, reason: &'static str) -> Expected {
    Expected { indication: Indication::TotalFailed, sub: Some(sub), changes: None, reason }
}
fn open(sub: SubIndication, reason: &'static str) -> Expected {
    Expected { indication: Indication::Indeterminate, sub: Some(sub), changes: None, reason }
}
fn after(changes: Changes, reason: &'static str) -> Expected {
    let sub = Some(SubIndication::FormatFailure);
    Expected { indication: Indication::TotalFailed, sub, changes: Some(changes), reason }
}
fn passed(changes: Changes, reason: &'static str) -> Expected {
    Expected { indication: Indication::TotalPassed, sub: None, changes: Some(changes), reason }
}

fn check(name: &str, report: &Report, expected: &Expected, wrong: &mut Vec<String>) {
    let right = report.signatures.first().is_some_and(|s| {
        s.indication == expected.indication
            && s.sub_indication == expected.sub
            && expected.changes.is_none_or(|c| c == s.changes_after)
            && (expected.reason.is_empty() || s.reasons.iter().any(|r| r.contains(expected.reason)))
    });
    if !right {
        let found = report
            .signatures
            .first()
            .map(|s| format!("{:?} {:?} {:?} {:?}", s.indication, s.sub_indication, s.changes_after, s.reasons));
        wrong.push(format!("{name}: {found:?} {:?}", report.error));
    }
}

#[test]
fn damaged_and_rearranged_signatures_fail() {
    use SubIndication::{FormatFailure, HashFailure, SigCryptoFailure};
    let house = House::new(KeyKind::P256);
    let pdf =
        Revision::new("ChuKy").reason("Ky").sign(&sample("paper.pdf"), &house.person, house.now, None).unwrap().pdf;
    let (_, n) = byte_range(&pdf);
    let end = pdf.len();
    let range = |a: i64, b: usize, c: usize, d: usize| with_range(&pdf, &format!("[{a} {b} {c} {d}"));
    let flip = |at: usize| {
        let mut out = pdf.clone();
        out[at] ^= 1;
        out
    };
    let original = message(&pdf);
    let used = pki::asn1::length_of(&original).unwrap();
    let with_byte = |at: usize, value: u8| {
        let mut bytes = original.clone();
        bytes[at] = value;
        with_message(&pdf, &bytes)
    };
    let other =
        Revision::new("ChuKy").sign(&sample("paper-object-streams.pdf"), &house.person, house.now, None).unwrap().pdf;
    let foreign = message(&other)[..pki::asn1::length_of(&message(&other)).unwrap()].to_vec();
    let cases: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("range starts later", range(1, n[1] - 1, n[2], n[3]), failed(FormatFailure, "beginning of the file")),
        ("negative range", range(-1, n[1], n[2], n[3]), failed(FormatFailure, "two pieces")),
        ("range too long", range(0, n[1], n[2], n[3] + 1), failed(FormatFailure, "beyond the end")),
        ("range huge", range(0, n[1], n[2], 99_999_999_999), failed(FormatFailure, "beyond the end")),
        ("empty second piece", range(0, n[1], n[2], 0), failed(FormatFailure, "leave nothing out")),
        ("pieces overlap", range(0, n[2], n[1], n[3]), failed(FormatFailure, "overlap")),
        ("pieces touch", range(0, n[1], n[1], end - n[1]), failed(FormatFailure, "overlap")),
        ("gap begins early", range(0, n[1] - 20, n[2], n[3]), failed(FormatFailure, "more than the signature")),
        ("gap ends late", range(0, n[1], n[2] + 20, n[3] - 20), failed(FormatFailure, "more than the signature")),
        ("gap inside the digits", range(0, n[1] + 2, n[2], n[3]), failed(FormatFailure, "more than the signature")),
        ("three numbers", with_range(&pdf, &format!("[0 {} {}", n[1], n[2])), failed(FormatFailure, "two pieces")),
        ("second piece cut", range(0, n[1], n[2], n[3] - 10), failed(HashFailure, "")),
        (
            "page content",
            flip(pdf.windows(6).position(|w| w == b"stream").unwrap() + 20),
            failed(HashFailure, "changed"),
        ),
        ("file header comment", flip(12), failed(HashFailure, "changed")),
        ("stated reason", patched(&pdf, "/Reason <4b79>", "/Reason <4b7a>"), failed(HashFailure, "changed")),
        ("stated time", patched(&pdf, "303931323330", "303931323331"), failed(HashFailure, "changed")),
        ("last line", flip(end - 2), failed(HashFailure, "changed")),
        ("no message at all", with_message(&pdf, &[]), failed(FormatFailure, "")),
        ("not a message", with_message(&pdf, b"hello"), failed(FormatFailure, "")),
        ("half a message", with_message(&pdf, &original[..used / 2]), failed(FormatFailure, "")),
        ("bytes behind the message", with_byte(used + 3, 7), failed(FormatFailure, "other bytes follow")),
        ("a message over another file", with_message(&pdf, &foreign), failed(HashFailure, "changed")),
        ("the signature value", with_byte(used - 1, original[used - 1] ^ 1), failed(SigCryptoFailure, "value")),
        ("two signers", with_message(&pdf, &two_signers(&original[..used])), failed(FormatFailure, "one signer")),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, expected) in &cases {
        check(name, &validate::pdf(bytes, &house.trust(), house.now), expected, &mut wrong);
    }
    assert!(cases.len() >= 24);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same message with its signer written twice.
fn two_signers(message: &[u8]) -> Vec<u8> {
    use pki::asn1::{Reader, oid, sequence, tag, tagged};
    let mut outer = Reader::only(message, tag::SEQUENCE, "m").unwrap().open("m");
    outer.oid().unwrap();
    let mut data = outer.any().unwrap().open("m").sequence().unwrap();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    while !data.is_empty() {
        parts.push(data.any().unwrap().raw.to_vec());
    }
    let last = parts.pop().unwrap();
    let signer = Reader::only(&last, tag::SET, "m").unwrap().content;
    parts.push(pki::asn1::tlv(tag::SET, &[signer, signer].concat()));
    // The second copy makes room by leaving the certificates out.
    parts.retain(|part| part[0] != 0xa0);
    sequence([oid(pki::oid::SIGNED_DATA), tagged(0, [sequence(parts)])])
}

#[test]
fn what_is_smuggled_in_after_a_certifying_signature_is_found() {
    use Changes::{Annotation, Content, Evidence, FormFill, Hidden};
    let house = House::new(KeyKind::P256);
    let pdf = house.first(&sample("paper.pdf")).unwrap().pdf;
    let catalog = root(&pdf);
    let new = size(&pdf);
    let page = number_with(&pdf, "/MediaBox");
    let pages = number_with(&pdf, "/Type/Pages");
    let fields = number_with(&pdf, "/SigFlags");
    let widget = number_with(&pdf, "/T <4368754b79>");
    let number = number_with(&pdf, "/T <536f>");
    let signature = number_with(&pdf, "/ByteRange");
    let contents: u32 = after_key(&object(&pdf, page), "/Contents ");
    let look: u32 = after_key(&object(&pdf, widget), "/N ");
    let stream = "<</Length 30>>\nstream\nBT /F1 99 Tf (1.000.000) Tj ET   \nendstream";
    let form = "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream";
    let note = |extra: &str| format!("<</Type/Annot/Subtype/FreeText/Rect[0 0 99 99]/Contents(x){extra}>>");
    let with = |n: u32, from: &str, to: &str| append(&pdf, &[(n, &edited(&pdf, n, from, to))]);
    let annotated = |id: u32| edited(&pdf, page, "/Annots [", &format!("/Annots [{id} 0 R "));
    let reference = |id: u32| format!("{id} 0 R");
    let filled = edited(&pdf, number, "/T <536f>", &format!("/T <536f>/V(1344)/Ff 1/AP<</N {new} 0 R>>"))
        .replacen("/AP <<", "/Old <<", 1);
    let filled = {
        let from = filled.rfind("/Old <<").unwrap();
        let to = filled[from..].find(">>").unwrap() + from + 2;
        format!("{}{}", &filled[..from], &filled[to..])
    };
    let sig_copy = object(&pdf, signature);
    let cases: Vec<(&str, Vec<u8>, Expected)> = vec![
        ("nothing", pdf.clone(), passed(Changes::None, "")),
        ("page content overwritten", append(&pdf, &[(contents, stream)]), after(Content, "what a page shows")),
        (
            "page content exchanged",
            {
                let p = edited(
                    &pdf,
                    page,
                    &format!("/Contents {}", reference(contents)),
                    &format!("/Contents {}", reference(new)),
                );
                append(&pdf, &[(page, &p), (new, stream)])
            },
            after(Content, "Contents of page 1"),
        ),
        ("page box", with(page, "/MediaBox", "/CropBox [0 0 1 1]/MediaBox"), after(Content, "CropBox of page 1")),
        ("page turned", with(page, "/MediaBox", "/Rotate 90/MediaBox"), after(Content, "Rotate of page 1")),
        (
            "page action",
            with(page, "/MediaBox", "/AA<</O<</S/JavaScript/JS(x)>>>>/MediaBox"),
            after(Content, "AA of page 1"),
        ),
        (
            "page added",
            {
                let list = edited(&pdf, pages, "/Kids[", &format!("/Kids[{} ", reference(new)));
                append(&pdf, &[(pages, &list), (new, &format!("<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 9 9]>>"))])
            },
            after(Content, "pages were added"),
        ),
        (
            "page removed",
            {
                let kids = object(&pdf, pages);
                let from = kids.find("/Kids[").unwrap() + 6;
                let first = kids[from..].find('R').unwrap() + from + 1;
                append(&pdf, &[(pages, &format!("{}{}", &kids[..from], &kids[first..]))])
            },
            after(Content, "pages were added, removed"),
        ),
        (
            "script at opening",
            with(catalog, "/Type /Catalog", "/Type /Catalog/OpenAction<</S/JavaScript/JS(x)>>"),
            after(Content, "OpenAction"),
        ),
        ("names", with(catalog, "/Type /Catalog", "/Type /Catalog/Names<<>>"), after(Content, "Names")),
        ("layers", with(catalog, "/Type /Catalog", "/Type /Catalog/OCProperties<<>>"), after(Content, "OCProperties")),
        ("certification removed", with(catalog, "/Perms", "/Parms"), after(Hidden, "Perms")),
        (
            "catalogue exchanged",
            {
                let copy = object(&pdf, catalog);
                append_with(&pdf, &[(new, &copy)], &format!("/Root {new} 0 R"), &[])
            },
            after(Hidden, "another catalogue"),
        ),
        (
            "note added",
            append(&pdf, &[(page, &annotated(new)), (new, &note(""))]),
            after(Annotation, "annotation was added to page 1"),
        ),
        (
            "stamp with a look",
            append(
                &pdf,
                &[(page, &annotated(new)), (new, &note(&format!("/AP<</N {} 0 R>>", new + 1))), (new + 1, form)],
            ),
            after(Annotation, "annotation was added"),
        ),
        (
            "note that brings an overwritten object",
            append(
                &pdf,
                &[(page, &annotated(new)), (new, &note(&format!("/AP<</N {contents} 0 R>>"))), (contents, stream)],
            ),
            after(Content, "what a page shows"),
        ),
        (
            "widgets removed",
            with(page, "/Annots [", "/Annots [] /Was ["),
            after(Content, "annotation of page 1 has been removed"),
        ),
        (
            "text field added",
            {
                let f = edited(&pdf, fields, "/Fields [", &format!("/Fields [{} ", reference(new)));
                append(&pdf, &[(fields, &f), (new, "<</FT/Tx/T(Moi)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/V(x)>>")])
            },
            after(Content, "\"Moi\" was added"),
        ),
        (
            "viewer redraws fields",
            with(fields, "/SigFlags", "/NeedAppearances true/SigFlags"),
            after(Content, "NeedAppearances"),
        ),
        (
            "field removed from the form",
            {
                let f = edited(&pdf, fields, &reference(number), "");
                append(&pdf, &[(fields, &f)])
            },
            after(Hidden, "\"So\" has been removed"),
        ),
        ("field renamed", with(number, "/T <536f>", "/T <537f>"), after(Hidden, "has been removed or replaced")),
        ("field moved", with(number, "/Rect [", "/Rect [1"), after(Hidden, "Rect of the field")),
        ("field hidden", with(number, "/F 132", "/F 2  "), after(Hidden, "F of the field")),
        ("field with a script", with(number, "/F 132", "/AA<<>>/F 132"), after(Annotation, "AA of the field")),
        ("field filled in", append(&pdf, &[(number, &filled), (new, form)]), passed(FormFill, "\"So\" was filled in")),
        (
            "field filled in by an overwritten look",
            append(&pdf, &[(number, &filled), (new, form), (look, form)]),
            after(Hidden, "without a visible reason"),
        ),
        (
            "field filled in, page changed too",
            append(&pdf, &[(number, &filled), (new, form), (contents, stream)]),
            after(Content, "what a page shows"),
        ),
        (
            "image of the signature overwritten",
            append(&pdf, &[(look, form)]),
            after(Hidden, "without a visible reason"),
        ),
        (
            "image of the signature exchanged",
            {
                let w = edited(&pdf, widget, &format!("/N {}", reference(look)), &format!("/N {}", reference(new)));
                append(&pdf, &[(widget, &w), (new, form)])
            },
            after(Hidden, "image of the signature"),
        ),
        ("signature moved on the page", with(widget, "/Rect [", "/Rect [1"), after(Hidden, "Rect of the field")),
        (
            "signature dictionary overwritten",
            append(&pdf, &[(signature, &sig_copy.replacen("/Name ", "/Nome ", 1))]),
            after(Hidden, "\"ChuKy\" has been changed"),
        ),
        (
            "signature exchanged for a copy",
            {
                let w =
                    edited(&pdf, widget, &format!("/V {}", reference(signature)), &format!("/V {}", reference(new)));
                append(&pdf, &[(widget, &w), (new, &sig_copy)])
            },
            after(Hidden, "\"ChuKy\" has been changed"),
        ),
        ("object without use", append(&pdf, &[(new, stream)]), after(Hidden, "without a visible reason")),
        (
            "document information",
            { append_with(&pdf, &[(new, "<</Title(x)>>")], &format!("/Root {catalog} 0 R/Info {new} 0 R"), &[]) },
            passed(Evidence, "document information"),
        ),
        (
            "validation data added",
            {
                let c = edited(&pdf, catalog, "/Type /Catalog", &format!("/Type /Catalog/DSS {}", reference(new)));
                append(&pdf, &[(catalog, &c), (new, &format!("<</Certs[{} 0 R]>>", new + 1)), (new + 1, stream)])
            },
            passed(Evidence, "long-term validation"),
        ),
        (
            "validation data that names page content",
            {
                let c = edited(&pdf, catalog, "/Type /Catalog", &format!("/Type /Catalog/DSS {}", reference(new)));
                append(&pdf, &[(catalog, &c), (new, &format!("<</Certs[{contents} 0 R]>>")), (contents, stream)])
            },
            after(Content, "what a page shows"),
        ),
        ("bytes behind the end", [pdf.clone(), b"%hello\n".to_vec()].concat(), passed(Changes::None, "")),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, expected) in &cases {
        let report = validate::pdf(bytes, &house.trust(), house.now);
        check(name, &report, expected, &mut wrong);
        let whole = *name == "nothing";
        assert_eq!(report.signatures.first().map(|s| s.covers_whole_document), Some(whole), "{name}");
    }
    assert!(cases.len() >= 36);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn after_key(object: &str, key: &str) -> u32 {
    let at = object.find(key).unwrap_or_else(|| panic!("no {key} in {object}")) + key.len();
    object[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn an_older_hidden_version_of_a_page_cannot_be_brought_back() {
    let house = House::new(KeyKind::P256);
    let paper = sample("paper.pdf");
    let page = number_with(&paper, "/MediaBox");
    let contents: u32 = after_key(&object(&paper, page), "/Contents ");
    // Before signing, the content is replaced; the old one stays in the file, unseen and signed over.
    let prepared = append(&paper, &[(contents, "<</Length 4>>\nstream\nq Q \nendstream")]);
    let old = text(&paper).find(&format!("\n{contents} 0 obj")).unwrap() + 1;
    let signed = house.first(&prepared).unwrap().pdf;
    assert!(validate::pdf(&signed, &house.trust(), house.now).is_all_passed());
    let shadow = append_with(&signed, &[], &format!("/Root {} 0 R", root(&signed)), &[(contents, old)]);
    let report = validate::pdf(&shadow, &house.trust(), house.now);
    let mut wrong = Vec::new();
    check("shadow", &report, &after(Changes::Content, "what a page shows"), &mut wrong);
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_a_seal_has_locked_cannot_be_filled_again() {
    let house = House::new(KeyKind::P256);
    let sealed = house.second(&house.first(&sample("paper.pdf")).unwrap().pdf).unwrap().pdf;
    let number = number_with(&sealed, "/T <536f>");
    let changed = append(&sealed, &[(number, &edited(&sealed, number, "/V <31333434>", "/V <39393939>"))]);
    let report = validate::pdf(&changed, &house.trust(), house.now);
    let seal = &report.signatures[1];
    assert_eq!(seal.indication, Indication::TotalFailed, "{report:#?}");
    assert!(seal.reasons.iter().any(|r| r.contains("was locked")), "{report:#?}");
    // Taking the seal away is seen by the signature before it.
    let widget = number_with(&sealed, "/T <436f6e446175>");
    let value = after_key(&object(&sealed, widget), "/V ");
    let removed = append(&sealed, &[(widget, &edited(&sealed, widget, &format!("/V {value} 0 R"), ""))]);
    assert!(!validate::pdf(&removed, &house.trust(), house.now).is_all_passed());
}

#[test]
fn certificates_that_do_not_hold_leave_the_answer_open_for_the_right_reason() {
    use SubIndication::*;
    let house = House::new(KeyKind::P256);
    let paper = sample("paper.pdf");
    let sign = |signer: &signing::SoftwareSigner, stamped: bool| {
        let stamper = stamped.then_some(&house.stamper as &dyn signing::TimeStamper);
        Revision::new("ChuKy").sign(&paper, signer, house.now, stamper).unwrap().pdf
    };
    let person = |from, until| {
        let key = pki::PrivateKey::generate(KeyKind::P256).unwrap();
        let subject = Subject::person("Trần Thị B", "Đại biểu", "Đoàn 001", "person-2");
        issue(
            &house.issuing,
            Profile::Person,
            &subject,
            key,
            house.now.plus_seconds(from * DAY),
            house.now.plus_seconds(until * DAY),
        )
    };
    let clock = {
        let key = pki::PrivateKey::generate(KeyKind::P256).unwrap();
        issue(
            &house.issuing,
            Profile::TimeStamping,
            &Subject::service("Dau", "VPQH"),
            key,
            house.now,
            house.now.plus_seconds(DAY),
        )
    };
    let short = person(-1, 10);
    let revoked = |at: i64| {
        use signing::Signer;
        let serial = house.person.chain()[0].serial().to_vec();
        let entry = Revocation { serial, at: house.now.plus_seconds(at), reason: Reason::KeyCompromise };
        let list =
            house.issuing.crl(2, house.now.plus_seconds(at), house.now.plus_seconds(30 * DAY), &[entry]).unwrap();
        house.trust().with_crls(vec![list])
    };
    let other = House::new(KeyKind::P256);
    let (now, later) = (house.now, house.now.plus_seconds(20 * DAY));
    let cases: Vec<(&str, Vec<u8>, Trust, kernel::Timestamp, Expected)> = vec![
        (
            "another root",
            sign(&house.person, false),
            other.trust(),
            now,
            open(CertificateChainGeneralFailure, "signature on the certificate"),
        ),
        ("no root", sign(&house.person, false), Trust::default(), now, open(NoCertificateChainFound, "no path")),
        ("expired, time claimed", sign(&short, false), house.trust(), later, open(OutOfBoundsNoPoe, "expired")),
        ("expired, time proven", sign(&short, true), house.trust(), later, passed(Changes::None, "")),
        ("not valid yet", sign(&person(5, 10), false), house.trust(), now, open(NotYetValid, "not valid yet")),
        (
            "signed too early, time proven",
            sign(&person(5, 30), true),
            house.trust(),
            later,
            open(OutOfBoundsNotRevoked, "not valid yet"),
        ),
        ("revoked before, time claimed", sign(&house.person, false), revoked(-DAY), now, open(RevokedNoPoe, "revoked")),
        ("revoked before, time proven", sign(&house.person, true), revoked(-DAY), now, open(Revoked, "revoked")),
        ("revoked after, time claimed", sign(&house.person, false), revoked(DAY), later, open(RevokedNoPoe, "revoked")),
        ("revoked after, time proven", sign(&house.person, true), revoked(DAY), later, passed(Changes::None, "")),
        ("a key for other uses", sign(&clock, false), house.trust(), now, open(SigConstraintsFailure, "other uses")),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, trust, at, expected) in &cases {
        check(name, &validate::pdf(bytes, trust, *at), expected, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
