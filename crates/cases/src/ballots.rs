//! Written ballots (phiếu lấy ý kiến): what a member is asked, what the member signs, how it stands.

use crate::{Cases, acts::BallotProof, load::Loaded, moves::digest_of};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{CaseId, Ctx, PersonId, Problem, Timestamp};
use procedure::{Count, Event, StepKind, Text, event::BallotCast, model::Choice};
use records::VersionBody;
use serde::Serialize;
use serde_json::{Value, json};

/// One answer that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BallotAnswer {
    /// The answer's code.
    pub code: String,
    /// What people read.
    pub label: Text,
    /// How many gave it; `None` while the ballot runs.
    pub count: Option<u32>,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberAnswer {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// When the member answered.
    pub at: Option<Timestamp>,
    /// What; `None` while the ballot runs, but for one's own.
    pub answer: Option<String>,
    /// In words; like the answer.
    pub text: String,
    /// The version of the act, whose proof can be asked for; like the answer.
    pub act: Option<i64>,
}

/// How a written ballot stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BallotView {
    /// The step.
    pub step: String,
    /// Its name.
    pub title: Text,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// When it closes at the latest.
    pub closes: Option<Timestamp>,
    /// Whether it runs now.
    pub running: bool,
    /// The answers.
    pub answers: Vec<BallotAnswer>,
    /// What passes, in words.
    pub threshold: Text,
    /// How many in favour are needed, out of the members.
    pub needed: u32,
    /// Everyone who may answer, by name; what others answered shows once the ballot is closed.
    pub members: Vec<MemberAnswer>,
    /// How many have answered.
    pub answered: u32,
    /// The count, once closed; it holds both bases.
    pub count: Option<Count>,
    /// Whether it passed, once closed.
    pub passed: Option<bool>,
    /// Whether the person of the request may answer now.
    pub mine_open: bool,
}

pub(crate) fn cast_of(event: &Event) -> Option<&BallotCast> {
    match event {
        Event::BallotCast(cast) => Some(cast),
        _ => None,
    }
}

impl Cases {
    /// The written ballot of a case: the one that runs, or the last that ran; `None` when there is none.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; storage.
    pub async fn ballot(&self, ctx: &Ctx, id: &CaseId) -> Result<Option<BallotView>, Problem> {
        let loaded = self.load(ctx, id).await?;
        let state = &loaded.state;
        let last = state.visits.iter().rev().find(|visit| {
            let kind = loaded.procedure.step(&visit.step).map(|step| step.kind);
            kind == Some(StepKind::Ballot)
        });
        let Some(step) = last.and_then(|visit| loaded.procedure.step(&visit.step)) else { return Ok(None) };
        let (Some(spec), Some(ballot)) = (&step.ballot, state.ballots.get(&step.key)) else { return Ok(None) };
        let me = ctx.person().map(|person| person.id.clone());
        let running = state.step == step.key && ballot.count.is_none();
        let names = self.directory.names(ballot.members.iter()).await?;
        let cast_acts = cast_acts(&loaded, &step.key)?;
        let member = |person: &PersonId| {
            let cast = ballot.cast.get(person);
            let open = cast.filter(|_| !running || me.as_ref() == Some(person));
            let act = cast_acts.iter().find(|(by, ..)| by == person);
            MemberAnswer {
                person: person.clone(),
                name: names.get(person).cloned().unwrap_or_else(|| person.to_string()),
                at: cast.and(act).map(|(_, at, _)| *at),
                answer: open.map(|cast| cast.answer.clone()),
                text: open.map(|cast| cast.text.clone()).unwrap_or_default(),
                act: open.and(act).map(|(_, _, version)| *version),
            }
        };
        let mut members: Vec<MemberAnswer> = ballot.members.iter().map(member).collect();
        members.sort_by_cached_key(|member| kernel::text::name_key(&member.name));
        let count = |choice: &Choice| ballot.count.as_ref().and_then(|c| c.answers.get(&choice.code)).copied();
        let answers = spec.answers.iter();
        let answers = answers.map(|c| BallotAnswer { code: c.code.clone(), label: c.label.clone(), count: count(c) });
        let all = u32::try_from(ballot.members.len()).unwrap_or(u32::MAX);
        let visit = last.map(|visit| visit.entered);
        Ok(Some(BallotView {
            step: step.key.clone(),
            title: step.title.clone(),
            opened: visit,
            closes: if running { state.due } else { last.and_then(|visit| visit.left) },
            running,
            answers: answers.collect(),
            threshold: spec.threshold.explain(),
            needed: spec.threshold.needed(all),
            answered: u32::try_from(ballot.cast.len()).unwrap_or(u32::MAX),
            count: ballot.count.clone(),
            passed: ballot.passed,
            mine_open: running && me.is_some_and(|me| ballot.members.contains(&me) && !ballot.cast.contains_key(&me)),
            members,
        }))
    }

