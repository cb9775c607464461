//! Tables of sign-in names, credentials and sessions.

use super::{private_text, read};
use crate::acts::{
    CredentialKind, CredentialLocked, CredentialSet, LoginTaken, SessionContinued, SessionEnded, SessionOpened,
    SessionStrengthened,
};
use journal::{Column, Index, PrivateErased, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};

/// Who signs in under which name.
pub const LOGIN: Table =
    Table { name: "login", columns: &[Column::text("login"), Column::text("person")], key: &["login"], indexes: &[] };

/// What is known about a person's credentials, but for the secrets.
pub const CREDENTIAL: Table = Table {
    name: "credential",
    columns: &[
        Column::text("person"),
        Column::int("password_set").nullable(),
        Column::int("totp_set").nullable(),
        Column::int("totp_step"),
        Column::int("locked_until").nullable(),
        Column::int("version"),
    ],
    key: &["person"],
    indexes: &[],
};

/// Password hashes and sealed second-factor secrets, by the version of the act that brought them; the newest counts.
pub const CREDENTIAL_SECRET: Table = Table {
    name: "credential_secret",
    columns: &[Column::text("person"), Column::int("version"), Column::text("kind"), Column::text("secret")],
    key: &["person", "version"],
    indexes: &[],
};

/// Sessions, ended ones too.
pub const SESSION: Table = Table {
    name: "session",
    columns: &[
        Column::text("id"),
        Column::text("token"),
        Column::text("person"),
        Column::text("device"),
        Column::int("strength"),
        Column::int("opened"),
        Column::int("expires"),
        Column::int("seen"),
        Column::int("ended").nullable(),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["token"] }, Index { columns: &["person", "opened"] }],
};

/// Tables `login`, `credential`, `credential_secret` and `session`.
pub struct Access;

impl Projection for Access {
    fn name(&self) -> &'static str {
        "directory-access"
    }
    fn tables(&self) -> &'static [Table] {
        &[LOGIN, CREDENTIAL, CREDENTIAL_SECRET, SESSION]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        match act.stream.kind() {
            "login" if act.kind == LoginTaken::KIND => {
                let taken: LoginTaken = read(act)?;
                rows.put(&LOGIN, [("login", taken.login.into()), ("person", taken.person.into())]);
                Ok(())
            }
            "signin" if act.kind == CredentialLocked::KIND => {
                let locked: CredentialLocked = read(act)?;
                rows.patch(&CREDENTIAL, [locked.person.into()], [("locked_until", locked.until.into())]);
                Ok(())
            }
            "credential" => credential_act(act, rows),
            "session" => session_act(act, rows),
            _ => Ok(()),
        }
    }
}

fn credential_act(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let person = act.stream.id();
    let mut changed: Vec<(&'static str, Value)> = vec![("version", act.version.into())];
    match act.kind.as_str() {
        CredentialSet::KIND => {
            let set: CredentialSet = read(act)?;
            let (kind, column) = match set.credential {
                CredentialKind::Password => ("password", "password_set"),
                CredentialKind::Totp => ("totp", "totp_set"),
            };
            if let Some(secret) = private_text(act, "secret") {
                let row = [
                    ("person", person.into()),
                    ("version", act.version.into()),
                    ("kind", kind.into()),
                    ("secret", secret.into()),
                ];
                rows.put(&CREDENTIAL_SECRET, row);
            }
            // Makes the row when it is not there yet.
            rows.add(&CREDENTIAL, [person.into()], "totp_step", 0);
            changed.push((column, act.at.into()));
            changed.push(("locked_until", Value::Null));
        }
        SessionStrengthened::KIND => changed.push(("totp_step", read::<SessionStrengthened>(act)?.step.into())),
        PrivateErased::KIND => {
            let erased: PrivateErased = read(act)?;
            rows.delete(&CREDENTIAL_SECRET, [person.into(), erased.version.into()]);
        }
        _ => return Ok(()),
    }
    rows.patch(&CREDENTIAL, [person.into()], changed);
    Ok(())
}

fn session_act(act: &Act, rows: &mut Rows) -> Result<(), Problem> {
    let version = ("version", Value::Int(act.version));
    let changed = match act.kind.as_str() {
        SessionOpened::KIND => {
            let opened: SessionOpened = read(act)?;
            let row = [
                ("id", opened.session.into()),
                ("token", opened.token.into()),
                ("person", opened.person.into()),
                ("device", opened.device.into()),
                ("strength", Value::Int(opened.strength as i64)),
                ("opened", act.at.into()),
                ("expires", opened.expires.into()),
                ("seen", act.at.into()),
                version,
            ];
            rows.put(&SESSION, row);
            return Ok(());
        }
        SessionContinued::KIND => "seen",
        SessionEnded::KIND => "ended",
        _ => return Ok(()),
    };
    rows.patch(&SESSION, [act.stream.id().into()], [(changed, act.at.into()), version]);
    Ok(())
}
