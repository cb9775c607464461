//! Who can sign and who cannot yet, by body and position, and who must act next: what stands behind the indicator of
//! Resolution 1343 "100 % of deputies, officials and civil servants are equipped".

use crate::{Keys, model::AssignmentView, query::id};
use kernel::{BodyId, PersonId, Problem, Timestamp};
use std::collections::BTreeMap;

const DAY: i64 = 86_400;
/// Holders are reminded when so many days are left.
pub const NOTICE_DAYS: [i64; 3] = [90, 30, 7];

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Equipment {
    /// A certificate counts for more than 90 days.
    Valid,
    /// A certificate counts, but ends within 90 days.
    Expiring,
    /// A certificate was issued and its holder has yet to take it into use.
    Awaiting,
    /// The one certificate is suspended.
    Suspended,
    /// There was one, and it ended or was revoked.
    Lapsed,
    /// There never was one.
    Never,
}

impl Equipment {
    /// Every state, the best first.
    pub const ALL: [Equipment; 6] = [
        Equipment::Valid,
        Equipment::Expiring,
        Equipment::Awaiting,
        Equipment::Suspended,
        Equipment::Lapsed,
        Equipment::Never,
    ];
    /// Its code: a Fluent message is `equipment-<code>`.
    pub fn code(self) -> &'static str {
        match self {
            Equipment::Valid => "valid",
            Equipment::Expiring => "expiring",
            Equipment::Awaiting => "awaiting",
            Equipment::Suspended => "suspended",
            Equipment::Lapsed => "lapsed",
            Equipment::Never => "never",
        }
    }
    /// Whether a certificate counts now: what the indicator counts.
    pub fn is_equipped(self) -> bool {
        matches!(self, Equipment::Valid | Equipment::Expiring | Equipment::Awaiting)
    }
}

/// Who must act next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    /// Nobody.
    Nobody,
    /// The holder takes the certificate into use.
    Holder,
    /// The managing body asks for one.
    Body,
    /// The desk decides on the request.
    DeskDecides,
    /// The desk checks the identity.
    DeskChecks,
    /// The desk resumes or revokes.
    DeskResumes,
    /// The certificate is being issued, or comes from another authority.
    Issuer,
}

impl Next {
    /// Its code: a Fluent message is `next-<code>`.
    pub fn code(self) -> &'static str {
        match self {
            Next::Nobody => "nobody",
            Next::Holder => "holder",
            Next::Body => "body",
            Next::DeskDecides => "desk-decides",
            Next::DeskChecks => "desk-checks",
            Next::DeskResumes => "desk-resumes",
            Next::Issuer => "issuer",
        }
    }
}

/// One person.
#[derive(Debug, Clone)]
pub struct PersonEquipment {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// The highest position held today.
    pub held: Option<AssignmentView>,
    /// How the person stands.
    pub equipment: Equipment,
    /// Until when the certificate counts.
    pub until: Option<Timestamp>,
    /// Who must act next.
    pub next: Next,
}

impl PersonEquipment {
    /// The notice that is due: 90, 30 or 7 days are left.
    pub fn notice(&self, now: Timestamp) -> Option<i64> {
        let left = (self.until?.micros() - now.micros()).div_euclid(DAY * 1_000_000);
        if self.equipment != Equipment::Expiring && self.equipment != Equipment::Awaiting {
            return None;
        }
        NOTICE_DAYS.into_iter().rev().find(|days| left <= *days)
    }
}

/// How many people of a group stand how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<Equipment, i64>);

impl Counts {
    /// Of a state.
    pub fn of(&self, equipment: Equipment) -> i64 {
        self.0.get(&equipment).copied().unwrap_or(0)
    }
    /// All.
    pub fn all(&self) -> i64 {
        self.0.values().sum()
    }
    /// Those with a certificate that counts.
    pub fn equipped(&self) -> i64 {
        Equipment::ALL.into_iter().filter(|e| e.is_equipped()).map(|e| self.of(e)).sum()
    }
    /// One more.
    pub fn add(&mut self, equipment: Equipment) {
        *self.0.entry(equipment).or_default() += 1;
    }
}

