//! Laws written for these tests.

use super::*;
use crate::text::normalise;
use proptest::prelude::*;

const BASE: &str = "Luật số: 1/2030/QH20\nLUẬT\nAO HỒ\nChương I\nCHUNG\nĐiều 1. Một\n1. Ao nhỏ là ao có diện tích dưới một trăm mét vuông và được chính quyền xã ghi vào sổ.\n2. Hồ gồm:\na) hồ tự nhiên có tên trong danh mục của tỉnh;\nb) hồ nhân tạo do tổ chức, cá nhân đào.\nĐiều 2. Hai\nĐoạn một nói về cá.\nĐoạn hai nói về tôm.\nChương II\nRIÊNG\nĐiều 3. Ba\nỦy ban nhân dân xã quản lý ao nhỏ.";

fn proposal(edits: &[(&str, &str)]) -> Proposal {
    let mut target = BASE.to_owned();
    for (from, to) in edits {
        assert!(target.contains(from), "{from}");
        target = target.replacen(from, to, 1);
    }
    let (base, target) = (parse(BASE).law, parse(&target).law);
    let got = propose(&base, &target, &Wish::default()).unwrap();
    assert_eq!(got.result.text(), target.text());
    got
}

#[test]
fn each_change_is_said_in_the_finest_sensible_formula() {
    for (edit, wanted) in [
        (
            ("hồ nhân tạo do tổ chức, cá nhân đào.", "đầm."),
            "Sửa đổi, bổ sung điểm b khoản 2 Điều 1 như sau:\n“b) đầm.”.",
        ),
        (("a) hồ tự nhiên có tên trong danh mục của tỉnh;", "a) (được bãi bỏ)"), "Bãi bỏ điểm a khoản 2 Điều 1."),
        (("Điều 2. Hai", "3. Đầm.\nĐiều 2. Hai"), "Bổ sung khoản 3 vào sau khoản 2 Điều 1 như sau:\n“3. Đầm.”."),
        (
            ("được chính quyền xã ghi", "được chính quyền xã, phường ghi"),
            "Bổ sung cụm từ “, phường” vào sau cụm từ “quyền xã” tại khoản 1 Điều 1.",
        ),
        (("Đoạn hai nói về tôm.", "Cua."), "Sửa đổi, bổ sung đoạn 2 Điều 2 như sau:\n“Cua.”."),
        (("Đoạn một nói về cá.", "Không."), "Sửa đổi, bổ sung đoạn 1 Điều 2 như sau:\n“Không.”."),
        (("Điều 3. Ba", "Điều 3. Bốn"), "Sửa đổi tên Điều 3 như sau:\n“Điều 3. Bốn”."),
        (("RIÊNG", "CHUNG"), "Sửa đổi tên Chương II như sau:\n“Chương II\nCHUNG”."),
        (("Chương II", "Điều 2a. Mới\nM.\nChương II"), "Bổ sung Điều 2a vào sau Điều 2 như sau:\n“Điều 2a. Mới\nM.”."),
        (
            ("dưới một trăm mét", "dưới hai trăm mét"),
            "Thay thế cụm từ “dưới một” bằng cụm từ “dưới hai” tại khoản 1 Điều 1.",
        ),
    ] {
        let got = proposal(&[edit]);
        assert!(got.items.iter().any(|i| i == wanted), "wanted {wanted:?}, got {:?}", got.items);
    }
}

#[test]
fn the_same_change_in_several_places_is_said_once() {
    let got = proposal(&[
        ("chính quyền xã ghi", "chính quyền phường ghi"),
        ("Ủy ban nhân dân xã quản", "Ủy ban nhân dân phường quản"),
    ]);
    assert_eq!(
        got.items,
        [
            "Thay thế cụm từ “quyền xã” bằng cụm từ “quyền phường” tại khoản 1 Điều 1.",
            "Thay thế cụm từ “dân xã” bằng cụm từ “dân phường” tại Điều 3."
        ]
    );
}

#[test]
fn several_changes_of_an_article_stand_in_one_container() {
    let got = proposal(&[
        ("hồ nhân tạo do tổ chức, cá nhân đào.", "đầm."),
        ("1. Ao nhỏ là ao có diện tích dưới một trăm mét vuông và được chính quyền xã ghi vào sổ.", "1. Không."),
    ]);
    assert_eq!(
        got.items,
        [
            "Sửa đổi, bổ sung một số điểm, khoản của Điều 1 như sau:\na) Sửa đổi, bổ sung khoản 1 như sau:\n“1. Không.”;\nb) Sửa đổi, bổ sung điểm b khoản 2 như sau:\n“b) đầm.”."
        ]
    );
}

#[test]
fn nothing_changed_is_nothing_proposed_and_a_vanished_article_is_refused() {
    assert_eq!(proposal(&[]).text, "");
    let target = parse(&BASE.replace("Điều 2. Hai\nĐoạn một nói về cá.\nĐoạn hai nói về tôm.\n", "")).law;
    let refused = propose(&parse(BASE).law, &target, &Wish::default());
    assert_eq!(refused.unwrap_err(), Unsayable::At("Điều 2".into()));
}

