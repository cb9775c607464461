//! Reading a procedure file: TOML to [`Procedure`], with its base folded in.
//!
//! What is missing after folding is a problem with its line.

mod raw;

use crate::{
    effect,
    model::{
        BallotSpec, BodyRef, Choice, Deadline, DocumentSpec, EffectSpec, Field, FieldKind, Moment, OpinionSpec, Owner,
        Procedure, Rule, Source, Step, StepKind, SubcaseSpec, Text,
    },
};
use toml::Spanned;

pub(crate) use raw::Raw;
use raw::{RawBallot, RawDeadline, RawDocument, RawEffect, RawField, RawKind, RawOpinion, RawStep, RawSubcase};

/// What is wrong in a file, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) mend: String,
}

/// Most bytes of a procedure file.
pub(crate) const MAX_BYTES: usize = 512 * 1024;

/// Reads one file as written.
pub(crate) fn parse(text: &str) -> Result<Raw, Wrong> {
    if text.len() > MAX_BYTES {
        return Err(Wrong {
            line: 1,
            what: format!("the file has {} bytes", text.len()),
            mend: format!("a procedure has at most {MAX_BYTES} bytes; split it into sub-cases"),
        });
    }
    toml::from_str(text).map_err(|error| Wrong {
        line: error.span().map_or(1, |span| line(text, span.start)),
        what: error.message().to_owned(),
        mend: "see procedures/README.md for the words of the language".to_owned(),
    })
}

/// The line of a byte offset, from 1.
fn line(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// The line on which a key is written, a step's first of all; 1 when it is not in this file (but in its base).
pub(crate) fn line_of(text: &str, key: &str) -> usize {
    let wanted = format!("key = \"{key}\"");
    let (mut in_steps, mut elsewhere) = (false, None);
    for (at, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            in_steps = line.starts_with("[[steps]]");
        }
        if line.contains(&wanted) {
            if in_steps {
                return at + 1;
            }
            elsewhere = elsewhere.or(Some(at + 1));
        }
    }
    elsewhere.unwrap_or(1)
}

/// A procedure with its base folded in.
pub(crate) struct Resolver<'a> {
    text: &'a str,
    wrong: Vec<Wrong>,
}

/// Folds the base in and makes the procedure, or says everything that is wrong.
pub(crate) fn resolve(file: &str, text: &str, own: Raw, base: Option<&Raw>) -> Result<Procedure, Vec<Wrong>> {
    let mut resolver = Resolver { text, wrong: Vec::new() };
    let procedure = resolver.procedure(file, own, base);
    match procedure {
        Some(procedure) if resolver.wrong.is_empty() => Ok(procedure),
        _ => Err(resolver.wrong),
    }
}

