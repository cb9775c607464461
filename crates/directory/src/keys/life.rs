//! The life of a certificate after it was issued: handed over, taken into use, suspended, resumed, revoked; and the
//! entering of one that another authority issued.

use super::{Keys, StoredCertificate, read_holder};
use crate::{
    Holder,
    acts::{
        self, CertificateActivated, CertificateDelivered, CertificateImported, CertificateResumed, CertificateRevoked,
        CertificateSuspended,
    },
    model::Basis,
    renewal,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected};
use kernel::{ActBody, ActDraft, Ctx, Problem};
use pki::{Certificate, Reason, check_before_signing};

/// Most certificates of an imported chain.
const MAX_CHAIN: usize = 8;

impl Keys {
    /// Revokes a certificate from now on: an administrator any, a person their own (policy). One that was suspended is
    /// revoked since then.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked` when it was revoked before; storage.
    pub async fn revoke(&self, ctx: &Ctx, serial: &str, reason: Reason, basis: &Basis) -> Result<(), Problem> {
        let (found, holder) = self.living(serial).await?;
        let reason = serde_json::to_value(reason).map_err(Problem::fault)?;
        let revoked = CertificateRevoked {
            serial: serial.to_owned(),
            holder: holder.clone(),
            reason: reason.as_str().unwrap_or("unspecified").to_owned(),
            basis: basis.clone(),
            since: found.revoked,
        };
        self.turn(ctx, &found, &holder, &revoked).await
    }

    /// Suspends a certificate from now on: an administrator any, a person their own (policy).
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked`, `certificate-suspended`; storage.
    pub async fn suspend(&self, ctx: &Ctx, serial: &str, basis: &Basis) -> Result<(), Problem> {
        let (found, holder) = self.living(serial).await?;
        if found.on_hold() {
            return Err(Problem::refused("certificate-suspended"));
        }
        let basis = basis.clone();
        let suspended = CertificateSuspended { serial: serial.to_owned(), holder: holder.clone(), basis };
        self.turn(ctx, &found, &holder, &suspended).await
    }

    /// Lets a suspended certificate count again.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked`, `certificate-not-suspended`; storage.
    pub async fn resume(&self, ctx: &Ctx, serial: &str, basis: &Basis) -> Result<(), Problem> {
        let (found, holder) = self.living(serial).await?;
        if !found.on_hold() {
            return Err(Problem::refused("certificate-not-suspended"));
        }
        let basis = basis.clone();
        let resumed = CertificateResumed { serial: serial.to_owned(), holder: holder.clone(), basis };
        self.turn(ctx, &found, &holder, &resumed).await
    }

    /// Notes that a certificate was handed over, and how the holder was known.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked`, `certificate-delivered`; [`Problem::Invalid`]
    /// without `how`; storage.
    pub async fn deliver(&self, ctx: &Ctx, serial: &str, how: &str) -> Result<(), Problem> {
        let (found, holder) = self.living(serial).await?;
        if found.delivered.is_some() {
            return Err(Problem::refused("certificate-delivered"));
        }
        let how = how.trim();
        if how.is_empty() {
            return Err(Problem::field("how", "field-required"));
        }
        let delivered = CertificateDelivered { serial: serial.to_owned(), holder: holder.clone(), how: how.to_owned() };
        self.turn(ctx, &found, &holder, &delivered).await
    }

    /// The holder takes a certificate into use.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `certificate-revoked`, `certificate-active`; storage.
    pub async fn activate(&self, ctx: &Ctx, serial: &str) -> Result<(), Problem> {
        let (found, holder) = self.living(serial).await?;
        if !found.awaits_holder() {
            return Err(Problem::refused("certificate-active"));
        }
        let activated = CertificateActivated { serial: serial.to_owned(), holder: holder.clone() };
        self.turn(ctx, &found, &holder, &activated).await
    }

    /// Enters a certificate that another authority issued, with the certificates above it (the holder's first). The key
    /// stays where it is. The path must lead to a root on the trust list.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for what does not read; [`Problem::Refused`] with the codes of [`pki::Unfit`] when it could
    /// not sign now, `certificate-known` when it was entered before; storage.
    pub async fn import(
        &self,
        ctx: &Ctx,
        holder: &Holder,
        chain: &[Certificate],
        basis: &Basis,
        enrolment: Option<&str>,
    ) -> Result<String, Problem> {
        let [certificate, above @ ..] = chain else { return Err(Problem::field("file", "field-not-a-certificate")) };
        if above.len() > MAX_CHAIN {
            return Err(Problem::field("file", "field-too-many").arg("max", MAX_CHAIN));
        }
        let anchors = self.trust_anchors().await?;
        check_before_signing(chain, &anchors, &[], self.clock.now()).map_err(|why| Problem::refused(why.code()))?;
        let fingerprint = certificate.fingerprint();
        let serial = format!("imported-{}", &fingerprint.to_string()[..32]);
        if self.certificate(&serial).await?.is_some() {
            return Err(Problem::refused("certificate-known"));
        }
        let imported = CertificateImported {
            serial: serial.clone(),
            holder: holder.clone(),
            certificate: STANDARD.encode(certificate.der()),
            chain: above.iter().map(|c| STANDARD.encode(c.der())).collect(),
            fingerprint,
            from: certificate.not_before(),
            until: certificate.not_after(),
            basis: basis.clone(),
            enrolment: enrolment.map(str::to_owned),
        };
        let draft = ActDraft::new(acts::certificate_resource(&serial, holder), &imported);
        let change = Change::new().on(acts::certificate_stream(&serial), Expected::New).act(draft);
        let change = renewal::followed(change, holder, &serial, certificate, self.clock.now());
        self.directory.journal().commit(ctx, change).await?;
        Ok(serial)
    }

    async fn living(&self, serial: &str) -> Result<(StoredCertificate, Holder), Problem> {
        let found = self.certificate(serial).await?.ok_or_else(|| Problem::not_found("certificate", serial))?;
        if found.revoked.is_some() && !found.on_hold() {
            return Err(Problem::refused("certificate-revoked"));
        }
        let holder = read_holder(&found.holder)?;
        Ok((found, holder))
    }

    /// The next act on the stream of a certificate; whoever was faster wins.
    async fn turn<B: ActBody>(
        &self,
        ctx: &Ctx,
        found: &StoredCertificate,
        holder: &Holder,
        body: &B,
    ) -> Result<(), Problem> {
        let draft = ActDraft::new(acts::certificate_resource(&found.serial, holder), body);
        let expected = Expected::At(found.version);
        let change = Change::new().on(acts::certificate_stream(&found.serial), expected).act(draft);
        self.directory.journal().commit(ctx, change).await?;
        // Answers that were signed before tell the old status.
        self.told.forget();
        Ok(())
    }
}
