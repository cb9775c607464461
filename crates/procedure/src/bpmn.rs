//! A procedure as BPMN 2.0, for tools of others.
//!
//! One process: a start event, a task for each step, an exclusive gateway where several ways lead on, an end event for
//! each end. A step that waits for another case is a call activity. Owners and rules in words are the tasks'
//! documentation; rules are the names of the flows, in Vietnamese.
//!
//! Guards are conditions over variables, written so that engines which know Python-like expressions can decide by them.
//! [`facts`] gives the variables of a case:
//!
//! | variable | value |
//! |---|---|
//! | `step_K_outcome` | the outcome chosen at the step, or `''` |
//! | `step_K_return` | the step to which the case is returned from there, or `''` |
//! | `step_K_ballot` | `'passed'`, `'failed'` or `''` |
//! | `step_K_all_given`, `_all_agree`, `_any_disagrees`, `_most_agree` | what the asked bodies answered |
//! | `step_K_overdue` | the step's deadline has passed |
//! | `step_K_subcase` | `'done'`, `'refused'`, `'withdrawn'` or `''` |
//! | `document_K` | 0 not there, 1 draft, 2 settled, 3 signed, 4 issued, 5 published |
//! | `field_K` | what the field holds; `None` when nothing |
//! | `grade` | 0 to 3 |
//!
//! In `K`, `-` and `.` are written `_`. Returns are tried first, then the rules in order; the last is the default flow.
//! BPMN gives a gateway's flows no order, so each condition excludes those before it.
//! Bodies and members that work side by side within a step are one task here: the export shows the order of work, not
//! the count.

use crate::{
    draw::escape,
    explain,
    guard::{Answers, Guard, Verdict},
    model::{Outcome, Procedure, Step, StepKind},
    references::References,
    state::CaseState,
};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Height of one row of the diagram.
const ROW: i32 = 130;
/// Top of the first row.
const TOP: i32 = 120;

/// One way from a step to another.
struct Flow {
    id: String,
    to: String,
    name: String,
    condition: Option<String>,
}

/// The BPMN file.
pub fn export(procedure: &Procedure, references: &References) -> String {
    let mut process = String::with_capacity(8192);
    let first = &procedure.first_step().key;
    let _ = write!(process, "<startEvent id=\"start\" name=\"Mở hồ sơ\"><outgoing>flow_start</outgoing></startEvent>");
    let _ = write!(process, "<sequenceFlow id=\"flow_start\" sourceRef=\"start\" targetRef=\"{}\"/>", id(first));
    for step in &procedure.steps {
        node(&mut process, procedure, references, step);
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
         xmlns:bpmndi=\"http://www.omg.org/spec/BPMN/20100524/DI\" xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" \
         xmlns:di=\"http://www.omg.org/spec/DD/20100524/DI\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         id=\"definitions\" targetNamespace=\"urn:dienhong:procedure:{code}\">\
         <process id=\"{process_id}\" name=\"{name}\" isExecutable=\"true\">{process}</process>\
         <bpmndi:BPMNDiagram id=\"diagram\"><bpmndi:BPMNPlane id=\"plane\" bpmnElement=\"{process_id}\">{diagram}\
         </bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>\n",
        code = procedure.reference(),
        process_id = process_id(&procedure.id),
        name = escape(&procedure.title.vi),
        diagram = diagram(procedure),
    )
}

/// The id of a procedure's process.
pub fn process_id(procedure: &str) -> String {
    format!("procedure_{}", plain(procedure))
}

/// The variables of a case at its present step, as it is about to be left with this outcome or returned to that step.
pub fn facts(
    procedure: &Procedure,
    state: &CaseState,
    outcome: Option<&str>,
    returned: Option<&str>,
) -> Map<String, Value> {
    let mut facts = Map::new();
    for step in &procedure.steps {
        let here = step.key == state.step;
        let mut set = |name: &str, value: Value| facts.insert(format!("{}_{name}", id(&step.key)), value);
        set("outcome", outcome.filter(|_| here).unwrap_or_default().into());
        set("return", returned.filter(|_| here).unwrap_or_default().into());
        if step.ballot.is_some() {
            let verdict = state.verdict(&step.key).map_or("", verdict);
            set("ballot", verdict.into());
        }
        if step.opinion.is_some() {
            for answers in [Answers::AllGiven, Answers::AllAgree, Answers::AnyDisagrees, Answers::MostAgree] {
                let holds = here && Guard::Opinions(answers).holds(step, state, None);
                set(opinions(answers), holds.into());
            }
        }
        if step.deadline.is_some() {
            set("overdue", (here && state.overdue).into());
        }
        if step.subcase.is_some() {
            let ended = state.subcase(&step.key).and_then(|subcase| subcase.outcome).map_or("", ending);
            set("subcase", ended.into());
        }
    }
    for document in &procedure.documents {
        let stage = state.documents.get(&document.key).map_or(0, |document| document.stage as u8 + 1);
        facts.insert(format!("document_{}", plain(&document.key)), stage.into());
    }
    for field in procedure.form.iter().chain(procedure.steps.iter().flat_map(|step| &step.fields)) {
        let value = state.fields.get(&field.key).cloned().unwrap_or(Value::Null);
        facts.insert(format!("field_{}", plain(&field.key)), value);
    }
    facts.insert("grade".to_owned(), json!(state.grade.level()));
    facts
}

