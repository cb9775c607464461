//! What was odd in a text, and where.

use crate::label::Label;
use crate::model::Law;
use crate::text::Text;
use serde::Serialize;

/// Something in the text that is not as the rules of drafting want it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Oddity {
    /// The line of the text as given, from 1; 0 when the tree was not read from lines.
    pub line: usize,
    /// What.
    pub kind: OddityKind,
    /// The unit, as printed: `Điều 47`, `2.`; empty when there is none.
    pub unit: Text,
    /// In Vietnamese, for the person who checks the text.
    pub note: String,
}

/// Kinds of oddities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OddityKind {
    /// Articles are missing from the sequence.
    ArticleGap,
    /// An article's number stands twice or goes back.
    ArticleOrder,
    /// A number or letter is missing from a list.
    Gap,
    /// A number or letter stands twice, or the list begins again: maybe a heading is missing before it.
    Repeat,
    /// A marker is misspelt or wrongly closed: `Điền 5.`, `a.`, `5 .`.
    Marker,
    /// An article or container without a heading, where others have one.
    NoHeading,
    /// A quotation is opened and never closed.
    OpenQuote,
    /// A line that looks like an article's heading but is the rest of a sentence.
    BrokenLine,
    /// A text without any article.
    NoArticles,
    /// A list begins with a number other than 1 or a letter other than a.
    BadStart,
}

/// Reports gaps and repeats in the one sequence of articles, and articles without heading where most have one.
/// `lines` are those of the articles, in their order.
pub(super) fn check_articles(law: &Law, lines: &[usize], oddities: &mut Vec<Oddity>) {
    let articles = law.articles();
    if articles.is_empty() {
        let note = "Không tìm thấy điều nào trong văn bản.".to_owned();
        oddities.push(Oddity { line: 1, kind: OddityKind::NoArticles, unit: "".into(), note });
        return;
    }
    let with_heading = articles.iter().filter(|a| !a.heading.is_empty()).count();
    if with_heading * 2 > articles.len() {
        for (i, article) in articles.iter().enumerate().filter(|(_, a)| a.heading.is_empty()) {
            let unit: Text = article.marker.trim_end().into();
            let note = format!("{unit} không có tên điều.");
            let line = lines.get(i).copied().unwrap_or(0);
            oddities.push(Oddity { line, kind: OddityKind::NoHeading, unit, note });
        }
    }
}

/// Reports gaps in the one sequence of articles of a tree whose lines are not known.
pub(super) fn check_sequence(law: &Law, oddities: &mut Vec<Oddity>) {
    let mut before: Option<&Label> = None;
    for article in law.articles() {
        let unit: Text = article.marker.trim_end().into();
        let lacking = missing(before, &article.label, &Label::number(1));
        let (kind, note) = match before {
            Some(last) if article.label <= *last => {
                (OddityKind::ArticleOrder, format!("Điều {} lặp lại hoặc không theo thứ tự.", article.label))
            }
            _ if !lacking.is_empty() => {
                let list = lacking.iter().map(Label::to_string).collect::<Vec<_>>().join(", ");
                (OddityKind::ArticleGap, format!("Thiếu Điều {list} trước Điều {}.", article.label))
            }
            _ => {
                before = Some(&article.label);
                continue;
            }
        };
        oddities.push(Oddity { line: 0, kind, unit, note });
        before = Some(&article.label);
    }
}

/// The labels that are missing between two labels of one list; at most 50 are listed.
pub(super) fn missing(before: Option<&Label>, found: &Label, first: &Label) -> Vec<Label> {
    let mut out = Vec::new();
    let mut next = match before {
        Some(before) => before.next(),
        None => Some(first.clone()),
    };
    while let Some(label) = next {
        if label >= *found || out.len() == 50 || label.value() > found.value() {
            break;
        }
        next = label.next();
        out.push(label);
    }
    out
}