impl Resolver<'_> {
    fn wrong(&mut self, span: Option<std::ops::Range<usize>>, what: impl Into<String>, mend: impl Into<String>) {
        let line = span.map_or(1, |span| line(self.text, span.start));
        self.wrong.push(Wrong { line, what: what.into(), mend: mend.into() });
    }

    fn need<T>(&mut self, value: Option<T>, name: &str, mend: &str) -> Option<T> {
        if value.is_none() {
            self.wrong(None, format!("{name} is missing"), mend);
        }
        value
    }

    fn procedure(&mut self, file: &str, own: Raw, base: Option<&Raw>) -> Option<Procedure> {
        let version = self.need(own.version, "version", "write version = 1")?;
        if version == 0 {
            self.wrong(None, "version is 0", "versions are counted from 1");
        }
        let title = self.need(own.title, "title", "write title = { vi = \"…\", en = \"…\" }")?;
        let summary = own.summary.or_else(|| base?.summary.clone());
        let field = self.need(own.field.or_else(|| base?.field), "field", "write one of the eight fields of work")?;
        let valid_from = own.valid_from.or_else(|| base?.valid_from);
        let valid_from = self.need(valid_from, "valid-from", "write valid-from = \"2025-03-01\"")?;
        let id_span = own.id.span();
        let id = own.id.into_inner();
        if kernel::id::check(&id).is_err() || id.len() > 64 {
            self.wrong(Some(id_span), format!("{id:?} is not an id"), "use a-z, 0-9 and '-', at most 64");
        }
        let (mut form, mut documents, mut steps, mut effects) = match base {
            Some(base) => (base.form.clone(), base.documents.clone(), base.steps.clone(), base.effects.clone()),
            None => Default::default(),
        };
        fold(&mut form, own.form, |f| f.key.get_ref(), |old, new| *old = new);
        fold(&mut documents, own.documents, |d| d.key.get_ref(), |old, new| *old = new);
        fold(&mut effects, own.effects, |e| e.key.get_ref(), |old, new| *old = new);
        fold(&mut steps, own.steps, |s| s.key.get_ref(), RawStep::overlay);
        if steps.is_empty() {
            self.wrong(None, "there is no step", "write at least a [[steps]] and one of kind = \"end\"");
            return None;
        }
        let mut basis = own.basis;
        if basis.is_empty() {
            basis = base.map(|base| base.basis.clone()).unwrap_or_default();
        }
        Some(Procedure {
            id,
            version,
            title,
            summary: summary.unwrap_or_default(),
            field,
            basis,
            valid_from,
            valid_until: own.valid_until.or_else(|| base?.valid_until),
            verified: own.verified.or_else(|| base?.verified).unwrap_or(false),
            grade: own.grade.or_else(|| base?.grade).unwrap_or_default(),
            restricted: own.restricted.or_else(|| base?.restricted).unwrap_or(false),
            form: form.into_iter().filter_map(|f| self.field(f)).collect(),
            documents: documents.into_iter().map(document).collect(),
            steps: steps.into_iter().filter_map(|s| self.step(s)).collect(),
            effects: effects.into_iter().filter_map(|e| self.effect(e)).collect(),
            file: file.to_owned(),
        })
    }

    fn field(&mut self, raw: RawField) -> Option<Field> {
        let span = raw.key.span();
        let key = raw.key.into_inner();
        if kernel::id::check(&key).is_err() {
            self.wrong(Some(span.clone()), format!("the field key {key:?} is not an id"), "use a-z, 0-9, '-' and '_'");
        }
        if raw.kind != RawKind::Choice && !raw.options.is_empty() {
            self.wrong(Some(span.clone()), format!("{key} has options but is no choice"), "write kind = \"choice\"");
        }
        if raw.kind != RawKind::List && !raw.columns.is_empty() {
            self.wrong(Some(span.clone()), format!("{key} has columns but is no list"), "write kind = \"list\"");
        }
        let kind = match raw.kind {
            RawKind::Text => FieldKind::Text,
            RawKind::LongText => FieldKind::LongText,
            RawKind::Date => FieldKind::Date,
            RawKind::Person => FieldKind::Person,
            RawKind::Body => FieldKind::Body,
            RawKind::Bodies => FieldKind::Bodies,
            RawKind::Position => FieldKind::Position,
            RawKind::Number => FieldKind::Number { min: raw.min, max: raw.max },
            RawKind::YesNo => FieldKind::YesNo,
            RawKind::Choice => {
                if raw.options.is_empty() {
                    self.wrong(
                        Some(span),
                        format!("the choice {key} has no options"),
                        "write options = [{ code, label }]",
                    );
                    return None;
                }
                FieldKind::Choice { options: raw.options }
            }
            RawKind::List => {
                if raw.columns.is_empty() || raw.columns.iter().any(|c| c.kind == RawKind::List) {
                    let mend = "write columns = [{ key, kind, label }], none of them a list";
                    self.wrong(Some(span), format!("the list {key} needs columns"), mend);
                    return None;
                }
                FieldKind::List { columns: raw.columns.into_iter().filter_map(|c| self.field(c)).collect() }
            }
        };
        Some(Field { key, label: raw.label, hint: raw.hint, kind, required: raw.required })
    }

    fn step(&mut self, raw: RawStep) -> Option<Step> {
        let span = raw.key.span();
        let key = raw.key.into_inner();
        if kernel::id::check(&key).is_err() {
            self.wrong(Some(span.clone()), format!("the step key {key:?} is not an id"), "use a-z, 0-9 and '-'");
        }
        let Some(kind) = raw.kind else {
            self.wrong(
                Some(span.clone()),
                format!("the step {key} has no kind"),
                "write kind = \"work\" or another kind of step",
            );
            return None;
        };
        let Some(title) = raw.title else {
            self.wrong(
                Some(span.clone()),
                format!("the step {key} has no title"),
                "write title = { vi = \"…\", en = \"…\" }",
            );
            return None;
        };
        let owners: Vec<Owner> =
            raw.owners.into_iter().flatten().chain(raw.owner).filter_map(|text| self.owner(text)).collect();
        let writes = raw.writes.unwrap_or_default();
        let ballot = raw.ballot.map(|b| self.ballot(b, kind));
        Some(Step {
            todo: raw.todo.unwrap_or_else(|| title.clone()),
            title,
            kind,
            owners,
            fields: raw.fields.into_iter().flatten().filter_map(|f| self.field(f)).collect(),
            needs: raw.needs.unwrap_or_default(),
            writes,
            document: raw.document,
            outcomes: raw.outcomes.unwrap_or_default(),
            deadline: raw.deadline.and_then(|d| self.deadline(d, &key, span)),
            escalate: raw.escalate.and_then(|text| self.owner(text)),
            returns: raw.returns.unwrap_or_default(),
            next: raw.next.unwrap_or_default().into_iter().map(|r| Rule { when: r.when, to: r.to }).collect(),
            opinion: raw.opinion.map(opinion),
            ballot,
            subcase: raw.subcase.map(subcase),
            outcome: raw.outcome,
            key,
        })
    }

    fn owner(&mut self, text: Spanned<String>) -> Option<Owner> {
        let owner = Owner::parse(text.get_ref());
        if owner.is_none() {
            let mend = "write position@body, position@{field}, person:{field} or system:duty";
            self.wrong(Some(text.span()), format!("{:?} is not an owner", text.get_ref()), mend);
        }
        owner
    }

    fn ballot(&mut self, raw: RawBallot, kind: StepKind) -> BallotSpec {
        let answers = match (raw.answers.is_empty(), kind) {
            (false, _) => raw.answers,
            (true, StepKind::Vote) => vote_answers(),
            (true, _) => ballot_answers(),
        };
        BallotSpec {
            body: BodyRef::parse(&raw.body),
            positions: raw.positions,
            answers,
            threshold: raw.threshold,
            source: Source { basis: raw.basis, verified: raw.verified },
        }
    }

    fn deadline(&mut self, raw: RawDeadline, step: &str, at: std::ops::Range<usize>) -> Option<Deadline> {
        let (days, working) = match (raw.days, raw.working_days) {
            (Some(days), None) => (days, false),
            (None, Some(days)) => (days, true),
            _ => {
                let mend = "write either days = 15 or working-days = 10";
                self.wrong(Some(at), format!("the deadline of {step} needs a number of days"), mend);
                return None;
            }
        };
        let (event, before) = match (raw.after, raw.before) {
            (None, None) => {
                return Some(Deadline {
                    days,
                    working,
                    from: Moment::Entered,
                    before: false,
                    source: Source { basis: raw.basis, verified: raw.verified },
                });
            }
            (Some(event), None) => (event, false),
            (None, Some(event)) => (event, true),
            (Some(event), Some(_)) => {
                self.wrong(
                    Some(event.span()),
                    format!("the deadline of {step} has after and before"),
                    "keep one of them",
                );
                return None;
            }
        };
        let from = match event.get_ref().split_once(':') {
            None if event.get_ref() == "opened" => Moment::Opened,
            None if event.get_ref() == "entered" => Moment::Entered,
            Some(("left", step)) => Moment::Left(step.to_owned()),
            Some(("field", key)) => Moment::Field(key.to_owned()),
            _ => {
                let mend = "write opened, entered, left:<step> or field:<key>";
                self.wrong(Some(event.span()), format!("{:?} is no event to count from", event.get_ref()), mend);
                return None;
            }
        };
        if days > crate::calendar::MAX_DAYS {
            self.wrong(Some(event.span()), format!("{days} days is too long"), "no deadline is longer than ten years");
        }
        Some(Deadline { days, working, from, before, source: Source { basis: raw.basis, verified: raw.verified } })
    }

    fn effect(&mut self, raw: RawEffect) -> Option<EffectSpec> {
        let span = raw.key.span();
        let Some((_, needed)) = effect::KINDS.iter().find(|(kind, _)| *kind == raw.kind) else {
            let known: Vec<&str> = effect::KINDS.iter().map(|(kind, _)| *kind).collect();
            self.wrong(
                Some(span),
                format!("{:?} is no kind of effect", raw.kind),
                format!("use one of {}", known.join(", ")),
            );
            return None;
        };
        for name in needed.iter().filter(|name| !raw.with.contains_key(**name)) {
            let what = format!("the effect {} has no {name}", raw.key.get_ref());
            self.wrong(Some(span.clone()), what, format!("write it under with = {{ {name} = … }}"));
        }
        Some(EffectSpec { key: raw.key.into_inner(), kind: raw.kind, says: raw.says, after: raw.after, with: raw.with })
    }
}

