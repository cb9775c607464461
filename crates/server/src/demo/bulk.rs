//! Cases without end, for measuring: what a journal of many acts costs its readers.

use super::desk::Desk;
use crate::wire::House;
use directory::Position;
use futures::future::try_join_all;
use kernel::Grade;
use serde_json::{Map, json};

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
