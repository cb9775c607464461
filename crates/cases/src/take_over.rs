//! Taking over files: many cases of one procedure entered by one person in one change, each with its history so far.
//!
//! For the files of an earlier system, and for measuring with as many cases as an institution gathers in years. Every
//! move is asked of the engine and every act of the policies, as always; only the commit is shared, so either all files
//! of a call are recorded or none.

use crate::{
    Cases,
    change::Moved,
    load::{Loaded, access_of},
};
use journal::Change;
use kernel::{CaseId, Ctx, Grade, Problem};
use procedure::{Command, Event};
use serde_json::{Map, Value};

/// Most files of one call: their acts stand in memory until they are recorded.
pub const MOST_FILES: usize = 500;

/// A file to take over.
#[derive(Debug, Clone)]
pub struct File {
    /// The case's title.
    pub title: String,
    /// The opening form.
    pub fields: Map<String, Value>,
    /// What happened since, in order: `Fill` and `Complete` only, since signatures, numbers and ballots are made on the
    /// day and not taken over, and nothing that changes people or bodies.
    pub moves: Vec<Command>,
}

impl Cases {
    /// Opens a case for each file and carries out its moves, all in one change; answers with the cases in the order of
    /// the files.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for an unknown procedure; `too-many-files`; `move-not-taken-over` for a move of another kind;
    /// what [`Cases::open`] and [`Cases::command`] answer for the first file that is refused.
    pub async fn take_over(&self, ctx: &Ctx, procedure: &str, files: Vec<File>) -> Result<Vec<CaseId>, Problem> {
        if files.len() > MOST_FILES {
            return Err(Problem::refused("too-many-files").arg("most", MOST_FILES));
        }
        let today = self.journal.clock().now().day();
        let procedure = self.newest_catalogue().await?.valid_on(procedure, today).cloned();
        let procedure = procedure.ok_or_else(|| Problem::not_found("procedure", today))?;
        let (mut all, mut cases) = (Change::new(), Vec::with_capacity(files.len()));
        for file in files {
            let id = CaseId::mint(self.journal.clock(), self.journal.entropy());
            let mut loaded = Loaded::unborn(id.clone(), procedure.clone());
            let open = Command::Open { title: file.title, grade: Grade::Open, fields: file.fields };
            let mut left = file.moves.len();
            for command in std::iter::once(open).chain(file.moves) {
                if !matches!(command, Command::Open { .. } | Command::Fill { .. } | Command::Complete { .. }) {
                    return Err(Problem::refused("move-not-taken-over"));
                }
                let events = self.advance(ctx, &loaded, &command).await?;
                if events.iter().any(|event| matches!(event, Event::EffectDeclared(_))) {
                    return Err(Problem::refused("move-not-taken-over"));
                }
                let recorded = i64::try_from(events.len()).map_err(Problem::fault)?;
                let moved = Moved { events, passing: left > 0, ..Moved::default() };
                left = left.saturating_sub(1);
                let (change, state) = self.change(&loaded, moved, None).await?;
                all = all.and(change);
                loaded.version += recorded;
                loaded.access = access_of(&loaded.procedure, &state);
                loaded.state = state;
            }
            cases.push(id);
        }
        self.journal.commit(ctx, all).await?;
        Ok(cases)
    }
}
