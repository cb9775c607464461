//! Sending an issued document: the recipients are chosen, then exactly what will go out is shown, then it goes.

use super::day_words;
use crate::{
    form::Posted,
    pages::{case::Fact, document::document_id},
    render::Page,
    trouble::Failure,
    view::{Choice, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use edxml::package::Kind;
use exchange::{DispatchFilter, NewDispatch};
use kernel::{Day, Grade, Problem};
use records::Document;
use serde::Serialize;

/// Bodies that a search shows.
const FOUND: u32 = 30;
/// Most recipients of one dispatch.
const MOST_CHOSEN: usize = 500;
/// Most recipients printed on a paper that are looked up.
const MOST_PLACES: usize = 60;

/// Sending a document: choosing the recipients, or looking before it goes.
#[derive(Debug, Serialize)]
pub struct SendPage {
    /// The document.
    pub document: String,
    /// The version that is shown.
    pub version: i64,
    /// Its number.
    pub number: String,
    /// Its subject.
    pub subject: String,
    /// Bodies that it was sent to already.
    pub already: Vec<String>,
    /// The recipients that were chosen.
    pub chosen: Vec<Choice>,
    /// The ways by which it can go, when there are several.
    pub ways: Vec<Choice>,
    /// The way as chosen.
    pub way: String,
    /// Groups to choose at once: the code, and how many bodies.
    pub groups: Vec<Choice>,
    /// Recipients printed on the paper that the way does not reach.
    pub missing: Vec<String>,
    /// What was looked for.
    pub q: String,
    /// What was found; none before something was looked for.
    pub found: Option<Vec<Choice>>,
    /// There is more than is shown.
    pub more: bool,
    /// Until when an answer is wanted, as typed.
    pub due: String,
    /// Urgencies to choose from.
    pub urgencies: Vec<Choice>,
    /// The urgency as chosen.
    pub urgency: String,
    /// What will be sent, at the second step.
    pub review: Option<Review>,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// Exactly what will be sent.
#[derive(Debug, Serialize)]
pub struct Review {
    /// Particulars as they stand in the package.
    pub facts: Vec<Fact>,
    /// The files.
    pub files: Vec<SentFile>,
    /// Why it cannot go out, in sentences.
    pub wrong: Vec<String>,
}

/// A file that goes along.
#[derive(Debug, Serialize)]
pub struct SentFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Where it can be read.
    pub href: String,
}

impl Page for SendPage {
    const TEMPLATE: &'static str = "send.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let choosing = || SendPage {
            document: "document-1".into(),
            version: 9,
            number: "1344/NQ-UBTVQH15".into(),
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            already: vec!["Bộ Nội vụ".into()],
            chosen: vec![Choice::new("G15", "Bộ Tư pháp")],
            ways: vec![Choice::new("axis", "Trục liên thông văn bản quốc gia"), Choice::new("xroad", "X-Road")],
            way: "axis".into(),
            groups: vec![Choice::new("places", "3"), Choice::new("last", "12")],
            missing: vec!["Như Điều 2".into()],
            q: "bo".into(),
            found: Some(vec![Choice::new("G12", "Bộ Tài chính"), Choice::new("G09", "Bộ Nội vụ")]),
            more: true,
            due: "2025-01-10".into(),
            urgencies: vec![Choice::new("0", "Thường"), Choice::new("1", "Khẩn")],
            urgency: "0".into(),
            review: None,
            errors: vec![],
        };
        let review = |wrong| Review {
            facts: vec![Fact::new("Số, ký hiệu", "1344/NQ-UBTVQH15"), Fact::new("Người ký", "Đại biểu 001")],
            files: vec![SentFile {
                name: "1344-NQ-UBTVQH15.pdf".into(),
                size: 182_000,
                href: "/documents/document-1/paper.pdf".into(),
            }],
            wrong,
        };
        let empty = SendPage {
            already: vec![],
            chosen: vec![],
            ways: vec![],
            groups: vec![],
            missing: vec![],
            found: Some(vec![]),
            errors: vec![Wrong::sample("q", "Chọn ít nhất một nơi nhận.")],
            ..choosing()
        };
        vec![
            ("choosing", choosing()),
            ("nothing chosen", empty),
            ("review", SendPage { review: Some(review(vec![])), ..choosing() }),
            ("cannot be sent", SendPage { review: Some(review(vec!["Trích yếu quá dài.".into()])), ..choosing() }),
        ]
    }
}