/// Overlays items by key: those with a known key change the old one, the others are added.
fn fold<T>(old: &mut Vec<T>, new: Vec<T>, key: impl Fn(&T) -> &str, change: impl Fn(&mut T, T)) {
    for item in new {
        match old.iter().position(|o| key(o) == key(&item)) {
            Some(at) => change(&mut old[at], item),
            None => old.push(item),
        }
    }
}

fn document(raw: RawDocument) -> DocumentSpec {
    DocumentSpec {
        key: raw.key.into_inner(),
        title: raw.title,
        paper: raw.paper,
        register: raw.register,
        issuer: raw.issuer,
        authority: raw.authority,
    }
}

fn opinion(raw: RawOpinion) -> OpinionSpec {
    OpinionSpec {
        from: raw.from.iter().map(|text| BodyRef::parse(text)).collect(),
        positions: raw.positions,
        answers: if raw.answers.is_empty() { opinion_answers() } else { raw.answers },
        document: raw.document,
    }
}

fn subcase(raw: RawSubcase) -> SubcaseSpec {
    SubcaseSpec {
        name: Text { vi: raw.procedure.clone(), en: raw.procedure.clone() },
        procedure: raw.procedure,
        title: raw.title,
        wait: raw.wait.unwrap_or(true),
        fields: raw.fields,
    }
}

