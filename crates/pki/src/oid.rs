//! Object identifiers, with where each is defined.

#![allow(missing_docs, reason = "the names are those of the standards")]

use const_oid::ObjectIdentifier;

/// An object identifier.
pub type Oid = ObjectIdentifier;

const fn oid(text: &str) -> Oid {
    ObjectIdentifier::new_unwrap(text)
}

// Attributes of names: X.520, RFC 4519, PKCS #9.
pub const COMMON_NAME: Oid = oid("2.5.4.3");
pub const SURNAME: Oid = oid("2.5.4.4");
pub const SERIAL_NUMBER: Oid = oid("2.5.4.5");
pub const COUNTRY: Oid = oid("2.5.4.6");
pub const LOCALITY: Oid = oid("2.5.4.7");
pub const STATE: Oid = oid("2.5.4.8");
pub const ORGANIZATION: Oid = oid("2.5.4.10");
pub const ORGANIZATIONAL_UNIT: Oid = oid("2.5.4.11");
pub const TITLE: Oid = oid("2.5.4.12");
pub const GIVEN_NAME: Oid = oid("2.5.4.42");
pub const ORGANIZATION_IDENTIFIER: Oid = oid("2.5.4.97");
pub const DOMAIN_COMPONENT: Oid = oid("0.9.2342.19200300.100.1.25");
pub const USER_ID: Oid = oid("0.9.2342.19200300.100.1.1");
pub const EMAIL_ADDRESS: Oid = oid("1.2.840.113549.1.9.1");

// Certification requests: PKCS #9, 5.4.2 (RFC 2985).
pub const EXTENSION_REQUEST: Oid = oid("1.2.840.113549.1.9.14");

// Certificate and CRL extensions: RFC 5280.
pub const SUBJECT_DIRECTORY_ATTRIBUTES: Oid = oid("2.5.29.9");
pub const SUBJECT_KEY_ID: Oid = oid("2.5.29.14");
pub const KEY_USAGE: Oid = oid("2.5.29.15");
pub const SUBJECT_ALT_NAME: Oid = oid("2.5.29.17");
pub const ISSUER_ALT_NAME: Oid = oid("2.5.29.18");
pub const BASIC_CONSTRAINTS: Oid = oid("2.5.29.19");
pub const CRL_NUMBER: Oid = oid("2.5.29.20");
pub const REASON_CODE: Oid = oid("2.5.29.21");
pub const INVALIDITY_DATE: Oid = oid("2.5.29.24");
pub const DELTA_CRL_INDICATOR: Oid = oid("2.5.29.27");
pub const ISSUING_DISTRIBUTION_POINT: Oid = oid("2.5.29.28");
pub const CERTIFICATE_ISSUER: Oid = oid("2.5.29.29");
pub const NAME_CONSTRAINTS: Oid = oid("2.5.29.30");
pub const CRL_DISTRIBUTION_POINTS: Oid = oid("2.5.29.31");
pub const CERTIFICATE_POLICIES: Oid = oid("2.5.29.32");
pub const ANY_POLICY: Oid = oid("2.5.29.32.0");
pub const POLICY_MAPPINGS: Oid = oid("2.5.29.33");
pub const AUTHORITY_KEY_ID: Oid = oid("2.5.29.35");
pub const POLICY_CONSTRAINTS: Oid = oid("2.5.29.36");
pub const EXTENDED_KEY_USAGE: Oid = oid("2.5.29.37");
pub const FRESHEST_CRL: Oid = oid("2.5.29.46");
pub const INHIBIT_ANY_POLICY: Oid = oid("2.5.29.54");
pub const AUTHORITY_INFO_ACCESS: Oid = oid("1.3.6.1.5.5.7.1.1");
pub const ACCESS_OCSP: Oid = oid("1.3.6.1.5.5.7.48.1");
pub const ACCESS_CA_ISSUERS: Oid = oid("1.3.6.1.5.5.7.48.2");
pub const OCSP_NO_CHECK: Oid = oid("1.3.6.1.5.5.7.48.1.5");
pub const OCSP_BASIC: Oid = oid("1.3.6.1.5.5.7.48.1.1");
pub const OCSP_NONCE: Oid = oid("1.3.6.1.5.5.7.48.1.2");

