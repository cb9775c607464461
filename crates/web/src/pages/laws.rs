//! Laws as they stand, stood or will stand on a day: outline, text with links, the history of each unit. Public.

use crate::{render::Page, trouble::Failure, viewer::Viewer};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::{Day, Problem};
use records::laws::Laws;
use serde::{Deserialize, Serialize};
use statute::page::{LawPage as Text, Link};
use std::collections::BTreeMap;

/// The list of laws.
#[derive(Debug, Serialize)]
pub struct LawsPage {
    /// The laws, by number.
    pub laws: Vec<LawRow>,
    /// They are the program's samples, which are no laws.
    pub sample: bool,
}

/// A law in the list.
#[derive(Debug, Clone, Serialize)]
pub struct LawRow {
    /// Its page.
    pub href: String,
    /// Its name.
    pub name: String,
    /// The day of issue.
    pub issued: Option<Day>,
    /// From which day it holds.
    pub in_force: Option<Day>,
    /// How many laws amend it.
    pub amended_by: usize,
}

impl Page for LawsPage {
    const TEMPLATE: &'static str = "laws.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let row = LawRow {
            href: "/laws/901-2034-qh18".into(),
            name: "Luật Thư viện hạt giống số 901/2034/QH18".into(),
            issued: Day::new(2034, 6, 5),
            in_force: Day::new(2035, 1, 1),
            amended_by: 2,
        };
        vec![("some", LawsPage { laws: vec![row], sample: true }), ("none", LawsPage { laws: vec![], sample: false })]
    }
}

/// A law on a day.
#[derive(Debug, Serialize)]
pub struct LawPage {
    /// Its address, without the day.
    pub place: String,
    /// The law on the day.
    pub law: Text,
    /// It does not hold yet on that day.
    pub before: bool,
    /// Pages of other laws that its text names, by number.
    pub others: BTreeMap<String, String>,
    /// It is one of the program's samples, which are no laws.
    pub sample: bool,
}

impl Page for LawPage {
    const TEMPLATE: &'static str = "law.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let laws = Laws::load(None).expect("the samples are built in");
        let page = |year| {
            let day = Day::new(year, 8, 1).expect("a day of every year");
            LawPage {
                place: "/laws/901-2034-qh18".into(),
                law: laws.page("901-2034-qh18", day).expect("the sample is there"),
                before: year < 2035,
                others: BTreeMap::new(),
                sample: true,
            }
        };
        vec![("before it holds", page(2034)), ("as issued", page(2035)), ("amended twice", page(2040))]
    }
}

/// `GET /laws`
pub async fn list(viewer: Viewer) -> Result<Response, Failure> {
    let laws = &viewer.state.services.laws;
    let row = |line: records::laws::LawLine| LawRow {
        href: format!("/laws/{}", line.code),
        name: line.name,
        issued: line.issued,
        in_force: line.in_force,
        amended_by: line.amended_by,
    };
    viewer.page(&LawsPage { laws: laws.list().into_iter().map(row).collect(), sample: laws.is_sample() }).await
}

/// On which day.
#[derive(Debug, Deserialize)]
pub struct On {
    at: Option<String>,
}

/// `GET /laws/{law}?at=2026-01-31`
pub async fn show(viewer: Viewer, Path(code): Path<String>, Query(on): Query<On>) -> Result<Response, Failure> {
    let day = match on.at.as_deref().map(str::trim).filter(|at| !at.is_empty()) {
        Some(at) => Day::parse(at).map_err(|_| Problem::field("at", "field-not-a-day"))?,
        None => viewer.state.now().day(),
    };
    let laws = viewer.state.services.laws.clone();
    // A whole code is folded several times: some milliseconds that must not hold up other readers.
    let found = {
        let code = code.clone();
        tokio::task::spawn_blocking(move || laws.page(&code, day)).await.map_err(Problem::fault)?
    };
    let law = found.ok_or_else(|| Problem::not_found("law", &code))?;
    let laws = &viewer.state.services.laws;
    let page = LawPage {
        place: format!("/laws/{code}"),
        before: law.in_force.is_some_and(|from| day < from),
        others: others(laws, &law),
        sample: laws.is_sample(),
        law,
    };
    viewer.page(&page).await
}

/// The pages of the other laws that a text names and that make it what it is.
fn others(laws: &Laws, law: &Text) -> BTreeMap<String, String> {
    let cited = law.paragraphs.iter().flat_map(|p| &p.pieces).filter_map(|piece| match &piece.link {
        Some(Link::Document { number, .. }) => Some(number),
        _ => None,
    });
    let numbers = cited.chain(law.documents.iter().map(|document| &document.number));
    numbers.filter_map(|number| Some((number.clone(), format!("/laws/{}", laws.code(number)?)))).collect()
}
