//! A procedure as a picture: SVG, readable without colour.
//!
//! Steps stand below one another in the order of reading. Each kind of step has its own shape and sign; ways on are
//! arrows on the right, ways back dashed arrows on the left, and every arrow that is not the only way on carries the
//! number of its rule, which the words beside the picture explain. Colours come from the page (`currentColor`).

use crate::{
    CaseState,
    model::{Procedure, Step, StepKind, Text},
    tasks::{Place, progress},
};
use std::fmt::Write;

/// The language of the words in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Tiếng Việt.
    Vietnamese,
    /// English.
    English,
}

impl Language {
    fn of(self, text: &Text) -> &str {
        match self {
            Language::Vietnamese => &text.vi,
            Language::English => &text.en,
        }
    }
}

const BOX: (i32, i32) = (300, 48);
const GAP: i32 = 34;
const LEFT: i32 = 90;
const TOP: i32 = 12;
/// How far the nearest way round stands off the boxes, and each further one from it.
const LANE: (i32, i32) = (22, 14);

/// The picture of a procedure; with a case, its place in it is marked by word and line.
pub fn svg(procedure: &Procedure, case: Option<&CaseState>, language: Language) -> String {
    let places: Vec<Option<Place>> = match case {
        Some(case) => progress(procedure, case).into_iter().map(|waypoint| Some(waypoint.place)).collect(),
        None => vec![None; procedure.steps.len()],
    };
    let ways = ways(procedure);
    let rights = ways.iter().filter(|way| way.to > way.from + 1).count();
    let width = LEFT + BOX.0 + LANE.0 + LANE.1 * i32::try_from(rights).unwrap_or(0) + 40;
    let height = TOP * 2 + y(procedure.steps.len()) - GAP - TOP;
    let mut out = String::with_capacity(4096);
    let title = escape(language.of(&procedure.title));
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"inherit\" font-size=\"13\" fill=\"none\" stroke=\"currentColor\">\
         <title>{title}</title>"
    );
    for (at, (step, place)) in procedure.steps.iter().zip(&places).enumerate() {
        draw_step(&mut out, at, step, *place, language);
    }
    let mut lanes = (0, 0);
    for (at, way) in ways.iter().enumerate() {
        let round = |other: &&Way| other.from == way.from && other.to > other.from + 1;
        let before = ways.iter().take(at).filter(round).count();
        draw_way(&mut out, way, before, &mut lanes);
    }
    out.push_str("</svg>");
    out
}

/// One arrow between steps, by their places.
struct Way {
    from: usize,
    to: usize,
    /// The number of the rule, where there are several ways on.
    rule: Option<usize>,
    /// Taken by a person with a reason.
    returned: bool,
}

fn ways(procedure: &Procedure) -> Vec<Way> {
    let at = |key: &str| procedure.steps.iter().position(|step| step.key == key);
    let mut out = Vec::new();
    for (from, step) in procedure.steps.iter().enumerate() {
        let several = step.next.len() > 1;
        for (number, rule) in step.next.iter().enumerate() {
            if let Some(to) = at(&rule.to) {
                out.push(Way { from, to, rule: several.then_some(number + 1), returned: false });
            }
        }
        for to in step.returns.iter().filter_map(|key| at(key)) {
            out.push(Way { from, to, rule: None, returned: true });
        }
    }
    out
}

/// The top of the box at a place.
fn y(at: usize) -> i32 {
    TOP + i32::try_from(at).unwrap_or(0) * (BOX.1 + GAP)
}

/// The sign of a kind of step: what it is, without colour.
fn sign(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Work => "✎",
        StepKind::Opinion => "?",
        StepKind::Ballot | StepKind::Vote => "☑",
        StepKind::Sign => "✒",
        StepKind::Issue => "№",
        StepKind::Publish => "⇪",
        StepKind::Subcase => "⧉",
        StepKind::End => "■",
    }
}

