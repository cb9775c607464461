//! Certification paths (RFC 5280, 6): found from a certificate to a trust anchor, and validated.

use crate::{
    certificate::Certificate,
    crl::{Crl, Reason},
    extension::KeyUsage,
    general_name::GeneralName,
    name::Name,
    oid,
};
use kernel::Timestamp;

/// Most certificates between a certificate and its anchor.
pub const MAX_LENGTH: usize = 12;
/// Most paths tried for one certificate, so that a hostile set of certificates costs a bounded time.
const MAX_TRIED: usize = 64;

/// The roots that are trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors(Vec<Certificate>);

impl TrustAnchors {
    /// These certificates are trusted, whatever signs them.
    pub fn new(certificates: Vec<Certificate>) -> TrustAnchors {
        TrustAnchors(certificates)
    }
    /// The trusted certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}

/// What a validation may use besides the certificate itself.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// Trusted roots.
    pub anchors: &'a TrustAnchors,
    /// Certificates that may lie between; not trusted.
    pub certificates: &'a [Certificate],
    /// Revocation lists; not trusted until their signature is checked.
    pub crls: &'a [Crl],
}

/// Whether an unknown revocation status is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRule {
    /// A certificate that no list covers is accepted.
    WhenKnown,
    /// Every certificate must be covered by a list that is in force.
    Required,
}

/// A path that is valid: the certificate first, the anchor last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The certificates.
    pub certificates: Vec<Certificate>,
}

/// Why there is no valid path. Every text names what it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No chain of issuers leads to an anchor.
    #[error("no path from {0} to a trusted root")]
    NoPath(Name),
    /// A signature in the path is wrong.
    #[error("the signature on the certificate of {0} is wrong")]
    BadSignature(Name),
    /// A signature in the path is of a kind that cannot be checked, or is too weak.
    #[error("the signature or the key of the certificate of {0} is of a kind that is not accepted")]
    Algorithm(Name),
    /// Not yet valid.
    #[error("the certificate of {0} is not valid yet")]
    NotYetValid(Name),
    /// No longer valid.
    #[error("the certificate of {0} has expired")]
    Expired(Name),
    /// Revoked.
    #[error("the certificate of {name} was revoked at {} ({reason:?})", at.iso_local())]
    Revoked {
        /// Whose.
        name: Name,
        /// From when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// The status is not known, and it had to be.
    #[error("no revocation list in force covers the certificate of {0}")]
    StatusUnknown(Name),
    /// A rule of RFC 5280 is broken.
    #[error("the certificate of {name}: {rule}")]
    Rule {
        /// Whose.
        name: Name,
        /// Which rule.
        rule: &'static str,
    },
}

/// Finds a valid path from a certificate to an anchor.
///
/// # Errors
/// The reason of the candidate that came furthest.
pub fn find(leaf: &Certificate, material: Material<'_>, at: Timestamp, status: StatusRule) -> Result<Path, PathError> {
    let mut search = Search { material, at, status, tried: 0, best: None };
    let mut path = vec![leaf.clone()];
    match search.extend(&mut path) {
        Some(path) => Ok(path),
        None => Err(search.best.unwrap_or_else(|| PathError::NoPath(leaf.subject().clone()))),
    }
}

struct Search<'a> {
    material: Material<'a>,
    at: Timestamp,
    status: StatusRule,
    tried: usize,
    best: Option<PathError>,
}

impl Search<'_> {
    fn extend(&mut self, path: &mut Vec<Certificate>) -> Option<Path> {
        let last = path.last()?.clone();
        let anchors = self.material.anchors.certificates();
        for anchor in anchors.iter().filter(|a| a.subject() == last.issuer() || **a == last) {
            self.tried += 1;
            if self.tried > MAX_TRIED {
                return None;
            }
            let mut whole = path.clone();
            if *anchor != last {
                whole.push(anchor.clone());
            }
            match validate(&whole, self.material.crls, self.at, self.status) {
                Ok(()) => return Some(Path { certificates: whole }),
                Err(error) => self.best = Some(error),
            }
        }
        if path.len() > MAX_LENGTH {
            return None;
        }
        let candidates = self.material.certificates;
        for next in candidates.iter().filter(|c| c.subject() == last.issuer()) {
            if path.contains(next) {
                continue;
            }
            path.push(next.clone());
            let found = self.extend(path);
            path.pop();
            if found.is_some() || self.tried > MAX_TRIED {
                return found;
            }
        }
        None
    }
}

