//! The writer: one task per process that records waiting changes together, one transaction and one wait for the disk
//! for all of them (group commit).

use crate::{
    Change, JobDraft, Receipt, change::Expected, engine::Engine, journal::Inner, known::Tide, projection::Projection,
};
use kernel::{Act, ActDraft, ActorRecord, Clock, Ctx, Digest, FieldProblem, Problem, StreamId, Timestamp, canon};
use serde_json::Value as Json;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot, watch};

mod batch;

use batch::Batches;

/// Changes that may wait for the writer; more callers than that wait for a place.
pub(crate) const QUEUE: usize = 4096;
/// Acts and bytes of envelopes after which no further change joins a batch. Many together are cheaper: rows of one table
/// lie side by side, and a page of it is written once.
const BATCH_ACTS: usize = 4096;
const BATCH_BYTES: usize = 8 << 20;
/// Longest name of a stream in bytes.
const MOST_STREAM: usize = 200;

/// A change on its way to the writer, with the way back for the answer.
pub(crate) struct Submission {
    change: Prepared,
    answer: oneshot::Sender<Result<Receipt, Problem>>,
}

/// A change that is allowed and sound; only versions, time and hashes are open.
pub(crate) struct Prepared {
    parts: Vec<PreparedPart>,
    jobs: Vec<JobDraft>,
    bytes: usize,
}

struct PreparedPart {
    stream: StreamId,
    expected: Expected,
    acts: Vec<PreparedAct>,
}

struct PreparedAct {
    act: Act,
    /// The canonical envelope around its two numbers that are still open: `at` and `version`. Its keys are sorted,
    /// so the pieces are known before the numbers are.
    envelope: [String; 3],
    /// Salt in hexadecimal and canonical data.
    private: Option<(String, String)>,
}

/// Asks the policies, prepares the change and hands it to the writer.
pub(crate) async fn commit(inner: &Inner, ctx: &Ctx, change: Change) -> Result<Receipt, Problem> {
    let prepared = prepare(inner, ctx, change)?;
    for digest in prepared.parts.iter().flat_map(|part| &part.acts).flat_map(|act| &act.act.blobs) {
        if inner.blobs.len(digest).await?.is_none() {
            return Err(Problem::Invalid(vec![FieldProblem::new("blobs", "blob-missing").arg("blob", digest)]));
        }
    }
    let (answer, outcome) = oneshot::channel();
    let gone = || Problem::Unavailable { what: "journal", why: "its writer has ended".to_owned() };
    inner.submit.send(Submission { change: prepared, answer }).await.map_err(|_| gone())?;
    outcome.await.map_err(|_| gone())?
}

fn prepare(inner: &Inner, ctx: &Ctx, change: Change) -> Result<Prepared, Problem> {
    if change.parts.is_empty() && change.jobs.is_empty() {
        return Err(Problem::fault("an empty change was committed"));
    }
    let mut bytes = 0;
    let mut parts = Vec::with_capacity(change.parts.len());
    for part in change.parts {
        check_stream(&part.stream)?;
        let program = part.program.map(|duty| Ctx::system(duty, ctx.at, ctx.request.clone()));
        let ctx = program.as_ref().unwrap_or(ctx);
        let actor = ActorRecord::of(ctx);
        let mut acts = Vec::with_capacity(part.acts.len());
        let mut allowed_by = Vec::with_capacity(part.acts.len());
        for on_one_thing in part.acts.chunk_by(|a, b| a.resource == b.resource) {
            let kinds: Vec<&str> = on_one_thing.iter().map(|draft| draft.kind).collect();
            allowed_by.extend(inner.policies.require_all(ctx, &kinds, &on_one_thing[0].resource)?);
        }
        for (draft, allowed) in part.acts.into_iter().zip(allowed_by) {
            let act = prepare_act(inner, ctx, &actor, &part.stream, draft, allowed.policies)?;
            bytes += act.envelope.iter().map(String::len).sum::<usize>();
            acts.push(act);
        }
        parts.push(PreparedPart { stream: part.stream, expected: part.expected, acts });
    }
    for job in &change.jobs {
        check_text("job", &job.key)?;
        check_json("job", &job.payload)?;
    }
    Ok(Prepared { parts, jobs: change.jobs, bytes })
}

