//! Acts (bút lục): what enters the journal.
//!
//! A service writes an [`ActDraft`]; the journal asks the policies, adds who, when and the link to the act before it,
//! and keeps the result for good as an [`Act`].

use crate::{Ctx, Digest, Grade, Timestamp, canon, ctx::Actor, ctx::Strength, id::RequestId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// A stream: the ordered acts about one thing. Written `<kind>:<id>`, such as `case:case-01j…` or `register:nq-ubtvqh`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    /// The stream of a thing.
    pub fn new(kind: &str, id: impl AsRef<str>) -> StreamId {
        StreamId(format!("{kind}:{}", id.as_ref()))
    }
    /// A stream name read back from storage or a URL.
    pub fn from_text(text: impl Into<String>) -> StreamId {
        StreamId(text.into())
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The part before the colon.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }
    /// The part after the colon.
    pub fn id(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, id)| id)
    }
}
impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an act is done to, as the policies see it: a Cedar entity type, its id, and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `Case`, `Document`, `Register`, `Person`, `Body`, `Session`, `Journal`: the types of the Cedar schema.
    pub kind: &'static str,
    /// The id of the thing.
    pub id: String,
    /// Attributes that the policies read; an object. The schema in `policies/` says which.
    pub attrs: Value,
}

impl Resource {
    /// A resource with its attributes (a JSON object).
    pub fn new(kind: &'static str, id: impl Into<String>, attrs: Value) -> Resource {
        Resource { kind, id: id.into(), attrs }
    }
}

/// The typed content of one kind of act. The serialised form is frozen once acts of the kind exist: add optional
/// fields, never rename.
pub trait ActBody: Serialize + DeserializeOwned {
    /// `noun.past_tense`: `case.opened`, `ballot.cast`. Also the Cedar action.
    const KIND: &'static str;
}

/// An act before the journal has taken it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActDraft {
    /// Which kind of act; also the Cedar action that is asked for.
    pub kind: &'static str,
    /// What it is done to.
    pub resource: Resource,
    /// The secrecy grade of the act's content.
    pub grade: Grade,
    /// The content: public to all who may read the stream.
    pub body: Value,
    /// Personal or secret content that the law may order erased; the act itself holds only a salted commitment.
    pub private: Option<Value>,
    /// Blobs that the act refers to; `verify` checks that each is there and unchanged.
    pub blobs: Vec<Digest>,
}

impl ActDraft {
    /// A draft of a typed act.
    ///
    /// # Panics
    /// When the body cannot be written as JSON: a mistake in the type, which any test of the act meets.
    pub fn new<B: ActBody>(resource: Resource, body: &B) -> ActDraft {
        let body = serde_json::to_value(body).expect("act bodies are plain data");
        ActDraft { kind: B::KIND, resource, grade: Grade::Open, body, private: None, blobs: Vec::new() }
    }
    /// With a secrecy grade.
    #[must_use]
    pub fn graded(mut self, grade: Grade) -> ActDraft {
        self.grade = grade;
        self
    }
    /// With erasable content.
    #[must_use]
    pub fn with_private(mut self, private: Value) -> ActDraft {
        self.private = Some(private);
        self
    }
    /// With a blob that it refers to.
    #[must_use]
    pub fn with_blob(mut self, blob: Digest) -> ActDraft {
        self.blobs.push(blob);
        self
    }
}

/// The actor as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRecord {
    /// `person:<id>`, `system:<name>` or `public`.
    pub who: String,
    /// The position under which the person acted.
    pub acting_as: Option<String>,
    /// How strongly authenticated.
    pub strength: Strength,
    /// For whom: `person:<id>`, when the person acted under work that was handed to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<String>,
    /// Under which delegation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<String>,
}

impl ActorRecord {
    /// The record of a context.
    pub fn of(ctx: &Ctx) -> ActorRecord {
        let (who, acting_as) = match &ctx.actor {
            Actor::Public => ("public".to_owned(), None),
            Actor::Person(p) => (format!("person:{}", p.id), p.acting_as.clone()),
            Actor::System(name) => (format!("system:{name}"), None),
        };
        let handed = ctx.person().and_then(|person| person.acting_for.as_ref());
        ActorRecord {
            who,
            acting_as,
            strength: ctx.strength,
            acting_for: handed.map(|handed| format!("person:{}", handed.holder)),
            delegation: handed.map(|handed| handed.delegation.clone()),
        }
    }
    /// The person's id, when a person acted.
    pub fn person(&self) -> Option<&str> {
        self.who.strip_prefix("person:")
    }
}

