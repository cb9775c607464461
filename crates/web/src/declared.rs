//! Forms that procedures declare: from their fields to inputs, from what was sent to the values that the engine checks.
//!
//! People and bodies are typed by name (with or without marks) and turned into ids here; lists have rows that are added
//! and removed by buttons that send the form.

use crate::{pages::open_case::DeclaredField, show, viewer::Viewer};
use directory::{Position, query::PeopleFilter, titles};
use kernel::{BodyId, FieldProblem, PersonId, Problem, text};
use procedure::{Field, model::FieldKind};
use serde::Serialize;
use serde_json::{Map, Value};

/// Fields of a form as the page shows them. `prefix` is `f.` for the form itself.
///
/// # Errors
/// Storage.
pub async fn fields(
    viewer: &Viewer,
    declared: &[Field],
    values: &Map<String, Value>,
) -> Result<Vec<DeclaredField>, Problem> {
    shown(viewer, "f.", declared, values).await
}

async fn shown(
    viewer: &Viewer,
    prefix: &str,
    declared: &[Field],
    values: &Map<String, Value>,
) -> Result<Vec<DeclaredField>, Problem> {
    let mut out = Vec::new();
    for field in declared {
        let value = values.get(&field.key).unwrap_or(&Value::Null);
        out.push(one(viewer, format!("{prefix}{}", field.key), field, value).await?);
    }
    Ok(out)
}

