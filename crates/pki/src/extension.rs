//! Certificate extensions (RFC 5280, 4.2), read once when the certificate is.

use crate::{
    asn1::{Element, Reader, tag},
    error::{Result, malformed},
    general_name::{GeneralName, general_names, is_network},
    name::Name,
    oid::{self, Oid},
};

const WHAT: &str = "certificate extension";

/// One extension as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which.
    pub kind: Oid,
    /// A validator that does not know it must refuse the certificate.
    pub critical: bool,
    /// The DER inside the OCTET STRING.
    pub value: Vec<u8>,
}

/// Uses of a key (RFC 5280, 4.2.1.3): bit 0 of the standard is the highest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// Signatures that authenticate.
    pub const DIGITAL_SIGNATURE: u16 = 1 << 15;
    /// Signatures that commit to content (non-repudiation).
    pub const CONTENT_COMMITMENT: u16 = 1 << 14;
    /// Signatures on certificates.
    pub const CERTIFICATES: u16 = 1 << 10;
    /// Signatures on CRLs.
    pub const CRLS: u16 = 1 << 9;
    /// One of these uses is allowed.
    pub fn allows(self, uses: u16) -> bool {
        self.0 & uses != 0
    }
}

/// Whether the subject is an authority, and how many more may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// May issue certificates.
    pub authority: bool,
    /// How many intermediate certificates may follow.
    pub path_length: Option<u64>,
}

/// Which key signed: the issuer's key identifier, or its issuer and serial number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorityKeyId {
    /// The issuer's subject key identifier.
    pub key: Option<Vec<u8>>,
    /// The serial number of the issuer's certificate.
    pub serial: Option<Vec<u8>>,
}

/// Subtrees in which names must, or must not, lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Names of a form that appears here must lie in one of its subtrees.
    pub permitted: Vec<GeneralName>,
    /// Names must not lie in these.
    pub excluded: Vec<GeneralName>,
}

/// Demands on policies further down the path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PolicyConstraints {
    /// After so many certificates a policy must be valid.
    pub require_explicit: Option<u64>,
    /// After so many certificates mappings are ignored.
    pub inhibit_mapping: Option<u64>,
}

/// Where a CRL is, for which reasons, and who signs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    /// Its names in full.
    pub full_names: Vec<GeneralName>,
    /// The content of a name relative to the CRL issuer, as it came.
    pub relative_name: Option<Vec<u8>>,
    /// The reasons it covers; `None` is all of them.
    pub reasons: Option<u16>,
    /// Who signs it, when that is not the certificate's issuer.
    pub crl_issuer: Vec<GeneralName>,
}

/// The extensions of a certificate, those known here taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of RFC 5280")]
pub struct Extensions {
    pub all: Vec<Extension>,
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<KeyUsage>,
    pub extended_key_usage: Option<Vec<Oid>>,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<AuthorityKeyId>,
    pub subject_alt_names: Option<Vec<GeneralName>>,
    pub name_constraints: Option<NameConstraints>,
    pub policies: Option<Vec<Oid>>,
    pub policy_mappings: Vec<(Oid, Oid)>,
    pub policy_constraints: Option<PolicyConstraints>,
    pub inhibit_any_policy: Option<u64>,
    pub crl_distribution_points: Vec<DistributionPoint>,
    pub freshest_crl: Vec<DistributionPoint>,
}

impl Extensions {
    /// Reads `Extensions`, the SEQUENCE OF.
    pub(crate) fn parse(list: Element<'_>) -> Result<Extensions> {
        let mut out = Extensions { all: read_list(list)?, ..Extensions::default() };
        if out.all.is_empty() {
            return Err(malformed(WHAT, "an empty list"));
        }
        for i in 0..out.all.len() {
            let extension = out.all[i].clone();
            out.read(&extension)?;
        }
        Ok(out)
    }
    /// The raw value of an extension.
    pub fn get(&self, kind: Oid) -> Option<&Extension> {
        self.all.iter().find(|e| e.kind == kind)
    }
    /// The first critical extension that is not taken apart here.
    pub fn unknown_critical(&self) -> Option<Oid> {
        const KNOWN: [Oid; 14] = [
            oid::BASIC_CONSTRAINTS,
            oid::KEY_USAGE,
            oid::EXTENDED_KEY_USAGE,
            oid::SUBJECT_KEY_ID,
            oid::AUTHORITY_KEY_ID,
            oid::SUBJECT_ALT_NAME,
            oid::ISSUER_ALT_NAME,
            oid::NAME_CONSTRAINTS,
            oid::CERTIFICATE_POLICIES,
            oid::POLICY_MAPPINGS,
            oid::POLICY_CONSTRAINTS,
            oid::INHIBIT_ANY_POLICY,
            oid::CRL_DISTRIBUTION_POINTS,
            oid::FRESHEST_CRL,
        ];
        self.all.iter().find(|e| e.critical && !KNOWN.contains(&e.kind)).map(|e| e.kind)
    }

