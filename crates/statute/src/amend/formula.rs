//! The formulas.

use super::sentence::{everything_named, expiry, names_other_law, unknown};
use super::{Commands, Context, Verb, phrase, quote};
use crate::address::Address;
use crate::cite::{Cited, DocRef, Part, Words};
use crate::cite::{document, list};
use crate::command::{Action, Command, Place, Reason, named};
use crate::label::Level;
use crate::model::Unit;
use crate::text::Text;

/// Units of one document: `Điều 64 và Điều 65 của Luật Y số …`.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub list: Vec<Cited>,
    pub target: Option<DocRef>,
}

/// Reads `…, … của Luật X; … của Luật Y` at word `i`.
pub(super) fn groups(words: &Words, i: usize) -> Option<(Vec<Group>, usize)> {
    let mut out: Vec<Group> = Vec::new();
    let mut at = i;
    loop {
        let start = at + words.any(at, &["quy định tại", "tại"]).unwrap_or(0);
        let Some((cited, next)) = list::read(words, start) else { break };
        at = next;
        let of = usize::from(words.are(at, "của")) + usize::from(words.are(at, "thuộc"));
        let target = document::read(words, at + of).map(|(doc, next)| {
            at = next;
            doc
        });
        out.push(Group { list: cited, target });
        let skip = match words.at(at) {
            "," | ";" if words.are(at + 1, "và") => 2,
            "," | ";" | "và" => 1,
            _ => break,
        };
        let more = at + skip + words.any(at + skip, &["quy định tại", "tại"]).unwrap_or(0);
        if list::read(words, more).is_none() {
            break;
        }
        at += skip;
    }
    for k in (1..out.len()).rev() {
        if out[k - 1].target.is_none() {
            out[k - 1].target = out[k].target.clone();
        }
    }
    (!out.is_empty()).then_some((out, at))
}

/// The addresses of a group, with what the context gives; `None` when a part stays open.
pub(super) fn addressed(group: &Group, context: &Context) -> Option<Vec<Address>> {
    group.list.iter().map(|cited| cited.resolve(&context.base)).collect()
}

const AMEND: [&str; 11] = [
    "sửa đổi , bổ sung",
    "sửa đổi , bổ sung , bãi bỏ",
    "sửa đổi , bãi bỏ",
    "sửa đổi , bổ sung , thay thế",
    "sửa đổi , bỗ sung",
    "bổ sung , sửa đổi",
    "sửa đổi và bổ sung",
    "sửa đổi bổ sung",
    "bổ sung , thay thế",
    "sửa đổi",
    "sửa",
];

/// The longest of the phrases at `i`; marks count as words.
fn verb(words: &Words, i: usize, phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter(|p| words.are(i, p)).map(|p| p.split(' ').count()).max()
}

/// One operation of a sentence, before its units are resolved.
struct Op {
    kind: OpKind,
    list: Vec<Cited>,
    anchor: Option<Anchor>,
    target: Option<DocRef>,
}

#[derive(Clone, Copy, PartialEq)]
enum OpKind {
    Replace,
    Insert,
    Repeal,
    Retitle,
}

impl Op {
    /// The units that the operation names. A unit to insert lies where its anchor lies.
    fn addresses(&self, inner: &Context) -> Option<Vec<Address>> {
        let Some(Anchor { units, after }) = &self.anchor else {
            return addressed(&Group { list: self.list.clone(), target: None }, inner);
        };
        let [anchor] = &units[..] else { return None };
        let anchor = anchor.resolve(&inner.base)?;
        let named = |cited: &Cited| match cited.steps.last() {
            Some((level, Part::Label(label))) => Some((*level, label.clone())),
            _ => None,
        };
        let (level, _) = named(self.list.first()?)?;
        let beside = *after || anchor.level() == Some(level);
        let parent = if beside { anchor.parent() } else { anchor };
        self.list.iter().map(|c| named(c).map(|(level, label)| parent.child(level, label))).collect()
    }
}

/// Where an insertion goes.
struct Anchor {
    units: Vec<Cited>,
    after: bool,
}

/// Reads one sentence.
pub(super) fn read(text: &str, quoted: &[&[Text]], context: &Context, place: &Place) -> Commands {
    let words = Words::of(text);
    let own = quote::without_quotes(text);
    if let Some(found) = condition(&own)
        && amends(&words, context)
        && (context.target.is_some() || names_other_law(&words))
    {
        let (targets, addresses) = everything_named(&words, context);
        let mut out = Commands::default();
        for target in targets {
            let reason = Reason::Conditional { words: found.clone() };
            out.flags.extend(Commands::flag(reason, place, target, addresses.clone()).flags);
        }
        return out;
    }
    if let Some(found) = phrases(&words, context, place) {
        return found;
    }
    if let Some(found) = units(&words, quoted, context, place) {
        return found;
    }
    if let Some(found) = expiry(&words, context, place) {
        return found;
    }
    unknown(&words, &own, quoted, context, place)
}

