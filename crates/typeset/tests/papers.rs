//! Every form, set with its sample and with hostile data, judged by poppler and qpdf.

mod judges;

use judges::{ask, extracted, looks_like_pdf_a_2b, papers, solid};
use kernel::Timestamp;
use serde_json::{Value, json};
use typeset::{Field, FieldType, Form, Limits, Options, Papers, Size, TypesetError, specimen};

fn at() -> Timestamp {
    Timestamp::from_micros(0)
}
const RESOLUTION: &str = "nghi-quyet-ubtvqh";

fn is_stamp(code: &str) -> bool {
    code.starts_with("stamps/")
}

fn is_specimen(code: &str) -> bool {
    code.starts_with("specimens/")
}

/// The texts of text fields in the data: what is printed as it was given.
fn texts(form: &Form, fields: &[Field], data: &Value, out: &mut Vec<String>) {
    for field in fields {
        of_type(form, &field.is, &data[&field.name], out);
    }
}

fn of_type(form: &Form, is: &FieldType, value: &Value, out: &mut Vec<String>) {
    match (is, value) {
        (FieldType::Text, Value::String(text)) => out.push(text.clone()),
        (FieldType::List(each), Value::Array(items)) => items.iter().for_each(|item| of_type(form, each, item, out)),
        (FieldType::Group(name), Value::Object(_)) => texts(form, &form.groups[name], value, out),
        _ => {}
    }
}

/// The text of the paper without page numbers, which may stand in the midst of a paragraph.
fn body(text: &str) -> String {
    let pages = text.split('\u{c}').enumerate();
    solid(
        &pages
            .map(|(i, page)| if i == 0 { page } else { page.split_once('\n').map_or("", |p| p.1) })
            .collect::<String>(),
    )
}

#[test]
fn every_form_prints_its_sample_whole_and_as_pdf_a() {
    let papers = papers();
    assert!(papers.forms().count() >= 12);
    for form in papers.forms().filter(|f| !is_stamp(&f.code) && !is_specimen(&f.code)) {
        let data = papers.sample(&form.code).unwrap();
        let paper = papers.render(&form.code, &data, at()).unwrap_or_else(|error| panic!("{}: {error}", form.code));
        looks_like_pdf_a_2b(&paper.pdf);
        assert_eq!(extracted(&paper.pdf), solid(&paper.text), "{}", form.code);
        // A form may print a name in capitals.
        let printed = body(&paper.text).to_lowercase();
        let mut given = Vec::new();
        texts(form, &form.fields, &data, &mut given);
        assert!(!given.is_empty(), "{}", form.code);
        for text in given {
            let text = solid(&text).to_lowercase();
            assert!(printed.contains(text.trim_end_matches([';', '.'])), "{}: {text:?} in {printed}", form.code);
        }
        for name in &form.anchors {
            let filled = (name == "number" || name == "date") && !data[name].is_null();
            assert_eq!(paper.anchors.contains_key(name), !filled, "{}: {name}", form.code);
        }
        for (name, anchor) in &paper.anchors {
            assert!(form.anchors.contains(name), "{}: {name} is not declared", form.code);
            assert!(anchor.page <= paper.pages && anchor.x > 0.0 && anchor.y > 0.0 && anchor.x + anchor.w < 595.3);
        }
    }
}

#[test]
fn the_same_data_and_time_give_the_same_bytes_on_every_thread() {
    let papers = papers();
    let data = papers.sample(RESOLUTION).unwrap();
    let first = papers.render(RESOLUTION, &data, at()).unwrap().pdf;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(papers.render(RESOLUTION, &data, at()).unwrap().pdf == first));
        }
    });
    let later = papers.render(RESOLUTION, &data, at().plus_seconds(86_400 * 365 * 55)).unwrap().pdf;
    assert!(later != first);
    assert!(ask("pdfinfo", &["-isodates", "{}"], &later).contains("CreationDate:    2024-12-18T07:00:00+07"));
    looks_like_pdf_a_2b(&later);
}

