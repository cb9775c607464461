//! Packages that others bring, over ways that are not asked for what waits.

use crate::MessageType;
use crate::office::incoming::arrival_id;
use crate::office::{Office, read};
use crate::transport::{Pieces, Waiting};
use kernel::Problem;

/// What became of a package that was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// It is here, under this id; also when it was brought before.
    Here(String),
    /// It cannot be taken and is kept in quarantine: why, in words.
    Aside(Vec<String>),
    /// It broke off on its way; nothing is kept.
    Broken(String),
}

impl Office {
    /// Takes a package that is brought: kept, read and recorded before this returns, once for each `package`, which is what
    /// the way calls this message. `speaks_for` are the bodies for which whoever brings it may speak.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn brought(
        &self,
        way: &'static str,
        package: &str,
        speaks_for: Vec<String>,
        pieces: Pieces,
    ) -> Result<Brought, Problem> {
        let id = arrival_id(way, package);
        let kept = match self.taken_before(&id, package).await? {
            Some(kept) => kept,
            None => {
                let waiting = Waiting {
                    package: package.to_owned(),
                    message: MessageType::Edoc,
                    from: speaks_for.first().cloned().unwrap_or_default(),
                    to: Vec::new(),
                    doubt: None,
                    speaks_for: Some(speaks_for),
                };
                match self.keep_coming(pieces, true).await? {
                    Ok(fetched) => self.record(way, &id, &waiting, fetched).await?,
                    Err(trouble) => return Ok(Brought::Broken(trouble.to_string())),
                }
            }
        };
        if kept {
            return Ok(Brought::Here(id));
        }
        let row = self.arrival_row(&id).await?;
        Ok(Brought::Aside(read::json(&row, "oddities")?))
    }
}