fn prepare_act(
    inner: &Inner,
    ctx: &Ctx,
    actor: &ActorRecord,
    stream: &StreamId,
    draft: ActDraft,
    policies: Vec<String>,
) -> Result<PreparedAct, Problem> {
    // That it has a canonical form shows when the envelope is written.
    if holds_nul(&draft.body) {
        return Err(Problem::field("body", "field-control-character"));
    }
    check_text("resource", &draft.resource.id)?;
    let (mut private, mut commitment) = (None, None);
    if let Some(data) = &draft.private {
        let mut salt = [0u8; 32];
        inner.entropy.fill(&mut salt);
        let data = check_json("private", data)?;
        commitment = Some(Digest::of(&[&salt, data.as_bytes()]));
        private = Some((hex::encode(salt), data));
    }
    let act = Act {
        stream: stream.clone(),
        version: 0,
        kind: draft.kind.to_owned(),
        at: Timestamp::from_micros(0),
        actor: actor.clone(),
        resource: format!("{}:{}", draft.resource.kind, draft.resource.id),
        grade: draft.grade,
        body: draft.body,
        commitment,
        private: draft.private,
        blobs: draft.blobs,
        policies,
        request: ctx.request.clone(),
        prev: Digest::ZERO,
        hash: Digest::ZERO,
    };
    let envelope = open_envelope(&act)?;
    Ok(PreparedAct { act, envelope, private })
}

/// The canonical envelope in three pieces, between which `at` and `version` go.
fn open_envelope(act: &Act) -> Result<[String; 3], Problem> {
    let Json::Object(mut fields) = act.envelope() else {
        return Err(Problem::fault("the envelope of an act is an object"));
    };
    let mut pieces = [String::from("{"), String::new(), String::from("}")];
    let mut keys: Vec<String> = fields.keys().cloned().collect();
    // All keys are ASCII, so their byte order is the order of RFC 8785.
    keys.sort_unstable();
    let mut piece = 0;
    for (n, key) in keys.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let value = fields.remove(key).unwrap_or(Json::Null);
        match key.as_str() {
            "at" | "version" => {
                pieces[piece].push_str(&format!("{comma}\"{key}\":"));
                piece += 1;
            }
            _ => pieces[piece].push_str(&format!("{comma}\"{key}\":{}", check_canon("body", &value)?)),
        }
    }
    Ok(pieces)
}

impl PreparedAct {
    /// Gives the act its place, and returns the text of its envelope.
    fn place(&mut self, version: i64, at: Timestamp, prev: Digest) -> String {
        let [before_at, before_version, end] = &self.envelope;
        let envelope = format!("{before_at}{}{before_version}{version}{end}", at.micros());
        self.act.version = version;
        self.act.at = at;
        self.act.prev = prev;
        self.act.hash = Digest::of(&[prev.bytes(), envelope.as_bytes()]);
        envelope
    }
}

fn check_stream(stream: &StreamId) -> Result<(), Problem> {
    let text = stream.as_str();
    let fine = !stream.kind().is_empty() && !stream.id().is_empty() && text.len() <= MOST_STREAM;
    if fine && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Problem::fault(format!("{text:?} is no stream: write kind:id, at most {MOST_STREAM} bytes")))
}

fn check_text(field: &'static str, text: &str) -> Result<(), Problem> {
    if text.contains('\0') { Err(Problem::field(field, "field-control-character")) } else { Ok(()) }
}

/// The canonical text of content that can be stored and read everywhere: whole numbers, and no U+0000, which
/// PostgreSQL cannot keep in the tables made from it.
fn check_json(field: &'static str, value: &Json) -> Result<String, Problem> {
    let text = check_canon(field, value)?;
    if text.contains("\\u0000") && holds_nul(value) {
        return Err(Problem::field(field, "field-control-character"));
    }
    Ok(text)
}

fn check_canon(field: &'static str, value: &Json) -> Result<String, Problem> {
    canon::to_string(value)
        .map_err(|why| Problem::Invalid(vec![FieldProblem::new(field, "field-number").arg("why", why)]))
}

