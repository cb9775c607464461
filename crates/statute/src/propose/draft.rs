//! Commands as the drafter writes them.

use crate::address::Address;
use crate::label::Level;
use crate::model::Unit;
use crate::text::Text;

/// One command to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Draft {
    Replace(Vec<Address>, Vec<Unit>),
    Insert { after: Option<Address>, parent: Address, new: Vec<Unit> },
    Repeal(Vec<Address>),
    Retitle(Address, Unit),
    Phrase { old: Text, new: Text, at: Vec<Address> },
    Paragraph(Address, String),
}

impl Draft {
    /// The article that the command is about, when it is about one alone.
    fn article(&self) -> Option<Address> {
        let of = |a: &Address| {
            let at = a.steps.iter().position(|(level, _)| *level == Level::Article)?;
            (a.steps.len() > at + 1 || a.paragraph.is_some())
                .then(|| Address { steps: a.steps[..=at].to_vec(), paragraph: None })
        };
        match self {
            Draft::Replace(to, _) | Draft::Repeal(to) => {
                let first = of(to.first()?)?;
                to.iter().all(|a| of(a).as_ref() == Some(&first)).then_some(first)
            }
            Draft::Insert { after, parent, .. } => match after {
                Some(after) => of(after),
                None if parent.level() == Some(Level::Article) => Some(parent.clone()),
                None => of(parent),
            },
            Draft::Paragraph(at, _) => of(at),
            Draft::Retitle(..) | Draft::Phrase { .. } => None,
        }
    }

    /// The characters that the command takes.
    pub(super) fn cost(&self) -> usize {
        self.text(None, "").chars().count()
    }

    /// The command as text, with its last stop. `within` is the article that a container around it names.
    fn text(&self, within: Option<&Address>, law: &str) -> String {
        let name = |a: &Address| short(a, within);
        let of = if law.is_empty() { String::new() } else { format!(" của {law}") };
        let quote = |units: &[Unit]| units.iter().map(Unit::text).collect::<Vec<_>>().join("\n");
        match self {
            Draft::Replace(to, new) => {
                format!("Sửa đổi, bổ sung {}{of} như sau:\n{}", list(to, within), quoted(&quote(new)))
            }
            Draft::Insert { after, parent, new } => {
                let names = own_names(new);
                match after {
                    Some(after) => {
                        format!("Bổ sung {names} vào sau {}{of} như sau:\n{}", name(after), quoted(&quote(new)))
                    }
                    None if parent.steps.is_empty() => format!("Bổ sung {names}{of} như sau:\n{}", quoted(&quote(new))),
                    None => format!("Bổ sung {names} vào {}{of} như sau:\n{}", whole(parent), quoted(&quote(new))),
                }
            }
            Draft::Repeal(to) => format!("Bãi bỏ {}{of}", list(to, within)),
            Draft::Retitle(at, unit) => {
                let mut bare = unit.clone();
                bare.lead.clear();
                bare.children.clear();
                bare.tail.clear();
                format!("Sửa đổi tên {}{of} như sau:\n{}", name(at), quoted(&bare.text()))
            }
            Draft::Phrase { old, new, at } if new.is_empty() => {
                format!("Bỏ cụm từ “{old}” tại {}{of}", list(at, within))
            }
            Draft::Phrase { old, new, at } if added(old, new).is_some() => {
                let more = added(old, new).unwrap_or_default();
                format!("Bổ sung cụm từ “{more}” vào sau cụm từ “{old}” tại {}{of}", list(at, within))
            }
            Draft::Phrase { old, new, at } => {
                format!("Thay thế cụm từ “{old}” bằng cụm từ “{new}” tại {}{of}", list(at, within))
            }
            Draft::Paragraph(at, text) => format!("Sửa đổi, bổ sung {}{of} như sau:\n{}", name(at), quoted(text)),
        }
    }

    /// The command as a sentence that itself names the law.
    pub(super) fn text_in(&self, law: &str) -> Option<String> {
        Some(format!("{}.", self.text(None, law)))
    }
}

