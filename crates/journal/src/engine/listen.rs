//! Hearing of acts that other servers recorded.
//!
//! PostgreSQL carries the word from server to server (`NOTIFY` in the transaction, so that nobody hears of what was
//! undone). On SQLite there is one server only.

use super::Kind;
use sqlx::postgres::PgListener;
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle};

/// The channel's name, as in [`Kind::move_head`].
const CHANNEL: &str = "dienhong_acts";
/// The pause before listening again after the line was cut.
const PAUSE: Duration = Duration::from_secs(5);

/// Listens for as long as it is kept.
pub(crate) struct Ear(JoinHandle<()>);

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens for other servers' acts and notes the highest position.
pub(crate) fn listen(kind: Kind, url: &str, position: watch::Sender<i64>) -> Option<Ear> {
    if kind == Kind::Sqlite {
        return None;
    }
    let url = url.to_owned();
    Some(Ear(tokio::spawn(async move {
        loop {
            if let Err(why) = hear(&url, &position).await {
                tracing::debug!(%why, "the line to the other servers was cut; listening again soon");
            }
            tokio::time::sleep(PAUSE).await;
        }
    })))
}

async fn hear(url: &str, position: &watch::Sender<i64>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let told = listener.recv().await?;
        if let Ok(told) = told.payload().parse::<i64>() {
            note(position, told);
        }
    }
}

/// Positions only grow.
pub(crate) fn note(position: &watch::Sender<i64>, told: i64) {
    position.send_if_modified(|seen| {
        let grown = told > *seen;
        *seen = told.max(*seen);
        grown
    });
}
