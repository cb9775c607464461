//! Why something could not be signed.

use crate::vault::VaultError;

/// Why something could not be signed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key does not sign, or does not belong to its certificate.
    #[error("the signing key cannot be used: {0}")]
    Key(String),
    /// The key does not come out of its store.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is no time stamp.
    #[error("no time stamp: {0}")]
    TimeStamp(String),
    /// The PDF file cannot be read or signed.
    #[error("the PDF file cannot be signed: {0}")]
    Pdf(String),
    /// A page, a field or an image that was named is not there or cannot be used.
    #[error("{0}")]
    Request(String),
}

impl From<pki::Error> for SignError {
    fn from(error: pki::Error) -> SignError {
        SignError::Key(error.to_string())
    }
}
