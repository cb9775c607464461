//! Requests for certificates: asked for by the managing body, decided and carried out at the desk.

use super::certificates::{may_read, source_of};
use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use directory::{
    acts,
    enrolments::{CheckedList, Enrolment, NewEnrolment},
};
use kernel::{BodyId, Day, PersonId, Problem, Timestamp};
use pki::Certificate;
use serde::Serialize;

/// The requests.
#[derive(Debug, Serialize)]
pub struct EnrolmentsPage {
    /// The newest first.
    pub requests: Vec<RequestRow>,
    /// Whether the reader may ask.
    pub asks: bool,
}

/// A request.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRow {
    /// Its page.
    pub href: String,
    /// Number and date of the letter.
    pub letter: String,
    /// The managing body.
    pub body: String,
    /// When it was made.
    pub at: Timestamp,
    /// `requested`, `approved`, `refused`, `done`.
    pub state: &'static str,
    /// For how many.
    pub people: i64,
    /// Of how many the identity was checked.
    pub checked: i64,
    /// How many have their certificate.
    pub equipped: i64,
}

impl RequestRow {
    fn sample() -> RequestRow {
        RequestRow {
            href: "/certificates/requests/enrolment-1".into(),
            letter: "Công văn số 12/CV-VPL ngày 20/11/2026".into(),
            body: "Vụ Pháp luật".into(),
            at: Timestamp::from_micros(1_734_600_000_000_000),
            state: "approved",
            people: 700,
            checked: 700,
            equipped: 350,
        }
    }
}

impl Page for EnrolmentsPage {
    const TEMPLATE: &'static str = "enrolments.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let (requests, asks) = (vec![RequestRow::sample()], true);
        vec![("one", EnrolmentsPage { requests, asks }), ("none", EnrolmentsPage { requests: vec![], asks: false })]
    }
}

async fn row(viewer: &Viewer, found: &Enrolment) -> Result<RequestRow, Problem> {
    let body = viewer.state.services.directory.body(&found.body).await?;
    Ok(RequestRow {
        href: format!("/certificates/requests/{}", found.id),
        letter: found.letter.clone(),
        body: body.map_or_else(|| found.body.to_string(), |b| b.name_in(viewer.lang().code()).to_owned()),
        at: found.requested,
        state: match found.state.as_str() {
            "approved" if found.equipped == found.people => "done",
            "approved" => "approved",
            "refused" => "refused",
            _ => "requested",
        },
        people: found.people,
        checked: found.checked,
        equipped: found.equipped,
    })
}

/// `GET /certificates/requests`
pub async fn list(viewer: Member) -> Result<Response, Failure> {
    may_read(&viewer)?;
    let mut requests = Vec::new();
    for found in viewer.state.services.keys.enrolments().await? {
        requests.push(row(&viewer, &found).await?);
    }
    let asks = !bodies_to_ask_for(&viewer).await?.is_empty();
    viewer.page(&EnrolmentsPage { requests, asks }).await
}

/// The bodies for whose people the reader may ask.
///
/// # Errors
/// Storage.
pub async fn bodies_to_ask_for(viewer: &Viewer) -> Result<Vec<Choice>, Problem> {
    let me = viewer.ctx.person().map(|p| p.id.clone());
    let bodies = viewer.state.services.directory.bodies(viewer.state.now().day()).await?;
    let may = bodies
        .iter()
        .filter(|body| viewer.may("enrolment.requested", &acts::enrolment_resource("new", &body.id, me.as_ref())));
    Ok(may.map(|b| Choice::new(b.id.as_str(), b.name_in(viewer.lang().code()))).collect())
}

/// A new request.
#[derive(Debug, Default, Serialize)]
pub struct EnrolmentFormPage {
    /// The bodies to choose from.
    pub bodies: Vec<Choice>,
    /// The chosen one.
    pub body: String,
    /// Number and date of the letter.
    pub letter: String,
    /// `here` or `elsewhere`.
    pub source: String,
    /// Until when the certificates shall count: a day.
    pub until: String,
    /// The list.
    pub list: String,
    /// Lines that cannot be taken.
    pub wrong: Vec<WrongLine>,
    /// How many can be taken, once the list was checked.
    pub good: usize,
    /// How many need nothing.
    pub settled: usize,
    /// What is wrong with the form.
    pub errors: Vec<Wrong>,
}

/// A line that cannot be taken.
#[derive(Debug, Clone, Serialize)]
pub struct WrongLine {
    /// Its number.
    pub line: i64,
    /// As it stands.
    pub text: String,
    /// What is wrong.
    pub words: String,
}

