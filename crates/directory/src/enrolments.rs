//! Requests for certificates: the managing body asks for its people, the desk approves and checks who they are, the
//! program issues, the holder takes into use. One request may equip a whole body from a list.
//!
//! A list is checked line by line before anything is recorded. Issuing goes in parts, each one change, so that a run that
//! is cut off goes on where it stood and a second run does nothing.

use crate::{
    Holder, Keys,
    acts::{
        self, EnrolmentApproved, EnrolmentLine, EnrolmentProgressed, EnrolmentRefused, EnrolmentRequested,
        IdentityChecked, Source,
    },
    model::Basis,
    query::id,
};
use async_trait::async_trait;
use journal::{Change, Expected, JobDraft, JobError, Row, Worker};
use kernel::{ActBody, ActDraft, BodyId, Ctx, PersonId, Problem, Timestamp, text};
use pki::Certificate;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most people of one request.
pub const MAX_PEOPLE: usize = 5000;
/// Longest list, in bytes.
pub const MAX_LIST: usize = 1 << 20;
/// People in one change.
const PART: i64 = 100;
/// Somebody whose certificate counts longer than this needs no new one, in seconds.
const RENEWABLE_SECONDS: i64 = 90 * 86_400;
const ISSUE: &str = "enrolment-issue";

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its id.
    pub id: String,
    /// The managing body.
    pub body: BodyId,
    /// Number and date of its letter.
    pub letter: String,
    /// Where its certificates come from: `here`, `elsewhere`.
    pub source: String,
    /// Until when they shall count.
    pub until: Timestamp,
    /// `requested`, `approved`, `refused`.
    pub state: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Who asked.
    pub requested_by: Option<PersonId>,
    /// When.
    pub requested: Timestamp,
    /// For how many.
    pub people: i64,
    /// Of how many the identity was checked.
    pub checked: i64,
    /// How many have their certificate.
    pub equipped: i64,
    version: i64,
}

/// A person of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRow {
    /// The line of the list.
    pub line: i64,
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// When the identity was checked.
    pub checked: Option<Timestamp>,
    /// The serial number of the certificate.
    pub certificate: Option<String>,
    /// When it was handed over.
    pub delivered: Option<Timestamp>,
    /// When the holder took it into use.
    pub activated: Option<Timestamp>,
}

/// A line of a list that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// Its number, from 1.
    pub line: i64,
    /// The line as it stands, cut.
    pub text: String,
    /// What is wrong: a Fluent message.
    pub code: &'static str,
    /// What the message tells of.
    pub about: String,
}

/// A list after checking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedList {
    /// Who can be taken.
    pub people: Vec<EnrolmentLine>,
    /// What cannot.
    pub wrong: Vec<LineProblem>,
    /// How many have a certificate that counts on, or a request that is under way.
    pub settled: usize,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnrolment {
    /// The managing body.
    pub body: BodyId,
    /// Number and date of its letter.
    pub letter: String,
    /// From where.
    pub source: Source,
    /// Until when; five years at most.
    pub until: Timestamp,
    /// For whom: as checked.
    pub people: Vec<EnrolmentLine>,
}

const COLUMNS: &str = "e.id, e.body, e.letter, e.source, e.until, e.state, e.reason, e.requested_by, e.requested, \
     e.people, e.version, (SELECT COUNT(*) FROM enrolment_line l WHERE l.enrolment = e.id AND l.checked IS NOT NULL) AS \
     checked, (SELECT COUNT(*) FROM enrolment_line l WHERE l.enrolment = e.id AND l.certificate IS NOT NULL) AS \
     equipped FROM enrolment e";