#[test]
fn a_drafter_who_numbers_through_gets_inserted_numbers() {
    let base = parse("Điều 1. Một\n1. A.\n2. B.\n3. C.\nĐiều 2. Hai\nD.").law;
    let mut target = parse("Điều 1. Một\n1. A.\n2. Mới.\n3. B.\n4. C.\nĐiều 2. Hai\nD.").law;
    assert_eq!(number_new_units(&base, &mut target), 3);
    assert_eq!(target.articles()[0].body_text(), "1. A.\n1a. Mới.\n2. B.\n3. C.");
}

/// A random law of small words.
fn law() -> impl Strategy<Value = String> {
    let words = "(cá|tôm|ao|hồ|xã|tỉnh|phải|được|không)( (cá|tôm|ao|hồ|xã|tỉnh|phải|được|không)){0,12}[.;]";
    let clause = (words, proptest::collection::vec(words, 0..4), proptest::option::weighted(0.2, words));
    let article = (proptest::collection::vec(clause, 0..4), proptest::collection::vec(words, 1..3));
    proptest::collection::vec(article, 1..5).prop_map(|articles| {
        let mut out = String::new();
        for (a, (clauses, paragraphs)) in articles.iter().enumerate() {
            out.push_str(&format!("Điều {}. Tên điều {}\n", a + 1, a + 1));
            if clauses.is_empty() {
                paragraphs.iter().for_each(|p| out.push_str(&format!("{}\n", capital(p))));
            }
            for (c, (text, points, tail)) in clauses.iter().enumerate() {
                out.push_str(&format!("{}. {}\n", c + 1, capital(text)));
                for (letter, point) in "abcd".chars().zip(points) {
                    out.push_str(&format!("{letter}) {}\n", capital(point)));
                }
                tail.iter().for_each(|t| out.push_str(&format!("{}\n", capital(t))));
            }
        }
        out
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
}

/// Edits a law line by line: words, new clauses, repeals.
fn edited(text: &str, edits: &[(usize, u8)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (at, kind) in edits {
        let at = at % lines.len();
        let line = lines[at].clone();
        let marker = line.split_once(' ').map_or("", |(m, _)| m).to_owned();
        match kind % 4 {
            0 => lines[at] = line.replacen("ao", "đầm sâu", 1),
            1 => lines[at] = line.replacen(" cá", "", 1),
            2 if marker.ends_with(')') && line.len() > 4 => lines[at] = format!("{marker} (được bãi bỏ)"),
            3 if marker.ends_with('.') && marker.len() == 2 && marker.as_bytes()[0].is_ascii_digit() => {
                let end = (at + 1..lines.len()).find(|&k| !lines[k].contains(')')).unwrap_or(lines.len());
                let taken = lines.iter().skip(end).take(1).any(|l| l.starts_with(&format!("{}a.", &marker[..1])));
                let plain = lines.get(end).is_none_or(|l| l.starts_with("Điều") || l.as_bytes()[0].is_ascii_digit());
                if !taken && plain {
                    lines.insert(end, format!("{}a. Khoản mới.", &marker[..1]));
                }
            }
            _ => {}
        }
    }
    lines.join("\n")
}

proptest! {
    #[test]
    fn what_is_proposed_makes_the_target_of_the_base(text in law(), edits in proptest::collection::vec((0usize..60, 0u8..4), 0..7)) {
        let target = edited(&text, &edits);
        let (base, wanted) = (parse(&text).law, parse(&target).law);
        let got = propose(&base, &wanted, &Wish::default()).unwrap();
        prop_assert_eq!(got.result.text(), normalise(&target));
        if normalise(&text) == normalise(&target) { prop_assert_eq!(got.text, ""); }
    }
    #[test]
    fn numbering_never_makes_a_text_unparsable(text in law(), other in law()) {
        let base = parse(&text).law;
        let mut target = parse(&other).law;
        number_new_units(&base, &mut target);
        let _ = propose(&base, &target, &Wish::default());
    }
}

#[test]
fn references_that_a_drafter_numbered_through_follow_and_untouched_ones_stay() {
    let base = parse("Điều 1. Một\n1. A.\n2. B theo khoản 1 Điều này.\n3. C theo khoản 2 Điều này.\nĐiều 2. Hai\n1. D.\n2. E theo khoản 3 Điều 1.").law;
    // A new khoản 2; the third clause was rewritten by the new numbers, Điều 2 was not looked at.
    let target = parse("Điều 1. Một\n1. A.\n2. Mới.\n3. B theo khoản 1 Điều này.\n4. C mới theo khoản 3 Điều này.\nĐiều 2. Hai\n1. D.\n2. E theo khoản 3 Điều 1.").law;
    let got = number_with_references(&base, &target).unwrap();
    assert_eq!(
        got.law.text(),
        "Điều 1. Một\n1. A.\n1a. Mới.\n2. B theo khoản 1 Điều này.\n3. C mới theo khoản 2 Điều này.\nĐiều 2. Hai\n1. D.\n2. E theo khoản 3 Điều 1."
    );
    assert_eq!(got.kept.len(), 1);
    assert_eq!(got.open, []);
    assert!(propose(&base, &got.law, &Wish::default()).is_ok());
}
