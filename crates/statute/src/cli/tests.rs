//! Commands on files that are in memory.

use super::*;
use clap::Parser as _;
use std::collections::HashMap;

#[derive(clap::Parser)]
struct Shell {
    #[command(flatten)]
    arguments: Arguments,
}

const BASE: &str = "Luật số: 1/2030/QH20\nLUẬT\nAO\nĐiều 1. Một\n1. Ao theo khoản 2 Điều này.\n2. Cá.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.";
const CHANGE: &str = "Luật số: 3/2032/QH20\nLUẬT\nSỬA\nĐiều 1. Sửa đổi, bổ sung một số điều của Luật Ao số 1/2030/QH20\n1. Sửa đổi, bổ sung khoản 2 Điều 1 như sau:\n“2. Cá to.”.\nĐiều 2. Hiệu lực thi hành\nLuật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2033.";
const ROWS: &str = "{\"law\":\"1/2030/QH20\",\"art\":1,\"base\":\"1. A.\\n2. B.\",\"consolidated\":\"1. A.\\n\\n1a. *Mới*.\\n\\n2. B.\",\"amending_texts\":null}\nkhông phải JSON\n\n{\"law\":\"1/2030/QH20\",\"art\":\"x\"}\n{\"law\":\"1/2030/QH20\",\"art\":\"2\",\"base\":\"A.\"}\n";

fn shell(line: &str, more: &[(&str, Vec<u8>)]) -> (String, String, Ending) {
    let mut files: HashMap<&str, Vec<u8>> = HashMap::from([
        ("base.txt", BASE.into()),
        ("change.txt", CHANGE.into()),
        ("rows", ROWS.into()),
        ("pdf", b"%PDF-1.4".to_vec()),
    ]);
    files.extend(more.iter().cloned());
    let open = |path: &Path| -> io::Result<Box<dyn BufRead>> {
        let name = path.to_string_lossy();
        let found =
            files.get(&*name).cloned().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))?;
        Ok(Box::new(io::Cursor::new(found)))
    };
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let shell = Shell::try_parse_from(std::iter::once("law").chain(line.split(' '))).unwrap();
    let ending = run(&shell.arguments, &mut Desk { open: &open, out: &mut out, notes: &mut notes }).unwrap();
    (String::from_utf8_lossy(&out).into_owned(), String::from_utf8(notes).unwrap(), ending)
}

#[test]
fn files_that_cannot_be_read_are_named_and_the_others_are_done() {
    let (out, notes, ending) = shell("parse pdf none base.txt --to outline", &[]);
    assert_eq!(out, "Điều 1. Một\nĐiều 2. Hiệu lực thi hành\n");
    assert!(notes.starts_with("pdf: tệp PDF không được hỗ trợ; hãy lưu lại dạng"), "{notes}");
    assert!(notes.contains("\nnone: no such file\n"));
    assert_eq!(ending, Ending::Failed);
    assert_eq!(shell("parse base.txt --to text", &[]).0.trim_end(), BASE);
    let json: serde_json::Value = serde_json::from_str(&shell("parse base.txt --to json", &[]).0).unwrap();
    assert_eq!(json["law"]["units"][0]["id"], "art_1");
    let command: serde_json::Value = serde_json::from_str(&shell("parse change.txt --to commands", &[]).0).unwrap();
    assert_eq!(
        (command["units"][0].as_str(), command["document"].as_str()),
        (Some("khoản 2 Điều 1"), Some("Luật Ao số 1/2030/QH20"))
    );
}

#[test]
fn a_batch_answers_every_row_in_order_and_goes_on_after_a_bad_one() {
    let (out, notes, ending) = shell("propose --batch rows", &[]);
    let rows: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(
        rows[0]["amending_text"],
        "Bổ sung khoản 1a vào sau khoản 1 Điều 1 của Luật số 1/2030/QH20 như sau:\n“1a. Mới.”."
    );
    assert_eq!(
        (rows[0]["roundtrip"].as_bool(), rows[0]["text"].as_str()),
        (Some(true), Some("1. A.\n1a. Mới.\n2. B."))
    );
    assert!(rows[1]["error"].as_str().unwrap().starts_with("not JSON") && rows[1]["roundtrip"] == false);
    assert_eq!((rows[2]["line"].as_u64(), rows[2]["law"].as_str()), (Some(4), Some("1/2030/QH20")));
    assert!(notes.starts_with("rows:2: not JSON"), "{notes}");
    assert_eq!(ending, Ending::Failed);
    let (out, ..) = shell("consolidate --batch rows", &[]);
    let states: Vec<String> =
        out.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["status"].to_string()).collect();
    assert_eq!(states, ["\"untouched\"", "\"flagged\"", "\"flagged\"", "\"untouched\""]);
}

#[test]
fn a_row_that_never_ends_is_refused_in_bounded_memory() {
    let long = [
        vec![b' '; 2],
        vec![b'x'; batch::LONGEST as usize + 5],
        b"\n{\"law\":\"1\",\"art\":\"2\",\"base\":\"A.\"}".to_vec(),
    ]
    .concat();
    let (out, ..) = shell("consolidate --batch long", &[("long", long)]);
    let rows: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0]["error"].as_str(), rows[1]["status"].as_str()),
        (Some("the row is longer than 16 MB"), Some("untouched"))
    );
}

#[test]
fn the_law_at_a_date_its_official_text_and_its_references_are_written() {
    assert_eq!(shell("at --date 2032-12-31 base.txt change.txt", &[]).0.trim_end(), BASE);
    let (out, _, ending) = shell("at --date 2033-01-01 base.txt change.txt", &[]);
    assert_eq!((out.trim_end(), ending), (BASE.replace("2. Cá.", "2. Cá to.").as_str(), Ending::Done));
    assert!(shell("consolidate base.txt change.txt", &[]).0.contains("2. Cá to.[1]"));
    assert!(shell("consolidate base.txt change.txt --to docx", &[]).0.starts_with("PK"));
    let (out, ..) = shell("refs base.txt change.txt --cited art_1__para_2", &[]);
    let own = "base.txt: khoản 1 Điều 1: “khoản 2 Điều này” → art_1__para_2\n";
    let other = "change.txt: khoản 1 Điều 1: “khoản 2 Điều 1” → art_1__para_2 [Luật Ao số 1/2030/QH20]\n";
    assert_eq!(out, format!("{own}{other}"));
    assert!(shell("refs base.txt --cited x", &[]).1.contains("write one unit"));
}

#[test]
fn what_is_compared_can_be_proposed_and_checked() {
    let target = BASE.replace("2. Cá.", "2. (được bãi bỏ)");
    let files = [("target.txt", target.into_bytes()), ("why", "khoản 2 Điều 1\tKhông cần".as_bytes().to_vec())];
    let (out, ..) = shell("propose base.txt target.txt --in-force 2034-01-01", &files);
    assert!(out.contains("Bãi bỏ khoản 2 Điều 1.") && out.contains("01 tháng 01 năm 2034"), "{out}");
    let (out, _, ending) = shell("check target.txt --before base.txt", &files);
    assert!(out.contains("dẫn chiếu đến nơi đã được bãi bỏ") && ending == Ending::Failed, "{out}");
    let (out, ..) = shell("diff base.txt target.txt --json --explain why", &files);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((json["changed"].as_u64(), json["rows"][0]["explanation"].as_str()), (Some(1), Some("Không cần")));
}