impl Keys {
    /// Reads a list of people: CSV with the person's code or name to sign in with and, to be compared, the full name.
    /// A first line of titles is passed over. Costs a few questions to the storage for each line.
    ///
    /// # Errors
    /// [`Problem::Invalid`] `list` for a list that is too long or no CSV; storage.
    pub async fn check_list(&self, body: &BodyId, list: &str) -> Result<CheckedList, Problem> {
        if list.len() > MAX_LIST {
            return Err(Problem::field("list", "field-too-long"));
        }
        let within = self.bodies_within(body).await?;
        let mut checked = CheckedList::default();
        let mut seen = BTreeMap::new();
        for (line, cells) in read_csv(list)? {
            let wrong = |code, about: &str| LineProblem {
                line,
                text: cells.join(", ").chars().take(120).collect(),
                code,
                about: about.to_owned(),
            };
            let (who, name) = (cells.first().map_or("", String::as_str), cells.get(1).map_or("", String::as_str));
            let person = match self.directory.person_by_login(who).await? {
                Some(person) => Some(person),
                None => match PersonId::new(who) {
                    Ok(id) => self.directory.person(&id).await?,
                    Err(_) => None,
                },
            };
            let Some(person) = person else {
                checked.wrong.push(wrong("list-unknown-person", who));
                continue;
            };
            if let Some(first) = seen.insert(person.id.clone(), line) {
                checked.wrong.push(wrong("list-person-twice", &first.to_string()));
            } else if !name.is_empty() && text::fold(name) != text::fold(&person.name) {
                checked.wrong.push(wrong("list-other-name", &person.name));
            } else if !person.active {
                checked.wrong.push(wrong("list-person-left", &person.name));
            } else if !self.is_within(&person.id, &within).await? {
                checked.wrong.push(wrong("list-other-body", &person.name));
            } else if self.is_settled(&person.id).await? {
                checked.settled += 1;
            } else {
                checked.people.push(EnrolmentLine { line, person: person.id });
            }
            if checked.people.len() > MAX_PEOPLE {
                return Err(Problem::Invalid(vec![
                    kernel::FieldProblem::new("list", "field-too-many").arg("max", MAX_PEOPLE),
                ]));
            }
        }
        Ok(checked)
    }

    /// The people of a body and the bodies below it as a list, for a request for all of them.
    ///
    /// # Errors
    /// Storage.
    pub async fn list_of_body(&self, body: &BodyId) -> Result<String, Problem> {
        let mut people = BTreeSet::new();
        for body in self.bodies_within(body).await? {
            let members = self.directory.members(&body, self.clock.now().day()).await?;
            people.extend(members.into_iter().map(|m| m.assignment.person.to_string()));
        }
        Ok(people.into_iter().collect::<Vec<_>>().join("\n"))
    }

    async fn bodies_within(&self, body: &BodyId) -> Result<BTreeSet<BodyId>, Problem> {
        let all = self.directory.bodies(self.clock.now().day()).await?;
        let mut within = BTreeSet::from([body.clone()]);
        loop {
            let below = all.iter().filter(|b| b.superior.as_ref().is_some_and(|s| within.contains(s)));
            let new: Vec<BodyId> = below.map(|b| b.id.clone()).filter(|b| !within.contains(b)).collect();
            if new.is_empty() {
                return Ok(within);
            }
            within.extend(new);
        }
    }

    async fn is_within(&self, person: &PersonId, within: &BTreeSet<BodyId>) -> Result<bool, Problem> {
        let held = self.directory.positions_of(person, self.clock.now().day()).await?;
        Ok(held.iter().any(|h| within.contains(&h.assignment.body)))
    }

    async fn is_settled(&self, person: &PersonId) -> Result<bool, Problem> {
        let now = self.clock.now();
        let sql =
            "SELECT 1 AS there FROM certificate WHERE holder = $1 AND valid_until > $2 AND revoked IS NULL LIMIT 1";
        let holder = Holder::Person(person.clone()).code();
        let reader = self.directory.journal().reader();
        if reader.row(sql, &[holder.into(), now.plus_seconds(RENEWABLE_SECONDS).into()]).await?.is_some() {
            return Ok(true);
        }
        let sql = "SELECT 1 AS there FROM enrolment_line l JOIN enrolment e ON e.id = l.enrolment \
                   WHERE l.person = $1 AND l.certificate IS NULL AND e.state <> 'refused' LIMIT 1";
        Ok(reader.row(sql, &[person.into()]).await?.is_some())
    }

