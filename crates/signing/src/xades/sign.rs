//! Making XAdES signatures (EN 319 132-1, 6: baseline B-B and B-T).

use super::{DS, ENVELOPED, EXCLUSIVE, SIGNED_PROPERTIES, XADES, algorithm};
use crate::{
    error::SignError,
    report::Level,
    signer::{Signer, TimeStamper},
    xml::{Document, Form, canonicalize, escape},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Digest, Timestamp};
use pki::{Certificate, Hash, PublicKey, asn1};

/// A signed document, or a signature in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedXml {
    /// The whole file.
    pub xml: Vec<u8>,
    /// The level that was reached.
    pub level: Level,
    /// What did not go as asked.
    pub warnings: Vec<String>,
}

/// Signs a whole XML document; the signature becomes the last child of its root, and every other byte stays.
///
/// # Errors
/// [`SignError::Request`] for a document that does not read, has a document type, or holds a signature already, which
/// would be broken by another inside; [`SignError::Key`] when the key does not sign or has no name in XML.
pub fn sign_enveloped(
    xml: &[u8],
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<SignedXml, SignError> {
    let fail = |why: String| SignError::Request(format!("the XML document cannot be signed: {why}"));
    let document = Document::parse(xml).map_err(fail)?;
    if document.elements().any(|(_, e)| e.is(DS, "Signature")) {
        return Err(fail("it holds a signature already, which another one inside would break: sign it beside".into()));
    }
    let hash = signer.scheme().hash();
    let mut digest = hash.start();
    let form = Form::exclusive();
    canonicalize(&document, None, &|_| false, &form, &mut |part| digest.update(part)).map_err(fail)?;
    let transforms = format!(
        "<ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>"
    );
    let signed = Signed { uri: "", transforms: &transforms, digest: &digest.finish(), mime: "text/xml" };
    let (signature, level, warnings) = signed.sign(signer, at, stamper)?;
    let root = document.element(document.root).ok_or_else(|| fail("it has no root".into()))?;
    let mut out = Vec::with_capacity(xml.len() + signature.len() + 64);
    if root.inner_end == root.span.end {
        // An empty tag is opened for the signature.
        let open = xml[..root.span.end].strip_suffix(b"/>").ok_or_else(|| fail("its root has no end".into()))?;
        out.extend_from_slice(open);
        let colon = if root.prefix.is_empty() { "" } else { ":" };
        out.extend_from_slice(format!(">{signature}</{}{colon}{}>", root.prefix, root.local).as_bytes());
    } else {
        out.extend_from_slice(&xml[..root.inner_end]);
        out.extend_from_slice(signature.as_bytes());
        out.extend_from_slice(&xml[root.inner_end..root.span.end]);
    }
    out.extend_from_slice(&xml[root.span.end..]);
    Ok(SignedXml { xml: out, level, warnings })
}

/// Signs a file of any kind; the signature is an XML file of its own that names it.
///
/// # Errors
/// [`SignError::Request`] for a name that is empty or begins with `#`; [`SignError::Key`] when the key does not sign or
/// has no name in XML.
pub fn sign_detached(
    name: &str,
    content: &[u8],
    signer: &dyn Signer,
    at: Timestamp,
    stamper: Option<&dyn TimeStamper>,
) -> Result<SignedXml, SignError> {
    if name.is_empty() || name.starts_with('#') || name.contains(char::is_control) {
        return Err(SignError::Request(format!("{name:?} cannot be the name of what is signed")));
    }
    let digest = signer.scheme().hash().of(&[content]);
    // A reference is a URI (RFC 3986): everything else than its plain characters is escaped.
    let uri: String = name.bytes().map(escaped).collect();
    let mime = if name.ends_with(".pdf") { "application/pdf" } else { "application/octet-stream" };
    let signed = Signed { uri: &uri, transforms: "", digest: &digest, mime };
    let (signature, level, warnings) = signed.sign(signer, at, stamper)?;
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{signature}\n").into_bytes();
    Ok(SignedXml { xml, level, warnings })
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// What is signed.
struct Signed<'s> {
    uri: &'s str,
    transforms: &'s str,
    digest: &'s [u8],
    mime: &'s str,
}

impl Signed<'_> {
    fn sign(
        &self,
        signer: &dyn Signer,
        at: Timestamp,
        stamper: Option<&dyn TimeStamper>,
    ) -> Result<(String, Level, Vec<String>), SignError> {
        let scheme = signer.scheme();
        let name = algorithm::scheme_name(scheme);
        let name = name.ok_or_else(|| SignError::Key(format!("{scheme:?} has no name in XML signatures")))?;
        let certificate = signer.chain().first();
        let certificate = certificate.ok_or_else(|| SignError::Key("the signer has no certificate".into()))?;
        let digest_name = algorithm::digest_name(scheme.hash());
        let id = hex::encode(&Hash::Sha256.of(&[self.digest, &at.micros().to_be_bytes(), certificate.der()])[..8]);
        let properties = self.properties(&id, certificate, at);
        let properties_digest = digest_of(&properties, "SignedProperties", scheme.hash())?;
        let reference = |id: &str, uri: &str, kind: &str, transforms: &str, digest: &[u8]| {
            let digest = STANDARD.encode(digest);
            format!(
                "<ds:Reference{id}{kind} URI=\"{uri}\">{transforms}<ds:DigestMethod Algorithm=\"{digest_name}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
            )
        };
        let canonical =
            format!("<ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>");
        let first = reference(&format!(" Id=\"r-{id}\""), self.uri, "", self.transforms, self.digest);
        let kind = format!(" Type=\"{SIGNED_PROPERTIES}\"");
        let second = reference("", &format!("#p-{id}"), &kind, &canonical, &properties_digest);
        // Written in canonical form already, with the one namespace that is in use.
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{name}\"></ds:SignatureMethod>{first}{second}</ds:SignedInfo>"
        );
        let signature = signer.sign(info.as_bytes())?;
        let size = match certificate.public_key() {
            PublicKey::Ec { curve, .. } if *curve == pki::oid::P256 => 32,
            PublicKey::Ec { curve, .. } if *curve == pki::oid::P384 => 48,
            _ => 66,
        };
        let value = algorithm::to_xml(scheme, size, &signature);
        let value = STANDARD.encode(value.ok_or_else(|| SignError::Key("its signature does not read".into()))?);
        let value = format!("<ds:SignatureValue xmlns:ds=\"{DS}\" Id=\"v-{id}\">{value}</ds:SignatureValue>");
        let (mut stamp, mut level, mut warnings) = (String::new(), Level::Bb, Vec::new());
        match stamper.map(|s| s.stamp(&Digest::of(&[value.as_bytes()]))) {
            Some(Ok(token)) => {
                level = Level::Bt;
                stamp = stamp_element(&token);
            }
            Some(Err(error)) => warnings.push(error.to_string()),
            None => {}
        }
        let chain: String = signer
            .chain()
            .iter()
            .filter(|c| !c.is_self_issued() || *c == certificate)
            .map(|c| format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(c.der())))
            .collect();
        // The namespace declarations that make fragments canonical are not written twice.
        let plain = |text: &str| text.replacen(&format!(" xmlns:ds=\"{DS}\""), "", 1);
        let properties = properties.replacen(&format!(" xmlns:xades=\"{XADES}\""), "", 1);
        let whole = format!(
            "<ds:Signature xmlns:ds=\"{DS}\" Id=\"s-{id}\">{}{}<ds:KeyInfo><ds:X509Data>{chain}</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#s-{id}\">{}{stamp}</xades:QualifyingProperties></ds:Object></ds:Signature>",
            plain(&info),
            plain(&value),
            plain(&properties),
        );
        Ok((whole, level, warnings))
    }

    /// The signed properties, with the namespaces that they use declared on them.
    fn properties(&self, id: &str, certificate: &Certificate, at: Timestamp) -> String {
        let digest = STANDARD.encode(Hash::Sha256.of(&[certificate.der()]));
        // IssuerSerial of RFC 5035.
        let issuer = asn1::sequence([asn1::tagged(4, [certificate.issuer().der()])]);
        let serial = asn1::tlv(asn1::tag::INTEGER, certificate.serial());
        let issuer = STANDARD.encode(asn1::sequence([issuer, serial]));
        let (time, mime) = (at.iso_local(), escape(self.mime, false));
        let sha256 = algorithm::digest_name(Hash::Sha256);
        format!(
            "<xades:SignedProperties xmlns:ds=\"{DS}\" xmlns:xades=\"{XADES}\" Id=\"p-{id}\"><xades:SignedSignatureProperties><xades:SigningTime>{time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm=\"{sha256}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue></xades:CertDigest><xades:IssuerSerialV2>{issuer}</xades:IssuerSerialV2></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#r-{id}\"><xades:MimeType>{mime}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>"
        )
    }
}

fn stamp_element(token: &[u8]) -> String {
    let token = STANDARD.encode(token);
    format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod><xades:EncapsulatedTimeStamp>{token}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )
}

/// The digest of the canonical form of an element in a fragment that stands on its own.
fn digest_of(fragment: &str, local: &str, hash: Hash) -> Result<Vec<u8>, SignError> {
    let fail = |why: String| SignError::Request(format!("{local}: {why}"));
    let document = Document::parse(fragment.as_bytes()).map_err(fail)?;
    let mut digest = hash.start();
    let apex = Some(document.root);
    canonicalize(&document, apex, &|_| false, &Form::exclusive(), &mut |part| digest.update(part)).map_err(fail)?;
    Ok(digest.finish())
}