/// What comes after the old words, when they stay.
fn added<'a>(old: &str, new: &'a str) -> Option<&'a str> {
    let rest = new.strip_prefix(old)?;
    match rest.chars().next()? {
        ' ' => Some(rest.trim_start()).filter(|r| !r.starts_with([',', ';', '.', ':'])),
        ',' | ';' => Some(rest),
        _ => None,
    }
}

/// New text in quotation marks; in straight ones when its own curly ones do not match up.
fn quoted(text: &str) -> String {
    let mut depth = 0i32;
    let balanced = text.chars().all(|c| {
        depth += i32::from(c == '“') - i32::from(c == '”');
        depth >= 0
    });
    if balanced && depth == 0 { format!("“{text}”") } else { format!("\"{text}\"") }
}

/// The address in words; below a container that names the article, without it.
fn short(address: &Address, within: Option<&Address>) -> String {
    match within {
        Some(article) if article.covers(address) && address.steps.len() > article.steps.len() => {
            let steps = address.steps[article.steps.len()..].to_vec();
            Address { steps, paragraph: address.paragraph }.to_string()
        }
        _ => whole(address),
    }
}

/// The address in words; articles need nothing above them.
fn whole(address: &Address) -> String {
    let from = address.steps.iter().position(|(level, _)| *level == Level::Article).unwrap_or(0);
    Address { steps: address.steps[from..].to_vec(), paragraph: address.paragraph }.to_string()
}

/// `khoản 1 Điều 2, Điều 5 và điểm a khoản 3 Điều 9`.
fn list(addresses: &[Address], within: Option<&Address>) -> String {
    let names: Vec<String> = addresses.iter().map(|a| short(a, within)).collect();
    joined(&names)
}

fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} và {last}", most.join(", ")),
    }
}

fn own_names(units: &[Unit]) -> String {
    let names: Vec<String> = units.iter().map(|u| format!("{} {}", u.level.word(), u.label.shown(u.level))).collect();
    joined(&names)
}

/// Brings together what drafters say in one command: the same change of words in several places, repeals.
pub(super) fn merge(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::new();
    let mut phrases: Vec<Draft> = Vec::new();
    for draft in drafts {
        match draft {
            Draft::Phrase { old, new, at } => {
                let same = phrases.iter_mut().find_map(|p| match p {
                    Draft::Phrase { old: o, new: n, at } if *o == old && *n == new => Some(at),
                    _ => None,
                });
                match same {
                    Some(list) => list.extend(at),
                    None => phrases.push(Draft::Phrase { old, new, at }),
                }
            }
            Draft::Repeal(at) => match out.last_mut() {
                Some(Draft::Repeal(list)) => list.extend(at),
                _ => out.push(Draft::Repeal(at)),
            },
            other => out.push(other),
        }
    }
    // Changes of words come last, as drafters put them; the units they name are named by no other command.
    out.extend(phrases);
    out
}

/// The numbered items of the amending article, each with its end. With `grouped`, several commands on one article
/// stand in a container of their own.
pub(super) fn items(drafts: &[Draft], grouped: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < drafts.len() {
        let article = drafts[i].article();
        let run = match &article {
            Some(article) if grouped => {
                drafts[i..].iter().take_while(|d| d.article().as_ref() == Some(article)).count()
            }
            _ => 1,
        };
        match article {
            Some(article) if run > 1 && run <= crate::label::ALPHABET.chars().count() => {
                let mut item = format!("Sửa đổi, bổ sung một số điểm, khoản của {} như sau:", whole(&article));
                for (k, (letter, draft)) in crate::label::ALPHABET.chars().zip(&drafts[i..i + run]).enumerate() {
                    let end = if k + 1 == run { "." } else { ";" };
                    item.push_str(&format!("\n{letter}) {}{end}", draft.text(Some(&article), "")));
                }
                out.push(item);
            }
            _ => out.extend(drafts[i..i + run].iter().map(|d| format!("{}.", d.text(None, "")))),
        }
        i += run;
    }
    out
}
