//! XAdES signatures: made here and judged by xmlsec1 and signxml, made by them and judged here, wrapped and changed.

mod house;

use house::*;
use pki::{KeyKind, PrivateKey, Profile, Subject};
use signing::{
    Changes, Indication, Integrity, Level, Report, Signer, SubIndication, TimeSource, validate::Validation, xades,
};
use std::{path::Path, process::Command};

const LAW: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- trước gốc --><?a b?>\n<law xmlns=\"urn:law\" xmlns:m=\"urn:meta\" m:id=\"1344\" note='\"x\" &lt; y&#xA;z'>\n  <title>Nghị quyết về “chữ ký số”</title>\n  <m:body><![CDATA[a < b]]>\r\n<empty/></m:body>\n</law>\n<!-- sau gốc -->\n";

fn judge(house: &House, xml: &[u8]) -> Report {
    Validation::new(&house.trust(), house.now).xml(xml, None)
}

#[test]
fn a_document_is_signed_inside_and_every_other_byte_stays() {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let house = House::new(kind);
        let signed = xades::sign_enveloped(LAW.as_bytes(), &house.person, house.now, Some(&house.stamper)).unwrap();
        assert_eq!((signed.level, signed.warnings.len()), (Level::Bt, 0));
        let text = String::from_utf8(signed.xml.clone()).unwrap();
        let (start, end) = (text.find("<ds:Signature ").unwrap(), text.find("</ds:Signature>").unwrap() + 15);
        assert_eq!([&text[..start], &text[end..]].concat(), LAW);
        let report = judge(&house, &signed.xml);
        let [found] = report.signatures.as_slice() else { panic!("{report:#?}") };
        assert_eq!((found.indication, found.level), (Indication::TotalPassed, Level::Bt), "{kind:?} {report:#?}");
        assert_eq!((found.time_source, found.signing_time), (TimeSource::TimeStamp, Some(house.now)));
        assert_eq!(found.signer.name, "Nguyễn Văn A");
        assert!(report.is_all_passed());
        let again = xades::sign_enveloped(&signed.xml, &house.body, house.now, None).unwrap_err().to_string();
        assert!(again.contains("holds a signature already"), "{again}");
    }
    let house = House::new(KeyKind::P256);
    let signed = xades::sign_enveloped(b"<a:b xmlns:a='u'/>", &house.person, house.now, None).unwrap();
    assert!(judge(&house, &signed.xml).is_all_passed(), "{}", String::from_utf8_lossy(&signed.xml));
}

#[test]
fn a_file_is_signed_beside() {
    let house = House::new(KeyKind::P256);
    let paper = sample("paper.pdf");
    let signed = xades::sign_detached("nghị quyết.pdf", &paper, &house.person, house.now, None).unwrap();
    let trust = house.trust();
    let validation = Validation::new(&trust, house.now);
    assert!(validation.xml(&signed.xml, Some(&paper)).is_all_passed());
    let report = validation.xml(&signed.xml, Some(b"other"));
    assert_eq!(report.signatures[0].sub_indication, Some(SubIndication::HashFailure));
    let report = validation.xml(&signed.xml, None);
    assert_eq!(report.signatures[0].sub_indication, Some(SubIndication::SignedDataNotFound), "{report:#?}");
}

/// What the first signature of a changed document is judged as, and a word of one of its reasons.
type Case = (&'static str, String, Indication, SubIndication, &'static str);

