//! Cases without end, for measuring: what a journal of many acts costs its readers.

use super::desk::Desk;
use crate::wire::House;
use anyhow::Context;
use cases::{Done, File, MOST_FILES};
use directory::Position;
use futures::future::try_join_all;
use kernel::{BodyId, CaseId, Ctx, Grade, Problem};
use procedure::Command;
use serde_json::{Map, json};
use std::time::Instant;
use tokio::task::{JoinError, JoinSet};

/// Cases opened side by side, so that writers are batched as they are under load.
const AT_ONCE: usize = 64;
/// Cases between two lines of progress.
const REPORT: usize = 2048;

/// Opens cases under one of the procedures until the journal holds this many acts.
///
/// # Errors
/// When a case cannot be opened.
pub async fn until(house: &House, acts: i64, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    let expert = Desk::new(house).holder(Position::EXPERT, "vu-phap-luat").await?;
    let mut opened = 0usize;
    while house.journal.position().await? < acts {
        let batch = (0..AT_ONCE).map(|place| {
            let title = format!("Hồ sơ đo tải {:06}", opened + place + 1);
            let expert = &expert;
            async move { house.cases.open(expert, "programme", &title, Grade::Open, form(&title), "").await }
        });
        try_join_all(batch).await?;
        opened += AT_ONCE;
        if opened.is_multiple_of(REPORT) {
            say(&format!("{opened} cases, {} acts", house.journal.position().await?));
        }
    }
    say(&format!("{opened} cases opened"));
    Ok(())
}

/// The procedure of the crowd: a task is given, carried out, and found to be done.
const TASK: &str = "assigned-task";
/// Units whose people the open tasks wait for.
const UNITS: [&str; 8] = [
    "vu-phap-luat",
    "vu-chuyen-doi-so",
    "vu-to-chuc-can-bo",
    "vu-tong-hop",
    "vu-thu-ky",
    "vu-thong-tin",
    "vu-doi-ngoai",
    "vu-ke-hoach-tai-chinh",
];
/// Files between two lines of progress.
const FILES_REPORT: usize = 50_000;
/// Days over which the tasks of the crowd fall due, from twelve days ago on: one in ten is late.
const DUE_DAYS: usize = 120;

/// Adds tasks given to units of the Office: so many that are open, and so many that were done.
///
/// # Errors
/// When a file is refused or the storage does not answer.
pub async fn crowd(house: &House, open: usize, closed: usize, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    let head = Desk::new(house).holder(Position::HEAD, "vpqh").await?;
    let today = house.journal.clock().now().day();
    let mut entered = 0;
    while entered < open + closed {
        let until = (entered + MOST_FILES).min(open + closed);
        let file = |place: usize| {
            let is_open = place < open;
            let due = today.plus_days(i64::try_from(place * 7 % DUE_DAYS).unwrap_or(0) - 12);
            // A task that the Office gives to itself is in the same hands from beginning to end.
            let unit = if is_open { UNITS[place % UNITS.len()] } else { "vpqh" };
            let title = format!("Nhiệm vụ {place:07}");
            let fields = json!({ "unit": unit, "subject": title, "due": due.to_string() });
            let mut moves = vec![complete("assign", None)];
            if !is_open {
                moves.extend([complete("carry-out", Some("report")), complete("assess", None)]);
            }
            File { title, fields: fields.as_object().cloned().unwrap_or_default(), moves }
        };
        house.cases.take_over(&head, TASK, (entered..until).map(file).collect()).await?;
        if until / FILES_REPORT > entered / FILES_REPORT {
            say(&format!("{until} of {} files", open + closed));
        }
        entered = until;
    }
    Ok(())
}

/// Moves open tasks of the crowd one step on, each by a change of its own, as many side by side as there are people at
/// work; answers with the steps of a second.
///
/// # Errors
/// When there are fewer open tasks than steps, or one is refused.
pub async fn advance(house: &House, steps: usize, at_once: usize) -> anyhow::Result<f64> {
    let waiting = waiting(house, steps).await?;
    let begun = Instant::now();
    let mut under_way = JoinSet::new();
    for (expert, id, version) in waiting {
        if under_way.len() >= at_once {
            ended(under_way.join_next().await)?;
        }
        let cases = house.cases.clone();
        under_way.spawn(async move {
            cases.command(&expert, &id, version, complete("carry-out", Some("report")), "").await
        });
    }
    while !under_way.is_empty() {
        ended(under_way.join_next().await)?;
    }
    Ok(steps as f64 / begun.elapsed().as_secs_f64())
}

fn ended(done: Option<Result<Result<Done, Problem>, JoinError>>) -> anyhow::Result<()> {
    match done {
        Some(done) => done?.map(|_| ()).context("a task of the crowd did not move"),
        None => Ok(()),
    }
}

/// So many open tasks of the crowd, as evenly from all its units as may be, each with an expert who does it and the version
/// of the case that the expert's page showed.
async fn waiting(house: &House, steps: usize) -> anyhow::Result<Vec<(Ctx, CaseId, i64)>> {
    let desk = Desk::new(house);
    let mut found = Vec::with_capacity(steps);
    for (place, unit) in UNITS.iter().enumerate() {
        let expert = desk.holder(Position::EXPERT, unit).await?;
        let seat = Position::known(Position::EXPERT).at(&BodyId::new(*unit)?);
        let share = (steps - found.len()) / (UNITS.len() - place);
        let sql = "SELECT t.case_id, c.version FROM task t JOIN case_file c ON c.case_id = t.case_id \
                   WHERE t.seat = $1 AND t.step = $2 ORDER BY t.case_id LIMIT $3";
        let wanted = [seat.into(), "carry-out".into(), i64::try_from(share)?.into()];
        for row in &house.journal.reader().rows(sql, &wanted).await? {
            found.push((expert.clone(), CaseId::new(row.text("case_id")?)?, row.int("version")?));
        }
    }
    anyhow::ensure!(found.len() == steps, "only {} open tasks wait", found.len());
    Ok(found)
}

fn complete(step: &str, outcome: Option<&str>) -> Command {
    Command::Complete { step: step.to_owned(), fields: Map::new(), outcome: outcome.map(str::to_owned) }
}

fn form(title: &str) -> Map<String, serde_json::Value> {
    let target = json!({"code": "do-tai", "name": "Chỉ tiêu đo tải", "name_en": "Load target",
        "measure": "procedures-that-run", "target": 100, "by": "2030-12-31"});
    Map::from_iter([
        ("unit".to_owned(), json!("vu-phap-luat")),
        ("subject".to_owned(), json!(title)),
        ("consulted".to_owned(), json!([])),
        ("targets".to_owned(), json!([target])),
    ])
}