/// A guard as an expression over the variables of [`facts`].
fn condition(step: &Step, guard: &Guard) -> String {
    let here = |name: &str| format!("{}_{name}", id(&step.key));
    let join = |guards: &[Guard], word: &str| {
        let parts: Vec<String> = guards.iter().map(|guard| condition(step, guard)).collect();
        format!("({})", parts.join(word))
    };
    match guard {
        Guard::Outcome(code) => format!("{} == {}", here("outcome"), literal(&Value::from(code.as_str()))),
        Guard::Ballot(verdict) => format!("{} == '{}'", here("ballot"), self::verdict(*verdict)),
        Guard::Opinions(answers) => here(opinions(*answers)),
        Guard::DeadlinePassed(true) => here("overdue"),
        Guard::DeadlinePassed(false) => format!("not {}", here("overdue")),
        Guard::Document(document) => format!("document_{} >= {}", plain(&document.key), document.stage as u8 + 1),
        Guard::GradeAtLeast(grade) => format!("grade >= {}", grade.level()),
        Guard::Subcase(outcome) => format!("{} == '{}'", here("subcase"), ending(*outcome)),
        Guard::Field(field) => {
            let name = format!("field_{}", plain(&field.key));
            match (&field.is, field.at_least, field.filled) {
                (Some(is), _, _) => format!("{name} == {}", literal(is)),
                (None, Some(least), _) => format!("({name} is not None and {name} >= {least})"),
                (None, None, Some(false)) => format!("{name} is None"),
                (None, None, _) => format!("{name} is not None"),
            }
        }
        Guard::All(guards) => join(guards, " and "),
        Guard::Any(guards) => join(guards, " or "),
        Guard::Not(inner) => format!("not ({})", condition(step, inner)),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
    }
}

fn ending(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
        Outcome::Withdrawn => "withdrawn",
    }
}

fn opinions(answers: Answers) -> &'static str {
    match answers {
        Answers::AllGiven => "all_given",
        Answers::AllAgree => "all_agree",
        Answers::AnyDisagrees => "any_disagrees",
        Answers::MostAgree => "most_agree",
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => "None".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")),
        other => other.to_string(),
    }
}

/// A key as part of a name.
fn plain(key: &str) -> String {
    key.replace(['-', '.'], "_")
}

fn id(key: &str) -> String {
    format!("step_{}", plain(key))
}

/// Whether more than one way leads on.
fn gateway(step: &Step) -> bool {
    step.next.len() + step.returns.len() > 1
}

/// The ways on: returns, then rules in order.
fn flows(procedure: &Procedure, step: &Step) -> Vec<Flow> {
    let returns = step.returns.iter().map(|to| {
        let title = procedure.step(to).map(|step| step.title.vi.clone()).unwrap_or_default();
        (to, format!("Trả lại “{title}”, có nêu lý do"), Some(format!("{}_return == '{to}'", id(&step.key))))
    });
    let rules = step.next.iter().map(|rule| {
        let condition = rule.when.as_ref().map(|guard| condition(step, guard));
        (&rule.to, explain::rule(procedure, step, rule).vi, condition)
    });
    let mut flows: Vec<Flow> = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for (to, name, condition) in returns.chain(rules) {
        let alone = condition.as_ref().map(|own| {
            let others: Vec<&str> = before.iter().filter(|other| !apart(own, other)).map(String::as_str).collect();
            if others.is_empty() { own.clone() } else { format!("({own}) and not ({})", others.join(" or ")) }
        });
        before.extend(condition);
        let id = format!("{}_flow_{}", id(&step.key), flows.len() + 1);
        flows.push(Flow { id, to: to.clone(), name, condition: alone });
    }
    flows
}

/// Whether two conditions compare the same variable with different values, and so never hold together.
fn apart(one: &str, other: &str) -> bool {
    let split = |text: &str| text.split_once(" == ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (split(one), split(other)) {
        (Some((a, x)), Some((b, y))) => a == b && x != y && name(&a) && !x.contains(' ') && !y.contains(' '),
        _ => false,
    }
}

