//! Random laws, random edits, random sequences of amending laws: what is proposed, published and folded gives the law
//! that the drafter wrote, on every day, whatever the order in which the amending laws are handed over.

use kernel::time::Day;
use proptest::prelude::*;
use statute::consolidate::{Enactment, consolidate, enactments, history};
use statute::label::{Label, Level};
use statute::model::{Block, Law, Unit};
use statute::page::law_page;
use statute::parse::parse;
use statute::propose::{Wish, propose};

const WORDS: [&str; 12] = [
    "ao",
    "hồ",
    "cá",
    "tôm",
    "nước sạch",
    "người nuôi",
    "giữ gìn",
    "báo cáo",
    "được phép",
    "phải nộp",
    "hằng năm",
    "trồng cây",
];

fn sentence() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..WORDS.len(), 3..9).prop_map(|w| {
        let text = w.iter().map(|i| WORDS[*i]).collect::<Vec<_>>().join(" ");
        let mut chars = text.chars();
        chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
    })
}

/// An article's body: paragraphs, or clauses, some with points.
fn body() -> impl Strategy<Value = String> {
    let clause = (sentence(), proptest::collection::vec(sentence(), 0..4));
    prop_oneof![
        proptest::collection::vec(sentence(), 1..3).prop_map(|p| p.join(".\n") + "."),
        proptest::collection::vec(clause, 1..5).prop_map(|clauses| {
            let mut out = Vec::new();
            for (n, (text, points)) in clauses.iter().enumerate() {
                let end = if points.is_empty() { '.' } else { ':' };
                out.push(format!("{}. {text}{end}", n + 1));
                for (letter, point) in statute::label::ALPHABET.chars().zip(points) {
                    out.push(format!("{letter}) {point};"));
                }
            }
            out.join("\n")
        }),
    ]
}

fn law() -> impl Strategy<Value = Law> {
    let article = (sentence(), body());
    proptest::collection::vec(proptest::collection::vec(article, 1..4), 1..4).prop_map(|chapters| {
        let mut text =
            "Luật số: 1/2030/QH20\nHà Nội, ngày 05 tháng 6 năm 2030\nLUẬT\nAO HỒ\nQuốc hội ban hành Luật Ao hồ.\n"
                .to_owned();
        let mut number = 0;
        for (i, articles) in chapters.iter().enumerate() {
            text.push_str(&format!("Chương {}\nCHƯƠNG SỐ {}\n", ["I", "II", "III"][i], i + 1));
            for (title, body) in articles {
                number += 1;
                text.push_str(&format!("Điều {number}. {title}\n{body}\n"));
            }
        }
        text.push_str(&format!(
            "Điều {}. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.",
            number + 1
        ));
        parse(&text).law
    })
}

/// What a drafter does to a law.
#[derive(Debug, Clone)]
enum Edit {
    Reword(usize, String),
    Swap(usize, usize, usize),
    Repeal(usize),
    Insert(usize, String),
    Retitle(usize, String),
    Article(usize, String, String),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = 0usize..1000;
    prop_oneof![
        (at.clone(), sentence()).prop_map(|(a, s)| Edit::Reword(a, s)),
        (at.clone(), 0..WORDS.len(), 0..WORDS.len()).prop_map(|(a, x, y)| Edit::Swap(a, x, y)),
        at.clone().prop_map(Edit::Repeal),
        (at.clone(), sentence()).prop_map(|(a, s)| Edit::Insert(a, s)),
        (at.clone(), sentence()).prop_map(|(a, s)| Edit::Retitle(a, s)),
        (at, sentence(), body()).prop_map(|(a, s, b)| Edit::Article(a, s, b)),
    ]
}

/// The unit of the levels that the number picks; the last article (effect) is let be.
fn pick(law: &Law, levels: &[Level], at: usize) -> Option<statute::text::Text> {
    let last = law.articles().last().map(|a| a.id.clone());
    let mut found = Vec::new();
    law.visit(&mut |u| {
        if levels.contains(&u.level) && !u.repealed && Some(&u.id) != last.as_ref() {
            found.push(u.id.clone());
        }
    });
    (!found.is_empty()).then(|| found[at % found.len()].clone())
}

