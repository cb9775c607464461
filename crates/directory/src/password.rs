//! Passwords: argon2id hashes, made and checked off the async threads, a few at a time.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kernel::{Entropy, Problem};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Shortest password, in characters.
pub const MIN_CHARS: usize = 12;
/// Longest password, in bytes: bounds the work that one request can ask for.
pub const MAX_BYTES: usize = 256;

// OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many hashes are computed at once: bounds the memory to as many times 19 MiB.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes and checks hashes. Cheap to clone.
#[derive(Clone)]
pub struct Hasher {
    turns: Arc<Semaphore>,
    /// What is checked when there is no account, so that both answers take the same work.
    decoy: Arc<str>,
    checks: Arc<AtomicU64>,
}

impl Hasher {
    /// A hasher.
    ///
    /// # Errors
    /// [`Problem::Fault`] when the decoy cannot be made.
    pub fn new(entropy: &dyn Entropy) -> Result<Hasher, Problem> {
        let mut random = [0u8; 16];
        entropy.fill(&mut random);
        let decoy = hash(&random, entropy)?;
        Ok(Hasher { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy: decoy.into(), checks: Arc::default() })
    }

    /// Whether the password fits the hash; without a hash the decoy is checked and the answer is no.
    ///
    /// # Errors
    /// [`Problem::TooMany`] when no turn comes in time.
    pub async fn fits(&self, password: &str, hash: Option<String>) -> Result<bool, Problem> {
        let _turn = match tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await {
            Ok(Ok(turn)) => turn,
            _ => return Err(Problem::TooMany { seconds: PATIENCE.as_secs() }),
        };
        self.checks.fetch_add(1, Ordering::Relaxed);
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        let too_long = password.len() > MAX_BYTES;
        let password = Zeroizing::new(password.as_bytes().iter().copied().take(MAX_BYTES).collect::<Vec<u8>>());
        let fits = tokio::task::spawn_blocking(move || argon().verify_password(&password, hash.as_str()).is_ok());
        Ok(fits.await.map_err(Problem::fault)? && known && !too_long)
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// As [`Hasher::fits`].
    pub async fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, Problem> {
        let _turn = self.turns.acquire().await.map_err(Problem::fault)?;
        let password = Zeroizing::new(password.as_bytes().to_vec());
        tokio::task::spawn_blocking(move || hash_with(&password, &salt)).await.map_err(Problem::fault)?
    }

    /// How many checks were made, decoys too.
    #[cfg(test)]
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }
}

/// Whether a new password is acceptable: long enough, not too long, not the name to sign in with.
///
/// # Errors
/// [`Problem::Invalid`] with the given field.
pub fn check_new(field: &'static str, password: &str, login: &str) -> Result<(), Problem> {
    if password.chars().count() < MIN_CHARS {
        return Err(Problem::field(field, "field-password-too-short"));
    }
    if password.len() > MAX_BYTES {
        return Err(Problem::field(field, "field-password-too-long"));
    }
    // Shorter names stand in many a good password.
    if login.len() >= 4 && password.to_lowercase().contains(login) {
        return Err(Problem::field(field, "field-password-holds-login"));
    }
    Ok(())
}

/// The hash of a password with a random salt, as a PHC string. Takes about 20 ms and 19 MiB: not for async threads.
///
/// # Errors
/// [`Problem::Fault`] when the library refuses its parameters.
pub fn hash(password: &[u8], entropy: &dyn Entropy) -> Result<String, Problem> {
    let mut salt = [0u8; 16];
    entropy.fill(&mut salt);
    hash_with(password, &salt)
}

fn hash_with(password: &[u8], salt: &[u8; 16]) -> Result<String, Problem> {
    argon().hash_password_with_salt(password, salt).map(|h| h.to_string()).map_err(Problem::fault)
}

fn argon() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::OsEntropy;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only_and_never_the_decoy() {
        let hasher = Hasher::new(&OsEntropy).unwrap();
        let stored = hash("mật khẩu đủ dài".as_bytes(), &OsEntropy).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hasher.fits("mật khẩu đủ dài", Some(stored.clone())).await.unwrap());
        assert!(!hasher.fits("mật khẩu đủ dai", Some(stored)).await.unwrap());
        assert!(!hasher.fits("mật khẩu đủ dài", None).await.unwrap());
        assert!(!hasher.fits("x", Some("not a hash".into())).await.unwrap());
        assert_eq!(hasher.checks(), 4);
    }

    #[test]
    fn short_passwords_and_those_with_the_login_in_them_are_refused() {
        assert!(check_new("new", "ngắn quá", "a").is_err());
        assert!(check_new("new", "xin-chao-dai-bieu-001", "dai-bieu-001").is_err());
        assert!(check_new("new", &"x".repeat(257), "a").is_err());
        assert!(check_new("new", "bốn từ chọn ngẫu nhiên", "db001").is_ok());
    }
}
