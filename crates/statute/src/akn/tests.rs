use super::*;
use crate::parse::parse;
use proptest::prelude::*;

const LAW: &str = "Luật số: 1/2030/QH20\nHà Nội, ngày 05 tháng 6 năm 2030\nLUẬT\nAO & HỒ\nCăn cứ Hiến pháp;\nQuốc hội ban hành Luật Ao.\nChương I\nCHUNG\nĐiều 1. Một\n1. Theo khoản 2 Điều này:\na) x <y>;\nđ) z.\nĐoạn kết.\n2. Hai.\nĐiều 2. Sửa đổi\nSửa đổi Điều 5 của Luật Hồ số 2/2029/QH20 như sau:\n“Điều 5. Tên\n1. A.”.\nLuật này được Quốc hội thông qua ngày 05 tháng 6 năm 2030.";

#[test]
fn what_is_written_reads_back_the_same() {
    let law = parse(LAW).law;
    let xml = write(&law, &Options::default());
    let back = read(&xml).unwrap();
    assert_eq!(back.text(), law.text());
    assert_eq!(back.units, law.units);
    assert_eq!(back.meta, law.meta);
}

#[test]
fn uris_follow_the_naming_convention() {
    let law = parse(LAW).law;
    assert_eq!(Uri::of(&law.meta).work(), "/akn/vn/act/luat/2030-06-05/1-2030-qh20");
    let xml = write(&law, &Options::default());
    assert!(xml.contains("href=\"/akn/vn/act/luat/2030-06-05/1-2030-qh20/!main~art_1__para_2\""));
    assert!(xml.contains("href=\"/akn/vn/act/luat/2029/2-2029-qh20/!main~art_5\""));
}

#[test]
fn a_foreign_document_gives_what_it_has() {
    let xml = "<a:akomaNtoso xmlns:a=\"http://docs.oasis-open.org/legaldocml/ns/akn/3.0\"><a:act><a:body><a:hcontainer><a:article><a:num>Article 7</a:num><a:heading>Ponds</a:heading><a:paragraph><a:num>(2)</a:num><a:content><a:p>Water &amp; fish.</a:p></a:content></a:paragraph></a:article></a:hcontainer></a:body></a:act></a:akomaNtoso>";
    let law = read(xml).unwrap();
    assert_eq!(law.units[0].label, crate::label::Label::number(7));
    assert_eq!(law.units[0].children[0].text(), "(2) Water & fish.");
}

#[test]
fn broken_xml_is_refused_with_the_reason() {
    assert_eq!(read("<x/>"), Err(Unreadable::NotAkn));
    assert!(matches!(read("<akomaNtoso><a></akomaNtoso>"), Err(Unreadable::Xml { .. })));
    assert_eq!(read(&"<a>".repeat(300)), Err(Unreadable::TooDeep));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(xml in "(<(/?)(akomaNtoso|act|body|article|num|p|content|eol)( eId=\"[a-z]\")?(/?)>|&[a-z#0-9]{1,4};|[a-z<&\"]){0,40}") {
        let _ = read(&xml);
    }
}
