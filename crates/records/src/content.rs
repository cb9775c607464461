//! The structured text of a resolution: what the drafter writes, what the paper and the public page show.
//!
//! Labels (Điều 1, khoản 2, điểm c) are never stored: they follow from the place, so a moved clause cannot keep a wrong
//! number. All text is NFC without control characters.

use kernel::{FieldProblem, Problem, text};
use serde::{Deserialize, Serialize};

/// Most characters in one paragraph, clause or point.
pub const MAX_TEXT: usize = 20_000;
/// Most characters in a heading, a legal base, a recipient.
pub const MAX_LINE: usize = 1_000;
/// Most characters in a line of the signature block and in the place of filing.
pub const MAX_SHORT: usize = 100;
/// The formula between the legal bases and the articles, as the paper form prints it.
pub const FORMULA: &str = "QUYẾT NGHỊ:";
/// Most characters of a subject.
pub const MAX_SUBJECT: usize = 1_500;
/// Most articles; clauses of an article; points of a clause.
pub const MAX_ITEMS: usize = 300;
/// Most legal bases.
pub const MAX_BASES: usize = 60;
/// Most recipients.
pub const MAX_RECIPIENTS: usize = 100;
/// Most characters in the whole text: about 300 pages.
pub const MAX_TOTAL: usize = 1_000_000;

/// The text of a resolution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The subject (trích yếu): "Về việc thành lập Ban soạn thảo dự án Luật …".
    pub subject: String,
    /// Legal bases, one each; a closing ";" or "." is dropped, the paper sets it: "Căn cứ Hiến pháp nước Cộng hòa …".
    #[serde(default)]
    pub bases: Vec<String>,
    /// The articles, in order.
    #[serde(default)]
    pub articles: Vec<Article>,
    /// Recipients (nơi nhận), one each, without the leading dash and the closing ";"; the paper sets both.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// Where it is filed, the last line of the recipients after "Lưu:": "HC, PLTP".
    #[serde(default)]
    pub archive: String,
    /// Who signs.
    #[serde(default)]
    pub signature: SignatureBlock,
}

/// An article (điều).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// Its heading; empty when it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub heading: String,
    /// Paragraphs without a label, before the clauses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paragraphs: Vec<String>,
    /// Numbered clauses (khoản).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// A clause (khoản).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its text, or what leads in to its points.
    pub text: String,
    /// Lettered points (điểm).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
}

/// The closing block (Decree 30/2020 art. 8): "TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI / CHỦ TỊCH / Nguyễn Văn A".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureBlock {
    /// The authority line; empty for a head who signs for themselves.
    #[serde(default)]
    pub authority: String,
    /// The position: "CHỦ TỊCH".
    #[serde(default)]
    pub title: String,
    /// The signer's full name; filled when the document is made final, from the directory.
    #[serde(default)]
    pub name: String,
}

/// One labelled piece of the text, in reading order: what versions are compared by and pages link to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Where: `subject`, `bases.0`, `articles.1.clauses.0.points.2`; also the name of its form field.
    pub path: String,
    /// How it is called: "Điều 2, khoản 1, điểm c"; empty outside the articles.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// The letters of points in Vietnamese lists: đ after d, no f, j, w, z.
const LETTERS: [&str; 23] =
    ["a", "b", "c", "d", "đ", "e", "g", "h", "i", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "x", "y"];

/// The letter of the point at a place from 0: a, b, c, d, đ, e, g …; after y: aa, ab, ….
pub fn point_letter(at: usize) -> String {
    match at.checked_div(LETTERS.len()) {
        Some(0) | None => LETTERS[at % LETTERS.len()].to_owned(),
        Some(turn) => format!("{}{}", LETTERS[(turn - 1) % LETTERS.len()], LETTERS[at % LETTERS.len()]),
    }
}

impl Content {
    /// The text made clean and checked as far as a draft needs: sizes only, empty pieces dropped.
    ///
    /// # Errors
    /// [`Problem::Invalid`] naming each field by its [`Unit::path`].
    pub fn draft(self) -> Result<Content, Problem> {
        let content = self.cleaned();
        content.check(Strictness::Draft)?;
        Ok(content)
    }

    /// As [`Content::draft`], and complete: a subject, a base, an article with text, a recipient, a signing position.
    ///
    /// # Errors
    /// [`Problem::Invalid`] naming each field by its [`Unit::path`].
    pub fn complete(self) -> Result<Content, Problem> {
        let content = self.cleaned();
        content.check(Strictness::Complete)?;
        Ok(content)
    }

