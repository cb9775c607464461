//! Rows that people add, remove and move by buttons which send the form.

/// Changes a list: `add`, or `remove`, `up`, `down` with a row. What does not fit changes nothing.
pub fn change<T>(list: &mut Vec<T>, act: &str, row: Option<usize>, empty: impl FnOnce() -> T) {
    match (act, row.filter(|row| *row < list.len())) {
        ("add", _) => list.push(empty()),
        ("remove", Some(row)) => {
            list.remove(row);
        }
        ("up", Some(row)) if row > 0 => list.swap(row, row - 1),
        ("down", Some(row)) if row + 1 < list.len() => list.swap(row, row + 1),
        _ => {}
    }
}
