//! One arrival: who sent it, what, whether its signatures hold, what is to be done now, and what was done.

use super::arrival_page::{ArrivalPage, Compared, FileRow, Related, TypedAct};
use super::{day_words, kind_of, standing, standing_of, state_words, urgency};
use crate::{
    form::encoded,
    pages::{
        case::Fact,
        document::inline,
        verification::{SealedBand, bands},
    },
    show,
    trouble::Failure,
    view::{Choice, Link, Told, Wrong},
    viewer::{Member, Viewer},
};
use axum::{
    body::Bytes,
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
};
use directory::{BodyKind, model::Names};
use edxml::package::day;
use exchange::{ArrivalLine, ArrivalView, Deed, DeedKind, DispatchState, Enclosure, ParcelLine};
use kernel::Problem;
use serde::Deserialize;

/// Largest PDF whose signatures are checked while the page is made; what is larger is judged as it was on arrival.
const CHECKED: i64 = 20 << 20;
/// Most files whose signatures are checked on one page.
const MOST_CHECKED: usize = 5;

/// `GET /incoming/{arrival}`
pub async fn show(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    viewer.page(&page(&viewer, &id, TypedAct::default(), vec![]).await?).await
}

/// The page of an arrival, with what was typed into one of its forms.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn page(viewer: &Viewer, id: &str, typed: TypedAct, errors: Vec<Wrong>) -> Result<ArrivalPage, Problem> {
    let office = &viewer.state.services.office;
    let view = office.arrival(&viewer.ctx, id).await?;
    let line = &view.line;
    let case = case_of(viewer, line).await?;
    let open = case.as_ref().is_some_and(|case| case.open);
    let directs = case.as_ref().is_none_or(|case| case.directs);
    let act = act_of(&view, open, directs);
    let names = show::names(viewer, view.deeds.iter().map(|deed| deed.actor.as_str())).await?;
    Ok(ArrivalPage {
        id: line.id.clone(),
        version: line.version,
        subject: if line.subject.is_empty() { line.number.clone() } else { line.subject.clone() },
        kind: kind_of(&line.kind),
        state: standing_of(line),
        urgency: urgency(line.priority),
        number: line.number.clone(),
        registered: registered(viewer, line),
        from: line.from.name.clone(),
        from_code: line.from.code.clone(),
        at: line.at,
        refuses: view.may.contains(&DeedKind::Refuse) && !open,
        waits: if act.is_empty() { waits(viewer, line) } else { String::new() },
        wanted: day(&line.due).map(|day| day.to_string()),
        units: if act == "direct" { units(viewer).await? } else { vec![] },
        reason: view.reason.clone(),
        compared: compared(viewer, &view).await?,
        files: files(viewer, &view).await?,
        envelope: view.envelope != "none",
        odd: view.oddities.clone(),
        links: links(viewer, &view).await?,
        story: story(viewer, &view, &names),
        facts: facts(viewer, &view),
        case: case.map(|case| case.link),
        raw: office.may_view(&viewer.ctx).then(|| format!("/incoming/{id}/package")),
        act,
        typed,
        errors,
    })
}

/// The case of an arrival.
struct CaseOf {
    link: Link,
    open: bool,
    /// It waits for a direction, which the reader may give.
    directs: bool,
}

