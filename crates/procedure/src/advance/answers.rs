//! Opinions of bodies, written ballots of members, votes in a sitting.

use super::{OTHER, Run, cut, other_step};
use crate::{
    command::Refusal,
    event::{BallotCast, BallotClosed, BallotOpened, OpinionGiven, VoteRecorded},
    model::{Choice, Step, StepKind},
    tasks,
    threshold::Count,
};
use kernel::{BodyId, DocumentId};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Run<'a> {
    pub(super) fn open_ballot(&mut self, step: &Step) -> Result<(), Refusal> {
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let bodies = self.bind_bodies(step, std::slice::from_ref(&spec.body))?;
        let mut members = BTreeSet::new();
        for body in &bodies {
            for position in &spec.positions {
                members.extend(self.world.roll.holders(position, body.as_str()));
            }
        }
        if members.is_empty() {
            let body = bodies.first().map(ToString::to_string).unwrap_or_default();
            return Err(Refusal::rule("case-ballot-no-members").arg("body", body));
        }
        self.push(BallotOpened { step: step.key.clone(), members: members.into_iter().collect() });
        Ok(())
    }

    pub(super) fn give_opinion(
        &mut self,
        step: &'a Step,
        body: &BodyId,
        answer: &str,
        text: &str,
        document: Option<&DocumentId>,
    ) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Opinion)?;
        let spec = step.opinion.as_ref().ok_or_else(|| other_step(step))?;
        if !self.state.asked.contains(body) {
            return Err(Refusal::rule("case-body-not-asked").arg("body", body));
        }
        if !tasks::opinion_seats(step, body).iter().any(|seat| self.seats.contains(seat)) {
            return Err(Refusal::rule("case-not-yours").arg("step", &step.key));
        }
        if !tasks::unanswered(step, &self.state).any(|missing| missing == body) {
            return Err(Refusal::rule("case-opinion-given").arg("body", body));
        }
        let text = self.answer(&spec.answers, answer, text)?;
        if let (Some(key), None) = (&spec.document, document) {
            return Err(Refusal::rule("case-document-missing").arg("document", key));
        }
        let by = self.person()?;
        let (step_key, body, answer) = (step.key.clone(), body.clone(), answer.to_owned());
        self.push(OpinionGiven { step: step_key, body, by, answer, text, document: document.cloned() });
        if tasks::unanswered(step, &self.state).next().is_none() { self.leave(step, None) } else { Ok(()) }
    }

    pub(super) fn cast(&mut self, step: &'a Step, answer: &str, text: &str) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Ballot)?;
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let by = self.person()?;
        let member = self.state.ballots.get(&step.key).is_some_and(|ballot| ballot.members.contains(&by));
        if !member {
            return Err(Refusal::rule("case-not-a-member"));
        }
        if self.state.has_cast(&by) {
            return Err(Refusal::rule("case-ballot-cast"));
        }
        if let Some(due) = self.state.due.filter(|due| self.now > *due) {
            return Err(Refusal::rule("case-ballot-over").arg("due", due.clock_and_day()));
        }
        let text = self.answer(&spec.answers, answer, text)?;
        self.push(BallotCast { step: step.key.clone(), by, answer: answer.to_owned(), text });
        let all_in = self.state.ballots.get(&step.key).is_some_and(|b| b.cast.len() == b.members.len());
        if all_in { self.close_ballot(step) } else { Ok(()) }
    }

    pub(super) fn close_ballot(&mut self, step: &'a Step) -> Result<(), Refusal> {
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        let ballot = self.state.ballots.get(&step.key).cloned().unwrap_or_default();
        let mut answers: BTreeMap<String, u32> = spec.answers.iter().map(|a| (a.code.clone(), 0)).collect();
        for cast in ballot.cast.values() {
            *answers.entry(cast.answer.clone()).or_default() += 1;
        }
        let count = counted(answers, &spec.answers, number(ballot.members.len()));
        let passed = spec.threshold.passes(&count);
        self.push(BallotClosed { step: step.key.clone(), count, passed });
        self.leave(step, None)
    }

    pub(super) fn record_vote(
        &mut self,
        step: &'a Step,
        answers: &BTreeMap<String, u32>,
        all: u32,
    ) -> Result<(), Refusal> {
        self.must_be(step, StepKind::Vote)?;
        self.must_own(step)?;
        let spec = step.ballot.as_ref().ok_or_else(|| other_step(step))?;
        if let Some(unknown) = answers.keys().find(|code| spec.answers.iter().all(|a| a.code != **code)) {
            return Err(Refusal::rule("case-answer-unknown").arg("answer", cut(unknown)));
        }
        let sum: u64 = answers.values().map(|n| u64::from(*n)).sum();
        if sum > u64::from(all) || all == 0 {
            return Err(Refusal::rule("case-count-wrong").arg("sum", sum).arg("all", all));
        }
        let mut every: BTreeMap<String, u32> = spec.answers.iter().map(|a| (a.code.clone(), 0)).collect();
        every.extend(answers.clone());
        let count = counted(every, &spec.answers, all);
        let passed = spec.threshold.passes(&count);
        self.push(VoteRecorded { step: step.key.clone(), count, passed });
        self.leave(step, None)
    }

    /// Checks an answer; gives back its words, trimmed and in NFC. "Other" answers must say what they mean.
    pub(super) fn answer(&self, answers: &[Choice], answer: &str, text: &str) -> Result<String, Refusal> {
        if answers.iter().all(|known| known.code != answer) {
            return Err(Refusal::rule("case-answer-unknown").arg("answer", cut(answer)));
        }
        let text = self.words(text)?;
        if answer == OTHER && text.is_empty() {
            return Err(Refusal::rule("case-text-needed"));
        }
        Ok(text)
    }
}

/// A count whose first answer is "in favour".
fn counted(answers: BTreeMap<String, u32>, order: &[Choice], all: u32) -> Count {
    let in_favour = order.first().and_then(|first| answers.get(&first.code)).copied().unwrap_or(0);
    Count { all, answered: answers.values().sum(), in_favour, answers }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
