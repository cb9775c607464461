//! Reading the directory. Every question about positions is asked for a day, since holdings are bounded in time.
//!
//! Nobody is asked here whether the reader may see the answer: pages ask the policies `view.directory` first.

use crate::{
    Directory,
    model::{
        Assignment, AssignmentView, Body, BodyKind, BodyNode, KeptRegime, Names, Page, PersonPrivate, PersonView,
        Position,
    },
    titles,
};
use journal::{Row, Value};
use kernel::{BodyId, CaseId, Day, Grade, Person, PersonId, Problem, Timestamp, id::AssignmentId, text};
use std::collections::{BTreeMap, BTreeSet};

const PERSON_COLUMNS: &str = "p.id, p.name, p.login, p.clearance, p.active, p.registered, p.version";
const BODY_COLUMNS: &str = "b.id, b.name, b.name_en, b.kind, b.superior, b.from_day, b.until_day, b.basis, \
     b.end_basis, b.for_case, b.passed_to, b.sort_order, b.version";
const ASSIGNMENT_COLUMNS: &str = "a.id, a.person, a.body, a.position, a.from_day, a.until_day, a.full_time, a.basis, \
     a.end_basis, p.name AS person_name, p.name_key, b.name AS body_name, b.name_en AS body_name_en, b.kind, b.sort_order \
     FROM assignment a JOIN person p ON p.id = a.person JOIN body b ON b.id = a.body";

/// The most words of a search that are looked at.
const SEARCH_WORDS: usize = 6;

/// Which people a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFilter {
    /// Words of the name, with or without marks, in any order.
    pub search: Option<String>,
    /// Only those who hold a position in this body on the day.
    pub body: Option<BodyId>,
    /// Only those who hold this position on the day.
    pub position: Option<Position>,
    /// The day; today when absent.
    pub on: Option<Day>,
    /// How many to leave out.
    pub offset: i64,
    /// How many to show, at most 200; 0 means 50.
    pub limit: i64,
}

impl Directory {
    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Problem> {
        self.journal().reader().rows(sql, values).await
    }
    pub(crate) fn today(&self) -> Day {
        self.journal().clock().now().day()
    }

    /// A person by id.
    ///
    /// # Errors
    /// As [`journal::Reader::rows`], here and in every reading below.
    pub async fn person(&self, id: &PersonId) -> Result<Option<PersonView>, Problem> {
        let sql = format!("SELECT {PERSON_COLUMNS} FROM person p WHERE p.id = $1");
        self.journal().reader().row(&sql, &[id.into()]).await?.as_ref().map(person).transpose()
    }