    fn read(&mut self, extension: &Extension) -> Result<()> {
        let value = extension.value.as_slice();
        let sequence = || Reader::only(value, tag::SEQUENCE, WHAT).map(|e| e.open(WHAT));
        match extension.kind {
            oid::BASIC_CONSTRAINTS => {
                let mut reader = sequence()?;
                let authority = reader.optional(tag::BOOLEAN)?.map_or(Ok(false), |e| e.boolean(WHAT))?;
                let path_length = reader.optional(tag::INTEGER)?.map(|e| e.small_integer(WHAT)).transpose()?;
                reader.finish()?;
                self.basic_constraints = Some(BasicConstraints { authority, path_length });
            }
            oid::KEY_USAGE => {
                self.key_usage = Some(KeyUsage(Reader::only(value, tag::BIT_STRING, WHAT)?.named_bits(WHAT)?));
            }
            oid::EXTENDED_KEY_USAGE => {
                let mut reader = sequence()?;
                let mut uses = Vec::new();
                while !reader.is_empty() {
                    uses.push(reader.oid()?);
                }
                self.extended_key_usage = Some(uses);
            }
            oid::SUBJECT_KEY_ID => {
                self.subject_key_id = Some(Reader::only(value, tag::OCTET_STRING, WHAT)?.content.to_vec());
            }
            oid::AUTHORITY_KEY_ID => self.authority_key_id = Some(authority_key_id(sequence()?)?),
            oid::SUBJECT_ALT_NAME => self.subject_alt_names = Some(general_names(sequence()?)?),
            oid::NAME_CONSTRAINTS => self.name_constraints = Some(name_constraints(sequence()?)?),
            oid::CERTIFICATE_POLICIES => self.policies = Some(policies(sequence()?)?),
            oid::POLICY_MAPPINGS => self.policy_mappings = policy_mappings(sequence()?)?,
            oid::POLICY_CONSTRAINTS => {
                let mut reader = sequence()?;
                let require_explicit = implicit_number(&mut reader, 0)?;
                let inhibit_mapping = implicit_number(&mut reader, 1)?;
                reader.finish()?;
                self.policy_constraints = Some(PolicyConstraints { require_explicit, inhibit_mapping });
            }
            oid::INHIBIT_ANY_POLICY => {
                self.inhibit_any_policy = Some(Reader::only(value, tag::INTEGER, WHAT)?.small_integer(WHAT)?);
            }
            oid::CRL_DISTRIBUTION_POINTS => self.crl_distribution_points = distribution_points(sequence()?)?,
            oid::FRESHEST_CRL => self.freshest_crl = distribution_points(sequence()?)?,
            _ => {}
        }
        Ok(())
    }
}

/// Reads a list of extensions, of a certificate or a CRL; the same one twice is an error.
pub(crate) fn read_list(list: Element<'_>) -> Result<Vec<Extension>> {
    let mut all: Vec<Extension> = Vec::new();
    let mut reader = list.open(WHAT);
    while !reader.is_empty() {
        let mut one = reader.sequence()?;
        let kind = one.oid()?;
        let critical = one.optional(tag::BOOLEAN)?.map_or(Ok(false), |e| e.boolean(WHAT))?;
        let value = one.take(tag::OCTET_STRING)?.content.to_vec();
        one.finish()?;
        if all.iter().any(|e| e.kind == kind) {
            return Err(malformed(WHAT, "the same extension twice"));
        }
        all.push(Extension { kind, critical, value });
    }
    Ok(all)
}

fn implicit_number(reader: &mut Reader<'_>, n: u8) -> Result<Option<u64>> {
    reader.optional(tag::context(n))?.map(|e| e.small_integer(WHAT)).transpose()
}

