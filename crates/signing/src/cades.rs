//! CAdES signatures over any bytes (EN 319 122-1): beside them (`.p7s`: ballots, packages, attachments) or around them
//! (`.p7m`).

use crate::{
    assess::{Evidence, Judgement, Trust},
    error::SignError,
    online::{self, Transport},
    report::{Level, Report, SignatureReport, SubIndication},
    signer::{Signer, TimeStamper, signed_message},
};
use kernel::Timestamp;
use pki::{
    asn1,
    cms::{SignedData, attribute},
    oid,
};

/// A signature beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The message: a DER ContentInfo, as `.p7s` files hold it.
    pub cms: Vec<u8>,
    /// The level that was reached.
    pub level: Level,
    /// What did not go as asked.
    pub warnings: Vec<String>,
}

/// Signs bytes; the signature stands beside them. The time is stated by the signer, and proved when there is a stamper.
///
/// # Errors
/// [`SignError::Key`] when the key does not sign.
pub fn sign_detached(
    content: &[u8],
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<Detached, SignError> {
    sign_digest(&signer.scheme().hash().of(&[content]), signer, at, stamper)
}

/// As [`sign_detached`], for content that is hashed elsewhere, such as a file too large for memory. The digest is that of
/// the signer's scheme.
///
/// # Errors
/// [`SignError::Key`] when the key does not sign; [`SignError::Request`] for a digest of another length.
pub fn sign_digest(
    digest: &[u8],
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<Detached, SignError> {
    message(digest, None, signer, at, stamper)
}

/// Signs bytes; the message holds them, as `.p7m` files do.
///
/// # Errors
/// [`SignError::Key`] when the key does not sign.
pub fn sign_attached(
    content: &[u8],
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<Detached, SignError> {
    let digest = signer.scheme().hash().of(&[content]);
    message(&digest, Some(content.to_vec()), signer, at, stamper)
}

fn message(
    digest: &[u8],
    content: Option<Vec<u8>>,
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<Detached, SignError> {
    let hash = signer.scheme().hash();
    if digest.len() != hash.of(&[]).len() {
        return Err(SignError::Request(format!("the digest has {} bytes, which is not {hash:?}", digest.len())));
    }
    let time = attribute(oid::SIGNING_TIME, &asn1::x509_time(at));
    let (cms, warning) = signed_message(signer, hash, digest, content, vec![time], stamper)?;
    let level = if stamper.is_some() && warning.is_none() { Level::Bt } else { Level::Bb };
    Ok(Detached { cms, level, warnings: warning.into_iter().collect() })
}

/// Judges a signature beside bytes that must have exactly one signer.
pub fn verify_detached(content: &[u8], cms: &[u8], trust: &Trust, at: Timestamp) -> SignatureReport {
    let mut judgement = Judgement::new("");
    judgement.report.covers_whole_document = true;
    match SignedData::parse(cms) {
        Ok(message) => {
            let mut evidence = Evidence::new(trust, at);
            evidence.add(&message);
            judgement.message(&message, &mut |hash| hash.of(&[content]), Some(&[content]), &evidence, None);
        }
        Err(error) => judgement.failed(SubIndication::FormatFailure, error.to_string()),
    }
    judgement.report
}

/// Where the content of a message is.
pub enum Content<'a> {
    /// In the message: it must be there.
    Attached,
    /// Beside it: bytes.
    Bytes(&'a [u8]),
    /// Beside it, hashed by a function that gives the digest with the algorithm that a signer names, or says why not.
    Hashed(&'a mut dyn FnMut(pki::Hash) -> Result<Vec<u8>, String>),
    /// Nowhere: the signers are named, and left open.
    Absent,
}

/// Judges every signer of a message; PEM is read too. A report without signatures carries the reason as its error.
pub fn verify(cms: &[u8], content: Content<'_>, trust: &Trust, at: Timestamp) -> Report {
    crate::validate::Validation::new(trust, at).cms(cms, content)
}

/// The content inside a message, whoever signed it; `None` when it stands elsewhere.
///
/// # Errors
/// When the message does not read.
pub fn content(cms: &[u8]) -> Result<Option<Vec<u8>>, pki::Error> {
    Ok(SignedData::parse(&unarmored(cms)?)?.content)
}

/// DER or BER as it is; the first block of a PEM text.
pub(crate) fn unarmored(cms: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, pki::Error> {
    let Some(text) = cms.starts_with(b"-----BEGIN ").then(|| std::str::from_utf8(cms).ok()).flatten() else {
        return Ok(cms.into());
    };
    for label in ["CMS", "PKCS7"] {
        if let Some(first) = pki::pem::decode(text, label)?.into_iter().next() {
            return Ok(first.into());
        }
    }
    Ok(cms.into())
}

/// Judges the signers of a message, each on its own.
pub(crate) fn judge(
    cms: &[u8],
    mut content: Content<'_>,
    mut evidence: Evidence<'_>,
    transport: Option<&dyn Transport>,
) -> Report {
    let read = unarmored(cms).and_then(|cms| {
        let used = asn1::length_of(&cms)?;
        Ok((SignedData::parse(&cms)?, cms[used..].iter().all(|b| *b == 0 || b.is_ascii_whitespace())))
    });
    let message = match read {
        Ok((message, true)) => message,
        Ok((_, false)) => return Report::failed("other bytes follow the message"),
        Err(error) => return Report::failed(error.to_string()),
    };
    if message.signers.is_empty() {
        return Report::failed("the message has no signers");
    }
    let inside = message.content.clone();
    let held: Option<&[u8]> = match (&content, &inside) {
        (Content::Attached, None) => {
            return Report::failed("the signed content is not in the message: name the file that it stands beside");
        }
        (Content::Attached, Some(inside)) => Some(inside),
        (Content::Bytes(bytes), None) => Some(bytes),
        (Content::Hashed(_) | Content::Absent, None) => None,
        (_, Some(_)) => return Report::failed("the message holds its own content, and another was given"),
    };
    evidence.add_with_stamps(&message);
    if let Some(transport) = transport {
        online::complete(&mut evidence, transport);
    }
    let judge = |index: usize| {
        let mut judgement = Judgement::new("");
        judgement.report.covers_whole_document = true;
        match (&mut content, held) {
            (_, Some(bytes)) => {
                judgement.signer(&message, index, &mut |hash| hash.of(&[bytes]), Some(&[bytes]), &evidence, None);
            }
            (Content::Hashed(digest), None) => {
                let mut why = None;
                let mut hashed = |hash| {
                    digest(hash).unwrap_or_else(|error| {
                        why = Some(error);
                        Vec::new()
                    })
                };
                judgement.signer(&message, index, &mut hashed, None, &evidence, None);
                if let Some(why) = why {
                    judgement.open(SubIndication::SignedDataNotFound, why);
                }
            }
            _ => {
                let id = &message.signers[index].id;
                let certificate = evidence.certificates.iter().find(|c| id.names(c));
                certificate.into_iter().for_each(|c| judgement.name(c));
                judgement.open(SubIndication::SignedDataNotFound, "the signed content is not there");
            }
        }
        judgement.report
    };
    Report { error: None, signatures: (0..message.signers.len()).map(judge).collect() }
}
