//! Revocation status: by answers (RFC 6960), and by lists (RFC 5280, 6.3): complete, partitioned, delta and indirect.
//! Whatever says that a certificate is revoked counts, also beside something that says it is not.

use crate::{
    certificate::Certificate,
    crl::{Crl, Reason, Revocation, Scope},
    extension::{DistributionPoint, KeyUsage},
    general_name::GeneralName,
    ocsp,
    path::{Options, PathError, Search, StatusRule},
};

/// All reasons of ReasonFlags: bits 1 to 8.
const ALL_REASONS: u16 = 0x7f80;

/// Checks a certificate against answers and lists. `path` is the certificate's own path upwards, its issuer first.
pub(crate) fn check(certificate: &Certificate, path: &[Certificate], search: &mut Search<'_>) -> Result<(), PathError> {
    let answered = ocsp::check(certificate, path, search)?;
    let mut points = certificate.extensions().crl_distribution_points.clone();
    // A list of the issuer itself covers its certificates without being named (6.3.3, last paragraph).
    points.push(DistributionPoint::default());
    let mut covered = 0u16;
    for point in &points {
        for crl in candidates(certificate, point, search) {
            let partial = point.reasons.unwrap_or(ALL_REASONS);
            let partial = partial & crl.scope().and_then(|s| s.reasons).unwrap_or(ALL_REASONS) & ALL_REASONS;
            if partial & !covered == 0 || !signed(&crl, path, search) {
                continue;
            }
            let delta = delta_of(&crl, search).filter(|delta| signed(delta, path, search));
            if !is_current(&crl, &search.options) && !delta.as_ref().is_some_and(|d| is_current(d, &search.options)) {
                // An old list still proves what it lists: a revocation does not end.
                revoked(certificate, crl.find(certificate.issuer(), certificate.serial()), search)?;
                continue;
            }
            let in_delta = delta.as_ref().and_then(|d| d.find(certificate.issuer(), certificate.serial()));
            let entry = in_delta.or_else(|| crl.find(certificate.issuer(), certificate.serial()));
            revoked(certificate, entry, search)?;
            covered |= partial;
        }
    }
    let known = covered == ALL_REASONS || answered == ocsp::Known::Good;
    // A responder of the issuer that does not know the certificate is not the same as nobody having been asked.
    let open = search.options.status == StatusRule::WhenKnown && answered != ocsp::Known::Stranger;
    if known || open { Ok(()) } else { Err(PathError::StatusUnknown(certificate.subject().clone())) }
}

fn revoked(certificate: &Certificate, entry: Option<&Revocation>, search: &Search<'_>) -> Result<(), PathError> {
    match entry {
        Some(entry) if entry.reason != Reason::RemoveFromCrl && entry.at <= search.options.at => {
            let name = certificate.subject().clone();
            Err(PathError::Revoked { name, at: entry.at, reason: entry.reason })
        }
        _ => Ok(()),
    }
}

fn is_current(crl: &Crl, options: &Options) -> bool {
    let begun = crl.this_update() <= options.at || options.later_lists;
    begun && crl.next_update().is_none_or(|next| options.at <= next)
}

/// Complete lists that cover the certificate through a distribution point (6.3.3 b).
fn candidates(certificate: &Certificate, point: &DistributionPoint, search: &Search<'_>) -> Vec<Crl> {
    let covers = |crl: &&Crl| {
        if crl.delta_base().is_some() || crl.unknown_critical().is_some() {
            return false;
        }
        let indirect = crl.scope().is_some_and(|s| s.indirect);
        let by_issuer = if point.crl_issuer.is_empty() {
            crl.issuer() == certificate.issuer()
        } else {
            indirect && point.crl_issuer.contains(&GeneralName::Directory(crl.issuer().clone()))
        };
        by_issuer && crl.scope().is_none_or(|scope| in_scope(certificate, point, scope, crl))
    };
    search.material.crls.iter().filter(covers).cloned().collect()
}

fn in_scope(certificate: &Certificate, point: &DistributionPoint, scope: &Scope, crl: &Crl) -> bool {
    let authority = certificate.extensions().basic_constraints.is_some_and(|b| b.authority);
    if scope.only_attributes || (scope.only_users && authority) || (scope.only_authorities && !authority) {
        return false;
    }
    let Some(stated) = &scope.point else { return true };
    let Ok(stated) = stated.names(crl.issuer()) else { return false };
    let wanted = if point.full_names.is_empty() && point.relative_name.is_none() {
        point.crl_issuer.clone()
    } else {
        // A relative name completes the name of the list's issuer.
        match point.names(crl.issuer()) {
            Ok(names) => names,
            Err(_) => return false,
        }
    };
    wanted.iter().any(|name| stated.contains(name))
}

/// The newest delta list that builds on a complete list (6.3.3 c).
fn delta_of(complete: &Crl, search: &Search<'_>) -> Option<Crl> {
    let number = complete.number()?;
    let fits = |delta: &&Crl| {
        let (Some(base), Some(own)) = (delta.delta_base(), delta.number()) else { return false };
        delta.issuer() == complete.issuer()
            && delta.scope() == complete.scope()
            && delta.unknown_critical().is_none()
            && delta.authority_key() == complete.authority_key()
            && compare(base, number).is_le()
            && compare(number, own).is_lt()
            && is_current(delta, &search.options)
    };
    search
        .material
        .crls
        .iter()
        .filter(fits)
        .max_by(|a, b| compare(a.number().unwrap_or(&[]), b.number().unwrap_or(&[])))
        .cloned()
}

/// Compares two non-negative numbers in their shortest form.
fn compare(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    let strip = |n: &[u8]| -> Vec<u8> { n.iter().copied().skip_while(|b| *b == 0).collect() };
    let (a, b) = (strip(a), strip(b));
    a.len().cmp(&b.len()).then(a.cmp(&b))
}

/// The list is signed by a key of its issuer that may sign lists and is itself trusted by the same anchor (6.3.3 f and g).
fn signed(crl: &Crl, path: &[Certificate], search: &mut Search<'_>) -> bool {
    let may_sign = |c: &Certificate| {
        c.subject() == crl.issuer() && c.extensions().key_usage.is_none_or(|u| u.allows(KeyUsage::CRLS))
    };
    // Keys may inherit parameters from those above them, so the path is walked from the anchor.
    let mut key = None;
    for certificate in path.iter().rev() {
        let own = certificate.public_key().clone();
        let own = key.as_ref().map_or(own.clone(), |above| own.with_parameters_of(above));
        if may_sign(certificate) && crl.verify_with(&own).is_right() {
            return true;
        }
        key = Some(own);
    }
    let anchor = path.last();
    let others: Vec<Certificate> =
        search.material.certificates.iter().filter(|c| may_sign(c) && !path.contains(c)).cloned().collect();
    others.iter().any(|c| crl.verify_with(c.public_key()).is_right() && search.trusts(c, anchor))
}
