//! Validates the signatures of PDF files. Never panics and never gives up on a file because one signature is damaged.

use crate::{
    assess::{Evidence, Judgement, Trust},
    cades, changes,
    error::SignError,
    kind::Kind,
    online::{self, Transport},
    pades::Kept,
    pdf::{Bytes, Dict, File, Object, Source, hexadecimal},
    report::{Changes, Indication, Integrity, Level, Report, SignatureReport, SubIndication, TimeSource},
    xades,
};
use kernel::Timestamp;
use pki::{Certificate, cms::SignedData};

/// Judges every signature of a PDF file at a time, in the order in which they were made.
pub fn pdf(bytes: &[u8], trust: &Trust, at: Timestamp) -> Report {
    Validation::new(trust, at).pdf(bytes)
}

/// What is said of a file of another kind.
pub(crate) const NO_SIGNATURE_FILE: &str = "it is neither a PDF file nor a CMS or XML signature";

/// A validation: what is trusted and known, and the time at which it is asked.
#[derive(Clone, Copy)]
pub struct Validation<'a> {
    trust: &'a Trust,
    at: Timestamp,
    answers: &'a [pki::ocsp::Response],
    transport: Option<&'a dyn Transport>,
}

impl std::fmt::Debug for Validation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Validation(at {}, online: {})", self.at.iso_local(), self.transport.is_some())
    }
}

