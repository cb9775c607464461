//! The people of the demo's Assembly: who they are, what they hold, who of them can sign in and who has a certificate.
//!
//! A pure plan, so that tests can count it. Everybody is synthetic and is called so: `Đại biểu 001`, `Chuyên viên 001`.

use super::{
    institution::{
        ASSEMBLY, BROADCASTER, COMMITTEES, INSTITUTE, OFFICE, OFFICE_UNITS, PEOPLES_COUNCIL, REGISTRY,
        STANDING_COMMITTEE, delegation,
    },
    provinces::PROVINCES,
};
use directory::{PersonPrivate, Position};
use kernel::{BodyId, Day, Grade, PersonId};

/// The term of the demo's Assembly: five years around the day of seeding, so that the positions are held now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub from: Day,
    /// The first day of the next term.
    pub until: Day,
}

impl Term {
    /// The term in whose third or fourth year the day lies.
    pub fn around(today: Day) -> Term {
        let year = today.year() - 3;
        let from = Day::new(year, 7, 20).expect("20 July is a day of every year");
        Term { from, until: from.plus_months(60) }
    }
}

/// A position that somebody holds for the term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// As what.
    pub position: Position,
    /// In which body.
    pub body: BodyId,
    /// Whether full-time.
    pub full_time: bool,
    /// Whether it ends with the term.
    pub for_term: bool,
}

/// A person to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// `db-001`, `cv-001`, `vc-001`, `hdnd-001`.
    pub id: PersonId,
    /// `Đại biểu 001`.
    pub name: String,
    /// Positions, the first of which is what the person is known as.
    pub seats: Vec<Seat>,
    /// The highest grade that the person is cleared for.
    pub clearance: Grade,
    /// What the person does in the story, when the person can sign in.
    pub part: Option<&'static str>,
    /// Whether a certificate is issued.
    pub certificate: bool,
    /// Synthetic personal data.
    pub private: PersonPrivate,
}

impl Planned {
    /// The name to sign in with: the id without its dash.
    pub fn login(&self) -> Option<String> {
        self.part.map(|_| self.id.as_str().replace('-', ""))
    }
    fn seat(mut self, position: &'static str, body: &str, full_time: bool) -> Planned {
        let body = BodyId::new(body).expect("codes of the demo are ids");
        let for_term = self.id.as_str().starts_with("db-") || self.id.as_str().starts_with("hdnd-");
        self.seats.push(Seat { position: Position::known(position), body, full_time, for_term });
        self
    }
    fn plays(mut self, part: &'static str) -> Planned {
        self.part = Some(part);
        self.certificate = true;
        self
    }
    fn cleared(mut self, grade: Grade) -> Planned {
        self.clearance = grade;
        self
    }
}

fn planned(prefix: &str, name: &str, n: usize) -> Planned {
    let year = i16::try_from(1962 + n % 34).unwrap_or(1980);
    let birth = Day::new(year, 1 + (n % 12) as i8, 1 + (n % 28) as i8);
    Planned {
        id: PersonId::new(format!("{prefix}-{n:03}")).expect("ids of the demo are ids"),
        name: format!("{name} {n:03}"),
        seats: Vec::new(),
        clearance: Grade::Open,
        part: None,
        certificate: true,
        private: PersonPrivate { birth, phone: Some(format!("0000 {prefix} {n:03}")), ..PersonPrivate::default() },
    }
}

/// Everybody.
pub fn roster() -> Vec<Planned> {
    let mut all = deputies();
    all.extend(staff());
    all.extend(ending_bodies());
    all.extend(peoples_council());
    all
}

/// The deputy of Lâm Đồng whom Resolution 1345 makes full-time: the third of the delegation.
pub fn lam_dong_deputy() -> PersonId {
    let before: usize = PROVINCES.iter().take_while(|p| p.code != "lam-dong").map(|p| p.deputies).sum();
    planned("db", "", before + 3).id
}

