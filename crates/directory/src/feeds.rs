//! The secret address of a person's calendar: 256 random bits of which only the SHA-256 is kept. A new one ends the old.

use crate::{
    Directory,
    acts::{FeedClosed, FeedOpened, person_resource},
    query::id,
    sessions::{digest, new_token},
};
use journal::{Change, Expected};
use kernel::{ActDraft, Actor, Ctx, PersonId, Problem, StreamId, Strength, Timestamp, id::RequestId};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// The name under which a calendar is read with its address alone: it reads, as its person would after a password.
const READING: Strength = Strength::Password;

fn stream(person: &PersonId) -> StreamId {
    StreamId::new("feed", person)
}

impl Directory {
    /// Opens the person's calendar under a new secret address and ends the old one. The secret is told this once.
    ///
    /// # Errors
    /// [`Problem::Forbidden`]; storage.
    pub async fn open_feed(&self, ctx: &Ctx) -> Result<Zeroizing<String>, Problem> {
        let me = me(ctx)?;
        let token = new_token(self.journal().entropy());
        let opened = FeedOpened { person: me.clone(), token: digest(&token) };
        self.on_feed(ctx, &me, ActDraft::new(person_resource(&me, &BTreeSet::new()), &opened)).await?;
        Ok(token)
    }

    /// Ends the person's calendar address at once.
    ///
    /// # Errors
    /// As [`Directory::open_feed`].
    pub async fn close_feed(&self, ctx: &Ctx) -> Result<(), Problem> {
        let me = me(ctx)?;
        if self.feed_since(&me).await?.is_none() {
            return Ok(());
        }
        let closed = FeedClosed { person: me.clone() };
        self.on_feed(ctx, &me, ActDraft::new(person_resource(&me, &BTreeSet::new()), &closed)).await
    }

    async fn on_feed(&self, ctx: &Ctx, person: &PersonId, draft: ActDraft) -> Result<(), Problem> {
        self.journal().commit(ctx, Change::new().on(stream(person), Expected::Any).act(draft)).await.map(drop)
    }

    /// Since when the person's calendar has its present address; none when it has none.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn feed_since(&self, person: &PersonId) -> Result<Option<Timestamp>, Problem> {
        let sql = "SELECT since FROM calendar_feed WHERE person = $1";
        self.journal().reader().row(sql, &[person.into()]).await?.map(|row| row.time("since")).transpose()
    }

    /// The context in which a calendar is read by its address; none when the address is nobody's.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn feed_reader(&self, token: &str, request: &RequestId) -> Result<Option<Ctx>, Problem> {
        let sql = "SELECT person FROM calendar_feed WHERE token = $1";
        let Some(row) = self.journal().reader().row(sql, &[digest(token).into()]).await? else { return Ok(None) };
        let at = self.journal().clock().now();
        let person = self.ctx_facts(&id(row.text("person")?)?, at).await?;
        Ok(person.map(|person| Ctx { actor: Actor::Person(person), strength: READING, at, request: request.clone() }))
    }
}

fn me(ctx: &Ctx) -> Result<PersonId, Problem> {
    let refused = || Problem::Forbidden { act: "feed.opened".into(), resource: "Person".into() };
    ctx.person().map(|person| person.id.clone()).ok_or_else(refused)
}