    /// Asks for certificates: the head of the managing body, or the desk.
    ///
    /// # Errors
    /// [`Problem::Invalid`] without a letter or people, or for a term that is over; [`Problem::Forbidden`]; storage.
    pub async fn request(&self, ctx: &Ctx, new: &NewEnrolment) -> Result<String, Problem> {
        let now = self.clock.now();
        if new.letter.trim().is_empty() {
            return Err(Problem::field("letter", "field-required"));
        }
        if new.people.is_empty() {
            return Err(Problem::field("list", "list-nobody"));
        }
        if new.until <= now {
            return Err(Problem::field("until", "field-in-the-past"));
        }
        let enrolment = kernel::id::mint("enrolment", &*self.clock, &*self.entropy);
        let by = ctx.person().map(|p| p.id.clone());
        let requested = EnrolmentRequested {
            enrolment: enrolment.clone(),
            body: new.body.clone(),
            letter: text::nfc(new.letter.trim()).into_owned(),
            source: new.source,
            until: new.until.min(now.plus_seconds(5 * 365 * 86_400)),
            people: new.people.clone(),
            requested_by: by.clone(),
        };
        let draft = ActDraft::new(acts::enrolment_resource(&enrolment, &new.body, by.as_ref()), &requested);
        let change = Change::new().on(acts::enrolment_stream(&enrolment), Expected::New).act(draft);
        self.directory.journal().commit(ctx, change).await?;
        Ok(enrolment)
    }

    /// The newest requests.
    ///
    /// # Errors
    /// Storage.
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, Problem> {
        let sql = format!("SELECT {COLUMNS} ORDER BY e.requested DESC, e.id LIMIT 200");
        self.directory.rows(&sql, &[]).await?.iter().map(enrolment).collect()
    }

    /// One request.
    ///
    /// # Errors
    /// Storage.
    pub async fn enrolment(&self, id: &str) -> Result<Option<Enrolment>, Problem> {
        let sql = format!("SELECT {COLUMNS} WHERE e.id = $1");
        self.directory.journal().reader().row(&sql, &[id.into()]).await?.as_ref().map(enrolment).transpose()
    }

    /// The people of a request in the order of its list.
    ///
    /// # Errors
    /// Storage.
    pub async fn enrolment_rows(&self, enrolment: &str) -> Result<Vec<EnrolmentRow>, Problem> {
        let sql = "SELECT l.line, l.person, p.name, l.checked, l.certificate, c.delivered, c.activated \
                   FROM enrolment_line l JOIN person p ON p.id = l.person \
                   LEFT JOIN certificate c ON c.serial = l.certificate WHERE l.enrolment = $1 ORDER BY l.line, l.person";
        self.directory.rows(sql, &[enrolment.into()]).await?.iter().map(line).collect()
    }

    /// Approves a request: another person than asked (policy).
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `enrolment-decided`; [`Problem::Forbidden`]; storage.
    pub async fn approve(&self, ctx: &Ctx, id: &str) -> Result<(), Problem> {
        let found = self.open_enrolment(id, "requested").await?;
        self.on_enrolment(ctx, &found, &EnrolmentApproved { enrolment: id.to_owned() }, None).await
    }

    /// Refuses a request.
    ///
    /// # Errors
    /// As [`Keys::approve`]; [`Problem::Invalid`] without a reason.
    pub async fn refuse(&self, ctx: &Ctx, id: &str, reason: &str) -> Result<(), Problem> {
        let found = self.open_enrolment(id, "requested").await?;
        if reason.trim().is_empty() {
            return Err(Problem::field("reason", "field-required"));
        }
        let refused = EnrolmentRefused { enrolment: id.to_owned(), reason: reason.trim().to_owned() };
        self.on_enrolment(ctx, &found, &refused, None).await
    }

