//! Reads an amending law as commands.
//!
//! The target law is named once in a container (`Sửa đổi, bổ sung một số điều của Luật X như sau:`) and inherited
//! below; so are articles. New text stands in quotation marks after the command. Every sentence that amends and is not
//! fully understood becomes a [`Flag`] with the reason; ordinary sentences are passed over.

mod container;
mod formula;
mod phrase;
mod quote;
mod sentence;

use crate::address::Address;
use crate::cite::{DocRef, Words};
use crate::command::{Command, Flag, Place, Reason};
use crate::label::Level;
use crate::model::{Block, Law, Unit};
use crate::text::{Text, joined};

/// What an amending text commands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Commands {
    /// The commands, in the order of the text.
    pub commands: Vec<Command>,
    /// What is left to a person.
    pub flags: Vec<Flag>,
}

/// What a unit inherits from the ones around it.
#[derive(Debug, Clone, Default)]
struct Context {
    /// The law that is amended.
    target: Option<DocRef>,
    /// The unit inside it: `Sửa đổi một số khoản của Điều 5 như sau:`.
    base: Address,
    /// What the container does, when its items do not say: `Bãi bỏ các quy định sau đây:`.
    verb: Option<Verb>,
}

/// What the items of a container do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Repeal,
    Drop,
    Amend,
}

/// Reads a whole amending law.
pub fn read_law(law: &Law) -> Commands {
    let mut reader = Reader::default();
    let titled = law.meta.title.as_deref().and_then(title_target);
    let context = Context { target: titled, ..Context::default() };
    for article in law.articles() {
        reader.unit(article, &Address::default(), &context);
    }
    reader.out
}

/// Reads one provision (article) of an amending law.
pub fn read_provision(article: &Unit) -> Commands {
    let mut reader = Reader::default();
    reader.unit(article, &Address::default(), &Context::default());
    reader.out
}

/// The law that a text opens for amendment, if it does: `Sửa đổi, bổ sung một số điều của Luật X như sau:`.
pub(crate) fn opened(text: &str) -> Option<DocRef> {
    container::container(&Words::of(text), &Context::default()).and_then(|c| c.target).filter(|t| !t.this)
}

/// The law that the title of an amending law names: `… một số điều của Luật X`. Titles are printed in capitals, so
/// only a number in it tells for sure; it is used where the text below names nothing.
fn title_target(title: &str) -> Option<DocRef> {
    let at = title.to_lowercase().find("một số điều của ")? + "một số điều của ".len();
    let rest = title.get(at..)?;
    let mut chars = rest.chars();
    let first: String = chars.next()?.to_uppercase().collect();
    crate::cite::read_document(&format!("{first}{}", chars.as_str())).map(|(doc, _)| doc)
}

#[derive(Default)]
struct Reader {
    out: Commands,
}

impl Reader {
    fn unit(&mut self, unit: &Unit, above: &Address, context: &Context) {
        let here = match unit.level {
            Level::Article => Address::article(unit.label.clone()),
            level => above.child(level, unit.label.clone()),
        };
        let mut inner = context.clone();
        let mut blocks: Vec<Block> = Vec::new();
        if unit.level == Level::Article && !unit.heading.is_empty() {
            let title = unit.title();
            let has_text = unit.lead.iter().any(|b| matches!(b, Block::Text(_))) || !unit.children.is_empty();
            match title.ends_with(':') || !has_text {
                true => blocks.push(Block::text(title)),
                false => {
                    if let Some(found) = container::container(&Words::of(&title), &inner) {
                        inner = Context { verb: None, ..found };
                    }
                }
            }
        }
        blocks.extend(unit.lead.iter().cloned());
        self.blocks(&blocks, &here, &mut inner, !unit.children.is_empty());
        for child in &unit.children {
            self.unit(child, &here, &inner);
        }
        let mut after = inner.clone();
        self.blocks(&unit.tail, &here, &mut after, false);
    }

    /// Reads paragraphs, each with the quotations that follow it.
    fn blocks(&mut self, blocks: &[Block], here: &Address, context: &mut Context, has_children: bool) {
        let mut i = 0;
        while i < blocks.len() {
            let Block::Text(text) = &blocks[i] else {
                i += 1;
                continue;
            };
            let quoted: Vec<&[Text]> = blocks[i + 1..]
                .iter()
                .map_while(|b| if let Block::Quoted(lines) = b { Some(&lines[..]) } else { None })
                .collect();
            i += 1 + quoted.len();
            let place = Place { provision: here.to_string(), text: joined(text).into_owned() };
            let more = has_children && i >= blocks.len();
            if let Some(found) = self.sentence(&joined(text), &quoted, &place, context, more) {
                *context = found;
            }
        }
    }

    /// Reads one command; answers the context of what follows, when the sentence only opens one.
    fn sentence(
        &mut self,
        text: &str,
        quoted: &[&[Text]],
        place: &Place,
        context: &Context,
        has_children: bool,
    ) -> Option<Context> {
        let words = Words::of(text);
        if quoted.is_empty()
            && (has_children || text.ends_with(':'))
            && let Some(inner) = container::container(&words, context)
        {
            return Some(inner);
        }
        // Each sentence of a paragraph may command: `Bãi bỏ Điều 5. Thay thế cụm từ …`.
        for part in sentences(text, quoted.is_empty()) {
            let place = Place { provision: place.provision.clone(), text: part.to_owned() };
            let found = formula::read(part, quoted, context, &place);
            self.out.commands.extend(found.commands);
            self.out.flags.extend(found.flags);
        }
        None
    }
}

/// Parts a paragraph at full stops outside quotation marks, and at semicolons after which a new command begins.
fn sentences(text: &str, commands: bool) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut depth, mut straight, mut start) = (0usize, false, 0);
    let bytes = text.as_bytes();
    for (i, c) in text.char_indices() {
        match c {
            '“' => depth += 1,
            '”' => depth = depth.saturating_sub(1),
            '"' => straight = !straight,
            ';' if commands && depth == 0 && !straight && begins_command(&text[i + 1..]) => {
                out.push(text[start..=i].trim());
                start = i + 1;
            }
            '.' if depth == 0 && !straight && bytes.get(i + 1) == Some(&b' ') => {
                out.push(text[start..=i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        out.push(last);
    }
    out
}

fn begins_command(rest: &str) -> bool {
    let rest = rest.trim_start().to_lowercase();
    ["bãi bỏ ", "bỏ cụm từ ", "bỏ từ ", "thay thế ", "thay cụm từ "].iter().any(|verb| rest.starts_with(verb))
}

impl Commands {
    fn flag(reason: Reason, place: &Place, target: Option<DocRef>, addresses: Vec<Address>) -> Commands {
        let flag = Flag { reason, place: place.clone(), target, addresses };
        Commands { commands: Vec::new(), flags: vec![flag] }
    }
}

#[cfg(test)]
mod tests;
