//! The catalogue: what stands in `procedures/`, what happens to wrong files, and what is generated from it.

mod hall;

use hall::{CATALOGUE, day};
use kernel::Day;
use procedure::{
    Calendar, Catalogue, bpmn, draw, explain,
    model::{Deadline, Moment, Source, Work},
    table,
};
use proptest::prelude::*;
use std::{collections::BTreeMap, path::Path};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
/// The catalogue with these files added or changed.
fn with(files: &[(&str, &str)]) -> Catalogue {
    let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for name in ["references.toml", "bases/standing-committee-resolution.toml", "lawmaking/drafting-committee.toml"] {
        texts.insert(name.into(), std::fs::read(root().join("procedures").join(name)).unwrap());
    }
    texts.extend(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())));
    Catalogue::from_texts(texts)
}

#[test]
fn at_least_forty_five_procedures_in_all_eight_fields_can_run() {
    assert_eq!(CATALOGUE.problems(), []);
    assert!(CATALOGUE.newest().count() >= 45);
    for work in Work::ALL {
        assert!(CATALOGUE.of_field(work).count() >= 4, "{}", work.code());
    }
}

#[test]
fn the_built_in_catalogue_is_that_of_the_folder() {
    let built_in = Catalogue::load(None).unwrap();
    assert_eq!(table::markdown(&built_in), table::markdown(&CATALOGUE));
}