    /// Notes whose identity was checked, and how; when the certificates are issued here, the program issues them now.
    ///
    /// # Errors
    /// As [`Keys::approve`]; [`Problem::Invalid`] without `how` or for nobody.
    pub async fn check_identity(&self, ctx: &Ctx, id: &str, people: &[PersonId], how: &str) -> Result<(), Problem> {
        let found = self.open_enrolment(id, "approved").await?;
        if how.trim().is_empty() {
            return Err(Problem::field("how", "field-required"));
        }
        let rows = self.enrolment_rows(id).await?;
        let open = |person: &PersonId| rows.iter().any(|r| r.person == *person && r.checked.is_none());
        let people: Vec<PersonId> = people.iter().filter(|p| open(p)).cloned().collect();
        if people.is_empty() {
            return Err(Problem::field("people", "list-nobody"));
        }
        let job = (found.source == Source::Here.code())
            .then(|| JobDraft::new(ISSUE, format!("{id}/{}", found.version + 1), json!({"enrolment": id})));
        let checked = IdentityChecked { enrolment: id.to_owned(), people, how: how.trim().to_owned() };
        self.on_enrolment(ctx, &found, &checked, job).await
    }

    /// Issues the certificates of a request to everybody whose identity was checked and who has none yet. How many were
    /// issued: none when all is done.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Refused`] `authority-missing`; [`Problem::Conflict`] when another server is at
    /// it; storage.
    pub async fn issue_enrolment(&self, enrolment: &str) -> Result<usize, Problem> {
        let mut issued = 0;
        loop {
            let found = self.open_enrolment(enrolment, "approved").await?;
            let sql = "SELECT l.person FROM enrolment_line l JOIN person p ON p.id = l.person WHERE l.enrolment = $1 \
                       AND l.checked IS NOT NULL AND l.certificate IS NULL AND p.active = 1 ORDER BY l.line, l.person \
                       LIMIT $2";
            let rows = self.directory.rows(sql, &[enrolment.into(), PART.into()]).await?;
            let people: Result<Vec<PersonId>, Problem> = rows.iter().map(id_of).collect();
            let people = people?;
            if people.is_empty() || found.source != Source::Here.code() {
                return Ok(issued);
            }
            let holders: Vec<Holder> = people.iter().cloned().map(Holder::Person).collect();
            let basis = Basis::cited(&found.letter);
            let (change, serials) = self.plan_issue(&holders, found.until, &basis, Some(enrolment)).await?;
            let progressed = EnrolmentProgressed { enrolment: enrolment.to_owned(), people };
            let resource = acts::enrolment_resource(enrolment, &found.body, found.requested_by.as_ref());
            let stream = acts::enrolment_stream(enrolment);
            let change = change.on(stream, Expected::At(found.version)).act(ActDraft::new(resource, &progressed));
            self.directory.journal().commit(&self.program()?, change).await?;
            issued += serials.len();
        }
    }

    /// Enters the certificate that another authority issued to a person of a request.
    ///
    /// # Errors
    /// As [`Keys::import`]; [`Problem::NotFound`] for a person who is not of the request; [`Problem::Refused`]
    /// `enrolment-identity-open` before the identity was checked.
    pub async fn import_for(
        &self,
        ctx: &Ctx,
        id: &str,
        person: &PersonId,
        chain: &[Certificate],
    ) -> Result<String, Problem> {
        let found = self.open_enrolment(id, "approved").await?;
        let rows = self.enrolment_rows(id).await?;
        let row = rows.iter().find(|r| r.person == *person).ok_or_else(|| Problem::not_found("person", person))?;
        if row.checked.is_none() {
            return Err(Problem::refused("enrolment-identity-open"));
        }
        let holder = Holder::Person(person.clone());
        self.import(ctx, &holder, chain, &Basis::cited(&found.letter), Some(id)).await
    }

    /// What runs behind the desk.
    pub fn workers(&self) -> Vec<std::sync::Arc<dyn Worker>> {
        vec![std::sync::Arc::new(Issuing(self.clone())), std::sync::Arc::new(crate::follow::Following(self.clone()))]
    }

    async fn open_enrolment(&self, id: &str, state: &str) -> Result<Enrolment, Problem> {
        let found = self.enrolment(id).await?.ok_or_else(|| Problem::not_found("enrolment", id))?;
        if found.state == state { Ok(found) } else { Err(Problem::refused("enrolment-decided")) }
    }