/// The case of an arrival; one that the reader may not see is not named.
async fn case_of(viewer: &Viewer, line: &ArrivalLine) -> Result<Option<CaseOf>, Problem> {
    let Some(case) = &line.case else { return Ok(None) };
    match viewer.state.services.cases.case(&viewer.ctx, case).await {
        Ok(view) => {
            let open = view.state.status == procedure::Status::Open;
            let completes = view.possible.iter().any(|one| one.action == procedure::tasks::Action::Complete);
            // Where the case was directed already, only the arrival is behind.
            let directs = if view.state.step == "direct" { completes } else { view.state.step != "register" };
            Ok(Some(CaseOf { link: Link::new(format!("/cases/{case}"), &view.state.title), open, directs }))
        }
        Err(Problem::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The one act of the moment. While its case is open, an arrival moves with the case.
fn act_of(view: &ArrivalView, open: bool, directs: bool) -> &'static str {
    let may = |deed| view.may.contains(&deed);
    match () {
        () if may(DeedKind::Register) => "register",
        () if may(DeedKind::Answer) => "decide",
        () if may(DeedKind::OpenCase) => "open-case",
        () if may(DeedKind::Assign) && view.line.state == "registered" && directs => "direct",
        () if may(DeedKind::Complete) && !open && view.line.state != "registered" => "complete",
        () => "",
    }
}

/// Whom an arrival waits for.
fn waits(viewer: &Viewer, line: &ArrivalLine) -> String {
    let unit = line.unit_name.clone().unwrap_or_default();
    match standing_of(line) {
        "arrived" => viewer.say("arrival-waits-register", &[]),
        "registered" => viewer.say("arrival-waits-direct", &[]),
        "proposed" => viewer.say("arrival-waits-decide", &[]),
        "assigned" | "in-process" if !unit.is_empty() => viewer.say("arrival-waits-unit", &[("unit", &unit)]),
        _ => viewer.say("arrival-is-over", &[]),
    }
}

fn registered(viewer: &Viewer, line: &ArrivalLine) -> String {
    let Some(number) = &line.register_text else { return String::new() };
    let date = line.register_date.as_deref().and_then(|date| kernel::Day::parse(date).ok());
    let date = date.map_or_else(String::new, kernel::Day::short);
    viewer.say("arrival-registered-as", &[("number", number), ("day", &date)])
}

/// The units that an arrival can be directed to: departments and bureaus, committees and the Council.
async fn units(viewer: &Viewer) -> Result<Vec<Choice>, Problem> {
    let today = viewer.state.now().day();
    let tree = viewer.state.services.directory.body_tree(today).await?;
    let mut units = Vec::new();
    let mut left: Vec<_> = tree.iter().rev().collect();
    while let Some(node) = left.pop() {
        let kind = node.body.kind;
        if matches!(kind, BodyKind::Department | BodyKind::Bureau | BodyKind::Committee | BodyKind::Council) {
            units.push(Choice::new(node.body.id.as_str(), node.body.name_in(viewer.lang().code())));
        }
        left.extend(node.below.iter().rev());
    }
    Ok(units)
}

/// What a proposal would change of the document that is kept; the parts that it leaves alone say nothing.
async fn compared(viewer: &Viewer, view: &ArrivalView) -> Result<Option<Vec<Compared>>, Problem> {
    if view.line.kind == "new" {
        return Ok(None);
    }
    let Some(target) = &view.line.target else { return Ok(Some(vec![])) };
    let kept = viewer.state.services.office.arrival(&viewer.ctx, target).await?;
    if view.line.kind == "withdraw" {
        let label = viewer.say("axis-state", &[]);
        let (was, becomes) = (state_words(viewer, standing_of(&kept.line)), viewer.say("axis-kind-withdraw", &[]));
        return Ok(Some(vec![Compared { label, was, becomes }]));
    }
    let files =
        |view: &ArrivalView| view.enclosures.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join("; ");
    let (old, new) = (&kept.line, &view.line);
    let pairs = [
        ("axis-number", old.number.clone(), new.number.clone()),
        ("axis-date", day_words(&old.date), day_words(&new.date)),
        ("axis-type", old.type_name.clone(), new.type_name.clone()),
        ("axis-subject", old.subject.clone(), new.subject.clone()),
        ("axis-signer", kept.signer.clone(), view.signer.clone()),
        ("axis-due", day_words(&old.due), day_words(&new.due)),
        ("arrival-papers", files(&kept), files(view)),
    ];
    Ok(Some(differing(viewer, pairs)))
}

fn differing(viewer: &Viewer, pairs: impl IntoIterator<Item = (&'static str, String, String)>) -> Vec<Compared> {
    let changed = pairs.into_iter().filter(|(_, was, becomes)| !becomes.is_empty() && was != becomes);
    changed.map(|(key, was, becomes)| Compared { label: viewer.say(key, &[]), was, becomes }).collect()
}

/// The files with their signatures, as far as they can be checked while a page is made.
async fn files(viewer: &Viewer, view: &ArrivalView) -> Result<Vec<FileRow>, Problem> {
    let mut rows = Vec::new();
    for (place, file) in view.enclosures.iter().enumerate() {
        let checked = file.media_type == "application/pdf" && file.length <= CHECKED && place < MOST_CHECKED;
        let signatures = if checked { check(viewer, &view.line.id, place).await? } else { vec![] };
        rows.push(FileRow {
            name: file.name.clone(),
            media: file.media_type.clone(),
            size: file.length,
            href: format!("/incoming/{}/files/{place}", view.line.id),
            opens: opens(&file.media_type),
            checked,
            found: if checked { String::new() } else { found(viewer, file) },
            signatures,
        });
    }
    Ok(rows)
}

async fn check(viewer: &Viewer, id: &str, place: usize) -> Result<Vec<SealedBand>, Problem> {
    let services = &viewer.state.services;
    let place = i64::try_from(place).map_err(Problem::fault)?;
    let (_, _, bytes) = services.office.enclosure(&viewer.ctx, id, place).await?;
    let verified = services.records.verify_file(bytes).await?;
    Ok(bands(viewer, &verified.signatures))
}

/// What was found about a file's signatures on arrival, with who signed.
fn found(viewer: &Viewer, file: &Enclosure) -> String {
    let known = ["valid", "invalid", "undecided", "unreadable"].into_iter().find(|known| *known == file.signature);
    let words = viewer.say(&format!("arrival-signature-{}", known.unwrap_or("none")), &[]);
    if file.signers.is_empty() { words } else { format!("{words}: {}", file.signers.join("; ")) }
}

fn opens(media: &str) -> bool {
    media == "application/pdf" || matches!(media, "image/png" | "image/jpeg")
}

/// What belongs to the arrival: what it answers or speaks of, the same again, proposals about it.
async fn links(viewer: &Viewer, view: &ArrivalView) -> Result<Vec<Related>, Problem> {
    let office = &viewer.state.services.office;
    let of = |relation, line: &ArrivalLine| Related {
        relation,
        href: format!("/incoming/{}", line.id),
        words: [line.register_text.clone().unwrap_or_default(), line.number.clone(), line.subject.clone()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        state: standing_of(line),
    };
    let relation = if view.line.kind == "new" { "answers" } else { "about" };
    let mut links = Vec::new();
    for answered in view.answers.iter().filter(|answered| answered.arrival.is_none() || view.line.target.is_none()) {
        let known = answered.dispatch.as_ref().filter(|_| office.may_view(&viewer.ctx));
        links.push(Related {
            relation,
            href: known.map(|dispatch| format!("/outgoing/{dispatch}")).unwrap_or_default(),
            words: [&answered.number, &answered.identity]
                .into_iter()
                .find(|w| !w.is_empty())
                .cloned()
                .unwrap_or_default(),
            state: "",
        });
    }
    for (relation, other) in [("about", &view.line.target), ("duplicate", &view.line.duplicate_of)] {
        if let Some(other) = other {
            links.push(of(relation, &office.arrival(&viewer.ctx, other).await?.line));
        }
    }
    links.extend(view.duplicates.iter().map(|line| of("duplicate", line)));
    links.extend(view.proposals.iter().map(|line| of("proposal", line)));
    Ok(links)
}

/// What happened, latest first: deeds, and what the sender was told of them.
fn story(viewer: &Viewer, view: &ArrivalView, names: &Names) -> Vec<Told> {
    let came = Told { at: Some(view.line.at), what: viewer.say("arrival-told-arrived", &[]), ..Told::default() };
    let mut story = vec![(view.line.at, 0, Told { who: view.line.from.name.clone(), ..came })];
    story.extend(view.deeds.iter().map(|deed| (deed.at, 1, told(viewer, view, deed, names))));
    story.extend(view.statuses.iter().map(|parcel| (parcel.at, 2, answered(viewer, parcel))));
    story.sort_by_key(|(at, place, _)| (*at, *place));
    story.into_iter().rev().map(|(.., told)| told).collect()
}

fn told(viewer: &Viewer, view: &ArrivalView, deed: &Deed, names: &Names) -> Told {
    let line = &view.line;
    let who = match show::name_of(names, &deed.actor) {
        name if name.is_empty() => viewer.say("timeline-program", &[]),
        name => name,
    };
    let unit = deed.text.split(". ").next().unwrap_or_default();
    let number = line.register_text.clone().unwrap_or_default();
    let (key, args, quote): (&str, Vec<(&str, &str)>, &str) = match deed.deed.as_str() {
        "registered" => {
            ("arrival-told-registered", vec![("number", &number)], deed.text.strip_prefix(&number).unwrap_or_default())
        }
        "assigned" => ("arrival-told-assigned", vec![("unit", unit)], deed.text.strip_prefix(unit).unwrap_or_default()),
        "taken_up" => ("arrival-told-in-process", vec![], &deed.text),
        "completed" => ("arrival-told-completed", vec![], &deed.text),
        "refused" => ("arrival-told-refused", vec![], &deed.text),
        "answered" if line.state == "declined" => ("arrival-told-declined", vec![], &deed.text),
        "answered" => ("arrival-told-agreed", vec![], &deed.text),
        _ => ("arrival-told-case", vec![], ""),
    };
    let link =
        (deed.deed == "case_linked").then(|| Link::new(format!("/cases/{}", deed.text), viewer.say("case", &[])));
    let quote = quote.trim_start_matches(['.', ' ']).to_owned();
    Told { at: Some(deed.at), who, what: viewer.say(key, &args), quote, link, act: None }
}

/// What the sender was told, and whether it has gone out.
fn answered(viewer: &Viewer, parcel: &ParcelLine) -> Told {
    let code = parcel.status.as_deref().unwrap_or_default();
    let state = format!("{code} {}", state_words(viewer, standing(code)));
    let how = match parcel.state {
        DispatchState::Sent => viewer.say("arrival-answer-sent", &[]),
        DispatchState::Stopped => {
            let (n, why) = (parcel.attempts.to_string(), parcel.why.clone().unwrap_or_default());
            viewer.say("arrival-answer-stopped", &[("n", &n), ("why", &why)])
        }
        DispatchState::Waiting | DispatchState::Cancelled => viewer.say("arrival-answer-waiting", &[]),
    };
    let what = viewer.say("arrival-told-answer", &[("state", &state)]);
    Told { at: Some(parcel.at), what: format!("{what} ({how})"), ..Told::default() }
}

fn facts(viewer: &Viewer, view: &ArrivalView) -> Vec<Fact> {
    let line = &view.line;
    let due = line.unit_due.as_deref().and_then(|due| kernel::Day::parse(due).ok()).map(kernel::Day::short);
    let all = [
        ("axis-type", line.type_name.clone()),
        ("axis-number", line.number.clone()),
        ("axis-date", day_words(&line.date)),
        ("axis-signer", view.signer.clone()),
        ("axis-due", day_words(&line.due)),
        ("arrivals-unit", line.unit_name.clone().unwrap_or_default()),
        ("arrival-direct-due", due.unwrap_or_default()),
        ("axis-document-id", view.identity.clone()),
    ];
    let told = all.into_iter().filter(|(_, value)| !value.is_empty());
    told.map(|(key, value)| Fact::new(viewer.say(key, &[]), value)).collect()
}

/// How a file is fetched.
#[derive(Debug, Deserialize)]
pub struct How {
    save: Option<String>,
}

/// `GET /incoming/{arrival}/files/{place}`: a file that came. Only a PDF or an image is shown in place.
pub async fn file(
    viewer: Member,
    Path((id, place)): Path<(String, i64)>,
    Query(how): Query<How>,
) -> Result<Response, Failure> {
    let (name, media, bytes) = viewer.state.services.office.enclosure(&viewer.ctx, &id, place).await?;
    match opens(&media) && how.save.is_none() {
        true => Ok(inline(&media, &name, bytes)),
        false => Ok(download(&name, bytes)),
    }
}

/// `GET /incoming/{arrival}/package`: the package as it came, also one that is held back.
pub async fn package(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let bytes = viewer.state.services.office.arrival_package(&viewer.ctx, &id).await?;
    Ok(download(&format!("{id}.edxml"), bytes))
}

/// A file to keep: whatever it is, no browser runs it.
pub fn download(name: &str, bytes: Bytes) -> Response {
    let disposition = format!("attachment; filename*=UTF-8''{}", encoded(name));
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}
