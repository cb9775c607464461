//! A secret under two passphrases: sealed under the first person's, then once more under the second's.

use crate::vault::{MasterKey, Sealed, VaultError};
use kernel::Entropy;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Somebody at the ceremony.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Full name.
    pub name: String,
    /// Position and body.
    pub title: String,
}

impl Person {
    /// From `Nguyễn Văn A, Vụ trưởng Vụ Chuyển đổi số`.
    pub fn parse(text: &str) -> Option<Person> {
        let (name, title) = text.split_once(',')?;
        let (name, title) = (name.trim(), title.trim());
        (!name.is_empty() && !title.is_empty()).then(|| Person { name: name.to_owned(), title: title.to_owned() })
    }
}

/// The two persons with their passphrases, which are never shown.
pub struct Persons {
    people: [Person; 2],
    passphrases: [Zeroizing<String>; 2],
}

impl std::fmt::Debug for Persons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Persons").field("people", &self.people).finish_non_exhaustive()
    }
}

impl Persons {
    /// Two persons, each with a passphrase of their own.
    ///
    /// # Errors
    /// [`VaultError::BadMasterKey`] for one person in both places and one passphrase for both.
    pub fn new(first: (Person, Zeroizing<String>), second: (Person, Zeroizing<String>)) -> Result<Persons, VaultError> {
        if first.0.name == second.0.name {
            return Err(VaultError::BadMasterKey("the two persons must be two"));
        }
        if first.1 == second.1 {
            return Err(VaultError::BadMasterKey("the two passphrases must differ"));
        }
        Ok(Persons { people: [first.0, second.0], passphrases: [first.1, second.1] })
    }
    /// Who they are.
    pub fn people(&self) -> &[Person; 2] {
        &self.people
    }
}

/// A secret that both passphrases open together, with the salts of both (Argon2id).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnderTwo {
    salts: [String; 2],
    sealed: Sealed,
}

impl UnderTwo {
    /// Seals a secret for a context.
    ///
    /// # Errors
    /// [`VaultError::BadMasterKey`] for a passphrase of fewer than 12 characters.
    pub fn seal(
        context: &str,
        secret: &[u8],
        persons: &Persons,
        entropy: &dyn Entropy,
    ) -> Result<UnderTwo, VaultError> {
        let mut salts = [[0; 16]; 2];
        salts.iter_mut().for_each(|salt| entropy.fill(salt));
        let first = MasterKey::from_passphrase(&persons.passphrases[0], &salts[0])?;
        let second = MasterKey::from_passphrase(&persons.passphrases[1], &salts[1])?;
        let inner = first.seal(&half(context, 1), secret, entropy);
        let sealed = second.seal(&half(context, 2), inner.as_str().as_bytes(), entropy);
        Ok(UnderTwo { salts: salts.map(hex::encode), sealed })
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`VaultError::OnePassphrase`] says whose passphrase does not open; [`VaultError::Damaged`].
    pub fn open(&self, context: &str, persons: &Persons) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = |who: usize| {
            let mut salt = [0; 16];
            hex::decode_to_slice(&self.salts[who], &mut salt).map_err(|_| VaultError::Damaged)?;
            MasterKey::from_passphrase(&persons.passphrases[who], &salt)
        };
        let whose = |who: usize| {
            move |error| match error {
                VaultError::DoesNotOpen => VaultError::OnePassphrase(if who == 0 { "first" } else { "second" }),
                other => other,
            }
        };
        let inner = key(1)?.open(&half(context, 2), &self.sealed).map_err(whose(1))?;
        let inner = std::str::from_utf8(&inner).map_err(|_| VaultError::Damaged)?;
        key(0)?.open(&half(context, 1), &Sealed::from_text(inner)).map_err(whose(0))
    }
}

fn half(context: &str, which: u8) -> String {
    format!("{context} {which}/2")
}
