//! Who can sign in to the demo, kept beside its data so that `dienhong demo` can print it again.
//!
//! These secrets guard synthetic people only. An office never has such a file.

use super::{
    institution,
    roster::{self, Planned},
};
use anyhow::Context;
use directory::Position;
use kernel::Day;
use serde::{Deserialize, Serialize};
use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

/// One person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The person's id.
    pub person: String,
    /// The name to sign in with.
    pub login: String,
    /// Full name.
    pub name: String,
    /// What the person does in the story.
    pub part: String,
    /// `position@body` of what the person is known as.
    pub holds: Vec<String>,
    /// The second factor's secret, base 32.
    pub totp: String,
}

impl Account {
    /// The account of a person of the roster.
    pub fn of(planned: &Planned, totp: String) -> Account {
        Account {
            person: planned.id.to_string(),
            login: planned.login().unwrap_or_default(),
            name: planned.name.clone(),
            part: part(planned),
            holds: planned.seats.iter().map(|s| s.position.at(&s.body)).collect(),
            totp,
        }
    }
}

/// What the person does, and where, unless that goes without saying.
fn part(planned: &Planned) -> String {
    let part = planned.part.unwrap_or_default();
    let bodies = institution::bodies(Day::from_civil(Default::default()));
    let elsewhere =
        |seat: &&roster::Seat| ![institution::STANDING_COMMITTEE, institution::OFFICE].contains(&seat.body.as_str());
    let seat = planned.seats.iter().find(elsewhere).filter(|seat| seat.position.as_str() != Position::DEPUTY);
    match seat.and_then(|seat| bodies.iter().find(|body| body.id == seat.body)) {
        Some(body) => format!("{} · {part}", body.name),
        None => part.to_owned(),
    }
}

/// Everybody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// The password of all of them.
    pub password: String,
    /// Each.
    pub accounts: Vec<Account>,
}

impl Accounts {
    /// The first who holds a position, written `position@body`.
    #[cfg(test)]
    pub fn holding(&self, seat: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.holds.iter().any(|held| held == seat))
    }

    /// Writes the file, readable by its owner alone.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }

    /// Reads the file back.
    ///
    /// # Errors
    /// When it is not there or does not read.
    pub fn load(path: &Path) -> anyhow::Result<Accounts> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read {}: was this folder seeded by `dienhong demo`?", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} does not read", path.display()))
    }
}