// Extended key usages.
pub const ANY_EXTENDED_KEY_USAGE: Oid = oid("2.5.29.37.0");
pub const SERVER_AUTH: Oid = oid("1.3.6.1.5.5.7.3.1");
pub const CLIENT_AUTH: Oid = oid("1.3.6.1.5.5.7.3.2");
pub const EMAIL_PROTECTION: Oid = oid("1.3.6.1.5.5.7.3.4");
pub const DOCUMENT_SIGNING: Oid = oid("1.3.6.1.5.5.7.3.36");
pub const DOCUMENT_SIGNING_MICROSOFT: Oid = oid("1.3.6.1.4.1.311.10.3.12");
pub const DOCUMENT_SIGNING_ADOBE: Oid = oid("1.2.840.113583.1.1.5");
pub const TIME_STAMPING: Oid = oid("1.3.6.1.5.5.7.3.8");
pub const OCSP_SIGNING: Oid = oid("1.3.6.1.5.5.7.3.9");

// Keys and signatures: RFC 3279, 4055, 5480, 5758, 8410.
pub const RSA: Oid = oid("1.2.840.113549.1.1.1");
pub const RSA_SHA1: Oid = oid("1.2.840.113549.1.1.5");
pub const MGF1: Oid = oid("1.2.840.113549.1.1.8");
pub const RSA_PSS: Oid = oid("1.2.840.113549.1.1.10");
pub const RSA_SHA256: Oid = oid("1.2.840.113549.1.1.11");
pub const RSA_SHA384: Oid = oid("1.2.840.113549.1.1.12");
pub const RSA_SHA512: Oid = oid("1.2.840.113549.1.1.13");
pub const EC: Oid = oid("1.2.840.10045.2.1");
pub const ECDSA_SHA1: Oid = oid("1.2.840.10045.4.1");
pub const ECDSA_SHA256: Oid = oid("1.2.840.10045.4.3.2");
pub const ECDSA_SHA384: Oid = oid("1.2.840.10045.4.3.3");
pub const ECDSA_SHA512: Oid = oid("1.2.840.10045.4.3.4");
pub const P256: Oid = oid("1.2.840.10045.3.1.7");
pub const P384: Oid = oid("1.3.132.0.34");
pub const P521: Oid = oid("1.3.132.0.35");
pub const ED25519: Oid = oid("1.3.101.112");
pub const DSA: Oid = oid("1.2.840.10040.4.1");
pub const DSA_SHA1: Oid = oid("1.2.840.10040.4.3");
pub const DSA_SHA256: Oid = oid("2.16.840.1.101.3.4.3.2");

// Digests: RFC 3279, 5754.
pub const SHA1: Oid = oid("1.3.14.3.2.26");
pub const SHA256: Oid = oid("2.16.840.1.101.3.4.2.1");
pub const SHA384: Oid = oid("2.16.840.1.101.3.4.2.2");
pub const SHA512: Oid = oid("2.16.840.1.101.3.4.2.3");
pub const SHA3_256: Oid = oid("2.16.840.1.101.3.4.2.8");
pub const SHA3_384: Oid = oid("2.16.840.1.101.3.4.2.9");
pub const SHA3_512: Oid = oid("2.16.840.1.101.3.4.2.10");

// CMS, its attributes, time stamps: RFC 5652, 5035, 3161, EN 319 122.
pub const DATA: Oid = oid("1.2.840.113549.1.7.1");
pub const SIGNED_DATA: Oid = oid("1.2.840.113549.1.7.2");
pub const TST_INFO: Oid = oid("1.2.840.113549.1.9.16.1.4");
pub const CONTENT_TYPE: Oid = oid("1.2.840.113549.1.9.3");
pub const MESSAGE_DIGEST: Oid = oid("1.2.840.113549.1.9.4");
pub const SIGNING_TIME: Oid = oid("1.2.840.113549.1.9.5");
pub const SIGNING_CERTIFICATE: Oid = oid("1.2.840.113549.1.9.16.2.12");
pub const SIGNATURE_TIME_STAMP: Oid = oid("1.2.840.113549.1.9.16.2.14");
pub const SIGNING_CERTIFICATE_V2: Oid = oid("1.2.840.113549.1.9.16.2.47");
pub const CERTIFICATE_VALUES: Oid = oid("1.2.840.113549.1.9.16.2.23");
pub const REVOCATION_VALUES: Oid = oid("1.2.840.113549.1.9.16.2.24");
pub const ADOBE_REVOCATION_ARCHIVE: Oid = oid("1.2.840.113583.1.1.8");
pub const OCSP_IN_CMS: Oid = oid("1.3.6.1.5.5.7.16.2");
pub const CMS_ALGORITHM_PROTECTION: Oid = oid("1.2.840.113549.1.9.52");