impl Keys {
    /// Every active person with their equipment, by name. Three questions to the storage, whatever the number of people.
    ///
    /// # Errors
    /// Storage.
    pub async fn equipment(&self) -> Result<Vec<PersonEquipment>, Problem> {
        let now = self.clock.now();
        let mut holdings: BTreeMap<PersonId, AssignmentView> = BTreeMap::new();
        let wanted = "a.from_day <= $1 AND (a.until_day IS NULL OR a.until_day > $1)";
        for held in self.directory.assignments(wanted, &[now.day().into()]).await? {
            // The highest position comes first.
            holdings.entry(held.assignment.person.clone()).or_insert(held);
        }
        let certificates = self.best_certificates(now).await?;
        let requests = self.open_requests().await?;
        let sql = "SELECT id, name FROM person WHERE active = 1 ORDER BY name_key, id";
        let mut people = Vec::new();
        for row in self.directory.rows(sql, &[]).await? {
            let person: PersonId = id(row.text("id")?)?;
            let (equipment, until) = certificates.get(&person).copied().unwrap_or((Equipment::Never, None));
            let next = match (equipment, requests.get(&person)) {
                (Equipment::Valid, _) => Next::Nobody,
                (Equipment::Awaiting, _) => Next::Holder,
                (_, Some(next)) => *next,
                (Equipment::Suspended, None) => Next::DeskResumes,
                (_, None) => Next::Body,
            };
            let held = holdings.get(&person).cloned();
            people.push(PersonEquipment { name: row.text("name")?.to_owned(), person, held, equipment, until, next });
        }
        Ok(people)
    }

    async fn best_certificates(
        &self,
        now: Timestamp,
    ) -> Result<BTreeMap<PersonId, (Equipment, Option<Timestamp>)>, Problem> {
        let sql = "SELECT holder, valid_from, valid_until, revoked, reason, enrolment, own, activated FROM certificate \
                   WHERE holder >= 'person:' AND holder < 'person;'";
        let mut best = BTreeMap::new();
        for row in self.directory.rows(sql, &[]).await? {
            let Some(person) = row.text("holder")?.strip_prefix("person:") else { continue };
            let (from, until) = (row.time("valid_from")?, row.time("valid_until")?);
            let waits =
                row.opt_text("enrolment")?.is_some() && row.truth("own")? && row.opt_time("activated")?.is_none();
            let equipment = match row.opt_time("revoked")? {
                _ if until <= now || from > now => Equipment::Lapsed,
                Some(_) if row.opt_text("reason")? == Some("certificate_hold") => Equipment::Suspended,
                Some(_) => Equipment::Lapsed,
                None if waits => Equipment::Awaiting,
                None if until < now.plus_seconds(NOTICE_DAYS[0] * DAY) => Equipment::Expiring,
                None => Equipment::Valid,
            };
            let one = (equipment, Some(until));
            let kept = best.entry(id(person)?).or_insert(one);
            if (one.0, std::cmp::Reverse(one.1)) < (kept.0, std::cmp::Reverse(kept.1)) {
                *kept = one;
            }
        }
        Ok(best)
    }

    async fn open_requests(&self) -> Result<BTreeMap<PersonId, Next>, Problem> {
        let sql = "SELECT l.person, l.checked, e.state FROM enrolment_line l JOIN enrolment e ON e.id = l.enrolment \
                   WHERE l.certificate IS NULL AND e.state <> 'refused'";
        let mut open = BTreeMap::new();
        for row in self.directory.rows(sql, &[]).await? {
            let next = match (row.text("state")?, row.opt_time("checked")?) {
                ("requested", _) => Next::DeskDecides,
                (_, None) => Next::DeskChecks,
                (_, Some(_)) => Next::Issuer,
            };
            open.insert(id(row.text("person")?)?, next);
        }
        Ok(open)
    }
}

/// Counts by body, in the order of the bodies' codes; people without a position stand under `None`.
pub fn by_body(people: &[PersonEquipment]) -> BTreeMap<Option<BodyId>, Counts> {
    let mut counts: BTreeMap<Option<BodyId>, Counts> = BTreeMap::new();
    for person in people {
        let body = person.held.as_ref().map(|h| h.assignment.body.clone());
        counts.entry(body).or_default().add(person.equipment);
    }
    counts
}

/// Counts by the title of the highest position.
pub fn by_title(people: &[PersonEquipment]) -> BTreeMap<Option<(String, String)>, Counts> {
    let mut counts: BTreeMap<Option<(String, String)>, Counts> = BTreeMap::new();
    for person in people {
        let title = person.held.as_ref().map(|h| (h.title.clone(), h.title_en.clone()));
        counts.entry(title).or_default().add(person.equipment);
    }
    counts
}
