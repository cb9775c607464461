//! The bodies of the demo's Assembly. Names of bodies are real (178/2025/QH15); everybody in them is synthetic.

use super::provinces::PROVINCES;
use directory::{BodyKind, NewBody};
use kernel::{BodyId, Day};

/// A body that the seeding sets up.
struct Row(&'static str, &'static str, &'static str, BodyKind, Option<&'static str>);

/// The Assembly itself.
pub const ASSEMBLY: &str = "quoc-hoi";
/// The Standing Committee.
pub const STANDING_COMMITTEE: &str = "ubtvqh";
/// The Office.
pub const OFFICE: &str = "vpqh";
/// The institute that Resolution 1350 is about.
pub const INSTITUTE: &str = "vien-nclp";
/// The broadcaster that Resolution 1350 is about.
pub const BROADCASTER: &str = "thqh";
/// The People's Council that Resolution 1336 is about.
pub const PEOPLES_COUNCIL: &str = "hdnd-ca-mau";
/// The unit that keeps registers and seals.
pub const REGISTRY: &str = "vu-hanh-chinh";

/// The Council and the Committees, each with the department that serves it.
pub const COMMITTEES: [(&str, &str); 8] = [
    ("hddt", "vu-dan-toc"),
    ("ub-phap-luat-tu-phap", "vu-phap-luat-tu-phap"),
    ("ub-kinh-te-tai-chinh", "vu-kinh-te-tai-chinh"),
    ("ub-quoc-phong-an-ninh-doi-ngoai", "vu-quoc-phong-an-ninh-doi-ngoai"),
    ("ub-van-hoa-xa-hoi", "vu-van-hoa-xa-hoi"),
    ("ub-khoa-hoc-cong-nghe-moi-truong", "vu-khoa-hoc-cong-nghe-moi-truong"),
    ("ub-cong-tac-dai-bieu", "vu-cong-tac-dai-bieu"),
    ("ub-dan-nguyen-giam-sat", "vu-dan-nguyen-giam-sat"),
];

/// The departments and the bureau of the Office.
pub const OFFICE_UNITS: [&str; 11] = [
    "vu-phap-luat",
    "vu-chuyen-doi-so",
    "vu-to-chuc-can-bo",
    REGISTRY,
    "vu-tong-hop",
    "vu-thu-ky",
    "vu-thong-tin",
    "vu-doi-ngoai",
    "vu-ke-hoach-tai-chinh",
    "vu-phuc-vu-giam-sat",
    "cuc-quan-tri",
];

use BodyKind::{
    Assembly, Broadcaster, Bureau, Committee, Council, Department, Institute, Office, PeoplesCouncil, StandingCommittee,
};