    /// The person who signs in under a name.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn person_by_login(&self, login: &str) -> Result<Option<PersonView>, Problem> {
        let sql = format!("SELECT {PERSON_COLUMNS} FROM login l JOIN person p ON p.id = l.person WHERE l.login = $1");
        self.journal().reader().row(&sql, &[login.into()]).await?.as_ref().map(person).transpose()
    }

    /// A person's erasable personal data, unless it was erased. Not for lists.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn personal_data(&self, id: &PersonId) -> Result<Option<PersonPrivate>, Problem> {
        let sql = "SELECT content FROM person_private WHERE person = $1 ORDER BY version DESC LIMIT 1";
        let Some(row) = self.journal().reader().row(sql, &[id.into()]).await? else { return Ok(None) };
        serde_json::from_str(row.text("content")?).map(Some).map_err(Problem::fault)
    }

    /// People in the order of their names.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn people(&self, filter: &PeopleFilter) -> Result<Page<PersonView>, Problem> {
        let mut values: Vec<Value> = Vec::new();
        let mut wanted = String::from("p.active = 1");
        let folded = filter.search.as_deref().map(text::fold).unwrap_or_default();
        for word in folded.split(' ').filter(|w| !w.is_empty()).take(SEARCH_WORDS) {
            values.push(word.into());
            wanted.push_str(&format!(" AND REPLACE(p.name_fold, ${0}, '') <> p.name_fold", values.len()));
        }
        if filter.body.is_some() || filter.position.is_some() {
            values.push(filter.on.unwrap_or_else(|| self.today()).into());
            let day = values.len();
            wanted.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM assignment a WHERE a.person = p.id AND a.from_day <= ${day} \
                 AND (a.until_day IS NULL OR a.until_day > ${day})"
            ));
            if let Some(body) = &filter.body {
                values.push(body.into());
                wanted.push_str(&format!(" AND a.body = ${}", values.len()));
            }
            if let Some(position) = &filter.position {
                values.push(position.as_str().into());
                wanted.push_str(&format!(" AND a.position = ${}", values.len()));
            }
            wanted.push(')');
        }
        let total = format!("SELECT COUNT(*) AS n FROM person p WHERE {wanted}");
        let total = match self.journal().reader().row(&total, &values).await? {
            Some(row) => row.int("n")?,
            None => 0,
        };
        let limit = if filter.limit <= 0 { 50 } else { filter.limit.min(200) };
        let offset = filter.offset.max(0);
        values.extend([Value::Int(limit), Value::Int(offset)]);
        let (l, o) = (values.len() - 1, values.len());
        let sql = format!(
            "SELECT {PERSON_COLUMNS} FROM person p WHERE {wanted} ORDER BY p.name_key, p.id LIMIT ${l} OFFSET ${o}"
        );
        let items = self.rows(&sql, &values).await?.iter().map(person).collect::<Result<_, _>>()?;
        Ok(Page { items, total, offset })
    }

    /// Full names by person, for timelines. Ids that are not known are left out.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn names(&self, ids: impl IntoIterator<Item = &PersonId>) -> Result<Names, Problem> {
        let wanted: Vec<Value> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().map(Value::from).collect();
        let mut names = Names::new();
        for part in wanted.chunks(200) {
            let places: Vec<String> = (1..=part.len()).map(|n| format!("${n}")).collect();
            let sql = format!("SELECT id, name FROM person WHERE id IN ({})", places.join(", "));
            for row in self.rows(&sql, part).await? {
                names.insert(id(row.text("id")?)?, row.text("name")?.to_owned());
            }
        }
        Ok(names)
    }

    /// A body by its code, whether it stands or has ended.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn body(&self, id: &BodyId) -> Result<Option<Body>, Problem> {
        let sql = format!("SELECT {BODY_COLUMNS} FROM body b WHERE b.id = $1");
        self.journal().reader().row(&sql, &[id.into()]).await?.as_ref().map(body).transpose()
    }

    /// The bodies with these ids, by id; those that are unknown are left out. One question, however many ids.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn bodies_of(&self, ids: &[String]) -> Result<BTreeMap<String, Body>, Problem> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let places: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
        let sql = format!("SELECT {BODY_COLUMNS} FROM body b WHERE b.id IN ({})", places.join(", "));
        let parameters: Vec<Value> = ids.iter().map(Value::from).collect();
        let bodies = self.rows(&sql, &parameters).await?;
        bodies.iter().map(body).map(|found| found.map(|body| (body.id.to_string(), body))).collect()
    }

    /// All bodies that stand on a day, superiors' order first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn bodies(&self, on: Day) -> Result<Vec<Body>, Problem> {
        let sql = format!(
            "SELECT {BODY_COLUMNS} FROM body b WHERE b.from_day <= $1 AND (b.until_day IS NULL OR b.until_day > $1) \
             ORDER BY b.sort_order, b.id"
        );
        self.rows(&sql, &[on.into()]).await?.iter().map(body).collect()
    }

    /// The bodies that stand on a day as a tree, each with the number of its people. A body whose superior does not
    /// stand is shown at the top.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn body_tree(&self, on: Day) -> Result<Vec<BodyNode>, Problem> {
        let sql = "SELECT body, COUNT(DISTINCT person) AS n FROM assignment \
                   WHERE from_day <= $1 AND (until_day IS NULL OR until_day > $1) GROUP BY body";
        let mut people = BTreeMap::new();
        for row in self.rows(sql, &[on.into()]).await? {
            people.insert(row.text("body")?.to_owned(), row.int("n")?);
        }
        Ok(tree(self.bodies(on).await?, &people))
    }

    /// Who holds a position in a body on a day, in the order of names.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn holders(&self, body: &BodyId, position: &Position, on: Day) -> Result<Vec<AssignmentView>, Problem> {
        let values = [body.into(), position.as_str().into(), on.into()];
        self.assignments(&format!("a.body = $1 AND a.position = $2 AND {}", held(3)), &values).await
    }

    /// The people of a body on a day: the chair first, then by rank and name.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn members(&self, body: &BodyId, on: Day) -> Result<Vec<AssignmentView>, Problem> {
        self.assignments(&format!("a.body = $1 AND {}", held(2)), &[body.into(), on.into()]).await
    }

    /// What a person holds on a day, the highest first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn positions_of(&self, person: &PersonId, on: Day) -> Result<Vec<AssignmentView>, Problem> {
        self.assignments(&format!("a.person = $1 AND {}", held(2)), &[person.into(), on.into()]).await
    }

    /// All that a person ever held, the newest first.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn history_of(&self, person: &PersonId) -> Result<Vec<AssignmentView>, Problem> {
        let mut all = self.assignments("a.person = $1", &[person.into()]).await?;
        all.sort_by_key(|held| std::cmp::Reverse(held.assignment.from));
        Ok(all)
    }

    /// One holding.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn assignment(&self, id: &AssignmentId) -> Result<Option<AssignmentView>, Problem> {
        Ok(self.assignments("a.id = $1", &[id.into()]).await?.pop())
    }

    pub(crate) async fn assignments(&self, wanted: &str, values: &[Value]) -> Result<Vec<AssignmentView>, Problem> {
        let sql = format!("SELECT {ASSIGNMENT_COLUMNS} WHERE {wanted} ORDER BY p.name_key, b.sort_order, a.id");
        let rows = self.rows(&sql, values).await?;
        let mut all = rows.iter().map(assignment).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|a| rank(&a.assignment.position));
        Ok(all)
    }

    /// Regimes that a person keeps, with the ground of each.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn kept_regimes(&self, person: &PersonId) -> Result<Vec<(KeptRegime, String)>, Problem> {
        let sql = "SELECT what, by_body, from_day, until_day, amount, basis FROM kept_regime \
                   WHERE person = $1 ORDER BY from_day, version";
        let kept = |row: &Row| -> Result<(KeptRegime, String), Problem> {
            let regime = KeptRegime {
                what: row.text("what")?.to_owned(),
                by: id(row.text("by_body")?)?,
                from: day(row.text("from_day")?)?,
                until: row.opt_text("until_day")?.map(day).transpose()?,
                amount: row.opt_int("amount")?,
            };
            Ok((regime, row.text("basis")?.to_owned()))
        };
        self.rows(sql, &[person.into()]).await?.iter().map(kept).collect()
    }

    /// What the policies need to know about a person at an instant: the positions held that day, and the bodies of
    /// those positions with all bodies above them. `None` when there is no such person or the person has left.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn ctx_facts(&self, who: &PersonId, at: Timestamp) -> Result<Option<Person>, Problem> {
        let Some(person) = self.person(who).await?.filter(|p| p.active) else { return Ok(None) };
        let values = [who.into(), at.day().into()];
        let sql = format!("SELECT a.position, a.body FROM assignment a WHERE a.person = $1 AND {}", held(2));
        let mut held_now = Vec::new();
        for row in self.rows(&sql, &values).await? {
            let position: Position = id(row.text("position")?)?;
            held_now.push((rank(&position), format!("{position}@{}", row.text("body")?)));
        }
        held_now.sort();
        let sql = format!(
            "WITH RECURSIVE up(id) AS (SELECT a.body FROM assignment a WHERE a.person = $1 AND {} \
             UNION SELECT b.superior FROM body b JOIN up ON b.id = up.id WHERE b.superior IS NOT NULL) SELECT id FROM up",
            held(2)
        );
        let mut bodies = BTreeSet::new();
        for row in self.rows(&sql, &values).await? {
            bodies.insert(row.text("id")?.to_owned());
        }
        Ok(Some(Person {
            id: person.id,
            name: person.name,
            acting_as: held_now.first().map(|(_, p)| p.clone()),
            positions: held_now.into_iter().map(|(_, p)| p).collect(),
            bodies,
            clearance: person.clearance,
            handed: self.handed_to(who, at.day()).await?,
            acting_for: None,
        }))
    }

    /// The title of a holding written `position@body`, in Vietnamese and English: `Vụ trưởng, Vụ Pháp luật`.
    ///
    /// # Errors
    /// As [`Directory::person`].
    pub async fn title_of(&self, holding: &str) -> Result<Option<(String, String)>, Problem> {
        let Some((position, body)) = holding.split_once('@') else { return Ok(None) };
        let (Ok(position), Ok(body)) = (Position::new(position), BodyId::new(body)) else { return Ok(None) };
        let Some(body) = self.body(&body).await? else { return Ok(None) };
        let (vi, en) = titles::title(body.kind, &position);
        // "Chủ tịch Quốc hội" names its body already.
        let plain = matches!(body.kind, BodyKind::StandingCommittee | BodyKind::Office)
            && position.as_str() != Position::CLERK
            && position.as_str() != Position::EXPERT;
        Ok(Some(match plain {
            true => (vi, en),
            false => (format!("{vi}, {}", body.name), format!("{en}, {}", body.name_en)),
        }))
    }
}

