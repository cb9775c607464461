//! Handing work over for a time: what the person handed to others, what others handed to them, and a form for more.

use crate::{
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::{Choice, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use directory::{Delegation, NewDelegation, delegations};
use kernel::{BodyId, Day, FieldProblem, PersonId, Problem};
use procedure::model::Work;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The delegations of a person.
#[derive(Debug, Serialize)]
pub struct DelegationsPage {
    /// What was handed over and received, the newest first.
    pub rows: Vec<DelegationRow>,
    /// Seats whose work the person can hand over.
    pub seats: Vec<Choice>,
    /// To whom.
    pub people: Vec<Choice>,
    /// Kinds of work; the hint is the ground.
    pub kinds: Vec<Kind>,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A kind of work to choose.
#[derive(Debug, Serialize)]
pub struct Kind {
    /// Its code.
    pub code: String,
    /// In words.
    pub words: String,
    /// On what ground.
    pub basis: String,
    /// The ground was read in the source.
    pub verified: bool,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// What was typed into the form.
#[derive(Debug, Default, Serialize)]
pub struct Typed {
    /// The seat.
    pub seat: String,
    /// To whom.
    pub to: String,
    /// The first day.
    pub first: String,
    /// The last day.
    pub last: String,
    /// Fields of work.
    pub fields: Vec<String>,
    /// May be handed on.
    pub onward: bool,
    /// Why.
    pub reason: String,
}

/// One delegation.
#[derive(Debug, Serialize)]
pub struct DelegationRow {
    /// Which.
    pub id: String,
    /// Whether the person gave it.
    pub given: bool,
    /// Who gave.
    pub giver: String,
    /// Who received.
    pub to: String,
    /// The seat, in words.
    pub seat: String,
    /// Kinds and fields of work, in words.
    pub what: Vec<String>,
    /// From day to day.
    pub first: String,
    /// The last day.
    pub last: String,
    /// `now`, `later`, `over`, `revoked`.
    pub state: &'static str,
    /// May be handed on.
    pub onward: bool,
    /// Why.
    pub reason: String,
    /// On what ground, as stored with it.
    pub basis: Vec<String>,
    /// Whether the person can end it.
    pub ends: bool,
}

impl Page for DelegationsPage {
    const TEMPLATE: &'static str = "delegations.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |given: bool, state: &'static str| DelegationRow {
            id: "delegation-1".into(),
            given,
            giver: "Nguyễn Văn A".into(),
            to: "Trần Thị B".into(),
            seat: "Vụ trưởng, Vụ Pháp luật".into(),
            what: vec!["Xử lý hồ sơ".into(), "Xây dựng pháp luật".into()],
            first: "2026-11-24".into(),
            last: "2026-11-30".into(),
            state,
            onward: false,
            reason: "Đi công tác".into(),
            basis: vec!["Xử lý hồ sơ: Bộ luật Dân sự, Điều 562".into()],
            ends: state == "now",
        };
        let kinds = || {
            let kind = |k: &delegations::WorkKind| Kind {
                code: k.code.clone(),
                words: k.vi.clone(),
                basis: k.basis.clone(),
                verified: k.verified,
                chosen: k.code == "work",
            };
            delegations::kinds().iter().map(kind).collect()
        };
        let page = |rows: Vec<DelegationRow>, errors: Vec<Wrong>| DelegationsPage {
            rows,
            seats: vec![Choice::new("head@vu-phap-luat", "Vụ trưởng, Vụ Pháp luật")],
            people: vec![Choice::new("person-2", "Trần Thị B"), Choice::new("person-3", "Lê Văn C")],
            kinds: kinds(),
            typed: Typed::default(),
            errors,
        };
        let none = DelegationsPage { seats: vec![], ..page(vec![], vec![]) };
        vec![
            ("some", page(vec![row(true, "now"), row(false, "later"), row(true, "revoked")], vec![])),
            ("wrong", page(vec![], vec![Wrong::sample("last", "Ngày cuối phải từ ngày đầu trở đi.")])),
            ("nothing to hand over", none),
        ]
    }
}

/// `GET /delegations`
pub async fn show(viewer: Member) -> Result<Response, Failure> {
    let today = viewer.state.now().day();
    let typed = Typed { first: today.to_string(), last: today.plus_days(7).to_string(), ..Typed::default() };
    viewer.page(&page(&viewer, typed, &BTreeSet::new(), vec![]).await?).await
}

async fn page(
    viewer: &Viewer,
    typed: Typed,
    chosen: &BTreeSet<String>,
    errors: Vec<Wrong>,
) -> Result<DelegationsPage, Problem> {
    let person = viewer.ctx.person().ok_or_else(|| Problem::fault("a page of nobody"))?;
    let (directory, lang, today) = (&viewer.state.services.directory, viewer.lang(), viewer.state.now().day());
    let onward = person.handed.iter().filter(|handed| handed.onward).map(|handed| &handed.seat);
    let (mut seats, mut people) = (Vec::new(), BTreeMap::new());
    for seat in person.positions.iter().chain(onward) {
        seats.push(Choice::new(seat, seat_words(viewer, seat).await?));
        let Some(Ok(body)) = seat.split_once('@').map(|(_, body)| BodyId::new(body)) else { continue };
        for member in directory.members(&body, today).await? {
            people.insert(member.person_name.clone(), member.assignment.person.to_string());
        }
    }
    people.retain(|_, id| id != person.id.as_str());
    let mut rows = Vec::new();
    for delegation in directory.delegations_of(&person.id).await? {
        rows.push(row(viewer, &delegation, &person.id, today).await?);
    }
    let kind = |kind: &delegations::WorkKind| Kind {
        code: kind.code.clone(),
        words: lang.pick(&kind.vi, &kind.en).to_owned(),
        basis: kind.basis.clone(),
        verified: kind.verified,
        chosen: chosen.contains(&kind.code),
    };
    Ok(DelegationsPage {
        rows,
        seats,
        people: people.into_iter().map(|(name, id)| Choice::new(id, name)).collect(),
        kinds: delegations::kinds().iter().map(kind).collect(),
        typed,
        errors,
    })
}

async fn seat_words(viewer: &Viewer, seat: &str) -> Result<String, Problem> {
    let title = viewer.state.services.directory.title_of(seat).await?;
    Ok(title.map_or_else(|| seat.to_owned(), |(vi, en)| viewer.lang().pick(&vi, &en).to_owned()))
}

async fn row(viewer: &Viewer, found: &Delegation, me: &PersonId, today: Day) -> Result<DelegationRow, Problem> {
    let lang = viewer.lang();
    let kinds = delegations::kinds().iter().filter(|kind| found.kinds.contains(&kind.code));
    let mut what: Vec<String> = kinds.map(|kind| lang.pick(&kind.vi, &kind.en).to_owned()).collect();
    what.extend(found.fields.iter().map(|field| viewer.say(&format!("field-{field}"), &[])));
    let state = match () {
        () if found.revoked.is_some() => "revoked",
        () if found.last < today => "over",
        () if found.first > today => "later",
        () => "now",
    };
    Ok(DelegationRow {
        id: found.id.clone(),
        given: found.giver == *me,
        giver: found.giver_name.clone(),
        to: found.to_name.clone(),
        seat: seat_words(viewer, &found.seat).await?,
        what,
        first: found.first.to_string(),
        last: found.last.to_string(),
        state,
        onward: found.onward,
        reason: found.reason.clone(),
        basis: found.basis.lines().map(str::to_owned).collect(),
        ends: matches!(state, "now" | "later") && (found.giver == *me || found.to == *me),
    })
}

/// `POST /delegations`
pub async fn grant(mut posted: Posted) -> Result<Response, Failure> {
    let kinds: BTreeSet<String> = posted.fields.below("kind.").into_iter().map(|(code, _)| code).collect();
    let fields: BTreeSet<String> = posted.fields.below("field.").into_iter().map(|(code, _)| code).collect();
    let typed = Typed {
        seat: posted.fields.take("seat"),
        to: posted.fields.take("to"),
        first: posted.fields.take("first"),
        last: posted.fields.take("last"),
        onward: posted.fields.take("onward") == "yes",
        reason: posted.fields.take("reason"),
        fields: fields.iter().cloned().collect(),
    };
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let problem = match read(&typed, &kinds, fields) {
        Ok(new) => match viewer.state.services.directory.delegate(&viewer.ctx, new).await {
            Ok(_) => return Ok(done("/delegations", "done-delegated")),
            Err(problem) => problem,
        },
        Err(problem) => problem,
    };
    let status = trouble::status(&problem);
    let errors = viewer.wrong(problem)?;
    viewer.page_as(status, &page(viewer, typed, &kinds, errors).await?).await
}

fn read(typed: &Typed, kinds: &BTreeSet<String>, fields: BTreeSet<String>) -> Result<NewDelegation, Problem> {
    let mut wrong = Vec::new();
    let day = |name: &str, text: &str, wrong: &mut Vec<FieldProblem>| {
        let day = Day::parse(text).ok();
        if day.is_none() {
            wrong.push(FieldProblem::new(name, "field-not-a-day"));
        }
        day
    };
    let (first, last) = (day("first", &typed.first, &mut wrong), day("last", &typed.last, &mut wrong));
    let to = PersonId::new(typed.to.clone()).ok();
    if to.is_none() {
        wrong.push(FieldProblem::new("to", "field-required"));
    }
    if !fields.iter().all(|field| Work::ALL.iter().any(|work| work.code() == field)) {
        wrong.push(FieldProblem::new("fields", "field-unknown"));
    }
    match (first, last, to, wrong.is_empty()) {
        (Some(first), Some(last), Some(to), true) => Ok(NewDelegation {
            seat: typed.seat.clone(),
            to,
            first,
            last,
            kinds: kinds.clone(),
            fields,
            onward: typed.onward,
            reason: typed.reason.clone(),
        }),
        _ => Err(Problem::Invalid(wrong)),
    }
}

/// `POST /delegations/{delegation}/end`
pub async fn end(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    posted.viewer.state.services.directory.revoke_delegation(&posted.viewer.ctx, &id).await?;
    Ok(done("/delegations", "done-delegation-ended"))
}
