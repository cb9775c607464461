//! Who signs, who stamps, what is trusted, and what is signed.

use crate::house::{DAY, Fixed, House, issue};
use kernel::OsEntropy;
use pki::{Crl, KeyKind, PrivateKey, Profile, Subject};
use signing::{LocalTimeStamper, Revision, SignError, Signer, SoftwareSigner, TimeStamper, Trust, pades};
use std::sync::Arc;

/// A house whose keys can be handed to a peer.
pub struct Office {
    pub kind: KeyKind,
    pub house: House,
    /// The person's key once more, to sign with it alone.
    pub key: PrivateKey,
    pub person: SoftwareSigner,
    /// The key of the time stamp authority.
    pub stamp_key: PrivateKey,
    pub stamper: LocalTimeStamper,
    pub crls: [Crl; 2],
    pub trust: Trust,
}

impl Office {
    pub fn new(kind: KeyKind) -> pki::Result<Office> {
        let house = House::new(kind);
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        let signer = |profile, name: &str, key: &PrivateKey| -> pki::Result<SoftwareSigner> {
            let copy = PrivateKey::from_pkcs8(key.pkcs8())?;
            Ok(issue(&house.issuing, profile, &Subject::service(name, "VPQH"), copy, from, until))
        };
        let (key, stamp_key) = (PrivateKey::generate(kind)?, PrivateKey::generate(kind)?);
        let person = signer(Profile::Person, "person", &key)?;
        let authority = signer(Profile::TimeStamping, "stamper", &stamp_key)?;
        let stamper = LocalTimeStamper::new(Arc::new(authority), Arc::new(Fixed(house.now)), Arc::new(OsEntropy));
        let week = house.now.plus_seconds(7 * DAY);
        let crls = [house.issuing.crl(1, house.now, week, &[])?, house.root.crl(1, house.now, week, &[])?];
        // As the program validates: with its own issuing authority known, whose signature is then checked once.
        let trust = Trust { certificates: house.issuing.chain().to_vec(), ..house.trust() };
        Ok(Office { kind, house, key, person, stamp_key, stamper, crls, trust })
    }

    /// Level B-B.
    pub fn sign(&self, paper: &[u8]) -> Result<Vec<u8>, SignError> {
        self.revision(paper, None)
    }

    /// Level B-LTA: signed with a time stamp, the evidence added, and all of it stamped.
    pub fn archive(&self, paper: &[u8]) -> Result<Vec<u8>, SignError> {
        let kept = pades::add_evidence(&self.revision(paper, Some(&self.stamper))?, self.person.chain(), &self.crls)?;
        Ok(pades::add_archive_stamp(&kept, &self.stamper)?.pdf)
    }

    fn revision(&self, paper: &[u8], stamper: Option<&dyn TimeStamper>) -> Result<Vec<u8>, SignError> {
        Revision::new("ChuKy").sign(paper, &self.person, self.house.now, stamper).map(|signed| signed.pdf)
    }
}

/// A page of plain text in a font that every reader has: about the least that a paper takes.
pub fn page() -> Vec<u8> {
    let lines = (1..=40).map(|n| format!("(Line {n} of a paper that is short and nothing but plain text.) '\n"));
    let text = format!("BT /F1 12 Tf 15 TL 60 780 Td\n{}ET", lines.collect::<String>());
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>\nstream\n{text}\nendstream", text.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    let (mut pdf, mut table) = (String::from("%PDF-1.7\n"), String::from("0000000000 65535 f\r\n"));
    for (n, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n\r\n", pdf.len()));
        pdf.push_str(&format!("{n} 0 obj\n{object}\nendobj\n"));
    }
    let (size, start) = (objects.len() + 1, pdf.len());
    pdf.push_str(&format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"));
    pdf.into_bytes()
}
