//! The tables of the directory, as pure folds of its acts.

mod access;
mod authority;
mod certificates;
mod delegations;
mod devices;
mod feeds;
mod people;

pub use access::{Access, CREDENTIAL, CREDENTIAL_SECRET, LOGIN, SESSION};
pub use authority::{AUTHORITY_LIST, AUTHORITY_REQUEST, Authorities};
pub use certificates::{
    CERTIFICATE, Certificates, ENROLMENT, ENROLMENT_LINE, Enrolments, INDICATOR, Indicators, TRUST_ANCHOR, TrustAnchors,
};
pub use delegations::{DELEGATION, Delegations};
pub use devices::{ACME_NAME, ACME_ORDER, DEVICE, Devices};
pub use feeds::{CALENDAR_FEED, Feeds};
pub use people::{ASSIGNMENT, BODY, KEPT_REGIME, PERSON, PERSON_PRIVATE, PeopleAndBodies};

use kernel::{Act, ActBody, Problem};

/// The content of an act whose kind has been matched already.
fn read<B: ActBody>(act: &Act) -> Result<B, Problem> {
    B::deserialize(&act.body).map_err(|why| {
        Problem::fault(format!("act {}/{} of kind {} does not read: {why}", act.stream, act.version, act.kind))
    })
}

/// One text of the private part, if it has not been erased.
fn private_text(act: &Act, field: &str) -> Option<String> {
    act.private.as_ref()?.get(field)?.as_str().map(str::to_owned)
}