/// The form as it was sent.
#[derive(Debug, Clone, Default)]
struct Draft {
    /// Identifiers of the recipients.
    to: Vec<String>,
    /// What was looked for.
    q: String,
    /// Until when an answer is wanted.
    due: String,
    /// The urgency.
    urgency: String,
    /// By which way; nothing: by the usual one.
    way: String,
}

impl Draft {
    /// Takes the form apart; what was pressed comes beside.
    fn read(posted: &mut Posted) -> Result<(Draft, String), Problem> {
        let fields = &mut posted.fields;
        let mut draft =
            Draft { q: fields.take("q"), due: fields.take("due"), urgency: fields.take("urgency"), ..Draft::default() };
        // Offices with one way have no such field.
        draft.way = fields.take("way");
        let act = fields.take("do");
        let chosen = fields.below("to.");
        let added = fields.below("add.");
        fields.finish()?;
        for (_, code) in chosen.into_iter().chain(added) {
            draft.add(code);
        }
        Ok((draft, act))
    }
    fn add(&mut self, code: String) {
        if !code.is_empty() && !self.to.contains(&code) && self.to.len() < MOST_CHOSEN {
            self.to.push(code);
        }
    }
    /// The way that was chosen, else the usual one.
    fn way(&self, viewer: &Viewer) -> &'static str {
        let ways = viewer.state.services.office.ways();
        ways.iter().find(|way| **way == self.way).or(ways.first()).copied().unwrap_or_default()
    }
    fn dispatch(&self, document: &Document) -> Result<NewDispatch, Problem> {
        let due = match self.due.trim() {
            "" => None,
            typed => Some(Day::parse(typed).map_err(|_| Problem::field("due", "field-not-a-day"))?),
        };
        Ok(NewDispatch {
            document: document.id.clone(),
            kind: Kind::New,
            earlier: None,
            to: self.to.clone(),
            transport: self.way.clone(),
            reason: String::new(),
            due,
            priority: self.urgency.parse().ok().filter(|n| (0..=4).contains(n)).unwrap_or(0),
        })
    }
}

/// `GET /documents/{document}/send`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let document = sendable(&viewer, &id).await?;
    viewer.page(&choosing(&viewer, &document, Draft::default(), false, vec![]).await?).await
}

/// The document, when it can go out and the reader may send it.
async fn sendable(viewer: &Viewer, id: &str) -> Result<Document, Problem> {
    let services = &viewer.state.services;
    let document = services.records.document(&viewer.ctx, &document_id(id)?).await?;
    if !services.office.may_dispatch(&viewer.ctx) {
        return Err(Problem::Forbidden { act: "dispatch.prepared".into(), resource: "Exchange:all".into() });
    }
    if document.grade != Grade::Open {
        return Err(Problem::refused("dispatch-secret-never"));
    }
    match services.office.can_dispatch(&document) {
        true => Ok(document),
        false => Err(Problem::refused("dispatch-not-issued").arg("title", &document.title)),
    }
}

