//! Containers: what `Sửa đổi, bổ sung một số điều của Luật X như sau:` gives to the items below it.

use super::{Context, Verb};
use crate::address::Address;
use crate::cite::{Words, document, list};

/// `Sửa đổi, bổ sung một số điều của Luật X như sau:` – what it gives to the items below it.
pub(super) fn container(words: &Words, context: &Context) -> Option<Context> {
    let (at, verb_found) = container_verbs(words)?;
    let open_words = [
        "một số",
        "các quy định",
        "các điều",
        "các khoản",
        "các điểm",
        "các cụm từ",
        "các nội dung",
        "quy định",
        "các luật",
        "nội dung",
        "các",
        "cụm từ",
    ];
    let document_first = document::read(words, at);
    let unit_first = list::read(words, at);
    let quoted = (at..words.len()).any(|k| matches!(words.at(k), "“" | "\""));
    if quoted {
        return None;
    }
    let mut inner = Context { verb: Some(verb_found), ..context.clone() };
    if let Some((doc, _)) = document_first {
        inner.target = Some(doc);
        inner.base = Address::default();
        return Some(inner);
    }
    if let Some((cited, next)) = unit_first {
        // `Sửa đổi, bổ sung Điều 5 như sau:` with items below that are commands, not new text.
        let of = usize::from(words.are(next, "của"));
        if let Some((doc, _)) = document::read(words, next + of) {
            inner.target = Some(doc);
            inner.base = Address::default();
        }
        if let [one] = &cited[..] {
            inner.base = one.resolve(&inner.base)?;
            return Some(inner);
        }
        return None;
    }
    words.any(at, &open_words)?;
    // The unit or the document stands after `của` or `tại`; the last of each counts.
    for k in at..words.len() {
        if !matches!(words.at(k), "của" | "tại" | "trong") && !words.are(k, "theo") {
            continue;
        }
        if let Some((cited, next)) = list::read(words, k + 1) {
            if let [one] = &cited[..]
                && let Some(base) = one.resolve(&Address::default())
            {
                inner.base = base;
            }
            let of = usize::from(words.are(next, "của"));
            if let Some((doc, _)) = document::read(words, next + of) {
                inner.target = Some(doc);
                return Some(inner);
            }
        } else if let Some((doc, _)) = document::read(words, k + 1)
            && !doc.this
        {
            inner.target = Some(doc);
            inner.base = Address::default();
            return Some(inner);
        }
    }
    Some(inner)
}

/// The verbs that open a container (`Bãi bỏ, sửa đổi, bổ sung …`), and what its items do when they do not say.
fn container_verbs(words: &Words) -> Option<(usize, Verb)> {
    const VERBS: [(&str, Verb); 9] = [
        ("sửa đổi", Verb::Amend),
        ("bổ sung", Verb::Amend),
        ("bỗ sung", Verb::Amend),
        ("thay thế", Verb::Amend),
        ("thay", Verb::Amend),
        ("bãi bỏ", Verb::Repeal),
        ("hủy bỏ", Verb::Repeal),
        ("bỏ", Verb::Drop),
        ("sửa", Verb::Amend),
    ];
    let mut at = 0;
    let mut found = None;
    while let Some((text, verb)) = VERBS.iter().find(|(text, _)| words.are(at, text)) {
        found = match found {
            None => Some(*verb),
            Some(before) if before == *verb => Some(before),
            Some(_) => Some(Verb::Amend),
        };
        at += text.split(' ').count();
        let more = usize::from(matches!(words.at(at), "," | "và"));
        if !VERBS.iter().any(|(text, _)| words.are(at + more, text)) {
            break;
        }
        at += more;
    }
    found.map(|verb| (at, verb))
}
