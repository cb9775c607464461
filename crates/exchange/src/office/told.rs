//! Statuses that come in: noted at the dispatch that they speak of, or taken as the withdrawal that they ask for.

use crate::office::acts::{Organ, Received, StaffLine, StatusReceived};
use crate::office::{Office, read};
use crate::transport::Waiting;
use edxml::package::{Kind, ResponseFor, Status, StatusCode};
use journal::{Change, Expected};
use kernel::{ActDraft, Digest, Problem, StreamId};

impl Office {
    /// The sender asks for a document back by a status (13): a withdrawal as any other.
    pub(super) async fn take_back(
        &self,
        way: &str,
        id: &str,
        waiting: &Waiting,
        (blob, length): (Digest, i64),
        status: &Status,
    ) -> Result<bool, Problem> {
        let sender = status.from.organ_id.clone();
        let about = ResponseFor { organ_id: sender.clone(), ..status.response_for.clone() };
        let Some(target) = self.arrival_of(&sender, &about).await? else { return Ok(false) };
        let row = self.arrival_row(&target).await?;
        let body = Received {
            transport: way.to_owned(),
            package: waiting.package.clone(),
            kind: Kind::Withdraw,
            from: Organ { code: sender, name: status.from.name.clone() },
            to: waiting.to.clone(),
            identity: about.document_id.clone(),
            number: about.code.clone(),
            date: about.date.clone(),
            type_name: String::new(),
            subject: read::arrival(&row)?.subject,
            signer: status.staff.name.clone(),
            priority: 0,
            due: String::new(),
            reason: status.description.clone(),
            answers: Vec::new(),
            target: Some(target),
            duplicate_of: None,
            enclosures: Vec::new(),
            envelope: "none".into(),
            oddities: Vec::new(),
            blob,
            length,
        };
        self.arrive(id, body).await.map(|()| true)
    }

    /// Notes a status at the dispatch that it speaks of; gives whether there is one.
    pub(super) async fn status(&self, waiting: &Waiting, blob: Digest, status: &Status) -> Result<bool, Problem> {
        let from = &status.from.organ_id;
        for _ in 0..8 {
            let Some(id) = self.dispatch_of(from, &status.response_for).await? else { return Ok(false) };
            let line = self.dispatch_line(&id).await?;
            let recipients = self.recipients(&id).await?;
            let Some(recipient) = recipients.into_iter().find(|r| r.code == *from) else { return Ok(false) };
            let known = "SELECT place FROM dispatch_status WHERE dispatch = $1 AND package = $2";
            let known = self.journal.reader().row(known, &[id.as_str().into(), (&waiting.package).into()]).await?;
            if known.is_some() {
                return Ok(true);
            }
            let standing = |code: &str, time: &str| (time.to_owned(), rank(code));
            let latest = recipient.statuses.iter().map(|told| standing(&told.status, &told.time)).max();
            let moves = latest.is_none_or(|latest| standing(&status.code, &status.timestamp) > latest);
            let agreed = StatusCode::of(&status.code) == Some(StatusCode::Agreed) && line.kind != "update";
            let body = StatusReceived {
                code: from.clone(),
                name: status.from.name.clone(),
                status: status.code.clone(),
                description: status.description.clone(),
                time: status.timestamp.clone(),
                staff: StaffLine {
                    department: status.staff.department.clone(),
                    name: status.staff.name.clone(),
                    email: status.staff.email.clone(),
                    mobile: status.staff.mobile.clone(),
                },
                package: waiting.package.clone(),
                blob,
                first: recipient.statuses.is_empty(),
                stands: moves.then(|| status.code.clone()),
                withdrawn: line.earlier.clone().filter(|_| agreed),
            };
            let draft = ActDraft::new(Office::resource(&id, None), &body).with_blob(blob);
            let change = Change::new().on(StreamId::new("dispatch", &id), Expected::At(line.version)).act(draft);
            match self.journal.commit(&self.ctx(), change).await {
                Ok(_) => return Ok(true),
                Err(Problem::Conflict { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(Problem::Unavailable { what: "dispatch", why: "it is changed again and again".into() })
    }
}

/// How far a status is, for those of one second.
fn rank(code: &str) -> usize {
    StatusCode::ALL.into_iter().position(|known| known.code() == code).unwrap_or(0)
}
