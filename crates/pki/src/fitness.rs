//! May this certificate sign now? Asked before every signature (Circular 15/2025/TT-BKHCN).

use crate::{
    certificate::Certificate,
    crl::Crl,
    extension::KeyUsage,
    path::{self, Material, Options, PathError, TrustAnchors},
};
use kernel::Timestamp;

/// Why a certificate must not sign now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no certificate at all.
    #[error("there is no certificate")]
    Missing,
    /// Its key is not for signatures on documents.
    #[error("the key is not for signatures that commit to a content")]
    KeyUsage,
    /// There is no valid path to a trusted root now.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Unfit {
    /// A Fluent message that says what is wrong and what to do.
    pub fn code(&self) -> &'static str {
        match self {
            Unfit::Missing => "certificate-missing",
            Unfit::KeyUsage => "certificate-wrong-use",
            Unfit::Path(PathError::Expired(_)) => "certificate-expired",
            Unfit::Path(PathError::NotYetValid(_)) => "certificate-not-yet-valid",
            Unfit::Path(PathError::Revoked { .. }) => "certificate-revoked",
            Unfit::Path(PathError::StatusUnknown(_)) => "certificate-status-unknown",
            Unfit::Path(_) => "certificate-not-trusted",
        }
    }
}

/// Checks validity, revocation, use of the key and the path to a trusted root. `chain` has the signer's certificate first.
/// A certificate that no list covers is fit: whether lists must be there is the caller's rule.
///
/// # Errors
/// [`Unfit`] with the reason.
pub fn check_before_signing(
    chain: &[Certificate],
    anchors: &TrustAnchors,
    crls: &[Crl],
    at: Timestamp,
) -> Result<(), Unfit> {
    let certificates = chain.get(1..).unwrap_or_default();
    check_with(chain.first(), Material { anchors, certificates, crls, answers: &[] }, at)
}

/// As [`check_before_signing`], with everything that a path may use: status answers too.
///
/// # Errors
/// [`Unfit`] with the reason.
pub fn check_with(leaf: Option<&Certificate>, material: Material<'_>, at: Timestamp) -> Result<(), Unfit> {
    let leaf = leaf.ok_or(Unfit::Missing)?;
    let uses = KeyUsage::CONTENT_COMMITMENT | KeyUsage::DIGITAL_SIGNATURE;
    if leaf.extensions().key_usage.is_some_and(|usage| !usage.allows(uses)) || !leaf.is_for_documents() {
        return Err(Unfit::KeyUsage);
    }
    path::find(leaf, material, &Options::at(at))?;
    Ok(())
}
