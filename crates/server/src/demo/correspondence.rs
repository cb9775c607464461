//! The demo's correspondence: packages of synthetic senders laid into the watched folder and taken from there the way all
//! are, so that a clerk finds arrivals in every state; and a resolution that went out, with what its recipients told.

use super::{desk::Desk, institution, papers, stories};
use crate::wire::House;
use anyhow::{Context, bail};
use directory::Position;
use edxml::package::{
    AttachmentHead, Business, Code, Document, DocumentType, Header, Hop, Kind, OtherInfo, Package, Party, Promulgation,
    Reference, ResponseFor, Signer, Staff, Status, StatusCode, Trace, Wrap, day_text, write,
};
use exchange::{ArrivalFilter, Direction, NewDispatch};
use kernel::{Ctx, Timestamp};
use records::PublishedFilter;
use std::path::Path;

/// Bodies of the demo's directory. Names are real; identifiers follow their form and are not confirmed.
const AGENCIES: [(&str, &str); 10] = [
    ("G15", "Bộ Tư pháp"),
    ("G12", "Bộ Tài chính"),
    ("G09", "Bộ Nội vụ"),
    ("G22", "Văn phòng Chính phủ"),
    ("G06", "Bộ Khoa học và Công nghệ"),
    ("H12", "Ủy ban nhân dân tỉnh Cà Mau"),
    ("H12.01", "Hội đồng nhân dân tỉnh Cà Mau"),
    ("H36", "Ủy ban nhân dân tỉnh Lâm Đồng"),
    ("H26", "Ủy ban nhân dân thành phố Hà Nội"),
    ("A01", "Văn phòng Trung ương Đảng"),
];

/// A letter that came in.
struct Letter {
    from: (&'static str, &'static str),
    number: &'static str,
    notation: &'static str,
    kind: &'static str,
    subject: &'static str,
    priority: &'static str,
    due: bool,
}

const LETTERS: [Letter; 6] = [
    Letter {
        from: AGENCIES[0],
        number: "1702",
        notation: "BTP-PLHSHC",
        kind: "Công văn",
        subject: "Về việc cho ý kiến đối với dự thảo Luật sửa đổi, bổ sung một số điều của các luật liên quan",
        priority: "2",
        due: true,
    },
    Letter {
        from: AGENCIES[3],
        number: "7816",
        notation: "VPCP-TTĐT",
        kind: "Công văn",
        subject: "Về việc kết nối, chia sẻ dữ liệu giữa hệ thống của các cơ quan",
        priority: "0",
        due: false,
    },
    Letter {
        from: AGENCIES[1],
        number: "905",
        notation: "BC-BTC",
        kind: "Báo cáo",
        subject: "Báo cáo tiếp thu, giải trình ý kiến thẩm tra về dự toán ngân sách",
        priority: "1",
        due: true,
    },
    Letter {
        from: AGENCIES[2],
        number: "311",
        notation: "BNV-TCBC",
        kind: "Công văn",
        subject: "Về việc góp ý dự thảo quy chế phối hợp",
        priority: "0",
        due: false,
    },
    Letter {
        from: AGENCIES[7],
        number: "88",
        notation: "UBND-NC",
        kind: "Công văn",
        subject: "Về việc cử cán bộ tham dự hội nghị của tỉnh",
        priority: "0",
        due: false,
    },
    Letter {
        from: AGENCIES[4],
        number: "2040",
        notation: "BKHCN-CĐS",
        kind: "Tờ trình",
        subject: "Tờ trình về chương trình phát triển hạ tầng số",
        priority: "0",
        due: true,
    },
];

/// Lays the packages down, takes them, and does what the demo's people do with them.
///
/// # Errors
/// When a service refuses what the demo's people do.
pub async fn seed(house: &House, folder: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    let lines: Vec<String> = AGENCIES.iter().map(|(code, name)| format!("{code};{name};")).collect();
    std::fs::write(folder.join("agencies.csv"), lines.join("\n") + "\n").context("the list of bodies")?;
    let desk = Desk::new(house);
    let clerk = desk.holder(Position::CLERK, institution::REGISTRY).await?;
    house.office.synchronise(&clerk).await?;
    let dispatch = send(house, &clerk).await?;
    house.office.send_due().await?;
    answers(house, &clerk, folder, &dispatch).await?;
    for letter in &LETTERS {
        lay(house, folder, letter)?;
    }
    std::fs::write(folder.join("in").join("hong.edxml"), b"<?xml version=\"1.0\"?><edXML")
        .context("a broken package")?;
    let taken = house.office.receive().await?;
    say(&format!("{taken} packages came over the exchange folder"));
    work(house, &desk, &clerk).await?;
    lay_withdrawal(house, folder)?;
    house.office.receive().await?;
    house.office.send_due().await?;
    Ok(())
}

