//! Signing with a key that is elsewhere: the paper goes out prepared, and the move goes on when it comes back signed.
//!
//! Nothing is recorded in between: what is awaited is carried by whoever fetches and brings the paper, and the move is the
//! same as one that is signed here.

use crate::{
    Cases,
    moves::{Asked, Done, document_of},
};
use bytes::Bytes;
use kernel::{CaseId, Ctx, PersonId, Problem, Timestamp};
use procedure::Command;
use records::Prepared;
use serde::{Deserialize, Serialize};

/// How long a prepared paper is awaited, in seconds.
const PATIENCE: i64 = 15 * 60;

/// A signature that is awaited: by whom, on which paper, of which case as it stood, until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Awaited {
    /// The case.
    pub case: CaseId,
    /// The version at which the person saw it.
    pub version: i64,
    /// The key of the document.
    pub key: String,
    /// The paper.
    pub paper: Prepared,
    /// Who signs.
    pub person: PersonId,
    /// Until when.
    pub until: Timestamp,
}

impl Cases {
    /// Prepares the document of the present step for the person's own device. The request carried a fresh second factor.
    ///
    /// # Errors
    /// As [`Cases::sign`], and [`records::Records::prepare_for_signature`].
    pub async fn prepare_signature(
        &self,
        ctx: &Ctx,
        id: &CaseId,
        expected: i64,
        key: &str,
    ) -> Result<Awaited, Problem> {
        let loaded = self.load(ctx, id).await?;
        if loaded.version != expected {
            return Err(loaded.conflict(expected));
        }
        self.advance(ctx, &loaded, &Command::Sign { key: key.to_owned() }).await?;
        let document = document_of(&loaded, key)?;
        let person = ctx.person().map(|person| person.id.clone());
        let forbidden =
            || Problem::Forbidden { act: "document.signed".into(), resource: format!("Document:{document}") };
        let person = person.ok_or_else(forbidden)?;
        let paper = self.records.prepare_for_signature(ctx, &document).await?;
        let until = self.journal.clock().now().plus_seconds(PATIENCE);
        Ok(Awaited { case: id.clone(), version: expected, key: key.to_owned(), paper, person, until })
    }

    /// Takes the paper that comes back, and moves the case as if it had been signed here.
    ///
    /// # Errors
    /// `sign-device-expired` when it comes too late or from another; `sign-device-done` when the case has moved on, also by
    /// the same paper; as [`records::Records::plan_signed_elsewhere`] for what is wrong with the file.
    pub async fn sign_elsewhere(&self, ctx: &Ctx, awaited: &Awaited, signed: Bytes) -> Result<Done, Problem> {
        let mine = ctx.person().is_some_and(|person| person.id == awaited.person);
        if !mine || self.journal.clock().now() >= awaited.until {
            return Err(Problem::refused("sign-device-expired"));
        }
        let asked = Asked::SignedElsewhere(awaited.key.clone(), awaited.paper.clone(), signed);
        match self.run(ctx, &awaited.case, awaited.version, asked, "").await {
            Err(Problem::Conflict { .. }) => Err(Problem::refused("sign-device-done")),
            other => other,
        }
    }
}
