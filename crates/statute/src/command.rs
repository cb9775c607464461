//! Amendments as data: what an amending law commands, resolved or flagged, never guessed.

use crate::address::Address;
use crate::cite::DocRef;
use crate::model::Unit;
use crate::text::Text;
use kernel::time::Day;
use serde::Serialize;

/// What is commanded.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Action {
    /// `Sửa đổi, bổ sung … như sau:` the units get this text.
    Replace {
        /// The new units; for a paragraph or an unnumbered body, one unit whose lead is the text.
        new: Vec<Unit>,
    },
    /// `Bổ sung … vào sau …`: new units after the addressed one, or as the last of it.
    Insert {
        /// The new units.
        new: Vec<Unit>,
        /// After the addressed unit; else inside it, where their labels belong.
        after: bool,
    },
    /// `Bãi bỏ …`.
    Repeal,
    /// `Sửa đổi tên …`.
    Retitle {
        /// The new heading.
        heading: Text,
    },
    /// `Thay thế cụm từ “A” bằng cụm từ “B”`, `Bỏ cụm từ “A”` (B empty).
    Phrase {
        /// The words that go.
        old: Text,
        /// The words that come.
        new: Text,
    },
    /// `Bổ sung cụm từ “B” vào sau cụm từ “A”`.
    PhraseBeside {
        /// The words beside which the new ones come.
        near: Text,
        /// The words that come.
        new: Text,
        /// After them; else before.
        after: bool,
    },
}

impl Action {
    /// The words of a footnote: `được sửa đổi, bổ sung`, after the unit's name; a change of words is a whole sentence
    /// and begins with a capital: `Cụm từ “A” được thay thế bằng cụm từ “B”`.
    pub fn done(&self) -> String {
        match self {
            Action::Replace { .. } => "được sửa đổi, bổ sung".into(),
            Action::Retitle { .. } => "được sửa đổi tên".into(),
            Action::Insert { .. } => "được bổ sung".into(),
            Action::Repeal => "được bãi bỏ".into(),
            Action::Phrase { old, new } if new.is_empty() => format!("Cụm từ “{old}” được bỏ"),
            Action::Phrase { old, new } => format!("Cụm từ “{old}” được thay thế bằng cụm từ “{new}”"),
            Action::PhraseBeside { near, new, after } => {
                let side = if *after { "sau" } else { "trước" };
                format!("Cụm từ “{new}” được bổ sung vào {side} cụm từ “{near}”")
            }
        }
    }
}

/// Where in the amending law a command stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The provision: `điểm c khoản 8 Điều 57`.
    pub provision: String,
    /// The words of the command, without the quoted text.
    pub text: String,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// The law that it amends; `None` when the amending text never says, and the caller must know.
    pub target: Option<DocRef>,
    /// The units.
    pub addresses: Vec<Address>,
    /// What is done to them.
    pub action: Action,
    /// Where it stands.
    pub place: Place,
    /// From which day, when the command itself says; else the amending law's day.
    pub from: Option<Day>,
}

