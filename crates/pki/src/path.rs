//! Certification paths (RFC 5280, 6): found from a certificate to a trust anchor, and validated.

use crate::{
    certificate::Certificate,
    crl::{Crl, Reason},
    general_name::GeneralName,
    name::Name,
    ocsp::Response,
    oid,
    policy::Policies,
    profile, status,
};
use kernel::Timestamp;

pub use crate::policy::PolicyRules;

/// Most certificates between a certificate and its anchor.
pub const MAX_LENGTH: usize = 16;
/// Most paths validated for one question, those of list issuers included, so that a hostile set of certificates costs a
/// bounded time.
const MAX_TRIED: usize = 100;
/// How deeply a list's issuer may depend on another list's issuer.
const MAX_DEPTH: usize = 3;

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
    /// Answers about the status of certificates (OCSP); not trusted until their responder is checked.
    pub answers: &'a [Response],
}

/// Whether an unknown revocation status is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRule {
    /// A certificate that no list covers is accepted.
    WhenKnown,
    /// Every certificate must be covered by a list that is in force.
    Required,
}

/// How a path is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The time at which the path must be valid.
    pub at: Timestamp,
    /// Whether an unknown revocation status is accepted.
    pub status: StatusRule,
    /// Lists issued after that time count too: they know more. For questions about the past.
    pub later_lists: bool,
    /// Demands on policies.
    pub policies: PolicyRules,
    /// Most authorities between the certificate and the anchor that are not self-issued.
    pub max_intermediates: Option<usize>,
    /// What RFC 5280 demands of those who issue certificates is demanded here too, such as extensions that must not be
    /// critical, and the anchor must be valid itself.
    pub strict: bool,
    /// Signatures with SHA-1 are accepted; only to run old test suites.
    pub accept_sha1: bool,
}

impl Options {
    /// Valid at this time; lists count where there are any.
    pub fn at(at: Timestamp) -> Options {
        Options {
            at,
            status: StatusRule::WhenKnown,
            later_lists: true,
            policies: PolicyRules::default(),
            max_intermediates: None,
            strict: false,
            accept_sha1: false,
        }
    }
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
    #[error("no revocation list or status answer in force covers the certificate of {0}")]
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
/// The reason of the last candidate, or [`PathError::NoPath`] when there is none.
pub fn find(leaf: &Certificate, material: Material<'_>, options: &Options) -> Result<Path, PathError> {
    let mut search = Search { material, options: options.clone(), tried: 0, best: None, asked: Vec::new() };
    match search.extend(&mut vec![leaf.clone()], None) {
        Some(path) => Ok(path),
        None => Err(search.best.unwrap_or_else(|| PathError::NoPath(leaf.subject().clone()))),
    }
}

/// Validates one given path: the certificate first, the anchor last.
///
/// # Errors
/// The first rule that is broken, from the anchor downwards.
pub fn validate(path: &[Certificate], material: Material<'_>, options: &Options) -> Result<(), PathError> {
    Search { material, options: options.clone(), tried: 0, best: None, asked: Vec::new() }.validate(path)
}

/// One question being answered, with those about list issuers that it raises.
pub(crate) struct Search<'a> {
    pub material: Material<'a>,
    pub options: Options,
    tried: usize,
    best: Option<PathError>,
    /// Issuers of lists whose trust is being asked: a circle of them proves nothing.
    asked: Vec<Certificate>,
}

