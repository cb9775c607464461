//! Judging the signatures of an XML document.

use super::{
    DS, XADES, XADES_141, algorithm,
    reference::{self, Reference, Target, canonical_form, decode},
};
use crate::{
    assess::{Evidence, Judgement},
    online::{self, Transport},
    report::{Changes, Integrity, Level, Report, SignatureReport, SubIndication},
    xml::{Document, Form, NodeId, canonicalize},
};
use kernel::Timestamp;
use pki::{Certificate, Crl, Scheme, Verdict, ocsp};

/// Most signatures of one document.
const MAX_SIGNATURES: usize = 100;

/// Judges every signature of a document. `beside` is the content of the file that a detached signature is over.
pub(crate) fn judge(
    xml: &[u8],
    beside: Option<&[u8]>,
    evidence: &Evidence<'_>,
    transport: Option<&dyn Transport>,
) -> Report {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => return Report::failed(format!("the XML document does not read: {error}")),
    };
    let found: Vec<NodeId> = document.elements().filter(|(_, e)| e.is(DS, "Signature")).map(|(id, _)| id).collect();
    if found.len() > MAX_SIGNATURES {
        return Report::failed(format!("more than {MAX_SIGNATURES} signatures"));
    }
    let signatures = found.iter().map(|id| one(&document, *id, beside, evidence, transport)).collect();
    Report { error: None, signatures }
}

fn one(
    document: &Document,
    id: NodeId,
    beside: Option<&[u8]>,
    evidence: &Evidence<'_>,
    transport: Option<&dyn Transport>,
) -> SignatureReport {
    let name = document.element(id).and_then(|e| e.ids().next()).unwrap_or_default();
    let mut judgement = Judgement::new(name);
    let read = match Signature::read(document, id, beside) {
        Ok(read) => read,
        Err(why) => {
            let absent = why.contains("is not there");
            let sub = if absent { SubIndication::SignedDataNotFound } else { SubIndication::FormatFailure };
            if absent {
                judgement.open(sub, why)
            } else {
                judgement.failed(sub, why)
            }
            return judgement.report;
        }
    };
    let mut evidence = evidence.clone();
    read.enter(&mut evidence);
    if let Some(transport) = transport {
        online::complete(&mut evidence, transport);
    }
    read.judge(&mut judgement, &evidence);
    judgement.report
}

/// A signature that was read; digests and coverage are known, nothing is trusted yet.
struct Signature {
    references: Vec<Reference>,
    coverage: Coverage,
    scheme: Scheme,
    /// The canonical form of SignedInfo, over which the signature value is.
    message: Vec<u8>,
    value: Vec<u8>,
    /// The canonical form of SignatureValue, over which time stamps are, by the form that each names.
    stamps: Vec<Stamp>,
    certificates: Vec<Certificate>,
    kept: (Vec<Certificate>, Vec<Crl>, Vec<ocsp::Response>),
    properties: Option<Properties>,
    weak: bool,
}

/// A time stamp token, and the bytes that it must cover.
type Stamp = (Vec<u8>, Vec<u8>);

/// What of the document the signature is over.
enum Coverage {
    /// All of it, or all of the file beside.
    Whole,
    /// A part; in words.
    Part(String),
}

/// The signed properties.
struct Properties {
    signing_time: Option<Timestamp>,
    /// Digests of the signer's certificate.
    certificate: Vec<(pki::Hash, Vec<u8>)>,
}

