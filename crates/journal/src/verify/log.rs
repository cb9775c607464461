//! The Merkle log against the acts: stored nodes, signed heads.

use super::Check;
use crate::{
    merkle::{self, Frontier, SignedTreeHead},
    projection::Value,
    reader::Row,
    seal::{BAND, read_head},
};
use kernel::{Digest, Problem};
use std::collections::{BTreeMap, VecDeque};

/// Heads read at once.
const HEADS: i64 = 500;

/// The log as it follows from the acts so far.
pub(super) struct LogCheck {
    frontier: Frontier,
    /// A gap in the acts: nothing more can be computed.
    broken: bool,
    /// Nodes made on this page: level and place.
    made: BTreeMap<(u32, u64), Digest>,
    /// Signed heads ahead, in order of size; at most a page of them.
    heads: VecDeque<SignedTreeHead>,
    /// The size behind which heads were not read yet; `None` when all are.
    read_from: Option<i64>,
    /// The size of the newest head: only nodes below it must be stored.
    sealed: u64,
}

impl LogCheck {
    pub async fn begin(check: &mut Check<'_>) -> Result<LogCheck, Problem> {
        let sealed = match check
            .live
            .row("SELECT CAST(COALESCE(MAX(size), 0) AS BIGINT) AS sealed FROM tree_heads", &[])
            .await
        {
            Ok(row) => row.map_or(Ok(0), |row| row.int("sealed"))?,
            Err(failure) => {
                check.unread("table tree_heads".to_owned(), failure)?;
                0
            }
        };
        Ok(LogCheck {
            frontier: Frontier::default(),
            broken: false,
            made: BTreeMap::new(),
            heads: VecDeque::new(),
            read_from: Some(i64::MIN),
            sealed: u64::try_from(sealed).unwrap_or(0),
        })
    }

    /// Acts are missing: the log ends here.
    pub fn lost(&mut self) {
        self.broken = true;
    }

    /// The next act's hash.
    pub async fn push(&mut self, check: &mut Check<'_>, act: Option<Digest>) -> Result<(), Problem> {
        let Some(act) = act else {
            self.broken = true;
            return Ok(());
        };
        if self.broken {
            return Ok(());
        }
        let made = &mut self.made;
        self.frontier.push(merkle::leaf(&act), |level, place, hash| {
            if level > 0 && level.is_multiple_of(BAND) {
                made.insert((level, place), *hash);
            }
        });
        loop {
            self.read_heads(check).await?;
            match self.heads.front() {
                Some(head) if head.head.size <= self.frontier.size() => {}
                _ => return Ok(()),
            }
            if let Some(head) = self.heads.pop_front() {
                self.head(check, &head);
            }
        }
    }

    async fn read_heads(&mut self, check: &mut Check<'_>) -> Result<(), Problem> {
        let Some(from) = self.read_from.filter(|_| self.heads.is_empty()) else { return Ok(()) };
        let sql = "SELECT size, root, at, key_id, signature FROM tree_heads WHERE size > $1 ORDER BY size LIMIT $2";
        let rows = match check.live.rows(sql, &[from.into(), Value::Int(HEADS)]).await {
            Ok(rows) => rows,
            Err(failure) => {
                check.unread("table tree_heads".to_owned(), failure)?;
                Vec::new()
            }
        };
        self.read_from = rows.last().map(|row| row.int("size")).transpose()?;
        for row in &rows {
            match read_head(row) {
                Ok(head) => self.heads.push_back(head),
                Err(why) => check.finding(format!("tree head {}", row.int("size")?), format!("was changed: {why}")),
            }
        }
        Ok(())
    }

    fn head(&self, check: &mut Check<'_>, head: &SignedTreeHead) {
        check.summary.heads += 1;
        let place = || format!("tree head {}", head.head.size);
        match check.inner.tree_key.known(&head.key_id) {
            None => check.finding(place(), format!("names a key that is not known: {}", head.key_id)),
            Some(key) => {
                if let Err(why) = head.check(&key) {
                    check.finding(place(), why.to_string());
                }
            }
        }
        if head.head.size != self.frontier.size() || head.head.root != self.frontier.root() {
            check.finding(place(), "its root is not that of the acts: an act that it covers, or the head, was changed");
        }
    }

    /// Compares the nodes made on this page with those stored.
    pub async fn page(&mut self, check: &mut Check<'_>) -> Result<(), Problem> {
        let made = std::mem::take(&mut self.made);
        let due: BTreeMap<_, _> =
            made.into_iter().filter(|((level, place), _)| (place + 1) << level <= self.sealed).collect();
        let levels: std::collections::BTreeSet<u32> = due.keys().map(|(level, _)| *level).collect();
        for level in levels {
            let of_level: BTreeMap<i64, &Digest> =
                due.iter().filter(|((l, _), _)| *l == level).map(|((_, place), hash)| (signed(*place), hash)).collect();
            let (Some((first, _)), Some((last, _))) = (of_level.first_key_value(), of_level.last_key_value()) else {
                continue;
            };
            let sql =
                "SELECT place, hash FROM tree_nodes WHERE level = $1 AND place >= $2 AND place <= $3 ORDER BY place";
            let stored = match check.live.rows(sql, &[level.into(), (*first).into(), (*last).into()]).await {
                Ok(rows) => rows,
                Err(failure) => {
                    check.unread(format!("table tree_nodes, level {level}, places {first} to {last}"), failure)?;
                    continue;
                }
            };
            for (place, hash) in of_level {
                let found = stored.iter().find(|row| row.int("place").is_ok_and(|at| at == place));
                let name = format!("table tree_nodes, key {level} {place}");
                match found.map(|row| row.text("hash")).transpose()? {
                    None => check.finding(name, "missing"),
                    Some(text) if text != hash.to_string() => check.finding(name, "column hash was changed"),
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// What is stored beyond the acts.
    pub async fn end(mut self, check: &mut Check<'_>, acts: i64) -> Result<(), Problem> {
        self.read_heads(check).await?;
        while let Some(head) = self.heads.pop_front() {
            let (size, place) = (head.head.size, format!("tree head {}", head.head.size));
            if signed(size) > acts {
                check.finding(place, format!("covers {size} acts, but the journal has {acts}"));
            } else {
                check.finding(place, "could not be checked because acts are missing or do not read");
            }
            self.read_heads(check).await?;
        }
        let (mut level, mut largest) = (BAND, Vec::new());
        while level < 63 && self.sealed >> level > 0 {
            largest.push((level, signed(self.sealed >> level)));
            level += BAND;
        }
        for row in strangers(check, &largest).await? {
            check.finding(
                format!("table tree_nodes, key {} {}", row.int("level")?, row.int("place")?),
                "belongs to no sealed act",
            );
        }
        Ok(())
    }
}

/// Nodes that no sealed log has.
async fn strangers(check: &mut Check<'_>, levels: &[(u32, i64)]) -> Result<Vec<Row>, Problem> {
    let mut sql = "SELECT level, place FROM tree_nodes WHERE NOT (1 = 0".to_owned();
    for (level, end) in levels {
        sql.push_str(&format!(" OR (level = {level} AND place >= 0 AND place < {end})"));
    }
    sql.push_str(") ORDER BY level, place LIMIT 1000");
    match check.live.rows(sql, &[]).await {
        Ok(rows) => Ok(rows),
        Err(failure) => {
            check.unread("table tree_nodes".to_owned(), failure)?;
            Ok(Vec::new())
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
