//! The directory of bodies: as the axis tells it, looked up by people, and the names by which papers call them.

use crate::office::acts::{Listed, Mapped, Synchronised};
use crate::office::model::{Correspondent, RecipientName, Synchronisation};
use crate::office::{Office, Organ, read};
use crate::transport::Trouble;
use futures::FutureExt;
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, Digest, FieldProblem, Problem, StreamId, text};
use std::collections::BTreeMap;

/// Most bodies of a directory in one act.
const IN_ONE_ACT: usize = 500;
/// Most bodies of a directory.
const MOST: usize = 100_000;

impl Office {
    /// Bodies of the directories by name; marks and case do not matter, identifiers work too. `after` is the last
    /// `(name_fold, code)` key of the page before, as [`Office::agency_place`] gives it.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for who may not see the correspondence.
    pub async fn agencies(
        &self,
        ctx: &Ctx,
        query: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Correspondent>, Problem> {
        self.look(ctx, "agencies", "all", None)?;
        let (mut conditions, mut parameters) = (vec!["gone = 0".to_owned()], Vec::new());
        let query: String = query.chars().take(200).collect();
        for word in text::fold(&query).split(' ').filter(|word| !word.is_empty()).take(12) {
            let word = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            parameters.push(format!("%{word}%").into());
            conditions.push(format!("search_fold LIKE ${} ESCAPE '!'", parameters.len()));
        }
        if let Some((name, code)) = after.and_then(|place| place.rsplit_once('~')) {
            parameters.extend([name.into(), code.into()]);
            conditions.push(format!("(name_fold, code) > (${}, ${})", parameters.len() - 1, parameters.len()));
        }
        parameters.push(limit.clamp(1, 1000).into());
        let conditions = conditions.join(" AND ");
        let limit = parameters.len();
        let sql = format!("SELECT * FROM correspondent WHERE {conditions} ORDER BY name_fold, code LIMIT ${limit}");
        self.journal.reader().rows(&sql, &parameters).await?.iter().map(read::correspondent).collect()
    }

    /// The place behind a body in the list of [`Office::agencies`].
    pub fn agency_place(&self, last: &Correspondent) -> String {
        format!("{}~{}", text::fold(&last.name), last.code)
    }

    /// When each directory was synchronised last.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn synchronisations(&self) -> Result<Vec<Synchronisation>, Problem> {
        let rows =
            self.journal.reader().rows("SELECT * FROM correspondent_sync ORDER BY transport LIMIT 10", &[]).await?;
        let one = |row: &journal::Row| {
            let transport = row.text("transport")?.to_owned();
            Ok(Synchronisation { transport, at: row.time("at")?, total: row.int("total")? })
        };
        rows.iter().map(one).collect()
    }

    /// Asks every way for its directory and takes over what changed. Gives how many bodies changed.
    ///
    /// # Errors
    /// `exchange-trouble` when a way does not answer; the others are taken over all the same.
    pub async fn synchronise(&self, ctx: &Ctx) -> Result<i64, Problem> {
        let resource = Office::resource("all", None);
        if !self.may(ctx, "agencies.synchronised", &resource) {
            return Err(Problem::Forbidden { act: "agencies.synchronised".into(), resource: "Exchange:all".into() });
        }
        let (mut changed, mut trouble) = (0, None);
        for transport in self.transports.iter() {
            match transport.agencies().await {
                Ok(listed) => changed += self.take_over(transport.name(), listed).boxed().await?,
                Err(Trouble::Unsupported) => {}
                Err(found) => trouble = Some((transport.name(), found)),
            }
        }
        match trouble {
            None => Ok(changed),
            Some((way, found)) => Err(Problem::refused("exchange-trouble").arg("way", way).arg("why", found)),
        }
    }

