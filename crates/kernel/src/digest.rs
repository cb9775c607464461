//! SHA-256 values: the address of a blob, the link of a chain.

use serde::{Deserialize, Serialize};

/// A SHA-256 value; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

/// A text that is no SHA-256 value.
#[derive(Debug, thiserror::Error)]
#[error("not a SHA-256 value: 64 hexadecimal digits are needed")]
pub struct BadDigest;

impl Digest {
    /// Thirty-two zero bytes: what stands before the first act of a stream.
    pub const ZERO: Digest = Digest([0; 32]);

    /// The SHA-256 of the parts, one after the other.
    pub fn of(parts: &[&[u8]]) -> Digest {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        for part in parts {
            hash.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(hash.finish().as_ref());
        Digest(out)
    }

    /// The raw bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`BadDigest`] for anything else.
    pub fn parse(text: &str) -> Result<Digest, BadDigest> {
        let mut out = [0; 32];
        hex::decode_to_slice(text, &mut out).map_err(|_| BadDigest)?;
        Ok(Digest(out))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}
impl TryFrom<String> for Digest {
    type Error = BadDigest;
    fn try_from(text: String) -> Result<Self, BadDigest> {
        Digest::parse(&text)
    }
}
impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}
