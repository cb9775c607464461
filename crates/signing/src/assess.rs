//! The judgement of one signature: the building blocks of EN 319 102-1, 5.2, from the message to the indication.

use crate::report::{Indication, Integrity, Level, Party, SignatureReport, SubIndication, TimeSource};
use kernel::Timestamp;
use pki::{
    Certificate, Crl, Hash, KeyUsage, TrustAnchors, Verdict,
    cms::{SignedData, SignerInfo},
    ocsp, oid,
    path::{self, Material, Options, PathError, StatusRule},
    time_stamp::TimeStampToken,
};

/// What a validation trusts and knows beside the file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The roots.
    pub anchors: TrustAnchors,
    /// Certificates that may complete a path.
    pub certificates: Vec<Certificate>,
    /// Revocation lists.
    pub crls: Vec<Crl>,
}

impl Trust {
    /// With these roots, and nothing else.
    pub fn new(roots: Vec<Certificate>) -> Trust {
        Trust { anchors: TrustAnchors::new(roots), ..Trust::default() }
    }
    /// With further revocation lists.
    #[must_use]
    pub fn with_more_crls(mut self, crls: Vec<Crl>) -> Trust {
        self.crls.extend(crls);
        self
    }
    /// With all that another trusts and knows.
    #[must_use]
    pub fn and(mut self, other: &Trust) -> Trust {
        self.anchors = TrustAnchors::new([self.anchors.certificates(), other.anchors.certificates()].concat());
        self.certificates.extend_from_slice(&other.certificates);
        self.crls.extend_from_slice(&other.crls);
        self
    }
    /// With these revocation lists.
    #[must_use]
    pub fn with_crls(mut self, crls: Vec<Crl>) -> Trust {
        self.crls = crls;
        self
    }
}

/// Everything that may help with one file: what is trusted, and what lies in the file itself.
#[derive(Clone)]
pub(crate) struct Evidence<'a> {
    pub trust: &'a Trust,
    pub certificates: Vec<Certificate>,
    pub crls: Vec<Crl>,
    pub answers: Vec<ocsp::Response>,
    /// The time of validation.
    pub at: Timestamp,
    /// The file has a store of evidence.
    pub stored: bool,
    /// How many certificates, lists and answers there were before anything was fetched.
    pub own: Option<[usize; 3]>,
}

