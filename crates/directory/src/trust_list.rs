//! The trust list: roots of others (the government's, foreign ones), each proposed by one person and confirmed by another
//! who both compared its fingerprint with what its owner published.

use crate::{
    Keys,
    acts::{self, TrustConfirmed, TrustProposed, TrustWithdrawn},
    keys::certificate_of,
    model::Basis,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use journal::{Change, Expected, Row};
use kernel::{ActBody, ActDraft, Ctx, Digest, FieldProblem, PersonId, Problem, Timestamp};
use pki::Certificate;

/// How many digits of a fingerprint are compared at least.
pub const DIGITS: usize = 16;

/// A root of others.
#[derive(Debug, Clone)]
pub struct TrustedRoot {
    /// Its certificate.
    pub certificate: Certificate,
    /// What it is called here.
    pub name: String,
    /// What signatures under it are believed for.
    pub purpose: String,
    /// Until when it is believed.
    pub until: Timestamp,
    /// On what ground.
    pub basis: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed: Timestamp,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonId>,
    /// When.
    pub confirmed: Option<Timestamp>,
    /// Since when it is trusted no more.
    pub withdrawn: Option<Timestamp>,
    version: i64,
}

impl TrustedRoot {
    /// Whether signatures under it are believed at an instant.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.confirmed.is_some() && self.withdrawn.is_none() && at < self.until
    }
}

impl Keys {
    /// The trust list, the newest proposals first.
    ///
    /// # Errors
    /// Storage.
    pub async fn trust_list(&self) -> Result<Vec<TrustedRoot>, Problem> {
        let sql = "SELECT * FROM trust_anchor ORDER BY proposed DESC, fingerprint LIMIT 500";
        self.directory.rows(sql, &[]).await?.iter().map(root).collect()
    }

    pub(crate) async fn trusted_roots(&self) -> Result<Vec<Certificate>, Problem> {
        let sql =
            "SELECT certificate FROM trust_anchor WHERE confirmed IS NOT NULL AND withdrawn IS NULL AND until > $1";
        let rows = self.directory.rows(sql, &[self.clock.now().into()]).await?;
        rows.iter().map(|row| certificate_of(row.text("certificate")?)).collect()
    }

    /// Proposes a root. `seen` is the fingerprint (SHA-256, at least its first 16 digits) as its owner published it.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for an empty name or purpose, `fingerprint-differs`, a certificate that is no authority's or
    /// has ended; [`Problem::Refused`] `trust-known`; [`Problem::Forbidden`]; storage.
    #[allow(clippy::too_many_arguments, reason = "a proposal has that many parts")]
    pub async fn propose_root(
        &self,
        ctx: &Ctx,
        certificate: &Certificate,
        name: &str,
        purpose: &str,
        until: Timestamp,
        seen: &str,
        basis: &Basis,
    ) -> Result<Digest, Problem> {
        let person = ctx.person().ok_or_else(|| Problem::refused("trust-needs-person"))?;
        let fingerprint = certificate.fingerprint();
        let mut wrong = Vec::new();
        for (field, text) in [("name", name), ("purpose", purpose)] {
            if text.trim().is_empty() {
                wrong.push(FieldProblem::new(field, "field-required"));
            }
        }
        if !certificate.is_authority() {
            wrong.push(FieldProblem::new("file", "field-not-an-authority"));
        }
        if until <= self.clock.now() {
            wrong.push(FieldProblem::new("until", "field-in-the-past"));
        }
        if !agrees(seen, &fingerprint) {
            wrong.push(FieldProblem::new("fingerprint", "fingerprint-differs"));
        }
        if !wrong.is_empty() {
            return Err(Problem::Invalid(wrong));
        }
        let proposed = TrustProposed {
            fingerprint,
            name: kernel::text::nfc(name.trim()).into_owned(),
            certificate: STANDARD.encode(certificate.der()),
            purpose: kernel::text::nfc(purpose.trim()).into_owned(),
            until: until.min(certificate.not_after()),
            basis: basis.clone(),
            proposed_by: person.id.clone(),
        };
        // A root that was withdrawn may be proposed again, and needs two persons again.
        let expected = match self.trust_list().await?.into_iter().find(|r| r.certificate.fingerprint() == fingerprint) {
            Some(known) if known.withdrawn.is_none() => return Err(Problem::refused("trust-known")),
            Some(known) => Expected::At(known.version),
            None => Expected::New,
        };
        let draft = ActDraft::new(acts::trust_resource(&fingerprint, &person.id), &proposed);
        let change = Change::new().on(acts::trust_stream(&fingerprint), expected).act(draft);
        self.directory.journal().commit(ctx, change).await?;
        Ok(fingerprint)
    }

