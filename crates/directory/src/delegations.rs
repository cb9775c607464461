//! Delegation (ủy quyền): a person hands the work of a position to another, from day to day.
//!
//! A delegation names the seat, the kinds of work, the fields, the first and the last day, and the ground in law. It
//! gives no position and no clearance: whoever acts for another keeps their own, acts under the seat that was handed
//! over, and both names are recorded. It is in force only while the one who holds the seat still holds it; its end needs
//! nobody. Which kinds of work can be handed over is data (`policies/delegation.toml`); what is personal (signing a
//! paper, answering a ballot) is no kind, and the policies forbid it to whoever acts for another.

use crate::{
    Directory,
    acts::{DelegationGranted, DelegationRevoked},
    model::Position,
    query::id,
};
use journal::{Change, Expected, Row};
use kernel::{
    ActDraft, BodyId, Ctx, Day, FieldProblem, Handed, PersonId, Problem, Resource, StreamId, Timestamp, text,
};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeSet, sync::LazyLock};

/// Longest time for which work is handed over at once, in days.
pub const MOST_DAYS: i64 = 366;
/// Most characters of the reason.
const MAX_REASON: usize = 500;

/// A kind of work that can be handed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkKind {
    /// Its code: `work`, `opinion`, `issue`.
    pub code: String,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
    /// On what ground.
    pub basis: String,
    /// The ground was read in the source.
    pub verified: bool,
}

/// The kinds of work that can be handed over, in the order in which they are shown.
pub fn kinds() -> &'static [WorkKind] {
    #[derive(Deserialize)]
    struct File {
        kind: Vec<WorkKind>,
    }
    static KINDS: LazyLock<Vec<WorkKind>> = LazyLock::new(|| {
        let file: Result<File, _> = toml::from_str(include_str!("../../../policies/delegation.toml"));
        // A test reads the file, which is part of the program.
        file.map(|file| file.kind).unwrap_or_default()
    });
    &KINDS
}

/// What is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegation {
    /// The seat, `position@body`.
    pub seat: String,
    /// To whom.
    pub to: PersonId,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// Codes of [`kinds`].
    pub kinds: BTreeSet<String>,
    /// Fields of work; empty for all.
    pub fields: BTreeSet<String>,
    /// Whether it may be handed on once.
    pub onward: bool,
    /// Why.
    pub reason: String,
}

/// A delegation as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Which.
    pub id: String,
    /// Who handed over.
    pub giver: PersonId,
    /// Their name.
    pub giver_name: String,
    /// Who holds the seat: the giver, or who handed it to the giver.
    pub holder: PersonId,
    /// To whom.
    pub to: PersonId,
    /// Their name.
    pub to_name: String,
    /// The seat.
    pub seat: String,
    /// Codes of kinds of work.
    pub kinds: BTreeSet<String>,
    /// Fields of work; empty for all.
    pub fields: BTreeSet<String>,
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
    /// Whether it may be handed on.
    pub onward: bool,
    /// Why.
    pub reason: String,
    /// On what ground, as stored with it.
    pub basis: String,
    /// When it was ended before its time.
    pub revoked: Option<Timestamp>,
}

impl Delegation {
    /// Whether its days and its end leave it in force on a day; whether the seat is still held is asked elsewhere.
    pub fn runs_on(&self, day: Day) -> bool {
        self.revoked.is_none() && self.first <= day && day <= self.last
    }
}

/// `delegation:<id>`.
fn stream(delegation: &str) -> StreamId {
    StreamId::new("delegation", delegation)
}

fn resource(delegation: &str, giver: &PersonId, to: &PersonId, seat: &str) -> Resource {
    let attrs = json!({"grade": 0, "person": giver, "receiver": to, "seat": seat});
    Resource::new("Delegation", delegation, attrs)
}

const COLUMNS: &str = "d.id, d.giver, g.name AS giver_name, d.holder, d.receiver, r.name AS receiver_name, d.seat, \
     d.kinds, d.fields, d.first_day, d.last_day, d.onward, d.reason, d.basis, d.revoked \
     FROM delegation d JOIN person g ON g.id = d.giver JOIN person r ON r.id = d.receiver";