fn phrases(words: &Words, context: &Context, place: &Place) -> Option<Commands> {
    if let Some(n) = verb(words, 0, &["thay thế", "thay", "sửa đổi", "sửa"]) {
        return phrase::replace(words, n, context, place);
    }
    if let Some(n) = verb(words, 0, &["bỏ", "bãi bỏ", "lược bỏ"])
        && let Some(found) = phrase::drop(words, n, context, place)
    {
        return Some(found);
    }
    if let Some(n) = verb(words, 0, &["bổ sung", "bổ sung thêm", "thêm"]) {
        return phrase::beside(words, n, context, place);
    }
    match context.verb {
        Some(Verb::Drop) => phrase::drop(words, 0, context, place),
        Some(Verb::Amend) => phrase::replace(words, 0, context, place),
        _ => None,
    }
}

/// Words that make a command hold only in part, for some or for a time.
fn condition(own: &str) -> Option<String> {
    const WORDS: [&str; 8] = [
        "trừ trường hợp",
        "trừ quy định",
        "trừ các",
        ", trừ ",
        "ngoại trừ",
        "cho đến khi",
        "cho đến ngày",
        "đối với trường hợp",
    ];
    let lower = own.to_lowercase();
    let from = WORDS.iter().find_map(|w| lower.find(w)).or_else(|| {
        lower
            .match_indices("kể từ ngày ")
            .map(|(i, w)| i + w.len())
            .find(|&i| lower[i..].starts_with(|c: char| c.is_ascii_digit()))
    })?;
    Some(lower.get(from..).unwrap_or(&lower).trim_matches([',', ' ', '.', ';']).chars().take(80).collect())
}

/// Whether the sentence is of the amending kind at all.
pub(super) fn amends(words: &Words, context: &Context) -> bool {
    if words.are(0, "thay đổi") {
        return false;
    }
    let starts =
        verb(words, 0, &["bãi bỏ", "bỏ", "thay thế", "thay", "bổ sung"]).is_some() || verb(words, 0, &AMEND).is_some();
    let expires = (0..words.len()).any(|k| words.are(k, "hết hiệu lực"));
    starts || expires || context.verb == Some(Verb::Repeal)
}

/// Units named by commands on units, one after another in the sentence.
fn units(words: &Words, quoted: &[&[Text]], context: &Context, place: &Place) -> Option<Commands> {
    let mut ops: Vec<Op> = Vec::new();
    let mut at = 0;
    let mut with_title = false;
    let passive = passive(words);
    let mut more = passive.is_none();
    if let Some((found, next)) = passive {
        ops = found;
        at = next;
    }
    while more {
        more = false;
        let (kind, n) = match operation(words, at) {
            Some(found) => found,
            None if at == 0 && context.verb == Some(Verb::Repeal) => (OpKind::Repeal, 0),
            None => break,
        };
        // `Sửa đổi, bổ sung tên điều, khoản 1; …`: the heading of the article and units of it.
        let title = match kind {
            OpKind::Replace if words.are(at + n, "tên điều") => {
                2 + words.any(at + n + 2, &[",", "và"]).unwrap_or(0)
            }
            _ => 0,
        };
        with_title |= title > 0;
        let (found, next) = read_op(words, at + n + title, kind)?;
        ops.extend(found);
        at = next;
        let skip = match words.at(at) {
            "," | ";" if words.are(at + 1, "và") => 2,
            "," | ";" | "và" | "đồng" => 1,
            _ => break,
        };
        if operation(words, at + skip).is_some() {
            more = true;
            at += skip;
        }
    }
    if ops.is_empty() {
        return None;
    }
    let mut rest = words.text[words.start(at)..].trim().trim_matches(['.', ';', ':', ',', ' ']);
    for end in ["như sau", "dưới đây", "kể từ ngày Luật này có hiệu lực thi hành", "kể từ ngày Luật này có hiệu lực"]
    {
        rest = rest.strip_suffix(end).map_or(rest, |r| r.trim_matches([' ', ':', ',']));
    }
    Some(resolve_ops(ops, rest, quoted, context, place, with_title))
}