/// The Vice-Chair of the People's Council of Cà Mau whose position Resolution 1336 ends.
pub fn ca_mau_vice_chair() -> PersonId {
    planned("hdnd", "", 2).id
}

const CHAIRPERSON: usize = 1;
const VICE_CHAIRS: std::ops::RangeInclusive<usize> = 2..=5;
const FIRST_COMMITTEE_CHAIR: usize = 6;
const SECRETARY_GENERAL: usize = 14;
const LAST_OF_STANDING_COMMITTEE: usize = 18;
/// Of each committee, beside the chair: vice-chairs, standing members, members.
const PER_COMMITTEE: (usize, usize, usize) = (3, 4, 30);

fn deputies() -> Vec<Planned> {
    let mut all: Vec<Planned> = Vec::with_capacity(500);
    for province in &PROVINCES {
        for place in 0..province.deputies {
            let n = all.len() + 1;
            let body = delegation(province.code);
            let mut deputy = planned("db", "Đại biểu", n).cleared(Grade::Secret);
            // Every twelfth deputy is not equipped yet: the indicator has something to show.
            deputy.certificate = !n.is_multiple_of(12);
            if n <= LAST_OF_STANDING_COMMITTEE {
                deputy = standing_committee_member(deputy, n);
            } else {
                deputy = committee_member(deputy, n);
            }
            // The last two of a delegation lead it; those who lead the Assembly sit among the first.
            if place + 1 == province.deputies {
                deputy = deputy.seat(Position::HEAD, body.as_str(), false);
            } else if place + 2 == province.deputies {
                deputy = deputy.seat(Position::DEPUTY_HEAD, body.as_str(), true).seat(
                    Position::FULLTIME_DEPUTY,
                    body.as_str(),
                    true,
                );
            }
            deputy = deputy.seat(Position::DEPUTY, body.as_str(), false);
            if deputy.id == lam_dong_deputy() {
                deputy = deputy.plays("Đại biểu được phân công hoạt động chuyên trách theo Nghị quyết 1345");
            }
            all.push(deputy);
        }
    }
    all
}

fn standing_committee_member(deputy: Planned, n: usize) -> Planned {
    let deputy = deputy.cleared(Grade::MostSecret);
    if n == CHAIRPERSON {
        let deputy = deputy.seat(Position::CHAIRPERSON, STANDING_COMMITTEE, true);
        return deputy.plays("Chủ tịch Quốc hội: bỏ phiếu, ký nghị quyết");
    }
    if VICE_CHAIRS.contains(&n) {
        let deputy = deputy.seat(Position::VICE_CHAIRPERSON, STANDING_COMMITTEE, true);
        return deputy.plays("Phó Chủ tịch Quốc hội: bỏ phiếu");
    }
    let deputy = deputy.seat(Position::MEMBER, STANDING_COMMITTEE, true);
    if let Some((committee, _)) = n.checked_sub(FIRST_COMMITTEE_CHAIR).and_then(|at| COMMITTEES.get(at)) {
        let deputy = deputy.seat(Position::CHAIRPERSON, committee, true);
        return deputy.plays("Ủy viên Ủy ban Thường vụ, đứng đầu cơ quan của Quốc hội: cho ý kiến, bỏ phiếu");
    }
    if n == SECRETARY_GENERAL {
        let deputy = deputy.seat(Position::SECRETARY_GENERAL, OFFICE, true).seat(Position::HEAD, OFFICE, true);
        return deputy.plays("Tổng Thư ký Quốc hội, Chủ nhiệm Văn phòng Quốc hội: kiểm phiếu, bỏ phiếu");
    }
    deputy.plays("Ủy viên Ủy ban Thường vụ Quốc hội: bỏ phiếu")
}

