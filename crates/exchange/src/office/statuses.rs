//! Statuses that go back for an arrival: written, kept, queued in the change of the deed that they tell of.

use crate::office::acts::Queued;
use crate::office::sending::job;
use crate::office::{Office, compose, desk::Subject};
use edxml::package::{Header, Package, ResponseFor, Staff, Status, StatusCode, Wrap};
use journal::{Change, Expected};
use kernel::{ActDraft, Ctx, Problem, StreamId};

/// A status package to be queued.
pub(crate) struct Telling {
    pub code: StatusCode,
    pub description: String,
}

impl Office {
    /// Adds to a change the statuses that go back for an arrival, in their order.
    ///
    /// # Errors
    /// [`Problem::Invalid`] with the rules of the axis that a description breaks.
    pub(crate) async fn tell(
        &self,
        ctx: &Ctx,
        of: &Subject,
        tellings: Vec<Telling>,
        mut change: Change,
    ) -> Result<Change, Problem> {
        let base = self.now();
        // Each of our bodies that was written to answers for itself.
        let from = if of.to.is_empty() { vec![self.settings.organ.code.clone()] } else { of.to.clone() };
        let mut packages = Vec::new();
        for from in from {
            for telling in &tellings {
                let package = self.status_package(ctx, of, &from, telling, base);
                packages.push((from.clone(), telling.code, package));
            }
        }
        // Parcels of one change stand at one instant: their ids keep the order of the deeds.
        let mut ids: Vec<String> = packages.iter().map(|_| self.mint("parcel")).collect();
        ids.sort_unstable();
        for (id, (from, code, package)) in ids.into_iter().zip(packages) {
            let (blob, length) = compose::keep(&self.journal, package, self.now().day(), Wrap::Raw, Vec::new()).await?;
            let body = Queued {
                message: "status".into(),
                transport: of.transport.clone(),
                from,
                to: vec![of.sender.clone()],
                identity: of.identity.clone(),
                status: Some(code),
                dispatch: None,
                arrival: Some(of.id.clone()),
                blob,
                length,
            };
            let draft = ActDraft::new(Office::resource(&id, of.unit.as_deref()), &body).with_blob(blob);
            change = change
                .on_by_program(super::DUTY, StreamId::new("parcel", &id), Expected::New)
                .act(draft)
                .job(job(&id, 0, None));
        }
        Ok(change)
    }

    fn status_package(&self, ctx: &Ctx, of: &Subject, from: &str, telling: &Telling, at: kernel::Timestamp) -> Package {
        let status = Status {
            from: compose::party(from, &self.settings.organ.name),
            response_for: ResponseFor {
                organ_id: of.sender.clone(),
                code: cut(&of.number, 42),
                document_id: of.identity.clone(),
                date: edxml::package::day(&of.date).map(edxml::package::day_text).unwrap_or_default(),
            },
            staff: staff(ctx, &self.settings.organ.name),
            code: telling.code.code().into(),
            description: telling.description.clone(),
            timestamp: crate::inbox::time_text(at),
        };
        Package { header: Header::Status(status.into()), ..Package::default() }
    }
}

/// Who handled it here; the program itself has no name of its own.
fn staff(ctx: &Ctx, house: &str) -> Staff {
    let name = ctx.person().map(|person| cut(&person.name, 50)).unwrap_or_default();
    Staff { department: cut(house, 200), name, ..Staff::default() }
}

/// The beginning of a text, as long as the axis takes it.
pub(crate) fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
