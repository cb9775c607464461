//! The acts by which devices and servers come to certificates of their own (RFC 8555): admitted by the desk, enrolled by
//! themselves.

use crate::model::Basis;
use kernel::{ActBody, BodyId, Resource, StreamId, Timestamp};
use pki::Profile;
use serde::{Deserialize, Serialize};
use serde_json::json;

act! {
    /// The desk admitted a device or server: it may enrol by itself, once, for these names. Private:
    /// [`super::SealedKey`], which holds the secret that binds its account to this admission.
    "device.admitted" DeviceAdmitted {
        /// Which: the id of the stream, of its account, and of its secret.
        device: String,
        /// What it is called.
        name: String,
        /// The body that runs it.
        body: BodyId,
        /// The DNS names for which it may get certificates.
        names: Vec<String>,
        /// The network address at which it is asked whether it holds a name; absent: the one that the name resolves to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
        /// What its certificates are for.
        profile: Profile,
        /// No certificate of it counts longer.
        until: Timestamp,
        /// On what ground.
        basis: Basis,
    }
}
act! {
    /// An admission ended, and its certificates with it.
    "device.ended" DeviceEnded {
        /// Which.
        device: String,
        /// Why.
        reason: String,
    }
}
act! {
    /// A device opened its account with its own key, by the secret of its admission.
    "device.account_opened" DeviceAccountOpened {
        /// Which.
        device: String,
        /// The public key, as canonical JSON (RFC 7638).
        key: String,
        /// Its SHA-256, base64url.
        thumbprint: String,
    }
}
act! {
    /// A device changed the key of its account.
    "device.key_changed" DeviceKeyChanged {
        /// Which.
        device: String,
        /// The new public key, as canonical JSON (RFC 7638).
        key: String,
        /// Its SHA-256, base64url.
        thumbprint: String,
    }
}
act! {
    /// A device closed its account.
    "device.account_closed" DeviceAccountClosed {
        /// Which.
        device: String,
    }
}

/// A name that is asked for, and the word that is to be found under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedName {
    /// The DNS name.
    pub name: String,
    /// The word of its challenge: random, not secret.
    pub token: String,
}

act! {
    /// A device asked for a certificate.
    "acme_order.placed" AcmeOrderPlaced {
        /// Which order.
        order: String,
        /// Which device.
        device: String,
        /// For which names.
        names: Vec<OrderedName>,
        /// Until when the order can be filled.
        until: Timestamp,
    }
}
act! {
    /// A device showed that it holds a name of an order.
    "acme_order.name_proven" AcmeNameProven {
        /// Which order.
        order: String,
        /// Which of its names, from 0.
        place: i64,
        /// Where it was asked: an address and a port.
        at: String,
    }
}
act! {
    /// A device did not show that it holds a name of an order; the order is over.
    "acme_order.name_refused" AcmeNameRefused {
        /// Which order.
        order: String,
        /// Which of its names, from 0.
        place: i64,
        /// The kind of error: `dns`, `connection`, `incorrectResponse`.
        kind: String,
        /// In words.
        why: String,
    }
}
act! {
    /// An order was filled: in the same change as the certificate.
    "acme_order.filled" AcmeOrderFilled {
        /// Which order.
        order: String,
        /// The serial number of the certificate.
        serial: String,
    }
}

/// `device:<id>`.
pub fn device_stream(device: &str) -> StreamId {
    StreamId::new("device", device)
}
/// `acme-order:<id>`.
pub fn order_stream(order: &str) -> StreamId {
    StreamId::new("acme-order", order)
}
/// A device as the policies see one.
pub fn device_resource(device: &str, body: &BodyId) -> Resource {
    Resource::new("Device", device, json!({"grade": 0, "body": body}))
}