fn committee_member(deputy: Planned, n: usize) -> Planned {
    let (vice, standing, members) = PER_COMMITTEE;
    let each = vice + standing + members;
    let at = n - LAST_OF_STANDING_COMMITTEE - 1;
    let Some((committee, _)) = COMMITTEES.get(at / each) else { return deputy };
    let place = at % each;
    if place < vice {
        let deputy = deputy.seat(Position::VICE_CHAIRPERSON, committee, true).cleared(Grade::TopSecret);
        if place == 0 {
            deputy.plays("Cấp phó thường trực cơ quan của Quốc hội: cho ý kiến")
        } else {
            deputy
        }
    } else if place < vice + standing {
        deputy.seat(Position::STANDING_MEMBER, committee, true)
    } else {
        deputy.seat(Position::MEMBER, committee, false)
    }
}

fn staff() -> Vec<Planned> {
    let mut all: Vec<Planned> = Vec::new();
    for (_, department) in COMMITTEES {
        unit(&mut all, department, 5);
    }
    for department in OFFICE_UNITS {
        unit(&mut all, department, if department == REGISTRY { 4 } else { 5 });
    }
    let next = || planned("cv", "Chuyên viên", all.len() + 1).cleared(Grade::Secret);
    let deputy_head = next().cleared(Grade::TopSecret).seat(Position::DEPUTY_HEAD, OFFICE, true);
    let deputy_head = deputy_head.plays("Phó Chủ nhiệm Văn phòng Quốc hội: chỉ đạo xử lý");
    all.push(deputy_head);
    let next = || planned("cv", "Chuyên viên", all.len() + 1).cleared(Grade::MostSecret);
    let auditor = next().seat(Position::AUDITOR, OFFICE, true).plays("Kiểm soát viên: đi dọc bút lục");
    all.push(auditor);
    all
}

/// A department: head, two deputy heads, experts; the registry has clerks, and Digital Transformation administrators.
fn unit(all: &mut Vec<Planned>, body: &str, experts: usize) {
    let person = |all: &Vec<Planned>| {
        let n = all.len() + 1;
        let mut person = planned("cv", "Chuyên viên", n).cleared(Grade::Secret);
        person.certificate = !n.is_multiple_of(5);
        person
    };
    let head = person(all).seat(Position::HEAD, body, true).plays("Người đứng đầu đơn vị: duyệt, trình");
    all.push(head);
    for _ in 0..2 {
        all.push(person(all).seat(Position::DEPUTY_HEAD, body, true));
    }
    for n in 0..experts {
        let expert = person(all).seat(Position::EXPERT, body, true);
        all.push(if n == 0 { expert.plays("Chuyên viên: mở hồ sơ, soạn dự thảo") } else { expert });
    }
    if body == REGISTRY {
        for _ in 0..3 {
            let clerk = person(all).seat(Position::CLERK, body, true);
            all.push(clerk.plays("Văn thư: cấp số, ngày, đóng dấu, phát hành"));
        }
    }
    if body == "vu-chuyen-doi-so" {
        // Two: whom others issue certificates for is trusted by two persons only.
        for _ in 0..2 {
            let admin = person(all).seat(Position::ADMIN, body, true);
            all.push(admin.plays("Quản trị danh bạ: tổ chức, nhân sự, tài khoản, chứng thư"));
        }
    }
}

/// The two bodies that Resolution 1350 is about.
fn ending_bodies() -> Vec<Planned> {
    let mut all: Vec<Planned> = Vec::new();
    for (body, people) in [(INSTITUTE, 24), (BROADCASTER, 36)] {
        for place in 0..people {
            let n = all.len() + 1;
            let mut person = planned("vc", "Viên chức", n);
            person.certificate = !n.is_multiple_of(4);
            all.push(match place {
                0 => person.seat(Position::HEAD, body, true),
                1 | 2 => person.seat(Position::DEPUTY_HEAD, body, true),
                _ if place > people - 4 => person.seat(Position::STAFF, body, true),
                _ => person.seat(Position::EXPERT, body, true),
            });
        }
    }
    all
}

fn peoples_council() -> Vec<Planned> {
    let person = |n: usize| {
        let mut person = planned("hdnd", "Đại biểu Hội đồng nhân dân", n);
        person.certificate = false;
        person
    };
    vec![
        person(1).seat(Position::CHAIRPERSON, PEOPLES_COUNCIL, false),
        person(2).seat(Position::VICE_CHAIRPERSON, PEOPLES_COUNCIL, true),
        person(3).seat(Position::VICE_CHAIRPERSON, PEOPLES_COUNCIL, true),
    ]
}