impl Search<'_> {
    /// The issuer of a list is trusted through the same anchor. Its own policies are not asked for.
    pub(crate) fn trusts(&mut self, certificate: &Certificate, anchor: Option<&Certificate>) -> bool {
        // A list may cover its own issuer (PKITS 4.14.30); that issuer is then being asked about already.
        if self.asked.last() == Some(certificate) {
            return true;
        }
        if self.asked.len() >= MAX_DEPTH || self.asked.contains(certificate) {
            return false;
        }
        self.asked.push(certificate.clone());
        let options = Options { policies: PolicyRules::default(), max_intermediates: None, ..self.options.clone() };
        let outer = (std::mem::replace(&mut self.options, options), self.best.take());
        let found = self.extend(&mut vec![certificate.clone()], anchor).is_some();
        (self.options, self.best) = outer;
        self.asked.pop();
        found
    }

    fn extend(&mut self, path: &mut Vec<Certificate>, wanted: Option<&Certificate>) -> Option<Path> {
        let last = path.last()?.clone();
        let anchors = self.material.anchors;
        for anchor in anchors.certificates().iter().filter(|a| wanted.is_none_or(|w| *a == w)) {
            if anchor.subject() != last.issuer() && *anchor != last {
                continue;
            }
            self.tried += 1;
            if self.tried > MAX_TRIED {
                return None;
            }
            let mut whole = path.clone();
            if *anchor != last {
                whole.push(anchor.clone());
            }
            match self.validate(&whole) {
                Ok(()) => return Some(Path { certificates: whole }),
                Err(error) => self.best = Some(error),
            }
        }
        if path.len() > MAX_LENGTH {
            return None;
        }
        let candidates = self.material.certificates;
        for next in candidates.iter().filter(|c| c.subject() == last.issuer()) {
            // One key under one name need not occur twice in a path.
            let seen = |c: &Certificate| c.subject() == next.subject() && c.public_key_info() == next.public_key_info();
            if path.iter().any(seen) || last.verify_with(next.public_key()) == crate::Verdict::Wrong {
                continue;
            }
            path.push(next.clone());
            let found = self.extend(path, wanted);
            path.pop();
            if found.is_some() || self.tried > MAX_TRIED {
                return found;
            }
        }
        None
    }

    fn validate(&mut self, path: &[Certificate]) -> Result<(), PathError> {
        let Some((anchor, below)) = path.split_last() else { return Ok(()) };
        let broken = |c: &Certificate, rule| PathError::Rule { name: c.subject().clone(), rule };
        let mut room = anchor.extensions().basic_constraints.and_then(|b| b.path_length);
        if self.options.strict {
            profile::check(anchor, profile::Role::Anchor).map_err(|rule| broken(anchor, rule))?;
            in_time(anchor, self.options.at)?;
            let limit = self.options.max_intermediates.map(|n| n as u64);
            room = room.into_iter().chain(limit).min();
        }
        let mut policies = Policies::new(&self.options.policies, below.len());
        let mut key = anchor.public_key().clone();
        let mut issuer = anchor;
        for (i, certificate) in below.iter().enumerate().rev() {
            match certificate.verify_with(&key) {
                crate::Verdict::Right => {}
                crate::Verdict::Wrong => return Err(PathError::BadSignature(certificate.subject().clone())),
                crate::Verdict::Unsupported => return Err(PathError::Algorithm(certificate.subject().clone())),
            }
            if !self.options.accept_sha1 && certificate.scheme().is_ok_and(|s| s.hash().is_weak()) {
                return Err(PathError::Algorithm(certificate.subject().clone()));
            }
            in_time(certificate, self.options.at)?;
            if certificate.issuer() != issuer.subject() {
                return Err(broken(certificate, "its issuer is not the certificate above it"));
            }
            if certificate.extensions().unknown_critical().is_some() {
                return Err(broken(certificate, "a critical extension that is not known"));
            }
            if self.options.strict {
                let role = if i == 0 { profile::Role::End } else { profile::Role::Between };
                profile::check(certificate, role).map_err(|rule| broken(certificate, rule))?;
            }
            status::check(certificate, &path[i + 1..], self)?;
            names(certificate, &path[i + 1..], i == 0)?;
            policies.step(certificate, i == 0).map_err(|rule| broken(certificate, rule))?;
            if i > 0 {
                room = below_authority(certificate, room)?;
            }
            key = certificate.public_key().clone().with_parameters_of(&key);
            issuer = certificate;
        }
        Ok(())
    }
}

fn in_time(certificate: &Certificate, at: Timestamp) -> Result<(), PathError> {
    if at < certificate.not_before() {
        return Err(PathError::NotYetValid(certificate.subject().clone()));
    }
    if at > certificate.not_after() {
        return Err(PathError::Expired(certificate.subject().clone()));
    }
    Ok(())
}

/// An authority between: it may sign certificates, and the path may go on (6.1.4 k to n).
fn below_authority(certificate: &Certificate, room: Option<u64>) -> Result<Option<u64>, PathError> {
    let broken = |rule| PathError::Rule { name: certificate.subject().clone(), rule };
    if certificate.version() != 3 || !certificate.is_authority() {
        return Err(broken("it signs a certificate without being an authority"));
    }
    let mut room = room;
    if !certificate.is_self_issued() {
        if room == Some(0) {
            return Err(broken("the path is longer than an authority above it allows"));
        }
        room = room.map(|n| n - 1);
    }
    let limit = certificate.extensions().basic_constraints.and_then(|b| b.path_length);
    Ok(room.into_iter().chain(limit).min())
}

/// Name constraints of every authority above (6.1.4 g; self-issued intermediates are exempt, 6.1.3 b).
fn names(certificate: &Certificate, above: &[Certificate], is_leaf: bool) -> Result<(), PathError> {
    if above.iter().all(|c| c.extensions().name_constraints.is_none()) || (certificate.is_self_issued() && !is_leaf) {
        return Ok(());
    }
    let alternative = certificate.extensions().subject_alt_names.clone().unwrap_or_default();
    // An address in the subject counts only where the alternative names have none (4.2.1.10).
    let has_address = alternative.iter().any(|name| matches!(name, GeneralName::Email(_)));
    let mut names = alternative;
    if !certificate.subject().is_empty() {
        names.push(GeneralName::Directory(certificate.subject().clone()));
    }
    if !has_address {
        let addresses = certificate.subject().attributes().filter(|a| a.kind == oid::EMAIL_ADDRESS);
        names.extend(addresses.filter_map(|a| a.text.clone()).map(GeneralName::Email));
    }
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