fn choice(code: &str, vi: &str, en: &str) -> Choice {
    Choice { code: code.to_owned(), label: Text { vi: vi.to_owned(), en: en.to_owned() } }
}

/// The answers of a written ballot (phiếu lấy ý kiến).
fn ballot_answers() -> Vec<Choice> {
    vec![
        choice("for", "Tán thành", "In favour"),
        choice("against", "Không tán thành", "Against"),
        choice("other", "Ý kiến khác", "Other opinion"),
    ]
}

/// The answers of a vote in a sitting.
fn vote_answers() -> Vec<Choice> {
    vec![
        choice("for", "Tán thành", "In favour"),
        choice("against", "Không tán thành", "Against"),
        choice("abstain", "Không biểu quyết", "Abstaining"),
    ]
}

/// The answers of a body that is asked for its opinion.
fn opinion_answers() -> Vec<Choice> {
    vec![
        choice("agree", "Nhất trí", "Agrees"),
        choice("agree-with-remarks", "Nhất trí, có ý kiến thêm", "Agrees, with remarks"),
        choice("disagree", "Không nhất trí", "Disagrees"),
    ]
}

impl BodyRef {
    fn parse(text: &str) -> BodyRef {
        match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(field) => BodyRef::Field(field.to_owned()),
            None => BodyRef::Code(text.to_owned()),
        }
    }
}

impl Owner {
    /// Reads the written form; see [`Owner`].
    pub fn parse(text: &str) -> Option<Owner> {
        let named = |code: &str| (kernel::id::check(code).is_ok()).then(|| code.to_owned());
        if let Some(rest) = text.strip_prefix("person:") {
            return Some(Owner::Person { field: named(rest.strip_prefix('{')?.strip_suffix('}')?)? });
        }
        if let Some(duty) = text.strip_prefix("system:") {
            return Some(Owner::System { duty: named(duty)? });
        }
        let (position, body) = text.split_once('@')?;
        let body = BodyRef::parse(body);
        let (BodyRef::Code(code) | BodyRef::Field(code)) = &body;
        named(code)?;
        Some(Owner::Position { position: named(position)?, body })
    }
}

impl std::fmt::Display for BodyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BodyRef::Code(code) => f.write_str(code),
            BodyRef::Field(field) => write!(f, "{{{field}}}"),
        }
    }
}
impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Position { position, body } => write!(f, "{position}@{body}"),
            Owner::Person { field } => write!(f, "person:{{{field}}}"),
            Owner::System { duty } => write!(f, "system:{duty}"),
        }
    }
}
impl From<Owner> for String {
    fn from(owner: Owner) -> String {
        owner.to_string()
    }
}
impl serde::Serialize for BodyRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
