//! Sentences that amend without one of the formulas of [`super::formula`]: expiry clauses, and what is left to a person.

use super::formula::{Group, addressed, amends, groups};
use super::{Commands, Context};
use crate::address::Address;
use crate::cite::{DocRef, Words, document, list};
use crate::command::{Action, Command, Place, Reason};
use crate::text::Text;

/// `… của Luật X hết hiệu lực kể từ ngày Luật này có hiệu lực`.
pub(super) fn expiry(words: &Words, context: &Context, place: &Place) -> Option<Commands> {
    let end = (0..words.len()).find(|&k| words.are(k, "hết hiệu lực"))?;
    if document::read(words, 0).is_some_and(|(doc, _)| doc.this) {
        return None;
    }
    let mut at = words.any(0, &["các quy định tại", "quy định tại", "những quy định tại"]).unwrap_or(0);
    let mut scope = None;
    if let Some(n) = words.any(0, &["những quy định về", "các quy định về", "quy định về"]) {
        at = (0..end).find(|&k| words.are(k, "tại"))? + 1;
        scope = Some(words.text[words.start(n)..words.start(at - 1)].trim().to_owned());
    }
    let mut out = Commands::default();
    while at < end {
        let (list, target, next) = match groups(words, at) {
            Some((mut found, next)) if found.len() == 1 => {
                let group = found.remove(0);
                (group.list.clone(), group.target, next)
            }
            Some((found, next)) => {
                for group in found {
                    out.push_repeal(&group, context, place, scope.clone());
                }
                at = next + usize::from(next < end);
                continue;
            }
            None => match document::read(words, at) {
                Some((doc, next)) => (Vec::new(), Some(doc), next),
                None => {
                    at += 1;
                    continue;
                }
            },
        };
        out.push_repeal(&Group { list, target }, context, place, scope.clone());
        at = next;
        while at < end && matches!(words.at(at), "," | ";" | "và") {
            at += 1;
        }
    }
    Some(out)
}

impl Commands {
    /// A repeal; with a topic (`Những quy định về … tại Chương V`) it is limited to it and left to a person unless the
    /// consolidation can tell that the whole part is of that topic.
    fn push_repeal(&mut self, group: &Group, context: &Context, place: &Place, topic: Option<String>) {
        let target = group.target.clone().or_else(|| context.target.clone());
        let Some(addresses) = addressed(group, context) else {
            let reason = Reason::NoAddress { words: place.text.clone() };
            self.flags.extend(Commands::flag(reason, place, target, Vec::new()).flags);
            return;
        };
        if group.list.is_empty() && target.as_ref().is_none_or(|t| t.number.is_none()) {
            // A whole law is repealed by its number; a name alone may be cut short or be that of another law.
            if target.as_ref().is_some_and(is_law) {
                let reason = Reason::WhichLaw { words: target.as_ref().map_or_else(String::new, ToString::to_string) };
                self.flags.extend(Commands::flag(reason, place, target, addresses).flags);
            }
            return;
        }
        match topic {
            Some(topic) => self.flags.extend(Commands::flag(Reason::Topic { topic }, place, target, addresses).flags),
            None => self.commands.push(Command {
                target,
                addresses,
                action: Action::Repeal,
                place: place.clone(),
                from: None,
            }),
        }
    }
}

/// All documents and units that a sentence names, for a flag on it.
pub(super) fn everything_named(words: &Words, context: &Context) -> (Vec<Option<DocRef>>, Vec<Address>) {
    let (mut targets, mut addresses) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < words.len() {
        if let Some((list, next)) = list::read(words, at) {
            addresses.extend(list.iter().filter_map(|c| c.resolve(&context.base)));
            at = next;
        } else if let Some((doc, next)) = document::read(words, at) {
            if !doc.this {
                targets.push(Some(doc));
            }
            at = next;
        } else {
            at += 1;
        }
    }
    if targets.is_empty() {
        targets.push(context.target.clone());
    }
    (targets, addresses)
}

/// A sentence that is no known formula: flagged when it amends, passed over when it does not.
pub(super) fn unknown(words: &Words, own: &str, quoted: &[&[Text]], context: &Context, place: &Place) -> Commands {
    // `Luật X đã được sửa đổi, bổ sung …` only names Luật X.
    let lower = own.to_lowercase().replace("đã được sửa đổi", "").replace("được sửa đổi, bổ sung một số điều theo", "");
    let says = [
        "được thay thế bằng",
        "được sửa đổi",
        "được bãi bỏ",
        "bị bãi bỏ",
        "đánh số lại",
        "được chuyển thành",
        "đổi tên",
    ]
    .iter()
    .any(|w| lower.contains(w));
    let starts = amends(words, &Context::default()) && !lower.contains("này hết hiệu lực");
    if !(says || starts || !quoted.is_empty()) || (context.target.is_none() && !names_other_law(words)) {
        return Commands::default();
    }
    let renumber = ["đánh số lại", "chuyển thành", "đổi thứ tự"].iter().any(|w| lower.contains(w));
    let reason = if renumber { Reason::Renumbering } else { Reason::UnknownFormula };
    let (targets, addresses) = everything_named(words, context);
    let mut out = Commands::default();
    for target in targets {
        out.flags.extend(Commands::flag(reason.clone(), place, target, addresses.clone()).flags);
    }
    out
}

/// Whether the sentence names a law other than the one it stands in.
pub(super) fn names_other_law(words: &Words) -> bool {
    (0..words.len()).any(|k| document::read(words, k).is_some_and(|(doc, _)| is_law(&doc)))
}

fn is_law(doc: &DocRef) -> bool {
    !doc.this && (doc.number.is_some() || matches!(doc.kind.as_str(), "Luật" | "Bộ luật" | "Pháp lệnh"))
}
