//! What stands around every page: who reads it, in which language, where they are, what was just done.

use crate::words::Lang;
use serde::Serialize;

/// The frame of a page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// The path that was asked for, with its query, without `lang`; ends in `?` or `&` so that a parameter can follow.
    pub here: String,
    /// The path alone.
    pub path: String,
    /// The signed-in person.
    pub me: Option<Me>,
    /// The token that every form of this session carries.
    pub csrf: String,
    /// A fresh token that makes a repeated submit of the same form harmless.
    pub once: String,
    /// The message about what was just done: a Fluent key that begins with `done-`.
    pub done: Option<String>,
    /// The id of the request, for error pages and logs.
    pub request: String,
}

/// The signed-in person as the top bar shows them.
#[derive(Debug, Clone, Serialize)]
pub struct Me {
    /// Whose directory page it is.
    pub id: String,
    /// Full name.
    pub name: String,
    /// The position under which they act.
    pub title: String,
    /// How many tasks wait for them.
    pub waiting: i64,
    /// How many notices they have not read.
    pub unread: i64,
    /// May walk the journal.
    pub audits: bool,
    /// May see how everybody is equipped with certificates.
    pub certifies: bool,
    /// May see all documents that come and go over the interconnection axis.
    pub exchanges: bool,
}

impl Frame {
    /// The frame of examples.
    pub fn sample(lang: Lang) -> Frame {
        Frame {
            lang,
            here: "/?".into(),
            path: "/".into(),
            me: Some(Me {
                id: "person-1".into(),
                name: "Nguyễn Văn A".into(),
                title: "Chuyên viên, Vụ Pháp luật".into(),
                waiting: 3,
                unread: 2,
                audits: true,
                certifies: true,
                exchanges: true,
            }),
            csrf: "csrf".into(),
            once: "once".into(),
            done: None,
            request: "request-01jexample".into(),
        }
    }
}