fn node(out: &mut String, procedure: &Procedure, references: &References, step: &Step) {
    let (step_id, name) = (id(&step.key), escape(&step.title.vi));
    let mut incoming = String::new();
    if procedure.first_step().key == step.key {
        incoming.push_str("<incoming>flow_start</incoming>");
    }
    for other in &procedure.steps {
        for flow in flows(procedure, other).iter().filter(|flow| flow.to == step.key) {
            let _ = write!(incoming, "<incoming>{}</incoming>", flow.id);
        }
    }
    if step.kind == StepKind::End {
        let _ = write!(out, "<endEvent id=\"{step_id}\" name=\"{name}\">{incoming}</endEvent>");
        return;
    }
    let (tag, called) = match (step.kind, &step.subcase) {
        (StepKind::Subcase, Some(spec)) if spec.wait => {
            ("callActivity", format!(" calledElement=\"{}\"", process_id(&spec.procedure)))
        }
        (StepKind::Subcase, _) => ("task", String::new()),
        _ => ("manualTask", String::new()),
    };
    let words: Vec<String> = explain::step(procedure, references, step).into_iter().map(|text| text.vi).collect();
    let documentation = escape(&words.join("\n"));
    let out_id = if gateway(step) { format!("{step_id}_out") } else { format!("{step_id}_flow_1") };
    let _ = write!(
        out,
        "<{tag} id=\"{step_id}\" name=\"{name}\"{called}><documentation>{documentation}</documentation>{incoming}\
         <outgoing>{out_id}</outgoing></{tag}>"
    );
    let all = flows(procedure, step);
    let mut source = step_id.clone();
    if gateway(step) {
        source = format!("{step_id}_gateway");
        let outgoing: String = all.iter().map(|flow| format!("<outgoing>{}</outgoing>", flow.id)).collect();
        let default = all.last().map_or("", |flow| &flow.id);
        let _ = write!(
            out,
            "<sequenceFlow id=\"{out_id}\" sourceRef=\"{step_id}\" targetRef=\"{source}\"/>\
             <exclusiveGateway id=\"{source}\" name=\"{name}?\" default=\"{default}\">\
             <incoming>{out_id}</incoming>{outgoing}</exclusiveGateway>"
        );
    }
    for flow in &all {
        let written = flow.condition.as_ref().map(|text| {
            let text = escape(text);
            format!("<conditionExpression xsi:type=\"tFormalExpression\">{text}</conditionExpression>")
        });
        let _ = write!(
            out,
            "<sequenceFlow id=\"{}\" name=\"{}\" sourceRef=\"{source}\" targetRef=\"{}\">{}</sequenceFlow>",
            flow.id,
            escape(&flow.name),
            id(&flow.to),
            written.unwrap_or_default(),
        );
    }
}

/// The diagram: steps below one another, each with its gateway at its right; ways that do not lead to the next step run
/// in lanes of their own at the left.
fn diagram(procedure: &Procedure) -> String {
    let mut out = String::with_capacity(8192);
    let row = |key: &str| {
        let at = procedure.steps.iter().position(|step| step.key == key).unwrap_or(0);
        TOP + ROW * i32::try_from(at).unwrap_or(0)
    };
    let lanes = procedure.steps.iter().map(|step| flows(procedure, step).len()).sum::<usize>();
    let mut lane = 100 + 8 * i32::try_from(lanes).unwrap_or(0);
    let left = lane + 40;
    shape(&mut out, "start", left + 32, 30, 36, 36);
    edge(&mut out, "flow_start", &[(left + 50, 66), (left + 50, TOP)]);
    for step in &procedure.steps {
        let (y, step_id) = (row(&step.key), id(&step.key));
        match step.kind {
            StepKind::End => shape(&mut out, &step_id, left + 32, y + 22, 36, 36),
            _ => shape(&mut out, &step_id, left, y, 100, 80),
        }
        let mut from = (left + 50, y + 80);
        if gateway(step) {
            shape(&mut out, &format!("{step_id}_gateway"), left + 180, y + 15, 50, 50);
            edge(&mut out, &format!("{step_id}_out"), &[(left + 100, y + 40), (left + 180, y + 40)]);
            from = (left + 205, y + 65);
        }
        for flow in flows(procedure, step) {
            let target = row(&flow.to);
            let end = procedure.step(&flow.to).is_some_and(|to| to.kind == StepKind::End);
            let (side, above) = if end { (left + 32, target + 22) } else { (left, target) };
            if target == y + ROW && !gateway(step) {
                edge(&mut out, &flow.id, &[from, (left + 50, above)]);
                continue;
            }
            lane -= 8;
            let turn = y + 105;
            edge(&mut out, &flow.id, &[from, (from.0, turn), (lane, turn), (lane, target + 40), (side, target + 40)]);
        }
    }
    out
}

fn shape(out: &mut String, element: &str, x: i32, y: i32, width: i32, height: i32) {
    let _ = write!(
        out,
        "<bpmndi:BPMNShape id=\"{element}_shape\" bpmnElement=\"{element}\">\
         <dc:Bounds x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></bpmndi:BPMNShape>"
    );
}

fn edge(out: &mut String, element: &str, points: &[(i32, i32)]) {
    let _ = write!(out, "<bpmndi:BPMNEdge id=\"{element}_edge\" bpmnElement=\"{element}\">");
    for (x, y) in points {
        let _ = write!(out, "<di:waypoint x=\"{x}\" y=\"{y}\"/>");
    }
    out.push_str("</bpmndi:BPMNEdge>");
}
