//! What can be wrong with a certificate, a key or a message.

/// Why something could not be read, made or used. The texts are for logs and reports; they never hold key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are not what they should be.
    #[error("{what} is not well formed: {why}")]
    Malformed {
        /// What was being read: `certificate`, `CRL`, `time stamp`.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The bytes are well formed but ask for something that is not done here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A key that cannot be used.
    #[error("the private key cannot be used: {0}")]
    Key(&'static str),
}

/// `Result` with [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A shorthand for [`Error::Malformed`].
pub(crate) fn malformed(what: &'static str, why: &'static str) -> Error {
    Error::Malformed { what, why }
}