const ROWS: [Row; 32] = [
    Row(ASSEMBLY, "Quốc hội", "National Assembly", Assembly, None),
    Row(
        STANDING_COMMITTEE,
        "Ủy ban Thường vụ Quốc hội",
        "Standing Committee of the National Assembly",
        StandingCommittee,
        Some(ASSEMBLY),
    ),
    Row("hddt", "Hội đồng Dân tộc", "Council for Ethnic Affairs", Council, Some(ASSEMBLY)),
    Row(
        "ub-phap-luat-tu-phap",
        "Ủy ban Pháp luật và Tư pháp",
        "Committee on Law and Justice",
        Committee,
        Some(ASSEMBLY),
    ),
    Row(
        "ub-kinh-te-tai-chinh",
        "Ủy ban Kinh tế và Tài chính",
        "Committee on Economy and Finance",
        Committee,
        Some(ASSEMBLY),
    ),
    Row(
        "ub-quoc-phong-an-ninh-doi-ngoai",
        "Ủy ban Quốc phòng, An ninh và Đối ngoại",
        "Committee on Defence, Security and Foreign Affairs",
        Committee,
        Some(ASSEMBLY),
    ),
    Row("ub-van-hoa-xa-hoi", "Ủy ban Văn hóa và Xã hội", "Committee on Culture and Society", Committee, Some(ASSEMBLY)),
    Row(
        "ub-khoa-hoc-cong-nghe-moi-truong",
        "Ủy ban Khoa học, Công nghệ và Môi trường",
        "Committee on Science, Technology and Environment",
        Committee,
        Some(ASSEMBLY),
    ),
    Row(
        "ub-cong-tac-dai-bieu",
        "Ủy ban Công tác đại biểu",
        "Committee on Deputies' Affairs",
        Committee,
        Some(ASSEMBLY),
    ),
    Row(
        "ub-dan-nguyen-giam-sat",
        "Ủy ban Dân nguyện và Giám sát",
        "Committee on Petitions and Oversight",
        Committee,
        Some(ASSEMBLY),
    ),
    Row(OFFICE, "Văn phòng Quốc hội", "Office of the National Assembly", Office, Some(ASSEMBLY)),
    Row("vu-dan-toc", "Vụ Dân tộc", "Ethnic Affairs Department", Department, Some("hddt")),
    Row(
        "vu-phap-luat-tu-phap",
        "Vụ Pháp luật và Tư pháp",
        "Law and Justice Department",
        Department,
        Some("ub-phap-luat-tu-phap"),
    ),
    Row(
        "vu-kinh-te-tai-chinh",
        "Vụ Kinh tế và Tài chính",
        "Economy and Finance Department",
        Department,
        Some("ub-kinh-te-tai-chinh"),
    ),
    Row(
        "vu-quoc-phong-an-ninh-doi-ngoai",
        "Vụ Quốc phòng, An ninh và Đối ngoại",
        "Defence, Security and Foreign Affairs Department",
        Department,
        Some("ub-quoc-phong-an-ninh-doi-ngoai"),
    ),
    Row(
        "vu-van-hoa-xa-hoi",
        "Vụ Văn hóa và Xã hội",
        "Culture and Society Department",
        Department,
        Some("ub-van-hoa-xa-hoi"),
    ),
    Row(
        "vu-khoa-hoc-cong-nghe-moi-truong",
        "Vụ Khoa học, Công nghệ và Môi trường",
        "Science, Technology and Environment Department",
        Department,
        Some("ub-khoa-hoc-cong-nghe-moi-truong"),
    ),
    Row(
        "vu-cong-tac-dai-bieu",
        "Vụ Công tác đại biểu",
        "Deputies' Affairs Department",
        Department,
        Some("ub-cong-tac-dai-bieu"),
    ),
    Row(
        "vu-dan-nguyen-giam-sat",
        "Vụ Dân nguyện và Giám sát",
        "Petitions and Oversight Department",
        Department,
        Some("ub-dan-nguyen-giam-sat"),
    ),
    Row("vu-phap-luat", "Vụ Pháp luật", "Legal Department", Department, Some(OFFICE)),
    Row("vu-chuyen-doi-so", "Vụ Chuyển đổi số", "Digital Transformation Department", Department, Some(OFFICE)),
    Row("vu-to-chuc-can-bo", "Vụ Tổ chức - Cán bộ", "Organisation and Personnel Department", Department, Some(OFFICE)),
    Row(REGISTRY, "Vụ Hành chính", "Administration Department", Department, Some(OFFICE)),
    Row("vu-tong-hop", "Vụ Tổng hợp", "General Affairs Department", Department, Some(OFFICE)),
    Row("vu-thu-ky", "Vụ Thư ký", "Secretariat Department", Department, Some(OFFICE)),
    Row("vu-thong-tin", "Vụ Thông tin", "Information Department", Department, Some(OFFICE)),
    Row("vu-doi-ngoai", "Vụ Đối ngoại", "Foreign Affairs Department", Department, Some(OFFICE)),
    Row(
        "vu-ke-hoach-tai-chinh",
        "Vụ Kế hoạch - Tài chính",
        "Planning and Finance Department",
        Department,
        Some(OFFICE),
    ),
    Row(
        "vu-phuc-vu-giam-sat",
        "Vụ Phục vụ hoạt động giám sát",
        "Oversight Service Department",
        Department,
        Some(OFFICE),
    ),
    Row("cuc-quan-tri", "Cục Quản trị", "Bureau of Premises and Services", Bureau, Some(OFFICE)),
    Row(
        INSTITUTE,
        "Viện Nghiên cứu lập pháp",
        "Institute for Legislative Studies",
        Institute,
        Some(STANDING_COMMITTEE),
    ),
    Row(
        BROADCASTER,
        "Truyền hình Quốc hội Việt Nam",
        "National Assembly Television of Viet Nam",
        Broadcaster,
        Some(OFFICE),
    ),
];

/// All bodies, superiors first.
pub fn bodies(from: Day) -> Vec<NewBody> {
    let id = |code: &str| BodyId::new(code).expect("codes of the demo are ids");
    let mut all: Vec<NewBody> = Vec::with_capacity(ROWS.len() + PROVINCES.len() + 1);
    for Row(code, name, name_en, kind, superior) in &ROWS {
        all.push(NewBody {
            id: id(code),
            name: (*name).to_owned(),
            name_en: (*name_en).to_owned(),
            kind: *kind,
            superior: superior.map(id),
            from,
            order: i64::try_from(all.len()).unwrap_or(0),
        });
    }
    for province in &PROVINCES {
        all.push(NewBody {
            id: delegation(province.code),
            name: format!("Đoàn đại biểu Quốc hội {}", province.name),
            name_en: format!("Delegation of {}", province.english),
            kind: BodyKind::Delegation,
            superior: Some(id(ASSEMBLY)),
            from,
            order: i64::try_from(all.len()).unwrap_or(0),
        });
    }
    all.push(NewBody {
        id: id(PEOPLES_COUNCIL),
        name: "Hội đồng nhân dân tỉnh Cà Mau".to_owned(),
        name_en: "People's Council of Cà Mau Province".to_owned(),
        kind: PeoplesCouncil,
        superior: None,
        from,
        order: 1000,
    });
    all
}

/// The delegation of a province.
pub fn delegation(province: &str) -> BodyId {
    BodyId::new(format!("doan-{province}")).expect("codes of provinces are ids")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_body_comes_after_the_body_above_it_and_has_its_own_code() {
        let mut seen = BTreeSet::new();
        for body in bodies(Day::new(2021, 7, 20).unwrap()) {
            assert!(body.superior.iter().all(|s| seen.contains(s)), "{}", body.id);
            assert!(seen.insert(body.id.clone()), "{}", body.id);
            assert!(body.name.chars().count() <= 64, "{}", body.name);
        }
        let named = COMMITTEES.iter().flat_map(|(c, d)| [*c, *d]).chain(OFFICE_UNITS);
        for code in named {
            assert!(seen.contains(&BodyId::new(code).unwrap()), "{code}");
        }
    }
}
