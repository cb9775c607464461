//! Time-based one-time codes (RFC 6238): six digits, 30 seconds, SHA-1, as the common authenticator apps expect.

use kernel::{Entropy, Problem, Timestamp};
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

/// Seconds of a time step.
pub const STEP_SECONDS: i64 = 30;
/// What the app shows beside the account.
const ISSUER: &str = "Diên Hồng";

/// A new secret of 160 bits, the length that RFC 4226 recommends.
pub fn new_secret(entropy: &dyn Entropy) -> Zeroizing<[u8; 20]> {
    let mut secret = Zeroizing::new([0u8; 20]);
    entropy.fill(&mut *secret);
    secret
}

/// The secret as people type it: base 32.
pub fn base32(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Secret::new(secret.into()).to_base32())
}

/// The secret of its base 32 text; `None` when it is none.
pub fn from_base32(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    Secret::try_from_base32(text.trim()).ok().map(|secret| Zeroizing::new(secret.as_bytes().to_vec()))
}

/// The address that an authenticator app reads from a QR code: `otpauth://totp/…`.
///
/// # Errors
/// [`Problem::Fault`] when the account has a character that the address cannot carry.
pub fn address(secret: &[u8], account: &str) -> Result<Zeroizing<String>, Problem> {
    let totp = builder(secret).with_issuer(Some(ISSUER)).with_account_name(account).build().map_err(Problem::fault)?;
    totp.to_url().map(Zeroizing::new).map_err(Problem::fault)
}

/// The time step of a code that is right now, one step early or one step late. Which steps were used before is for the
/// caller to know.
///
/// # Errors
/// [`Problem::Fault`] when the stored secret is too short.
pub fn matching_step(secret: &[u8], code: &str, now: Timestamp) -> Result<Option<i64>, Problem> {
    let code = code.trim();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    let step = totp(secret)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// The code of a secret at an instant: what the person's app shows.
///
/// # Errors
/// [`Problem::Fault`] when the secret is too short.
pub fn code_at(secret: &[u8], at: Timestamp) -> Result<String, Problem> {
    let seconds = u64::try_from(at.seconds()).unwrap_or(0);
    Ok(totp(secret)?.generate(seconds).to_string())
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(30)
        .with_secret(Secret::new(secret.into()))
}

fn totp(secret: &[u8]) -> Result<Totp, Problem> {
    builder(secret).with_account_name("account").build().map_err(Problem::fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // Appendix B, SHA-1, the last six of eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(code_at(SECRET, at(seconds)).unwrap(), code);
            assert_eq!(matching_step(SECRET, code, at(seconds)).unwrap(), Some(seconds / STEP_SECONDS));
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_but_not_two() {
        let code = code_at(SECRET, at(3000)).unwrap();
        for (seconds, fits) in [(2940, false), (2970, true), (3029, true), (3059, true), (3060, false)] {
            let step = matching_step(SECRET, &code, at(seconds)).unwrap();
            assert_eq!(step, fits.then_some(100), "{seconds}");
        }
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let url = address(SECRET, "db001").unwrap();
        assert!(url.starts_with("otpauth://totp/"), "{}", url.as_str());
        assert!(url.contains("db001") && url.contains(base32(SECRET).as_str()));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(code in ".*", seconds in any::<i32>()) {
            let _ = matching_step(SECRET, &code, at(i64::from(seconds)));
        }
    }
}
