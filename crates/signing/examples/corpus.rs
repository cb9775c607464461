//! Writes the seeds of the fuzz test anew, one or more for each parser:
//! `cargo run -p dienhong-signing --example corpus -- crates/signing/tests/corpus`.

#[path = "../tests/house/mod.rs"]
mod house;

use kernel::Digest;
use pki::{
    Hash, KeyKind, Reason, Revocation,
    ocsp::{self, Status},
    time_stamp::TimeStampRequest,
};
use signing::{Revision, Signer, TimeStamper, cades, pades, xades};

/// The smallest paper: one empty page.
fn page() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ];
    let mut out = "%PDF-1.7\n".to_owned();
    let mut table = "xref\n0 4\n0000000000 65535 f\r\n".to_owned();
    for (i, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n\r\n", out.len());
        out += &format!("{} 0 obj\n{object}\nendobj\n", i + 1);
    }
    let start = out.len();
    out += &format!("{table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    out.into_bytes()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&folder)?;
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    let house = house::House::new(KeyKind::P256);
    let (person, now) = (&house.person, house.now);
    let week = now.plus_seconds(7 * house::DAY);
    let entry = Revocation { serial: vec![5], at: now, reason: Reason::KeyCompromise };
    let crl = house.issuing.crl(1, now, week, &[entry])?;
    put("certificate.der", person.chain()[0].der())?;
    put("root.pem", house.root.certificate().to_pem().as_bytes())?;
    put("list.crl", crl.der())?;
    let request = ocsp::Request::about(&person.chain()[0], house.issuing.certificate(), Some(vec![7; 16]))?.to_der();
    put("request.ocsp", &request)?;
    let key = house.issuing.key();
    let mut look_up = |_: &ocsp::CertId| Some((Status::Good, now, Some(week)));
    let mut sign = |bytes: &[u8]| key.sign(bytes);
    let by = house.issuing.certificate();
    put("answer.ocsp", &ocsp::respond(&request, now, by, &[], key.scheme(), &mut look_up, &mut sign))?;
    let imprint = Digest::of(&[b"x"]);
    let query = TimeStampRequest {
        hash: Hash::Sha256,
        imprint: imprint.bytes().to_vec(),
        policy: None,
        nonce: Some(vec![5]),
        certificate: true,
    };
    put("query.tsq", &query.to_der())?;
    put("answer.tsr", &house.stamper.answer(&query.to_der()))?;
    put("token.tst", &house.stamper.stamp(&imprint)?)?;
    put("beside.p7s", &cades::sign_detached(b"x", person, now, Some(&house.stamper))?.cms)?;
    put("around.p7m", &cades::sign_attached(b"x", person, now, None)?.cms)?;
    let xml = "<law xmlns=\"urn:law\"><title>Nghị quyết</title><!--c--><?a b?><b c='d'/></law>";
    put("law.xml", &xades::sign_enveloped(xml.as_bytes(), person, now, Some(&house.stamper))?.xml)?;
    let signed = Revision::new("Ky").certify().sign(&page(), person, now, Some(&house.stamper))?;
    let kept = pades::Kept { certificates: person.chain().to_vec(), crls: vec![crl], answers: Vec::new() };
    let kept = pades::keep(&signed.pdf, &kept)?;
    put("archived.pdf", &pades::add_archive_stamp(&kept, &house.stamper)?.pdf)?;
    put("page.pdf", &page())?;
    Ok(())
}
