//! Trying a draft on a sample case, step by step. Nothing is recorded: the page carries the moves that were made.

use super::{draft_pages::DraftHead, drafts::find};
use crate::{
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::Choice,
    viewer::{Member, Viewer},
};
use axum::{extract::Path, response::Response};
use cases::drafts::Draft;
use kernel::Problem;
use procedure::{
    Field, Status, draw,
    model::FieldKind,
    trial::{self, MAX_MOVES, Move},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// The trial.
#[derive(Debug, Serialize)]
pub struct TrialPage {
    /// Which draft.
    pub draft: DraftHead,
    /// The moves so far, to be sent back.
    pub moves: String,
    /// What happened so far.
    pub told: Vec<TrialLine>,
    /// Why the last move was refused.
    pub refused: String,
    /// The step at which the sample case stands.
    pub step: String,
    /// What is to be done there.
    pub todo: String,
    /// When it is due.
    pub due: Option<kernel::Timestamp>,
    /// The case is over.
    pub over: bool,
    /// The form at hand: of the opening or of the step.
    pub fields: Vec<TrialField>,
    /// Ways of finishing the step; one for the opening.
    pub ways: Vec<Choice>,
    /// Steps to which it may be returned.
    pub returns: Vec<Choice>,
    /// Whether the deadline can be let pass.
    pub may_be_late: bool,
    /// The picture with the case's place in it.
    pub drawing: String,
}

/// A rule that was tried: the sentence, whether it held, and its questions with whether each holds.
type RuleTried = (String, bool, Vec<(String, bool)>);

/// One move.
#[derive(Debug, Clone, Serialize)]
pub struct TrialLine {
    /// The step.
    pub step: String,
    /// What was done.
    pub did: String,
    /// Rules tried: the sentence, whether it held, and its questions with whether each holds.
    pub rules: Vec<RuleTried>,
    /// Where the case came.
    pub to: String,
}

/// A field of the form: those that rules ask about can be changed, the rest is filled in with samples.
#[derive(Debug, Clone, Serialize)]
pub struct TrialField {
    /// Its name in the form.
    pub name: String,
    /// Its label.
    pub label: String,
    /// `choice`, `number`, `yes` or `date`.
    pub kind: &'static str,
    /// The sample.
    pub value: String,
    /// Choices.
    pub choices: Vec<Choice>,
}

impl Page for TrialPage {
    const TEMPLATE: &'static str = "procedure_trial.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let line = TrialLine {
            step: "Xét duyệt".into(),
            did: "Đồng ý.".into(),
            rules: vec![(
                "Nếu chọn “Từ chối” thì hồ sơ kết thúc.".into(),
                false,
                vec![("chọn “Từ chối”".into(), false)],
            )],
            to: "Hoàn thành".into(),
        };
        let field = TrialField {
            name: "f.amount".into(),
            label: "Số tiền".into(),
            kind: "number",
            value: "1".into(),
            choices: vec![],
        };
        let page = |over| TrialPage {
            draft: DraftHead::sample(),
            moves: "[]".into(),
            told: vec![line.clone()],
            refused: String::new(),
            step: "Xét duyệt".into(),
            todo: "Đồng ý hoặc không.".into(),
            due: None,
            over,
            fields: vec![field.clone()],
            ways: vec![Choice::new("done", "Xong")],
            returns: vec![Choice::new("request", "Đề nghị")],
            may_be_late: true,
            drawing: "<svg role=\"img\" aria-label=\"Sơ đồ\" viewBox=\"0 0 10 10\"></svg>".into(),
        };
        vec![("under way", page(false)), ("over", page(true))]
    }
}

/// `GET /procedure-drafts/{draft}/trial`
pub async fn show_one(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    viewer.page(&page(&viewer, &draft, vec![])?).await
}

/// `POST /procedure-drafts/{draft}/trial`: one more move; nothing is recorded.
pub async fn make(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let moves: Vec<Move> = serde_json::from_str(&posted.fields.take("moves")).unwrap_or_default();
    let (finish, back) = (posted.fields.opt("finish"), posted.fields.opt("return"));
    let (late, undo) = (posted.fields.opt("late").is_some(), posted.fields.opt("undo").is_some());
    let typed = posted.fields.below("f.");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let draft = find(viewer, &id).await?;
    let mut moves: Vec<Move> = moves.into_iter().take(MAX_MOVES - 1).collect();
    let next = match (finish, back) {
        _ if undo => {
            moves.pop();
            None
        }
        _ if late => Some(Move::Late),
        (_, Some(to)) => Some(Move::Return(to)),
        (Some(code), None) => Some(filled(viewer, &draft, &moves, code, &typed)?),
        (None, None) => None,
    };
    moves.extend(next);
    viewer.page(&page(viewer, &draft, moves)?).await
}

fn readable(viewer: &Viewer, draft: &Draft) -> Result<std::sync::Arc<procedure::Procedure>, Problem> {
    viewer.state.services.cases.read_draft(draft).map_err(|problems| {
        Problem::refused("draft-wrong").arg("n", problems.len()).arg("line", problems.first().map_or(1, |p| p.line))
    })
}

