//! A procedure as a drawing: its steps in a column in the order of reading, arrows on the right for ways forward that
//! skip steps, on the left for ways back. The same is said in words on the page of the procedure.

use crate::{show, viewer::Viewer};
use procedure::{Procedure, StepKind};
use std::fmt::Write as _;

const WIDTH: usize = 300;
const LEFT: usize = 110;
const HIGH: usize = 44;
const GAP: usize = 30;

/// The drawing as SVG, without script or style so that it can be shown anywhere.
pub fn svg(viewer: &Viewer, procedure: &Procedure) -> String {
    let y = |at: usize| 10 + at * (HIGH + GAP);
    let height = y(procedure.steps.len());
    let whole = LEFT * 2 + WIDTH;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{height}\" viewBox=\"0 0 {whole} {height}\" \
         font-family=\"Be Vietnam Pro, Segoe UI, sans-serif\" font-size=\"14\">\
         <defs><marker id=\"a\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 10 5 0 10z\" fill=\"#4a4f57\"/></marker></defs>"
    );
    for (at, step) in procedure.steps.iter().enumerate() {
        let targets = step.next.iter().map(|rule| &rule.to).chain(&step.returns);
        for to in targets.filter_map(|to| procedure.steps.iter().position(|s| s.key == *to)) {
            arrow(&mut out, at, to, y);
        }
    }
    for (at, step) in procedure.steps.iter().enumerate() {
        let (fill, line) = match step.kind {
            StepKind::End => ("#f7f5f1", "#8a857a"),
            StepKind::Ballot | StepKind::Vote => ("#e8eff8", "#1d4f91"),
            StepKind::Sign | StepKind::Issue => ("#fbeaea", "#8f1d21"),
            _ => ("#ffffff", "#4a4f57"),
        };
        let title = escaped(&shortened(&show::pick(viewer, &step.title)));
        let _ = write!(
            out,
            "<rect x=\"{LEFT}\" y=\"{}\" width=\"{WIDTH}\" height=\"{HIGH}\" rx=\"{}\" fill=\"{fill}\" stroke=\"{line}\" \
             stroke-width=\"1.5\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#1b1b1f\">{title}</text>",
            y(at),
            if step.kind == StepKind::End { 22 } else { 6 },
            LEFT + WIDTH / 2,
            y(at) + HIGH / 2 + 5
        );
    }
    out.push_str("</svg>");
    out
}

fn arrow(out: &mut String, from: usize, to: usize, y: impl Fn(usize) -> usize) {
    let line = if to == from + 1 {
        format!("M{0} {1}V{2}", LEFT + WIDTH / 2, y(from) + HIGH, y(to) - 1)
    } else {
        let (edge, far) = if to > from {
            (LEFT + WIDTH, LEFT + WIDTH + 24 + 8 * (to - from).min(9))
        } else {
            (LEFT, LEFT - 24 - 8 * (from - to).min(9))
        };
        let shift = if to > from { 6 } else { 0 };
        format!("M{edge} {0}H{far}V{1}H{edge}", y(from) + HIGH / 2 + shift, y(to) + HIGH / 2 - shift)
    };
    let dash = if to < from { " stroke-dasharray=\"5 4\"" } else { "" };
    let _ = write!(
        out,
        "<path d=\"{line}\" fill=\"none\" stroke=\"#4a4f57\" stroke-width=\"1.4\" marker-end=\"url(#a)\"{dash}/>"
    );
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 38 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(37).collect::<String>())
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
