//! The table of calendars that have a secret address.

use super::read;
use crate::acts::{FeedClosed, FeedOpened};
use journal::{Column, Index, Projection, Rows, Table};
use kernel::{Act, ActBody, Problem};

/// One row for each person whose calendar has an address.
pub const CALENDAR_FEED: Table = Table {
    name: "calendar_feed",
    columns: &[Column::text("person"), Column::text("token"), Column::int("since")],
    key: &["person"],
    indexes: &[Index { columns: &["token"] }],
};

/// Table `calendar_feed`.
pub struct Feeds;

impl Projection for Feeds {
    fn name(&self) -> &'static str {
        "directory-feeds"
    }
    fn tables(&self) -> &'static [Table] {
        &[CALENDAR_FEED]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match act.kind.as_str() {
            FeedOpened::KIND => {
                let opened: FeedOpened = read(act)?;
                let row = [("person", opened.person.into()), ("token", opened.token.into()), ("since", act.at.into())];
                rows.put(&CALENDAR_FEED, row);
            }
            FeedClosed::KIND => {
                let closed: FeedClosed = read(act)?;
                rows.delete(&CALENDAR_FEED, [closed.person.into()]);
            }
            _ => {}
        }
        Ok(())
    }
}