fn authority_key_id(mut reader: Reader<'_>) -> Result<AuthorityKeyId> {
    let key = reader.optional(tag::context(0))?.map(|e| e.content.to_vec());
    let issuer = reader.optional(tag::context_constructed(1))?;
    let serial = reader.optional(tag::context(2))?.map(|e| e.content.to_vec());
    reader.finish()?;
    if issuer.is_some() != serial.is_some() {
        return Err(malformed(WHAT, "an issuer without serial number, or the reverse"));
    }
    Ok(AuthorityKeyId { key, serial })
}

fn name_constraints(mut reader: Reader<'_>) -> Result<NameConstraints> {
    let mut subtrees = |n| -> Result<Vec<GeneralName>> {
        let Some(list) = reader.optional(tag::context_constructed(n))? else { return Ok(Vec::new()) };
        let (mut list, mut out) = (list.open(WHAT), Vec::new());
        while !list.is_empty() {
            let mut subtree = list.sequence()?;
            let base = GeneralName::parse(subtree.any()?)?;
            if matches!(&base, GeneralName::Ip(octets) if !is_network(octets)) {
                return Err(malformed(WHAT, "a name constraint that is no network"));
            }
            out.push(base);
            // RFC 5280 fixes minimum at 0 and leaves maximum out.
            if !subtree.is_empty() {
                return Err(malformed(WHAT, "a name constraint with minimum or maximum"));
            }
        }
        if out.is_empty() { Err(malformed(WHAT, "an empty list of subtrees")) } else { Ok(out) }
    };
    let constraints = NameConstraints { permitted: subtrees(0)?, excluded: subtrees(1)? };
    reader.finish()?;
    if constraints == NameConstraints::default() {
        return Err(malformed(WHAT, "name constraints without subtrees"));
    }
    Ok(constraints)
}

fn policies(mut reader: Reader<'_>) -> Result<Vec<Oid>> {
    let mut out = Vec::new();
    while !reader.is_empty() {
        let policy = reader.sequence()?.oid()?;
        if out.contains(&policy) {
            return Err(malformed(WHAT, "the same policy twice"));
        }
        out.push(policy);
    }
    if out.is_empty() { Err(malformed(WHAT, "an empty list of policies")) } else { Ok(out) }
}

fn policy_mappings(mut reader: Reader<'_>) -> Result<Vec<(Oid, Oid)>> {
    let mut out = Vec::new();
    while !reader.is_empty() {
        let mut pair = reader.sequence()?;
        out.push((pair.oid()?, pair.oid()?));
    }
    Ok(out)
}

fn distribution_points(mut reader: Reader<'_>) -> Result<Vec<DistributionPoint>> {
    let mut out = Vec::new();
    while !reader.is_empty() {
        let mut one = reader.sequence()?;
        let mut point = DistributionPoint::default();
        if let Some(name) = one.optional(tag::context_constructed(0))? {
            point.read_name(name)?;
        }
        point.reasons = one.optional(tag::context(1))?.map(|e| e.named_bits(WHAT)).transpose()?;
        if let Some(issuer) = one.optional(tag::context_constructed(2))? {
            point.crl_issuer = general_names(issuer.open(WHAT))?;
        }
        one.finish()?;
        out.push(point);
    }
    Ok(out)
}

impl DistributionPoint {
    /// Reads a DistributionPointName inside its explicit tag.
    pub(crate) fn read_name(&mut self, explicit: Element<'_>) -> Result<()> {
        let mut reader = explicit.open(WHAT);
        let name = reader.any()?;
        reader.finish()?;
        match name.tag {
            0xa0 => self.full_names = general_names(name.open(WHAT))?,
            0xa1 => self.relative_name = Some(name.content.to_vec()),
            _ => return Err(malformed(WHAT, "a distribution point without name")),
        }
        Ok(())
    }
    /// All its names, the relative one completed with the name of the CRL issuer.
    pub(crate) fn names(&self, issuer: &Name) -> Result<Vec<GeneralName>> {
        let mut names = self.full_names.clone();
        if let Some(relative) = &self.relative_name {
            names.push(GeneralName::Directory(issuer.with_relative(relative)?));
        }
        Ok(names)
    }
}