impl Page for EnrolmentFormPage {
    const TEMPLATE: &'static str = "enrolment_new.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let bodies = vec![Choice::new("vu-phap-luat", "Vụ Pháp luật")];
        let first = EnrolmentFormPage { bodies: bodies.clone(), source: "here".into(), ..Default::default() };
        let wrong = EnrolmentFormPage {
            bodies,
            list: "khong-co\na.nguyen".into(),
            wrong: vec![WrongLine { line: 1, text: "khong-co".into(), words: "Không có người này.".into() }],
            good: 1,
            settled: 3,
            errors: vec![Wrong::sample("list", "Danh sách có dòng sai.")],
            ..Default::default()
        };
        vec![("empty", first), ("with wrong lines", wrong)]
    }
}

/// `GET /certificates/requests/new`
pub async fn form(viewer: Member) -> Result<Response, Failure> {
    let bodies = bodies_to_ask_for(&viewer).await?;
    let Some(first) = bodies.first() else {
        // The policies say in words who may.
        let me = viewer.ctx.person().map(|p| p.id.clone());
        let nowhere = BodyId::new("none").map_err(Problem::fault)?;
        viewer.require("enrolment.requested", &acts::enrolment_resource("new", &nowhere, me.as_ref()))?;
        return Err(Problem::not_found("body", "any").into());
    };
    let until = viewer.state.now().day().plus_months(36).to_string();
    let body = first.value.clone();
    viewer.page(&EnrolmentFormPage { bodies, body, source: "here".into(), until, ..Default::default() }).await
}

/// `POST /certificates/requests/new`
pub async fn ask(mut posted: Posted) -> Result<Response, Failure> {
    let mut take = |name| posted.fields.take(name);
    let (body, letter, source, until) = (take("body"), take("letter"), take("source"), take("until"));
    let (mut list, whole, only_good) = (take("list"), take("whole"), take("only_good"));
    if let Some(file) = posted.fields.file("file") {
        list = String::from_utf8(file.bytes).map_err(|_| Problem::field("file", "field-not-utf8"))?;
    }
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let keys = &viewer.state.services.keys;
    let mut checked = CheckedList::default();
    let asked = async {
        let id = BodyId::new(body.clone()).map_err(|_| Problem::field("body", "field-required"))?;
        let me = viewer.ctx.person().map(|p| p.id.clone());
        viewer.require("enrolment.requested", &acts::enrolment_resource("new", &id, me.as_ref()))?;
        if whole == "yes" {
            list = keys.list_of_body(&id).await?;
        }
        checked = keys.check_list(&id, &list).await?;
        if !checked.wrong.is_empty() && only_good != "yes" {
            return Err(Problem::field("list", "list-has-wrong-lines"));
        }
        let day = Day::parse(&until).map_err(|_| Problem::field("until", "field-not-a-day"))?;
        let people = checked.people.clone();
        let (letter, source) = (letter.clone(), source_of(&source));
        keys.request(&viewer.ctx, &NewEnrolment { body: id, letter, source, until: day.end(), people }).await
    };
    match asked.await {
        Ok(id) => Ok(done(&format!("/certificates/requests/{id}"), "done-enrolment-asked")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            let wrong = checked.wrong.iter().map(|w| WrongLine {
                line: w.line,
                text: w.text.clone(),
                words: viewer.say(w.code, &[("about", &w.about)]),
            });
            let page = EnrolmentFormPage {
                bodies: bodies_to_ask_for(viewer).await?,
                wrong: wrong.collect(),
                good: checked.people.len(),
                settled: checked.settled,
                body,
                letter,
                source,
                until,
                list,
                errors,
            };
            viewer.page_as(status, &page).await
        }
    }
}

/// One request.
#[derive(Debug, Serialize)]
pub struct EnrolmentPage {
    /// Its id.
    pub id: String,
    /// What the list shows of it.
    pub row: RequestRow,
    /// `here` or `elsewhere`.
    pub source: String,
    /// Until when the certificates shall count.
    pub until: Timestamp,
    /// Who asked.
    pub requested_by: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Its people.
    pub people: Vec<PersonLine>,
    /// What the reader may do: `approve`, `identity`, `import`.
    pub may: Vec<&'static str>,
    /// The people whose certificate is to be imported.
    pub open: Vec<Choice>,
    /// What is wrong with the form that was sent.
    pub errors: Vec<Wrong>,
}

/// A person of a request.
#[derive(Debug, Clone, Serialize)]
pub struct PersonLine {
    /// The line of the list.
    pub line: i64,
    /// Who.
    pub person: Link,
    /// When the identity was checked.
    pub checked: Option<Timestamp>,
    /// The certificate.
    pub certificate: Option<String>,
    /// When it was handed over.
    pub delivered: Option<Timestamp>,
    /// When its holder took it into use.
    pub activated: Option<Timestamp>,
}