impl<'a> Validation<'a> {
    /// With this trust, at this time.
    pub fn new(trust: &'a Trust, at: Timestamp) -> Validation<'a> {
        Validation { trust, at, answers: &[], transport: None }
    }
    /// With answers about the status of certificates.
    #[must_use]
    pub fn with_answers(mut self, answers: &'a [pki::ocsp::Response]) -> Validation<'a> {
        self.answers = answers;
        self
    }
    /// What is missing for a path may be fetched.
    #[must_use]
    pub fn online(mut self, transport: &'a dyn Transport) -> Validation<'a> {
        self.transport = Some(transport);
        self
    }
    fn evidence(&self) -> Evidence<'a> {
        let mut evidence = Evidence::new(self.trust, self.at);
        evidence.add_all(&[], &[], self.answers);
        evidence
    }
    /// Judges every signer of a CAdES message (`.p7s`, `.p7m`).
    pub fn cms(&self, cms: &[u8], content: cades::Content<'_>) -> Report {
        cades::judge(cms, content, self.evidence(), self.transport)
    }
    /// Judges every signature of an XML document. `beside` is the file that a detached signature is over.
    pub fn xml(&self, xml: &[u8], beside: Option<&[u8]>) -> Report {
        xades::judge(xml, beside, &self.evidence(), self.transport)
    }
    /// Judges the signatures of a file of any kind. `beside` is what a detached signature is over; without it such a
    /// signature is left open with [`SubIndication::SignedDataNotFound`].
    pub fn file(&self, bytes: &[u8], beside: Option<&[u8]>) -> Report {
        match Kind::of_file(bytes) {
            Kind::Pdf => self.pdf(bytes),
            Kind::Xml => self.xml(bytes, beside),
            Kind::Message | Kind::MessageOrPdf => match (cades::content(bytes), beside) {
                (Ok(None), Some(beside)) => self.cms(bytes, cades::Content::Bytes(beside)),
                (Ok(None), None) => self.cms(bytes, cades::Content::Absent),
                _ => self.cms(bytes, cades::Content::Attached),
            },
            Kind::Other => Report::failed(NO_SIGNATURE_FILE),
        }
    }
    /// Judges every signature of a PDF file, in the order in which they were made.
    pub fn pdf(&self, bytes: &[u8]) -> Report {
        self.pdf_bytes(bytes.into())
    }
    /// The same of a file that is read in pieces: memory stays small, however large the file is. A signature without signed
    /// attributes in a large file is left open, since its value is over the whole content.
    pub fn pdf_file(&self, source: &Source) -> Report {
        self.pdf_bytes(source.bytes())
    }
    /// Everything that a validation of the file uses: what the file holds, what is known, and what is fetched when it may
    /// be. It is what [`crate::pades::append_evidence`] keeps in the file for later.
    ///
    /// # Errors
    /// [`SignError::Pdf`] for a file that cannot be read.
    pub fn pdf_evidence(&self, source: &Source) -> Result<Kept, SignError> {
        let file = File::open(source.bytes()).map_err(|error| SignError::Pdf(error.to_string()))?;
        let mut evidence = self.evidence();
        gather(&file, &mut evidence, self.transport);
        // The roots too: other validators look there for the issuers of lists.
        let mut certificates = evidence.certificates;
        for root in self.trust.anchors.certificates() {
            if certificates.iter().any(|c| c.issuer() == root.subject()) && !certificates.contains(root) {
                certificates.push(root.clone());
            }
        }
        Ok(Kept { certificates, crls: evidence.crls, answers: evidence.answers })
    }
    fn pdf_bytes(&self, bytes: Bytes<'_>) -> Report {
        match File::open(bytes) {
            Ok(file) => judge_pdf(&file, self.evidence(), self.transport),
            Err(error) => Report::failed(error.to_string()),
        }
    }
}

/// The signatures of a file in the order in which they were made; what they and the file's store carry comes into the
/// evidence, and what is lacking from the network.
fn gather(file: &File<'_>, evidence: &mut Evidence<'_>, transport: Option<&dyn Transport>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // One certificate lies in many places of a file: it is read once, and its signature is checked once.
    let mut known = [evidence.certificates.as_slice(), evidence.trust.anchors.certificates()].concat();
    for (name, _, field) in file.fields() {
        if !field.has_name("FT", "Sig") {
            continue;
        }
        if let Some(Object::Dict(value)) = file.get(&field, "V") {
            let one = Found::new(file, name, value, &known);
            let inside = one.message.iter().flat_map(|message| &message.certificates);
            let fresh: Vec<_> = inside.filter(|certificate| !known.contains(certificate)).cloned().collect();
            known.extend(fresh);
            found.push(one);
        }
    }
    found.sort_by_key(|f| f.covered.as_ref().map_or(usize::MAX, |c| c.end));
    for one in &found {
        if let Ok(message) = &one.message {
            evidence.add_with_stamps(message);
        }
    }
    let kept = crate::pades::evidence(file, &known);
    evidence.stored = !kept.is_empty();
    evidence.add_all(&kept.certificates, &kept.crls, &kept.answers);
    if let Some(transport) = transport {
        online::complete(evidence, transport);
    }
    found
}

fn judge_pdf(file: &File<'_>, mut evidence: Evidence<'_>, transport: Option<&dyn Transport>) -> Report {
    let found = gather(file, &mut evidence, transport);
    let mut signatures: Vec<SignatureReport> = Vec::new();
    // From the last to the first: a time stamp proves that what it covers existed before.
    let mut proof: Option<Timestamp> = None;
    let mut archived = false;
    for one in found.iter().rev() {
        let mut report = one.judge(file, &evidence, proof, archived);
        let sound = report.indication != Indication::TotalFailed && report.integrity == Integrity::Intact;
        if sound && report.time_source == TimeSource::TimeStamp {
            proof = proof.into_iter().chain(report.signing_time).min();
            archived |= report.level == Level::DocumentTimeStamp && report.indication == Indication::TotalPassed;
        }
        if archived && report.level == Level::Blt {
            report.level = Level::Blta;
        }
        signatures.push(report);
    }
    signatures.reverse();
    Report { error: None, signatures }
}

/// A signature dictionary in a field.
struct Found {
    name: String,
    value: Dict,
    covered: Result<Covered, &'static str>,
    message: Result<SignedData, String>,
    contents: Vec<u8>,
}

/// The byte range: from the beginning to the contents, and from behind them to `end`.
struct Covered {
    gap: std::ops::Range<usize>,
    end: usize,
}

impl Found {
    fn new(file: &File<'_>, name: String, value: Dict, known: &[Certificate]) -> Found {
        let contents = match file.get(&value, "Contents") {
            Some(Object::Text(contents)) => contents,
            _ => Vec::new(),
        };
        let covered = covered(file, &value, &contents);
        let message = SignedData::parse_knowing(&contents, known);
        let message = message.map_err(|error| error.to_string()).and_then(|message| {
            let used = pki::asn1::length_of(&contents).map_err(|error| error.to_string())?;
            let padded = contents[used..].iter().fold(0, |seen, b| seen | b) == 0;
            if padded { Ok(message) } else { Err("other bytes follow the signature in its place".to_owned()) }
        });
        Found { name, value, covered, message, contents }
    }

    /// `stamped`: a valid time stamp over the document came later.
    fn judge(
        &self,
        file: &File<'_>,
        evidence: &Evidence<'_>,
        proof: Option<Timestamp>,
        stamped: bool,
    ) -> SignatureReport {
        let mut judgement = Judgement::new(&self.name);
        judgement.stamped = stamped;
        let covered = match &self.covered {
            Ok(covered) => covered,
            Err(why) => {
                judgement.failed(SubIndication::FormatFailure, *why);
                return judgement.report;
            }
        };
        let bytes = file.bytes;
        let mut digest = |hash: pki::Hash| {
            let mut digest = hash.start();
            for piece in [0..covered.gap.start, covered.gap.end..covered.end] {
                bytes.each_piece(piece, &mut |part| digest.update(part));
            }
            digest.finish()
        };
        let content: Option<[&[u8]; 2]> = match bytes {
            Bytes::Memory(bytes) => Some([&bytes[..covered.gap.start], &bytes[covered.gap.end..covered.end]]),
            Bytes::Disk(..) => None,
        };
        judgement.report.covers_whole_document = covered.end == bytes.len();
        judgement.report.signing_time =
            file.get(&self.value, "M").and_then(|m| m.as_text()).and_then(|m| read_date(&m));
        let stamp = self.value.has_name("SubFilter", "ETSI.RFC3161");
        match &self.message {
            Err(why) => judgement.failed(SubIndication::FormatFailure, why.clone()),
            Ok(_) if stamp => self.judge_stamp(&mut judgement, &mut digest, evidence, proof),
            Ok(message) => {
                judgement.message(message, &mut digest, content.as_ref().map(<[&[u8]; 2]>::as_slice), evidence, proof);
            }
        }
        self.judge_changes(&mut judgement, file, covered);
        judgement.report
    }

    fn judge_stamp(
        &self,
        judgement: &mut Judgement,
        digest: &mut dyn FnMut(pki::Hash) -> Vec<u8>,
        evidence: &Evidence<'_>,
        proof: Option<Timestamp>,
    ) {
        judgement.report.level = Level::DocumentTimeStamp;
        let stamp = evidence.stamp(&self.contents).ok();
        let info = stamp.as_ref().map(|stamp| &stamp.token.info);
        let imprint = info.map(|info| digest(info.hash)).unwrap_or_default();
        if let Some(stamp) = &stamp {
            stamp.authority.iter().for_each(|authority| judgement.name(authority));
            judgement.stamp(stamp, evidence);
        }
        let Some(stamp) = stamp.filter(|stamp| stamp.token.info.imprint == imprint) else {
            judgement.report.integrity = Integrity::Broken;
            judgement.failed(SubIndication::HashFailure, "the stamped content has been changed");
            return;
        };
        judgement.report.integrity = Integrity::Intact;
        match evidence.proven_time(&stamp, &mut |_| imprint.clone(), proof.unwrap_or(evidence.at)) {
            Ok(time) => {
                judgement.report.signing_time = Some(time);
                judgement.report.time_source = TimeSource::TimeStamp;
            }
            Err(fault) if fault.broken => judgement.failed(SubIndication::SigCryptoFailure, fault.reason),
            Err(fault) => judgement.open(SubIndication::NoCertificateChainFound, fault.reason),
        }
    }

    /// What came after the signed revision, and whether the signature was in it in the first place.
    fn judge_changes(&self, judgement: &mut Judgement, file: &File<'_>, covered: &Covered) {
        if judgement.report.covers_whole_document {
            // The signed revision is the file itself, in which the signature was found.
            return;
        }
        let signed = File::open(file.bytes.first(covered.end));
        let Ok(signed) = signed else {
            judgement.failed(SubIndication::FormatFailure, "what is signed is not a whole revision of the file");
            return;
        };
        let stands = signed.fields().into_iter().any(|(name, _, field)| {
            let value = signed.get_dict(&field, "V");
            name == self.name
                && value.is_some_and(|value| {
                    signed.get(&value, "Contents").as_ref().and_then(Object::as_bytes) == Some(&self.contents)
                        && signed.get(&value, "ByteRange") == file.get(&self.value, "ByteRange")
                })
        });
        if !stands {
            judgement.report.changes_after = Changes::Hidden;
            judgement.failed(SubIndication::FormatFailure, "the signature is not part of what it signs");
            return;
        }
        let found = changes::compare(&signed, file, &self.value);
        judgement.report.changes_after = found.worst;
        judgement.report.changes_allowed = found.allowed;
        if found.allowed {
            judgement.report.reasons.extend(found.reasons);
        } else {
            for reason in found.reasons {
                judgement.failed(SubIndication::FormatFailure, reason);
            }
        }
    }
}

/// Most bytes that a signature may take in a file, in hexadecimal.
const MAX_CONTENTS: usize = 64 << 20;

/// The byte range must begin at 0, leave out exactly the contents, and end inside the file.
fn covered(file: &File<'_>, value: &Dict, contents: &[u8]) -> Result<Covered, &'static str> {
    let range = file.get(value, "ByteRange");
    let numbers: Option<Vec<usize>> = range.as_ref().and_then(Object::as_array).and_then(|items| {
        items.iter().map(|n| file.resolve(n).as_integer().and_then(|n| usize::try_from(n).ok())).collect()
    });
    let Some(&[start, first, second, length]) = numbers.as_deref() else {
        return Err("the byte range is not two pieces");
    };
    let end = second.checked_add(length).filter(|end| *end <= file.bytes.len());
    let end = end.ok_or("the byte range reaches beyond the end of the file")?;
    if start != 0 {
        return Err("the byte range does not begin at the beginning of the file");
    }
    if first >= second || length == 0 {
        return Err("the two pieces of the byte range overlap or leave nothing out");
    }
    if second - first > MAX_CONTENTS {
        return Err("the place of the signature is larger than any signature");
    }
    let gap = file.bytes.read(first..second);
    let inside = gap.strip_prefix(b"<").and_then(|g| g.strip_suffix(b">"));
    if !inside.is_some_and(|digits| hexadecimal::is_of(digits, contents)) {
        return Err("the byte range leaves out more than the signature itself");
    }
    Ok(Covered { gap: first..second, end })
}

/// `D:YYYYMMDDHHmmSSOHH'mm'`, as much as is written; without an offset the time is UTC.
fn read_date(text: &str) -> Option<Timestamp> {
    let text = text.strip_prefix("D:").unwrap_or(text);
    let part = |from: usize, to: usize, default: i64| match text.get(from..to) {
        Some(digits) => digits.parse::<i64>().ok(),
        None => Some(default),
    };
    let year = part(0, 4, 0)?;
    let day =
        kernel::Day::new(year.try_into().ok()?, part(4, 6, 1)?.try_into().ok()?, part(6, 8, 1)?.try_into().ok()?)?;
    let seconds = part(8, 10, 0)? * 3600 + part(10, 12, 0)? * 60 + part(12, 14, 0)?;
    let offset = match text.get(14..15) {
        Some(sign @ ("+" | "-")) => {
            let hours: i64 = text.get(15..17)?.parse().ok()?;
            let minutes: i64 = text.get(18..20).and_then(|m| m.parse().ok()).unwrap_or(0);
            (hours * 3600 + minutes * 60) * if sign == "-" { -1 } else { 1 }
        }
        _ => 0,
    };
    // The start of the day is in Viet Nam's zone, seven hours ahead of UTC.
    Some(day.start().plus_seconds(7 * 3600 + seconds - offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_pdf_files_are_read_in_every_length() {
        let at = |text| read_date(text).map(Timestamp::iso_local);
        assert_eq!(at("D:20250105091230+07'00'").unwrap(), "2025-01-05T09:12:30+07:00");
        assert_eq!(at("D:20250105021230Z").unwrap(), "2025-01-05T09:12:30+07:00");
        assert_eq!(at("D:2025").unwrap(), "2025-01-01T07:00:00+07:00");
        assert_eq!(at("hôm nay"), None);
    }
}