impl Signature {
    fn read(document: &Document, id: NodeId, beside: Option<&[u8]>) -> Result<Signature, String> {
        let info = document.child(id, DS, "SignedInfo")?;
        let form = canonical_form(document, document.child(info, DS, "CanonicalizationMethod")?)?;
        let method = document.child(info, DS, "SignatureMethod")?;
        let name = document.attribute(method, "Algorithm").unwrap_or_default();
        let scheme =
            algorithm::scheme(name).ok_or_else(|| format!("the signature algorithm {name:?} is not accepted"))?;
        let references = reference::read(document, id, info, beside)?;
        let qualifying = qualifying(document, id)?;
        let signed_properties =
            qualifying.map(|q| document.optional(q, XADES, "SignedProperties")).transpose()?.flatten();
        for reference in references.iter().filter(|r| r.is_properties) {
            if signed_properties.map(Target::Element) != Some(reference.target) {
                return Err("the reference to signed properties leads to other ones".into());
            }
        }
        let are_signed = references.iter().any(|r| r.is_properties);
        if signed_properties.is_some() && !are_signed {
            return Err("the signed properties are not signed".into());
        }
        let coverage = coverage(document, id, &references)?;
        let value_id = document.child(id, DS, "SignatureValue")?;
        let value = algorithm::from_xml(scheme, &decode(document.text(value_id)?)?);
        Ok(Signature {
            message: canonical(document, info, &form)?,
            value: value.ok_or("the signature value does not read")?,
            stamps: stamps(document, qualifying, value_id)?,
            certificates: certificates(document, id)?,
            kept: kept(document, qualifying),
            properties: signed_properties.map(|p| Properties::read(document, p)).transpose()?,
            weak: scheme.hash().is_weak() || references.iter().any(|r| r.hash.is_weak()),
            references,
            coverage,
            scheme,
        })
    }

    /// Adds what the signature carries to what is known.
    fn enter(&self, evidence: &mut Evidence<'_>) {
        evidence.add_all(&self.certificates, &[], &[]);
        evidence.add_all(&self.kept.0, &self.kept.1, &self.kept.2);
        evidence.stored = !self.kept.1.is_empty() || !self.kept.2.is_empty();
        for (token, _) in &self.stamps {
            evidence.add_stamp(token);
        }
    }

    fn judge(&self, judgement: &mut Judgement, evidence: &Evidence<'_>) {
        let intact = self.references.iter().all(|r| r.intact);
        judgement.report.integrity = if intact { Integrity::Intact } else { Integrity::Broken };
        if !intact {
            judgement.failed(SubIndication::HashFailure, "the signed content has been changed");
        }
        match &self.coverage {
            Coverage::Whole => judgement.report.covers_whole_document = true,
            Coverage::Part(what) => {
                judgement.report.changes_after = Changes::Content;
                judgement.report.changes_allowed = false;
                judgement.open(SubIndication::SigConstraintsFailure, what.clone());
            }
        }
        let Some(certificate) = self.signer(evidence).cloned() else {
            judgement.open(SubIndication::NoSigningCertificateFound, "the signer's certificate is not there");
            return;
        };
        judgement.name(&certificate);
        let bound = self.properties.as_ref().filter(|p| !p.certificate.is_empty());
        if let Some(properties) = bound {
            if properties.binds(&certificate) {
                judgement.report.level = Level::Bb;
            } else {
                let why = "the signature is bound to another certificate";
                judgement.open(SubIndication::NoSigningCertificateFound, why);
            }
        }
        match self.scheme.verify(certificate.public_key(), &self.message, &self.value) {
            Verdict::Right => {}
            Verdict::Wrong => judgement.failed(SubIndication::SigCryptoFailure, "the signature value is not right"),
            Verdict::Unsupported => {
                let why = "the signature algorithm cannot be checked";
                judgement.open(SubIndication::CryptoConstraintsFailure, why);
            }
        }
        if self.weak {
            judgement.open(SubIndication::CryptoConstraintsFailure, "SHA-1 is too weak");
        }
        let claimed = self.properties.as_ref().and_then(|p| p.signing_time);
        let stamps: Vec<(&[u8], &[u8])> = self.stamps.iter().map(|(t, c)| (t.as_slice(), c.as_slice())).collect();
        judgement.times(claimed, &stamps, evidence, None);
        judgement.certificate(&certificate, evidence);
    }