impl Directory {
    /// Hands the work of a seat over. `kinds` without any, or with an unknown one, is refused.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for the fields `seat`, `to`, `kinds`, `first`, `last`, `reason`; [`Problem::Refused`]
    /// `delegation-twice`; [`Problem::Forbidden`] when the actor neither holds the seat nor may hand it on; storage.
    pub async fn delegate(&self, ctx: &Ctx, new: NewDelegation) -> Result<String, Problem> {
        let person = ctx
            .person()
            .ok_or_else(|| Problem::Forbidden { act: "delegation.granted".into(), resource: "Delegation".into() })?;
        let giver = person.id.clone();
        let under = match person.positions.contains(&new.seat) {
            true => None,
            false => person.handed.iter().find(|handed| handed.seat == new.seat && handed.onward),
        };
        self.check(&new, &giver, under).await?;
        let chosen = kinds().iter().filter(|kind| new.kinds.contains(&kind.code));
        let basis: Vec<String> = chosen.map(|kind| format!("{}: {}", kind.vi, kind.basis)).collect();
        let journal = self.journal();
        let delegation = kernel::id::mint("delegation", journal.clock(), journal.entropy());
        let granted = DelegationGranted {
            delegation: delegation.clone(),
            giver: giver.clone(),
            holder: under.map_or_else(|| giver.clone(), |handed| handed.holder.clone()),
            to: new.to.clone(),
            seat: new.seat.clone(),
            kinds: new.kinds,
            fields: new.fields,
            first: new.first,
            last: new.last,
            onward: new.onward && under.is_none(),
            under: under.map(|handed| handed.delegation.clone()),
            reason: text::nfc(new.reason.trim()).into_owned(),
            basis: basis.join("\n"),
        };
        let draft = ActDraft::new(resource(&delegation, &giver, &new.to, &new.seat), &granted);
        journal.commit(ctx, Change::new().on(stream(&delegation), Expected::New).act(draft)).await?;
        Ok(delegation)
    }

    async fn check(&self, new: &NewDelegation, giver: &PersonId, under: Option<&Handed>) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        let today = self.today();
        let seat = new.seat.split_once('@');
        let named = seat.map(|(position, body)| (Position::new(position), BodyId::new(body)));
        if !matches!(named, Some((Ok(_), Ok(_)))) {
            wrong.push(FieldProblem::new("seat", "field-required"));
        }
        if new.to == *giver || under.is_some_and(|handed| handed.holder == new.to) {
            wrong.push(FieldProblem::new("to", "delegation-to-self"));
        } else if !self.person(&new.to).await?.is_some_and(|person| person.active) {
            wrong.push(FieldProblem::new("to", "field-unknown-person"));
        }
        if new.kinds.is_empty() || !new.kinds.iter().all(|code| kinds().iter().any(|kind| kind.code == *code)) {
            wrong.push(FieldProblem::new("kinds", "field-required"));
        }
        if new.last < new.first {
            wrong.push(FieldProblem::new("last", "field-ends-before-it-begins"));
        } else if new.last < today {
            wrong.push(FieldProblem::new("last", "delegation-over"));
        } else if new.last > new.first.plus_days(MOST_DAYS) {
            wrong.push(FieldProblem::new("last", "delegation-too-long").arg("max", MOST_DAYS));
        }
        if new.reason.chars().count() > MAX_REASON {
            wrong.push(FieldProblem::new("reason", "field-too-long").arg("max", MAX_REASON));
        }
        if let Some(handed) = under {
            let wider = !new.kinds.is_subset(&handed.kinds)
                || (!handed.fields.is_empty() && (new.fields.is_empty() || !new.fields.is_subset(&handed.fields)));
            if wider {
                wrong.push(FieldProblem::new("kinds", "delegation-wider"));
            }
            if new.last > handed.last {
                wrong.push(FieldProblem::new("last", "delegation-longer").arg("last", handed.last.short()));
            }
        }
        crate::people::refuse(wrong)?;
        let twice = |d: &Delegation| {
            d.seat == new.seat && d.to == new.to && d.revoked.is_none() && d.first <= new.last && new.first <= d.last
        };
        if self.delegations_of(giver).await?.iter().any(twice) {
            return Err(Problem::refused("delegation-twice"));
        }
        Ok(())
    }

    /// Ends a delegation at once. Ending an ended one changes nothing.
    ///
    /// # Errors
    /// [`Problem::NotFound`], also for those who may not end it; storage.
    pub async fn revoke_delegation(&self, ctx: &Ctx, delegation: &str) -> Result<(), Problem> {
        let unknown = || Problem::not_found("delegation", delegation);
        let found = self.delegations("d.id = $1", &[delegation.into()]).await?.pop().ok_or_else(unknown)?;
        if found.revoked.is_some() {
            return Ok(());
        }
        let revoked = DelegationRevoked { delegation: found.id.clone() };
        let draft = ActDraft::new(resource(&found.id, &found.giver, &found.to, &found.seat), &revoked);
        match self.journal().commit(ctx, Change::new().on(stream(&found.id), Expected::At(1)).act(draft)).await {
            Ok(_) | Err(Problem::Conflict { .. }) => Ok(()),
            Err(Problem::Forbidden { .. }) => Err(unknown()),
            Err(other) => Err(other),
        }
    }

    /// What a person handed over and what was handed to them, the newest first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn delegations_of(&self, person: &PersonId) -> Result<Vec<Delegation>, Problem> {
        self.delegations("(d.giver = $1 OR d.receiver = $1 OR d.holder = $1)", &[person.into()]).await
    }

    async fn delegations(&self, wanted: &str, values: &[journal::Value]) -> Result<Vec<Delegation>, Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE {wanted} ORDER BY d.first_day DESC, d.id DESC LIMIT 200");
        self.rows(&sql, values).await?.iter().map(delegation).collect()
    }

    /// What is handed to a person and in force on a day: not ended, within its days, the seat still held by its holder,
    /// and what it was handed on from in force as well.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub(crate) async fn handed_to(&self, person: &PersonId, on: Day) -> Result<Vec<Handed>, Problem> {
        let sql = "SELECT d.id, d.holder, h.name AS holder_name, d.seat, d.kinds, d.fields, d.last_day, d.onward \
             FROM delegation d JOIN person h ON h.id = d.holder \
             WHERE d.receiver = $1 AND d.revoked IS NULL AND d.first_day <= $2 AND d.last_day >= $2 AND h.active = 1 \
             AND EXISTS (SELECT 1 FROM assignment a WHERE a.person = d.holder AND a.body = d.body \
             AND a.position = d.position AND a.from_day <= $2 AND (a.until_day IS NULL OR a.until_day > $2)) \
             AND (d.under IS NULL OR EXISTS (SELECT 1 FROM delegation u WHERE u.id = d.under AND u.revoked IS NULL \
             AND u.first_day <= $2 AND u.last_day >= $2)) ORDER BY d.seat, d.id LIMIT 50";
        self.rows(sql, &[person.into(), on.into()]).await?.iter().map(handed).collect()
    }

    /// To whom the work of a seat is handed today: for those who must reach whoever does it.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn receivers_of(&self, seat: &str, on: Day) -> Result<Vec<PersonId>, Problem> {
        let sql = "SELECT receiver FROM delegation WHERE seat = $1 AND revoked IS NULL AND first_day <= $2 \
             AND last_day >= $2 ORDER BY receiver LIMIT 200";
        self.rows(sql, &[seat.into(), on.into()]).await?.iter().map(|row| id(row.text("receiver")?)).collect()
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn day(text: &str) -> Result<Day, Problem> {
    Day::parse(text).map_err(Problem::fault)
}