    async fn on_enrolment<B: ActBody>(
        &self,
        ctx: &Ctx,
        found: &Enrolment,
        body: &B,
        job: Option<JobDraft>,
    ) -> Result<(), Problem> {
        let resource = acts::enrolment_resource(&found.id, &found.body, found.requested_by.as_ref());
        let stream = acts::enrolment_stream(&found.id);
        let change = Change::new().on(stream, Expected::At(found.version)).act(ActDraft::new(resource, body));
        let change = job.into_iter().fold(change, Change::job);
        self.directory.journal().commit(ctx, change).await.map(drop)
    }
}

/// Issues the certificates of requests.
struct Issuing(Keys);

#[async_trait]
impl Worker for Issuing {
    fn kind(&self) -> &'static str {
        ISSUE
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let id = payload.get("enrolment").and_then(Value::as_str);
        let id = id.ok_or_else(|| JobError::Hopeless("the job names no request".into()))?;
        self.0.issue_enrolment(id).await?;
        Ok(())
    }
}

/// The cells of a list with the number of their line.
fn read_csv(list: &str) -> Result<Vec<(i64, Vec<String>)>, Problem> {
    let list = list.trim_start_matches('\u{feff}');
    let first = list.lines().next().unwrap_or_default();
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(list.as_bytes());
    let (mut lines, mut line, mut at) = (Vec::new(), 1, 0);
    for record in reader.records() {
        let record = record.map_err(|_| Problem::field("list", "list-no-csv"))?;
        // The reader counts a record from the blank lines before it: the line is that of its first cell.
        let start = record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(at).max(at);
        let rest = list.get(start..).unwrap_or_default();
        let start = start + rest.len() - rest.trim_start_matches(['\n', '\r']).len();
        line += list.get(at..start).unwrap_or_default().matches('\n').count() as i64;
        at = start;
        let cells: Vec<String> = record.iter().map(|cell| text::nfc(cell).into_owned()).collect();
        let title = text::fold(cells.first().map_or("", String::as_str));
        let titles = ["ma", "ma nguoi", "ma so", "ten dang nhap", "code", "login", "id"];
        let blank = cells.iter().all(String::is_empty);
        let head = lines.is_empty() && titles.contains(&title.as_str());
        if !blank && !head {
            lines.push((line, cells));
        }
    }
    Ok(lines)
}

fn enrolment(row: &Row) -> Result<Enrolment, Problem> {
    Ok(Enrolment {
        id: row.text("id")?.to_owned(),
        body: id(row.text("body")?)?,
        letter: row.text("letter")?.to_owned(),
        source: row.text("source")?.to_owned(),
        until: row.time("until")?,
        state: row.text("state")?.to_owned(),
        reason: row.opt_text("reason")?.map(str::to_owned),
        requested_by: row.opt_text("requested_by")?.map(id).transpose()?,
        requested: row.time("requested")?,
        people: row.int("people")?,
        checked: row.int("checked")?,
        equipped: row.int("equipped")?,
        version: row.int("version")?,
    })
}

fn id_of(row: &Row) -> Result<PersonId, Problem> {
    id(row.text("person")?)
}

fn line(row: &Row) -> Result<EnrolmentRow, Problem> {
    Ok(EnrolmentRow {
        line: row.int("line")?,
        person: id(row.text("person")?)?,
        name: row.text("name")?.to_owned(),
        checked: row.opt_time("checked")?,
        certificate: row.opt_text("certificate")?.map(str::to_owned),
        delivered: row.opt_time("delivered")?,
        activated: row.opt_time("activated")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_is_read_with_or_without_titles_and_with_either_separator() {
        let plain = read_csv("a.nguyen,Nguyễn Văn A\n\nb.tran ,\"Trần, Thị B\"\n").unwrap();
        assert_eq!(plain[1], (3, vec!["b.tran".into(), "Trần, Thị B".into()]));
        let titled = read_csv("\u{feff}Mã người;Họ và tên\na.nguyen;Nguyễn Văn A\n").unwrap();
        assert_eq!(titled, [(2, vec!["a.nguyen".to_owned(), "Nguyễn Văn A".to_owned()])]);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = read_csv(&text);
        }
    }
}
