//! What is published goes out to the recipients that it names.

use crate::NewDispatch;
use crate::office::acts::Unresolved;
use crate::office::agencies::plain;
use crate::office::compose::Letter;
use crate::office::outgoing::Ready;
use crate::office::{DUTY, Office};
use async_trait::async_trait;
use edxml::package::Kind;
use journal::{Change, Expected, JobError, Worker};
use kernel::{ActDraft, DocumentId, Grade, Problem, StreamId};
use records::Published;
use serde_json::Value;
use std::collections::BTreeMap;

/// The kind of the job that sends a published document on; it is enqueued by the publication.
pub const OUTWARD_JOB: &str = records::publication::PUBLISHED_JOB;

/// Lines among the recipients of a paper that name nobody: `Như trên`, `Như Điều 3`, `Lưu: VT`.
const NO_NAMES: [&str; 2] = ["nhu ", "luu:"];

/// Sends what was published.
pub(super) struct Outward(pub Office);

#[async_trait]
impl Worker for Outward {
    fn kind(&self) -> &'static str {
        OUTWARD_JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let id = payload.get("document").and_then(Value::as_str).unwrap_or_default();
        let id = DocumentId::new(id).map_err(|why| JobError::Hopeless(why.to_string()))?;
        match self.0.outward(&id).await {
            Ok(()) => Ok(()),
            // The act keeps that it was not let out; there is nothing to try again.
            Err(Problem::Refused { code: "dispatch-secret", .. }) => Ok(()),
            Err(Problem::Invalid(fields)) => Err(JobError::Hopeless(Problem::Invalid(fields).to_string())),
            Err(problem) => Err(problem.into()),
        }
    }
}

impl Office {
    /// Dispatches a published document to the recipients that it names, once. Those that are no bodies of the directory
    /// are kept by name, so that the page of the document shows them.
    ///
    /// # Errors
    /// As [`Office::dispatch`].
    pub(super) async fn outward(&self, id: &DocumentId) -> Result<(), Problem> {
        let Ok(transport) = self.transport("").map(|transport| transport.name()) else { return Ok(()) };
        let stream = StreamId::new("outward", id);
        if self.journal.head(&stream).await? > 0 {
            return Ok(());
        }
        let published = self.records.publication(id).await?;
        let (mut to, mut names) = (BTreeMap::new(), Vec::new());
        for name in &published.content.recipients {
            if NO_NAMES.iter().any(|no| plain(name).starts_with(no)) {
                continue;
            }
            match self.recipient_of(transport, name).await? {
                Some(organ) => drop(to.insert(organ.code.clone(), organ)),
                None => names.push(name.trim().to_owned()),
            }
        }
        let noted = |dispatch: Option<&str>| {
            let dispatch = dispatch.map(str::to_owned);
            let body = Unresolved { document: id.clone(), names: names.clone(), dispatch };
            let draft = ActDraft::new(Office::resource(id.as_str(), None), &body);
            Change::new().on_by_program(DUTY, stream.clone(), Expected::New).act(draft)
        };
        let there = "SELECT r.code FROM dispatch d JOIN dispatch_recipient r ON r.dispatch = d.dispatch \
                     WHERE d.document = $1 AND d.state <> 'cancelled' LIMIT 10000";
        for row in &self.journal.reader().rows(there, &[id.into()]).await? {
            to.remove(row.text("code")?);
        }
        if to.is_empty() {
            return self.journal.commit(&self.ctx(), noted(None)).await.map(drop);
        }
        let ready = self.ready(&published, to.into_values().collect(), transport).await?;
        self.prepare(&self.ctx(), transport, ready, |dispatch| noted(Some(dispatch))).await.map(drop)
    }

    async fn ready(&self, published: &Published, to: Vec<crate::Organ>, transport: &str) -> Result<Ready, Problem> {
        let new = NewDispatch {
            document: published.document.clone(),
            kind: Kind::New,
            earlier: None,
            to: to.iter().map(|organ| organ.code.clone()).collect(),
            transport: transport.to_owned(),
            reason: String::new(),
            due: None,
            priority: 0,
        };
        let text = format!("{}\n{}", published.content.subject, published.content.plain_text());
        self.let_out(&self.ctx(), &new, transport, Grade::Open, &text).await?;
        let block = &published.content.signature;
        let letter = Letter {
            number: published.number.text.clone(),
            date: published.number.date,
            subject: published.content.subject.clone(),
            signer: (block.authority.clone(), block.title.clone(), block.name.clone()),
            recipients: published.content.recipients.clone(),
            pdf: published.pdf,
        };
        Ok(Ready { new, letter, case: published.case.clone(), to, earlier: None })
    }
}
