//! Identifiers: short ASCII texts, the same in URL, page, table and journal.
//!
//! A minted id is `<prefix>-<26 characters>`: 48 bits of milliseconds and 80 random bits in Crockford base 32, so ids
//! sort by the time of their making. Ids given by people (body codes such as `ubtvqh`) use the same alphabet of
//! letters, digits, `-`, `_` and `.`.

use crate::{Clock, Entropy};
use serde::{Deserialize, Serialize};

/// Longest id that is accepted from outside, in bytes.
pub const MAX_LEN: usize = 64;

/// Why a text is not an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not an id: use 1 to {MAX_LEN} of the characters a-z, 0-9, '-', '_' and '.'")]
pub struct BadId {
    /// The text as it came, cut to 80 characters.
    pub text: String,
}

/// Checks the shape of an id.
///
/// # Errors
/// [`BadId`] when it is empty, too long, or has another character.
pub fn check(text: &str) -> Result<(), BadId> {
    let fine = !text.is_empty()
        && text.len() <= MAX_LEN
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if fine { Ok(()) } else { Err(BadId { text: text.chars().take(80).collect() }) }
}

/// A new unique text `<prefix>-<26 base-32 characters>`, sortable by time.
pub fn mint(prefix: &str, clock: &dyn Clock, entropy: &dyn Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut random = [0u8; 10];
    entropy.fill(&mut random);
    let millis = u128::try_from(clock.now().micros() / 1000).unwrap_or(0) & ((1 << 48) - 1);
    let tail = random.iter().fold(0u128, |n, b| (n << 8) | u128::from(*b));
    let bits = (millis << 80) | tail;
    let mut out = String::with_capacity(prefix.len() + 27);
    out.push_str(prefix);
    out.push('-');
    for i in (0..26).rev() {
        out.push(char::from(ALPHABET[((bits >> (i * 5)) & 31) as usize]));
    }
    out
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text from outside.
            ///
            /// # Errors
            /// [`BadId`] when the shape is wrong.
            pub fn new(text: impl Into<String>) -> Result<Self, BadId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }
            /// A new unique id.
            pub fn mint(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(mint($prefix, clock, entropy))
            }
            /// The text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> { Self::new(text) }
        }
        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> { Self::new(text) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
    };
}

id!(/// A person in the directory (người).
    PersonId, "person");
id!(/// A body or unit (cơ quan, đơn vị); bodies set up by law carry a readable code such as `ubtvqh`.
    BodyId, "body");
id!(/// One person's holding of a position in a body for a time (chức vụ, phân công).
    AssignmentId, "assignment");
id!(/// A case (hồ sơ công việc).
    CaseId, "case");
id!(/// A document with all its versions (văn bản).
    DocumentId, "document");
id!(/// One request, so that an act, a log line and an error page can be put side by side.
    RequestId, "request");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(1_734_660_000_000_000)
        }
    }
    impl Entropy for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7)
        }
    }

    #[test]
    fn a_minted_id_has_its_prefix_and_passes_its_own_check() {
        let id = PersonId::mint(&Fixed, &Fixed);
        assert!(id.as_str().starts_with("person-"));
        assert_eq!(id.as_str().len(), 33);
        assert_eq!(PersonId::new(id.as_str()).unwrap(), id);
    }

    #[test]
    fn texts_with_other_characters_are_refused() {
        for bad in ["", "A", "a b", "a/b", "đ", "../x", &"x".repeat(65)] {
            assert!(BodyId::new(bad).is_err(), "{bad:?}");
        }
        assert!(BodyId::new("doan-lam-dong").is_ok());
    }
}