async fn one(viewer: &Viewer, name: String, field: &Field, value: &Value) -> Result<DeclaredField, Problem> {
    let mut shown_field = DeclaredField {
        label: show::pick(viewer, &field.label),
        hint: field.hint.as_ref().map(|h| show::pick(viewer, h)).unwrap_or_default(),
        required: field.required,
        value: plain(value),
        name: name.clone(),
        ..DeclaredField::default()
    };
    shown_field.kind = match &field.kind {
        FieldKind::Text => "text",
        FieldKind::Position => {
            shown_field.value = position_words(viewer, &shown_field.value);
            "position"
        }
        FieldKind::LongText => "long",
        FieldKind::Date => {
            shown_field.value = kernel::Day::parse(&shown_field.value).map_or(shown_field.value, kernel::Day::short);
            "date"
        }
        FieldKind::Person => {
            shown_field.value = person_words(viewer, &shown_field.value).await?;
            "person"
        }
        FieldKind::Body => {
            shown_field.value = body_words(viewer, &shown_field.value).await?;
            "body"
        }
        FieldKind::Number { .. } => "number",
        FieldKind::YesNo => {
            let yes = value.as_bool() == Some(true) || value.as_str() == Some("yes");
            shown_field.value = if yes { "yes".into() } else { String::new() };
            "yes"
        }
        FieldKind::Choice { options } => {
            shown_field.choices = show::choices(viewer, options);
            "choice"
        }
        FieldKind::Bodies => {
            let column = Field { kind: FieldKind::Body, key: "code".into(), hint: None, ..field.clone() };
            for (row, code) in value.as_array().into_iter().flatten().enumerate() {
                shown_field.rows.push(vec![Box::pin(one(viewer, format!("{name}.{row}.code"), &column, code)).await?]);
            }
            "list"
        }
        FieldKind::List { columns } => {
            let empty = Map::new();
            for (row, cells) in value.as_array().into_iter().flatten().enumerate() {
                let cells = cells.as_object().unwrap_or(&empty);
                shown_field.rows.push(Box::pin(shown(viewer, &format!("{name}.{row}."), columns, cells)).await?);
            }
            "list"
        }
    };
    Ok(shown_field)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A person as the input shows them: the name, with the id behind it so that two of the same name stay two.
async fn person_words(viewer: &Viewer, value: &str) -> Result<String, Problem> {
    let Ok(id) = PersonId::new(value) else { return Ok(value.to_owned()) };
    let person = viewer.state.services.directory.person(&id).await?;
    Ok(person.map_or_else(|| value.to_owned(), |p| format!("{} · {id}", p.name)))
}

/// A body as the input shows it: the name, with the code behind it; a code of no body as it stands.
async fn body_words(viewer: &Viewer, value: &str) -> Result<String, Problem> {
    let Ok(id) = BodyId::new(value) else { return Ok(value.to_owned()) };
    let body = viewer.state.services.directory.body(&id).await?;
    Ok(body.map_or_else(|| value.to_owned(), |b| format!("{} · {id}", b.name_in(viewer.lang().code()))))
}

/// A position as the input shows it: the name, with the code behind it; a code without a name as it stands.
fn position_words(viewer: &Viewer, code: &str) -> String {
    let named = titles::in_general(code);
    named.map_or_else(|| code.to_owned(), |(vi, en)| format!("{} · {code}", viewer.lang().pick(vi, en)))
}

/// Names that the inputs of people, bodies and positions suggest.
#[derive(Debug, Default, Serialize)]
pub struct Suggestions {
    /// “Đại biểu 001 · db-001”.
    pub people: Vec<String>,
    /// “Ủy ban Thường vụ Quốc hội · ubtvqh”.
    pub bodies: Vec<String>,
    /// “Phó Chủ tịch · vice-chairperson”.
    pub positions: Vec<String>,
}

/// What the inputs of these fields suggest.
///
/// # Errors
/// Storage.
pub async fn suggestions(viewer: &Viewer, declared: &[Field]) -> Result<Suggestions, Problem> {
    let has = |wanted: fn(&FieldKind) -> bool| {
        declared.iter().any(|f| match &f.kind {
            FieldKind::List { columns } => columns.iter().any(|c| wanted(&c.kind)),
            kind => wanted(kind),
        })
    };
    let directory = &viewer.state.services.directory;
    let mut people = Vec::new();
    if has(|k| matches!(k, FieldKind::Person)) {
        let mut offset = 0;
        while people.len() < 1000 {
            let page = directory.people(&PeopleFilter { offset, limit: 200, ..PeopleFilter::default() }).await?;
            people.extend(page.items.iter().map(|p| format!("{} · {}", p.name, p.id)));
            offset += 200;
            if offset >= page.total {
                break;
            }
        }
    }
    let mut bodies = Vec::new();
    if has(|k| matches!(k, FieldKind::Body | FieldKind::Bodies)) {
        let lang = viewer.lang().code();
        let standing = directory.bodies(viewer.state.now().day()).await?;
        bodies = standing.iter().map(|b| format!("{} · {}", b.name_in(lang), b.id)).collect();
    }
    let positions = match has(|k| matches!(k, FieldKind::Position)) {
        true => Position::KNOWN.iter().map(|code| position_words(viewer, code)).collect(),
        false => Vec::new(),
    };
    Ok(Suggestions { people, bodies, positions })
}

/// What was sent, by key: the engine's shape, with the texts as they were typed.
pub fn values(declared: &[Field], sent: &[(String, String)]) -> Map<String, Value> {
    let mut values = Map::new();
    for field in declared {
        let exact = sent.iter().find(|(name, _)| *name == field.key).map(|(_, v)| v.as_str());
        let value = match &field.kind {
            FieldKind::YesNo => Value::Bool(exact.is_some_and(|v| v == "yes")),
            FieldKind::Bodies => {
                let rows = rows(&field.key, sent);
                rows.iter()
                    .map(|row| Value::from(row.iter().find(|(n, _)| n == "code").map_or("", |(_, v)| v)))
                    .collect()
            }
            FieldKind::List { columns } => {
                rows(&field.key, sent).iter().map(|row| Value::Object(self::values(columns, row))).collect()
            }
            _ => exact.unwrap_or_default().into(),
        };
        values.insert(field.key.clone(), value);
    }
    values
}

/// The rows of a list: `members.0.person` gives row 0 a cell `person`.
fn rows(key: &str, sent: &[(String, String)]) -> Vec<Vec<(String, String)>> {
    let mut rows: Vec<Vec<(String, String)>> = Vec::new();
    for (name, value) in sent {
        let Some(rest) = name.strip_prefix(key).and_then(|r| r.strip_prefix('.')) else { continue };
        let Some((row, cell)) = rest.split_once('.') else { continue };
        let Some(row) = row.parse::<usize>().ok().filter(|row| *row <= procedure::form::MAX_ROWS) else { continue };
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        rows[row].push((cell.to_owned(), value.clone()));
    }
    rows
}

/// Adds or removes a row, as a row button asks: `add f.members`, `remove f.members.2`, `up …`, `down …`.
pub fn change_rows(values: &mut Map<String, Value>, command: &str) {
    let Some((act, path)) = command.split_once(' ') else { return };
    let Some(path) = path.strip_prefix("f.") else { return };
    let (key, row) = match path.rsplit_once('.') {
        Some((key, row)) if row.bytes().all(|b| b.is_ascii_digit()) => (key, row.parse().ok()),
        _ => (path, None),
    };
    let list = values.entry(key.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    if let Some(list) = list.as_array_mut() {
        crate::rows::change(list, act, row, || Value::Null);
    }
}

/// Turns names into ids. What is not found, or names several people, is told beside its field.
///
/// # Errors
/// [`Problem::Invalid`] `field-person-unknown`, `field-person-several`; storage.
pub async fn resolve(viewer: &Viewer, declared: &[Field], values: &mut Map<String, Value>) -> Result<(), Problem> {
    let mut wrong = Vec::new();
    resolve_in(viewer, "f.", declared, values, &mut wrong).await?;
    if wrong.is_empty() { Ok(()) } else { Err(Problem::Invalid(wrong)) }
}

async fn resolve_in(
    viewer: &Viewer,
    prefix: &str,
    declared: &[Field],
    values: &mut Map<String, Value>,
    wrong: &mut Vec<FieldProblem>,
) -> Result<(), Problem> {
    for field in declared {
        let name = format!("{prefix}{}", field.key);
        let Some(value) = values.get_mut(&field.key) else { continue };
        match &field.kind {
            FieldKind::Person => match person_id(viewer, &plain(value)).await? {
                Ok(id) => *value = id.into(),
                Err((code, names)) => wrong.push(FieldProblem::new(name, code).arg("names", names)),
            },
            FieldKind::Body => *value = body_code(viewer, &plain(value)).await?.into(),
            FieldKind::Position => *value = position_code(&plain(value)).into(),
            FieldKind::Bodies => {
                for code in value.as_array_mut().into_iter().flatten() {
                    *code = body_code(viewer, &plain(code)).await?.into();
                }
                if let Some(codes) = value.as_array_mut() {
                    codes.retain(|code| code.as_str() != Some(""));
                }
            }
            FieldKind::List { columns } => {
                if let Some(rows) = value.as_array_mut() {
                    rows.retain(|row| row.as_object().is_some_and(filled));
                    for (at, row) in rows.iter_mut().enumerate() {
                        if let Some(row) = row.as_object_mut() {
                            Box::pin(resolve_in(viewer, &format!("{name}.{at}."), columns, row, wrong)).await?;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether anything was typed in a row; a row left empty is no row.
fn filled(row: &Map<String, Value>) -> bool {
    row.values().any(|v| v.as_str().is_some_and(|t| !t.trim().is_empty()) || v.as_bool() == Some(true))
}

type Found = Result<String, (&'static str, String)>;

async fn person_id(viewer: &Viewer, typed: &str) -> Result<Found, Problem> {
    let directory = &viewer.state.services.directory;
    let typed = typed.trim();
    let code = typed.rsplit_once('·').map_or(typed, |(_, id)| id.trim());
    if typed.is_empty() {
        return Ok(Ok(String::new()));
    }
    if let Ok(id) = PersonId::new(code)
        && directory.person(&id).await?.is_some()
    {
        return Ok(Ok(id.to_string()));
    }
    let filter = PeopleFilter { search: Some(typed.to_owned()), limit: 200, ..PeopleFilter::default() };
    let found = directory.people(&filter).await?.items;
    let same: Vec<_> = found.iter().filter(|p| text::fold(&p.name) == text::fold(typed)).collect();
    Ok(match (same.as_slice(), found.as_slice()) {
        ([one], _) => Ok(one.id.to_string()),
        ([], [one]) => Ok(one.id.to_string()),
        ([], []) => Err(("field-person-unknown", String::new())),
        _ => {
            let several = if same.is_empty() { found.iter().collect() } else { same };
            let names: Vec<String> = several.iter().take(5).map(|p| format!("{} · {}", p.name, p.id)).collect();
            Err(("field-person-several", names.join("; ")))
        }
    })
}

async fn body_code(viewer: &Viewer, typed: &str) -> Result<String, Problem> {
    let typed = typed.trim();
    let typed =
        typed.rsplit_once('·').map(|(_, code)| code.trim()).filter(|c| BodyId::new(*c).is_ok()).unwrap_or(typed);
    if typed.is_empty() || BodyId::new(typed).is_ok() {
        return Ok(typed.to_owned());
    }
    let wanted = text::fold(typed);
    let bodies = viewer.state.services.directory.bodies(viewer.state.now().day()).await?;
    let found = bodies.iter().find(|b| text::fold(&b.name) == wanted || text::fold(&b.name_en) == wanted);
    Ok(found.map_or_else(|| typed.to_owned(), |b| b.id.to_string()))
}

/// The code behind what was typed: of a suggestion, or of a name as the table has it.
fn position_code(typed: &str) -> String {
    let typed = typed.trim();
    if let Some((_, code)) = typed.rsplit_once('·') {
        return code.trim().to_owned();
    }
    let wanted = text::fold(typed);
    let named =
        |code: &&&str| titles::in_general(code).is_some_and(|(vi, en)| [vi, en].map(text::fold).contains(&wanted));
    Position::KNOWN.iter().find(named).map_or(typed, |code| code).to_owned()
}

/// The engine names fields `members[2].person`; the inputs are called `f.members.2.person`.
pub fn named_as_inputs(problem: Problem, declared: &[Field]) -> Problem {
    let Problem::Invalid(mut fields) = problem else { return problem };
    for field in &mut fields {
        let first = field.field.split(['[', '.']).next().unwrap_or_default();
        if declared.iter().any(|d| d.key == first) && !field.field.starts_with("f.") {
            field.field = format!("f.{}", field.field.replace('[', ".").replace(']', ""));
        }
    }
    Problem::Invalid(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use procedure::Text;

    fn field(key: &str, kind: FieldKind) -> Field {
        Field { key: key.into(), label: Text::default(), hint: None, kind, required: false }
    }

    #[test]
    fn a_position_is_found_by_suggestion_name_or_code() {
        for typed in ["Phó Chủ tịch · vice-chairperson", "pho chu tich", "Vice-Chairperson", " vice-chairperson "]
        {
            assert_eq!(position_code(typed), "vice-chairperson");
        }
        assert_eq!(position_code("thanh-vien-moi"), "thanh-vien-moi");
    }

    #[test]
    fn rows_of_a_list_are_read_added_moved_and_removed() {
        let declared = [field("members", FieldKind::List { columns: vec![field("who", FieldKind::Text)] })];
        let sent = [("members.1.who".to_owned(), "B".to_owned()), ("members.0.who".to_owned(), "A".to_owned())];
        let mut values = values(&declared, &sent);
        assert_eq!(values["members"][1]["who"], "B");
        change_rows(&mut values, "down f.members.0");
        change_rows(&mut values, "add f.members");
        assert_eq!(values["members"][0]["who"], "B");
        assert_eq!(values["members"].as_array().unwrap().len(), 3);
        change_rows(&mut values, "remove f.members.0");
        change_rows(&mut values, "remove f.members.99");
        change_rows(&mut values, "nonsense");
        assert_eq!(values["members"][0]["who"], "A");
    }

    #[test]
    fn a_row_far_away_takes_no_memory() {
        let declared = [field("members", FieldKind::List { columns: vec![field("who", FieldKind::Text)] })];
        let sent = [("members.99999999.who".to_owned(), "B".to_owned())];
        assert_eq!(values(&declared, &sent)["members"].as_array().unwrap().len(), 0);
    }

    #[test]
    fn wrong_cells_are_told_at_their_inputs() {
        let declared = [field("members", FieldKind::Text)];
        let told = named_as_inputs(Problem::field("members[2].person", "field-required"), &declared);
        assert!(matches!(told, Problem::Invalid(f) if f[0].field == "f.members.2.person"));
    }
}
