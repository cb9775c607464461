//! Commands on phrases: `Thay thế cụm từ “A” bằng cụm từ “B” tại …`, `Bỏ cụm từ “A” tại …`, `Bổ sung cụm từ …`.

use super::formula::{Group, addressed, groups};
use super::{Commands, Context, quote};
use crate::cite::Words;
use crate::command::{Action, Command, Place, Reason};
use crate::text::Text;

const WORDS: [&str; 10] =
    ["các cụm từ", "một số cụm từ", "cụm từ", "các từ", "từ", "chữ", "các chữ", "số", "số và chữ", "dấu"];

/// `cụm từ “A”` at word `i`.
fn named(words: &Words, i: usize) -> Option<(Vec<Text>, usize)> {
    let word = words.any(i, &WORDS)?;
    quote::phrases(words, i + word)
}

/// `Thay thế cụm từ “A” [tại …] bằng cụm từ “B”[, cụm từ “C” bằng …] tại …`, from the word after the verb.
pub(super) fn replace(words: &Words, i: usize, context: &Context, place: &Place) -> Option<Commands> {
    let mut pairs: Vec<(Text, Text)> = Vec::new();
    let mut where_to: Vec<Group> = Vec::new();
    let mut at = i;
    loop {
        let (olds, next) = named(words, at)?;
        at = next;
        if let Some((found, next)) = place_list(words, at) {
            where_to.extend(found);
            at = next;
        }
        at += words.any(at, &["được thay thế", "được thay"]).unwrap_or(0);
        at += words.any(at, &["bằng", "thành"])?;
        let (news, next) = named(words, at).or_else(|| quote::phrases(words, at))?;
        let [new] = &news[..] else { return None };
        pairs.extend(olds.into_iter().map(|old| (old, new.clone())));
        at = next;
        let skip = match words.at(at) {
            "," | ";" | "và" => 1 + usize::from(words.are(at + 1, "và")),
            _ => 0,
        };
        let skip = skip + words.any(at + skip, &["thay thế", "thay"]).unwrap_or(0);
        if skip == 0 || named(words, at + skip).is_none() {
            break;
        }
        at += skip;
    }
    if let Some((found, next)) = place_list(words, at) {
        where_to.extend(found);
        at = next;
    }
    let actions = pairs.into_iter().map(|(old, new)| Action::Phrase { old, new }).collect();
    Some(finish(words, at, actions, where_to, context, place))
}

/// `Bỏ cụm từ “A”, “B” tại …`.
pub(super) fn drop(words: &Words, i: usize, context: &Context, place: &Place) -> Option<Commands> {
    let (olds, at) = named(words, i)?;
    let (where_to, at) = place_list(words, at).unwrap_or((Vec::new(), at));
    let actions = olds.into_iter().map(|old| Action::Phrase { old, new: "".into() }).collect();
    Some(finish(words, at, actions, where_to, context, place))
}

/// `Bổ sung cụm từ “B” vào sau|trước cụm từ “A” tại …`.
pub(super) fn beside(words: &Words, i: usize, context: &Context, place: &Place) -> Option<Commands> {
    let (news, at) = named(words, i)?;
    let [new] = &news[..] else { return None };
    let (side, after) = match words.any(at, &["vào sau", "vào liền sau", "sau"]) {
        Some(n) => (n, true),
        None => (words.any(at, &["vào trước", "trước", "vào liền trước"])?, false),
    };
    let (nears, at) = named(words, at + side)?;
    let [near] = &nears[..] else { return None };
    let (where_to, at) = place_list(words, at).unwrap_or((Vec::new(), at));
    let action = Action::PhraseBeside { near: near.clone(), new: new.clone(), after };
    Some(finish(words, at, vec![action], where_to, context, place))
}

/// `tại khoản 1 Điều 5 …`.
fn place_list(words: &Words, i: usize) -> Option<(Vec<Group>, usize)> {
    let at = i + words.any(i, &["quy định tại", "tại", "trong", "ở", "của"])?;
    groups(words, at)
}

fn finish(
    words: &Words,
    at: usize,
    actions: Vec<Action>,
    where_to: Vec<Group>,
    context: &Context,
    place: &Place,
) -> Commands {
    let mut out = Commands::default();
    let rest = words.text[words.start(at)..].trim_matches(['.', ';', ',', ' ']);
    if where_to.is_empty() || !rest.is_empty() {
        let words = if rest.is_empty() { place.text.clone() } else { rest.to_owned() };
        let addresses = where_to.iter().flat_map(|g| addressed(g, context).unwrap_or_default()).collect();
        let target = where_to.iter().find_map(|g| g.target.clone()).or_else(|| context.target.clone());
        return Commands::flag(Reason::NoAddress { words }, place, target, addresses);
    }
    for group in where_to {
        let target = group.target.clone().or_else(|| context.target.clone());
        match addressed(&group, context) {
            Some(addresses) => {
                for action in &actions {
                    out.commands.push(Command {
                        target: target.clone(),
                        addresses: addresses.clone(),
                        action: action.clone(),
                        place: place.clone(),
                        from: None,
                    });
                }
            }
            None => {
                let flag = Commands::flag(Reason::NoAddress { words: place.text.clone() }, place, target, Vec::new());
                out.flags.extend(flag.flags);
            }
        }
    }
    out
}