/// `Điểm đ khoản 1 Điều 2 [của Luật X] được sửa đổi, bổ sung như sau:`.
fn passive(words: &Words) -> Option<(Vec<Op>, usize)> {
    let (found, next) = groups(words, 0)?;
    let n = verb(words, next, &["được sửa đổi , bổ sung", "được sửa đổi"])?;
    words.are(next + n, "như sau").then_some(())?;
    let op = |g: Group| Op { kind: OpKind::Replace, list: g.list, anchor: None, target: g.target };
    Some((found.into_iter().map(op).collect(), next + n))
}

/// The verb of an operation at word `i`.
fn operation(words: &Words, i: usize) -> Option<(OpKind, usize)> {
    if let Some(n) = verb(words, i, &AMEND) {
        let title = words.any(i + n, &["tên", "tên gọi", "tiêu đề"]);
        return Some(match title {
            Some(t) if list::read(words, i + n + t).is_some_and(|(l, _)| l.len() == 1) => (OpKind::Retitle, n + t),
            _ => (OpKind::Replace, n),
        });
    }
    if let Some(n) = verb(words, i, &["bổ sung thêm", "bổ sung", "bỗ sung", "thêm"]) {
        return Some((OpKind::Insert, n));
    }
    verb(words, i, &["bãi bỏ", "hủy bỏ", "huỷ bỏ", "bỏ"]).map(|n| (OpKind::Repeal, n))
}

fn read_op(words: &Words, i: usize, kind: OpKind) -> Option<(Vec<Op>, usize)> {
    if kind != OpKind::Insert {
        if let Some((found, next)) = groups(words, i) {
            let ops = found.into_iter().map(|g| Op { kind, list: g.list, anchor: None, target: g.target }).collect();
            return Some((ops, next));
        }
        if kind == OpKind::Repeal {
            let (doc, next) = document::read(words, i)?;
            return (!doc.this).then(|| (vec![Op { kind, list: Vec::new(), anchor: None, target: Some(doc) }], next));
        }
        return None;
    }
    let (cited, mut at) = list::read(words, i)?;
    let mut anchor = None;
    let side = words
        .any(at, &["vào sau", "vào ngay sau", "vào liền sau", "tiếp sau", "sau"])
        .map(|n| (n, true))
        .or_else(|| words.any(at, &["vào trước", "vào ngay trước", "trước", "vào cuối", "vào"]).map(|n| (n, false)));
    if let Some((n, after)) = side {
        let (units, next) = list::read(words, at + n)?;
        anchor = Some(Anchor { units, after });
        at = next;
    }
    // `… vào sau Điều 70 trong Chương IV`: the anchor alone tells the place.
    if let Some(n) = words.any(at, &["trong", "thuộc", "của"])
        && let Some((within, next)) = list::read(words, at + n)
        && within.iter().all(|c| c.steps.iter().all(|(level, _)| level.is_container()))
    {
        at = next;
    }
    let of = usize::from(words.are(at, "của"));
    let mut target = None;
    if let Some((doc, next)) = document::read(words, at + of) {
        target = Some(doc);
        at = next;
    }
    Some((vec![Op { kind, list: cited, anchor, target }], at))
}

