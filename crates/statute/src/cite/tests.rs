use super::*;
use crate::address::Address;
use crate::label::{Label, Level};
use proptest::prelude::*;

fn here() -> Address {
    Address::article(Label::number(9)).child(Level::Clause, Label::number(4))
}

fn list(text: &str) -> Vec<String> {
    let (list, _) = read_list(text).unwrap_or_else(|| panic!("no list in {text}"));
    list.iter().map(|c| c.resolve(&here()).map_or("?".into(), |a| a.to_string())).collect()
}

#[test]
fn lists_are_read_as_the_language_has_them() {
    assert_eq!(list("điểm a khoản 2 Điều 5 của Luật này"), ["điểm a khoản 2 Điều 5"]);
    assert_eq!(list("các khoản 1, 2 và 3 Điều 8"), ["khoản 1 Điều 8", "khoản 2 Điều 8", "khoản 3 Điều 8"]);
    assert_eq!(list("các khoản 1,2 và 5 Điều này"), ["khoản 1 Điều 9", "khoản 2 Điều 9", "khoản 5 Điều 9"]);
    assert_eq!(list("điểm a và điểm b khoản này"), ["điểm a khoản 4 Điều 9", "điểm b khoản 4 Điều 9"]);
    assert_eq!(list("từ Điều 5 đến Điều 7"), ["Điều 5", "Điều 6", "Điều 7"]);
    assert_eq!(list("các điều từ 5 đến 7"), ["Điều 5", "Điều 6", "Điều 7"]);
    assert_eq!(list("đoạn 2 khoản 1 Điều 27"), ["đoạn 2 khoản 1 Điều 27"]);
    assert_eq!(
        list("khoản 2 Điều 4, Điều 33, điểm a khoản 1, khoản 3 Điều 36 và khoản 4 Điều 45"),
        ["khoản 2 Điều 4", "Điều 33", "điểm a khoản 1 Điều 36", "khoản 3 Điều 36", "khoản 4 Điều 45"]
    );
    assert_eq!(
        list("khoản 3 Điều 30, các điều 31, 33, 242 và 247 của Luật"),
        ["khoản 3 Điều 30", "Điều 31", "Điều 33", "Điều 242", "Điều 247"]
    );
    assert_eq!(
        list("các điểm a, b, d và đ khoản 1"),
        ["điểm a khoản 1 Điều 9", "điểm b khoản 1 Điều 9", "điểm d khoản 1 Điều 9", "điểm đ khoản 1 Điều 9"]
    );
    assert_eq!(list("Chương V của Luật"), ["Chương V"]);
}

#[test]
fn running_words_are_no_list() {
    for text in ["điều kiện", "khoản tiền", "Điều ước", "mục tiêu", "điểm đến", "phần trăm"]
    {
        assert_eq!(read_list(text), None, "{text}");
    }
}

#[test]
fn documents_are_read_with_name_number_and_amenders() {
    let (doc, end) = read_document("Luật Quản lý, sử dụng vũ khí số 14/2017/QH14 đã được sửa đổi, bổ sung một số điều theo Luật số 50/2019/QH14 và Luật số 1/2020/QH14; Điều 19").unwrap();
    assert_eq!((doc.name.as_str(), doc.number.as_deref()), ("Quản lý, sử dụng vũ khí", Some("14/2017/QH14")));
    assert!("Luật Quản lý, sử dụng vũ khí số 14/2017/QH14 đã được sửa đổi, bổ sung một số điều theo Luật số 50/2019/QH14 và Luật số 1/2020/QH14".len() == end);
    assert_eq!(read_document("Bộ luật này").unwrap().0.to_string(), "Bộ luật này");
    assert_eq!(read_document("Luật Quy hoạch và bảo đảm").unwrap().0.name, "Quy hoạch");
    assert_eq!(read_document("luật khác"), None);
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in "((các |từ |đến )?(điểm|khoản|Điều|Luật|số|đoạn) ?[a-z0-9đ,;/]{0,4} ?){0,12}.{0,10}") {
        let _ = (read_list(&text), read_document(&text));
        if let Some((list, _)) = read_list(&text) {
            for cited in list { let _ = cited.resolve(&here()); }
        }
    }
}
