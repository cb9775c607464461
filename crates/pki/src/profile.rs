//! What RFC 5280 (4.1, 4.2) demands of certificates beyond what a path needs: asked for by strict validation.

use crate::{algorithm::PublicKey, certificate::Certificate, extension::KeyUsage, general_name::GeneralName, oid};

/// The place of a certificate in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Anchor,
    Between,
    End,
}

/// The first demand that a certificate does not meet.
pub(crate) fn check(certificate: &Certificate, role: Role) -> Result<(), &'static str> {
    let extensions = certificate.extensions();
    let critical = |kind| extensions.get(kind).map(|e| e.critical);
    let demand = |met: bool, rule| if met { Ok(()) } else { Err(rule) };
    let serial = certificate.serial();
    demand(serial.len() <= 20, "a serial number of more than 20 octets")?;
    demand(serial[0] & 0x80 == 0 && serial.iter().any(|b| *b != 0), "a serial number that is not positive")?;
    demand(!certificate.issuer().is_empty(), "an empty issuer")?;
    demand(extensions.unknown_critical().is_none(), "a critical extension that is not known")?;
    demand(critical(oid::AUTHORITY_KEY_ID) != Some(true), "an authority key identifier that is critical")?;
    demand(critical(oid::SUBJECT_KEY_ID) != Some(true), "a subject key identifier that is critical")?;
    demand(critical(oid::POLICY_CONSTRAINTS) != Some(false), "policy constraints that are not critical")?;
    demand(critical(oid::AUTHORITY_INFO_ACCESS) != Some(true), "authority information access that is critical")?;
    let authority = extensions.basic_constraints.is_some_and(|b| b.authority);
    let signs = extensions.key_usage.is_some_and(|u| u.allows(KeyUsage::CERTIFICATES));
    demand(!signs || authority, "a key for certificates in a certificate that is no authority's")?;
    demand(
        extensions.basic_constraints.is_none_or(|b| b.authority || b.path_length.is_none()),
        "a path length in a certificate that is no authority's",
    )?;
    demand(
        extensions.name_constraints.is_none() || authority,
        "name constraints in a certificate that is no authority's",
    )?;
    if certificate.subject().is_empty() {
        demand(!authority, "an authority without subject")?;
        demand(critical(oid::SUBJECT_ALT_NAME) == Some(true), "an empty subject without critical alternative names")?;
    }
    names(certificate)?;
    let keys = extensions.authority_key_id.as_ref().is_some_and(|id| id.key.is_some());
    demand(keys || (role == Role::Anchor && certificate.is_self_issued()), "no authority key identifier")?;
    if role != Role::End {
        demand(certificate.version() == 3, "an authority's certificate that is not version 3")?;
        demand(authority, "an authority's certificate without basic constraints")?;
        demand(critical(oid::BASIC_CONSTRAINTS) == Some(true), "basic constraints that are not critical")?;
        demand(extensions.key_usage.is_none() || signs, "an authority whose key is not for certificates")?;
        demand(extensions.subject_key_id.is_some(), "an authority without subject key identifier")?;
    }
    if let PublicKey::Rsa { bits, .. } = certificate.public_key() {
        demand(*bits >= 2048, "an RSA key that is too short")?;
    }
    Ok(())
}

/// Alternative names that cannot be names.
fn names(certificate: &Certificate) -> Result<(), &'static str> {
    for name in certificate.extensions().subject_alt_names.iter().flatten() {
        let sound = match name {
            GeneralName::Dns(text) => {
                let text = text.strip_prefix("*.").unwrap_or(text);
                !text.is_empty() && text.len() <= 253 && text.split('.').all(|l| !l.is_empty() && l.len() <= 63)
            }
            GeneralName::Ip(octets) => matches!(octets.len(), 4 | 16),
            GeneralName::Email(text) => text.contains('@'),
            _ => true,
        };
        if !sound {
            return Err("an alternative name that does not read");
        }
    }
    Ok(())
}