fn resolve_ops(
    mut ops: Vec<Op>,
    rest: &str,
    quoted: &[&[Text]],
    context: &Context,
    place: &Place,
    with_title: bool,
) -> Commands {
    // The article and the law of the last operation count for those before it that name none.
    let mut base = context.base.clone();
    for op in &ops {
        let all = op.list.iter().chain(op.anchor.iter().flat_map(|a| &a.units));
        for cited in all {
            if let Some(address) = cited.resolve(&Address::default()).filter(|a| a.at(Level::Article).is_some()) {
                base = article_of(&address);
            }
        }
    }
    let inner = Context { base, ..context.clone() };
    for k in (1..ops.len()).rev() {
        if ops[k - 1].target.is_none() {
            ops[k - 1].target = ops[k].target.clone();
        }
    }
    let target = ops.iter().find_map(|op| op.target.clone()).or_else(|| context.target.clone());
    let known: Vec<Address> = ops.iter().flat_map(|op| &op.list).filter_map(|c| c.resolve(&inner.base)).collect();
    if !rest.is_empty() {
        return Commands::flag(Reason::UnknownFormula, place, target, known);
    }
    let needs_text = ops.iter().any(|op| op.kind != OpKind::Repeal);
    let (mut pool, mut loose) = quote::units(quoted);
    if needs_text && pool.is_empty() && loose.is_empty() {
        return Commands::flag(Reason::NoText, place, target, known);
    }
    let quoted_names = named(&pool);
    let mut out = Commands::default();
    if with_title {
        // The new heading is quoted with the article's number, its units below it.
        let article = inner.base.at(Level::Article).cloned();
        match &mut pool[..] {
            [quoted]
                if Some(&quoted.label) == article.as_ref()
                    && quoted.level == Level::Article
                    && quoted.lead.is_empty() =>
            {
                let action = Action::Retitle { heading: quoted.title().into() };
                let addresses = vec![inner.base.clone()];
                out.commands.push(Command {
                    target: target.clone(),
                    addresses,
                    action,
                    place: place.clone(),
                    from: None,
                });
                pool = std::mem::take(&mut quoted.children);
            }
            _ => {
                let reason = Reason::OtherUnits { quoted: quoted_names, named: place.text.clone() };
                return Commands::flag(reason, place, target, known);
            }
        }
    }
    for op in ops {
        let target = op.target.clone().or_else(|| context.target.clone());
        let Some(addresses) = op.addresses(&inner) else {
            let reason = Reason::NoAddress { words: place.text.clone() };
            return Commands::flag(reason, place, target, known);
        };
        let made = match op.kind {
            OpKind::Repeal => Some((addresses.clone(), Action::Repeal)),
            OpKind::Retitle => {
                new_heading(&mut pool, &mut loose).map(|h| (addresses.clone(), Action::Retitle { heading: h }))
            }
            OpKind::Replace => {
                replacement(&addresses, &mut pool, &mut loose).map(|new| (addresses.clone(), Action::Replace { new }))
            }
            OpKind::Insert => insertion(&addresses, op.anchor.as_ref(), &inner, &mut pool),
        };
        let Some((addresses, action)) = made else {
            let names = addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
            let reason = Reason::OtherUnits { quoted: quoted_names, named: names };
            return Commands::flag(reason, place, target, known);
        };
        out.commands.push(Command { target, addresses, action, place: place.clone(), from: None });
    }
    if !pool.is_empty() || !loose.is_empty() {
        let reason = Reason::OtherUnits { quoted: quoted_names, named: place.text.clone() };
        return Commands::flag(reason, place, target, known);
    }
    out
}

fn article_of(address: &Address) -> Address {
    let steps = address.steps.iter().filter(|(level, _)| *level <= Level::Article).cloned().collect();
    Address { steps, paragraph: None }
}

/// Takes the quoted unit that answers to an address.
fn take(pool: &mut Vec<Unit>, address: &Address) -> Option<Unit> {
    let (level, label) = address.steps.last()?;
    let at = pool.iter().position(|u| u.level == *level && u.label == *label)?;
    Some(pool.remove(at))
}

fn replacement(addresses: &[Address], pool: &mut Vec<Unit>, loose: &mut Vec<Text>) -> Option<Vec<Unit>> {
    if let [one] = addresses
        && (one.paragraph.is_some() || (pool.is_empty() && one.level()? >= Level::Clause))
    {
        // A paragraph, or a clause or point whose new text is quoted without its number.
        if let [unit] = &pool[..]
            && one.paragraph == Some(crate::address::Paragraph::Opening)
            && one.steps.last() == Some(&(unit.level, unit.label.clone()))
            && unit.children.is_empty()
        {
            return Some(std::mem::take(pool));
        }
        if !pool.is_empty() || loose.is_empty() {
            return None;
        }
        let (level, label) = one.steps.last()?.clone();
        let mut unit = Unit::new(level, label);
        unit.lead = std::mem::take(loose).into_iter().map(crate::model::Block::Text).collect();
        return Some(vec![unit]);
    }
    addresses.iter().map(|address| if address.paragraph.is_some() { None } else { take(pool, address) }).collect()
}

fn insertion(
    addresses: &[Address],
    anchor: Option<&Anchor>,
    inner: &Context,
    pool: &mut Vec<Unit>,
) -> Option<(Vec<Address>, Action)> {
    let new: Vec<Unit> = addresses.iter().map(|a| take(pool, a)).collect::<Option<_>>()?;
    let (place, after) = match anchor {
        Some(anchor) => {
            let [unit] = &anchor.units[..] else { return None };
            let unit = unit.resolve(&inner.base)?;
            let same = unit.level() == addresses.first()?.level();
            match anchor.after {
                true => (unit, true),
                // `vào trước khoản 1`: inside the same parent, where the label belongs.
                false if same => (unit.parent(), false),
                false => (unit, false),
            }
        }
        None => (addresses.first()?.parent(), false),
    };
    Some((vec![place], Action::Insert { new, after }))
}

fn new_heading(pool: &mut Vec<Unit>, loose: &mut Vec<Text>) -> Option<Text> {
    if let [unit] = &pool[..] {
        let title = unit.title();
        pool.clear();
        return (!title.is_empty()).then(|| title.into());
    }
    let title = loose.join(" ");
    loose.clear();
    (!title.is_empty() && pool.is_empty()).then(|| title.into())
}