/// The condition that holding `a` is held on the day of parameter `n`.
fn held(n: usize) -> String {
    format!("a.from_day <= ${n} AND (a.until_day IS NULL OR a.until_day > ${n})")
}

/// The order in which positions are shown, and the first of which a person acts under unless another is chosen.
fn rank(position: &Position) -> usize {
    const ORDER: [&str; 15] = [
        Position::CHAIRPERSON,
        Position::VICE_CHAIRPERSON,
        Position::SECRETARY_GENERAL,
        Position::HEAD,
        Position::DEPUTY_HEAD,
        Position::STANDING_MEMBER,
        Position::MEMBER,
        Position::FULLTIME_DEPUTY,
        Position::CLERK,
        Position::EXPERT,
        Position::AUDITOR,
        Position::ADMIN,
        Position::AWAITING,
        Position::STAFF,
        Position::DEPUTY,
    ];
    ORDER.iter().position(|p| *p == position.as_str()).unwrap_or(ORDER.len())
}

fn tree(bodies: Vec<Body>, people: &BTreeMap<String, i64>) -> Vec<BodyNode> {
    let standing: BTreeSet<BodyId> = bodies.iter().map(|b| b.id.clone()).collect();
    let mut below: BTreeMap<Option<BodyId>, Vec<Body>> = BTreeMap::new();
    for body in bodies {
        let superior = body.superior.clone().filter(|s| standing.contains(s) && *s != body.id);
        below.entry(superior).or_default().push(body);
    }
    let top = below.remove(&None).unwrap_or_default();
    top.into_iter().map(|body| node(body, &mut below, people)).collect()
}