/// The published resolution goes to four bodies.
async fn send(house: &House, clerk: &Ctx) -> anyhow::Result<String> {
    let published = house.records.published(&PublishedFilter { page: 1, ..PublishedFilter::default() }).await?;
    let document = published.items.first().context("no resolution is published")?.document.clone();
    let to = ["H12", "H12.01", "G09", "G22"].map(str::to_owned).to_vec();
    let new = NewDispatch {
        document,
        kind: Kind::New,
        earlier: None,
        to,
        transport: String::new(),
        reason: String::new(),
        due: None,
        priority: 0,
    };
    Ok(house.office.dispatch(clerk, new).await?)
}

/// What the recipients told: one is done, one is at work, one refused, one says nothing.
async fn answers(house: &House, clerk: &Ctx, folder: &Path, dispatch: &str) -> anyhow::Result<()> {
    let view = house.office.dispatch_view(clerk, dispatch).await?;
    let told: [(usize, StatusCode, &str); 7] = [
        (5, StatusCode::Arrived, "Văn bản đã đến"),
        (5, StatusCode::Registered, "Đã tiếp nhận"),
        (6, StatusCode::Arrived, "Văn bản đã đến"),
        (6, StatusCode::Registered, "Đã tiếp nhận"),
        (6, StatusCode::Completed, "Đã thông báo đến người có tên trong nghị quyết"),
        (2, StatusCode::Arrived, "Văn bản đã đến"),
        (2, StatusCode::Refused, "Văn bản không thuộc thẩm quyền giải quyết"),
    ];
    let now = house.journal.clock().now();
    for (n, (agency, code, words)) in told.into_iter().enumerate() {
        let status = Status {
            from: party(AGENCIES[agency]),
            response_for: ResponseFor {
                organ_id: view.line.sender.clone(),
                code: view.line.number.clone(),
                document_id: view.line.identity.clone(),
                date: day_text(now.day()),
            },
            staff: Staff { department: "Văn phòng".into(), name: "Nguyễn Văn B".into(), ..Staff::default() },
            code: code.code().into(),
            description: words.into(),
            timestamp: time(now.plus_seconds(i64::try_from(n).unwrap_or(0))),
        };
        let package = Package { header: Header::Status(status.into()), ..Package::default() };
        put(house, folder, &format!("trang-thai-{n}"), &package, vec![])?;
    }
    house.office.receive().await?;
    Ok(())
}

/// One is registered and waits for the head, one is with a unit, one is done, one went back; the others wait.
async fn work(house: &House, desk: &Desk<'_>, clerk: &Ctx) -> anyhow::Result<()> {
    let head = desk.holder(Position::DEPUTY_HEAD, institution::OFFICE).await?;
    let due = house.journal.clock().now().day().plus_days(10);
    for number in ["7816/VPCP-TTĐT", "905/BC-BTC", "2040/BKHCN-CĐS"] {
        let (id, version) = arrival(house, clerk, number).await?;
        house.casework.register(clerk, &id, version, "").await?;
    }
    for (number, unit) in [("905/BC-BTC", "vu-kinh-te-tai-chinh"), ("2040/BKHCN-CĐS", "vu-chuyen-doi-so")] {
        let (id, version) = arrival(house, &head, number).await?;
        let note = "Đề nghị đơn vị nghiên cứu, tham mưu trả lời.";
        let direction = Direction { unit: unit.into(), due, note: note.into() };
        house.casework.direct(&head, &id, version, &direction).await?;
    }
    let (id, version) = arrival(house, clerk, "88/UBND-NC").await?;
    house.office.refuse(clerk, &id, version, "Văn bản gửi nhầm cơ quan").await?;
    Ok(())
}

async fn arrival(house: &House, ctx: &Ctx, number: &str) -> anyhow::Result<(String, i64)> {
    let filter = ArrivalFilter { query: number.to_owned(), ..ArrivalFilter::default() };
    let found = house.office.arrivals(ctx, &filter).await?.items;
    let Some(line) = found.into_iter().find(|line| line.number == number) else { bail!("{number} did not arrive") };
    Ok((line.id, line.version))
}

