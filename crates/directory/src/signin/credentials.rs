//! Setting one's password and second factor.

use super::{Origin, SignIn};
use crate::{
    acts::{self, CredentialKind, SessionStrengthened},
    drafts, password,
    sessions::SignedIn,
    totp,
};
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, PersonId, Problem};
use signing::Sealed;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

const OFFER: &str = "totp offer";

/// A second factor that is offered to a person and counts once a code of it was given.
#[derive(Debug, Clone)]
pub struct TotpOffer {
    /// The secret as people type it.
    pub base32: Zeroizing<String>,
    /// The address for a QR code.
    pub address: Zeroizing<String>,
    /// Goes into the form and comes back to [`SignIn::confirm_totp`].
    pub sealed: String,
}

impl SignIn {
    /// Changes one's own password; all other sessions end.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with the fields `old` and `new`; [`Problem::TooMany`]; storage.
    pub async fn change_password(
        &self,
        signed_in: &SignedIn,
        old: &str,
        new: &str,
        origin: &Origin,
    ) -> Result<(), Problem> {
        let person = &signed_in.session.person;
        let login = self.login_of(person).await?;
        password::check_new("new", new, &login)?;
        let account =
            self.account(&login, &origin.device).await?.ok_or_else(|| Problem::not_found("person", person))?;
        self.take(&login, Some(&account), origin)?;
        if !self.inner.hasher.fits(old, account.password.clone()).await? {
            self.failed(&login, origin).await;
            return Err(Problem::field("old", "field-password-wrong"));
        }
        self.set_password(&signed_in.ctx, person, new).await?;
        self.sign_out_elsewhere(signed_in).await.map(drop)
    }

    /// Sets a person's password: an administrator for someone who lost it (policy `credential.set`).
    ///
    /// # Errors
    /// [`Problem::Invalid`] with the field `new`; [`Problem::NotFound`]; [`Problem::Forbidden`]; storage.
    pub async fn set_password(&self, ctx: &Ctx, person: &PersonId, new: &str) -> Result<(), Problem> {
        let login = self.directory.known_person(person).await?.login.unwrap_or_default();
        password::check_new("new", new, &login)?;
        let mut salt = [0u8; 16];
        self.entropy().fill(&mut salt);
        let hash = self.inner.hasher.hash(new, salt).await?;
        let draft = drafts::set_credential(person, CredentialKind::Password, hash);
        let change = Change::new().on(acts::credential_stream(person), Expected::Any).act(draft);
        self.directory.journal().commit(ctx, change).await.map(drop)
    }

    /// Offers the signed-in person a new second factor. Nothing is recorded yet.
    ///
    /// # Errors
    /// [`Problem::Refused`] `second-factor-missing` when the person has no name to sign in with.
    pub async fn offer_totp(&self, signed_in: &SignedIn) -> Result<TotpOffer, Problem> {
        let person = &signed_in.session.person;
        let login = self.login_of(person).await?;
        let secret = totp::new_secret(self.entropy());
        let mut plain = Zeroizing::new(secret.to_vec());
        // The offer counts for this person only.
        plain.extend_from_slice(person.as_str().as_bytes());
        Ok(TotpOffer {
            base32: totp::base32(&*secret),
            address: totp::address(&*secret, &login)?,
            sealed: self.inner.master.seal(OFFER, &plain, self.entropy()).as_str().to_owned(),
        })
    }

    /// Enrols the offered second factor once a code of it was given. Replacing one that is there needs a context that
    /// was stepped up with the old one.
    ///
    /// # Errors
    /// [`Problem::Refused`] `signin-over` for an offer that is not this person's, `second-factor-wrong`;
    /// [`Problem::NeedsSecondFactor`]; storage.
    pub async fn confirm_totp(&self, ctx: &Ctx, sealed: &str, code: &str, origin: &Origin) -> Result<(), Problem> {
        let person = &ctx.person().ok_or_else(|| Problem::refused("signin-over"))?.id;
        let over = || Problem::refused("signin-over");
        let sealed = Sealed::from_text(sealed);
        let plain = self.inner.master.open(OFFER, &sealed).map_err(|_| over())?;
        let (secret, whose) = plain.split_at_checked(20).ok_or_else(over)?;
        if whose != person.as_str().as_bytes() {
            return Err(over());
        }
        let login = self.login_of(person).await?;
        let account = self.account(&login, &origin.device).await?.ok_or_else(over)?;
        if account.totp.is_some() && ctx.strength < kernel::Strength::Fresh {
            return Err(Problem::NeedsSecondFactor { act: "credential.set".into() });
        }
        self.take(&login, Some(&account), origin)?;
        let Some(step) = totp::matching_step(secret, code, self.now())? else {
            return Err(Problem::refused("second-factor-wrong"));
        };
        let stored = super::seal_totp(&self.inner.master, secret, self.entropy());
        let used = SessionStrengthened { person: person.clone(), session: None, step };
        let resource = acts::person_resource(person, &BTreeSet::new());
        let change = Change::new()
            .on(acts::credential_stream(person), Expected::At(account.version))
            .act(drafts::set_credential(person, CredentialKind::Totp, stored))
            .act(ActDraft::new(resource, &used));
        self.directory.journal().commit(ctx, change).await.map(drop)
    }
}