fn delegation(row: &Row) -> Result<Delegation, Problem> {
    Ok(Delegation {
        id: row.text("id")?.to_owned(),
        giver: id(row.text("giver")?)?,
        giver_name: row.text("giver_name")?.to_owned(),
        holder: id(row.text("holder")?)?,
        to: id(row.text("receiver")?)?,
        to_name: row.text("receiver_name")?.to_owned(),
        seat: row.text("seat")?.to_owned(),
        kinds: words(row.text("kinds")?),
        fields: words(row.text("fields")?),
        first: day(row.text("first_day")?)?,
        last: day(row.text("last_day")?)?,
        onward: row.truth("onward")?,
        reason: row.text("reason")?.to_owned(),
        basis: row.text("basis")?.to_owned(),
        revoked: row.opt_time("revoked")?,
    })
}

fn handed(row: &Row) -> Result<Handed, Problem> {
    Ok(Handed {
        delegation: row.text("id")?.to_owned(),
        holder: id(row.text("holder")?)?,
        holder_name: row.text("holder_name")?.to_owned(),
        seat: row.text("seat")?.to_owned(),
        kinds: words(row.text("kinds")?),
        fields: words(row.text("fields")?),
        last: day(row.text("last_day")?)?,
        onward: row.truth("onward")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_work_is_named_in_both_languages_with_its_ground() {
        let codes: Vec<&str> = kinds().iter().map(|kind| kind.code.as_str()).collect();
        assert_eq!(codes, ["work", "opinion", "issue"]);
        assert!(kinds().iter().all(|kind| !kind.vi.is_empty() && !kind.en.is_empty() && !kind.basis.is_empty()));
    }
}