/// An act as the journal keeps it. Never changed, never removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// The stream.
    pub stream: StreamId,
    /// The place in the stream, from 1, without gaps.
    pub version: i64,
    /// Which kind of act.
    pub kind: String,
    /// When the journal took it; never earlier than the act before it in the stream.
    pub at: Timestamp,
    /// Who.
    pub actor: ActorRecord,
    /// What it was done to: `Kind:id`.
    pub resource: String,
    /// The secrecy grade.
    pub grade: Grade,
    /// The content.
    pub body: Value,
    /// SHA-256 over salt and canonical private content.
    pub commitment: Option<Digest>,
    /// The private content, unless it was erased. Not part of the hash.
    pub private: Option<Value>,
    /// Blobs referred to.
    pub blobs: Vec<Digest>,
    /// Ids of the policies that allowed it.
    pub policies: Vec<String>,
    /// The request in which it was done.
    pub request: RequestId,
    /// The hash of the act before it in the stream; zeros before the first.
    pub prev: Digest,
    /// `SHA-256(prev ‖ canonical envelope)`.
    pub hash: Digest,
}

impl Act {
    /// The envelope: everything that the hash covers but `prev`.
    pub fn envelope(&self) -> Value {
        json!({
            "stream": self.stream, "version": self.version, "kind": self.kind, "at": self.at, "actor": self.actor,
            "resource": self.resource, "grade": self.grade, "body": self.body, "commitment": self.commitment,
            "blobs": self.blobs, "policies": self.policies, "request": self.request,
        })
    }
    /// Computes the hash from the content and `prev`.
    ///
    /// # Errors
    /// When the body holds a number that has no canonical form.
    pub fn compute_hash(&self) -> Result<Digest, canon::CanonError> {
        Ok(Digest::of(&[self.prev.bytes(), &canon::to_vec(&self.envelope())?]))
    }
    /// The typed content, when the act is of that kind.
    ///
    /// # Errors
    /// When the act is of the kind but its content does not read: the journal holds what this program never wrote.
    pub fn read<B: ActBody>(&self) -> Result<Option<B>, serde_json::Error> {
        if self.kind == B::KIND { B::deserialize(&self.body).map(Some) } else { Ok(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act() -> Act {
        Act {
            stream: StreamId::new("case", "case-1"),
            version: 1,
            kind: "case.opened".into(),
            at: Timestamp::from_micros(1),
            actor: ActorRecord {
                who: "person:p-1".into(),
                acting_as: Some("expert@vpqh".into()),
                strength: Strength::Password,
                acting_for: None,
                delegation: None,
            },
            resource: "Case:case-1".into(),
            grade: Grade::Open,
            body: json!({"title": "Nghị quyết"}),
            commitment: None,
            private: None,
            blobs: vec![],
            policies: vec!["case-open".into()],
            request: RequestId::new("request-1").unwrap(),
            prev: Digest::ZERO,
            hash: Digest::ZERO,
        }
    }

    #[test]
    fn the_hash_changes_with_every_field_that_it_covers() {
        let base = act().compute_hash().unwrap();
        type Change = fn(&mut Act);
        let changes: [Change; 11] = [
            |a| a.stream = StreamId::new("case", "case-2"),
            |a| a.version = 2,
            |a| a.kind.push('x'),
            |a| a.at = Timestamp::from_micros(2),
            |a| a.actor.who.push('x'),
            |a| a.resource.push('x'),
            |a| a.grade = Grade::Secret,
            |a| a.body = json!({}),
            |a| a.policies.clear(),
            |a| a.blobs.push(Digest::ZERO),
            |a| a.prev = Digest([1; 32]),
        ];
        for change in changes {
            let mut changed = act();
            change(&mut changed);
            assert_ne!(changed.compute_hash().unwrap(), base);
        }
    }

    #[test]
    fn a_stream_name_splits_at_its_first_colon() {
        let stream = StreamId::new("register", "nq-ubtvqh");
        assert_eq!((stream.kind(), stream.id()), ("register", "nq-ubtvqh"));
    }
}
