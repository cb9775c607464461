//! Whether a response counts in a path: its responder, its time, its certificate.

use super::{Response, Status};
use crate::{
    certificate::Certificate,
    oid,
    path::{Options, PathError, Search},
};
use kernel::Timestamp;

/// How long an answer without nextUpdate counts: a responder that can be asked at any time was asked this lately.
const FRESH_SECONDS: i64 = 86_400;

/// What the responses in hand say about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing that counts.
    Nothing,
    /// Not revoked.
    Good,
    /// Its issuer's responder does not know it.
    Stranger,
}

/// Checks a certificate against the responses. `path` is the certificate's own path upwards, its issuer first.
///
/// # Errors
/// [`PathError::Revoked`].
pub(crate) fn check(
    certificate: &Certificate,
    path: &[Certificate],
    search: &mut Search<'_>,
) -> Result<Known, PathError> {
    let Some(issuer) = path.first() else { return Ok(Known::Nothing) };
    let mut known = Known::Nothing;
    let responses = search.material.answers;
    for response in responses {
        let about: Vec<_> = response.answers().iter().filter(|a| a.id.means(certificate, issuer)).collect();
        if about.is_empty() || !is_authorized(response, issuer, path.last(), search) {
            continue;
        }
        for answer in about {
            let at = search.options.at;
            match answer.status {
                // A revocation does not end, however old the answer is.
                Status::Revoked { at: from, reason } if from <= at => {
                    let name = certificate.subject().clone();
                    return Err(PathError::Revoked { name, at: from, reason });
                }
                _ if !is_current(answer.this_update, answer.next_update, &search.options) => {}
                Status::Good | Status::Revoked { .. } => known = Known::Good,
                Status::Unknown if known == Known::Nothing => known = Known::Stranger,
                Status::Unknown => {}
            }
        }
    }
    Ok(known)
}

fn is_current(this_update: Timestamp, next_update: Option<Timestamp>, options: &Options) -> bool {
    let begun = this_update <= options.at || options.later_lists;
    let until = next_update.unwrap_or_else(|| this_update.plus_seconds(FRESH_SECONDS));
    begun && options.at <= until
}

/// Signed by the issuer itself, or by a responder to which the issuer has given a certificate for just that
/// (RFC 6960, 4.2.2.2).
fn is_authorized(
    response: &Response,
    issuer: &Certificate,
    anchor: Option<&Certificate>,
    search: &mut Search<'_>,
) -> bool {
    if !search.options.accept_sha1 && response.scheme().is_ok_and(|s| s.hash().is_weak()) {
        return false;
    }
    if response.names(issuer) && response.verify_with(issuer.public_key()).is_right() {
        return true;
    }
    let known = search.material.certificates;
    let candidates: Vec<Certificate> = response.certificates().iter().chain(known).cloned().collect();
    candidates.into_iter().any(|responder| {
        let for_status =
            responder.extensions().extended_key_usage.as_ref().is_some_and(|uses| uses.contains(&oid::OCSP_SIGNING));
        let extensions = responder.extensions();
        let delegated = for_status
            && response.names(&responder)
            && responder.issuer() == issuer.subject()
            && extensions.unknown_critical().is_none()
            && responder.is_valid_at(response.produced_at())
            && (search.options.accept_sha1 || responder.scheme().is_ok_and(|s| !s.hash().is_weak()))
            && responder.verify_with(issuer.public_key()).is_right()
            && response.verify_with(responder.public_key()).is_right();
        // Without nocheck the responder's own status is asked like that of any other certificate.
        delegated && (extensions.get(oid::OCSP_NO_CHECK).is_some() || search.trusts(&responder, anchor))
    })
}