/// Why a command is left to a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Reason {
    /// The formula is not known.
    #[error("không nhận ra mẫu câu lệnh sửa đổi")]
    UnknownFormula,
    /// The command holds under a condition only.
    #[error("lệnh có điều kiện hoặc ngoại lệ (“{words}”), cần người xem xét phạm vi")]
    Conditional {
        /// The words of the condition.
        words: String,
    },
    /// Only the provisions on a topic are repealed.
    #[error("chỉ bãi bỏ các quy định về “{topic}” tại phần được nêu; cần người xác định phạm vi")]
    Topic {
        /// The topic.
        topic: String,
    },
    /// The day from which the command holds is not known.
    #[error("không rõ ngày có hiệu lực của văn bản sửa đổi")]
    NoDay,
    /// No unit is named, or not fully.
    #[error("lệnh không nêu rõ điều, khoản, điểm: “{words}”")]
    NoAddress {
        /// The words where the address should be.
        words: String,
    },
    /// The new text should follow in quotation marks and does not.
    #[error("không có nội dung mới trong ngoặc kép sau câu lệnh")]
    NoText,
    /// The quoted text is not of the units that the command names.
    #[error("nội dung trích dẫn ({quoted}) không khớp với đơn vị được nêu ({named})")]
    OtherUnits {
        /// What is quoted.
        quoted: String,
        /// What is named.
        named: String,
    },
    /// The unit does not exist in the law as it stands.
    #[error("{address} không có trong văn bản được sửa đổi")]
    Missing {
        /// The unit.
        address: String,
    },
    /// The unit exists more than once.
    #[error("{address} có nhiều hơn một trong văn bản được sửa đổi")]
    Ambiguous {
        /// The unit.
        address: String,
    },
    /// The phrase does not stand in the unit.
    #[error("cụm từ “{phrase}” không có trong {address}")]
    NoPhrase {
        /// The phrase.
        phrase: String,
        /// The unit.
        address: String,
    },
    /// The phrase also stands there with a capital (or small) first letter; whether that is meant is not said.
    #[error("cụm từ “{phrase}” còn xuất hiện trong {address} với chữ đầu viết hoa/thường khác; cần người quyết định")]
    OtherCase {
        /// The phrase.
        phrase: String,
        /// The unit.
        address: String,
    },
    /// The new phrase stands there already, so that a replacement would double it.
    #[error("cụm từ mới “{phrase}” đã có sẵn trong {address}; thay thế sẽ lặp từ")]
    Doubled {
        /// The phrase.
        phrase: String,
        /// The unit.
        address: String,
    },
    /// The unit to insert exists already.
    #[error("{address} đã có trong văn bản, không thể bổ sung")]
    Exists {
        /// The unit.
        address: String,
    },
    /// The law is named without number and the name is not surely that of the law.
    #[error("không xác định được văn bản bị sửa đổi: “{words}”")]
    WhichLaw {
        /// The words that name it.
        words: String,
    },
    /// Renumbering and moving of units.
    #[error("lệnh đánh số lại hoặc di chuyển đơn vị, cần người thực hiện")]
    Renumbering,
    /// Another document that amends the unit is not among the given texts.
    #[error("thiếu văn bản sửa đổi: {document}")]
    MissingDocument {
        /// Its number.
        document: String,
    },
    /// The given official text reads otherwise.
    #[error("kết quả khác với văn bản hợp nhất được cung cấp: {first}")]
    OfficialDiffers {
        /// The first place where they differ.
        first: String,
    },
    /// A repeal of a part whose units are not known here.
    #[error("không biết {address} gồm những điều nào trong văn bản được cung cấp")]
    UnknownExtent {
        /// The part.
        address: String,
    },
}

impl Reason {
    pub(crate) fn lost(lost: &crate::address::Lost) -> Reason {
        match lost {
            crate::address::Lost::Missing(a) => Reason::Missing { address: a.to_string() },
            crate::address::Lost::Ambiguous(a, _) => Reason::Ambiguous { address: a.to_string() },
        }
    }
}

/// A sentence or command that is left to a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flag {
    /// Why.
    pub reason: Reason,
    /// Where it stands in the amending law.
    pub place: Place,
    /// The law that it concerns, when it is said.
    pub target: Option<DocRef>,
    /// The units that it names, as far as read.
    pub addresses: Vec<Address>,
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place.provision.is_empty() {
            true => write!(f, "{}", self.reason),
            false => write!(f, "{}: {}", self.place.provision, self.reason),
        }
    }
}

/// The level and label of units, for messages: `khoản 2, khoản 3`.
pub(crate) fn named(units: &[Unit]) -> String {
    let name = |u: &Unit| format!("{} {}", u.level.word(), u.label.shown(u.level));
    match units.is_empty() {
        true => "không có đơn vị nào".to_owned(),
        false => units.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}
