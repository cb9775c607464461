//! The acts of the certificate desk: how a certificate is asked for, comes, is held, suspended and taken back; which
//! other roots are trusted; which time stamps were given.

use super::Holder;
use crate::model::Basis;
use kernel::{ActBody, BodyId, Digest, PersonId, Resource, StreamId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

act! {
    /// A certificate that another authority issued was entered with its chain. Its key is elsewhere.
    "certificate.imported" CertificateImported {
        /// `imported-` and the beginning of the fingerprint: the id of the stream, for two issuers may use one number.
        serial: String,
        /// Whose.
        holder: Holder,
        /// The certificate, DER in base64.
        certificate: String,
        /// Those above it, DER in base64, up to the root or as far as they were given.
        chain: Vec<String>,
        /// SHA-256 of the DER.
        fingerprint: Digest,
        /// First instant of validity.
        from: Timestamp,
        /// Last instant of validity.
        until: Timestamp,
        /// On what ground.
        basis: Basis,
        /// The request that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enrolment: Option<String>,
    }
}
act! {
    /// A certificate was suspended, at once; it may be resumed.
    "certificate.suspended" CertificateSuspended {
        /// Serial number.
        serial: String,
        /// Whose.
        holder: Holder,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A suspended certificate counts again.
    "certificate.resumed" CertificateResumed {
        /// Serial number.
        serial: String,
        /// Whose.
        holder: Holder,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// A certificate and its means were handed to the holder, whose identity was checked.
    "certificate.delivered" CertificateDelivered {
        /// Serial number.
        serial: String,
        /// Whose.
        holder: Holder,
        /// How, and by which paper the holder was known.
        how: String,
    }
}
act! {
    /// The holder took the certificate into use.
    "certificate.activated" CertificateActivated {
        /// Serial number.
        serial: String,
        /// Whose.
        holder: Holder,
    }
}

/// Where the certificates of a request come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The internal authority issues them.
    Here,
    /// Another authority issues them; they are imported.
    Elsewhere,
}

impl Source {
    /// The code, as in acts and tables.
    pub fn code(self) -> &'static str {
        match self {
            Source::Here => "here",
            Source::Elsewhere => "elsewhere",
        }
    }
}

/// One person of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentLine {
    /// The line of the list, from 1.
    pub line: i64,
    /// Who.
    pub person: PersonId,
}

act! {
    /// The managing body asked for certificates for its people (Decree 68/2024: by a written request).
    "enrolment.requested" EnrolmentRequested {
        /// Which request.
        enrolment: String,
        /// The managing body.
        body: BodyId,
        /// Number and date of its letter.
        letter: String,
        /// From where.
        source: Source,
        /// Until when the certificates shall count.
        until: Timestamp,
        /// For whom.
        people: Vec<EnrolmentLine>,
        /// Who asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requested_by: Option<PersonId>,
    }
}
act! {
    /// The desk approved a request.
    "enrolment.approved" EnrolmentApproved {
        /// Which request.
        enrolment: String,
    }
}
act! {
    /// The desk refused a request.
    "enrolment.refused" EnrolmentRefused {
        /// Which request.
        enrolment: String,
        /// Why.
        reason: String,
    }
}
act! {
    /// The identity of people of a request was checked; certificates may be issued to them.
    "enrolment.identity_checked" IdentityChecked {
        /// Which request.
        enrolment: String,
        /// Whose.
        people: Vec<PersonId>,
        /// How.
        how: String,
    }
}
act! {
    /// Certificates were issued under a request: in the same change as these.
    "enrolment.progressed" EnrolmentProgressed {
        /// Which request.
        enrolment: String,
        /// To whom.
        people: Vec<PersonId>,
    }
}

act! {
    /// A root of others was proposed for the trust list by the first person, who compared its fingerprint.
    "trust.proposed" TrustProposed {
        /// SHA-256 of the certificate.
        fingerprint: Digest,
        /// What it is called here.
        name: String,
        /// The certificate, DER in base64.
        certificate: String,
        /// What signatures under it are believed for.
        purpose: String,
        /// Until when it is believed, at the latest the end of its validity.
        until: Timestamp,
        /// On what ground.
        basis: Basis,
        /// Who proposed it.
        proposed_by: PersonId,
    }
}
act! {
    /// The second person compared the fingerprint too: the root is trusted from now on.
    "trust.confirmed" TrustConfirmed {
        /// SHA-256 of the certificate.
        fingerprint: Digest,
    }
}
act! {
    /// A root is trusted no more.
    "trust.withdrawn" TrustWithdrawn {
        /// SHA-256 of the certificate.
        fingerprint: Digest,
        /// Why.
        reason: String,
    }
}

act! {
    /// A time stamp was given.
    "time_stamp.granted" TimeStampGranted {
        /// The serial number of the token, in lower-case hexadecimal.
        serial: String,
        /// The serial number of the certificate that signed it.
        by: String,
        /// The digest algorithm, by its object identifier.
        algorithm: String,
        /// The digest of what was stamped, in hexadecimal.
        imprint: String,
        /// The time that the token states.
        time: Timestamp,
    }
}

/// `enrolment:<id>`.
pub fn enrolment_stream(enrolment: &str) -> StreamId {
    StreamId::new("enrolment", enrolment)
}
/// `trust:<fingerprint>`.
pub fn trust_stream(fingerprint: &Digest) -> StreamId {
    StreamId::new("trust", fingerprint.to_string())
}
/// `time-stamps:<day>`: the time stamps of one day, so that no stream grows without end.
pub fn time_stamp_stream(at: Timestamp) -> StreamId {
    StreamId::new("time-stamps", at.day().to_string())
}

/// A request as the policies see one.
pub fn enrolment_resource(enrolment: &str, body: &BodyId, requested_by: Option<&PersonId>) -> Resource {
    let mut attrs = json!({"grade": 0, "body": body});
    if let Some(person) = requested_by {
        attrs["requested_by"] = json!(person);
    }
    Resource::new("Enrolment", enrolment, attrs)
}
/// A root of others as the policies see one.
pub fn trust_resource(fingerprint: &Digest, proposed_by: &PersonId) -> Resource {
    Resource::new("TrustAnchor", fingerprint.to_string(), json!({"grade": 0, "proposed_by": proposed_by}))
}
