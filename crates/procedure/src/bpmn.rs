//! A procedure as BPMN 2.0, for tools of others.
//!
//! One process: a start event, a task for each step, an exclusive gateway where several rules lead on (the last one is
//! its default flow), an end event for each end. Owners are the tasks' documentation; rules are the names of the flows,
//! in Vietnamese, and the conditions on them are expressions over one variable for each gateway, `<step>_way`, which
//! holds the number of the rule that was taken. Returns are flows like others, numbered after the rules. Bodies and
//! members that work side by side within a step are one task here: the export shows the order of work, not the count.

use crate::{
    draw::escape,
    explain,
    model::{Procedure, Step, StepKind},
    references::References,
};
use std::fmt::Write;

/// One way from a step to another.
struct Flow {
    to: String,
    name: String,
}

/// The BPMN file.
pub fn export(procedure: &Procedure, references: &References) -> String {
    let mut process = String::with_capacity(8192);
    let mut diagram = String::with_capacity(8192);
    let first = &procedure.first_step().key;
    let _ = write!(process, "<startEvent id=\"start\"><outgoing>flow_start</outgoing></startEvent>");
    let _ = write!(process, "<sequenceFlow id=\"flow_start\" sourceRef=\"start\" targetRef=\"{}\"/>", id(first));
    shape(&mut diagram, "start", 40, 62, 36, 36);
    edge(&mut diagram, "flow_start", (76, 80), (140, 80));
    for (at, step) in procedure.steps.iter().enumerate() {
        let y = 40 + 130 * i32::try_from(at).unwrap_or(0);
        node(&mut process, procedure, references, step);
        match step.kind {
            StepKind::End => shape(&mut diagram, &id(&step.key), 172, y + 22, 36, 36),
            _ => shape(&mut diagram, &id(&step.key), 140, y, 100, 80),
        }
        if gateway(step) {
            shape(&mut diagram, &format!("{}_gateway", id(&step.key)), 300, y + 15, 50, 50);
            edge(&mut diagram, &format!("{}_out", id(&step.key)), (240, y + 40), (300, y + 40));
        }
        let from = if gateway(step) { (325, y + 65) } else { (190, y + 80) };
        for (number, flow) in flows(procedure, step).iter().enumerate() {
            let target = procedure.steps.iter().position(|s| s.key == flow.to).unwrap_or(0);
            let to = (190, 40 + 130 * i32::try_from(target).unwrap_or(0));
            edge(&mut diagram, &format!("{}_flow_{}", id(&step.key), number + 1), from, to);
        }
    }
    let name = escape(&procedure.title.vi);
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
        process_id = format_args!("procedure_{}", procedure.id.replace('-', "_")),
    )
}

fn id(key: &str) -> String {
    format!("step_{}", key.replace(['-', '.'], "_"))
}

/// Whether more than one way leads on.
fn gateway(step: &Step) -> bool {
    step.next.len() + step.returns.len() > 1
}

/// The ways on: rules in order, then returns.
fn flows(procedure: &Procedure, step: &Step) -> Vec<Flow> {
    let rules =
        step.next.iter().map(|rule| Flow { to: rule.to.clone(), name: explain::rule(procedure, step, rule).vi });
    let returns =
        step.returns.iter().map(|to| Flow { to: to.clone(), name: "Trả lại, có nêu lý do".to_owned() });
    rules.chain(returns).collect()
}

fn node(out: &mut String, procedure: &Procedure, references: &References, step: &Step) {
    let (step_id, name) = (id(&step.key), escape(&step.title.vi));
    let mut incoming = String::new();
    if procedure.first_step().key == step.key {
        incoming.push_str("<incoming>flow_start</incoming>");
    }
    for other in &procedure.steps {
        for (number, flow) in flows(procedure, other).iter().enumerate() {
            if flow.to == step.key {
                let _ = write!(incoming, "<incoming>{}_flow_{}</incoming>", id(&other.key), number + 1);
            }
        }
    }
    if step.kind == StepKind::End {
        let _ = write!(out, "<endEvent id=\"{step_id}\" name=\"{name}\">{incoming}</endEvent>");
        return;
    }
    let tag = match step.kind {
        StepKind::Subcase => "callActivity",
        _ => "manualTask",
    };
    let words: Vec<String> = explain::step(procedure, references, step).into_iter().map(|text| text.vi).collect();
    let documentation = escape(&words.join("\n"));
    let called = match &step.subcase {
        Some(spec) => format!(" calledElement=\"procedure_{}\"", spec.procedure.replace('-', "_")),
        None => String::new(),
    };
    let first_out = if gateway(step) { format!("{step_id}_out") } else { format!("{step_id}_flow_1") };
    let _ = write!(
        out,
        "<{tag} id=\"{step_id}\" name=\"{name}\"{called}><documentation>{documentation}</documentation>{incoming}\
         <outgoing>{first_out}</outgoing></{tag}>"
    );
    let all = flows(procedure, step);
    let mut source = step_id.clone();
    if gateway(step) {
        source = format!("{step_id}_gateway");
        let outgoing: String = (1..=all.len()).map(|n| format!("<outgoing>{step_id}_flow_{n}</outgoing>")).collect();
        let default = step.next.len();
        let _ = write!(
            out,
            "<sequenceFlow id=\"{step_id}_out\" sourceRef=\"{step_id}\" targetRef=\"{source}\"/>\
             <exclusiveGateway id=\"{source}\" name=\"{name}?\" default=\"{step_id}_flow_{default}\">\
             <incoming>{step_id}_out</incoming>{outgoing}</exclusiveGateway>"
        );
    }
    for (number, flow) in all.iter().enumerate() {
        let number = number + 1;
        let condition = if gateway(step) && number != step.next.len() {
            let variable = format!("{step_id}_way");
            format!("<conditionExpression xsi:type=\"tFormalExpression\">{variable} == {number}</conditionExpression>")
        } else {
            String::new()
        };
        let _ = write!(
            out,
            "<sequenceFlow id=\"{step_id}_flow_{number}\" name=\"{}\" sourceRef=\"{source}\" targetRef=\"{}\">{condition}\
             </sequenceFlow>",
            escape(&flow.name),
            id(&flow.to)
        );
    }
}

fn shape(out: &mut String, element: &str, x: i32, y: i32, width: i32, height: i32) {
    let _ = write!(
        out,
        "<bpmndi:BPMNShape id=\"{element}_shape\" bpmnElement=\"{element}\">\
         <dc:Bounds x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></bpmndi:BPMNShape>"
    );
}

fn edge(out: &mut String, element: &str, from: (i32, i32), to: (i32, i32)) {
    let _ = write!(
        out,
        "<bpmndi:BPMNEdge id=\"{element}_edge\" bpmnElement=\"{element}\">\
         <di:waypoint x=\"{}\" y=\"{}\"/><di:waypoint x=\"{}\" y=\"{}\"/></bpmndi:BPMNEdge>",
        from.0, from.1, to.0, to.1
    );
}
