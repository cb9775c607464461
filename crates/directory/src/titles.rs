//! How a position is called in a body of some kind: `chairperson` is `Chủ tịch Quốc hội` in the Standing Committee and
//! `Chủ nhiệm` in a Committee. The names follow 178/2025/QH15 and the Office's regulations.

use crate::model::{BodyKind, Position};

/// The Vietnamese and English title of a position. A position that the table does not know shows its code.
pub fn title(kind: BodyKind, position: &Position) -> (String, String) {
    let known = by_kind(kind, position.as_str()).or_else(|| in_general(position.as_str()));
    match known {
        Some((vi, en)) => (vi.to_owned(), en.to_owned()),
        None => (position.to_string(), position.to_string()),
    }
}

fn by_kind(kind: BodyKind, position: &str) -> Option<(&'static str, &'static str)> {
    use BodyKind as K;
    Some(match (kind, position) {
        (K::StandingCommittee, Position::CHAIRPERSON) => ("Chủ tịch Quốc hội", "Chairperson of the National Assembly"),
        (K::StandingCommittee, Position::VICE_CHAIRPERSON) => {
            ("Phó Chủ tịch Quốc hội", "Vice-Chairperson of the National Assembly")
        }
        (K::StandingCommittee, Position::MEMBER) => {
            ("Ủy viên Ủy ban Thường vụ Quốc hội", "Member of the Standing Committee")
        }
        (K::Council | K::PeoplesCouncil, Position::CHAIRPERSON) => ("Chủ tịch", "Chairperson"),
        (K::Council | K::PeoplesCouncil, Position::VICE_CHAIRPERSON) => ("Phó Chủ tịch", "Vice-Chairperson"),
        (K::Committee, Position::CHAIRPERSON) => ("Chủ nhiệm", "Chairperson"),
        (K::Committee, Position::VICE_CHAIRPERSON) => ("Phó Chủ nhiệm", "Vice-Chairperson"),
        (K::Office, Position::HEAD) => ("Chủ nhiệm Văn phòng Quốc hội", "Head of the Office"),
        (K::Office, Position::DEPUTY_HEAD) => ("Phó Chủ nhiệm Văn phòng Quốc hội", "Deputy Head of the Office"),
        (K::Department, Position::HEAD) => ("Vụ trưởng", "Director of Department"),
        (K::Department, Position::DEPUTY_HEAD) => ("Phó Vụ trưởng", "Deputy Director of Department"),
        (K::Bureau, Position::HEAD) => ("Cục trưởng", "Director of Bureau"),
        (K::Bureau, Position::DEPUTY_HEAD) => ("Phó Cục trưởng", "Deputy Director of Bureau"),
        (K::Delegation, Position::HEAD) => ("Trưởng đoàn", "Head of Delegation"),
        (K::Delegation, Position::DEPUTY_HEAD) => ("Phó Trưởng đoàn", "Deputy Head of Delegation"),
        (K::DraftingCommittee, Position::HEAD) => ("Trưởng Ban soạn thảo", "Head of the Drafting Committee"),
        (K::DraftingCommittee, Position::DEPUTY_HEAD) => {
            ("Phó Trưởng Ban soạn thảo", "Deputy Head of the Drafting Committee")
        }
        (K::DraftingCommittee, Position::MEMBER) => ("Thành viên Ban soạn thảo", "Member of the Drafting Committee"),
        (K::Institute, Position::HEAD) => ("Viện trưởng", "Director of Institute"),
        (K::Institute, Position::DEPUTY_HEAD) => ("Phó Viện trưởng", "Deputy Director of Institute"),
        (K::Broadcaster, Position::HEAD) => ("Tổng Giám đốc", "Director General"),
        (K::Broadcaster, Position::DEPUTY_HEAD) => ("Phó Tổng Giám đốc", "Deputy Director General"),
        _ => return None,
    })
}

/// A position named without its body, such as in a list to choose from. None for a code that the table does not know.
pub fn in_general(position: &str) -> Option<(&'static str, &'static str)> {
    Some(match position {
        Position::CHAIRPERSON => ("Chủ tịch", "Chairperson"),
        Position::VICE_CHAIRPERSON => ("Phó Chủ tịch", "Vice-Chairperson"),
        Position::MEMBER => ("Ủy viên", "Member"),
        Position::HEAD => ("Người đứng đầu", "Head"),
        Position::DEPUTY_HEAD => ("Cấp phó", "Deputy Head"),
        Position::STANDING_MEMBER => ("Ủy viên hoạt động chuyên trách", "Full-time Member"),
        Position::EXPERT => ("Chuyên viên", "Expert"),
        Position::CLERK => ("Văn thư", "Clerk"),
        Position::SECRETARY_GENERAL => ("Tổng Thư ký Quốc hội", "Secretary General of the National Assembly"),
        Position::DEPUTY => ("Đại biểu Quốc hội", "Deputy of the National Assembly"),
        Position::FULLTIME_DEPUTY => {
            ("Đại biểu Quốc hội hoạt động chuyên trách", "Full-time Deputy of the National Assembly")
        }
        Position::AUDITOR => ("Kiểm soát viên bút lục", "Journal Auditor"),
        Position::ADMIN => ("Quản trị danh bạ", "Directory Administrator"),
        Position::AWAITING => ("Cán bộ chờ bố trí công tác", "Official awaiting assignment"),
        Position::STAFF => ("Nhân viên", "Staff"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_position_is_called_differently_in_different_bodies() {
        let chair = Position::new(Position::CHAIRPERSON).unwrap();
        assert_eq!(title(BodyKind::StandingCommittee, &chair).0, "Chủ tịch Quốc hội");
        assert_eq!(title(BodyKind::Committee, &chair).0, "Chủ nhiệm");
        assert_eq!(title(BodyKind::Council, &chair).0, "Chủ tịch");
    }

    #[test]
    fn an_unknown_position_shows_its_code() {
        let position = Position::new("interpreter").unwrap();
        assert_eq!(title(BodyKind::Office, &position).0, "interpreter");
    }
}