#[test]
fn changed_wrapped_and_twisted_documents_are_refused_for_the_right_reason() {
    use Indication::{Indeterminate, TotalFailed};
    use SubIndication::*;
    let house = House::new(KeyKind::P256);
    let bytes = xades::sign_enveloped(LAW.as_bytes(), &house.person, house.now, None).unwrap().xml;
    let text = String::from_utf8(bytes).unwrap();
    let (start, end) = (text.find("<ds:Signature ").unwrap(), text.find("</ds:Signature>").unwrap() + 15);
    let signature = &text[start..end];
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let other = "http://www.w3.org/2000/09/xmldsig#base64";
    let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    let xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    let id = signature.split("Id=\"p-").nth(1).unwrap().split('"').next().unwrap();
    let root_only = |attribute: &str| text.replacen("<law ", &format!("<law {attribute} "), 1);
    let wrapped =
        format!("<fake>{}</fake>", text[text.find("<law").unwrap()..text.find("</law>").unwrap() + 6].to_owned());
    let value_at = text.find("<ds:SignatureValue").unwrap() + 60;
    let other_value = if &text[value_at..value_at + 1] == "A" { "B" } else { "A" };
    let cases: Vec<Case> = vec![
        ("text", swap("Nghị quyết về", "Nghị quyêt về"), TotalFailed, HashFailure, "changed"),
        ("attribute", swap("m:id=\"1344\"", "m:id=\"1345\""), TotalFailed, HashFailure, "changed"),
        ("moved namespace", swap("xmlns:m=\"urn:meta\"", "xmlns:m=\"urn:metb\""), TotalFailed, HashFailure, "changed"),
        ("signing time", swap("T09:12:30", "T09:12:31"), TotalFailed, HashFailure, "changed"),
        (
            "signature value",
            [&text[..value_at], other_value, &text[value_at + 1..]].concat(),
            TotalFailed,
            SigCryptoFailure,
            "signature value",
        ),
        ("wrapped in another root", wrapped, TotalFailed, HashFailure, "changed"),
        ("transform not in the list", swap(enveloped, other), TotalFailed, FormatFailure, "is not accepted"),
        ("stylesheet", swap(enveloped, xslt), TotalFailed, FormatFailure, "is not accepted"),
        (
            "document type",
            swap("<law ", "<!DOCTYPE law [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><law "),
            TotalFailed,
            FormatFailure,
            "",
        ),
        ("id twice", root_only(&format!("Id=\"p-{id}\"")), TotalFailed, FormatFailure, "stands twice"),
        (
            "id twice in another spelling",
            root_only(&format!("ID=\"p-{id}\"")),
            TotalFailed,
            FormatFailure,
            "stands twice",
        ),
        (
            "properties of another",
            swap("Target=\"#s-", "Target=\"#t-"),
            TotalFailed,
            FormatFailure,
            "another signature",
        ),
        (
            "properties not signed",
            swap("Type=\"http://uri.etsi.org/01903#SignedProperties\" ", ""),
            TotalFailed,
            FormatFailure,
            "not signed",
        ),
        (
            "remote reference",
            swap("URI=\"\"", "URI=\"http://example.vn/law.xml\""),
            TotalFailed,
            FormatFailure,
            "a file beside",
        ),
        ("unknown digest", swap("xmlenc#sha256", "xmlenc#md5"), TotalFailed, FormatFailure, "not accepted"),
        (
            "secret key",
            swap("xmldsig-more#ecdsa-sha256", "xmldsig-more#hmac-sha256"),
            TotalFailed,
            FormatFailure,
            "not accepted",
        ),
        (
            "no certificate",
            {
                let from = text.find("<ds:X509Certificate>").unwrap();
                let to = text.rfind("</ds:X509Certificate>").unwrap() + 21;
                [&text[..from], &text[to..]].concat()
            },
            Indeterminate,
            NoSigningCertificateFound,
            "not there",
        ),
        (
            "comment in a digest",
            swap("<ds:DigestValue>", "<ds:DigestValue><!--x-->"),
            TotalFailed,
            FormatFailure,
            "more than text",
        ),
        (
            "second signed info",
            swap("<ds:SignatureValue", "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue"),
            TotalFailed,
            FormatFailure,
            "twice",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, changed, indication, sub, reason) in &cases {
        let report = judge(&house, changed.as_bytes());
        let found = report.signatures.first();
        let right = match found {
            Some(s) => {
                s.indication == *indication
                    && s.sub_indication == Some(*sub)
                    && s.reasons.iter().any(|r| r.contains(reason))
            }
            None => *name == "document type" && report.error.as_ref().is_some_and(|e| e.contains("document type")),
        };
        if !right {
            wrong.push(format!("{name}: {report:?}"));
        }
        assert!(!report.is_all_passed(), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_signature_over_a_part_is_named_as_such() {
    let (Some(python), house) = (python(), House::new(KeyKind::Rsa2048)) else { return };
    let folder = Folder::new(&house);
    for (file, root) in [("part.xml", "law"), ("wrapped.xml", "fake")] {
        folder.run(&python, &["part", file]);
        let mut xml = std::fs::read_to_string(folder.path.path().join(file)).unwrap();
        if root == "fake" {
            xml = format!("<fake><title>Giả</title><hidden>{}</hidden></fake>", &xml[xml.find("<law").unwrap()..]);
        }
        let report = judge(&house, xml.as_bytes());
        let found = &report.signatures[0];
        assert_eq!(found.integrity, Integrity::Intact, "{report:#?}");
        assert_eq!(found.indication, Indication::Indeterminate, "{report:#?}");
        assert_eq!((found.changes_after, found.covers_whole_document), (Changes::Content, false));
        assert!(found.reasons.iter().any(|r| r.contains("only the element title is signed")), "{report:#?}");
    }
}

/// A folder with the house's certificates and a key for other programs.
struct Folder {
    path: tempfile::TempDir,
}

impl Folder {
    fn new(house: &House) -> Folder {
        let path = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(path.path().join(name), bytes).unwrap();
        let key = PrivateKey::generate(house.kind).unwrap();
        put("person.pem", pki::pem::encode(key.pkcs8(), "PRIVATE KEY").as_bytes());
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        let subject = Subject::person("Trần Thị B", "Đại biểu", "Đoàn 001", "person-2");
        let signer = issue(&house.issuing, Profile::Person, &subject, key, from, until);
        let chain: String = signer.chain()[..2].iter().map(pki::Certificate::to_pem).collect();
        put("chain.pem", chain.as_bytes());
        put("root.pem", house.root.certificate().to_pem().as_bytes());
        put("issuing.pem", house.issuing.certificate().to_pem().as_bytes());
        // signxml takes instructions outside the root for part of it or not, against XMLDSig 4.4.3.3.
        put("law.xml", LAW.replace("<?a b?>", "").as_bytes());
        put("now.txt", house.now.iso_local().as_bytes());
        Folder { path }
    }
    fn file(&self, name: &str) -> String {
        self.path.path().join(name).to_str().unwrap().to_owned()
    }
    fn run(&self, python: &str, arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/signxml_judge.py");
        let out = Command::new(python).arg(script).arg(self.path.path()).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert!(out.status.success(), "{text}");
        text
    }
}

fn has_signxml(python: &str) -> bool {
    let there = Command::new(python).args(["-c", "import signxml"]).output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("skipped: the Python of DIENHONG_PYTHON has no signxml");
    }
    there
}

#[test]
fn xmlsec1_accepts_what_is_signed_here_and_finds_a_change() {
    let Some(_) = tool("xmlsec1") else { return };
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048] {
        let house = House::new(kind);
        let folder = Folder::new(&house);
        let key = PrivateKey::generate(kind).unwrap().with_pkcs1();
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        let signer = issue(&house.issuing, Profile::Person, &Subject::service("x", "VPQH"), key, from, until);
        let signed = xades::sign_enveloped(LAW.as_bytes(), &signer, house.now, Some(&house.stamper)).unwrap();
        let verify = |xml: &[u8]| {
            std::fs::write(folder.file("s.xml"), xml).unwrap();
            let at = house.now.iso_local()[..19].replace('T', " ");
            let out = Command::new("xmlsec1")
                .args(["--verify", "--trusted-pem", &folder.file("root.pem"), "--verification-gmt-time", &at])
                .args([
                    "--enabled-key-data",
                    "x509",
                    "--id-attr:Id",
                    "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
                ])
                .arg(folder.file("s.xml"))
                .output()
                .unwrap();
            (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
        };
        let (good, text) = verify(&signed.xml);
        assert!(good, "{kind:?}: {text}");
        let changed = String::from_utf8(signed.xml).unwrap().replace("Nghị quyết", "Nghị quyêt");
        assert!(!verify(changed.as_bytes()).0);
    }
}

#[test]
fn signxml_accepts_what_is_signed_here_and_what_it_signs_is_valid_here() {
    let Some(python) = python().filter(|p| has_signxml(p)) else { return };
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let house = House::new(kind);
        let folder = Folder::new(&house);
        let law = std::fs::read(folder.file("law.xml")).unwrap();
        let signed = xades::sign_enveloped(&law, &house.person, house.now, None).unwrap();
        std::fs::write(folder.file("ours.xml"), &signed.xml).unwrap();
        assert!(folder.run(&python, &["verify", "ours.xml"]).contains("valid"));
        // In the exclusive form signxml digests its properties otherwise than the reference says; xmlsec1 refuses it too.
        for form in ["inclusive", "c14n11"] {
            folder.run(&python, &["sign", "theirs.xml", form]);
            let report = judge(&house, &std::fs::read(folder.file("theirs.xml")).unwrap());
            assert!(report.is_all_passed(), "{kind:?} {form}: {report:#?}");
            assert_eq!(
                (report.signatures[0].level, report.signatures[0].signer.name.as_str()),
                (Level::Bb, "Trần Thị B")
            );
        }
    }
}
