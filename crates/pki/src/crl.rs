//! Certificate revocation lists (RFC 5280, 5), read and made.

use crate::{
    algorithm::{PublicKey, Scheme, Verdict, Verdicts},
    asn1::{self, Reader, read_time, tag},
    authority::CrlPlan,
    error::{Error, Result, malformed},
    extension::{AuthorityKeyId, DistributionPoint, Extension, read_list},
    general_name::{GeneralName, general_names},
    name::Name,
    oid::{self, Oid},
    pem,
};
use kernel::Timestamp;
use std::{ops::Range, sync::Arc};

const WHAT: &str = "CRL";

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No reason is stated.
    Unspecified,
    /// The private key is, or may be, in other hands.
    KeyCompromise,
    /// The authority's key is.
    AuthorityCompromise,
    /// Name or position have changed.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Suspended; may become valid again.
    CertificateHold,
    /// Taken off hold; only in delta CRLs.
    RemoveFromCrl,
    /// A right was withdrawn.
    PrivilegeWithdrawn,
    /// An attribute authority's key is compromised.
    AttributeAuthorityCompromise,
}

impl Reason {
    const CODES: [(u8, Reason); 10] = [
        (0, Reason::Unspecified),
        (1, Reason::KeyCompromise),
        (2, Reason::AuthorityCompromise),
        (3, Reason::AffiliationChanged),
        (4, Reason::Superseded),
        (5, Reason::CessationOfOperation),
        (6, Reason::CertificateHold),
        (8, Reason::RemoveFromCrl),
        (9, Reason::PrivilegeWithdrawn),
        (10, Reason::AttributeAuthorityCompromise),
    ];
    pub(crate) fn from_code(code: u8) -> Option<Reason> {
        Reason::CODES.iter().find(|(c, _)| *c == code).map(|(_, reason)| *reason)
    }
    pub(crate) fn code(self) -> u8 {
        Reason::CODES.iter().find(|(_, reason)| *reason == self).map_or(0, |(code, _)| *code)
    }
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Revocation {
    /// Its serial number, as [`crate::Certificate::serial`] gives it.
    pub serial: Vec<u8>,
    /// From when it is revoked.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// A scope that a CRL states (RFC 5280, 5.2.5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    pub point: Option<DistributionPoint>,
    pub only_users: bool,
    pub only_authorities: bool,
    pub only_attributes: bool,
    pub reasons: Option<u16>,
    pub indirect: bool,
}

/// A revocation list; cheap to clone.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    tbs: Range<usize>,
    scheme: Vec<u8>,
    signature: Vec<u8>,
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Sorted by serial number; the issuer only in indirect CRLs.
    entries: Vec<(Revocation, Option<Name>)>,
    scope: Option<Scope>,
    delta_base: Option<Vec<u8>>,
    number: Option<Vec<u8>>,
    authority_key: Option<AuthorityKeyId>,
    unknown_critical: Option<Oid>,
    verdicts: Verdicts,
}

impl Crl {
    /// Reads the DER bytes of one CRL.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn parse(der: &[u8]) -> Result<Crl> {
        let mut outer = Reader::only(der, tag::SEQUENCE, WHAT)?.open(WHAT);
        let tbs = outer.take(tag::SEQUENCE)?;
        let scheme = outer.take(tag::SEQUENCE)?.raw.to_vec();
        let signature = outer.take(tag::BIT_STRING)?.bit_octets(WHAT).unwrap_or_default().to_vec();
        outer.finish()?;
        let start = tbs.raw.as_ptr() as usize - der.as_ptr() as usize;