    /// The certificate that the signed properties name; without them, the one whose key fits.
    fn signer<'e>(&self, evidence: &'e Evidence<'_>) -> Option<&'e Certificate> {
        let named = self.properties.as_ref().filter(|p| !p.certificate.is_empty());
        let all = &evidence.certificates;
        let fits = |c: &&Certificate| self.scheme.verify(c.public_key(), &self.message, &self.value).is_right();
        match named {
            Some(properties) => all
                .iter()
                .find(|c| properties.binds(c))
                .or_else(|| all.iter().filter(|c| self.certificates.contains(c)).find(fits)),
            None => {
                let mut own = all.iter().filter(|c| self.certificates.contains(c));
                own.clone().find(fits).or_else(|| own.next())
            }
        }
    }
}

impl Properties {
    fn read(document: &Document, id: NodeId) -> Result<Properties, String> {
        let mut properties = Properties { signing_time: None, certificate: Vec::new() };
        let Some(signature) = document.optional(id, XADES, "SignedSignatureProperties")? else {
            return Ok(properties);
        };
        if let Some(time) = document.optional(signature, XADES, "SigningTime")? {
            let text = document.text(time)?;
            let at: jiff::Timestamp = text.parse().map_err(|_| format!("the signing time {text:?} does not read"))?;
            properties.signing_time = Some(Timestamp::from_micros(at.as_microsecond()));
        }
        for name in ["SigningCertificateV2", "SigningCertificate"] {
            let Some(list) = document.optional(signature, XADES, name)? else { continue };
            // The first is the signer's; those after it are the chain's.
            let Some((first, _)) = document.children(list).find(|(_, e)| e.is(XADES, "Cert")) else { continue };
            let digest = document.child(first, XADES, "CertDigest")?;
            let method = document.child(digest, DS, "DigestMethod")?;
            let algorithm = document.attribute(method, "Algorithm").unwrap_or_default();
            let hash = algorithm::digest(algorithm)
                .ok_or_else(|| format!("the digest algorithm {algorithm:?} is not accepted"))?;
            let value = decode(document.text(document.child(digest, DS, "DigestValue")?)?)?;
            properties.certificate.push((hash, value));
        }
        Ok(properties)
    }
    fn binds(&self, certificate: &Certificate) -> bool {
        self.certificate.iter().all(|(hash, digest)| hash.of(&[certificate.der()]) == *digest)
    }
}

/// The qualifying properties inside the signature; those of another signature are an error.
fn qualifying(document: &Document, signature: NodeId) -> Result<Option<NodeId>, String> {
    let objects = document.children(signature).filter(|(_, e)| e.is(DS, "Object")).map(|(id, _)| id);
    let mut found = Vec::new();
    for object in objects {
        found.extend(document.children(object).filter(|(_, e)| e.is(XADES, "QualifyingProperties")).map(|(id, _)| id));
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => {
            let target = document.attribute(*one, "Target").and_then(|t| t.strip_prefix('#'));
            let own = document.element(signature).is_some_and(|e| target.is_some_and(|t| e.ids().any(|id| id == t)));
            if own { Ok(Some(*one)) } else { Err("the qualifying properties are those of another signature".into()) }
        }
        _ => Err("qualifying properties stand twice".into()),
    }
}

