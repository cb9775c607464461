//! HTML pages.

use super::Lines;

/// The text of an HTML page. Never fails: what is no markup is text.
pub fn from_html(html: &str) -> String {
    let mut lines = Lines::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        lines.line.push_str(&entities(&rest[..at]).replace('\n', " "));
        rest = &rest[at..];
        let Some(end) = tag_end(rest) else {
            if rest.starts_with("<!--") {
                rest = "";
                break;
            }
            lines.line.push('<');
            rest = &rest[1..];
            continue;
        };
        let tag = &rest[1..end];
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        rest = &rest[end + 1..];
        match name.as_str() {
            "script" | "style" | "head" | "title" if !closing && !tag.ends_with('/') => {
                let close = format!("</{name}");
                rest = match find_ignoring_case(rest, &close) {
                    Some(at) => &rest[at..],
                    None => "",
                };
            }
            "tr" if closing => lines.end_row(),
            "tr" => lines.begin_row(),
            "td" | "th" if !closing => lines.begin_cell(),
            "p" | "div" | "br" | "li" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol"
            | "blockquote" | "body" | "section" | "hr" => {
                lines.end_line();
            }
            _ => {}
        }
    }
    lines.line.push_str(&entities(rest).replace('\n', " "));
    while !lines.rows.is_empty() {
        lines.end_row();
    }
    lines.end_line();
    lines.out
}

/// Where the tag ends; comments end at `-->`.
fn tag_end(rest: &str) -> Option<usize> {
    if rest.starts_with("<!--") {
        return rest.find("-->").map(|i| i + 2);
    }
    let next = rest[1..].chars().next()?;
    if !(next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) {
        return None;
    }
    rest.find('>')
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|w| w.eq_ignore_ascii_case(what.as_bytes()))
}

pub(super) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..].split(';').next().filter(|n| n.len() <= 8 && n.len() + 1 < rest.len());
        match name.and_then(|n| entity(n).map(|c| (c, n.len()))) {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len + 2..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        _ => return latin(name),
    })
}

/// `&aacute;` and the like: a letter and an accent.
fn latin(name: &str) -> Option<char> {
    const ACCENTS: [(&str, char); 5] =
        [("grave", '\u{300}'), ("acute", '\u{301}'), ("circ", '\u{302}'), ("tilde", '\u{303}'), ("uml", '\u{308}')];
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let (_, mark) = ACCENTS.iter().find(|(accent, _)| name.get(1..) == Some(accent))?;
    kernel::text::nfc(&format!("{letter}{mark}")).chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_gives_its_paragraphs_and_tables() {
        let html = "<html><head><title>x</title></head><body><p>&Ð;i&#7873;u 1. <b>M&aacute;y</b>&nbsp;b&#x1A1;m</p><!-- <p>no</p> --><script>if (a < b) {}</script>\
<table><tr><td>a</td><td>b &amp; c</td></tr></table>1 < 2</body>";
        assert_eq!(from_html(html), "&Đ;iều 1. Máy bơm\n| a | b & c |\n1 < 2\n");
    }

    proptest! {
        #[test]
        fn no_page_makes_the_reader_panic(html in "(</?(p|tr|td|table|script|br)>?|<!--|-->|&(#x?[0-9a-f]{1,6}|[a-z]{1,6});?|[<&a-zđ ]){0,40}") {
            let _ = from_html(&html);
        }
    }
}