        let mut reader = tbs.open(WHAT);
        if let Some(version) = reader.optional(tag::INTEGER)?
            && version.small_integer(WHAT)? != 1
        {
            return Err(malformed(WHAT, "an unknown version"));
        }
        if reader.take(tag::SEQUENCE)?.raw != scheme.as_slice() {
            return Err(malformed(WHAT, "two different signature algorithms"));
        }
        let issuer = Name::parse(reader.take(tag::SEQUENCE)?.raw)?;
        let this_update = read_time(reader.any()?, WHAT)?;
        let next_update = match reader.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(read_time(reader.any()?, WHAT)?),
            _ => None,
        };
        let mut inner = Inner {
            der: der.to_vec(),
            tbs: start..start + tbs.raw.len(),
            scheme,
            signature,
            issuer,
            this_update,
            next_update,
            entries: Vec::new(),
            scope: None,
            delta_base: None,
            number: None,
            authority_key: None,
            unknown_critical: None,
            verdicts: Verdicts::default(),
        };
        if let Some(list) = reader.optional(tag::SEQUENCE)? {
            inner.read_entries(list.open(WHAT))?;
        }
        if let Some(e) = reader.optional(tag::context_constructed(0))? {
            for extension in read_list(Reader::only(e.content, tag::SEQUENCE, WHAT)?)? {
                inner.read_extension(&extension)?;
            }
        }
        reader.finish()?;
        inner.entries.sort_by(|a, b| a.0.serial.cmp(&b.0.serial));
        Ok(Crl(Arc::new(inner)))
    }
    /// All CRLs of a PEM text.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a block that does not read.
    pub fn from_pem(text: &str) -> Result<Vec<Crl>> {
        pem::decode(text, "X509 CRL")?.iter().map(|der| Crl::parse(der)).collect()
    }
    /// One PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode(self.der(), "X509 CRL")
    }
    /// The bytes as they came.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }
    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }
    /// When it was issued.
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }
    /// When the next one comes at the latest.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }
    /// Its number, big-endian.
    pub fn number(&self) -> Option<&[u8]> {
        self.0.number.as_deref()
    }
    /// How many certificates it lists.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }
    /// It lists none.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }
    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.0.scope.as_ref()
    }
    /// The number of the complete CRL on which a delta CRL builds.
    pub(crate) fn delta_base(&self) -> Option<&[u8]> {
        self.0.delta_base.as_deref()
    }
    pub(crate) fn authority_key(&self) -> Option<&AuthorityKeyId> {
        self.0.authority_key.as_ref()
    }
    pub(crate) fn unknown_critical(&self) -> Option<Oid> {
        self.0.unknown_critical
    }
    /// The entry for a certificate of an issuer.
    pub fn find(&self, issuer: &Name, serial: &[u8]) -> Option<&Revocation> {
        let entries = &self.0.entries;
        let from = entries.partition_point(|(entry, _)| entry.serial.as_slice() < serial);
        let same = entries[from..].iter().take_while(|(entry, _)| entry.serial == serial);
        same.filter(|(_, by)| by.as_ref().unwrap_or(&self.0.issuer) == issuer).map(|(entry, _)| entry).next()
    }
    /// Checks the signature with the issuer's key; the verdict is remembered.
    pub fn verify_with(&self, key: &PublicKey) -> Verdict {
        self.0.verdicts.remember(key, || match Scheme::parse(&self.0.scheme) {
            Ok(scheme) => scheme.verify(key, &self.0.der[self.0.tbs.clone()], &self.0.signature),
            Err(Error::Unsupported(_)) => Verdict::Unsupported,
            Err(_) => Verdict::Wrong,
        })
    }
}

impl Inner {
    fn read_entries(&mut self, mut list: Reader<'_>) -> Result<()> {
        let mut issuer: Option<Name> = None;
        while !list.is_empty() {
            let mut one = list.sequence()?;
            let serial = one.take(tag::INTEGER)?.integer(WHAT)?.to_vec();
            let at = read_time(one.any()?, WHAT)?;
            let mut reason = Reason::Unspecified;
            if let Some(extensions) = one.optional(tag::SEQUENCE)? {
                for extension in read_list(extensions)? {
                    match extension.kind {
                        oid::REASON_CODE => {
                            let code = Reader::only(&extension.value, tag::ENUMERATED, WHAT)?.small_integer(WHAT)?;
                            let known = u8::try_from(code).ok().and_then(Reason::from_code);
                            reason = known.ok_or_else(|| malformed(WHAT, "a reason that does not exist"))?;
                        }
                        // The issuer holds for this entry and for those after it (RFC 5280, 5.3.3).
                        oid::CERTIFICATE_ISSUER => {
                            let names = Reader::only(&extension.value, tag::SEQUENCE, WHAT)?.open(WHAT);
                            issuer = general_names(names)?.into_iter().find_map(|name| match name {
                                GeneralName::Directory(name) => Some(name),
                                _ => None,
                            });
                        }
                        kind if extension.critical => self.unknown_critical = Some(kind),
                        _ => {}
                    }
                }
            }
            one.finish()?;
            self.entries.push((Revocation { serial, at, reason }, issuer.clone()));
        }
        Ok(())
    }

