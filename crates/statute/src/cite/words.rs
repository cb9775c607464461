//! A sentence as words and marks, each with its place.

/// A word or a single mark (`,` `;` `.` `:` brackets, quotes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub text: &'a str,
    pub start: usize,
    pub end: usize,
}

/// The words of a text.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    pub text: &'a str,
    list: Vec<Word<'a>>,
}

fn is_mark(c: char) -> bool {
    matches!(c, ',' | ';' | '.' | ':' | '(' | ')' | '“' | '”' | '"')
}

impl<'a> Words<'a> {
    pub(crate) fn of(text: &'a str) -> Words<'a> {
        let mut list = Vec::with_capacity(text.len() / 5);
        let mut start = None;
        for (i, c) in text.char_indices() {
            if c == ' ' || c == '\n' || is_mark(c) {
                if let Some(from) = start.take() {
                    list.push(Word { text: &text[from..i], start: from, end: i });
                }
                if is_mark(c) {
                    let end = i + c.len_utf8();
                    list.push(Word { text: &text[i..end], start: i, end });
                }
            } else if start.is_none() {
                start = Some(i);
            }
        }
        if let Some(from) = start {
            list.push(Word { text: &text[from..], start: from, end: text.len() });
        }
        Words { text, list }
    }
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
    /// The text of the word; empty beyond the end.
    pub(crate) fn at(&self, i: usize) -> &'a str {
        self.list.get(i).map_or("", |w| w.text)
    }
    /// Whether the words from `i` on are these, whatever the case of letters.
    pub(crate) fn are(&self, i: usize, words: &str) -> bool {
        words.split(' ').enumerate().all(|(k, w)| same_word(self.at(i + k), w))
    }
    /// The first of the phrases that stands at `i`, with the count of its words.
    pub(crate) fn any(&self, i: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find(|p| self.are(i, p)).map(|p| p.split(' ').count())
    }
    /// Byte place where the word begins; the end of the text beyond the last.
    pub(crate) fn start(&self, i: usize) -> usize {
        self.list.get(i).map_or(self.text.len(), |w| w.start)
    }
    /// Byte place where the word ends.
    pub(crate) fn end(&self, i: usize) -> usize {
        self.list.get(i).map_or(self.text.len(), |w| w.end)
    }
}

fn same_word(a: &str, b: &str) -> bool {
    a == b || (!a.is_empty() && a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase)))
}