#[test]
fn the_number_box_stands_between_its_words_and_the_stamp_stands_on_their_line() {
    let papers = papers();
    let paper = papers.render(RESOLUTION, &papers.sample(RESOLUTION).unwrap(), at()).unwrap();
    let number = paper.anchors["number"];
    let (before, after) = (word(&paper.pdf, "số:"), word(&paper.pdf, "/NQ-UBTVQH15"));
    assert!(number.x > before[2] && number.x - before[2] < 6.0, "{number:?} {before:?}");
    assert!((number.x + number.w - after[0]).abs() < 1.0, "{number:?} {after:?}");
    // The stamp, laid over the box, has its letters on the same line as the words beside it.
    let stamp = papers.stamp("stamps/so-van-ban", &json!({"number": "1343"}), number.size()).unwrap();
    let digits = word(&stamp, "1343");
    let page_height = 841.89;
    let top_on_page = page_height - number.y - number.h + digits[1];
    assert!((top_on_page - after[1]).abs() < 0.2, "{top_on_page} {after:?}");
}

/// The box of the first such word, as poppler sees it: left, top, right, bottom in points from the top left.
fn word(pdf: &[u8], word: &str) -> [f64; 4] {
    let html = ask("pdftotext", &["-bbox", "{}", "-"], pdf);
    let line = html.lines().find(|l| l.contains(&format!(">{word}<"))).unwrap_or_else(|| panic!("{word} in {html}"));
    let mut numbers = line.split('"').skip(1).step_by(2).map(|n| n.parse().unwrap());
    std::array::from_fn(|_| numbers.next().unwrap())
}

#[test]
fn stamps_have_the_exact_size_no_structure_and_embedded_fonts() {
    let papers = papers();
    for form in papers.forms().filter(|f| is_stamp(&f.code)) {
        let stamp = papers.stamp(&form.code, &papers.sample(&form.code).unwrap(), Size { w: 147.5, h: 56.25 }).unwrap();
        looks_like_pdf_a_2b(&stamp);
        let info = ask("pdfinfo", &["{}"], &stamp);
        assert!(info.contains("147.5 x 56.25 pts") && info.contains("Pages:           1"), "{}: {info}", form.code);
        assert!(!ask("qpdf", &["--json", "{}"], &stamp).contains("/StructTreeRoot"), "{}", form.code);
    }
    let bad = papers.stamp("stamps/so-van-ban", &json!({"number": "1"}), Size { w: f64::NAN, h: 1.0 });
    assert!(matches!(bad, Err(TypesetError::StampSize(..))), "{bad:?}");
}

#[test]
fn specimens_are_transparent_images_that_stamps_take() {
    use base64::Engine as _;
    let papers = papers();
    for png in [
        specimen::seal(&papers, "Ủy ban Thường vụ Quốc hội").unwrap(),
        specimen::signature(&papers, "Nguyễn Văn A").unwrap(),
    ] {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels[3], 0, "the corner is transparent");
        assert!(pixels.chunks(4).any(|p| p[3] == 255), "something is drawn");
        let image = base64::engine::general_purpose::STANDARD.encode(&png);
        let stamp = papers.stamp("stamps/hinh-anh", &json!({"image": image}), Size { w: 108.0, h: 57.0 }).unwrap();
        assert!(ask("pdfimages", &["-list", "{}"], &stamp).contains("smask"));
    }
    assert_ne!(specimen::signature(&papers, "A").unwrap(), specimen::signature(&papers, "B").unwrap());
}

#[test]
fn a_number_and_date_in_the_data_are_printed_and_leave_no_box() {
    let papers = papers();
    let mut data = papers.sample(RESOLUTION).unwrap();
    data["number"] = json!("1343");
    data["date"] = json!("2025-01-05");
    let paper = papers.render(RESOLUTION, &data, at()).unwrap();
    assert!(paper.text.contains("Nghị quyết số: 1343/NQ-UBTVQH15"), "{}", paper.text);
    assert!(paper.text.contains("Hà Nội, ngày 05 tháng 01 năm 2025"), "{}", paper.text);
    assert_eq!(paper.anchors.keys().collect::<Vec<_>>(), ["seal", "signature"]);
}

