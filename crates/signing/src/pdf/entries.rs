//! Where each object of a file is, by number.

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// At this offset, with this generation.
    At(usize, u16),
    /// In an object stream, at this index.
    Within(u32, u32),
    /// Nowhere.
    Free,
}

/// The entries in the order of their numbers, one for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries(Vec<(u32, Entry)>);

impl Entries {
    /// The entry of a number.
    pub fn get(&self, number: u32) -> Option<&Entry> {
        let found = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.0[found].1)
    }
    /// All entries, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &(u32, Entry)> {
        self.0.iter()
    }
    /// The highest number.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|(number, _)| *number)
    }
}

impl FromIterator<(u32, Entry)> for Entries {
    /// Of a number that comes twice the first entry counts.
    fn from_iter<T: IntoIterator<Item = (u32, Entry)>>(entries: T) -> Entries {
        let mut collected = Collected::default();
        collected.add(entries);
        collected.finish()
    }
}

/// Entries being collected, from the newest section of a file to the oldest: the first that is said of a number counts.
#[derive(Default)]
pub(crate) struct Collected {
    sorted: Vec<(u32, Entry)>,
    added: Vec<(u32, Entry)>,
}

impl Collected {
    pub fn add(&mut self, entries: impl IntoIterator<Item = (u32, Entry)>) {
        self.added.extend(entries);
        // A file may list the same objects in section after section: now and then only, so that many small sections after
        // a large one cost little, and soon enough, so that memory stays within a few times that of what is kept.
        if self.added.len() > self.sorted.len().max(1024) {
            self.settle();
        }
    }
    fn settle(&mut self) {
        self.sorted.append(&mut self.added);
        self.sorted.sort_by_key(|(number, _)| *number);
        self.sorted.dedup_by_key(|(number, _)| *number);
    }
    pub fn finish(mut self) -> Entries {
        self.settle();
        Entries(self.sorted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn the_first_entry_of_a_number_counts(sections in proptest::collection::vec(proptest::collection::vec(0u32..3000, 0..1500), 0..6)) {
            let (mut collected, mut expected) = (Collected::default(), BTreeMap::new());
            for (i, section) in sections.iter().enumerate() {
                let entries = || section.iter().enumerate().map(|(j, number)| (*number, Entry::At(j, i as u16)));
                entries().for_each(|(number, entry)| { expected.entry(number).or_insert(entry); });
                collected.add(entries());
            }
            let entries = collected.finish();
            prop_assert_eq!(entries.last(), expected.keys().last().copied());
            prop_assert_eq!(entries.iter().copied().collect::<Vec<_>>(), expected.clone().into_iter().collect::<Vec<_>>());
            for number in 0..3001 {
                prop_assert_eq!(entries.get(number), expected.get(&number));
            }
        }
    }
}
