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

#[test]
fn an_amending_law_tells_what_it_does_and_an_amended_one_what_was_done_to_it() {
    use crate::consolidate::{Enactment, consolidate};
    let base = parse("Luật số: 2/2029/QH20\nLUẬT\nHỒ\nĐiều 1. Một\n1. A.\n2. B.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2030.").law;
    let change = parse("Luật số: 1/2031/QH20\nLUẬT\nSỬA\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Hồ số 2/2029/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. BB.”.\n2. Bãi bỏ khoản 1 Điều 1.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2032.").law;
    let active = write(&change, &Options::default());
    for part in [
        "<source href=\"/akn/vn/act/luat/2031/1-2031-qh20/!main~art_1__para_1__mod_1\"/><destination href=\"/akn/vn/act/luat/2029/2-2029-qh20/!main~art_1__para_2\"/><new href=\"/akn/vn/act/luat/2031/1-2031-qh20/!main~art_1__para_1__mod_1__qstr_1\"/>",
        "<quotedStructure eId=\"art_1__para_1__mod_1__qstr_1\">",
        "type=\"repeal\"><source href=\"/akn/vn/act/luat/2031/1-2031-qh20/!main~art_1__para_2\"/>",
        "<activeRef eId=\"ra_1\" href=\"/akn/vn/act/luat/2029/2-2029-qh20/!main\"",
    ] {
        assert!(active.contains(part), "{part} in {active}");
    }
    let got = consolidate(&base, &[Enactment::of(&change)], None);
    let passive = write(&got.law, &Options { consolidated: Some(&got), ..Options::default() });
    for part in [
        "<eventRef date=\"2032-01-01\" eId=\"evt_3\" source=\"#rp_1\" type=\"amendment\"/>",
        "<passiveRef eId=\"rp_1\" href=\"/akn/vn/act/luat/2031/1-2031-qh20/!main\"",
        "<timeInterval start=\"#evt_3\" refersTo=\"#inforce\"/>",
        "<force period=\"#tmpg_2\"/>",
        "<paragraph eId=\"art_1__para_2\" period=\"#tmpg_2\">",
        "<paragraph eId=\"art_1__para_1\" status=\"removed\" period=\"#tmpg_2\">",
        "<article eId=\"art_1\" period=\"#tmpg_1\">",
    ] {
        assert!(passive.contains(part), "{part} in {passive}");
    }
    assert_eq!(read(&passive).unwrap().text(), got.law.text());
}

/// Documents of others: containers that the model does not know, words in many places.
fn foreign() -> impl Strategy<Value = String> {
    let word = "[a-z]{3,9}";
    let leaf = prop_oneof![
        word.prop_map(|w| format!("<p>{w}</p>")),
        word.prop_map(|w| format!("<num>{w}</num>")),
        (word, word).prop_map(|(a, b)| format!("<p>{a} <b>{b}</b></p>")),
        word.prop_map(|w| format!("<block name=\"x\">{w}</block>")),
        (word, word).prop_map(|(a, b)| format!("<table><tr><td><p>{a}</p></td><td><p>{b}</p></td></tr></table>")),
        word.prop_map(|w| format!(
            "<p><mod><quotedStructure><article><num>{w}</num></article></quotedStructure></mod></p>"
        )),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let name = prop_oneof![
            Just("article"),
            Just("paragraph"),
            Just("point"),
            Just("chapter"),
            Just("content"),
            Just("intro"),
            Just("wrapUp"),
            Just("hcontainer"),
            Just("list"),
            Just("blockList"),
            Just("item"),
            Just("subparagraph"),
            Just("alinea"),
            Just("heading"),
        ];
        (name, proptest::collection::vec(inner, 0..5)).prop_map(|(n, i)| format!("<{n}>{}</{n}>", i.concat()))
    })
}

proptest! {
    #[test]
    fn no_word_of_a_foreign_document_is_lost(parts in proptest::collection::vec(foreign(), 0..5)) {
        let body = parts.concat();
        let xml = format!("<akomaNtoso><act><meta/><body>{body}</body></act></akomaNtoso>");
        let text = read(&xml).unwrap().text();
        let words = |t: &str| {
            let mut out: Vec<String> = t.split(|c: char| !c.is_ascii_lowercase()).filter(|w| w.len() > 2).map(str::to_owned).collect();
            out.sort();
            out
        };
        let bare: String = body.split('<').map(|p| p.split_once('>').map_or(p, |(_, t)| t)).collect::<Vec<_>>().join(" ");
        prop_assert_eq!(words(&text), words(&bare), "{}", xml);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(xml in "(<(/?)(akomaNtoso|act|body|article|num|p|content|eol)( eId=\"[a-z]\")?(/?)>|&[a-z#0-9]{1,4};|[a-z<&\"]){0,40}") {
        let _ = read(&xml);
    }
}