    async fn take_over(&self, transport: &'static str, listed: Vec<Listed>) -> Result<i64, Problem> {
        let known = self.known(transport).await?;
        let told: BTreeMap<String, Listed> = listed
            .into_iter()
            .filter(|agency| !agency.code.is_empty() && agency.code.len() <= 100)
            .take(MOST)
            .map(|agency| (agency.code.clone(), agency))
            .collect();
        let changed: Vec<Listed> = told
            .values()
            .filter(|agency| known.get(&agency.code).is_none_or(|(old, gone)| *gone || old != *agency))
            .cloned()
            .collect();
        let removed: Vec<String> = known
            .iter()
            .filter(|(code, (_, gone))| !gone && !told.contains_key(*code))
            .map(|(c, _)| c.clone())
            .collect();
        let count = changed.len() + removed.len();
        let total = i64::try_from(told.len()).unwrap_or(i64::MAX);
        let stream = StreamId::new("agencies", transport);
        let mut change = Change::new().on(stream.clone(), Expected::At(self.journal.head(&stream).await?));
        let resource = || Office::resource(transport, None);
        for piece in changed.chunks(IN_ONE_ACT) {
            let body = Synchronised { changed: piece.to_vec(), removed: Vec::new(), total };
            change = change.act(ActDraft::new(resource(), &body));
        }
        change = change.act(ActDraft::new(resource(), &Synchronised { changed: Vec::new(), removed, total }));
        self.journal.commit(&self.ctx(), change).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    async fn known(&self, transport: &str) -> Result<BTreeMap<String, (Listed, bool)>, Problem> {
        let sql = "SELECT * FROM correspondent WHERE transport = $1 LIMIT 200000";
        let rows = self.journal.reader().rows(sql, &[transport.into()]).await?;
        let one = |row: &journal::Row| {
            let Correspondent { code, old_code, parent, name, mail, gone, .. } = read::correspondent(row)?;
            Ok((code.clone(), (Listed { code, old_code, parent, name, mail }, gone)))
        };
        rows.iter().map(one).collect()
    }

    /// A body of a directory by its identifier, the old one too.
    pub(crate) async fn correspondent(&self, transport: &str, code: &str) -> Result<Option<Organ>, Problem> {
        let sql = "SELECT * FROM correspondent WHERE transport = $1 AND code = $2 AND gone = 0";
        let row = self.journal.reader().row(sql, &[transport.into(), code.into()]).await?;
        row.as_ref()
            .map(|row| Ok(Organ { code: row.text("code")?.to_owned(), name: row.text("name")?.to_owned() }))
            .transpose()
    }

    /// Which body a recipient on a paper is: by the names that people have given, else by its own name in the directory.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn recipient_of(&self, transport: &str, name: &str) -> Result<Option<Organ>, Problem> {
        let fold = plain(name);
        let reader = self.journal.reader();
        let given = reader.row("SELECT code FROM recipient_name WHERE name_fold = $1", &[fold.as_str().into()]).await?;
        if let Some(row) = given {
            return self.correspondent(transport, row.text("code")?).await;
        }
        let sql = "SELECT code, name FROM correspondent WHERE transport = $1 AND name_fold = $2 AND gone = 0 LIMIT 2";
        let rows = reader.rows(sql, &[transport.into(), fold.as_str().into()]).await?;
        // Two bodies of one name are none: a person says which.
        let [row] = rows.as_slice() else { return Ok(None) };
        Ok(Some(Organ { code: row.text("code")?.to_owned(), name: row.text("name")?.to_owned() }))
    }

    /// The names of recipients that people have given.
    ///
    /// # Errors
    /// As [`Office::agencies`].
    pub async fn recipient_names(&self, ctx: &Ctx) -> Result<Vec<RecipientName>, Problem> {
        self.look(ctx, "names", "all", None)?;
        let sql = "SELECT n.name, n.code, n.actor, (SELECT MIN(c.name) FROM correspondent c WHERE c.code = n.code) AS agency \
                   FROM recipient_name n ORDER BY n.name_fold LIMIT 2000";
        let one = |row: &journal::Row| {
            Ok(RecipientName {
                name: row.text("name")?.to_owned(),
                code: row.text("code")?.to_owned(),
                agency: row.opt_text("agency")?.map(str::to_owned),
                actor: row.text("actor")?.to_owned(),
            })
        };
        self.journal.reader().rows(sql, &[]).await?.iter().map(one).collect()
    }

    /// Says which body a recipient on papers is; an empty code takes that back.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for an empty name, or a code that no directory has; the policies' refusal.
    pub async fn name_recipient(&self, ctx: &Ctx, name: &str, code: &str) -> Result<(), Problem> {
        let (name, code) = (plain_text(name), code.trim());
        if name.is_empty() || name.chars().count() > 500 {
            return Err(Problem::field("name", "field-required"));
        }
        if !code.is_empty() {
            let sql = "SELECT code FROM correspondent WHERE code = $1 AND gone = 0 LIMIT 1";
            let known = self.journal.reader().row(sql, &[code.into()]).await?;
            known.ok_or_else(|| {
                Problem::Invalid(vec![FieldProblem::new("code", "exchange-no-agency").arg("code", code)])
            })?;
        }
        let key = Digest::of(&[plain(&name).as_bytes()]).to_string();
        let body = Mapped { name, code: code.to_owned() };
        let draft = ActDraft::new(Office::resource("all", None), &body);
        let change = Change::new().on(StreamId::new("recipient", &key[..32]), Expected::Any).act(draft);
        self.journal.commit(ctx, change).await.map(drop)
    }
}

/// A recipient without the dash before and the stop behind it.
fn plain_text(name: &str) -> String {
    name.trim().trim_start_matches(['-', '–', ' ']).trim_end_matches([';', '.', ' ']).to_owned()
}

/// The same folded: how names are compared.
pub(super) fn plain(name: &str) -> String {
    text::fold(&plain_text(name))
}
