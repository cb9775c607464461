//! Marks of secrecy in a text: `MẬT`, `TỐI MẬT`, `TUYỆT MẬT` as stamps have them (Law 29/2018/QH14, Decree 26/2020).
//!
//! A stamp stands in capitals as words of its own. The same letters inside a term in capitals (`BÍ MẬT NHÀ NƯỚC`) are none.

/// Words before `MẬT` with which it is a term and no stamp.
const TERM_BEFORE: [&str; 6] = ["BÍ", "BẢO", "CƠ", "NỘI", "GIỮ", "LỘ"];
/// Words behind `MẬT` with which it is a term and no stamp.
const TERM_BEHIND: [&str; 6] = ["KHẨU", "MÃ", "ĐỘ", "THIẾT", "ONG", "VỤ"];

/// The mark of secrecy that a text carries, as it stands there; `độ mật: …` in any letters counts too.
pub fn secrecy_mark(text: &str) -> Option<&'static str> {
    let text = kernel::text::nfc(text);
    text.lines().find_map(mark_of_line)
}

fn mark_of_line(line: &str) -> Option<&'static str> {
    let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    for at in 0..words.len() {
        if lower[at] != "mật" {
            continue;
        }
        let before = |places: usize| at.checked_sub(places).map(|at| words[at]);
        let degree = match at.checked_sub(1).map(|at| lower[at].as_str()) {
            Some("tuyệt") => "TUYỆT MẬT",
            Some("tối") => "TỐI MẬT",
            _ => "MẬT",
        };
        // `Độ mật: Tối mật` names the grade in words: the line begins so, and what follows is the grade.
        let first = if degree == "MẬT" { at } else { at - 1 };
        if first == 2 && lower[0] == "độ" && lower[1] == "mật" {
            return Some(degree);
        }
        if words[at] != "MẬT" {
            continue;
        }
        if degree != "MẬT" {
            if before(1).is_some_and(|word| word.chars().all(char::is_uppercase)) {
                return Some(degree);
            }
            continue;
        }
        let term = before(1).is_some_and(|word| TERM_BEFORE.contains(&word))
            || words.get(at + 1).is_some_and(|word| TERM_BEHIND.contains(word));
        if !term {
            return Some(degree);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stamp_is_found_and_a_term_is_none() {
        for (text, mark) in [
            ("MẬT", "MẬT"),
            ("Báo cáo\nTỐI MẬT\nKính gửi", "TỐI MẬT"),
            ("(TUYỆT MẬT) Kế hoạch", "TUYỆT MẬT"),
            ("Độ mật: Tối mật", "TỐI MẬT"),
            ("độ mật: Mật", "MẬT"),
            ("Tờ trình [MẬT] về nhân sự", "MẬT"),
        ] {
            assert_eq!(secrecy_mark(text), Some(mark), "{text}");
        }
        for text in [
            "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
            "Về công tác bảo mật, cơ mật và mật mã",
            "văn bản mật được quản lý riêng",
            "ĐỔI MẬT KHẨU",
            "BẢO MẬT THÔNG TIN",
            "Tuyệt mật là độ mật cao nhất",
            "",
        ] {
            assert_eq!(secrecy_mark(text), None, "{text}");
        }
    }

    #[test]
    fn decomposed_letters_are_read_too() {
        let decomposed: String = unicode("TỐI MẬT");
        assert_eq!(secrecy_mark(&decomposed), Some("TỐI MẬT"));
    }

    /// Letters and marks apart, as some systems write them.
    fn unicode(text: &str) -> String {
        text.chars()
            .flat_map(|c| match c {
                'Ố' => vec!['O', '\u{302}', '\u{301}'],
                'Ậ' => vec!['A', '\u{323}', '\u{302}'],
                c => vec![c],
            })
            .collect()
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_a_stamp_on_a_line_of_its_own_is_always_found(before in "[^\n]{0,40}", after in ".*") {
            let text = format!("{before}\nTỐI MẬT\n{after}");
            prop_assert!(secrecy_mark(&text).is_some());
        }
    }
}
