//! The papers that the demo's people bring along: the proposal and the letters of opinion.

use super::stories::Story;
use anyhow::Context;
use kernel::Timestamp;
use records::Upload;
use serde_json::json;
use typeset::Papers;

/// Who writes a letter of opinion.
pub struct Letterhead {
    /// The body's code.
    pub body: String,
    /// Its name.
    pub name: String,
    /// The name of the one who signs.
    pub signer: String,
}

/// The proposal as a paper.
///
/// # Errors
/// When the form does not take it.
pub fn proposal(papers: &Papers, now: Timestamp, story: &Story) -> anyhow::Result<Upload> {
    let data = json!({
        "issuer": {"superior": "QUỐC HỘI", "lines": ["VĂN PHÒNG QUỐC HỘI"]},
        "symbol": "TTr-VPQH", "place": "Hà Nội", "date": now.day(),
        "subject": format!("Về việc {}", lower_first(story.title)),
        "to": ["Ủy ban Thường vụ Quốc hội"],
        "text": ["Kính trình Ủy ban Thường vụ Quốc hội xem xét dự thảo Nghị quyết với nội dung sau:"],
        "sections": [
            {"heading": "SỰ CẦN THIẾT", "text": [story.reason]},
            {"heading": "NỘI DUNG", "text": [format!("Dự thảo Nghị quyết gồm {} điều, gửi kèm Tờ trình này.", story.articles.len())]},
        ],
        "closing": ["Kính trình Ủy ban Thường vụ Quốc hội xem xét, quyết định./."],
        "enclosed": ["Dự thảo Nghị quyết"],
        "recipients": ["Như trên"], "archive": "HC",
        "signer": {"title": "CHỦ NHIỆM", "name": "Đại biểu 014"},
    });
    let pdf = papers.render("to-trinh", &data, now).context("the proposal")?.pdf;
    Ok(Upload { name: "to-trinh.pdf".into(), bytes: pdf })
}

/// A body's letter of opinion as a paper.
///
/// # Errors
/// When the form does not take it.
pub fn letter(papers: &Papers, now: Timestamp, story: &Story, from: &Letterhead) -> anyhow::Result<Upload> {
    let title = if from.body == "hddt" { "CHỦ TỊCH" } else { "CHỦ NHIỆM" };
    let data = json!({
        "issuer": {"superior": "QUỐC HỘI KHÓA XV", "lines": lines(&from.name.to_uppercase())},
        "symbol": "CV", "place": "Hà Nội", "date": now.day(),
        "subject": format!("V/v cho ý kiến về dự thảo Nghị quyết: {}", lower_first(story.title)),
        "to": ["Văn phòng Quốc hội"],
        "text": [format!("Sau khi nghiên cứu hồ sơ, {} có ý kiến như sau:", from.name)],
        "clauses": [
            {"text": ["Nhất trí với sự cần thiết và thẩm quyền ban hành Nghị quyết."]},
            {"text": ["Nhất trí với nội dung dự thảo; đề nghị rà soát kỹ thuật văn bản."]},
        ],
        "recipients": ["Như trên"], "archive": "HC",
        "signer": {"title": title, "name": from.signer},
    });
    let pdf = papers.render("y-kien-uy-ban", &data, now).context("the letter of opinion")?.pdf;
    Ok(Upload { name: format!("y-kien-{}.pdf", from.body), bytes: pdf })
}

/// A body's name on one line, or on two that part no word of it: after a comma, before "VÀ", or after "ỦY BAN".
fn lines(name: &str) -> Vec<&str> {
    const ONE_LINE: usize = 22;
    if name.chars().count() <= ONE_LINE {
        return vec![name];
    }
    let parted = name.find(", ").map(|at| at + 1);
    let parted = parted.or_else(|| name.find(" VÀ ")).or_else(|| name.starts_with("ỦY BAN ").then_some("ỦY BAN".len()));
    parted.map_or(vec![name], |at| vec![&name[..at], name[at..].trim_start()])
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_stands_on_two_lines_and_no_word_is_parted() {
        assert_eq!(lines("HỘI ĐỒNG DÂN TỘC"), ["HỘI ĐỒNG DÂN TỘC"]);
        assert_eq!(lines("ỦY BAN PHÁP LUẬT VÀ TƯ PHÁP"), ["ỦY BAN PHÁP LUẬT", "VÀ TƯ PHÁP"]);
        assert_eq!(lines("ỦY BAN CÔNG TÁC ĐẠI BIỂU"), ["ỦY BAN", "CÔNG TÁC ĐẠI BIỂU"]);
        let science = "ỦY BAN KHOA HỌC, CÔNG NGHỆ VÀ MÔI TRƯỜNG";
        assert_eq!(lines(science), ["ỦY BAN KHOA HỌC,", "CÔNG NGHỆ VÀ MÔI TRƯỜNG"]);
    }
}