    fn read_extension(&mut self, extension: &Extension) -> Result<()> {
        let value = extension.value.as_slice();
        let number = || Ok(Reader::only(value, tag::INTEGER, WHAT)?.integer(WHAT)?.to_vec());
        match extension.kind {
            oid::CRL_NUMBER => self.number = Some(number()?),
            oid::DELTA_CRL_INDICATOR => self.delta_base = Some(number()?),
            oid::ISSUING_DISTRIBUTION_POINT => self.scope = Some(scope(value)?),
            oid::AUTHORITY_KEY_ID => {
                let mut reader = Reader::only(value, tag::SEQUENCE, WHAT)?.open(WHAT);
                let key = reader.optional(tag::context(0))?.map(|e| e.content.to_vec());
                self.authority_key = Some(AuthorityKeyId { key, serial: None });
            }
            kind if extension.critical => self.unknown_critical = Some(kind),
            _ => {}
        }
        Ok(())
    }
}

fn scope(value: &[u8]) -> Result<Scope> {
    let mut reader = Reader::only(value, tag::SEQUENCE, WHAT)?.open(WHAT);
    let mut scope = Scope::default();
    if let Some(name) = reader.optional(tag::context_constructed(0))? {
        let mut point = DistributionPoint::default();
        point.read_name(name)?;
        scope.point = Some(point);
    }
    let flag = |reader: &mut Reader<'_>, n| -> Result<bool> {
        reader.optional(tag::context(n))?.map_or(Ok(false), |e| e.boolean(WHAT))
    };
    scope.only_users = flag(&mut reader, 1)?;
    scope.only_authorities = flag(&mut reader, 2)?;
    scope.reasons = reader.optional(tag::context(3))?.map(|e| e.named_bits(WHAT)).transpose()?;
    scope.indirect = flag(&mut reader, 4)?;
    scope.only_attributes = flag(&mut reader, 5)?;
    reader.finish()?;
    Ok(scope)
}

impl PartialEq for Crl {
    fn eq(&self, other: &Crl) -> bool {
        self.0.der == other.0.der
    }
}
impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crl({} of {}, {} entries)", self.0.issuer, self.0.this_update.iso_local(), self.len())
    }
}

/// The unsigned part of a CRL, in the order of RFC 5280.
pub(crate) struct Draft<'a> {
    pub scheme: Scheme,
    pub issuer: &'a Name,
    pub plan: &'a CrlPlan<'a>,
    pub authority_key: &'a [u8],
}

impl Draft<'_> {
    pub(crate) fn tbs(&self) -> Vec<u8> {
        let plan = self.plan;
        let extension = |kind, value: Vec<u8>| asn1::sequence([asn1::oid(kind), asn1::octets(&value)]);
        let critical =
            |kind, value: Vec<u8>| asn1::sequence([asn1::oid(kind), asn1::boolean(true), asn1::octets(&value)]);
        // One buffer for all entries: a list may hold hundreds of thousands.
        let mut entries = Vec::with_capacity(plan.revoked.len() * 52);
        for entry in plan.revoked {
            let mut parts = vec![asn1::tlv(tag::INTEGER, &entry.serial), asn1::x509_time(entry.at)];
            if entry.reason != Reason::Unspecified {
                let reason = extension(oid::REASON_CODE, asn1::enumerated(entry.reason.code()));
                parts.push(asn1::sequence([reason]));
            }
            entries.extend_from_slice(&asn1::sequence(parts));
        }
        let authority_key = asn1::sequence([asn1::tlv(tag::context(0), self.authority_key)]);
        let name = |url: &str| asn1::tagged(0, [asn1::tagged(0, [asn1::tlv(tag::context(6), url.as_bytes())])]);
        let mut extensions = vec![
            extension(oid::AUTHORITY_KEY_ID, authority_key),
            extension(oid::CRL_NUMBER, asn1::integer(plan.number)),
        ];
        extensions.extend(plan.base.map(|base| critical(oid::DELTA_CRL_INDICATOR, asn1::integer(base))));
        let point = plan.point.map(|url| asn1::sequence([name(url)]));
        extensions.extend(point.map(|point| critical(oid::ISSUING_DISTRIBUTION_POINT, point)));
        let freshest = plan.freshest.map(|url| asn1::sequence([asn1::sequence([name(url)])]));
        extensions.extend(freshest.map(|points| extension(oid::FRESHEST_CRL, points)));
        let extensions = asn1::sequence(extensions);
        let mut parts = vec![
            asn1::integer(1),
            self.scheme.to_der(),
            self.issuer.der().to_vec(),
            asn1::x509_time(plan.this_update),
            asn1::x509_time(plan.next_update),
        ];
        // An empty list of revoked certificates must be left out, not written (RFC 5280, 5.1.2.6).
        if !entries.is_empty() {
            parts.push(asn1::tlv(tag::SEQUENCE, &entries));
        }
        parts.push(asn1::tagged(0, [extensions]));
        asn1::sequence(parts)
    }
}
