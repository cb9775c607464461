//! Secrecy grades (độ mật), Law on Protection of State Secrets 29/2018/QH14 art. 8.

use serde::{Deserialize, Serialize};

/// A secrecy grade; larger is more secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Grade {
    /// Not secret (thường).
    #[default]
    Open = 0,
    /// Mật.
    Secret = 1,
    /// Tối mật.
    TopSecret = 2,
    /// Tuyệt mật.
    MostSecret = 3,
}

impl Grade {
    /// All grades, lowest first.
    pub const ALL: [Grade; 4] = [Grade::Open, Grade::Secret, Grade::TopSecret, Grade::MostSecret];

    /// 0 to 3, as stored.
    pub fn level(self) -> u8 {
        self as u8
    }

    /// The words that stand on a paper and on a page.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Grade::Open => "Thường",
            Grade::Secret => "Mật",
            Grade::TopSecret => "Tối mật",
            Grade::MostSecret => "Tuyệt mật",
        }
    }
}

/// A number that is no grade.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a secrecy grade: use 0 (thường), 1 (Mật), 2 (Tối mật) or 3 (Tuyệt mật)")]
pub struct BadGrade(pub u8);

impl TryFrom<u8> for Grade {
    type Error = BadGrade;
    fn try_from(level: u8) -> Result<Self, BadGrade> {
        Grade::ALL.get(usize::from(level)).copied().ok_or(BadGrade(level))
    }
}
impl From<Grade> for u8 {
    fn from(grade: Grade) -> u8 {
        grade.level()
    }
}