impl<'a> Evidence<'a> {
    pub fn new(trust: &'a Trust, at: Timestamp) -> Evidence<'a> {
        let (certificates, crls) = (trust.certificates.clone(), trust.crls.clone());
        Evidence { trust, certificates, crls, answers: Vec::new(), at, stored: false, own: None }
    }
    /// With what a message carries. What is known already is not taken again, so that verdicts on it are kept.
    pub fn add(&mut self, message: &SignedData) {
        self.add_all(&message.certificates, &message.crls, &message.answers);
    }
    /// The same, and what its time stamps carry.
    pub fn add_with_stamps(&mut self, message: &SignedData) {
        self.add(message);
        for token in message.signers.iter().flat_map(SignerInfo::time_stamps) {
            self.add_stamp(token);
        }
    }
    /// With what a time stamp carries.
    pub fn add_stamp(&mut self, token: &[u8]) {
        if let Ok(token) = TimeStampToken::parse_knowing(token, &self.certificates) {
            self.add(&token.message);
        }
    }
    /// With more certificates, lists and status answers.
    pub fn add_all(&mut self, certificates: &[Certificate], crls: &[Crl], answers: &[ocsp::Response]) {
        for answer in answers {
            if !self.answers.contains(answer) {
                self.answers.push(answer.clone());
            }
        }
        for certificate in certificates {
            if !self.certificates.contains(certificate) {
                self.certificates.push(certificate.clone());
            }
        }
        for crl in crls {
            if !self.crls.contains(crl) {
                self.crls.push(crl.clone());
            }
        }
    }
    fn path(&self, certificate: &Certificate, at: Timestamp) -> Result<(), PathError> {
        self.path_with(certificate, &Options::at(at))
    }
    fn path_with(&self, certificate: &Certificate, options: &Options) -> Result<(), PathError> {
        let (certificates, crls, answers) = (&self.certificates, &self.crls, &self.answers);
        let material = Material { anchors: &self.trust.anchors, certificates, crls, answers };
        path::find(certificate, material, options).map(|_| ())
    }
    /// The status of every certificate of the path is known at a time, without what was fetched.
    fn is_complete(&self, certificate: &Certificate, at: Timestamp) -> bool {
        let [certificates, crls, answers] =
            self.own.unwrap_or([self.certificates.len(), self.crls.len(), self.answers.len()]);
        let material = Material {
            anchors: &self.trust.anchors,
            certificates: &self.certificates[..certificates],
            crls: &self.crls[..crls],
            answers: &self.answers[..answers],
        };
        let options = Options { status: StatusRule::Required, ..Options::at(at) };
        path::find(certificate, material, &options).is_ok()
    }
    /// Reads a time stamp and looks for its authority. To be asked once for each, since that checks a signature.
    pub fn stamp(&self, token: &[u8]) -> Result<Stamp, StampFault> {
        let token = TimeStampToken::parse_knowing(token, &self.certificates)
            .map_err(|e| StampFault::broken(format!("the time stamp does not read: {e}")))?;
        let authority = token.signer(&self.certificates).cloned();
        Ok(Stamp { token, authority })
    }
    /// The time that a stamp proves, when its authority is trusted and it covers these bytes.
    ///
    /// The authority's path must be valid at `as_of`: now, or when a later time stamp shows that the stamp existed.
    pub fn proven_time(
        &self,
        Stamp { token, authority }: &Stamp,
        digest: &mut dyn FnMut(Hash) -> Vec<u8>,
        as_of: Timestamp,
    ) -> Result<Timestamp, StampFault> {
        let broken = StampFault::broken;
        if digest(token.info.hash) != token.info.imprint {
            return Err(broken("the time stamp is over something else"));
        }
        let mut known = self.clone();
        known.add(&token.message);
        if token.message.unreadable > 0 || damaged(&token.message, &known) {
            return Err(broken("a certificate in the time stamp is damaged"));
        }
        let authority = authority.as_ref().ok_or_else(|| broken("the signature of the time stamp is not valid"))?;
        if !authority.is_valid_at(token.info.at) {
            return Err(broken("the time stamp was made outside the validity of its authority's certificate"));
        }
        known.path(authority, as_of).map_err(|error| StampFault {
            broken: false,
            reason: format!("the time stamp authority is not trusted: {error}"),
        })?;
        Ok(token.info.at)
    }
}

/// A time stamp that was read.
pub(crate) struct Stamp {
    pub token: TimeStampToken,
    /// Whose it is; nobody's when its signature is not right.
    pub authority: Option<Certificate>,
}

/// Why a time stamp proves nothing.
pub(crate) struct StampFault {
    /// It is damaged or forged, not merely unknown.
    pub broken: bool,
    /// In words.
    pub reason: String,
}

impl StampFault {
    fn broken(reason: impl Into<String>) -> StampFault {
        StampFault { broken: true, reason: reason.into() }
    }
}

/// A judgement in the making.
pub(crate) struct Judgement {
    pub report: SignatureReport,
    /// A valid time stamp over the whole document covers the signature (EN 319 142-1, 6.3: that makes level B-T too).
    pub stamped: bool,
}

impl Judgement {
    pub fn new(field: &str) -> Judgement {
        Judgement {
            stamped: false,
            report: SignatureReport {
                field: field.to_owned(),
                signer: Party::default(),
                certificate: None,
                level: Level::Bare,
                signing_time: None,
                time_source: TimeSource::None,
                indication: Indication::TotalPassed,
                sub_indication: None,
                integrity: Integrity::Unknown,
                covers_whole_document: false,
                changes_after: crate::report::Changes::None,
                changes_allowed: true,
                reasons: Vec::new(),
            },
        }
    }
    /// Says who signed.
    pub fn name(&mut self, certificate: &Certificate) {
        self.report.signer = party(certificate);
        self.report.certificate = Some(certificate.clone());
    }
    /// Notes a finding; a worse indication replaces a better one, the first of equals stays.
    pub fn note(&mut self, indication: Indication, sub: SubIndication, reason: impl Into<String>) {
        let rank = |i: Indication| match i {
            Indication::TotalPassed => 0,
            Indication::Indeterminate => 1,
            Indication::TotalFailed => 2,
        };
        self.report.reasons.push(reason.into());
        if rank(indication) > rank(self.report.indication) {
            self.report.indication = indication;
            self.report.sub_indication = Some(sub);
        }
    }
    pub fn failed(&mut self, sub: SubIndication, reason: impl Into<String>) {
        self.note(Indication::TotalFailed, sub, reason);
    }
    pub fn open(&mut self, sub: SubIndication, reason: impl Into<String>) {
        self.note(Indication::Indeterminate, sub, reason);
    }

