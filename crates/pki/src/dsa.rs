//! DSA (FIPS 186-4), verification only: nobody signs with it any more, but old certificates still have to be judged.
//!
//! Only public values are handled, so the arithmetic need not hide its timing.

use crate::{
    algorithm::Hash,
    asn1::{Reader, tag},
    bignum::{self, Number},
    error::{Result, malformed},
};

const WHAT: &str = "DSA public key";

/// A DSA public key. Without parameters, those of the issuer's key hold (RFC 3279, 2.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// p, q and g.
    pub parameters: Option<[Number; 3]>,
    y: Number,
}

impl PublicKey {
    pub(crate) fn parse(mut algorithm: Reader<'_>, bits: &[u8]) -> Result<PublicKey> {
        let number = |reader: &mut Reader<'_>| -> Result<Number> {
            let bytes = reader.take(tag::INTEGER)?.integer(WHAT)?;
            if bytes[0] & 0x80 != 0 || bytes.len() > 400 {
                return Err(malformed(WHAT, "a number out of range"));
            }
            Ok(Number::from_be_bytes(bytes))
        };
        let parameters = match algorithm.optional(tag::SEQUENCE)? {
            Some(element) => {
                let mut reader = element.open(WHAT);
                Some([number(&mut reader)?, number(&mut reader)?, number(&mut reader)?])
            }
            None => None,
        };
        let y = number(&mut Reader::new(bits, WHAT))?;
        Ok(PublicKey { parameters, y })
    }

    pub(crate) fn with_parameters_of(mut self, above: &PublicKey) -> PublicKey {
        if self.parameters.is_none() {
            self.parameters.clone_from(&above.parameters);
        }
        self
    }

    /// `None` when the key has no parameters, or ones that no standard has.
    pub(crate) fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Option<bool> {
        let [p, q, g] = self.parameters.as_ref()?;
        let sizes = [(1024, 160), (2048, 224), (2048, 256), (3072, 256)];
        if !sizes.contains(&(p.bits(), q.bits())) || !p.is_odd() || !q.is_odd() {
            return None;
        }
        let Some((r, s)) = read_signature(signature) else { return Some(false) };
        if r.is_zero() || s.is_zero() || &r >= q || &s >= q {
            return Some(false);
        }
        let digest = hash.of(&[message]);
        let z = Number::from_be_bytes(&digest[..digest.len().min(q.bits() / 8)]);
        // q is prime, so that the inverse of s is its power q - 2.
        let w = bignum::power(&s, &q.minus_small(2), q);
        let u1 = bignum::times(&z.modulo(q), &w, q);
        let u2 = bignum::times(&r, &w, q);
        let v = bignum::times(&bignum::power(g, &u1, p), &bignum::power(&self.y, &u2, p), p).modulo(q);
        Some(v == r)
    }
}

fn read_signature(signature: &[u8]) -> Option<(Number, Number)> {
    let mut reader = Reader::only(signature, tag::SEQUENCE, "DSA signature").ok()?.open("DSA signature");
    let mut number = || {
        let bytes = reader.take(tag::INTEGER).ok()?.integer("DSA signature").ok()?;
        (bytes[0] & 0x80 == 0 && bytes.len() <= 33).then(|| Number::from_be_bytes(bytes))
    };
    Some((number()?, number()?))
}
