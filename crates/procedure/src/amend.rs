//! What officials change most, changed in the text of a procedure: names, legal basis, validity, and for each step its
//! owners, deadline, threshold, and who is told when it is late. Everything else in the text stays as it was written.
//!
//! The result is a text like any other: the checker says whether it can run.

use crate::{
    model::{Deadline, Moment, Procedure, Step, Text},
    whole::{NotToml, read},
};
use kernel::Day;
use toml_edit::{Array, InlineTable, Item, Table, Value};

/// The head of a procedure as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub title: Text,
    /// What it is for.
    pub summary: Text,
    /// Legal sources, one each.
    pub basis: Vec<String>,
    /// The first day.
    pub valid_from: Day,
    /// The last day.
    pub valid_until: Option<Day>,
    /// The order of steps was read in the source.
    pub verified: bool,
}

impl Head {
    /// As it stands.
    pub fn of(procedure: &Procedure) -> Head {
        Head {
            title: procedure.title.clone(),
            summary: procedure.summary.clone(),
            basis: procedure.basis.clone(),
            valid_from: procedure.valid_from,
            valid_until: procedure.valid_until,
            verified: procedure.verified,
        }
    }
}

/// A step as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepForm {
    /// Its name.
    pub title: Text,
    /// What its owner is to do.
    pub todo: Text,
    /// Owners in their written form: `clerk@vu-hanh-chinh`.
    pub owners: Vec<String>,
    /// Who is told when it is late, in the written form.
    pub escalate: Option<String>,
    /// When it is to be done.
    pub deadline: Option<DeadlineForm>,
    /// The threshold of its ballot or vote, in the written form, with its basis and mark.
    pub threshold: Option<(String, Option<String>, bool)>,
}

/// A deadline as a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineForm {
    /// How many.
    pub days: u32,
    /// Working days (or calendar days).
    pub working: bool,
    /// The event in its written form: `opened`, `entered`, `left:<step>`, `field:<key>`.
    pub from: String,
    /// Counted backwards from it.
    pub before: bool,
    /// The legal source.
    pub basis: Option<String>,
    /// Whether it was read there.
    pub verified: bool,
}

impl StepForm {
    /// As it stands.
    pub fn of(step: &Step) -> StepForm {
        StepForm {
            title: step.title.clone(),
            todo: step.todo.clone(),
            owners: step.owners.iter().map(ToString::to_string).collect(),
            escalate: step.escalate.as_ref().map(ToString::to_string),
            deadline: step.deadline.as_ref().map(DeadlineForm::of),
            threshold: step
                .ballot
                .as_ref()
                .map(|b| (b.threshold.to_string(), b.source.basis.clone(), b.source.verified)),
        }
    }
}

impl DeadlineForm {
    fn of(deadline: &Deadline) -> DeadlineForm {
        DeadlineForm {
            days: deadline.days,
            working: deadline.working,
            from: moment(&deadline.from),
            before: deadline.before,
            basis: deadline.source.basis.clone(),
            verified: deadline.source.verified,
        }
    }
}

/// An event in its written form.
pub fn moment(moment: &Moment) -> String {
    match moment {
        Moment::Opened => "opened".to_owned(),
        Moment::Entered => "entered".to_owned(),
        Moment::Left(step) => format!("left:{step}"),
        Moment::Field(key) => format!("field:{key}"),
    }
}

/// The text with this head. What has not changed is not touched.
///
/// # Errors
/// [`NotToml`].
pub fn head(text: &str, old: &Head, new: &Head) -> Result<String, NotToml> {
    let mut document = read(text)?;
    let table = document.as_table_mut();
    if old.title != new.title {
        set(table, "title", words(&new.title));
    }
    if old.summary != new.summary {
        set(table, "summary", words(&new.summary));
    }
    if old.basis != new.basis {
        set(table, "basis", list(&new.basis));
    }
    if old.valid_from != new.valid_from {
        set(table, "valid-from", new.valid_from.to_string());
    }
    if old.valid_until != new.valid_until {
        match new.valid_until {
            Some(day) => set(table, "valid-until", day.to_string()),
            None => drop(table.remove("valid-until")),
        }
    }
    if old.verified != new.verified {
        set(table, "verified", new.verified);
    }
    Ok(document.to_string())
}

