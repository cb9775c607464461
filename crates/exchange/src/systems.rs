//! The systems that may connect, and the bodies that are reached through them.

use crate::acts::{AgencyRegistered, AgencyRemoved, SealedSecret, SystemAdmitted};
use crate::hub::Hub;
use journal::{Change, Expected, Row};
use kernel::{ActDraft, FieldProblem, Problem, StreamId, Timestamp};
use serde_json::json;
use signing::Sealed;

/// A system to be admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSystem {
    /// Its name on the wire: letters, digits, `.`, `-` and `_`.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// How many packages it may send in a day.
    pub quota: i64,
}

/// A system that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its name on the wire.
    pub id: String,
    /// Whose it is.
    pub name: String,
    /// How many packages it may send in a day.
    pub quota: i64,
}

/// A body that is reached through the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Its particulars.
    pub of: AgencyRegistered,
    /// Whether it was removed.
    pub deleted: bool,
    /// How often it was changed.
    pub version: i64,
    /// When it was changed last.
    pub changed: Timestamp,
}

/// Most agencies that are answered at once: every body of a country.
const MOST_AGENCIES: i64 = 100_000;

impl Hub {
    /// Admits a system and gives its secret, which is shown this once; a system that is there gets a new one.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for a name that is none; what the journal answers.
    pub async fn admit(&self, new: NewSystem) -> Result<String, Problem> {
        let mut random = [0; 32];
        self.journal.entropy().fill(&mut random);
        let secret = kernel::Digest(random).to_string();
        self.admit_with(new, &secret).await?;
        Ok(secret)
    }

    /// Admits a system that has its secret already: it spoke to another hub before, or was given one by hand.
    ///
    /// # Errors
    /// As [`Hub::admit`]; [`Problem::Invalid`] for a secret of less than 16 characters or with others than visible ASCII.
    pub async fn admit_with(&self, new: NewSystem, secret: &str) -> Result<(), Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if new.id.is_empty() || new.id.len() > 64 || !new.id.chars().all(plain) {
            return Err(Problem::Invalid(vec![FieldProblem::new("system", "field-invalid")]));
        }
        if !(16..=256).contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::Invalid(vec![FieldProblem::new("secret", "field-invalid")]));
        }
        let sealed = self.master.seal(&context(&new.id), secret.as_bytes(), self.journal.entropy());
        let private = json!(SealedSecret { sealed: sealed.as_str().to_owned() });
        let act = SystemAdmitted { id: new.id.clone(), name: new.name, quota: new.quota };
        let draft = ActDraft::new(Hub::resource(&new.id), &act).with_private(private);
        self.journal
            .commit(&self.ctx(), Change::new().on(StreamId::new("axis-system", &new.id), Expected::Any).act(draft))
            .await
            .map(drop)
    }

    /// A system with its secret.
    pub(crate) async fn system(&self, id: &str) -> Result<Option<(System, String)>, Problem> {
        let sql = "SELECT system, name, quota, secret FROM axis_system WHERE system = $1";
        let Some(row) = self.journal.reader().row(sql, &[id.into()]).await? else { return Ok(None) };
        let Some(sealed) = row.opt_text("secret")? else { return Ok(None) };
        let secret = self.master.open(&context(id), &Sealed::from_text(sealed)).map_err(Problem::fault)?;
        let secret = String::from_utf8(secret.to_vec()).map_err(Problem::fault)?;
        let (id, name) = (row.text("system")?.to_owned(), row.text("name")?.to_owned());
        Ok(Some((System { id, name, quota: row.int("quota")? }, secret)))
    }

    /// The bodies that are reached through the hub, by identifier; those that were removed too when asked for.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn agencies(&self, with_removed: bool) -> Result<Vec<Agency>, Problem> {
        let sql = "SELECT * FROM axis_agency WHERE deleted <= $1 ORDER BY code LIMIT $2";
        let rows = self.journal.reader().rows(sql, &[i64::from(with_removed).into(), MOST_AGENCIES.into()]).await?;
        rows.iter().map(agency).collect()
    }

    /// A body that is reached through the hub.
    ///
    /// # Errors
    /// [`Problem::Unavailable`].
    pub async fn agency(&self, code: &str) -> Result<Option<Agency>, Problem> {
        let sql = "SELECT * FROM axis_agency WHERE code = $1 AND deleted = 0";
        self.journal.reader().row(sql, &[code.into()]).await?.as_ref().map(agency).transpose()
    }

    /// Registers a body as reached through a system, or changes its particulars.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for what is no identifier; [`Problem::Forbidden`] when it is reached through another system.
    pub async fn register_agency(&self, new: AgencyRegistered) -> Result<(), Problem> {
        if !edxml::package::is_organ_id(&new.code) || new.name.trim().is_empty() {
            let field = if new.name.trim().is_empty() { "name" } else { "code" };
            return Err(Problem::Invalid(vec![FieldProblem::new(field, "field-invalid")]));
        }
        self.owned(&new.code, &new.system).await?;
        let stream = StreamId::new("axis-agency", &new.code);
        let head = self.journal.head(&stream).await?;
        let draft = ActDraft::new(Hub::resource(&new.code), &new);
        self.journal.commit(&self.ctx(), Change::new().on(stream, Expected::At(head)).act(draft)).await.map(drop)
    }

    /// Removes a body of a system.
    ///
    /// # Errors
    /// [`Problem::NotFound`]; [`Problem::Forbidden`] when it is reached through another system.
    pub async fn remove_agency(&self, code: &str, system: &str) -> Result<(), Problem> {
        self.agency(code).await?.ok_or_else(|| Problem::not_found("agency", code))?;
        self.owned(code, system).await?;
        let draft = ActDraft::new(Hub::resource(code), &AgencyRemoved { code: code.to_owned() });
        let change = Change::new().on(StreamId::new("axis-agency", code), Expected::Any).act(draft);
        self.journal.commit(&self.ctx(), change).await.map(drop)
    }

    async fn owned(&self, code: &str, system: &str) -> Result<(), Problem> {
        match self.agency(code).await? {
            Some(agency) if agency.of.system != system => {
                Err(Problem::Forbidden { act: "axis.agency_registered".into(), resource: format!("Axis:{code}") })
            }
            _ => Ok(()),
        }
    }
}

fn context(system: &str) -> String {
    format!("axis-secret:{system}")
}

fn agency(row: &Row) -> Result<Agency, Problem> {
    let text = |name: &str| row.text(name).map(str::to_owned);
    let of = AgencyRegistered {
        code: text("code")?,
        parent: text("parent")?,
        name: text("name")?,
        mail: text("mail")?,
        mobile: text("mobile")?,
        fax: text("fax")?,
        system: text("system")?,
    };
    Ok(Agency { of, deleted: row.truth("deleted")?, version: row.int("version")?, changed: row.time("changed_at")? })
}
