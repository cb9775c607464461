//! A procedure's text made whole: what stands in its base is folded in, so that the text says everything by itself.
//!
//! This is the form in which a version is kept in the journal, edited and adopted. It works on the text as written, so
//! that comments, the order of lines and words of the language that this program does not know stay as they are.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

/// Why a text cannot be made whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text is not TOML: {0}")]
pub struct NotToml(pub String);

pub(crate) fn read(text: &str) -> Result<DocumentMut, NotToml> {
    text.parse::<DocumentMut>().map_err(|why| NotToml(why.message().to_owned()))
}

/// The lists whose items have keys; those of the base come first.
const LISTS: [&str; 4] = ["form", "documents", "steps", "effects"];

/// The text of a file with its base folded in, as the reader folds them: a step overlays the parts that it names, any
/// other item replaces the base's of the same key.
///
/// # Errors
/// [`NotToml`].
pub fn whole(own: &str, base: Option<&str>) -> Result<String, NotToml> {
    let mut own = read(own)?;
    own.remove("base");
    let Some(base) = base else { return Ok(own.to_string()) };
    let mut base = read(base)?;
    base.remove("is-base");
    let names: Vec<String> = base.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names.iter().filter(|name| !LISTS.contains(&name.as_str())) {
        let missing = own.get(name).is_none_or(|item| item.as_array().is_some_and(toml_edit::Array::is_empty));
        if let (true, Some(item)) = (missing, base.remove(name)) {
            own.insert(name, item);
        }
    }
    for name in LISTS {
        let (old, new) = (tables(base.remove(name)), tables(own.remove(name)));
        let folded = fold(old, new, name == "steps");
        if !folded.is_empty() {
            own.insert(name, Item::ArrayOfTables(folded));
        }
    }
    place(own.as_table_mut(), &mut 0);
    Ok(own.to_string())
}

pub(crate) fn tables(item: Option<Item>) -> Vec<Table> {
    let list = item.and_then(|item| item.into_array_of_tables().ok());
    list.map(|list| list.iter().cloned().collect()).unwrap_or_default()
}

fn fold(mut all: Vec<Table>, new: Vec<Table>, overlay: bool) -> ArrayOfTables {
    let key = |table: &Table| table.get("key").and_then(Item::as_str).map(str::to_owned);
    for table in new {
        match all.iter_mut().find(|old| key(old).is_some() && key(old) == key(&table)) {
            Some(old) if overlay => {
                if table.contains_key("owner") || table.contains_key("owners") {
                    old.remove("owner");
                    old.remove("owners");
                }
                for (name, item) in table {
                    old.insert(&name, item);
                }
            }
            Some(old) => *old = table,
            None => all.push(table),
        }
    }
    let mut list = ArrayOfTables::new();
    all.into_iter().for_each(|table| list.push(table));
    list
}

/// Gives tables that come from two texts one order: as they are listed.
fn place(table: &mut Table, next: &mut isize) {
    table.set_position(Some(*next));
    *next += 1;
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => place(inner, next),
            Item::ArrayOfTables(list) => list.iter_mut().for_each(|inner| place(inner, next)),
            Item::Value(_) | Item::None => {}
        }
    }
}

/// The text with this version (and id), everything else as it stands: what a draft of the next version begins with.
///
/// # Errors
/// [`NotToml`].
pub fn renumbered(text: &str, id: &str, version: u32) -> Result<String, NotToml> {
    let mut document = read(text)?;
    document["id"] = toml_edit::value(id);
    document["version"] = toml_edit::value(i64::from(version));
    Ok(document.to_string())
}