    /// Pieces of the text with their places and labels, in reading order.
    pub fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut add = |path: String, label: String, text: &str| {
            if !text.is_empty() {
                units.push(Unit { path, label, text: text.to_owned() });
            }
        };
        add("subject".into(), String::new(), &self.subject);
        for (i, base) in self.bases.iter().enumerate() {
            add(format!("bases.{i}"), String::new(), base);
        }
        for (a, article) in self.articles.iter().enumerate() {
            let (path, label) = (format!("articles.{a}"), format!("Điều {}", a + 1));
            add(format!("{path}.heading"), label.clone(), &article.heading);
            for (p, paragraph) in article.paragraphs.iter().enumerate() {
                add(format!("{path}.paragraphs.{p}"), label.clone(), paragraph);
            }
            for (c, clause) in article.clauses.iter().enumerate() {
                let (path, label) = (format!("{path}.clauses.{c}"), format!("{label}, khoản {}", c + 1));
                add(format!("{path}.text"), label.clone(), &clause.text);
                for (p, point) in clause.points.iter().enumerate() {
                    add(format!("{path}.points.{p}"), format!("{label}, điểm {}", point_letter(p)), point);
                }
            }
        }
        for (i, recipient) in self.recipients.iter().enumerate() {
            add(format!("recipients.{i}"), String::new(), recipient);
        }
        add("archive".into(), String::new(), &self.archive);
        add("signature.authority".into(), String::new(), &self.signature.authority);
        add("signature.title".into(), String::new(), &self.signature.title);
        add("signature.name".into(), String::new(), &self.signature.name);
        units
    }

    /// The whole text as lines, for search.
    pub fn plain_text(&self) -> String {
        let lines: Vec<String> = self.units().into_iter().map(|u| u.text).collect();
        lines.join("\n")
    }

    fn cleaned(self) -> Content {
        let lines =
            |items: Vec<String>| -> Vec<String> { items.iter().map(|t| line(t)).filter(|t| !t.is_empty()).collect() };
        let items = |items: Vec<String>| lines(items.iter().map(|t| unended(t)).collect());
        let clause = |c: Clause| Clause { text: line(&c.text), points: lines(c.points) };
        let article = |a: Article| Article {
            heading: line(&a.heading),
            paragraphs: lines(a.paragraphs),
            clauses: a.clauses.into_iter().map(clause).filter(|c| !c.text.is_empty() || !c.points.is_empty()).collect(),
        };
        Content {
            subject: line(&self.subject),
            bases: items(self.bases),
            articles: self.articles.into_iter().map(article).filter(|a| !a.is_empty()).collect(),
            recipients: items(self.recipients),
            archive: line(&self.archive),
            signature: SignatureBlock {
                authority: line(&self.signature.authority),
                title: line(&self.signature.title),
                name: line(&self.signature.name),
            },
        }
    }

    fn check(&self, strictness: Strictness) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        for unit in self.units() {
            let max = longest(&unit.path);
            if unit.text.chars().count() > max {
                wrong.push(FieldProblem::new(unit.path, "field-too-long").arg("max", max));
            }
        }
        let mut count = |path: String, n: usize, max: usize| {
            if n > max {
                wrong.push(FieldProblem::new(path, "field-too-many").arg("max", max));
            }
        };
        count("bases".into(), self.bases.len(), MAX_BASES);
        count("articles".into(), self.articles.len(), MAX_ITEMS);
        count("recipients".into(), self.recipients.len(), MAX_RECIPIENTS);
        for (a, article) in self.articles.iter().enumerate() {
            count(format!("articles.{a}"), article.paragraphs.len().max(article.clauses.len()), MAX_ITEMS);
            for (c, clause) in article.clauses.iter().enumerate() {
                count(format!("articles.{a}.clauses.{c}"), clause.points.len(), MAX_ITEMS);
            }
        }
        if self.units().iter().map(|u| u.text.len()).sum::<usize>() > MAX_TOTAL {
            wrong.push(FieldProblem::new("articles", "content-too-large").arg("max", MAX_TOTAL));
        }
        if strictness == Strictness::Complete {
            self.check_complete(&mut wrong);
        }
        if wrong.is_empty() { Ok(()) } else { Err(Problem::Invalid(wrong)) }
    }

    fn check_complete(&self, wrong: &mut Vec<FieldProblem>) {
        let mut need = |path: String, present: bool| {
            if !present {
                wrong.push(FieldProblem::new(path, "field-required"));
            }
        };
        need("subject".into(), !self.subject.is_empty());
        need("bases.0".into(), !self.bases.is_empty());
        need("articles.0".into(), !self.articles.is_empty());
        need("recipients.0".into(), !self.recipients.is_empty());
        need("archive".into(), !self.archive.is_empty());
        need("signature.title".into(), !self.signature.title.is_empty());
        for (a, article) in self.articles.iter().enumerate() {
            for (c, clause) in article.clauses.iter().enumerate() {
                need(format!("articles.{a}.clauses.{c}.text"), !clause.text.is_empty());
            }
            need(format!("articles.{a}"), !(article.paragraphs.is_empty() && article.clauses.is_empty()));
        }
    }
}

