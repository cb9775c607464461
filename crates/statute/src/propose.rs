//! From the law in force and the law as it should read, the amending law in the legal formulas.
//!
//! Units are matched by their labels: what stands keeps its number, what comes new is numbered `2a`, `Điều 12a`, `a1`
//! (see [`number_new_units`]). For each changed unit the finest formula that is shorter than restating the unit is
//! taken; the same change of words in several places becomes one `Thay thế cụm từ … tại …`. Every proposal is read
//! back and applied before it is given out: `apply(base, propose(base, target)) == target`, or an error that names
//! what could not be said.

mod draft;
mod number;
mod plan;
mod words;

pub use number::{number_new_units, number_with_references};

use crate::address::Address;
use crate::amend::read_law;
use crate::apply::{Source, apply_unnamed};
use crate::label::Level;
use crate::model::{Law, Unit};
use crate::parse::{parse, parse_article};
use draft::Draft;
use kernel::time::Day;

/// What is known of the amending law to be.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// From which day it shall hold.
    pub in_force: Option<Day>,
}

/// An amending law.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Its articles as text: `Điều 1. Sửa đổi, bổ sung một số điều của …`, `Điều 2. Hiệu lực thi hành`. Empty when
    /// nothing changes.
    pub text: String,
    /// The commands alone, as they stand below the container line.
    pub items: Vec<String>,
    /// The law as the proposal makes it; its text is that of the target.
    pub result: Law,
}

/// Why there is no proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsayable {
    /// No formula leads from the base to the target here.
    #[error(
        "không có mẫu câu sửa đổi nào diễn đạt được thay đổi tại {0}; hãy giữ số thứ tự đang có và đánh dấu nội dung bãi bỏ bằng “(được bãi bỏ)”"
    )]
    At(String),
    /// Front or closing of the law was edited; only units can be amended.
    #[error("phần mở đầu hoặc phần kết của văn bản đã bị thay đổi; luật sửa đổi chỉ sửa được các điều, khoản, điểm")]
    Frame,
}

/// Writes the amending law that makes `target` of `base`.
///
/// # Errors
/// [`Unsayable`] when the target cannot be reached by formulas: articles renumbered, moved or dropped without a trace.
pub fn propose(base: &Law, target: &Law, wish: &Wish) -> Result<Proposal, Unsayable> {
    if base.front != target.front || base.back != target.back {
        return Err(Unsayable::Frame);
    }
    let mut drafts = Vec::new();
    plan::units(&base.units, &target.units, &Address::default(), &mut drafts)?;
    let drafts = draft::merge(drafts);
    let items = draft::items(&drafts, true);
    let text = law_text(base, &items, wish);
    let result = carry_out(base, &text);
    if result.text() != target.text() {
        let flat = draft::items(&drafts, false);
        let text = law_text(base, &flat, wish);
        let result = carry_out(base, &text);
        if result.text() != target.text() {
            return Err(Unsayable::At(first_difference(&result, target)));
        }
        return Ok(Proposal { text, items: flat, result });
    }
    Ok(Proposal { text, items, result })
}

fn law_text(base: &Law, items: &[String], wish: &Wish) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut out = format!("Điều 1. Sửa đổi, bổ sung một số điều của {}\n", base.meta.name());
    for (i, item) in items.iter().enumerate() {
        out.push_str(&format!("{}. {item}\n", i + 1));
    }
    let day = wish.in_force.map_or_else(|| "ngày     tháng     năm".to_owned(), Day::words);
    out.push_str(&format!("Điều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ {day}."));
    out
}

/// Reads a proposal back and applies it: the proof.
fn carry_out(base: &Law, text: &str) -> Law {
    let mut law = base.clone();
    for command in read_law(&parse(text).law).commands {
        // What cannot be applied shows as a difference to the target.
        let _ = apply_unnamed(&mut law, &command, &Source::default());
    }
    law.name_units();
    law
}

fn first_difference(result: &Law, target: &Law) -> String {
    let (a, b) = (result.articles(), target.articles());
    for (x, y) in a.iter().zip(&b) {
        if x.text() != y.text() {
            return y.marker.trim_end_matches([' ', '.']).to_owned();
        }
    }
    b.get(a.len()).map_or_else(String::new, |u| u.marker.trim_end_matches([' ', '.']).to_owned())
}

/// Whether the drafts, written as text and read back, make `target` of `base`; both stand for one article.
fn proves(base: &Unit, target: &Unit, drafts: &[Draft]) -> bool {
    let items = draft::items(drafts, true);
    let mut body = String::from("Sửa đổi, bổ sung một số điều của Luật số 0/0/X0 như sau:\n");
    for (i, item) in items.iter().enumerate() {
        body.push_str(&format!("{}. {item}\n", i + 1));
    }
    let reading = parse_article(crate::label::Label::number(1), "", &body).law;
    let mut law = Law { units: vec![base.clone()], ..Law::default() };
    let Some(article) = reading.units.first() else { return false };
    let read = crate::amend::read_provision(article);
    read.flags.is_empty()
        && read.commands.iter().all(|c| apply_unnamed(&mut law, c, &Source::default()).is_ok())
        && law.units.len() == 1
        && law.units[0].text() == target.text()
}

/// The amending text for one article, as a row holds it: a container line and the commands. `None` when no formula
/// leads there; an empty text when nothing changes.
pub fn propose_article(law_name: &str, base: &Law, target: &Law) -> Option<(String, Law)> {
    let mut drafts = Vec::new();
    plan::units(&base.units, &target.units, &Address::default(), &mut drafts).ok()?;
    let drafts = draft::merge(drafts);
    let items = draft::items(&drafts, false);
    let text = match &items[..] {
        [] => String::new(),
        [one] if drafts.len() == 1 => drafts[0].text_in(law_name).unwrap_or_else(|| one.clone()),
        many => {
            let mut out = format!("Sửa đổi, bổ sung một số điều của {law_name} như sau:");
            for (i, item) in many.iter().enumerate() {
                out.push_str(&format!("\n{}. {item}", i + 1));
            }
            out
        }
    };
    let mut result = base.clone();
    let reading = parse_article(crate::label::Label::number(1), "", &text).law;
    for command in reading.units.first().map(crate::amend::read_provision).unwrap_or_default().commands {
        apply_unnamed(&mut result, &command, &Source::default()).ok()?;
    }
    result.name_units();
    Some((text, result))
}

/// Whether a unit is an article or below.
fn is_text_level(level: Level) -> bool {
    level >= Level::Article
}

#[cfg(test)]
mod tests;
