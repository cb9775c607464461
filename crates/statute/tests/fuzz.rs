//! Everything that reads what others wrote is fed with broken samples: nothing panics, nothing of a text is lost.

use proptest::prelude::*;
use statute::cli::{Arguments, Desk, run};
use statute::consolidate::{Enactment, consolidate};

const AMENDING: &str = "QUỐC HỘI\nLuật số: 3/2032/QH20\nHà Nội, ngày 09 tháng 6 năm 2032\n\nLUẬT\nSỬA ĐỔI, BỔ SUNG MỘT SỐ ĐIỀU CỦA LUẬT AO HỒ\nCăn cứ Hiến pháp;\n\
Chương I\nSỬA ĐỔI\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Ao hồ số 1/2030/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. Cá to:\na) x;\nđ) y.”.\n\
2. Bãi bỏ các điểm a, b khoản 1 và khoản 3 Điều 2; bỏ cụm từ “ao” tại Điều 3.\n3. Thay thế cụm từ “A” bằng cụm từ “B” tại Điều 4, các khoản 1, 2 và 3 Điều 5 của Luật Hồ số 2/2029/QH20.\n\
4. Bổ sung Điều 5a vào sau Điều 5 như sau:\n“Điều 5a. Mới\n1. Một.”.\n| a | b |\n| c | d |\nĐiều 2. Hiệu lực thi hành\n1. Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2033.\n\
2. Những quy định về cá tại Chương V của Luật Hồ số 2/2029/QH20 hết hiệu lực, trừ trường hợp quy định tại Điều 7.\n\nLuật này được Quốc hội thông qua ngày 09 tháng 6 năm 2032.\n\nCHỦ TỊCH QUỐC HỘI\nNguyễn Văn A";

/// What happens to a text on its way: pieces lost, doubled, moved, letters put in.
fn broken(sample: String) -> impl Strategy<Value = String> {
    let blow = (0u8..5, 0usize..10_000, 0usize..60, "[“”\"<>&.;:đĐ0-9a-c\n )]{1,4}");
    proptest::collection::vec(blow, 0..8).prop_map(move |blows| {
        let mut text: Vec<char> = sample.chars().collect();
        for (kind, at, length, put) in blows {
            if text.is_empty() {
                break;
            }
            let at = at % text.len();
            let end = (at + length).min(text.len());
            match kind {
                0 => drop(text.drain(at..end)),
                1 => {
                    let piece = text[at..end].to_vec();
                    text.splice(at..at, piece);
                }
                2 => text[at..end].reverse(),
                3 => drop(text.splice(at..at, put.chars())),
                _ => text.truncate(end.max(1)),
            }
        }
        text.into_iter().collect()
    })
}

fn base() -> statute::model::Law {
    let text = "Luật số: 1/2030/QH20\nLUẬT\nAO HỒ\nĐiều 1. Một\n1. A.\n2. B.\nĐiều 2. Hai\n1. A:\na) x;\nb) y.\n3. C.\nĐiều 3. Ba\nCó ao.\nĐiều 5. Năm\nN.";
    statute::parse::parse(text).law
}

fn docx_of(text: &str) -> Vec<u8> {
    use statute::word::{Block, Document, Paragraph, Run, Style, write};
    let body = text.lines().map(|l| Block::Paragraph(Paragraph::of(Style::Body, Run::plain(l)))).collect();
    write(&Document { body, ..Document::default() })
}

/// A quarter of the usual number, so that the whole takes seconds; PROPTEST_CASES makes it more.
fn few() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 4, ..usual }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_broken_amending_law_is_read_without_loss_and_folded_without_panic(text in broken(AMENDING.into())) {
        let law = statute::parse::parse(&text).law;
        prop_assert_eq!(law.text(), statute::text::normalise(&text));
        let enactment = Enactment::of(&law);
        let count = enactment.commands.commands.len() + enactment.commands.flags.len();
        let base = base();
        let got = consolidate(&base, &[enactment], None);
        prop_assert!(got.applied.len() + got.flags.len() + got.later.len() <= count);
        let _ = (statute::official::official(&got, std::slice::from_ref(&law)).text(), statute::check::check(&law));
        let _ = (statute::refs::impact(&base, &got.law, &[law]), statute::check::check_change(&base, &got.law));
    }

    #[test]
    fn a_broken_law_keeps_its_text_through_akoma_ntoso(text in broken(AMENDING.into())) {
        let law = statute::parse::parse(&text).law;
        let xml = statute::akn::write(&law, &statute::akn::Options::default());
        prop_assert_eq!(statute::akn::read(&xml).unwrap().text(), law.text());
    }

    #[test]
    fn broken_akoma_ntoso_is_refused_or_read(xml in broken(statute::akn::write(&base(), &statute::akn::Options::default()))) {
        let _ = statute::akn::read(&xml);
    }

    #[test]
    fn broken_pages_are_read(html in broken(format!("<!DOCTYPE html><html><body><table><tr><td>{}</td></tr></table></body></html>", AMENDING.replace('\n', "</p><p>")))) {
        let _ = statute::source::read(html.as_bytes());
    }

    #[test]
    fn broken_word_documents_are_refused_or_read(at in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6), cut in any::<usize>()) {
        let mut bytes = docx_of(AMENDING);
        for (i, b) in at {
            let n = bytes.len();
            bytes[i % n] = b;
        }
        if cut % 4 == 0 {
            bytes.truncate(cut % (bytes.len() + 1));
        }
        let _ = statute::source::read(&bytes);
    }

    #[test]
    fn broken_rows_are_answered_line_by_line(rows in broken("{\"law\":\"1/2030/QH20\",\"art\":\"2\",\"base_title\":\"T\",\"base\":\"1. A.\\n2. B.\",\"consolidated\":\"1. C.\",\"amending_texts\":[{\"law\":\"2/2031/QH20\",\"art\":\"1\",\"text\":\"Bãi bỏ khoản 1 Điều 2 của Luật số 1/2030/QH20.\"}]}\n".repeat(3))) {
        #[derive(clap::Parser)]
        struct Shell {
            #[command(flatten)]
            arguments: Arguments,
        }
        for job in ["consolidate", "propose"] {
            let shell = <Shell as clap::Parser>::try_parse_from(["law", job, "--batch", "rows"]).unwrap();
            let given = rows.clone();
            let open = move |_: &std::path::Path| Ok(Box::new(std::io::Cursor::new(given.clone().into_bytes())) as Box<dyn std::io::BufRead>);
            let (mut out, mut notes) = (Vec::new(), Vec::new());
            run(&shell.arguments, &mut Desk { open: &open, out: &mut out, notes: &mut notes }).unwrap();
            let lines = rows.split('\n').filter(|l| !l.trim_matches(|c: char| c.is_ascii_whitespace()).is_empty()).count();
            let answers = String::from_utf8(out).unwrap();
            prop_assert_eq!(answers.lines().count(), lines);
            prop_assert!(answers.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok_and(|v| v.is_object())));
        }
    }
}
