//! Values into parameters, and the drivers' rows into ours.

use super::{Failure, Raw};
use crate::{
    projection::{Type, Value},
    reader::Row,
};
use sqlx::{Column as _, Row as _, any::AnyArguments};
use std::sync::Arc;

/// Parameters of a query. No value is bound as a text; compare with `IS NULL` instead.
pub(crate) fn bind(values: &[Value]) -> AnyArguments {
    let mut arguments = AnyArguments::default();
    for value in values {
        let ty = if matches!(value, Value::Int(_)) { Type::Int } else { Type::Text };
        whole(&mut arguments, value.clone(), ty);
    }
    arguments
}

/// Adds a value of a column whose type is known.
pub(crate) fn whole(arguments: &mut AnyArguments, value: Value, ty: Type) {
    use sqlx::Arguments as _;
    let added = match (value, ty) {
        (Value::Int(number), _) => arguments.add(number),
        (Value::Text(text), _) => arguments.add(text),
        (Value::Null, Type::Int) => arguments.add(None::<i64>),
        (Value::Null, Type::Text) => arguments.add(None::<String>),
    };
    added.expect("numbers and texts can be bound");
}

/// Rows as the drivers give them into ours.
pub(super) fn read_all(raw: impl IntoIterator<Item = Raw>) -> Result<Vec<Row>, Failure> {
    let mut names: Option<Arc<[String]>> = None;
    let mut rows = Vec::new();
    for row in raw {
        let names = names.get_or_insert_with(|| row.columns().iter().map(|c| c.name().to_owned()).collect());
        let values = (0..row.columns().len()).map(|at| value(&row, at)).collect::<Result<_, sqlx::Error>>()?;
        rows.push(Row { names: names.clone(), values });
    }
    Ok(rows)
}

fn value(row: &Raw, at: usize) -> Result<Value, sqlx::Error> {
    use sqlx::{TypeInfo as _, ValueRef as _};
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    match raw.type_info().name() {
        "TEXT" => row.try_get::<String, _>(at).map(Value::Text),
        "BOOLEAN" => row.try_get::<bool, _>(at).map(Value::from),
        _ => row.try_get::<i64, _>(at).map(Value::Int),
    }
}
