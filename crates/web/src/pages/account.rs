//! One's own account: sessions and how to end them, password, second factor.

use crate::{
    render::Page,
    view::{Link, Wrong},
};
use kernel::Timestamp;
use serde::Serialize;

/// The account.
#[derive(Debug, Serialize)]
pub struct AccountPage {
    /// Full name.
    pub name: String,
    /// The name to sign in with.
    pub login: String,
    /// Positions held now.
    pub positions: Vec<Link>,
    /// The highest grade that the person is cleared for.
    pub clearance: u8,
    /// Until when the signing certificate is valid.
    pub certificate: Option<Timestamp>,
    /// Whether the second factor is set up.
    pub second_factor: bool,
    /// Living sessions.
    pub sessions: Vec<SessionRow>,
    /// What is wrong with the password form.
    pub errors: Vec<Wrong>,
}

/// A session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionRow {
    /// Which.
    pub id: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was last used.
    pub seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// The one in which this page is read.
    pub this: bool,
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let at = Timestamp::from_micros(1_734_600_000_000_000);
        let session = |id: &str, this| SessionRow { id: id.into(), opened: at, seen: at, expires: at.plus_seconds(43_200), this };
        let page = |certificate, second_factor, errors| AccountPage {
            name: "Nguyễn Văn A".into(),
            login: "a.nguyen".into(),
            positions: vec![Link::new("/bodies/vu-phap-luat", "Chuyên viên, Vụ Pháp luật")],
            clearance: 1,
            certificate,
            second_factor,
            sessions: vec![session("session-1", true), session("session-2", false)],
            errors,
        };
        vec![
            ("equipped", page(Some(at.plus_seconds(40_000_000)), true, vec![])),
            ("without second factor", page(None, false, vec![Wrong::sample("new", "Mật khẩu quá ngắn.")])),
        ]
    }
}

/// Setting up the second factor.
#[derive(Debug, Serialize)]
pub struct EnrolPage {
    /// The secret to type into the authenticator, in groups of four.
    pub secret: String,
    /// The address that authenticators open.
    pub uri: String,
    /// What the form sends back.
    pub offer: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for EnrolPage {
    const TEMPLATE: &'static str = "enrol.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = EnrolPage {
            secret: "JBSW Y3DP EHPK 3PXP".into(),
            uri: "otpauth://totp/x".into(),
            offer: "sealed".into(),
            errors: vec![],
        };
        vec![("offered", page)]
    }
}