fn with(law: &mut Law, id: Option<statute::text::Text>, mut edit: impl FnMut(&mut Unit)) {
    law.visit_mut(&mut |u| {
        if Some(&u.id) == id.as_ref() {
            edit(u);
        }
    });
}

/// Puts a unit into the list that holds the one with the id, after it.
fn insert_after(units: &mut Vec<Unit>, id: &str, new: &Unit) -> bool {
    if let Some(i) = units.iter().position(|u| *u.id == *id) {
        if !units.iter().any(|u| u.level == new.level && u.label == new.label) {
            units.insert(i + 1, new.clone());
        }
        return true;
    }
    units.iter_mut().any(|u| insert_after(&mut u.children, id, new))
}

fn edited(law: &Law, edits: &[Edit]) -> Law {
    let mut out = law.clone();
    for edit in edits {
        match edit {
            Edit::Reword(at, text) => {
                let id = pick(&out, &[Level::Clause, Level::Point], *at);
                with(&mut out, id, |u| {
                    if u.children.is_empty() {
                        u.lead = vec![Block::text(format!("{text}."))];
                    }
                });
            }
            Edit::Swap(at, x, y) => {
                let id = pick(&out, &[Level::Article, Level::Clause], *at);
                with(&mut out, id, |u| {
                    u.visit_mut(&mut |u| {
                        for block in &mut u.lead {
                            if let Block::Text(text) = block {
                                *text = text.replace(WORDS[*x], WORDS[*y]).into();
                            }
                        }
                    });
                });
            }
            Edit::Repeal(at) => {
                let id = pick(&out, &[Level::Article, Level::Clause, Level::Point], *at);
                with(&mut out, id, Unit::repeal);
            }
            Edit::Insert(at, text) => {
                if let Some(id) = pick(&out, &[Level::Clause, Level::Point], *at) {
                    let mut new = None;
                    with(&mut out, Some(id.clone()), |u| {
                        new = u.label.inserted(1).map(|label| Unit {
                            lead: vec![Block::text(format!("{text}."))],
                            ..Unit::new(u.level, label)
                        });
                    });
                    new.map(|new| insert_after(&mut out.units, &id, &new));
                }
            }
            Edit::Retitle(at, text) => {
                let id = pick(&out, &[Level::Article], *at);
                with(&mut out, id, |u| u.heading = vec![text.as_str().into()]);
            }
            Edit::Article(at, title, body) => {
                if let Some(id) = pick(&out, &[Level::Article], *at) {
                    let mut label: Option<Label> = None;
                    with(&mut out, Some(id.clone()), |u| label = u.label.inserted(1));
                    if let Some(label) = label.filter(|l| !out.articles().iter().any(|a| a.label == *l)) {
                        let new = statute::parse::parse_article(label, title, body).law.units.remove(0);
                        insert_after(&mut out.units, &id, &new);
                    }
                }
            }
        }
        // What the drafter hands in is a text.
        out = parse(&out.text()).law;
    }
    out
}

fn day(month: usize) -> Day {
    Day::new(2033, 1, 1).unwrap().plus_months(i32::try_from(month).unwrap())
}

/// The text of an amending law as it is published.
fn published(number: usize, text: &str) -> String {
    format!(
        "Luật số: {number}/2032/QH20\nHà Nội, ngày 09 tháng 6 năm 2032\nLUẬT\nSỬA ĐỔI, BỔ SUNG MỘT SỐ ĐIỀU CỦA LUẬT AO HỒ\n{text}"
    )
}