fn lay(house: &House, folder: &Path, letter: &Letter) -> anyhow::Result<()> {
    let now = house.journal.clock().now();
    let story = &stories::all(now.day())[1];
    let head = papers::Letterhead {
        body: letter.from.0.to_lowercase(),
        name: letter.from.1.to_owned(),
        signer: "Nguyễn Văn A".into(),
    };
    let paper = papers::letter(&house.papers, now, story, &head)?;
    let name = format!("{}-{}.pdf", letter.number, letter.notation);
    let document = Document {
        other: OtherInfo { priority: letter.priority.into(), ..OtherInfo::default() },
        ..header(house, letter)
    };
    let head = AttachmentHead {
        content_id: "cid:1".into(),
        name: name.clone(),
        description: letter.kind.into(),
        content_type: "application/pdf".into(),
    };
    let reference = Reference {
        content_id: "cid:1".into(),
        content_type: "application/pdf".into(),
        description: letter.kind.into(),
        name,
    };
    let package = Package {
        header: Header::Document(document.into()),
        trace: trace(letter, now, Kind::New, ""),
        references: vec![reference],
        attachments: vec![head],
        ..Package::default()
    };
    put(house, folder, letter.notation, &package, vec![paper.bytes])
}

/// The sender of the first letter to be registered asks for it back.
fn lay_withdrawal(house: &House, folder: &Path) -> anyhow::Result<()> {
    let letter = &LETTERS[1];
    let now = house.journal.clock().now();
    let first = header(house, letter);
    let answered = ResponseFor {
        organ_id: first.from.organ_id.clone(),
        code: first.code_text(),
        document_id: first.document_id.clone(),
        date: first.promulgation.date.clone(),
    };
    let document =
        Document { document_id: format!("{}-thu-hoi", first.document_id), response_for: vec![answered], ..first };
    let package = Package {
        header: Header::Document(document.into()),
        trace: trace(letter, now, Kind::Withdraw, "Văn bản ban hành nhầm phụ lục"),
        ..Package::default()
    };
    put(house, folder, "thu-hoi", &package, vec![])
}

fn header(house: &House, letter: &Letter) -> Document {
    let today = house.journal.clock().now().day();
    let organ = &house.office.settings().organ;
    Document {
        from: party(letter.from),
        to: vec![Party { organ_id: organ.code.clone(), name: organ.name.clone(), ..Party::default() }],
        document_id: format!("{},{},{}/{}", letter.from.0, day_text(today), letter.number, letter.notation),
        code: Code { number: letter.number.into(), notation: letter.notation.into() },
        promulgation: Promulgation { place: "Hà Nội".into(), date: day_text(today) },
        document_type: DocumentType { name: letter.kind.into(), ..DocumentType::default() },
        subject: letter.subject.into(),
        signer: Signer {
            competence: String::new(), position: "Vụ trưởng".into(), full_name: "Nguyễn Văn A".into()
        },
        due_date: if letter.due { day_text(today.plus_days(14)) } else { String::new() },
        steering: "1".into(),
        ..Document::default()
    }
}

fn trace(letter: &Letter, now: Timestamp, kind: Kind, reason: &str) -> Trace {
    let hop = Hop { organ_id: letter.from.0.into(), timestamp: time(now) };
    Trace {
        hops: vec![hop],
        business: Business { kind: kind.code().into(), reason: reason.into(), ..Business::default() },
    }
}

fn party((code, name): (&str, &str)) -> Party {
    Party { organ_id: code.into(), name: name.into(), ..Party::default() }
}

/// As packages write it.
fn time(at: Timestamp) -> String {
    at.iso_local().chars().take(19).collect::<String>().replace('-', "/").replace('T', " ")
}

/// Written beside and renamed, as the folder wants it.
fn put(house: &House, folder: &Path, name: &str, package: &Package, contents: Vec<Vec<u8>>) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    let content = |at: usize| {
        let content: Option<&Vec<u8>> = contents.get(at);
        content.map(|bytes| bytes.as_slice()).ok_or_else(|| std::io::Error::other("an attachment without content"))
    };
    write(package, house.journal.clock().now().day(), Wrap::Zip, content, &mut bytes)?;
    let place = folder.join("in").join(format!("{name}.edxml"));
    std::fs::write(place.with_extension("part"), bytes)?;
    std::fs::rename(place.with_extension("part"), place).context("a package of the demo")
}
