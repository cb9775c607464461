//! Folding: many operations on one row become one effect, so that a group commit writes each row once.
//!
//! An [`Effect`] says what becomes of a row in both cases, that it is missing and that it is there, without looking.
//! Applying the operations one by one to a table and applying their folded effects give the same rows; a property
//! test holds that.

use crate::projection::{Op, Rows, Table, Type, Value, What};
use kernel::Problem;
use std::collections::BTreeMap;

/// What becomes of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effect {
    /// The row that is there afterwards when none was before.
    pub missing: Option<Vec<Value>>,
    /// What happens to a row that was there before.
    pub present: Present,
}

/// What happens to a row that is there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Present {
    /// It goes.
    Gone,
    /// It becomes this whole row.
    Row(Vec<Value>),
    /// Some of its columns change.
    Patch(BTreeMap<usize, Set>),
}

/// What happens to one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    /// It becomes this.
    To(Value),
    /// A number is added to it; no value counts as 0.
    Plus(i64),
}

impl Effect {
    fn nothing() -> Effect {
        Effect { missing: None, present: Present::Patch(BTreeMap::new()) }
    }

    fn then(&mut self, table: &Table, key: &[Value], what: What) {
        self.present = match (std::mem::replace(&mut self.present, Present::Gone), &what) {
            (_, What::Put(row)) => Present::Row(row.clone()),
            (_, What::Delete) => Present::Gone,
            (Present::Patch(mut patch), What::Patch(columns)) => {
                patch.extend(columns.iter().map(|(at, value)| (*at, Set::To(value.clone()))));
                Present::Patch(patch)
            }
            (Present::Patch(mut patch), What::Add(at, delta)) => {
                let set = match patch.remove(at) {
                    None => Set::Plus(*delta),
                    Some(Set::Plus(before)) => Set::Plus(before.saturating_add(*delta)),
                    Some(Set::To(value)) => Set::To(plus(&value, *delta)),
                };
                patch.insert(*at, set);
                Present::Patch(patch)
            }
            (Present::Row(row), what) => after(table, key, Some(row), what).map_or(Present::Gone, Present::Row),
            (Present::Gone, what) => after(table, key, None, what).map_or(Present::Gone, Present::Row),
        };
        self.missing = after(table, key, self.missing.take(), &what);
    }
}

/// One operation on a row whose state is known.
fn after(table: &Table, key: &[Value], row: Option<Vec<Value>>, what: &What) -> Option<Vec<Value>> {
    match (row, what) {
        (_, What::Put(row)) => Some(row.clone()),
        (_, What::Delete) => None,
        (None, What::Patch(_)) => None,
        (Some(mut row), What::Patch(columns)) => {
            for (at, value) in columns {
                row[*at] = value.clone();
            }
            Some(row)
        }
        (row, What::Add(at, delta)) => {
            let mut row = row.unwrap_or_else(|| empty(table, key));
            row[*at] = plus(&row[*at], *delta);
            Some(row)
        }
    }
}

/// The row that adding to a missing one makes first.
fn empty(table: &Table, key: &[Value]) -> Vec<Value> {
    let value = |column: &crate::Column| match (table.key.iter().position(|name| *name == column.name), column.ty) {
        (Some(at), _) => key[at].clone(),
        (None, _) if column.null => Value::Null,
        (None, Type::Int) => Value::Int(0),
        (None, Type::Text) => Value::Text(String::new()),
    };
    table.columns.iter().map(value).collect()
}

fn plus(value: &Value, delta: i64) -> Value {
    match value {
        Value::Int(number) => Value::Int(number.saturating_add(delta)),
        Value::Null | Value::Text(_) => Value::Int(delta),
    }
}

/// The folded effects of many acts, by table and key.
#[derive(Debug, Default)]
pub(crate) struct Net {
    pub tables: BTreeMap<&'static str, (Table, BTreeMap<Vec<Value>, Effect>)>,
    pub rows: usize,
}

impl Net {
    /// Adds the operations of an act, in their order.
    ///
    /// # Errors
    /// [`Problem::Fault`] when the projection made a mistake.
    pub fn add(&mut self, rows: Rows) -> Result<(), Problem> {
        if let Some(mistake) = rows.mistake {
            return Err(Problem::Fault(mistake));
        }
        for op in rows.ops {
            self.fold(op);
        }
        Ok(())
    }

    fn fold(&mut self, Op { table, key, what }: Op) {
        let (_, effects) = self.tables.entry(table.name).or_insert_with(|| (table, BTreeMap::new()));
        if let Some(effect) = effects.get_mut(&key) {
            return effect.then(&table, &key, what);
        }
        let mut effect = Effect::nothing();
        effect.then(&table, &key, what);
        effects.insert(key, effect);
        self.rows += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Index};
    use proptest::prelude::*;

    const TABLE: Table = Table {
        name: "t",
        columns: &[
            Column::text("id"),
            Column::int("count"),
            Column::text("title").nullable(),
            Column::int("size").nullable(),
        ],
        key: &["id"],
        indexes: &[Index { columns: &["title"] }],
    };

    fn any_what() -> impl Strategy<Value = What> {
        let text = prop::option::of("[ab]").prop_map(|t| t.map_or(Value::Null, Value::from));
        let size = prop::option::of(0i64..9).prop_map(|n| n.map_or(Value::Null, Value::from));
        prop_oneof![
            (0i64..9, text.clone(), size.clone()).prop_map(|(count, title, size)| What::Put(vec![
                "k".into(),
                count.into(),
                title,
                size
            ])),
            text.prop_map(|title| What::Patch(vec![(2, title)])),
            (0i64..9, size).prop_map(|(count, size)| What::Patch(vec![(1, count.into()), (3, size)])),
            (-3i64..4).prop_map(|delta| What::Add(1, delta)),
            (-3i64..4).prop_map(|delta| What::Add(3, delta)),
            Just(What::Delete),
        ]
    }

    /// What the written statements of an effect do to a row.
    fn written(effect: &Effect, row: Option<Vec<Value>>) -> Option<Vec<Value>> {
        let Some(mut row) = row else { return effect.missing.clone() };
        match &effect.present {
            Present::Gone => None,
            Present::Row(row) => Some(row.clone()),
            Present::Patch(patch) => {
                for (at, set) in patch {
                    row[*at] = match set {
                        Set::To(value) => value.clone(),
                        Set::Plus(delta) => plus(&row[*at], *delta),
                    };
                }
                Some(row)
            }
        }
    }

    proptest! {
        #[test]
        fn one_folded_effect_does_what_its_operations_do_one_by_one(
            start in prop::option::of((0i64..9, prop::option::of(0i64..9))),
            whats in prop::collection::vec(any_what(), 0..12),
        ) {
            let key = vec![Value::from("k")];
            let start = start.map(|(n, size)| vec!["k".into(), n.into(), Value::Null, size.into()]);
            let one_by_one = whats.iter().fold(start.clone(), |row, what| after(&TABLE, &key, row, what));
            let mut effect = Effect::nothing();
            for what in whats {
                effect.then(&TABLE, &key, what);
            }
            prop_assert_eq!(written(&effect, start), one_by_one);
            if let Present::Row(row) = &effect.present {
                prop_assert_eq!(Some(row), effect.missing.as_ref(), "a whole row is the same in both cases");
            }
        }
    }
}
