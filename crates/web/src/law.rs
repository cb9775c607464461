//! The text of a resolution as pages show it and as the structured editor sends it back.

use serde::Serialize;

/// The text with its labels, ready to be read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Law {
    /// The subject.
    pub subject: String,
    /// Legal bases, each with its closing mark.
    pub bases: Vec<String>,
    /// The formula before the articles.
    pub formula: String,
    /// The articles.
    pub articles: Vec<LawArticle>,
    /// Recipients.
    pub recipients: Vec<String>,
    /// Authority line, position and name of the signer.
    pub signature: [String; 3],
}

/// An article.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LawArticle {
    /// `Điều 1`.
    pub label: String,
    /// Its heading.
    pub heading: String,
    /// Paragraphs without a label.
    pub paragraphs: Vec<String>,
    /// Clauses.
    pub clauses: Vec<LawClause>,
}

/// A clause.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LawClause {
    /// `1.`.
    pub label: String,
    /// Its text.
    pub text: String,
    /// Points, each `("a)", text)`.
    pub points: Vec<(String, String)>,
}

impl Law {
    /// An example.
    pub fn sample() -> Law {
        Law {
            subject: "Thành lập Ban soạn thảo dự án Luật sửa đổi, bổ sung một số điều của Luật Tổ chức Quốc hội".into(),
            bases: vec![
                "Căn cứ Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam;".into(),
                "Căn cứ Luật Tổ chức Quốc hội số 57/2014/QH13;".into(),
                "Xét đề nghị của Ủy ban Pháp luật và Tư pháp.".into(),
            ],
            formula: "QUYẾT NGHỊ:".into(),
            articles: vec![
                LawArticle {
                    label: "Điều 1".into(),
                    heading: "Thành lập Ban soạn thảo".into(),
                    clauses: vec![LawClause {
                        label: "1.".into(),
                        text: "Ban soạn thảo gồm:".into(),
                        points: vec![
                            ("a)".into(), "Trưởng ban: Đại biểu 001;".into()),
                            ("b)".into(), "Các Phó Trưởng ban: Đại biểu 002, Đại biểu 003.".into()),
                        ],
                    }],
                    ..LawArticle::default()
                },
                LawArticle {
                    label: "Điều 2".into(),
                    paragraphs: vec!["Nghị quyết này có hiệu lực kể từ ngày ký.".into()],
                    ..LawArticle::default()
                },
            ],
            recipients: vec!["Như Điều 2;".into(), "Lưu: VT.".into()],
            signature: ["TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI".into(), "CHỦ TỊCH".into(), "Đại biểu 001".into()],
        }
    }
}
