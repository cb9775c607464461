//! From the drawing to the draft: steps in the order in which they are reached, written as TOML.

use super::{Drawing, Flow, Kind, MAX_NODES, Node, draw_again, wrong};
use crate::{
    References, Wrong,
    model::{Work, text},
};
use kernel::Day;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// From the drawing to TOML.
pub(super) struct Draft<'a> {
    pub(super) drawing: &'a Drawing,
    pub(super) references: &'a References,
    pub(super) keys: BTreeMap<&'a str, String>,
}

/// A way on from a task: over gateways to the next task or end, with the names of the flows on it.
struct Onward<'a> {
    to: &'a str,
    name: String,
    default: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn write(mut self, id: &str, field: Work, valid_from: Day) -> Result<String, Wrong> {
        let first = self.first()?;
        let order = self.reading_order(first)?;
        self.name_keys(&order);
        let title = if self.drawing.name.is_empty() { "Quy trình mới" } else { &self.drawing.name };
        let mut out = String::new();
        let _ = writeln!(
            out,
            "# Đọc từ tệp BPMN. Cần bổ sung: căn cứ pháp lý, tên tiếng Anh, người thực hiện, thời hạn.\n\
             id = {}\nversion = 1\nfield = {}\ntitle = {}\nsummary = {}\nbasis = [\"Chưa ghi căn cứ\"]\nvalid-from = \"{valid_from}\"\nverified = false",
            quoted(id),
            quoted(field.code()),
            both(title),
            both(title)
        );
        for node in order {
            self.step(&mut out, node)?;
        }
        Ok(out)
    }

    fn node(&self, id: &str) -> Option<&'a Node> {
        self.drawing.nodes.get(id)
    }

    /// The task at which the start leads.
    fn first(&self) -> Result<&'a str, Wrong> {
        let starts: Vec<_> = self.drawing.nodes.iter().filter(|(_, node)| node.kind == Kind::Start).collect();
        let [(start, node)] = starts.as_slice() else {
            let line = starts.get(1).map_or(1, |(_, node)| node.line);
            return Err(wrong(
                line,
                text!("Bản vẽ có {n} điểm bắt đầu.", "There are {n} start events.", n = starts.len()),
                text!("Vẽ đúng một điểm bắt đầu.", "Draw exactly one start."),
            ));
        };
        let ways = self.onward(start, node.line)?;
        match ways.as_slice() {
            [only] if self.node(only.to).is_some_and(|n| n.kind == Kind::Task) => Ok(only.to),
            [_] => Err(wrong(
                node.line,
                text!("Điểm bắt đầu không dẫn đến việc nào.", "The start leads to no task."),
                text!("Cho điểm bắt đầu dẫn đến việc đầu tiên.", "Let the start lead to the first task."),
            )),
            _ => Err(wrong(
                node.line,
                text!("Điểm bắt đầu không dẫn đến một việc duy nhất.", "The start does not lead to one task."),
                text!("Vẽ một mũi tên từ đó đến việc đầu tiên.", "Let one flow lead from it to the first task."),
            )),
        }
    }

    /// The ways on from an element, gateways passed through.
    fn onward(&self, from: &str, line: usize) -> Result<Vec<Onward<'a>>, Wrong> {
        let mut out = Vec::new();
        self.follow(from, String::new(), true, &mut BTreeSet::new(), &mut out, line)?;
        Ok(out)
    }

    fn follow(
        &self,
        from: &str,
        name: String,
        default: bool,
        passed: &mut BTreeSet<String>,
        out: &mut Vec<Onward<'a>>,
        line: usize,
    ) -> Result<(), Wrong> {
        let node = self.node(from);
        let flows: Vec<&'a Flow> = self.drawing.flows.iter().filter(|flow| flow.from == from).collect();
        if flows.is_empty() {
            return Err(wrong(
                line,
                text!("“{from}” không dẫn đến đâu.", "“{from}” leads nowhere."),
                text!("Vẽ mũi tên từ đó đến một việc hoặc điểm kết thúc.", "Draw a flow from it to a task or an end."),
            ));
        }
        if flows.len() > 1 && node.is_some_and(|node| node.kind != Kind::Gateway) {
            return Err(wrong(
                line,
                text!("Nhiều mũi tên cùng đi ra từ “{from}”.", "Several flows leave “{from}”."),
                text!(
                    "Đặt một cổng rẽ nhánh loại trừ sau đó: các mũi tên cùng đi ra từ một việc có nghĩa là chạy song song.",
                    "Put an exclusive gateway behind it: flows that leave a task together would run side by side."
                ),
            ));
        }
        let last = flows.len() - 1;
        for (at, flow) in flows.iter().enumerate() {
            let Some(to) = self.node(&flow.to) else {
                return Err(wrong(
                    flow.line,
                    text!(
                        "Một mũi tên dẫn đến “{to}” nhưng không có phần tử đó.",
                        "A flow leads to “{to}”, which is not there.",
                        to = flow.to
                    ),
                    draw_again(),
                ));
            };
            let chosen = node.and_then(|node| node.default.as_deref());
            let is_default = default && chosen.map_or(at == last, |id| flow.id == id);
            let joined = [name.as_str(), flow.name.as_str()]
                .iter()
                .filter(|n| !n.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" – ");
            match to.kind {
                Kind::Start => {
                    return Err(wrong(
                        flow.line,
                        text!("Một mũi tên dẫn ngược về điểm bắt đầu.", "A flow leads back to the start."),
                        text!("Cho mũi tên dẫn đến một việc.", "Let it lead to a task."),
                    ));
                }
                Kind::Gateway => {
                    if !passed.insert(flow.to.clone()) || out.len() > MAX_NODES {
                        return Err(wrong(
                            flow.line,
                            text!("Các cổng rẽ nhánh dẫn vòng tròn.", "Gateways lead in a circle."),
                            text!("Đặt một việc giữa các cổng.", "Put a task between them."),
                        ));
                    }
                    self.follow(&flow.to, joined, is_default, passed, out, to.line)?;
                    passed.remove(&flow.to);
                }
                Kind::Task | Kind::End => out.push(Onward { to: &flow.to, name: joined, default: is_default }),
            }
        }
        Ok(())
    }

    /// Tasks as they are reached from the first, then the ends.
    fn reading_order(&self, first: &'a str) -> Result<Vec<&'a str>, Wrong> {
        let mut seen = BTreeSet::from([first]);
        let mut reached = vec![first];
        let mut at = 0;
        while let Some(id) = reached.get(at).copied() {
            at += 1;
            let Some(node) = self.node(id).filter(|node| node.kind == Kind::Task) else { continue };
            for way in self.onward(id, node.line)? {
                if seen.insert(way.to) {
                    reached.push(way.to);
                }
            }
        }
        for id in &self.drawing.order {
            let node =
                self.node(id).filter(|n| matches!(n.kind, Kind::Task | Kind::End) && !seen.contains(id.as_str()));
            if let Some(node) = node {
                return Err(wrong(
                    node.line,
                    text!(
                        "Không có mũi tên nào dẫn đến “{name}”.",
                        "No flow leads to “{name}”.",
                        name = label(id, node)
                    ),
                    text!("Nối nó vào, hoặc bỏ đi.", "Connect it, or remove it."),
                ));
            }
        }
        // As drawn, so that a file written by us reads in its own order; ends last.
        let rank = |id: &&str| {
            let end = self.node(id).is_some_and(|n| n.kind == Kind::End);
            (end, **id != *first, self.drawing.order.iter().position(|o| o == *id))
        };
        reached.sort_by_key(rank);
        Ok(reached)
    }

    fn name_keys(&mut self, order: &[&'a str]) {
        let mut used = BTreeSet::new();
        for id in order {
            let Some(node) = self.node(id) else { continue };
            let own = id.strip_prefix("step_").map(|rest| rest.replace('_', "-"));
            let base = own.filter(|key| kernel::id::check(key).is_ok()).unwrap_or_else(|| slug(&label(id, node)));
            let mut key = base.clone();
            let mut n = 2;
            while !used.insert(key.clone()) {
                key = format!("{base}-{n}");
                n += 1;
            }
            self.keys.insert(id, key);
        }
    }

    fn key(&self, id: &str) -> &str {
        self.keys.get(id).map_or("", String::as_str)
    }

    fn step(&self, out: &mut String, id: &'a str) -> Result<(), Wrong> {
        let Some(node) = self.node(id) else { return Ok(()) };
        let name = label(id, node);
        let _ = write!(out, "\n[[steps]]\nkey = {}\n", quoted(self.key(id)));
        if node.kind == Kind::End {
            let outcome = outcome_of(&name, self.key(id));
            let _ = writeln!(out, "kind = \"end\"\ntitle = {}\noutcome = {}", both(&name), quoted(outcome));
            return Ok(());
        }
        let _ = writeln!(out, "kind = \"work\"\ntitle = {}\ntodo = {}", both(&name), both(&name));
        match self.drawing.lanes.get(id).and_then(|lane| self.owner(lane)) {
            Some(owner) => {
                let _ = writeln!(out, "owner = {}", quoted(&owner));
            }
            None => {
                let lane = self.drawing.lanes.get(id).map(String::as_str).unwrap_or_default();
                let _ = writeln!(out, "# Chưa xác định được người thực hiện: {}", lane.replace('\n', " "));
            }
        }
        let mut ways = self.onward(id, node.line)?;
        ways.sort_by_key(|way| way.default);
        if ways.len() > 1 {
            let _ = writeln!(out, "outcomes = [");
            let codes = way_codes(&ways);
            for (code, way) in codes.iter().zip(&ways) {
                let words = if way.name.is_empty() {
                    self.node(way.to).map(|n| label(way.to, n)).unwrap_or_default()
                } else {
                    way.name.clone()
                };
                let _ = writeln!(out, "  {{ code = {}, label = {} }},", quoted(code), both(&words));
            }
            let _ = writeln!(out, "]\nnext = [");
            let last = ways.len() - 1;
            for (at, (code, way)) in codes.iter().zip(&ways).enumerate() {
                let when =
                    if at == last { String::new() } else { format!("when = {{ outcome = {} }}, ", quoted(code)) };
                let _ = writeln!(out, "  {{ {when}to = {} }},", quoted(self.key(way.to)));
            }
            let _ = writeln!(out, "]");
        } else if let Some(way) = ways.first() {
            let _ = writeln!(out, "next = [{{ to = {} }}]", quoted(self.key(way.to)));
        }
        Ok(())
    }

    /// The owner that a lane names: in the written form, as `position, body`, or as a position that is in one body only.
    fn owner(&self, lane: &str) -> Option<String> {
        if let Some(owner) = crate::model::Owner::parse(lane.trim()) {
            return Some(owner.to_string());
        }
        let wanted = kernel::text::fold(lane);
        let same = |name: &str| kernel::text::fold(name) == wanted;
        let positions = &self.references.positions;
        if let Some((seat, _)) = positions.iter().find(|(seat, t)| seat.contains('@') && (same(&t.vi) || same(&t.en))) {
            return Some(seat.clone());
        }
        for (body, body_name) in self.references.bodies.iter().filter(|(code, _)| !code.ends_with('*')) {
            for (position, name) in positions.iter().filter(|(p, _)| !p.contains('@')) {
                let joined = |a: &str, b: &str| same(&format!("{a}, {b}")) || same(&format!("{a} {b}"));
                if joined(&name.vi, &body_name.vi) || joined(&name.en, &body_name.en) {
                    return Some(format!("{position}@{body}"));
                }
            }
            if same(&body_name.vi) || same(&body_name.en) {
                return Some(format!("head@{body}"));
            }
        }
        None
    }
}

/// How an end ends, by its name: `từ chối`, `rút`; anything else is done.
fn outcome_of(name: &str, key: &str) -> &'static str {
    let folded = format!("{} {key}", kernel::text::fold(name));
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    match () {
        () if has(&["rut", "withdraw"]) => "withdrawn",
        () if has(&["tu choi", "khong duoc", "khong thong qua", "bac", "refus", "reject"]) => "refused",
        () => "done",
    }
}

fn way_codes(ways: &[Onward<'_>]) -> Vec<String> {
    let mut used = BTreeSet::new();
    let code = |(at, way): (usize, &Onward<'_>)| {
        let base = if way.name.is_empty() { format!("way-{}", at + 1) } else { slug(&way.name) };
        let code = if used.contains(&base) { format!("{base}-{}", at + 1) } else { base };
        used.insert(code.clone());
        code
    };
    ways.iter().enumerate().map(code).collect()
}

fn label(id: &str, node: &Node) -> String {
    if node.name.is_empty() { id.to_owned() } else { node.name.clone() }
}

/// A key from a name: without marks, words joined by dashes.
fn slug(name: &str) -> String {
    let folded = kernel::text::fold(name).replace('đ', "d");
    let letters: String =
        folded.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let joined = letters.split_whitespace().take(8).collect::<Vec<_>>().join("-");
    let cut: String = joined.chars().take(48).collect();
    let cut = cut.trim_matches('-').to_owned();
    if kernel::id::check(&cut).is_ok() { cut } else { "buoc".to_owned() }
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn both(words: &str) -> String {
    format!("{{ vi = {0}, en = {0} }}", quoted(words))
}
