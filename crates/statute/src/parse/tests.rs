//! Laws written for these tests; none is a law in force.

use super::*;
use crate::text::normalise;
use proptest::prelude::*;

const SAMPLE: &str = "QUỐC HỘI\nLuật số: 99/2030/QH20\nHà Nội, ngày 05 tháng 6 năm 2030\n\nLUẬT\nVƯỜN CÂY\nCăn cứ Hiến pháp;\n\
Quốc hội ban hành Luật Vườn cây.\nChương I\nQUY ĐỊNH CHUNG\nĐiều 1. Phạm vi điều chỉnh\nLuật này quy định về vườn cây.\n\
Điều 2. Giải thích từ ngữ\nTrong Luật này:\n1. Vườn là đất trồng cây.\n2. Cây gồm:\na) Cây ăn quả;\nb) Cây lấy gỗ.\nCây khác do Chính phủ quy định.\n\
3. Quả là phần ăn được.\nChính phủ quy định chi tiết Điều này.\nChương II\nĐIỀU KHOẢN THI HÀNH\nĐiều 3. Hiệu lực thi hành\n\
Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.\n\nLuật này đã được Quốc hội khóa XX thông qua ngày 05 tháng 6 năm 2030.\n\nCHỦ TỊCH QUỐC HỘI\n\nNguyễn Văn A\n";

#[test]
fn a_law_becomes_a_tree_and_gives_its_text_back() {
    let parsed = parse(SAMPLE);
    assert_eq!(parsed.oddities, []);
    let law = &parsed.law;
    assert_eq!(law.text(), normalise(SAMPLE));
    assert_eq!(law.meta.number.as_deref(), Some("99/2030/QH20"));
    assert_eq!(law.meta.title.as_deref(), Some("Vườn cây"));
    assert_eq!(law.meta.issued, kernel::time::Day::new(2030, 6, 5));
    assert_eq!(law.meta.in_force, kernel::time::Day::new(2031, 1, 1));
    let second = law.articles()[1];
    assert_eq!(second.children[1].tail, [crate::model::Block::text("Cây khác do Chính phủ quy định.")]);
    assert_eq!(second.tail, [crate::model::Block::text("Chính phủ quy định chi tiết Điều này.")]);
    assert_eq!(&*second.children[1].children[1].id, "art_2__para_2__point_b");
    assert_eq!(law.back.len(), 3);
}

#[test]
fn a_gap_a_repeat_and_a_misspelt_heading_are_reported_where_they_are() {
    let parsed = parse("Điều 1. Một\n1. A.\n3. B.\nĐiền 2. Hai\na) X;\nc) Y.\nĐiều 5. Năm\n1. C.\n1. D.\n");
    let kinds: Vec<_> = parsed.oddities.iter().map(|o| (o.line, o.kind)).collect();
    use OddityKind::{ArticleGap, Gap, Marker, Repeat};
    assert_eq!(kinds, [(3, Gap), (4, Marker), (6, Gap), (7, ArticleGap), (9, Repeat)]);
    let ids: Vec<_> = parsed.law.articles()[2].children.iter().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["art_5__para_1", "art_5__para_1-2"]);
}

#[test]
fn a_broken_line_goes_on_with_its_sentence() {
    let text = "Điều 1. Một\n1. Theo khoản 2\nĐiều 11 của Luật này.\n2. Bãi bỏ\nkhoản 3.";
    let parsed = parse(text);
    let clauses = &parsed.law.articles()[0].children;
    assert_eq!(clauses.len(), 2);
    assert_eq!(clauses[0].lead, [crate::model::Block::text("Theo khoản 2\nĐiều 11 của Luật này.")]);
    assert_eq!(parsed.law.text(), text);
}

#[test]
fn quoted_units_stay_inside_the_command_that_quotes_them() {
    let text = "Điều 1. Sửa đổi\n1. Sửa đổi Điều 5 như sau:\n“Điều 5. Tên\n1. A “b” c.\n2. D.”.\n2. Bãi bỏ Điều 6.";
    let parsed = parse(text);
    assert_eq!(parsed.law.articles().len(), 1);
    assert_eq!(parsed.law.articles()[0].children.len(), 2);
    assert!(matches!(&parsed.law.articles()[0].children[0].lead[1], crate::model::Block::Quoted(l) if l.len() == 3));
    assert_eq!(parsed.law.text(), text);
}

#[test]
fn an_article_body_is_read_below_its_heading() {
    let parsed = parse_article(Label::number(7), "Tên", "Mở đầu:\n1. A;\n\n2. B.");
    assert_eq!(parsed.law.units[0].text(), "Điều 7. Tên\nMở đầu:\n1. A;\n2. B.");
    assert_eq!(parsed.law.units[0].body_text(), "Mở đầu:\n1. A;\n2. B.");
}

/// Lines that look like law, in any order.
fn lawlike() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "(Phần thứ (nhất|hai)|Chương [IVX]{1,3}|Mục [1-9][.:]? [A-Z]{0,5}|Điều [0-9]{1,3}[a-c]?[.]? ?[A-Za-z]{0,6})",
        "[0-9]{1,3}[a-d]? ?[.)] ?[a-zA-Z ]{0,10}[;.]?",
        "[a-zđ][0-9]? ?[.)] [a-zA-Z ]{0,8}[;:]?",
        "[“\"]?(Điều [0-9]. |[0-9]. |[a-e]\\) )?[a-zA-Z ]{0,9}[”\":.]{0,2}",
        "[ \u{a0}]{0,3}",
        "\\|[a-z| ]{0,8}\\|",
        "CHỦ TỊCH QUỐC HỘI",
        ".{0,30}",
    ];
    proptest::collection::vec(line, 0..40).prop_map(|l| l.join("\n"))
}

proptest! {
    #[test]
    fn no_text_is_lost_whatever_it_is(text in lawlike()) {
        prop_assert_eq!(parse(&text).law.text(), normalise(&text));
        prop_assert_eq!(parse_fragment(&text).law.text(), normalise(&text));
    }
    #[test]
    fn ids_are_unique_whatever_the_text(text in lawlike()) {
        let law = parse(&text).law;
        let mut ids = std::collections::HashSet::new();
        law.visit(&mut |u| assert!(ids.insert(u.id.clone()), "{} twice", u.id));
    }
}
