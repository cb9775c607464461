//! The person's signature made with a key of their own, outside of this program: the paper is prepared with everything that
//! it needs, goes out, and comes back signed.
//!
//! What comes back is taken only when it is the prepared paper, byte for byte, with exactly one signature by the person's
//! registered certificate behind it and nothing else: no filled field, no other look of a page. Unlike a signature made
//! here it does not certify the paper; what the clerk adds is bound by the seal, which locks every field.

use crate::{
    Records, State, acts,
    documents::Planned,
    paper::Places,
    sign::{DATE, NUMBER, SEAL, SIGNATURE, cannot_sign, level_of, places},
};
use bytes::Bytes;
use directory::Holder;
use kernel::{Ctx, Digest, DocumentId, Person, Problem};
use serde::{Deserialize, Serialize};
use signing::{Indication, Level, Revision, SignatureReport, SubIndication, validate::Validation};

/// A paper that was prepared for a signature made elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// The document.
    pub document: DocumentId,
    /// The version of its stream for which it was prepared.
    pub version: i64,
    /// The prepared PDF.
    pub pdf: Digest,
    /// SHA-256 of the certificate that is to sign.
    pub certificate: Digest,
    pages: i64,
    places: Places,
}

impl Records {
    /// Prepares the paper for the signature of the person of the request with a key that is elsewhere. Nothing is recorded;
    /// the file is kept until it is called for.
    ///
    /// # Errors
    /// As [`Records::plan_sign`]; `certificate-key-here` when the person signs with a key that is kept here.
    pub async fn prepare_for_signature(&self, ctx: &Ctx, id: &DocumentId) -> Result<Prepared, Problem> {
        let open = self.open(ctx, id).await?;
        open.must_be(&[State::Final])?;
        let person = self.signer_of(ctx, &open)?;
        let stored = self.keys.fitting(&Holder::Person(person.id.clone())).await?;
        if stored.has_key() {
            return Err(Problem::refused("certificate-key-here"));
        }
        let (_, content, _) = self.named(&open, &person.name).await?;
        let at = self.journal.clock().now();
        let paper = self.set_for_signature(&open.document, &content, at).await?;
        let (places, signature) = places(&paper)?;
        let (number, date, seal) = (places.number.place(), places.date.place(), places.seal.place());
        let pages = i64::from(paper.pages);
        let made = tokio::task::spawn_blocking(move || {
            Revision::new(SIGNATURE)
                .at(signature.place())
                .add_text_field(NUMBER, number)
                .add_text_field(DATE, date)
                .add_signature_field(SEAL, seal)
                .prepare(&paper.pdf, at)
        });
        let made = made.await.map_err(Problem::fault)?.map_err(cannot_sign)?;
        let pdf = self.journal.put_blob(made).await?;
        let (document, version) = (id.clone(), open.document.version);
        Ok(Prepared { document, version, pdf, certificate: stored.certificate.fingerprint(), pages, places })
    }

    /// A prepared paper, for whoever holds what was prepared.
    ///
    /// # Errors
    /// Storage.
    pub async fn prepared_pdf(&self, pdf: &Digest) -> Result<Bytes, Problem> {
        self.journal.get_blob(pdf).await
    }

    /// The acts by which a paper that was signed elsewhere becomes the signed document.
    ///
    /// # Errors
    /// `sign-device-done` when the document has moved on; `sign-device-other-file`, `sign-device-changed`,
    /// `sign-device-signatures`, `sign-device-other-signer`, `sign-device-not-valid` for what is wrong with the file; and as
    /// [`Records::plan_sign`].
    pub async fn plan_signed_elsewhere(
        &self,
        ctx: &Ctx,
        prepared: &Prepared,
        signed: Bytes,
    ) -> Result<Planned, Problem> {
        let open = self.open(ctx, &prepared.document).await?;
        if open.document.version != prepared.version {
            return Err(Problem::refused("sign-device-done"));
        }
        open.must_be(&[State::Final])?;
        let person = self.signer_of(ctx, &open)?;
        let stored = self.keys.fitting(&Holder::Person(person.id.clone())).await?;
        if stored.certificate.fingerprint() != prepared.certificate {
            return Err(Problem::refused("sign-device-other-signer"));
        }
        let before = self.journal.get_blob(&prepared.pdf).await?;
        let mut trust = self.keys.trust().await?.and(&self.checking.trust);
        trust.certificates.extend(stored.chain.iter().cloned());
        let (transport, at) = (self.checking.transport.clone(), self.journal.clock().now());
        let (certificate, after) = (prepared.certificate, signed.clone());
        let checked = tokio::task::spawn_blocking(move || {
            let mut validation = Validation::new(&trust, at);
            if let Some(transport) = transport.as_deref() {
                validation = validation.online(transport);
            }
            signed_by(&before, &after, &validation, &certificate)
        });
        let level = checked.await.map_err(Problem::fault)??;
        let (number, content, filled) = self.named(&open, &person.name).await?;
        let (pdf, size) = self.store(signed.to_vec()).await?;
        let body = acts::Signed {
            case: open.document.case.clone(),
            number,
            pdf,
            size,
            pages: prepared.pages,
            places: prepared.places,
            signer: format!("{}, {}", person.name, content.signature.title),
            certificate: prepared.certificate,
            level: level_of(level),
        };
        let mut planned: Vec<_> = filled.into_iter().map(|added| open.act(&added)).collect();
        planned.push(open.act(&body).with_blob(pdf));
        Ok(open.planned(planned))
    }

    /// The person who may sign the document now.
    fn signer_of<'c>(&self, ctx: &'c Ctx, open: &crate::documents::Open) -> Result<&'c Person, Problem> {
        self.journal.policies().require(ctx, "document.signed", &open.resource())?;
        let resource = || format!("Document:{}", open.document.id);
        ctx.person().ok_or_else(|| Problem::Forbidden { act: "document.signed".into(), resource: resource() })
    }
}

/// The level of the one signature by this certificate that came into the file, when nothing else did.
fn signed_by(before: &[u8], after: &[u8], validation: &Validation<'_>, certificate: &Digest) -> Result<Level, Problem> {
    if let Err(changes) = signing::only_signed(before, after) {
        return Err(match changes.first() {
            None => Problem::refused("sign-device-other-file"),
            Some(change) => Problem::refused("sign-device-changed").arg("change", change),
        });
    }
    let report = validation.pdf(after);
    let made: Vec<&SignatureReport> =
        report.signatures.iter().filter(|s| s.level != Level::DocumentTimeStamp).collect();
    let [signature] = made.as_slice() else {
        return Err(Problem::refused("sign-device-signatures").arg("count", made.len()));
    };
    // The place of the body's seal stays free for the clerk.
    if signature.field == SEAL {
        return Err(Problem::refused("sign-device-seal"));
    }
    if signature.certificate.as_ref().map(|c| c.fingerprint()) != Some(*certificate) {
        return Err(Problem::refused("sign-device-other-signer"));
    }
    // Whether the issuer has revoked it may not be known here; the directory's own entry was looked at before.
    let unknown = signature.sub_indication == Some(SubIndication::TryLater);
    match signature.indication {
        Indication::TotalPassed => Ok(signature.level),
        Indication::Indeterminate if unknown => Ok(signature.level),
        _ => {
            let why = signature.reasons.first().cloned().unwrap_or_default();
            Err(Problem::refused("sign-device-not-valid").arg("why", why))
        }
    }
}