    /// Judges a message that must have exactly one signer; see [`Judgement::signer`].
    pub fn message(
        &mut self,
        message: &SignedData,
        digest: &mut dyn FnMut(Hash) -> Vec<u8>,
        content: Option<&[&[u8]]>,
        evidence: &Evidence<'_>,
        proof: Option<Timestamp>,
    ) {
        if message.signers.len() != 1 {
            self.failed(SubIndication::FormatFailure, "the signature does not have exactly one signer");
            return;
        }
        if message.content.is_some() {
            self.failed(SubIndication::FormatFailure, "the signature holds a content of its own");
            return;
        }
        self.signer(message, 0, digest, content, evidence, proof);
    }

    /// Judges one signer of a message over a content: its digest, and where it is in memory its bytes in pieces. `proof` is
    /// a time at which something else, such as a later time stamp over the whole file, shows that the signature existed.
    pub fn signer(
        &mut self,
        message: &SignedData,
        index: usize,
        digest: &mut dyn FnMut(Hash) -> Vec<u8>,
        content: Option<&[&[u8]]>,
        evidence: &Evidence<'_>,
        proof: Option<Timestamp>,
    ) {
        let Some(signer) = message.signers.get(index) else {
            self.failed(SubIndication::FormatFailure, "the signer is not there");
            return;
        };
        if message.unreadable > 0 || damaged(message, evidence) {
            self.open(SubIndication::CertificateChainGeneralFailure, "a certificate in the signature is damaged");
        }
        self.report.reasons.extend(stranger(message, evidence));
        let certificate = evidence.certificates.iter().find(|c| signer.id.names(c));
        let intact = signer.covers(&digest(signer.hash), oid::DATA);
        self.report.integrity = if intact { Integrity::Intact } else { Integrity::Broken };
        if !intact {
            self.failed(SubIndication::HashFailure, "the signed content has been changed");
        }
        let Some(certificate) = certificate else {
            self.open(SubIndication::NoSigningCertificateFound, "the signer's certificate is not there");
            return;
        };
        self.name(certificate);
        self.value(signer, certificate, content);
        let tokens: Vec<(&[u8], &[u8])> =
            signer.time_stamps().into_iter().map(|token| (token, signer.signature.as_slice())).collect();
        self.times(signer.signing_time(), &tokens, evidence, proof);
        self.certificate(certificate, evidence);
    }