    /// The statement that the member's key will sign, as it will be recorded: shown before the second factor is given.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; `case-step-is-other` when no ballot runs.
    pub async fn ballot_statement(&self, ctx: &Ctx, id: &CaseId, answer: &str, text: &str) -> Result<String, Problem> {
        let loaded = self.load(ctx, id).await?;
        let person = ctx.person().ok_or_else(|| Problem::not_found("case", id))?;
        let step = loaded.state.step.clone();
        let cast = BallotCast {
            step,
            by: person.id.clone(),
            answer: answer.to_owned(),
            text: kernel::text::nfc(text.trim()).into(),
        };
        self.statement(ctx, &loaded, &cast).await
    }

    /// Canonical JSON of what a member says: on which texts, in which case and step, what, in which words.
    async fn statement(&self, ctx: &Ctx, loaded: &Loaded, cast: &BallotCast) -> Result<String, Problem> {
        let step = loaded.procedure.step(&cast.step).filter(|step| step.kind == StepKind::Ballot);
        let step = step.ok_or_else(|| Problem::refused("case-step-is-other").arg("step", &cast.step))?;
        let answers = step.ballot.as_ref().map(|spec| spec.answers.as_slice()).unwrap_or_default();
        let label = answers.iter().find(|choice| choice.code == cast.answer).map(|choice| choice.label.vi.clone());
        let label = label.ok_or_else(|| Problem::refused("case-answer-unknown").arg("answer", &cast.answer))?;
        let person = ctx.person().ok_or_else(|| Problem::not_found("case", &loaded.id))?;
        let mut documents = Vec::new();
        for (key, document) in &loaded.state.documents {
            let version = self.records.version(ctx, &document.document, None).await?;
            let digest = match &version.body {
                VersionBody::File(file) => file.digest,
                body => digest_of(&serde_json::to_value(body).map_err(Problem::fault)?)?,
            };
            documents.push(json!({
                "key": key, "document": document.document, "version": version.number, "sha256": digest,
            }));
        }
        let statement: Value = json!({
            "what": "Phiếu lấy ý kiến", "case": loaded.id, "title": loaded.state.title,
            "procedure": loaded.procedure.reference().to_string(), "step": cast.step, "documents": documents,
            "member": cast.by, "name": person.name, "answer": cast.answer, "answer_label": label, "text": cast.text,
        });
        kernel::canon::to_string(&statement).map_err(Problem::fault)
    }

    /// Signs the statement with the member's own key, after the policies were asked.
    pub(crate) async fn prove_ballot(&self, ctx: &Ctx, loaded: &Loaded, cast: &BallotCast) -> Result<Value, Problem> {
        self.journal.policies().require(ctx, "ballot.cast", &loaded.resource())?;
        let statement = self.statement(ctx, loaded, cast).await?;
        let signer = self.records.keys().signer_for(&cast.by).await?;
        let stamper = self.records.keys().time_stamper().await?;
        let at = self.journal.clock().now();
        let made = tokio::task::spawn_blocking(move || {
            let signed = signing::cades::sign_detached(statement.as_bytes(), &*signer, at, Some(&*stamper));
            (statement, signed)
        });
        let (statement, signed) = made.await.map_err(Problem::fault)?;
        let signed = signed.map_err(|why| Problem::Unavailable { what: "signing", why: why.to_string() })?;
        let level = serde_json::to_value(signed.level).map_err(Problem::fault)?;
        let level = level.as_str().unwrap_or_default().to_owned();
        let proof = BallotProof { statement, cms: STANDARD.encode(signed.cms), level };
        serde_json::to_value(proof).map_err(Problem::fault)
    }
}

/// Who answered when, in the latest round of a step: person, time, version of the act.
pub(crate) fn cast_acts(loaded: &Loaded, step: &str) -> Result<Vec<(PersonId, Timestamp, i64)>, Problem> {
    let mut casts = Vec::new();
    for act in &loaded.acts {
        match Event::read(&act.kind, &act.body).map_err(Problem::fault)? {
            Some(Event::BallotOpened(opened)) if opened.step == step => casts.clear(),
            Some(Event::BallotCast(cast)) if cast.step == step => casts.push((cast.by, act.at, act.version)),
            _ => {}
        }
    }
    Ok(casts)
}
