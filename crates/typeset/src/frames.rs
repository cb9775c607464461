//! What a set page holds: its anchors, its text in reading order, and letters that no font could draw.

use crate::Anchor;
use std::collections::BTreeMap;
use typst::{
    foundations::Value,
    introspection::{MetadataElem, Tag},
    layout::{Frame, FrameItem, Point, Transform},
};
use typst_layout::PagedDocument;

/// What was found on the pages.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub anchors: BTreeMap<String, Anchor>,
    pub text: String,
    /// A run with a letter that has no glyph.
    pub missing: Option<String>,
    /// A run that leaves the paper: a word too long for its line, or a block too high for its page.
    pub outside: Option<String>,
    line: Option<Line>,
}

/// The line of text that was walked last: where it stands and ends.
#[derive(Debug, Clone, Copy)]
struct Line {
    baseline: f64,
    end: f64,
}

/// Walks all pages.
pub(crate) fn read(document: &PagedDocument) -> Found {
    let mut found = Found::default();
    for (page, at) in (1..).zip(document.pages()) {
        let paper = (at.frame.width().to_pt(), at.frame.height().to_pt());
        found.frame(page, paper, &at.frame, Transform::identity());
        if found.line.take().is_some() {
            found.text.push('\n');
        }
        found.text.push('\u{c}');
    }
    found
}

impl Found {
    fn frame(&mut self, page: u32, paper: (f64, f64), frame: &Frame, placed: Transform) {
        for (at, item) in frame.items() {
            match item {
                FrameItem::Group(group) => {
                    let inner = placed.pre_concat(Transform::translate(at.x, at.y)).pre_concat(group.transform);
                    self.frame(page, paper, &group.frame, inner);
                }
                FrameItem::Text(run) => {
                    let point = at.transform(placed);
                    if run.glyphs.iter().any(|glyph| glyph.id == 0) {
                        self.missing.get_or_insert_with(|| run.text.to_string());
                    }
                    let end = Point::new(at.x + run.width(), at.y).transform(placed);
                    let (x, y, right) = (point.x.to_pt(), point.y.to_pt(), end.x.to_pt());
                    if x < -1.0 || right > paper.0 + 1.0 || y < 0.0 || y > paper.1 + 1.0 {
                        self.outside.get_or_insert_with(|| run.text.chars().take(60).collect());
                    }
                    self.run(x, y, right, &run.text);
                }
                FrameItem::Tag(Tag::Start(element, _)) => {
                    if let Some(metadata) = element.to_packed::<MetadataElem>() {
                        self.anchor(page, paper.1, at.transform(placed), &metadata.value);
                    }
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, x: f64, baseline: f64, end: f64, text: &str) {
        // Runs that touch on one baseline are one line: a change of style, not of place.
        let joins = self.line.is_some_and(|line| (line.baseline - baseline).abs() < 0.5 && (line.end - x).abs() < 1.0);
        if !joins && self.line.is_some() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.line = Some(Line { baseline, end });
    }

    fn anchor(&mut self, page: u32, height: f64, at: Point, value: &Value) {
        let Value::Dict(dict) = value else { return };
        let number = |key: &str| match dict.get(key) {
            Ok(Value::Float(n)) => Some(*n),
            Ok(Value::Int(n)) => Some(*n as f64),
            Ok(Value::Length(length)) => Some(length.abs.to_pt()),
            _ => None,
        };
        if let (Ok(Value::Str(name)), Some(w), Some(h)) = (dict.get("anchor"), number("w"), number("h")) {
            let anchor = Anchor { page, x: at.x.to_pt(), y: height - at.y.to_pt() - h, w, h };
            self.anchors.insert(name.to_string(), anchor);
        }
    }
}