/// The move with the form at hand: samples, and what was typed over them.
fn filled(
    viewer: &Viewer,
    draft: &Draft,
    moves: &[Move],
    code: String,
    typed: &[(String, String)],
) -> Result<Move, Problem> {
    let procedure = readable(viewer, draft)?;
    let catalogue = viewer.state.services.cases.catalogue();
    let trial = trial::run(&procedure, catalogue.calendar(), viewer.state.now(), moves);
    let opening = trial.state.status == Status::New;
    let declared = match procedure.step(&trial.state.step) {
        _ if opening => procedure.form.as_slice(),
        Some(step) => step.fields.as_slice(),
        None => &[],
    };
    let mut fields = trial::form(declared);
    for field in declared {
        let sent = typed.iter().find(|(key, _)| *key == field.key).map(|(_, value)| value.trim());
        let value: Option<Value> = match (&field.kind, sent) {
            (FieldKind::Number { .. }, Some(text)) => text.parse::<i64>().ok().map(Value::from),
            (FieldKind::YesNo, sent) => Some(Value::from(sent == Some("yes"))),
            (FieldKind::Date, Some(text)) => {
                Some(kernel::Day::parse(text).map_or(text.into(), |d| d.to_string().into()))
            }
            (FieldKind::Choice { .. }, Some(text)) => Some(Value::from(text)),
            _ => None,
        };
        fields.extend(value.map(|value| (field.key.clone(), value)));
    }
    Ok(if opening { Move::Open(fields) } else { Move::Finish(code, fields) })
}

fn page(viewer: &Viewer, draft: &Draft, mut moves: Vec<Move>) -> Result<TrialPage, Problem> {
    let procedure = readable(viewer, draft)?;
    let catalogue = viewer.state.services.cases.catalogue();
    let said = |text: &procedure::Text| show::pick(viewer, text);
    let trial = trial::run(&procedure, catalogue.calendar(), viewer.state.now(), &moves);
    let refused = trial.refused.clone().map(|why| {
        let words = viewer.wrong(Problem::from(why)).unwrap_or_default();
        words.into_iter().map(|wrong| wrong.words).collect::<Vec<_>>().join(" ")
    });
    // What was refused is not among the moves.
    moves.truncate(trial.told.len());
    let opening = trial.state.status == Status::New;
    let step = procedure.step(&trial.state.step).filter(|_| trial.state.status == Status::Open);
    let declared: &[Field] = if opening { &procedure.form } else { step.map_or(&[], |s| s.fields.as_slice()) };
    let way = |w: trial::Way| Choice::new(w.code, said(&w.label));
    let line = |told: &trial::Told| TrialLine {
        step: said(&told.step),
        did: said(&told.did),
        rules: told
            .rules
            .iter()
            .map(|r| (said(&r.rule), r.holds, r.why.iter().map(|(text, holds)| (said(text), *holds)).collect()))
            .collect(),
        to: told.to.as_ref().map(said).unwrap_or_default(),
    };
    let shown_case = (!opening).then_some(&trial.state);
    Ok(TrialPage {
        draft: DraftHead::of(draft),
        moves: serde_json::to_string(&moves).map_err(Problem::fault)?,
        told: trial.told.iter().map(line).collect(),
        refused: refused.unwrap_or_default(),
        step: step.map_or_else(String::new, |s| said(&s.title)),
        todo: step.map_or_else(String::new, |s| said(&s.todo)),
        due: step.and(trial.state.due),
        over: trial.state.status == Status::Closed,
        fields: asked(viewer, declared, &trial.state.fields),
        ways: match step {
            Some(step) => trial::ways(step).into_iter().map(way).collect(),
            None if opening => vec![Choice::new("open", viewer.say("trial-open", &[]))],
            None => vec![],
        },
        returns: step
            .iter()
            .flat_map(|s| &s.returns)
            .filter_map(|key| procedure.step(key))
            .map(|s| Choice::new(&s.key, said(&s.title)))
            .collect(),
        may_be_late: step.is_some() && trial.state.due.is_some() && !trial.state.overdue,
        drawing: draw::svg(&procedure, shown_case, super::procedures::language(viewer)),
    })
}

/// The fields that can change the way of a case; all others carry samples.
fn asked(viewer: &Viewer, declared: &[Field], known: &Map<String, Value>) -> Vec<TrialField> {
    let one = |field: &Field| {
        let value = known.get(&field.key).cloned().unwrap_or_else(|| trial::sample(field));
        let (kind, choices) = match &field.kind {
            FieldKind::Choice { options } => ("choice", show::choices(viewer, options)),
            FieldKind::Number { .. } => ("number", vec![]),
            FieldKind::YesNo => ("yes", vec![]),
            FieldKind::Date => ("date", vec![]),
            _ => return None,
        };
        let value = match value {
            Value::String(text) => kernel::Day::parse(&text).map_or(text.clone(), kernel::Day::short),
            Value::Bool(yes) => if yes { "yes" } else { "" }.to_owned(),
            other => other.to_string(),
        };
        let label = show::pick(viewer, &field.label);
        Some(TrialField { name: format!("f.{}", field.key), label, kind, value, choices })
    };
    declared.iter().filter_map(one).collect()
}
