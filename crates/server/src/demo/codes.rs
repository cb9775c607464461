//! The codes of the second factor, as the people's own authenticator apps would show them.

use anyhow::Context;
use kernel::Timestamp;

/// The code of a secret (base 32) at a time in seconds since 1970.
///
/// # Errors
/// When the secret is no base 32.
pub fn at(secret: &str, seconds: u64) -> anyhow::Result<String> {
    let secret = directory::totp::from_base32(secret).context("the secret of a second factor is no base 32")?;
    let seconds = i64::try_from(seconds)?;
    Ok(directory::totp::code_at(&secret, Timestamp::from_micros(0).plus_seconds(seconds))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_that_of_rfc_6238() {
        // Appendix B: the ASCII secret 12345678901234567890 at 59 seconds.
        assert_eq!(at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59).unwrap(), "287082");
        assert!(at("not base 32!", 59).is_err());
    }
}
