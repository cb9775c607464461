//! The acts of the internal authority itself: what it asked a root that is kept apart, and the lists that came back.

use kernel::{ActBody, Digest, Resource, StreamId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

act! {
    /// A key for the issuing authority was made, and its request was written for the root that is kept apart. Private:
    /// [`super::SealedKey`], when the key is kept here.
    "authority.requested" AuthorityRequested {
        /// SHA-256 of the public key (SubjectPublicKeyInfo): what is read aloud at the ceremony.
        key: Digest,
        /// The request (PKCS #10), DER in base64.
        request: String,
        /// The label of the key, when it is on a token.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    }
}
act! {
    /// A revocation list of the root that is kept apart was entered; it is published from now on.
    "authority.list_entered" RootListEntered {
        /// Its number, in hexadecimal.
        number: String,
        /// The list, DER in base64.
        list: String,
        /// When the next one is due.
        until: Timestamp,
        /// How many certificates it names.
        entries: i64,
    }
}

/// `authority:<SHA-256 of the key>`.
pub fn authority_stream(key: &Digest) -> StreamId {
    StreamId::new("authority", key.to_string())
}
/// `authority:root-list`: every list of the root, one after the other.
pub fn root_list_stream() -> StreamId {
    StreamId::new("authority", "root-list")
}
/// The authority as the policies see it.
pub fn authority_resource() -> Resource {
    Resource::new("Certificate", "authority", json!({"grade": 0}))
}