/// The text with this step changed. `None` when the text has no such step.
///
/// # Errors
/// [`NotToml`].
pub fn step(text: &str, key: &str, old: &StepForm, new: &StepForm) -> Result<Option<String>, NotToml> {
    let mut document = read(text)?;
    if let Some(item) = document.get_mut("steps")
        && !item.is_array_of_tables()
        && let Ok(tables) = std::mem::take(item).into_array_of_tables()
    {
        *item = Item::ArrayOfTables(tables);
    }
    let mut changed = false;
    if let Some(steps) = document.get_mut("steps").and_then(Item::as_array_of_tables_mut) {
        for table in steps.iter_mut().filter(|table| table.get("key").and_then(Item::as_str) == Some(key)).take(1) {
            change_step(table, old, new);
            changed = true;
        }
    }
    Ok(changed.then(|| document.to_string()))
}

fn change_step(table: &mut Table, old: &StepForm, new: &StepForm) {
    if old.title != new.title {
        set(table, "title", words(&new.title));
    }
    if old.todo != new.todo {
        set(table, "todo", words(&new.todo));
    }
    if old.owners != new.owners {
        table.remove("owner");
        table.remove("owners");
        match new.owners.as_slice() {
            [] => {}
            [one] => set(table, "owner", one.as_str()),
            several => set(table, "owners", list(several)),
        }
    }
    if old.escalate != new.escalate {
        match &new.escalate {
            Some(owner) => set(table, "escalate", owner.as_str()),
            None => drop(table.remove("escalate")),
        }
    }
    if old.deadline != new.deadline {
        change_deadline(table, new.deadline.as_ref());
    }
    if old.threshold != new.threshold
        && let (Some((threshold, basis, verified)), Some(ballot)) =
            (&new.threshold, table.get_mut("ballot").and_then(Item::as_table_like_mut))
    {
        ballot.insert("threshold", toml_edit::value(threshold.as_str()));
        match basis {
            Some(basis) => drop(ballot.insert("basis", toml_edit::value(basis.as_str()))),
            None => drop(ballot.remove("basis")),
        }
        ballot.insert("verified", toml_edit::value(*verified));
    }
}

/// The parts of a deadline that the form knows; any other word in it (reminders, say) stays.
fn change_deadline(table: &mut Table, new: Option<&DeadlineForm>) {
    let Some(new) = new else {
        table.remove("deadline");
        return;
    };
    if table.get("deadline").and_then(Item::as_table_like).is_none() {
        set(table, "deadline", InlineTable::new());
    }
    let Some(deadline) = table.get_mut("deadline").and_then(Item::as_table_like_mut) else { return };
    for name in ["days", "working-days", "after", "before", "basis", "verified"] {
        deadline.remove(name);
    }
    let unit = if new.working { "working-days" } else { "days" };
    deadline.insert(unit, toml_edit::value(i64::from(new.days)));
    if new.before || new.from != "entered" {
        deadline.insert(if new.before { "before" } else { "after" }, toml_edit::value(new.from.as_str()));
    }
    if let Some(basis) = &new.basis {
        deadline.insert("basis", toml_edit::value(basis.as_str()));
    }
    deadline.insert("verified", toml_edit::value(new.verified));
    if let Some(inline) = table.get_mut("deadline").and_then(Item::as_inline_table_mut) {
        inline.fmt();
    }
}

/// Puts a value; where one stood, the comment around it stays.
fn set(table: &mut Table, name: &str, value: impl Into<Value>) {
    let mut value = value.into();
    if let Some(old) = table.get(name).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(name, Item::Value(value));
}

fn words(text: &Text) -> InlineTable {
    let mut table = InlineTable::new();
    table.insert("vi", text.vi.as_str().into());
    table.insert("en", text.en.as_str().into());
    table
}

fn list(texts: &[String]) -> Array {
    texts.iter().map(String::as_str).collect()
}
