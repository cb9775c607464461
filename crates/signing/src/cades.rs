//! CAdES signatures beside any bytes (EN 319 122-1): ballots, packages, attachments.

use crate::{
    assess::{Evidence, Judgement, Trust},
    error::SignError,
    report::{Level, SignatureReport, SubIndication},
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
    let hash = signer.scheme().hash();
    let time = attribute(oid::SIGNING_TIME, &asn1::x509_time(at));
    let (cms, warning) = signed_message(signer, hash, &hash.of(&[content]), vec![time], stamper)?;
    let level = if stamper.is_some() && warning.is_none() { Level::Bt } else { Level::Bb };
    Ok(Detached { cms, level, warnings: warning.into_iter().collect() })
}

/// Judges a signature beside bytes.
pub fn verify_detached(content: &[u8], cms: &[u8], trust: &Trust, at: Timestamp) -> SignatureReport {
    let mut judgement = Judgement::new("");
    judgement.report.covers_whole_document = true;
    match SignedData::parse(cms) {
        Ok(message) => {
            let mut evidence = Evidence::new(trust, at);
            evidence.add(&message);
            judgement.message(&message, &[content], &evidence, None);
        }
        Err(error) => judgement.failed(SubIndication::FormatFailure, error.to_string()),
    }
    judgement.report
}