#[test]
fn a_blank_ballot_and_a_paper_without_its_optional_parts_print_within_the_margins() {
    let papers = papers();
    for form in papers.forms().filter(|f| !is_stamp(&f.code) && !is_specimen(&f.code)) {
        let mut data = papers.sample(&form.code).unwrap();
        for field in form.fields.iter().filter(|field| field.optional) {
            data.as_object_mut().unwrap().remove(&field.name);
        }
        if form.code == "phieu-lay-y-kien" {
            data["questions"] = json!([{"text": "Đồng chí có tán thành hay không?"}]);
        }
        let paper = papers.render(&form.code, &data, at()).unwrap_or_else(|error| panic!("{}: {error}", form.code));
        assert_eq!(paper.anchors.keys().collect::<Vec<_>>(), sorted(&form.anchors), "{}", form.code);
        assert_eq!(extracted(&paper.pdf), solid(&paper.text), "{}", form.code);
    }
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = names.iter().collect();
    names.sort();
    names
}

#[test]
fn every_wrong_field_is_named_with_its_path_and_what_is_wrong() {
    let papers = papers();
    let wrong = |change: fn(&mut Value)| {
        let mut data = papers.sample(RESOLUTION).unwrap();
        change(&mut data);
        match papers.render(RESOLUTION, &data, at()) {
            Err(TypesetError::Data { problems, .. }) => problems.into_iter().map(|p| (p.field, p.code)).collect(),
            other => vec![(format!("{:?}", other.map(|p| p.pages)), "")],
        }
    };
    type Case = (fn(&mut Value), &'static str, &'static str);
    let cases: [Case; 17] = [
        (|d| *d = json!([]), "", "wrong_type"),
        (|d| d["colour"] = json!("red"), "colour", "unknown"),
        (|d| d["subject"] = Value::Null, "subject", "missing"),
        (|d| d["subject"] = json!("  \n "), "subject", "empty"),
        (|d| d["subject"] = json!(7), "subject", "wrong_type"),
        (|d| d["subject"] = json!("a".repeat(1501)), "subject", "too_long"),
        (|d| d["subject"] = json!("Về 漢"), "subject", "missing_glyph"),
        (|d| d["subject"] = json!("Về 😀"), "subject", "missing_glyph"),
        (|d| d["subject"] = json!("Về\u{202e}việc"), "subject", "control_character"),
        (|d| d["subject"] = json!("Về\u{0}việc"), "subject", "control_character"),
        (|d| d["bases"] = json!([]), "bases", "empty"),
        (|d| d["bases"] = json!(vec!["Căn cứ"; 61]), "bases", "too_many"),
        (|d| d["date"] = json!("2025-02-30"), "date", "not_a_day"),
        (|d| d["urgency"] = json!("GẤP"), "urgency", "not_a_choice"),
        (|d| d["signer"]["name"] = json!(null), "signer.name", "missing"),
        (|d| d["articles"][1]["clauses"][0]["text"] = json!("x"), "articles[1].clauses[0].text", "wrong_type"),
        (
            |d| d["articles"][1]["clauses"][1]["points"][0]["x"] = json!(1),
            "articles[1].clauses[1].points[0].x",
            "unknown",
        ),
    ];
    for (change, field, code) in cases {
        assert_eq!(wrong(change), [(field.to_owned(), code)]);
    }
    let image = papers.stamp("stamps/hinh-anh", &json!({"image": "AAAA"}), Size { w: 9.0, h: 9.0 });
    assert!(image.unwrap_err().to_string().contains("image (not_an_image)"));
    assert_eq!(papers.check("../x", &json!({})), Err(TypesetError::UnknownForm("../x".to_owned())));
}

