//! One step as written: its owners, deadline and vote read from their written forms.

use super::{
    Resolver,
    raw::{RawBallot, RawDeadline, RawOpinion, RawStep, RawSubcase},
};
use crate::model::{
    BallotSpec, BodyRef, Choice, Deadline, Moment, OpinionSpec, Owner, Rule, Source, Step, StepKind, SubcaseSpec, Text,
    text,
};
use std::ops::Range;
use toml::Spanned;

impl Resolver<'_> {
    pub(super) fn step(&mut self, raw: RawStep) -> Option<Step> {
        let span = raw.key.span();
        let key = raw.key.into_inner();
        self.key(span.clone(), &key);
        let Some(kind) = raw.kind else {
            self.wrong(
                Some(span),
                text!("Bước “{key}” chưa ghi loại bước.", "The step “{key}” has no kind."),
                text!(
                    "Ghi kind = \"work\" (thực hiện) hoặc một loại khác: opinion, ballot, vote, sign, issue, publish, \
                     subcase, end.",
                    "Write kind = \"work\" or another kind: opinion, ballot, vote, sign, issue, publish, subcase, end."
                ),
            );
            return None;
        };
        let Some(title) = raw.title else {
            self.wrong(
                Some(span),
                text!("Bước “{key}” chưa có tên.", "The step “{key}” has no title."),
                text!(
                    "Ghi title = {{ vi = \"…\", en = \"…\" }} vào bước này.",
                    "Write title = {{ vi = \"…\", en = \"…\" }} in this step."
                ),
            );
            return None;
        };
        let owners: Vec<Owner> =
            raw.owners.into_iter().flatten().chain(raw.owner).filter_map(|text| self.owner(text)).collect();
        let writes = raw.writes.unwrap_or_default();
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
            ballot: raw.ballot.map(|raw| ballot(raw, kind)),
            subcase: raw.subcase.map(subcase),
            outcome: raw.outcome,
            key,
        })
    }

    fn owner(&mut self, text: Spanned<String>) -> Option<Owner> {
        let owner = Owner::parse(text.get_ref());
        if owner.is_none() {
            let shown: String = text.get_ref().chars().take(80).collect();
            self.wrong(
                Some(text.span()),
                text!("“{shown}” không chỉ ra người thực hiện.", "“{shown}” is not an owner."),
                text!(
                    "Ghi một trong các dạng: chức-vụ@cơ-quan, chức-vụ@{{trường}}, person:{{trường}}, system:nhiệm-vụ.",
                    "Write position@body, position@{{field}}, person:{{field}} or system:duty."
                ),
            );
        }
        owner
    }

    fn deadline(&mut self, raw: RawDeadline, step: &str, at: Range<usize>) -> Option<Deadline> {
        let (days, working) = match (raw.days, raw.working_days) {
            (Some(days), None) => (days, false),
            (None, Some(days)) => (days, true),
            _ => {
                self.wrong(
                    Some(at),
                    text!(
                        "Thời hạn của bước “{step}” phải có đúng một số ngày.",
                        "The deadline of “{step}” needs exactly one number of days."
                    ),
                    text!(
                        "Ghi days = 15 (ngày) hoặc working-days = 10 (ngày làm việc).",
                        "Write either days = 15 or working-days = 10."
                    ),
                );
                return None;
            }
        };
        if days > crate::calendar::MAX_DAYS {
            self.wrong(
                Some(at),
                text!("Thời hạn của bước “{step}” dài {days} ngày.", "The deadline of “{step}” is {days} days long."),
                text!("Thời hạn dài nhất là mười năm.", "No deadline is longer than ten years."),
            );
        }
        let (from, before) = match (raw.after, raw.before) {
            (None, None) => (Moment::Entered, false),
            (Some(event), None) => (self.moment(&event)?, false),
            (None, Some(event)) => (self.moment(&event)?, true),
            (Some(event), Some(_)) => {
                self.wrong(
                    Some(event.span()),
                    text!(
                        "Thời hạn của bước “{step}” có cả after và before.",
                        "The deadline of “{step}” has both after and before."
                    ),
                    text!("Chỉ giữ một trong hai.", "Keep one of them."),
                );
                return None;
            }
        };
        Some(Deadline { days, working, from, before, source: Source { basis: raw.basis, verified: raw.verified } })
    }

    /// The event from which a deadline counts.
    fn moment(&mut self, event: &Spanned<String>) -> Option<Moment> {
        match event.get_ref().split_once(':') {
            None if event.get_ref() == "opened" => Some(Moment::Opened),
            None if event.get_ref() == "entered" => Some(Moment::Entered),
            Some(("left", step)) => Some(Moment::Left(step.to_owned())),
            Some(("field", key)) => Some(Moment::Field(key.to_owned())),
            _ => {
                let shown: String = event.get_ref().chars().take(80).collect();
                self.wrong(
                    Some(event.span()),
                    text!("“{shown}” không phải là mốc để tính thời hạn.", "“{shown}” is no event to count from."),
                    text!(
                        "Ghi opened (mở hồ sơ), entered (đến bước này), left:bước (xong bước đó) hoặc field:trường \
                         (ngày ghi ở trường đó).",
                        "Write opened, entered, left:step or field:field."
                    ),
                );
                None
            }
        }
    }
}

fn ballot(raw: RawBallot, kind: StepKind) -> BallotSpec {
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