/// Every id that is signed is asked for once; here it is asked whether that is the document that a reader sees.
fn coverage(document: &Document, signature: NodeId, references: &[Reference]) -> Result<Coverage, String> {
    let data: Vec<&Reference> = references.iter().filter(|r| !r.is_properties).collect();
    if data.is_empty() {
        return Err("nothing but the signature's own properties is signed".into());
    }
    let root = document.root;
    let whole = |r: &&Reference| matches!(r.target, Target::Document) || r.target == Target::Element(root);
    // A root that is the signature itself holds what is signed in its objects, or beside.
    let enveloping = root == signature && {
        let objects: Vec<NodeId> =
            document.children(signature).filter(|(_, e)| e.is(DS, "Object")).map(|(id, _)| id).collect();
        let own = |id: NodeId| document.children(id).any(|(_, e)| e.is(XADES, "QualifyingProperties"));
        let signed = |id: &NodeId| data.iter().any(|r| r.target == Target::Element(*id));
        let beside = data.iter().any(|r| r.target == Target::Beside);
        let held: Vec<NodeId> = objects.into_iter().filter(|id| !own(*id)).collect();
        held.iter().all(signed) && (beside || !held.is_empty())
    };
    if data.iter().any(whole) || enveloping {
        return Ok(Coverage::Whole);
    }
    let part = data.iter().find_map(|r| match r.target {
        Target::Element(id) => document.element(id).map(|e| e.local.clone()),
        _ => None,
    });
    Ok(Coverage::Part(match part {
        Some(name) => {
            format!("only the element {name} is signed: what stands around it may have been put there by anyone")
        }
        None => "the document in which the signature stands is not signed".to_owned(),
    }))
}

fn canonical(document: &Document, id: NodeId, form: &Form) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    canonicalize(document, Some(id), &|_| false, form, &mut |part| out.extend_from_slice(part))?;
    Ok(out)
}

fn unsigned(document: &Document, qualifying: Option<NodeId>) -> Option<NodeId> {
    let unsigned = document.optional(qualifying?, XADES, "UnsignedProperties").ok()??;
    document.optional(unsigned, XADES, "UnsignedSignatureProperties").ok()?
}

/// Time stamp tokens over the signature value, each with the bytes that it must cover.
fn stamps(document: &Document, qualifying: Option<NodeId>, value: NodeId) -> Result<Vec<Stamp>, String> {
    let Some(unsigned) = unsigned(document, qualifying) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (id, _) in document.children(unsigned).filter(|(_, e)| e.is(XADES, "SignatureTimeStamp")) {
        let form = match document.optional(id, DS, "CanonicalizationMethod")? {
            Some(method) => canonical_form(document, method)?,
            None => Form { exclusive: false, ..Form::exclusive() },
        };
        let token = decode(document.text(document.child(id, XADES, "EncapsulatedTimeStamp")?)?)?;
        found.push((token, canonical(document, value, &form)?));
    }
    Ok(found)
}

fn certificates(document: &Document, signature: NodeId) -> Result<Vec<Certificate>, String> {
    let Some(info) = document.optional(signature, DS, "KeyInfo")? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (data, _) in document.children(info).filter(|(_, e)| e.is(DS, "X509Data")) {
        for (id, _) in document.children(data).filter(|(_, e)| e.is(DS, "X509Certificate")) {
            let der = decode(document.text(id)?)?;
            found.push(Certificate::parse(&der).map_err(|e| e.to_string())?);
        }
    }
    Ok(found)
}

/// Certificates, lists and answers for the long term (EN 319 132-1, 5.4); what does not read is passed over.
fn kept(document: &Document, qualifying: Option<NodeId>) -> (Vec<Certificate>, Vec<Crl>, Vec<ocsp::Response>) {
    let (mut certificates, mut crls, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let Some(unsigned) = unsigned(document, qualifying) else { return (certificates, crls, answers) };
    for (id, element) in document.elements().filter(|(_, e)| e.local.starts_with("Encapsulated")) {
        let known = [XADES, XADES_141].contains(&element.namespace.as_deref().unwrap_or_default());
        if !known || !document.is_within(id, unsigned) {
            continue;
        }
        let Some(der) = document.text(id).ok().and_then(|text| decode(text).ok()) else { continue };
        match element.local.as_str() {
            "EncapsulatedX509Certificate" => certificates.extend(Certificate::parse(&der)),
            "EncapsulatedCRLValue" => crls.extend(Crl::parse(&der)),
            "EncapsulatedOCSPValue" => answers.extend(ocsp::Response::parse(&der)),
            _ => {}
        }
    }
    (certificates, crls, answers)
}