/// Validates one path: the certificate first, the anchor last.
///
/// # Errors
/// The first rule that is broken, from the anchor downwards.
pub fn validate(path: &[Certificate], crls: &[Crl], at: Timestamp, status: StatusRule) -> Result<(), PathError> {
    let Some((anchor, below)) = path.split_last() else { return Ok(()) };
    let mut room: Option<u64> = anchor.extensions().basic_constraints.and_then(|b| b.path_length);
    let mut issuer = anchor;
    for (i, certificate) in below.iter().enumerate().rev() {
        let name = || certificate.subject().clone();
        let rule = |rule| PathError::Rule { name: name(), rule };
        let verdict = certificate.verify_with(issuer.public_key());
        match verdict {
            crate::Verdict::Right => {}
            crate::Verdict::Wrong => return Err(PathError::BadSignature(name())),
            crate::Verdict::Unsupported => return Err(PathError::Algorithm(name())),
        }
        if at < certificate.not_before() {
            return Err(PathError::NotYetValid(name()));
        }
        if at > certificate.not_after() {
            return Err(PathError::Expired(name()));
        }
        if certificate.issuer() != issuer.subject() {
            return Err(rule("its issuer is not the certificate above it"));
        }
        if certificate.extensions().unknown_critical().is_some() {
            return Err(rule("a critical extension that is not known"));
        }
        revocation(certificate, issuer, crls, at, status)?;
        if i > 0 {
            if !certificate.is_authority() {
                return Err(rule("it signs a certificate without being an authority"));
            }
            if !certificate.is_self_issued() {
                if room == Some(0) {
                    return Err(rule("the path is longer than an authority above it allows"));
                }
                room = room.map(|n| n - 1);
            }
            if let Some(limit) = certificate.extensions().basic_constraints.and_then(|b| b.path_length) {
                room = Some(room.map_or(limit, |n| n.min(limit)));
            }
        }
        names(certificate, &path[i + 1..], i == 0)?;
        issuer = certificate;
    }
    Ok(())
}

fn revocation(
    certificate: &Certificate,
    issuer: &Certificate,
    crls: &[Crl],
    at: Timestamp,
    rule: StatusRule,
) -> Result<(), PathError> {
    let mut known = false;
    for crl in crls.iter().filter(|c| c.issuer() == issuer.subject() && c.scope().is_none() && c.delta_base().is_none()) {
        let may_sign = issuer.extensions().key_usage.is_none_or(|u| u.allows(KeyUsage::CRLS));
        if crl.unknown_critical().is_some() || !may_sign || !crl.verify_with(issuer.public_key()).is_right() {
            continue;
        }
        if let Some(entry) = crl.find(certificate.issuer(), certificate.serial()) {
            if entry.at <= at {
                let name = certificate.subject().clone();
                return Err(PathError::Revoked { name, at: entry.at, reason: entry.reason });
            }
        }
        known |= crl.this_update() <= at && crl.next_update().is_none_or(|next| at <= next);
    }
    if known || rule == StatusRule::WhenKnown { Ok(()) } else { Err(PathError::StatusUnknown(certificate.subject().clone())) }
}

/// Name constraints of every authority above (RFC 5280, 6.1.4 g; self-issued intermediates are exempt, 6.1.3 b).
fn names(certificate: &Certificate, above: &[Certificate], is_leaf: bool) -> Result<(), PathError> {
    if above.iter().all(|c| c.extensions().name_constraints.is_none()) || (certificate.is_self_issued() && !is_leaf) {
        return Ok(());
    }
    let mut names: Vec<GeneralName> = certificate.extensions().subject_alt_names.clone().unwrap_or_default();
    if !certificate.subject().is_empty() {
        names.push(GeneralName::Directory(certificate.subject().clone()));
    }
    let addresses = certificate.subject().attributes().filter(|a| a.kind == oid::EMAIL_ADDRESS);
    names.extend(addresses.filter_map(|a| a.text.clone()).map(GeneralName::Email));
    for constraints in above.iter().filter_map(|c| c.extensions().name_constraints.as_ref()) {
        for name in &names {
            let same_form = |base: &&GeneralName| base.form() == name.form();
            let mut permitted = constraints.permitted.iter().filter(same_form).peekable();
            let allowed = permitted.peek().is_none() || permitted.any(|base| name.is_within(base) == Some(true));
            let mut excluded = constraints.excluded.iter().filter(same_form);
            if !allowed || excluded.any(|base| name.is_within(base) != Some(false)) {
                let name = certificate.subject().clone();
                return Err(PathError::Rule { name, rule: "a name that an authority above it does not allow" });
            }
        }
    }
    Ok(())
}