proptest! {
    #[test]
    fn a_sequence_of_proposed_laws_gives_what_the_drafters_wrote_on_every_day(
        base in law(),
        steps in proptest::collection::vec(proptest::collection::vec(edit(), 1..4), 1..5),
        shuffle in any::<u64>(),
    ) {
        let mut states = vec![base.clone()];
        let mut laws = Vec::new();
        for (month, edits) in steps.iter().enumerate() {
            let before = states.last().unwrap().clone();
            let target = edited(&before, edits);
            let wish = Wish { in_force: Some(day(month)) };
            // What no formula can say is refused aloud; the law then stays as it is.
            let after = match propose(&before, &target, &wish) {
                Ok(proposal) => {
                    if !proposal.text.is_empty() {
                        laws.push(parse(&published(month + 2, &proposal.text)).law);
                    }
                    target
                }
                Err(_) => before,
            };
            states.push(after);
        }
        let n = laws.len().max(1) as u64;
        laws.sort_by_key(|l| (l.meta.number.as_ref().map_or(0, |t| u64::from(t.as_bytes()[0])).wrapping_mul(shuffle | 1)) % (n + 3));
        let read = enactments(&laws);
        for (month, state) in states.iter().enumerate() {
            // The last day before the next law holds, and the first on which this one does.
            let until = day(month).plus_days(-1);
            let got = consolidate(&base, &read, Some(until));
            prop_assert_eq!(got.flags, vec![]);
            prop_assert_eq!(got.law.text(), state.text());
            if month > 0 {
                let from = consolidate(&base, &read, Some(day(month - 1)));
                prop_assert_eq!(from.law.text(), state.text());
            }
        }
        let last = consolidate(&base, &read, None).law;
        prop_assert_eq!(last.text(), states.last().unwrap().text());
        versions_and_page_agree(&base, &read, &states)?;
    }

    #[test]
    fn laws_of_one_day_hold_in_the_order_of_their_issue(base in law(), at in 0usize..100, a in sentence(), b in sentence(), late in any::<bool>()) {
        let Some(id) = pick(&base, &[Level::Clause], at) else { return Ok(()) };
        let address = statute::address::addresses(&base)[&id].to_string();
        let label = base.articles().iter().flat_map(|a| &a.children).find(|c| c.id == id).unwrap().label.clone();
        let make = |number: usize, words: &str, issued: i8| {
            let text = format!("Điều 1. Sửa đổi, bổ sung một số điều của Luật Ao hồ số 1/2030/QH20\n1. Sửa đổi, bổ sung {address} như sau:\n“{label}. {words}.”.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2033.");
            let mut law = parse(&published(number, &text)).law;
            law.meta.issued = Day::new(2032, issued, 1);
            Enactment::of(&law)
        };
        let (first, second) = if late { (make(9, &a, 3), make(2, &b, 4)) } else { (make(2, &a, 3), make(9, &b, 4)) };
        let day = Day::new(2033, 1, 1);
        let one = consolidate(&base, &[first.clone(), second.clone()], day).law;
        let other = consolidate(&base, &[second, first], day).law;
        prop_assert_eq!(one.text(), other.text());
        let clause = statute::address::Address::clone(&statute::address::addresses(&one)[&id]);
        prop_assert_eq!(clause.find(&one).unwrap().text(), format!("{label}. {b}."));
    }

    #[test]
    fn a_random_law_goes_out_as_akoma_ntoso_and_comes_back(base in law(), edits in proptest::collection::vec(edit(), 0..5)) {
        let law = edited(&base, &edits);
        let back = statute::akn::read(&statute::akn::write(&law, &statute::akn::Options::default())).unwrap();
        prop_assert_eq!(back.text(), law.text());
        prop_assert!(back.units.iter().zip(&law.units).all(|(a, b)| a.same_text(b)));
    }
}

/// Versions follow each other without gap, and on each day the page shows the text of the fold.
fn versions_and_page_agree(base: &Law, read: &[Enactment], states: &[Law]) -> Result<(), TestCaseError> {
    for (id, versions) in history(base, read) {
        prop_assert!(versions.windows(2).all(|w| w[0].to == w[1].from && w[0].text != w[1].text), "{}", id);
        for (month, state) in states.iter().enumerate() {
            let then = day(month).plus_days(-1);
            let holds = versions.iter().find(|v| v.from.is_none_or(|f| f <= then) && v.to.is_none_or(|t| then < t));
            let mut text = String::new();
            state.visit(&mut |u| {
                if u.id == id {
                    text = u.text();
                }
            });
            prop_assert_eq!(holds.map_or("", |v| v.text.as_str()), text, "{} on {}", id, then);
        }
    }
    let page = law_page(base, read, day(states.len()));
    let shown: String = page.paragraphs.iter().flat_map(|p| &p.pieces).map(|p| p.text.as_str()).collect();
    let solid = |t: &str| t.split_whitespace().collect::<String>();
    prop_assert_eq!(solid(&shown), solid(&states.last().unwrap().text()));
    Ok(())
}