/// Takes each body out of `below` as it is placed, so that a circle of superiors cannot make it run for ever.
fn node(body: Body, below: &mut BTreeMap<Option<BodyId>, Vec<Body>>, people: &BTreeMap<String, i64>) -> BodyNode {
    let children = below.remove(&Some(body.id.clone())).unwrap_or_default();
    let below = children.into_iter().map(|child| node(child, below, people)).collect();
    let count = people.get(body.id.as_str()).copied().unwrap_or(0);
    BodyNode { body, people: count, below }
}

/// An id, position or other word that was checked before it was stored.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|why: T::Err| Problem::fault(format!("stored id: {why}")))
}

pub(crate) fn day(text: &str) -> Result<Day, Problem> {
    Day::parse(text).map_err(|why| Problem::fault(format!("stored day: {why}")))
}

fn kind(code: &str) -> Result<BodyKind, Problem> {
    BodyKind::of(code).ok_or_else(|| Problem::fault(format!("stored body kind {code}")))
}

fn person(row: &Row) -> Result<PersonView, Problem> {
    let level = u8::try_from(row.int("clearance")?).map_err(Problem::fault)?;
    Ok(PersonView {
        id: id(row.text("id")?)?,
        name: row.text("name")?.to_owned(),
        login: row.opt_text("login")?.map(str::to_owned),
        clearance: Grade::try_from(level).map_err(Problem::fault)?,
        active: row.truth("active")?,
        registered: row.time("registered")?,
        version: row.int("version")?,
    })
}

fn body(row: &Row) -> Result<Body, Problem> {
    Ok(Body {
        id: id(row.text("id")?)?,
        name: row.text("name")?.to_owned(),
        name_en: row.text("name_en")?.to_owned(),
        kind: kind(row.text("kind")?)?,
        superior: row.opt_text("superior")?.map(id).transpose()?,
        from: day(row.text("from_day")?)?,
        until: row.opt_text("until_day")?.map(day).transpose()?,
        basis: row.text("basis")?.to_owned(),
        end_basis: row.opt_text("end_basis")?.map(str::to_owned),
        case: row.opt_text("for_case")?.map(id::<CaseId>).transpose()?,
        passed_to: row.opt_text("passed_to")?.map(id).transpose()?,
        order: row.int("sort_order")?,
        version: row.int("version")?,
    })
}

fn assignment(row: &Row) -> Result<AssignmentView, Problem> {
    let position: Position = id(row.text("position")?)?;
    let body_kind = kind(row.text("kind")?)?;
    let (title, title_en) = titles::title(body_kind, &position);
    Ok(AssignmentView {
        assignment: Assignment {
            id: id(row.text("id")?)?,
            person: id(row.text("person")?)?,
            body: id(row.text("body")?)?,
            position,
            from: day(row.text("from_day")?)?,
            until: row.opt_text("until_day")?.map(day).transpose()?,
            full_time: row.truth("full_time")?,
            basis: row.text("basis")?.to_owned(),
            end_basis: row.opt_text("end_basis")?.map(str::to_owned),
        },
        person_name: row.text("person_name")?.to_owned(),
        body_name: row.text("body_name")?.to_owned(),
        body_name_en: row.text("body_name_en")?.to_owned(),
        body_kind,
        title,
        title_en,
    })
}
