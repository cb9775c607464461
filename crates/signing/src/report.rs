//! What a validation found, as EN 319 102-1 names it; written as JSON by the command line and the API.

use kernel::Timestamp;
use pki::Certificate;
use serde::{Serialize, Serializer};

/// The level of a signature (EN 319 142-1, EN 319 122-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// A bare CMS signature without a bound certificate.
    #[serde(rename = "PKCS7")]
    Bare,
    /// A signature with its certificate bound.
    #[serde(rename = "B-B")]
    Bb,
    /// With a trusted time stamp over it.
    #[serde(rename = "B-T")]
    Bt,
    /// With the certificates and revocation lists needed to validate it later.
    #[serde(rename = "B-LT")]
    Blt,
    /// With an archive time stamp over all of that.
    #[serde(rename = "B-LTA")]
    Blta,
    /// No signature of a person or body, but a time stamp over the document.
    #[serde(rename = "DocTimeStamp")]
    DocumentTimeStamp,
}

/// The answer in three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Indication {
    /// Everything was checked and is right.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// It is certainly not a valid signature.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
    /// What is known does not decide.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
}

/// Why it is not TOTAL-PASSED (EN 319 102-1, table 4 to 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubIndication {
    /// The signature does not read, or its byte range is wrong, or what followed it is not allowed.
    FormatFailure,
    /// The signed bytes have changed.
    HashFailure,
    /// The signature value does not fit key and content.
    SigCryptoFailure,
    /// Revoked, and the signature is not shown to be older.
    RevokedNoPoe,
    /// Revoked before it signed.
    Revoked,
    /// Expired, and the signature is not shown to be older.
    OutOfBoundsNoPoe,
    /// Signed before or after the validity of the certificate.
    OutOfBoundsNotRevoked,
    /// Not valid yet.
    NotYetValid,
    /// The certificate is not in the file.
    NoSigningCertificateFound,
    /// No path to a trusted root.
    NoCertificateChainFound,
    /// A path, but it breaks a rule.
    CertificateChainGeneralFailure,
    /// The certificate is not for signatures on documents, or not the one that was bound.
    SigConstraintsFailure,
    /// An algorithm or key that is too weak or not known.
    CryptoConstraintsFailure,
    /// The revocation status is not known.
    TryLater,
    /// The bytes over which it is are not there.
    SignedDataNotFound,
}

/// The bytes under the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Unchanged since they were signed.
    Intact,
    /// Changed.
    Broken,
    /// It could not be found out.
    Unknown,
}

/// What came into the file after the signature; the larger, the more suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changes {
    /// Nothing: the signature covers the whole file.
    None,
    /// Evidence for long-term validation and time stamps only.
    Evidence,
    /// Fields were filled in, or signatures added.
    FormFill,
    /// Annotations were added, changed or removed.
    Annotation,
    /// Pages or what they show.
    Content,
    /// Something that a reader may not show, or that cannot be told apart from an attack.
    Hidden,
}

/// Who signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Full name, or the name of a body.
    pub name: String,
    /// Position (chức vụ).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Body (cơ quan).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The serial number in the subject: the internal id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who issued the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// Where the time of signing comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// A time stamp of a trusted authority.
    TimeStamp,
    /// The signer's own statement.
    Claimed,
    /// There is none.
    None,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignatureReport {
    /// The field in the PDF file; empty for a signature beside a file.
    pub field: String,
    /// Who signed.
    pub signer: Party,
    /// The signer's certificate, when it was found.
    #[serde(skip)]
    pub certificate: Option<Certificate>,
    /// The level that was found.
    pub level: Level,
    /// When, in ISO 8601 with Viet Nam's offset.
    #[serde(serialize_with = "iso")]
    pub signing_time: Option<Timestamp>,
    /// Who says so.
    pub time_source: TimeSource,
    /// The answer.
    pub indication: Indication,
    /// Why not TOTAL-PASSED.
    pub sub_indication: Option<SubIndication>,
    /// The bytes under the signature.
    pub integrity: Integrity,
    /// The signature covers the file up to its end.
    pub covers_whole_document: bool,
    /// What came after it.
    pub changes_after: Changes,
    /// The changes are such as the signature allows.
    pub changes_allowed: bool,
    /// Each thing that was found, in plain words.
    pub reasons: Vec<String>,
}

impl SignatureReport {
    /// What came after the signature is worth saying: not of one that is broken in itself and had no successor.
    pub fn says_of_changes(&self) -> bool {
        self.indication != Indication::TotalFailed || self.changes_after != Changes::None
    }
}

/// All signatures of one file, in the order in which they were made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Why the file could not be read at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The signatures.
    pub signatures: Vec<SignatureReport>,
}

impl Report {
    /// The file could not be read at all.
    pub(crate) fn failed(why: impl Into<String>) -> Report {
        Report { error: Some(why.into()), signatures: Vec::new() }
    }
    /// There is at least one signature, every one is TOTAL-PASSED, and the last covers the whole file.
    pub fn is_all_passed(&self) -> bool {
        let passed = self.signatures.iter().all(|s| s.indication == Indication::TotalPassed);
        passed && self.signatures.last().is_some_and(|s| s.covers_whole_document)
    }
}

fn iso<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::iso_local).serialize(serializer)
}