/// `POST /documents/{document}/send`: one form for both steps; `do` says what was pressed.
pub async fn go_on(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (mut draft, act) = Draft::read(&mut posted)?;
    let viewer = &posted.viewer;
    let document = sendable(viewer, &id).await?;
    if let Some(code) = act.strip_prefix("remove-") {
        draft.to.retain(|known| known != code);
    } else if let Some(group) = act.strip_prefix("group-") {
        let (groups, _) = groups(viewer, &document, draft.way(viewer)).await?;
        let codes = groups.into_iter().find(|(known, _)| *known == group).map(|(_, codes)| codes).unwrap_or_default();
        codes.into_iter().for_each(|code| draft.add(code));
    }
    if act == "review" || act == "send" {
        let came = if act == "review" {
            review(viewer, &document, &draft).await.map(Came::Shown)
        } else if posted.version != document.version {
            let (expected, found) = (posted.version, document.version);
            Err(Problem::Conflict { stream: format!("document:{id}"), expected, found })
        } else {
            send(viewer, &document, &draft).await.map(Came::Sent)
        };
        return match came {
            Ok(Came::Sent(dispatch)) => Ok(done(&format!("/outgoing/{dispatch}"), "done-dispatched")),
            Ok(Came::Shown(page)) => viewer.page(&*page).await,
            Err(problem) => {
                let again = async |errors| choosing(viewer, &document, draft, false, errors).await;
                posted.again(problem, &format!("/documents/{id}"), vec![], again).await
            }
        };
    }
    viewer.page(&choosing(viewer, &document, draft, act == "search", vec![]).await?).await
}

/// What a step has come to.
enum Came {
    Shown(Box<SendPage>),
    Sent(String),
}

async fn send(viewer: &Viewer, document: &Document, draft: &Draft) -> Result<String, Problem> {
    viewer.state.services.office.dispatch(&viewer.ctx, draft.dispatch(document)?).await
}