impl Page for EnrolmentPage {
    const TEMPLATE: &'static str = "enrolment.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let at = Timestamp::from_micros(1_734_600_000_000_000);
        let line = PersonLine {
            line: 1,
            person: Link::new("/people/person-1", "Nguyễn Văn A"),
            checked: Some(at),
            certificate: Some("4f2a9c".into()),
            delivered: None,
            activated: None,
        };
        let page = |source: &str, may| EnrolmentPage {
            id: "enrolment-1".into(),
            row: RequestRow::sample(),
            source: source.into(),
            until: at,
            requested_by: "Trần Thị B".into(),
            reason: None,
            people: vec![line.clone(), PersonLine { line: 2, checked: None, certificate: None, ..line.clone() }],
            may,
            open: vec![Choice::new("person-1", "Nguyễn Văn A")],
            errors: vec![],
        };
        vec![
            ("to be approved", page("here", vec!["approve"])),
            ("to import", page("elsewhere", vec!["identity", "import"])),
        ]
    }
}

async fn enrolment_page(viewer: &Viewer, id: &str, errors: Vec<Wrong>) -> Result<EnrolmentPage, Problem> {
    may_read(viewer)?;
    let services = &viewer.state.services;
    let found = services.keys.enrolment(id).await?.ok_or_else(|| Problem::not_found("enrolment", id))?;
    let people = services.keys.enrolment_rows(id).await?;
    let resource = acts::enrolment_resource(id, &found.body, found.requested_by.as_ref());
    let mut may = Vec::new();
    let open = people.iter().filter(|p| p.checked.is_some() && p.certificate.is_none());
    let open: Vec<Choice> = open.map(|p| Choice::new(p.person.as_str(), &p.name)).collect();
    if found.state == "requested" && viewer.may("enrolment.approved", &resource) {
        may.push("approve");
    }
    let unchecked = people.iter().any(|p| p.checked.is_none());
    if found.state == "approved" && unchecked && viewer.may("enrolment.identity_checked", &resource) {
        may.push("identity");
    }
    if found.source == "elsewhere" && !open.is_empty() && viewer.may("enrolment.identity_checked", &resource) {
        may.push("import");
    }
    let requested_by = match &found.requested_by {
        Some(person) => services.directory.person(person).await?.map_or_else(|| person.to_string(), |p| p.name),
        None => viewer.say("certificate-by-program", &[]),
    };
    Ok(EnrolmentPage {
        id: id.to_owned(),
        row: row(viewer, &found).await?,
        source: found.source.clone(),
        until: found.until,
        requested_by,
        reason: found.reason.clone(),
        people: people
            .into_iter()
            .map(|p| PersonLine {
                line: p.line,
                person: Link::new(format!("/people/{}", p.person), p.name),
                checked: p.checked,
                certificate: p.certificate,
                delivered: p.delivered,
                activated: p.activated,
            })
            .collect(),
        may,
        open,
        errors,
    })
}

/// `GET /certificates/requests/{enrolment}`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    viewer.page(&enrolment_page(&viewer, &id, vec![]).await?).await
}

/// `POST /certificates/requests/{enrolment}/{what}`
pub async fn turn(Path((id, what)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let mut take = |name| posted.fields.take(name);
    let (reason, how, person) = (take("reason"), take("how"), take("person"));
    let (everybody, people) = (take("everybody"), posted.fields.below("p."));
    let file = posted.fields.file("file");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let (keys, ctx) = (&viewer.state.services.keys, &viewer.ctx);
    let turned = match what.as_str() {
        "approve" => keys.approve(ctx, &id).await,
        "refuse" => keys.refuse(ctx, &id, &reason).await,
        "identity" => {
            let chosen = people.iter().filter_map(|(id, _)| PersonId::new(id.clone()).ok());
            let chosen: Vec<PersonId> = match everybody.as_str() {
                "yes" => keys.enrolment_rows(&id).await?.into_iter().map(|r| r.person).collect(),
                _ => chosen.collect(),
            };
            keys.check_identity(ctx, &id, &chosen, &how).await
        }
        "import" => {
            let person = PersonId::new(person).map_err(|_| Problem::field("person", "field-required"));
            match (person, chain(file.map(|f| f.bytes).unwrap_or_default())) {
                (Ok(person), Ok(chain)) => keys.import_for(ctx, &id, &person, &chain).await.map(drop),
                (Err(problem), _) | (_, Err(problem)) => Err(problem),
            }
        }
        _ => return Err(Problem::not_found("page", what).into()),
    };
    match turned {
        Ok(()) => Ok(done(&format!("/certificates/requests/{id}"), "done-enrolment")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &enrolment_page(viewer, &id, errors).await?).await
        }
    }
}

/// Certificates of a file: PEM, or one in DER.
///
/// # Errors
/// [`Problem::Invalid`] `file`.
pub fn chain(bytes: Vec<u8>) -> Result<Vec<Certificate>, Problem> {
    let wrong = || Problem::field("file", "field-not-a-certificate");
    if bytes.len() > 256 * 1024 {
        return Err(Problem::field("file", "field-too-long"));
    }
    let found = match std::str::from_utf8(&bytes) {
        Ok(text) if text.contains("-----BEGIN") => Certificate::from_pem(text).map_err(|_| wrong())?,
        _ => vec![Certificate::parse(&bytes).map_err(|_| wrong())?],
    };
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}
