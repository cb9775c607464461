//! The names of algorithms (RFC 9231) and the forms in which XML writes signature values.

use pki::{
    Hash, Scheme,
    asn1::{self, Reader, tag},
};

const DIGESTS: [(&str, Hash); 7] = [
    ("http://www.w3.org/2000/09/xmldsig#sha1", Hash::Sha1),
    ("http://www.w3.org/2001/04/xmlenc#sha256", Hash::Sha256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", Hash::Sha384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", Hash::Sha512),
    ("http://www.w3.org/2007/05/xmldsig-more#sha3-256", Hash::Sha3_256),
    ("http://www.w3.org/2007/05/xmldsig-more#sha3-384", Hash::Sha3_384),
    ("http://www.w3.org/2007/05/xmldsig-more#sha3-512", Hash::Sha3_512),
];

const SCHEMES: [(&str, Scheme); 12] = [
    ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", Scheme::RsaPkcs1(Hash::Sha1)),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", Scheme::RsaPkcs1(Hash::Sha256)),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", Scheme::RsaPkcs1(Hash::Sha384)),
    ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", Scheme::RsaPkcs1(Hash::Sha512)),
    ("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1", Scheme::RsaPss(Hash::Sha256, 32)),
    ("http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", Scheme::RsaPss(Hash::Sha384, 48)),
    ("http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1", Scheme::RsaPss(Hash::Sha512, 64)),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", Scheme::Ecdsa(Hash::Sha1)),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", Scheme::Ecdsa(Hash::Sha256)),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", Scheme::Ecdsa(Hash::Sha384)),
    ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", Scheme::Ecdsa(Hash::Sha512)),
    ("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", Scheme::Ed25519),
];

pub(super) fn digest(name: &str) -> Option<Hash> {
    DIGESTS.iter().find(|(known, _)| *known == name).map(|(_, hash)| *hash)
}

pub(super) fn digest_name(hash: Hash) -> &'static str {
    DIGESTS.iter().find(|(_, known)| *known == hash).map_or("", |(name, _)| name)
}

pub(super) fn scheme(name: &str) -> Option<Scheme> {
    SCHEMES.iter().find(|(known, _)| *known == name).map(|(_, scheme)| *scheme)
}

pub(super) fn scheme_name(scheme: Scheme) -> Option<&'static str> {
    SCHEMES.iter().find(|(_, known)| *known == scheme).map(|(name, _)| *name)
}

/// From the SEQUENCE of two numbers of ECDSA to both side by side, each as long as the curve's order.
pub(super) fn to_xml(scheme: Scheme, size: usize, signature: &[u8]) -> Option<Vec<u8>> {
    if !matches!(scheme, Scheme::Ecdsa(_)) {
        return Some(signature.to_vec());
    }
    let mut numbers = Reader::new(signature, "signature").sequence().ok()?;
    let mut out = Vec::with_capacity(size * 2);
    for _ in 0..2 {
        let number = numbers.take(tag::INTEGER).ok()?.content;
        let number = &number[usize::from(number.first() == Some(&0))..];
        out.resize(out.len() + size.checked_sub(number.len())?, 0);
        out.extend_from_slice(number);
    }
    Some(out)
}

/// The other way round. Tokens write the same form.
pub(crate) fn from_xml(scheme: Scheme, signature: &[u8]) -> Option<Vec<u8>> {
    if !matches!(scheme, Scheme::Ecdsa(_)) {
        return Some(signature.to_vec());
    }
    if signature.is_empty() || signature.len() % 2 == 1 || signature.len() > 132 {
        return None;
    }
    let (r, s) = signature.split_at(signature.len() / 2);
    Some(asn1::sequence([asn1::unsigned(r), asn1::unsigned(s)]))
}
