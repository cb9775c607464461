//! Who takes part: each person at a browser of their own, signing in with password and code.

use super::{album::Album, browser::Browser, clock::Walking};
use crate::demo::{accounts::Account, accounts::Accounts, codes};
use anyhow::{Context, ensure};
use kernel::Clock;
use reqwest::Url;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds for which a code of the second factor is right.
const CODE_SECONDS: i64 = 30;

/// Everybody who can take part.
pub struct Cast {
    accounts: Accounts,
    /// The clock by which the house and everybody's authenticator go.
    pub clock: Arc<Walking>,
    /// The pages that were shown.
    pub album: Arc<Album>,
    base: Url,
    /// The last time step whose code each account has used: none is used twice.
    used: Mutex<BTreeMap<String, i64>>,
}

/// A signed-in person at a browser.
pub struct Visitor<'a> {
    /// The browser.
    pub browser: Browser,
    /// The account.
    pub account: &'a Account,
    cast: &'a Cast,
}

impl Cast {
    /// The people of the demo before the program at `base`.
    pub fn new(accounts: Accounts, base: Url, clock: Arc<Walking>) -> Cast {
        Cast { accounts, clock, album: Arc::default(), base, used: Mutex::default() }
    }

    /// Somebody who does not sign in.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn citizen(&self) -> anyhow::Result<Browser> {
        Browser::new(&self.base, "citizen", Arc::clone(&self.album))
    }

    /// The accounts that hold a position of a body.
    pub fn holders(&self, seat: &str) -> Vec<&Account> {
        self.accounts.accounts.iter().filter(|a| a.holds.iter().any(|held| held == seat)).collect()
    }

    /// Signs in the first who holds a position, written `position@body`.
    ///
    /// # Errors
    /// When nobody holds it, or the sign-in fails.
    pub async fn sign_in(&self, seat: &str) -> anyhow::Result<Visitor<'_>> {
        let account = self.holders(seat).first().copied().with_context(|| format!("nobody of the demo is {seat}"))?;
        let role = seat.split('@').next().unwrap_or(seat);
        self.sign_in_as(account, role).await
    }

    /// Signs in with an account.
    ///
    /// # Errors
    /// When the sign-in fails.
    pub async fn sign_in_as<'a>(&'a self, account: &'a Account, role: &str) -> anyhow::Result<Visitor<'a>> {
        let browser = Browser::new(&self.base, role, Arc::clone(&self.album))?;
        let mut visitor = Visitor { browser, account, cast: self };
        visitor.sign_in().await.with_context(|| format!("{} signs in", account.login))?;
        Ok(visitor)
    }

    /// The next code of an account that was not used yet; lets time pass when it must.
    fn code(&self, account: &Account) -> anyhow::Result<String> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().seconds() / CODE_SECONDS;
        let step = used.get(&account.login).map_or(now, |last| (last + 1).max(now));
        // The house takes the code before and the code after the present one too; ours is never ahead of the clock.
        if step > now {
            self.clock.pass((step - now) * CODE_SECONDS)?;
        }
        used.insert(account.login.clone(), step);
        codes::at(&account.totp, u64::try_from(step * CODE_SECONDS)?)
    }

    fn password(&self) -> &str {
        &self.accounts.password
    }
}

impl Visitor<'_> {
    async fn sign_in(&mut self) -> anyhow::Result<()> {
        let page = self.browser.open("/login").await?;
        let form = page.form("form[action='/login']")?;
        let form = form.set("account", &self.account.login)?.set("password", self.cast.password())?;
        let page = self.browser.submit(form).await?;
        let form = page.form("form[action='/login/code']")?.set("code", self.code()?)?;
        let page = self.browser.submit(form).await?;
        ensure!(page.url.path() == "/", "the sign-in ended at {}", page.url);
        Ok(())
    }

    /// A fresh code of the person's authenticator.
    ///
    /// # Errors
    /// When the clock cannot move on.
    pub fn code(&self) -> anyhow::Result<String> {
        self.cast.code(self.account)
    }
}