/// Groups of recipients that can be chosen at once: the code with its identifiers, and the names that the axis does not
/// know.
async fn groups(
    viewer: &Viewer,
    document: &Document,
    way: &str,
) -> Result<(Vec<(&'static str, Vec<String>)>, Vec<String>), Problem> {
    let services = &viewer.state.services;
    let printed = match services.records.content(&viewer.ctx, &document.id, None).await {
        Ok(content) => content.recipients,
        Err(Problem::Refused { .. }) => vec![],
        Err(other) => return Err(other),
    };
    let (mut places, mut missing) = (Vec::new(), Vec::new());
    for name in printed.into_iter().take(MOST_PLACES) {
        match services.office.recipient_of(way, &name).await? {
            Some(organ) => places.push(organ.code),
            None => missing.push(name),
        }
    }
    let mut groups = vec![("places", places), ("last", last(viewer, document).await?)];
    groups.retain(|(_, codes)| !codes.is_empty());
    Ok((groups, missing))
}

/// The ways to choose from; none where there is one.
fn ways(viewer: &Viewer) -> Vec<Choice> {
    let ways = viewer.state.services.office.ways();
    let words = |way: &&'static str| Choice::new(*way, viewer.say(&format!("dispatch-way-{way}"), &[]));
    if ways.len() > 1 { ways.iter().map(words).collect() } else { vec![] }
}

/// To whom the last document of the same register went.
async fn last(viewer: &Viewer, document: &Document) -> Result<Vec<String>, Problem> {
    let office = &viewer.state.services.office;
    let notation =
        document.number.as_ref().and_then(|number| number.text.split_once('/')).map(|(_, notation)| notation);
    let Some(notation) = notation else { return Ok(vec![]) };
    let filter = DispatchFilter { query: notation.to_owned(), limit: 20, ..DispatchFilter::default() };
    let found = office.dispatches(&viewer.ctx, &filter).await?.items;
    let fits = |line: &&exchange::DispatchLine| line.kind == "new" && line.document != document.id;
    let Some(line) = found.iter().find(fits) else { return Ok(vec![]) };
    let view = office.dispatch_view(&viewer.ctx, &line.id).await?;
    Ok(view.recipients.into_iter().map(|recipient| recipient.code).collect())
}

/// The first step: who is chosen, and what was found.
async fn choosing(
    viewer: &Viewer,
    document: &Document,
    draft: Draft,
    search: bool,
    errors: Vec<Wrong>,
) -> Result<SendPage, Problem> {
    let office = &viewer.state.services.office;
    let way = draft.way(viewer);
    let (groups, missing) = groups(viewer, document, way).await?;
    let mut already = Vec::new();
    for line in office.dispatches_of(&viewer.ctx, &document.id).await?.iter().filter(|line| line.kind == "new") {
        let view = office.dispatch_view(&viewer.ctx, &line.id).await?;
        already.extend(view.recipients.into_iter().map(|recipient| recipient.name));
    }
    let (mut found, mut more) = (None, false);
    if search {
        let mut all = office.agencies(&viewer.ctx, draft.q.trim(), None, FOUND + 1).await?;
        all.retain(|agency| agency.transport == way && !agency.gone);
        more = all.len() > FOUND as usize;
        all.truncate(FOUND as usize);
        let fresh = all.iter().filter(|agency| !draft.to.contains(&agency.code));
        found = Some(fresh.map(|agency| Choice::new(&agency.code, &agency.name)).collect());
    }
    let organs = office.organs(way, &draft.to).await?;
    Ok(SendPage {
        document: document.id.to_string(),
        version: document.version,
        number: document.number.as_ref().map(|number| number.text.clone()).unwrap_or_default(),
        subject: document.title.clone(),
        already,
        chosen: organs.iter().map(|organ| Choice::new(&organ.code, &organ.name)).collect(),
        groups: groups.iter().map(|(code, to)| Choice::new(*code, to.len().to_string())).collect(),
        ways: ways(viewer),
        way: way.to_owned(),
        missing,
        q: draft.q,
        found,
        more,
        due: draft.due,
        urgencies: (0..5).map(|n| Choice::new(n.to_string(), viewer.say(&format!("axis-urgency-{n}"), &[]))).collect(),
        urgency: draft.urgency,
        review: None,
        errors,
    })
}

/// The second step: exactly what will go out.
async fn review(viewer: &Viewer, document: &Document, draft: &Draft) -> Result<Box<SendPage>, Problem> {
    if draft.to.is_empty() {
        return Err(Problem::field("q", "send-nobody"));
    }
    let services = &viewer.state.services;
    let preview = services.office.preview(&viewer.ctx, &draft.dispatch(document)?).await?;
    let size = services.journal.get_blob(&preview.pdf).await?.len();
    let header = &preview.document;
    let signer = [header.signer.competence.as_str(), &header.signer.position, &header.signer.full_name];
    let all = [
        ("axis-sender", format!("{} ({})", header.from.name, header.from.organ_id)),
        ("axis-type", header.document_type.name.clone()),
        ("axis-number", header.code_text()),
        ("axis-date", day_words(&header.promulgation.date)),
        ("axis-subject", header.subject.clone()),
        ("axis-signer", signer.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")),
        ("axis-urgency", viewer.say(&format!("axis-urgency-{}", header.other.priority), &[])),
        ("axis-due", day_words(&header.due_date)),
        ("axis-places", header.places.join("; ")),
        ("axis-document-id", header.document_id.clone()),
        ("dispatch-way", viewer.say_if(&format!("dispatch-way-{}", draft.way(viewer))).unwrap_or_default()),
    ];
    let told = all.into_iter().filter(|(_, value)| !value.is_empty());
    let href = format!("/documents/{}/paper.pdf", document.id);
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let shown = Review {
        facts: told.map(|(key, value)| Fact::new(viewer.say(key, &[]), value)).collect(),
        files: preview.files.into_iter().map(|name| SentFile { name, size, href: href.clone() }).collect(),
        wrong: preview.wrong,
    };
    let page = choosing(viewer, document, draft.clone(), false, vec![]).await?;
    Ok(Box::new(SendPage { review: Some(shown), ..page }))
}