    /// The signature value, the binding of the certificate, the strength of the algorithms.
    fn value(&mut self, signer: &SignerInfo, certificate: &Certificate, content: Option<&[&[u8]]>) {
        match signer.binds(certificate) {
            Some(true) => self.report.level = Level::Bb,
            Some(false) => {
                self.open(SubIndication::NoSigningCertificateFound, "the signature is bound to another certificate");
            }
            None => {}
        }
        let whole = content.filter(|_| !signer.has_signed_attributes()).map(<[&[u8]]>::concat);
        if whole.as_deref().is_some_and(looks_like_attributes) {
            self.failed(
                SubIndication::FormatFailure,
                "the content has the form of signed attributes: a signature over \
                something else may have been moved here",
            );
        }
        match signer.verify(certificate, whole.as_deref()) {
            Verdict::Right => {
                if whole.is_some() {
                    self.report.integrity = Integrity::Intact;
                }
            }
            Verdict::Wrong => {
                if whole.is_some() {
                    self.report.integrity = Integrity::Broken;
                }
                self.failed(SubIndication::SigCryptoFailure, "the signature value is not right");
            }
            Verdict::Unsupported => {
                self.open(SubIndication::CryptoConstraintsFailure, "the signature algorithm cannot be checked");
            }
        }
        let weak = signer.hash.is_weak() || signer.scheme().is_ok_and(|s| s.hash().is_weak());
        if weak {
            self.open(SubIndication::CryptoConstraintsFailure, "SHA-1 is too weak");
        }
    }

    /// What is odd about a time stamp without making it worthless.
    pub fn stamp(&mut self, stamp: &Stamp, evidence: &Evidence<'_>) {
        self.report.reasons.extend(stranger(&stamp.token.message, evidence));
    }

    /// The best time at which the signature is known to have existed. Each token comes with the bytes that it must cover.
    pub fn times(
        &mut self,
        claimed: Option<Timestamp>,
        tokens: &[(&[u8], &[u8])],
        evidence: &Evidence<'_>,
        proof: Option<Timestamp>,
    ) {
        if self.report.signing_time.is_none() {
            self.report.signing_time = claimed;
        }
        if self.report.signing_time.is_some() {
            self.report.time_source = TimeSource::Claimed;
        }
        let mut best: Option<Timestamp> = None;
        for (token, covered) in tokens {
            let proven = evidence.stamp(token).and_then(|stamp| {
                self.stamp(&stamp, evidence);
                evidence.proven_time(&stamp, &mut |hash| hash.of(&[covered]), proof.unwrap_or(evidence.at))
            });
            match proven {
                Ok(time) => best = Some(best.map_or(time, |b| b.min(time))),
                Err(fault) if fault.broken => self.open(SubIndication::SigConstraintsFailure, fault.reason),
                Err(fault) => self.report.reasons.push(fault.reason),
            }
        }
        if (best.is_some() || self.stamped) && self.report.level == Level::Bb {
            self.report.level = Level::Bt;
        }
        let best = best.into_iter().chain(proof).min();
        if let Some(time) = best {
            self.report.signing_time = Some(time);
            self.report.time_source = TimeSource::TimeStamp;
        }
    }

