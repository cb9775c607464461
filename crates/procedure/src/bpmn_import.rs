//! A simple BPMN 2.0 file read as the draft of a procedure.
//!
//! Understood: one process with one start event, tasks, exclusive gateways, end events, sequence flows; lanes, whose
//! names give owners where they can be matched. Everything else is refused by name, so that no part of a drawing is lost
//! unseen. The draft is TOML like any procedure; what BPMN does not say (legal basis, English names, owners that match no
//! lane) stands in it as words to be replaced, and the checker tells what is still missing.
//!
//! The file comes from outside: no document types, no entities but those of XML, bounded in size, depth and elements.

mod draft;
mod drawing;

use crate::{
    Wrong,
    model::{Text, Work, text},
    references::References,
};
use kernel::Day;
use std::collections::BTreeMap;

/// Most bytes of a file.
pub const MAX_BYTES: usize = 2 << 20;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 40;
/// Most flow elements of a process.
pub const MAX_NODES: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Task,
    Gateway,
    End,
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    name: String,
    line: usize,
    default: Option<String>,
}

#[derive(Debug)]
struct Flow {
    id: String,
    name: String,
    from: String,
    to: String,
    line: usize,
}

#[derive(Debug, Default)]
struct Drawing {
    name: String,
    order: Vec<String>,
    nodes: BTreeMap<String, Node>,
    flows: Vec<Flow>,
    /// The lane of each element.
    lanes: BTreeMap<String, String>,
    processes: usize,
}

/// Reads a file and writes the draft: TOML with the id, version 1, in this field of work, valid from that day.
///
/// # Errors
/// [`Wrong`]: the first thing that is wrong or not understood.
pub fn import(xml: &[u8], id: &str, field: Work, valid_from: Day, references: &References) -> Result<String, Wrong> {
    let drawing = drawing::read(xml)?;
    draft::Draft { drawing: &drawing, references, keys: BTreeMap::new() }.write(id, field, valid_from)
}

fn wrong(line: usize, what: Text, mend: Text) -> Wrong {
    Wrong::new(line, what, mend)
}

fn draw_again() -> Text {
    text!("Vẽ lại phần tử đó.", "Draw it again.")
}