#[test]
fn huge_data_is_refused_before_it_costs_anything() {
    let papers = papers();
    let mut data = papers.sample(RESOLUTION).unwrap();
    let long = "chữ ".repeat(4_900);
    data["articles"] = json!(vec![json!({"text": vec![long; 200]}); 3]);
    let refused = papers.render(RESOLUTION, &data, at()).unwrap_err();
    assert!(matches!(refused, TypesetError::TooLarge { limit: 2_000_000, .. }), "{refused}");

    let cells = json!({"columns": vec![json!({"title": "C"}); 12], "rows": vec![json!({"cells": vec![""; 12]}); 5000]});
    let mut data = papers.sample(RESOLUTION).unwrap();
    data["appendices"] = json!(vec![json!({"title": "BẢNG", "table": cells}); 3]);
    let refused = papers.render(RESOLUTION, &data, at()).unwrap_err();
    assert!(matches!(refused, TypesetError::TooLarge { limit: 2_000_000, .. }), "{refused}");

    let small = Options { limits: Limits { pages: 2, ..Limits::default() }, ..Options::default() };
    let refused = Papers::load(&small).unwrap().render(RESOLUTION, &papers.sample(RESOLUTION).unwrap(), at());
    assert!(matches!(refused, Err(TypesetError::TooLarge { limit: 2, .. })), "{refused:?}");
}

#[test]
fn a_table_may_have_blank_cells_and_short_rows_and_its_head_returns_on_every_page() {
    let papers = papers();
    let mut data = papers.sample(RESOLUTION).unwrap();
    let mut rows = vec![json!({"cells": ["", "Ô giữa", ""]}), json!({"cells": ["Một ô"]})];
    rows.extend((1..=60).map(|i| json!({"cells": [i.to_string(), "Nội dung", "x"]})));
    let columns = json!([{"title": "Số"}, {"title": "Đầu bảng"}, {"title": "Ghi chú"}]);
    data["appendices"] = json!([{"title": "BẢNG", "table": {"columns": columns, "rows": rows}}]);
    let paper = papers.render(RESOLUTION, &data, at()).unwrap();
    assert_eq!(paper.text.matches("Đầu bảng").count(), paper.pages as usize - 2);
    assert_eq!(extracted(&paper.pdf), solid(&paper.text));
}

#[test]
fn what_would_leave_the_paper_is_an_error_and_never_cut_off() {
    let papers = papers();
    let mut data = papers.sample(RESOLUTION).unwrap();
    data["articles"][0]["text"][0] = json!(format!("Nghị quyết {}", "x".repeat(400)));
    let error = papers.render(RESOLUTION, &data, at()).unwrap_err();
    assert!(matches!(&error, TypesetError::Outside { text, .. } if text.contains("xxx")), "{error}");
}

#[test]
fn long_names_many_recipients_and_a_long_subject_stay_on_their_pages() {
    let papers = papers();
    let mut data = papers.sample(RESOLUTION).unwrap();
    data["subject"] = json!("Về việc điều chỉnh, bổ sung Chương trình xây dựng luật, pháp lệnh ".repeat(12));
    data["recipients"] = json!((1..=80).map(|i| format!("Đoàn đại biểu Quốc hội số {i}")).collect::<Vec<_>>());
    data["signer"]["name"] = json!("Công Tằng Tôn Nữ Nguyễn Thị Hoàng Phượng Khuê");
    data["appendices"] = json!([]);
    data["recipients"][3] =
        json!("Hội đồng nhân dân, Ủy ban nhân dân các tỉnh, thành phố trực thuộc trung ương; ".repeat(20));
    let paper = papers.render(RESOLUTION, &data, at()).unwrap();
    let signature = paper.anchors["signature"];
    let last = word(&paper.pdf, "80;");
    assert!(last[3] < 800.0 && last[1] > 50.0, "the list flows on within the margins: {last:?}");
    assert!(signature.y > 50.0 && signature.page >= 2, "{signature:?}");
    assert_eq!(extracted(&paper.pdf), solid(&paper.text));
}
