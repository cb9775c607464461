//! Figures by agency and week, from running counts.

use crate::office::{Office, WeekLine, tables};
use kernel::{Ctx, Day, Problem};
use std::collections::{BTreeMap, HashMap};

impl Office {
    /// What passed with each agency in each week between two days, newest week first, then by name.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for who may not see the correspondence.
    pub async fn figures(&self, ctx: &Ctx, from: Day, until: Day) -> Result<Vec<WeekLine>, Problem> {
        self.look(ctx, "figures", "all", None)?;
        let reader = self.journal.reader();
        let span = [tables::week(from).into(), until.into()];
        let mut lines: BTreeMap<(String, String), WeekLine> = BTreeMap::new();
        let sql = "SELECT * FROM exchange_week_out WHERE week >= $1 AND week <= $2 LIMIT 100000";
        for row in &reader.rows(sql, &span).await? {
            let key = (row.text("week")?.to_owned(), row.text("code")?.to_owned());
            let line = lines.entry(key).or_default();
            line.sent = row.int("sent")?;
            line.arrived = row.int("arrived")?;
            line.refused = row.int("refused")?;
            line.registered = row.int("registered")?;
            line.completed = row.int("completed")?;
        }
        let sql = "SELECT * FROM exchange_week_in WHERE week >= $1 AND week <= $2 LIMIT 100000";
        for row in &reader.rows(sql, &span).await? {
            let key = (row.text("week")?.to_owned(), row.text("code")?.to_owned());
            let line = lines.entry(key).or_default();
            line.received = row.int("received")?;
            line.refused_here = row.int("refused")?;
            line.registered_here = row.int("registered")?;
            line.completed_here = row.int("completed")?;
            line.quarantined = row.int("quarantined")?;
        }
        let names = self.names().await?;
        let mut figures: Vec<WeekLine> = lines
            .into_iter()
            .map(|((week, code), line)| {
                let name = names.get(&code).cloned().unwrap_or_default();
                WeekLine { week, code, name, ..line }
            })
            .collect();
        figures.sort_by(|a, b| b.week.cmp(&a.week).then_with(|| (&a.name, &a.code).cmp(&(&b.name, &b.code))));
        Ok(figures)
    }

    /// Names of all bodies of the directories, by identifier.
    async fn names(&self) -> Result<HashMap<String, String>, Problem> {
        let rows = self.journal.reader().rows("SELECT code, name FROM correspondent LIMIT 200000", &[]).await?;
        rows.iter().map(|row| Ok((row.text("code")?.to_owned(), row.text("name")?.to_owned()))).collect()
    }
}