    /// Confirms a root: by another person than proposed it (policy), who compared the fingerprint too.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Invalid`] `fingerprint-differs`; [`Problem::Refused`] `trust-not-open`;
    /// [`Problem::Forbidden`]; storage.
    pub async fn confirm_root(&self, ctx: &Ctx, fingerprint: &Digest, seen: &str) -> Result<(), Problem> {
        let root = self.root_of(fingerprint).await?;
        if root.confirmed.is_some() || root.withdrawn.is_some() {
            return Err(Problem::refused("trust-not-open"));
        }
        if !agrees(seen, fingerprint) {
            return Err(Problem::field("fingerprint", "fingerprint-differs"));
        }
        self.on_root(ctx, &root, fingerprint, &TrustConfirmed { fingerprint: *fingerprint }).await
    }

    /// Trusts a root no more, from now on.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Invalid`] without a reason; [`Problem::Refused`] `trust-not-open`; storage.
    pub async fn withdraw_root(&self, ctx: &Ctx, fingerprint: &Digest, reason: &str) -> Result<(), Problem> {
        let root = self.root_of(fingerprint).await?;
        if root.withdrawn.is_some() {
            return Err(Problem::refused("trust-not-open"));
        }
        if reason.trim().is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        let withdrawn = TrustWithdrawn { fingerprint: *fingerprint, reason: reason.trim().to_owned() };
        self.on_root(ctx, &root, fingerprint, &withdrawn).await
    }

    async fn root_of(&self, fingerprint: &Digest) -> Result<TrustedRoot, Problem> {
        let sql = "SELECT * FROM trust_anchor WHERE fingerprint = $1";
        let row = self.directory.journal().reader().row(sql, &[fingerprint.into()]).await?;
        row.as_ref().map(root).transpose()?.ok_or_else(|| Problem::not_found("trusted root", fingerprint))
    }

    async fn on_root<B: ActBody>(
        &self,
        ctx: &Ctx,
        root: &TrustedRoot,
        fingerprint: &Digest,
        body: &B,
    ) -> Result<(), Problem> {
        let draft = ActDraft::new(acts::trust_resource(fingerprint, &root.proposed_by), body);
        let change = Change::new().on(acts::trust_stream(fingerprint), Expected::At(root.version)).act(draft);
        self.directory.journal().commit(ctx, change).await.map(drop)
    }
}

/// What was read elsewhere is the fingerprint, or at least its beginning; blanks, colons and case do not matter.
fn agrees(seen: &str, fingerprint: &Digest) -> bool {
    let digits: String =
        seen.chars().filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-')).flat_map(char::to_lowercase).collect();
    digits.len() >= DIGITS && fingerprint.to_string().starts_with(&digits)
}

fn root(row: &Row) -> Result<TrustedRoot, Problem> {
    let person = |text: &str| PersonId::new(text).map_err(Problem::fault);
    Ok(TrustedRoot {
        certificate: certificate_of(row.text("certificate")?)?,
        name: row.text("name")?.to_owned(),
        purpose: row.text("purpose")?.to_owned(),
        until: row.time("until")?,
        basis: row.text("basis")?.to_owned(),
        proposed_by: person(row.text("proposed_by")?)?,
        proposed: row.time("proposed")?,
        confirmed_by: row.opt_text("confirmed_by")?.map(person).transpose()?,
        confirmed: row.opt_time("confirmed")?,
        withdrawn: row.opt_time("withdrawn")?,
        version: row.int("version")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_compared_in_any_writing_but_never_by_a_few_digits() {
        let fingerprint = Digest::of(&[b"root"]);
        let text = fingerprint.to_string();
        let colons: Vec<&str> = (0..32).map(|i| &text[2 * i..2 * i + 2]).collect();
        assert!(agrees(&colons.join(":").to_uppercase(), &fingerprint));
        assert!(agrees(&format!(" {} {}", &text[..8], &text[8..16]), &fingerprint));
        assert!(!agrees(&text[..14], &fingerprint));
        assert!(!agrees("0000000000000000", &fingerprint));
    }
}
