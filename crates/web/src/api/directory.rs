//! Bodies, people and positions.

use super::{offset, problem::Closed};
use crate::{pages::people::may_read, trouble::Failure, viewer::Member};
use axum::{
    Json,
    extract::{Path, Query},
};
use directory::{AssignmentView, Body, query::PeopleFilter};
use kernel::{BodyId, PersonId, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A body.
#[derive(Debug, Serialize, ToSchema)]
pub struct BodyBrief {
    /// Its code: `ubtvqh`.
    id: String,
    name: String,
    name_en: String,
    /// `committee`, `department`, …
    kind: String,
    /// The body above it.
    superior: Option<String>,
    /// The first day.
    from: String,
    /// The first day on which it is no more.
    until: Option<String>,
    /// On what ground it was set up.
    basis: String,
    /// The body to which its people and duties passed.
    passed_to: Option<String>,
}

fn brief(body: &Body) -> BodyBrief {
    BodyBrief {
        id: body.id.to_string(),
        name: body.name.clone(),
        name_en: body.name_en.clone(),
        kind: body.kind.code().into(),
        superior: body.superior.as_ref().map(ToString::to_string),
        from: body.from.to_string(),
        until: body.until.map(|d| d.to_string()),
        basis: body.basis.clone(),
        passed_to: body.passed_to.as_ref().map(ToString::to_string),
    }
}

/// A position held.
#[derive(Debug, Serialize, ToSchema)]
pub struct Held {
    person: String,
    person_name: String,
    body: String,
    body_name: String,
    /// The position's code.
    position: String,
    /// What it is called there.
    title: String,
    from: String,
    until: Option<String>,
    full_time: bool,
}

fn held(view: &AssignmentView) -> Held {
    let holding = &view.assignment;
    Held {
        person: holding.person.to_string(),
        person_name: view.person_name.clone(),
        body: holding.body.to_string(),
        body_name: view.body_name.clone(),
        position: holding.position.as_str().into(),
        title: view.title.clone(),
        from: holding.from.to_string(),
        until: holding.until.map(|d| d.to_string()),
        full_time: holding.full_time,
    }
}

/// Bodies that stand today.
#[utoipa::path(get, path = "/api/v1/bodies", tag = "directory", security(("session" = [])),
    responses((status = 200, body = Vec<BodyBrief>), Closed))]
pub async fn bodies(viewer: Member) -> Result<Json<Vec<BodyBrief>>, Failure> {
    may_read(&viewer, "Body", "all")?;
    let bodies = viewer.state.services.directory.bodies(viewer.state.now().day()).await?;
    Ok(Json(bodies.iter().map(brief).collect()))
}

/// A body with the people who hold its positions today.
#[derive(Debug, Serialize, ToSchema)]
pub struct BodyDetail {
    #[serde(flatten)]
    body: BodyBrief,
    people: Vec<Held>,
}

/// A body with its people.
#[utoipa::path(get, path = "/api/v1/bodies/{body}", tag = "directory", params(("body" = String, Path)),
    security(("session" = [])), responses((status = 200, body = BodyDetail), Closed))]
pub async fn body(viewer: Member, Path(body): Path<String>) -> Result<Json<BodyDetail>, Failure> {
    let unknown = || Problem::not_found("body", body.chars().take(64).collect::<String>());
    let id = BodyId::new(body.clone()).map_err(|_| unknown())?;
    may_read(&viewer, "Body", id.as_str())?;
    let directory = &viewer.state.services.directory;
    let found = directory.body(&id).await?.ok_or_else(unknown)?;
    let people = directory.members(&id, viewer.state.now().day()).await?;
    Ok(Json(BodyDetail { body: brief(&found), people: people.iter().map(held).collect() }))
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// Words of the name, with or without marks.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only those who hold a position in this body today.
    body: Option<String>,
    /// How many to leave out.
    from: Option<u32>,
}

/// One page of people, by given name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonList {
    items: Vec<PersonBrief>,
    /// How many there are on all pages of 50.
    total: i64,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonBrief {
    id: String,
    name: String,
    /// Still with the Assembly.
    active: bool,
}

/// People of the Assembly.
#[utoipa::path(get, path = "/api/v1/people", tag = "directory", params(Search), security(("session" = [])),
    responses((status = 200, body = PersonList), Closed))]
pub async fn people(viewer: Member, Query(search): Query<Search>) -> Result<Json<PersonList>, Failure> {
    may_read(&viewer, "Person", "all")?;
    let body = match search.body {
        Some(code) => Some(BodyId::new(code).map_err(|_| Problem::field("body", "field-not-an-id"))?),
        None => None,
    };
    let filter =
        PeopleFilter { search: search.q, body, offset: offset(search.from), limit: 50, ..PeopleFilter::default() };
    let found = viewer.state.services.directory.people(&filter).await?;
    let person =
        |p: &directory::PersonView| PersonBrief { id: p.id.to_string(), name: p.name.clone(), active: p.active };
    Ok(Json(PersonList { items: found.items.iter().map(person).collect(), total: found.total }))
}

/// A person with their positions over time.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonDetail {
    #[serde(flatten)]
    person: PersonBrief,
    /// Positions, latest first.
    positions: Vec<Held>,
}

/// A person.
#[utoipa::path(get, path = "/api/v1/people/{person}", tag = "directory", params(("person" = String, Path)),
    security(("session" = [])), responses((status = 200, body = PersonDetail), Closed))]
pub async fn person(viewer: Member, Path(person): Path<String>) -> Result<Json<PersonDetail>, Failure> {
    let unknown = || Problem::not_found("person", person.chars().take(64).collect::<String>());
    let id = PersonId::new(person.clone()).map_err(|_| unknown())?;
    may_read(&viewer, "Person", id.as_str())?;
    let directory = &viewer.state.services.directory;
    let found = directory.person(&id).await?.ok_or_else(unknown)?;
    let positions = directory.history_of(&id).await?;
    let person = PersonBrief { id: found.id.to_string(), name: found.name, active: found.active };
    Ok(Json(PersonDetail { person, positions: positions.iter().map(held).collect() }))
}
