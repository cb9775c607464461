//! A procedure as a picture: SVG, readable without colour.
//!
//! Steps stand below one another in the order of reading. Each kind of step has its own shape and sign; ways on are
//! arrows on the right, ways back arrows on the left (dashed where a person sends the case back), and every arrow that is
//! not the only way on carries the number of its rule, which the words beside the picture explain. Colours come from the
//! page (`currentColor`). The picture has a size of its own, so that its words are as large as those around it; it is kept
//! narrow, for telephones: ways that do not meet share a lane.

use crate::{
    CaseState,
    model::{Procedure, Step, StepKind, Text},
    tasks::{Place, progress},
};
use std::{collections::BTreeMap, fmt::Write};

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

const BOX: (i32, i32) = (280, 50);
const GAP: i32 = 34;
const TOP: i32 = 12;
/// How far the nearest way round stands off the boxes, and each further one from it.
const LANE: (i32, i32) = (18, 14);
/// Room at the sides: of the first lane to the edge, and for the number of a rule.
const MARGIN: i32 = 4;
const NUMBER: i32 = 14;
/// Letters of a line in a box.
const LINE: usize = 36;

/// The picture of a procedure; with a case, its place in it is marked by word and line.
pub fn svg(procedure: &Procedure, case: Option<&CaseState>, language: Language) -> String {
    let places: Vec<Option<Place>> = match case {
        Some(case) => progress(procedure, case).into_iter().map(|waypoint| Some(waypoint.place)).collect(),
        None => vec![None; procedure.steps.len()],
    };
    let ways = ways(procedure);
    let (lefts, rights) = (lanes(&ways, Side::Left), lanes(&ways, Side::Right));
    let room = |lanes: &BTreeMap<usize, i32>| lanes.values().max().map_or(0, |most| LANE.0 + LANE.1 * most);
    let left = MARGIN + room(&lefts);
    let width = left + BOX.0 + room(&rights) + if rights.is_empty() { MARGIN } else { NUMBER };
    let height = TOP * 2 + y(procedure.steps.len()) - GAP - TOP;
    let mut out = String::with_capacity(4096);
    let title = escape(language.of(&procedure.title));
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\" font-family=\"inherit\" font-size=\"14\" fill=\"none\" stroke=\"currentColor\">\
         <title>{title}</title>"
    );
    for (at, (step, place)) in procedure.steps.iter().zip(&places).enumerate() {
        draw_step(&mut out, (left, y(at)), step, *place, language);
    }
    for (at, way) in ways.iter().enumerate() {
        let round = |other: &&Way| other.from == way.from && other.side() == Side::Right;
        let before = ways.iter().take(at).filter(round).count();
        let lane = lefts.get(&at).or_else(|| rights.get(&at)).copied().unwrap_or(0);
        draw_way(&mut out, left, way, before, lane);
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Down to the next box.
    Between,
    Left,
    Right,
}

impl Way {
    fn side(&self) -> Side {
        match self.to {
            to if to == self.from + 1 => Side::Between,
            to if to > self.from => Side::Right,
            _ => Side::Left,
        }
    }
    /// The boxes between which it runs, the upper first.
    fn span(&self) -> (usize, usize) {
        (self.from.min(self.to), self.from.max(self.to))
    }
}

/// The lane of each way round on one side, by its number: short ways inside, ways that meet beside one another. At a box
/// where one ends and the other begins they do not meet: ways come in above the middle and go out below it, or the other
/// way round.
fn lanes(ways: &[Way], side: Side) -> BTreeMap<usize, i32> {
    let mut round: Vec<(usize, &Way)> = ways.iter().enumerate().filter(|(_, way)| way.side() == side).collect();
    round.sort_by_key(|(_, way)| way.span().1 - way.span().0);
    let mut taken: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut lanes = BTreeMap::new();
    for (at, way) in round {
        let (top, end) = way.span();
        let free = |spans: &Vec<(usize, usize)>| spans.iter().all(|(from, to)| end <= *from || *to <= top);
        let lane = taken.iter().position(free).unwrap_or(taken.len());
        match taken.get_mut(lane) {
            Some(spans) => spans.push((top, end)),
            None => taken.push(vec![(top, end)]),
        }
        lanes.insert(at, i32::try_from(lane).unwrap_or(0));
    }
    lanes
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
        StepKind::Subcase => "[+]",
        StepKind::End => "■",
    }
}

fn draw_step(out: &mut String, (left, top): (i32, i32), step: &Step, place: Option<Place>, language: Language) {
    let radius = if step.kind == StepKind::End { BOX.1 / 2 } else { 4 };
    let line = match place {
        Some(Place::Here) => "stroke-width=\"4\"",
        Some(Place::Skipped) => "stroke-dasharray=\"2 4\"",
        _ => "stroke-width=\"1.5\"",
    };
    let _ =
        write!(out, "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"{radius}\" {line}/>", BOX.0, BOX.1);
    let mark = match (place, language) {
        (Some(Place::Done), Language::Vietnamese) => " – đã xong ✓",
        (Some(Place::Done), Language::English) => " – done ✓",
        (Some(Place::Here), Language::Vietnamese) => " – đang ở đây",
        (Some(Place::Here), Language::English) => " – here",
        _ => "",
    };
    let lines = wrap(&format!("{} {}{mark}", sign(step.kind), language.of(&step.title)), LINE);
    let middle = top + BOX.1 / 2 + 5 - 8 * (i32::try_from(lines.len()).unwrap_or(1) - 1);
    for (row, line) in lines.iter().enumerate() {
        let baseline = middle + 17 * i32::try_from(row).unwrap_or(0);
        let centre = left + BOX.0 / 2;
        let _ = write!(
            out,
            "<text x=\"{centre}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\">{}</text>",
            escape(line)
        );
    }
}

/// `before`: how many ways round have left the same step already, so that no two begin at one point.
fn draw_way(out: &mut String, left: i32, way: &Way, before: usize, lane: i32) {
    let dash = if way.returned { " stroke-dasharray=\"5 4\"" } else { "" };
    let (from_top, to_top) = (y(way.from), y(way.to));
    let (path, head, label) = match way.side() {
        Side::Between => {
            let x = left + BOX.0 / 2;
            let (begin, end) = (from_top + BOX.1, to_top);
            (format!("M{x} {begin}V{end}"), arrow(x, end, Head::Down), (x + 8, begin + GAP / 2 + 4))
        }
        Side::Right => {
            let edge = left + BOX.0;
            let x = edge + LANE.0 + LANE.1 * lane;
            let step = 7 * i32::try_from(before.min(2)).unwrap_or(0);
            let (begin, end) = (from_top + BOX.1 / 2 + 6 + step, to_top + BOX.1 / 2 - 8);
            // Beside its own lane, below the corner: lanes never share a place.
            (format!("M{edge} {begin}H{x}V{end}H{edge}"), arrow(edge, end, Head::Left), (x + 3, begin + 13))
        }
        Side::Left => {
            let x = left - LANE.0 - LANE.1 * lane;
            let (begin, end) = (from_top + BOX.1 / 2 - 8, to_top + BOX.1 / 2 + 8);
            (format!("M{left} {begin}H{x}V{end}H{left}"), arrow(left, end, Head::Right), (left - 14, begin - 4))
        }
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
