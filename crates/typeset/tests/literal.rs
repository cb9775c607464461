//! Whatever people write is printed as written: no character of the data means anything to the typesetter.

mod judges;

use judges::{extracted, papers, solid};
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;
use typeset::Papers;

static PAPERS: LazyLock<Papers> = LazyLock::new(papers);

/// A word of Vietnamese letters, or of what markup languages, shells and PDF are made of.
fn word() -> impl Strategy<Value = String> {
    const SYLLABLES: [&str; 24] = [
        "Nghị",
        "quyết",
        "ƯỜNG",
        "ẬẶỀỂỄỆ",
        "đổi",
        "Ủy",
        "thưởng",
        "nghĩa",
        "Quốc",
        "hội",
        "khoá",
        "ỷ",
        "ứng",
        "giữa",
        "phụng",
        "Ổn",
        "ậm",
        "ừ",
        "Ỹ",
        "lẽ",
        "fi",
        "ffl",
        "Số",
        "1343/NQ-UBTVQH15",
    ];
    const MARKS: [&str; 34] = [
        "#",
        "*",
        "_",
        "$",
        "@",
        "<",
        ">",
        "\\",
        "\"",
        "'",
        "`",
        "~",
        "--",
        "---",
        "...",
        "//",
        "/*",
        "*/",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "#let",
        "#read(\"x\")",
        "= ",
        "+ ",
        "- ",
        "&amp;",
        "%",
        "100%",
        "<a>",
        "http://a.b/c?d=1&e",
    ];
    prop_oneof![
        4 => prop::sample::select(&SYLLABLES[..]).prop_map(str::to_owned),
        3 => prop::sample::select(&MARKS[..]).prop_map(str::to_owned),
        1 => "[!-~À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ“”–…]{1,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..40).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_is_printed_letter_for_letter(subject in text(), basis in text(), point in text(), cell in text(), who in text()) {
        let mut data = PAPERS.sample("nghi-quyet-ubtvqh").unwrap();
        data["subject"] = json!(subject);
        data["bases"] = json!([format!("{basis}x")]);
        // A column's title may have 200 characters, a cell more.
        let title: String = cell.chars().take(150).collect();
        data["articles"] = json!([
            {"text": [point.clone()]},
            {"heading": point, "clauses": [{"text": [cell], "points": [{"text": point}]}],
             "table": {"columns": [{"title": title}], "rows": [{"cells": [cell]}]}},
        ]);
        data["recipients"] = json!([who]);
        let paper = PAPERS.render("nghi-quyet-ubtvqh", &data, kernel::Timestamp::from_micros(0)).unwrap();
        let printed = solid(&paper.text);
        for text in [&subject, &basis, &point, &cell, &who] {
            prop_assert!(printed.contains(&solid(text)), "{text:?} in {printed}");
        }
        prop_assert_eq!(extracted(&paper.pdf), printed);
    }

    #[test]
    fn no_json_makes_the_check_panic(text in ".*", number in any::<i64>(), yes in any::<bool>()) {
        let values = [json!(text), json!(number), json!(yes), json!(null), json!([text]), json!({text.clone(): number})];
        for form in PAPERS.forms() {
            for value in &values {
                let mut data = PAPERS.sample(&form.code).unwrap();
                if let Some(slot) = data.as_object_mut().and_then(|map| map.values_mut().next()) {
                    *slot = value.clone();
                }
                let _ = PAPERS.check(&form.code, &data);
                let _ = PAPERS.check(&form.code, value);
            }
        }
    }
}