#[test]
fn the_table_in_the_documents_is_what_the_catalogue_gives() {
    let committed = std::fs::read_to_string(root().join("docs/procedures.md")).unwrap();
    let now = table::markdown(&CATALOGUE);
    assert!(committed == now, "docs/procedures.md is stale: run `cargo run -p dienhong-procedure --example table`");
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_the_others_stand() {
    let good = std::fs::read_to_string(root().join("procedures/lawmaking/drafting-committee.toml")).unwrap();
    let other = |text: String| text.replace("id = \"drafting-committee\"", "id = \"other\"");
    let cases: Vec<(String, &str)> = vec![
        (other(good.replace("version = 1", "version = ")), "not well-formed TOML"),
        (other(good.replace("version = 1", "version = 1\nsurprise = 2")), "no word “surprise”"),
        (other(good.replace("kind = \"list\"", "kind = \"lst\"")), "“lst” is no value"),
        (other(good.replace("base = \"standing-committee-resolution\"", "base = \"nothing\"")), "no base “nothing”"),
        (other(good.replace("after = \"issue\"", "after = \"nowhere\"")), "no step “nowhere”"),
        (other(good.replace("members = \"{members}\"", "members = \"{others}\"")), "no field “others”"),
        (other(good.replace("kind = \"establish-body\"", "kind = \"crown-king\"")), "no kind of effect"),
        (good.clone(), "is there already"),
        (other(good.replace("field = \"lawmaking\"", "field = \"oversight\"")), "folder of its field"),
        ("\u{0}".into(), ""),
    ];
    for (text, what) in cases {
        let catalogue = with(&[("lawmaking/other.toml", &text)]);
        assert_eq!(catalogue.newest().count(), 1, "{what}");
        let problem = catalogue.problems().first().unwrap_or_else(|| panic!("{what}: no problem was told"));
        assert!(problem.what.en.contains(what), "{problem}");
        assert!(problem.line >= 1 && !problem.mend.vi.is_empty() && !problem.mend.en.is_empty());
    }
}

/// A small procedure with one thing wrong each.
#[test]
fn unsound_procedures_are_found_out() {
    const SOUND: &str = r#"
id = "small"
version = 1
field = "direction"
title = { vi = "Nhỏ", en = "Small" }
basis = ["30/2020/NĐ-CP"]
valid-from = "2025-01-01"
[[documents]]
key = "don"
title = { vi = "Đơn", en = "Letter" }
[[steps]]
key = "write"
kind = "work"
title = { vi = "Viết", en = "Write" }
owner = "expert@vu-phap-luat"
needs = ["don"]
writes = ["don"]
next = [{ to = "read" }]
[[steps]]
key = "read"
kind = "work"
title = { vi = "Đọc", en = "Read" }
owner = "head@vu-phap-luat"
needs = ["don"]
outcomes = [{ code = "yes", label = { vi = "Có", en = "Yes" } }, { code = "later", label = { vi = "Sau", en = "Later" } }]
returns = ["write"]
next = [{ when = { outcome = "yes" }, to = "done" }, { to = "done" }]
[[steps]]
key = "done"
kind = "end"
title = { vi = "Xong", en = "Done" }
outcome = "done"
"#;
    let file = "direction/small.toml";
    let sound = with(&[(file, SOUND)]);
    assert_eq!(sound.problems(), []);
    let cases = [
        ("owner = \"head@vu-phap-luat\"\n", "", "has no owner"),
        ("owner = \"head@vu-phap-luat\"", "owner = \"king@vu-phap-luat\"", "no position “king”"),
        ("owner = \"head@vu-phap-luat\"", "owner = \"head@vu-la\"", "no body “vu-la”"),
        ("owner = \"head@vu-phap-luat\"", "owner = \"head of vu\"", "is not an owner"),
        ("owner = \"head@vu-phap-luat\"", "owner = \"person:{who}\"", "names no person"),
        ("next = [{ to = \"read\" }]", "next = [{ to = \"nowhere\" }]", "no step “nowhere”"),
        ("next = [{ to = \"read\" }]", "next = [{ to = \"done\" }]", "No way leads to the step “read”"),
        ("{ to = \"done\" }]", "{ to = \"write\" }]", ""),
        ("when = { outcome = \"yes\" }", "when = { outcome = \"no\" }", "no outcome “no”"),
        ("when = { outcome = \"yes\" }", "when = { ballot = \"passed\" }", "no ballot"),
        (", { to = \"done\" }]", "]", "may have no way on"),
        ("needs = [\"don\"]\nwrites = [\"don\"]", "writes = [\"don\"]", "may be missing at the step “read”"),
        ("writes = [\"don\"]\n", "", "Nobody writes"),
        ("returns = [\"write\"]", "returns = [\"done\"]", "not an earlier step"),
        ("title = { vi = \"Đọc\", en = \"Read\" }", "title = { vi = \"Đọc\", en = \"\" }", "name is missing"),
        ("kind = \"end\"", "kind = \"opinion\"", "asks nobody"),
        ("outcome = \"done\"", "", "has no outcome"),
    ];
    for (from, to, what) in cases {
        let text = SOUND.replacen(from, to, 1);
        assert_ne!(text, SOUND, "{from}");
        let catalogue = with(&[(file, &text)]);
        if what.is_empty() {
            assert_eq!(catalogue.problems(), [], "a way back is no fault");
            continue;
        }
        let told = catalogue.problems().iter().any(|p| p.what.en.contains(what));
        assert!(told, "{what}: {:?}", catalogue.problems());
    }
    let endless = SOUND.replace("to = \"done\"", "to = \"write\"");
    let told = with(&[(file, &endless)]);
    assert!(told.problems().iter().any(|p| p.what.en.contains("no end can be reached")), "{:?}", told.problems());
}

#[test]
fn every_rule_is_said_in_words_in_both_languages() {
    for procedure in CATALOGUE.newest() {
        for step in &procedure.steps {
            for sentence in explain::step(procedure, CATALOGUE.references(), step) {
                for text in [&sentence.vi, &sentence.en] {
                    assert!(
                        !text.contains("“”") && !text.contains('{') && text.ends_with('.'),
                        "{}: {text}",
                        procedure.id
                    );
                }
            }
        }
    }
    let procedure = CATALOGUE.valid_on("drafting-committee", day(2026, 5, 4)).unwrap();
    let words = |key: &str| -> Vec<String> {
        let step = procedure.step(key).unwrap();
        explain::step(procedure, CATALOGUE.references(), step).into_iter().map(|text| text.vi).collect()
    };
    assert_eq!(
        words("ballot"),
        [
            "Thông qua khi quá nửa tổng số thành viên tán thành.",
            "Thời hạn: trong 5 ngày làm việc kể từ khi đến bước này (chưa kiểm chứng).",
            "Nếu phiếu lấy ý kiến đạt quá nửa tổng số thành viên tán thành thì chuyển sang bước “Chủ tịch Quốc hội ký”.",
            "Các trường hợp khác thì chuyển sang bước “Soạn thảo”.",
        ]
    );
    assert_eq!(words("sign")[0], "Người thực hiện: Chủ tịch Quốc hội.");
}

#[test]
fn every_procedure_has_a_picture_and_a_bpmn_file_that_are_well_formed() {
    for procedure in CATALOGUE.newest() {
        for xml in
            [draw::svg(procedure, None, draw::Language::Vietnamese), bpmn::export(procedure, CATALOGUE.references())]
        {
            let mut open: Vec<&str> = Vec::new();
            for tag in xml.split('<').skip(1) {
                let name = tag.split([' ', '>', '/']).next().unwrap();
                if let Some(rest) = tag.strip_prefix('/') {
                    assert_eq!(open.pop(), rest.split('>').next(), "{}", procedure.id);
                } else if !tag.starts_with(['?', '!']) && !tag.split('>').next().unwrap().ends_with('/') {
                    open.push(name);
                }
            }
            assert!(open.is_empty(), "{}: {open:?}", procedure.id);
        }
    }
}

#[test]
fn working_days_are_counted_as_on_the_table_worked_out_by_hand() {
    let calendar = CATALOGUE.calendar();
    let table = std::fs::read_to_string(root().join("crates/procedure/tests/working-days.md")).unwrap();
    let mut rows = 0;
    for line in table.lines().filter(|line| line.starts_with("| 2")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (event, rule, due) = (Day::parse(cells[1]).unwrap(), cells[2], Day::parse(cells[3]).unwrap());
        let (number, unit) = rule[1..].split_once(' ').unwrap();
        let deadline = Deadline {
            days: number.parse().unwrap(),
            working: unit == "w",
            from: Moment::Entered,
            before: rule.starts_with('-'),
            source: Source::default(),
        };
        assert_eq!(calendar.due(&deadline, event).day(), due, "{line}");
        if deadline.working && !deadline.before && deadline.days > 0 {
            assert_eq!(calendar.working_between(event, due), deadline.days, "{line}");
        }
        rows += 1;
    }
    assert!(rows >= 35, "{rows} rows were read");
    assert!(!calendar.knows(2031) && !calendar.is_working(day(2031, 9, 2)), "fixed days hold where a year is missing");
}

#[test]
fn a_day_begins_and_a_deadline_ends_by_the_clock_of_vietnam() {
    // 17:30 in Greenwich on 4 March is half past midnight on 5 March in Hà Nội.
    let late = Day::new(2025, 3, 5).unwrap().start().plus_seconds(1800);
    assert_eq!((late.day(), late.iso_local().as_str()), (day(2025, 3, 5), "2025-03-05T00:30:00+07:00"));
    let three = Deadline { days: 3, working: true, from: Moment::Entered, before: false, source: Source::default() };
    let due = CATALOGUE.calendar().due(&three, late.day());
    assert!(due.iso_local().starts_with("2025-03-10T23:59:59"), "{}", due.iso_local());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn counting_there_and_back_comes_home(start in 0i64..900, days in 0u32..60) {
        let calendar = CATALOGUE.calendar();
        let from = day(2024, 1, 2).plus_days(start);
        let to = calendar.plus_working(from, days);
        prop_assert_eq!(calendar.working_between(from, to), days);
        if calendar.is_working(from) {
            prop_assert_eq!(calendar.minus_working(to, days), from);
        }
    }

    /// A file that somebody broke: a line cut, doubled, moved or overwritten. Told, never a panic, never a loss of the rest.
    #[test]
    fn broken_files_never_panic(at in 0usize..400, len in 0usize..60, other in 0usize..400, text in ".{0,20}", how in 0u8..4) {
        let good = std::fs::read_to_string(root().join("procedures/bases/standing-committee-resolution.toml")).unwrap();
        let good = good.replace("is-base = true", "version = 1\nfield = \"direction\"\ntitle = { vi = \"A\", en = \"A\" }");
        let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
        let (at, other) = (at % lines.len(), other % lines.len());
        match how {
            0 => { lines.drain(at..(at + len).min(lines.len())); }
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            _ => lines[at] = text,
        }
        let catalogue = with(&[("direction/broken.toml", &lines.join("\n"))]);
        prop_assert!(catalogue.valid_on("drafting-committee", day(2026, 5, 4)).is_some());
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "(?s).{0,200}") {
        with(&[("direction/any.toml", &text)]);
        let _ = Calendar::default().add(&text);
    }
}