/// Bodies that seal documents.
pub fn sealing_bodies() -> Vec<BodyId> {
    let codes = [ASSEMBLY, STANDING_COMMITTEE, OFFICE].into_iter().chain(COMMITTEES.map(|(committee, _)| committee));
    codes.map(|code| BodyId::new(code).expect("codes of the demo are ids")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn holding(all: &[Planned], position: &str, body: &str) -> usize {
        let held = |s: &Seat| s.position.as_str() == position && s.body.as_str() == body;
        all.iter().filter(|p| p.seats.iter().any(held)).count()
    }

    #[test]
    fn the_assembly_has_the_size_that_it_should() {
        let all = roster();
        let of = |prefix: &str| all.iter().filter(|p| p.id.as_str().starts_with(prefix)).count();
        assert_eq!(of("db-"), 500);
        let staff = of("cv-") + of("vc-");
        assert!((190..=230).contains(&staff), "{staff}");
        assert_eq!(all.iter().map(|p| &p.id).collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(holding(&all, "chairperson", STANDING_COMMITTEE), 1);
        assert_eq!(holding(&all, "vice-chairperson", STANDING_COMMITTEE), 4);
        assert_eq!(holding(&all, "member", STANDING_COMMITTEE), 13);
        for (committee, department) in COMMITTEES {
            assert_eq!(holding(&all, "chairperson", committee), 1, "{committee}");
            assert_eq!(holding(&all, "vice-chairperson", committee), 3, "{committee}");
            assert_eq!(holding(&all, "head", department), 1, "{department}");
        }
        for province in &PROVINCES {
            assert_eq!(holding(&all, "head", delegation(province.code).as_str()), 1, "{}", province.code);
        }
        assert_eq!(holding(&all, "clerk", REGISTRY), 3);
    }

    #[test]
    fn those_who_act_can_sign_in_and_sign_and_not_everybody_is_equipped() {
        let all = roster();
        let acting: Vec<&Planned> = all.iter().filter(|p| p.part.is_some()).collect();
        assert!((40..=80).contains(&acting.len()), "{}", acting.len());
        assert!(acting.iter().all(|p| p.certificate));
        let logins: BTreeSet<String> = acting.iter().filter_map(|p| p.login()).collect();
        assert_eq!(logins.len(), acting.len());
        let equipped = all.iter().filter(|p| p.certificate).count();
        assert!(equipped * 100 / all.len() > 80 && equipped < all.len(), "{equipped} of {}", all.len());
    }

    #[test]
    fn the_two_people_of_the_story_hold_what_the_resolutions_change() {
        let all = roster();
        let deputy = all.iter().find(|p| p.id == lam_dong_deputy()).unwrap();
        assert!(deputy.seats.iter().any(|s| s.position.as_str() == "deputy" && s.body.as_str() == "doan-lam-dong"));
        assert!(!deputy.seats.iter().any(|s| s.position.as_str() == "fulltime-deputy"));
        let vice = all.iter().find(|p| p.id == ca_mau_vice_chair()).unwrap();
        assert!(vice.seats.iter().any(|s| s.position.as_str() == "vice-chairperson"));
    }

    #[test]
    fn nobody_holds_the_same_seat_twice() {
        for person in roster() {
            let seats: BTreeSet<String> = person.seats.iter().map(|s| s.position.at(&s.body)).collect();
            assert_eq!(seats.len(), person.seats.len(), "{}", person.id);
        }
    }

    #[test]
    fn the_term_holds_the_day_of_seeding() {
        for day in ["2024-12-20", "2026-01-01", "2026-11-23", "2028-02-29"] {
            let day = Day::parse(day).unwrap();
            let term = Term::around(day);
            assert!(term.from < day && day < term.until, "{day}");
        }
    }
}