fn draw_step(out: &mut String, at: usize, step: &Step, place: Option<Place>, language: Language) {
    let (top, radius) = (y(at), if step.kind == StepKind::End { BOX.1 / 2 } else { 4 });
    let line = match place {
        Some(Place::Here) => "stroke-width=\"4\"",
        Some(Place::Skipped) => "stroke-dasharray=\"2 4\"",
        _ => "stroke-width=\"1.5\"",
    };
    let _ =
        write!(out, "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"{radius}\" {line}/>", BOX.0, BOX.1);
    let mark = match (place, language) {
        (Some(Place::Done), Language::Vietnamese) => " – đã xong ✓",
        (Some(Place::Done), Language::English) => " – done ✓",
        (Some(Place::Here), Language::Vietnamese) => " – đang ở đây",
        (Some(Place::Here), Language::English) => " – here",
        _ => "",
    };
    let lines = wrap(&format!("{} {}{mark}", sign(step.kind), language.of(&step.title)), 40);
    let middle = top + BOX.1 / 2 + 5 - 8 * (i32::try_from(lines.len()).unwrap_or(1) - 1);
    for (row, line) in lines.iter().enumerate() {
        let baseline = middle + 16 * i32::try_from(row).unwrap_or(0);
        let centre = LEFT + BOX.0 / 2;
        let _ = write!(
            out,
            "<text x=\"{centre}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\">{}</text>",
            escape(line)
        );
    }
}

/// `before`: how many ways round have left the same step already, so that no two begin at one point.
fn draw_way(out: &mut String, way: &Way, before: usize, lanes: &mut (i32, i32)) {
    let dash = if way.returned { " stroke-dasharray=\"5 4\"" } else { "" };
    let (from_top, to_top) = (y(way.from), y(way.to));
    let (path, head, label) = if way.to == way.from + 1 {
        let x = LEFT + BOX.0 / 2;
        let (begin, end) = (from_top + BOX.1, to_top);
        (format!("M{x} {begin}V{end}"), arrow(x, end, Head::Down), (x + 8, begin + GAP / 2 + 4))
    } else if way.to > way.from {
        let edge = LEFT + BOX.0;
        let x = edge + LANE.0 + LANE.1 * lanes.1;
        lanes.1 += 1;
        let step = 7 * i32::try_from(before.min(2)).unwrap_or(0);
        let (begin, end) = (from_top + BOX.1 / 2 + 6 + step, to_top + BOX.1 / 2 - 8);
        // Beside its own lane, below the corner: lanes never share a place.
        (format!("M{edge} {begin}H{x}V{end}H{edge}"), arrow(edge, end, Head::Left), (x + 3, begin + 13))
    } else {
        let x = (LEFT - LANE.0 - LANE.1 * lanes.0).max(6);
        lanes.0 = (lanes.0 + 1) % 4;
        let (begin, end) = (from_top + BOX.1 / 2 - 8, to_top + BOX.1 / 2 + 8);
        (format!("M{LEFT} {begin}H{x}V{end}H{LEFT}"), arrow(LEFT, end, Head::Right), (LEFT - 14, begin - 4))
    };
    let _ = write!(out, "<path d=\"{path}\"{dash}/>{head}");
    if let Some(rule) = way.rule {
        let (x, y) = label;
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" fill=\"currentColor\" stroke=\"none\">{rule}</text>");
    }
}

enum Head {
    Down,
    Left,
    Right,
}

fn arrow(x: i32, y: i32, head: Head) -> String {
    let points = match head {
        Head::Down => format!("{x},{y} {},{} {},{}", x - 4, y - 8, x + 4, y - 8),
        Head::Left => format!("{x},{y} {},{} {},{}", x + 8, y - 4, x + 8, y + 4),
        Head::Right => format!("{x},{y} {},{} {},{}", x - 8, y - 4, x - 8, y + 4),
    };
    format!("<polygon points=\"{points}\" fill=\"currentColor\"/>")
}

/// At most two lines of about so many characters; the rest is cut with an ellipsis.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else if lines.len() == 2 {
            lines[1].push('…');
            break;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Text for XML content and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