    /// The certificate: its use, its path at the proven time, or now when no time is proven.
    pub fn certificate(&mut self, certificate: &Certificate, evidence: &Evidence<'_>) {
        let uses = KeyUsage::CONTENT_COMMITMENT | KeyUsage::DIGITAL_SIGNATURE;
        if certificate.extensions().key_usage.is_some_and(|usage| !usage.allows(uses)) {
            self.open(SubIndication::SigConstraintsFailure, "the certificate is not for signatures on documents");
        } else if !certificate.is_for_documents() {
            self.open(
                SubIndication::SigConstraintsFailure,
                "the certificate is for other uses than signatures on documents",
            );
        }
        let proven = match self.report.time_source {
            TimeSource::TimeStamp => self.report.signing_time,
            TimeSource::Claimed | TimeSource::None => None,
        };
        let at = proven.unwrap_or(evidence.at);
        let Err(error) = evidence.path(certificate, at) else {
            let kept = evidence.stored && self.report.level == Level::Bt;
            if kept && evidence.is_complete(certificate, at) {
                self.report.level = Level::Blt;
            }
            return;
        };
        let sub = match (&error, proven) {
            (PathError::Expired(_), None) => SubIndication::OutOfBoundsNoPoe,
            (PathError::Expired(_), Some(_)) => SubIndication::OutOfBoundsNotRevoked,
            (PathError::NotYetValid(_), None) => SubIndication::NotYetValid,
            (PathError::NotYetValid(_), Some(_)) => SubIndication::OutOfBoundsNotRevoked,
            (PathError::Revoked { .. }, None) => SubIndication::RevokedNoPoe,
            (PathError::Revoked { .. }, Some(_)) => SubIndication::Revoked,
            (PathError::NoPath(_), _) => SubIndication::NoCertificateChainFound,
            (PathError::StatusUnknown(_), _) => SubIndication::TryLater,
            (PathError::Algorithm(_), _) => SubIndication::CryptoConstraintsFailure,
            (PathError::BadSignature(_) | PathError::Rule { .. }, _) => SubIndication::CertificateChainGeneralFailure,
        };
        self.open(sub, error.to_string());
    }
}

/// The bytes read as signed attributes with a message digest: without signed attributes of its own, a signature over them
/// could have been made for another content (RFC 5652, 11.4 and its errata; RFC 8933).
fn looks_like_attributes(content: &[u8]) -> bool {
    use pki::asn1::{Reader, tag};
    let Ok(set) = Reader::only(content, tag::SET, "content") else { return false };
    let mut attributes = set.open("content");
    while let Ok(mut attribute) = attributes.sequence() {
        if attribute.oid() == Ok(oid::MESSAGE_DIGEST) {
            return true;
        }
    }
    false
}

/// A certificate inside does not carry the signature of the issuer that is known by its key identifier, or without one by
/// its name. It may not be needed, but somebody has changed it.
fn damaged(message: &SignedData, evidence: &Evidence<'_>) -> bool {
    let known = || evidence.certificates.iter().chain(evidence.trust.anchors.certificates());
    message.certificates.iter().any(|certificate| {
        // The one that is known has been checked before.
        let certificate = known().find(|c| *c == certificate).unwrap_or(certificate);
        let wanted = certificate.extensions().authority_key_id.as_ref().and_then(|id| id.key.as_ref());
        let mut issuers = known().filter(|c| match wanted {
            Some(_) => c.extensions().subject_key_id.as_ref() == wanted,
            None => c.subject() == certificate.issuer(),
        });
        let mut any = false;
        let right = issuers.any(|issuer| {
            any = true;
            certificate.verify_with(issuer.public_key()) != Verdict::Wrong
        });
        any && !right
    })
}

/// A certificate inside names an issuer by a key identifier that nobody has: it may be of no use here, or somebody has
/// changed it. Whatever it is, it is not needed, so that it is only said.
fn stranger(message: &SignedData, evidence: &Evidence<'_>) -> Option<String> {
    let known = || evidence.certificates.iter().chain(evidence.trust.anchors.certificates());
    let has_issuer = |certificate: &&Certificate| {
        let wanted = certificate.extensions().authority_key_id.as_ref().and_then(|id| id.key.as_ref());
        wanted.is_none() || known().any(|c| c.extensions().subject_key_id.as_ref() == wanted)
    };
    let found = message.certificates.iter().find(|c| !c.is_self_issued() && !has_issuer(c))?;
    Some(format!("nobody is known who issued the certificate of {} that lies beside the signature", found.subject()))
}

/// Who a certificate is for, in the words of a report.
fn party(certificate: &Certificate) -> Party {
    let subject = certificate.subject();
    let get = |kind| subject.get(kind).map(str::to_owned);
    let issuer = certificate.issuer();
    Party {
        name: get(oid::COMMON_NAME).unwrap_or_else(|| subject.to_string()),
        position: get(oid::TITLE),
        body: get(oid::ORGANIZATION),
        id: get(oid::SERIAL_NUMBER),
        issuer: Some(issuer.get(oid::COMMON_NAME).map_or_else(|| issuer.to_string(), str::to_owned)),
    }
}