fn holds_nul(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(holds_nul),
        Json::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// What the writer needs of the journal. It holds no sender of its own queue, so that it ends when all handles are
/// gone.
struct Writer {
    engine: Engine,
    projections: Vec<Arc<dyn Projection>>,
    clock: Arc<dyn Clock>,
    shape: String,
    position: watch::Sender<i64>,
    tide: Arc<Tide>,
    jobs_bell: Arc<Notify>,
}

/// Starts the writer.
pub(crate) fn spawn(inner: &Inner, queue: mpsc::Receiver<Submission>) {
    let writer = Writer {
        engine: inner.engine.clone(),
        projections: inner.projections.clone(),
        clock: inner.clock.clone(),
        shape: inner.shape.clone(),
        position: inner.position.clone(),
        tide: inner.tide.clone(),
        jobs_bell: inner.jobs_bell.clone(),
    };
    tokio::spawn(serve(writer, queue));
}

async fn serve(writer: Writer, mut queue: mpsc::Receiver<Submission>) {
    let mut batches = Batches::new(writer);
    while let Some(first) = queue.recv().await {
        let (mut acts, mut bytes) = (first.change.len(), first.change.bytes);
        let mut waiting = vec![first];
        while acts < BATCH_ACTS && bytes < BATCH_BYTES {
            let Ok(next) = queue.try_recv() else { break };
            acts += next.change.len();
            bytes += next.change.bytes;
            waiting.push(next);
        }
        batches.record(waiting).await;
    }
}

impl Prepared {
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.acts.len()).sum()
    }
    fn into_receipt(self) -> Receipt {
        Receipt { acts: self.parts.into_iter().flat_map(|part| part.acts).map(|prepared| prepared.act).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Grade, Strength, id::RequestId};
    use proptest::prelude::*;
    use serde_json::json;

    fn act(body: Json, resource: String, acting_as: Option<String>) -> Act {
        Act {
            stream: StreamId::new("case", "case-1"),
            version: 0,
            kind: "case.opened".into(),
            at: Timestamp::from_micros(0),
            actor: ActorRecord {
                who: "person:p-1".into(),
                acting_as,
                strength: Strength::Fresh,
                acting_for: None,
                delegation: None,
            },
            resource,
            grade: Grade::Secret,
            body,
            commitment: Some(Digest([7; 32])),
            private: None,
            blobs: vec![Digest::ZERO, Digest([1; 32])],
            policies: vec!["a".into(), "b".into()],
            request: RequestId::new("request-1").unwrap(),
            prev: Digest::ZERO,
            hash: Digest::ZERO,
        }
    }

    proptest! {
        #[test]
        fn the_envelope_written_in_pieces_is_the_canonical_one(
            text in ".*", key in ".*", number in -9_007_199_254_740_991i64..=9_007_199_254_740_991,
            version in 1i64..1_000_000, at in -1_000_000i64..4_000_000_000_000_000, acting_as in prop::option::of(".*"),
        ) {
            let body = json!({ key.clone(): [text.clone(), { "version": 3, "at": number }], "at": text.clone() });
            let act = act(body, text, acting_as);
            let envelope = open_envelope(&act).unwrap();
            let mut prepared = PreparedAct { act, envelope, private: None };
            let written = prepared.place(version, Timestamp::from_micros(at), Digest([9; 32]));
            prop_assert_eq!(&written, &canon::to_string(&prepared.act.envelope()).unwrap());
            prop_assert_eq!(prepared.act.hash, prepared.act.compute_hash().unwrap());
        }
    }

    #[test]
    fn content_that_no_engine_or_reader_could_keep_is_refused() {
        for (bad, code) in [(json!({"a": "x\0"}), "field-control-character"), (json!([1.5]), "field-number")] {
            let Err(Problem::Invalid(fields)) = check_json("body", &bad) else { panic!("{bad} was taken") };
            assert_eq!(fields[0].code, code);
        }
        assert!(check_json("body", &json!("a text about \\u0000")).is_ok());
        assert!(holds_nul(&json!({"a": [{"b\0": 1}]})) && !holds_nul(&json!("a text about \\u0000")));
        let fraction = open_envelope(&act(json!({"a": 1.5}), "Case:case-1".into(), None));
        assert!(matches!(fraction, Err(Problem::Invalid(fields)) if fields[0].code == "field-number"));
        assert!(check_stream(&StreamId::from_text("nothing")).is_err());
        assert!(check_stream(&StreamId::new("case", "a\nb")).is_err());
    }
}