impl Article {
    fn is_empty(&self) -> bool {
        self.heading.is_empty() && self.paragraphs.is_empty() && self.clauses.is_empty()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Draft,
    Complete,
}

/// One line: NFC, white space runs as one space, no control characters.
pub(crate) fn line(raw: &str) -> String {
    let visible: String =
        raw.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !invisible(*c)).collect();
    text::nfc(&visible.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// Without the ";" or "." that ends an item of a list: the paper form sets it.
fn unended(raw: &str) -> String {
    line(raw).trim_end_matches([';', '.', ' ']).to_owned()
}

/// The most characters of the field at a path.
fn longest(path: &str) -> usize {
    match path.split('.').next() {
        Some("subject") => MAX_SUBJECT,
        Some("archive" | "signature") => MAX_SHORT,
        Some("articles") if !path.ends_with(".heading") => MAX_TEXT,
        _ => MAX_LINE,
    }
}

/// Characters that a reader cannot see but that make two equal-looking texts differ, or that turn the reading
/// direction: they have no place in an official text.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample() -> Content {
        Content {
            subject: "Thành lập Ban soạn thảo dự án Luật".into(),
            bases: vec!["Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam".into()],
            articles: vec![
                Article {
                    heading: "Thành lập Ban soạn thảo".into(),
                    clauses: vec![Clause {
                        text: "Ban soạn thảo gồm:".into(),
                        points: vec!["Trưởng ban;".into(), "Các Phó Trưởng ban;".into()],
                    }],
                    ..Article::default()
                },
                Article {
                    paragraphs: vec!["Nghị quyết này có hiệu lực kể từ ngày ký.".into()], ..Article::default()
                },
            ],
            recipients: vec!["Như Điều 2".into(), "Văn phòng Quốc hội".into()],
            archive: "HC".into(),
            signature: SignatureBlock {
                authority: "TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI".into(),
                title: "CHỦ TỊCH".into(),
                name: "Nguyễn Văn A".into(),
            },
        }
    }

    fn fields(problem: Problem) -> Vec<(String, &'static str)> {
        match problem {
            Problem::Invalid(fields) => fields.into_iter().map(|f| (f.field, f.code)).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_complete_text_passes_unchanged() {
        assert_eq!(sample().complete().unwrap(), sample());
    }

    #[test]
    fn text_becomes_nfc_without_control_or_invisible_characters() {
        let raw = Content { subject: " E\u{302}\u{301} \u{0}\n\tmai\u{200b} ".into(), ..Content::default() };
        assert_eq!(raw.draft().unwrap().subject, "Ế mai");
    }

    #[test]
    fn the_marks_that_end_list_items_are_left_to_the_paper() {
        let raw = Content { bases: vec!["Căn cứ Hiến pháp; ".into(), " ; ".into()], ..Content::default() };
        assert_eq!(raw.draft().unwrap().bases, ["Căn cứ Hiến pháp"]);
    }

    #[test]
    fn an_incomplete_text_may_be_a_draft_but_names_what_is_missing_when_completed() {
        let raw = Content { subject: "Thử".into(), ..Content::default() };
        let draft = raw.draft().unwrap();
        let missing = fields(draft.complete().unwrap_err());
        assert!(missing.contains(&("articles.0".into(), "field-required")));
        assert!(missing.contains(&("recipients.0".into(), "field-required")));
        assert!(!missing.iter().any(|(field, _)| field == "subject"));
    }

    #[test]
    fn oversized_pieces_are_named_by_their_place() {
        let mut content = sample();
        content.articles[0].clauses[0].points[1] = "x".repeat(MAX_TEXT + 1);
        content.recipients = vec!["y".into(); MAX_RECIPIENTS + 1];
        let wrong = fields(content.draft().unwrap_err());
        assert_eq!(
            wrong,
            [("articles.0.clauses.0.points.1".into(), "field-too-long"), ("recipients".into(), "field-too-many")]
        );
    }

    #[test]
    fn points_are_lettered_in_the_vietnamese_way() {
        assert_eq!((3..8).map(point_letter).collect::<Vec<_>>(), ["d", "đ", "e", "g", "h"]);
        assert_eq!((point_letter(22), point_letter(23)), ("y".into(), "aa".into()));
        assert_eq!(sample().units()[3].label, "Điều 1, khoản 1");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(text in ".{0,200}") {
            let once = line(&text);
            prop_assert_eq!(line(&once), once);
        }
    }
}
