//! Signing in: the password first, then the code of the second factor.

use crate::{render::Page, view::Wrong};
use serde::Serialize;

/// The password.
#[derive(Debug, Default, Serialize)]
pub struct PasswordPage {
    /// The account as typed.
    pub account: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for PasswordPage {
    const TEMPLATE: &'static str = "login.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", PasswordPage::default()),
            (
                "refused",
                PasswordPage {
                    account: "a.nguyen".into(),
                    errors: vec![Wrong::sample("account", "Tên đăng nhập hoặc mật khẩu không đúng.")],
                    ..PasswordPage::default()
                },
            ),
        ]
    }
}

/// The code.
#[derive(Debug, Default, Serialize)]
pub struct CodePage {
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

impl Page for CodePage {
    const TEMPLATE: &'static str = "login_code.html";
    fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("empty", CodePage::default()),
            ("wrong", CodePage { next: "/".into(), errors: vec![Wrong::sample("code", "Mã xác thực không đúng.")] }),
        ]
    }
}
