//! What passes: shares of members, always said with their base.
//!
//! `> 1/2` of n is ⌊n/2⌋ + 1; `>= 2/3` of n is ⌈2n/3⌉. Both bases are shown to people; the rule says which one counts.

use crate::model::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A share that the votes in favour must reach or exceed. Written `> 1/2 of all`, `>= 2/3 of all`, `> 1/2 of answered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Threshold {
    /// More than the share (or: at least).
    pub strict: bool,
    /// The upper number of the fraction.
    pub numerator: u32,
    /// The lower number of the fraction.
    pub denominator: u32,
    /// Of whom.
    pub of: Base,
}

/// Of whom a share is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// All members of the body, present or not. An absent member is not "không biểu quyết".
    All,
    /// Those who answered.
    Answered,
}

/// A text that is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a threshold: write \"> 1/2 of all\", \">= 2/3 of all\" or \"> 1/2 of answered\"")]
pub struct BadThreshold(String);

impl Threshold {
    /// Reads the written form.
    ///
    /// # Errors
    /// [`BadThreshold`]; also for a share of nothing or of more than all.
    pub fn parse(text: &str) -> Result<Threshold, BadThreshold> {
        let bad = || BadThreshold(text.chars().take(40).collect());
        let mut words = text.split_whitespace();
        let (Some(sign), Some(share), Some("of"), Some(of), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad());
        };
        let strict = match sign {
            ">" => true,
            ">=" => false,
            _ => return Err(bad()),
        };
        let of = match of {
            "all" => Base::All,
            "answered" => Base::Answered,
            _ => return Err(bad()),
        };
        let (numerator, denominator) = share.split_once('/').ok_or_else(bad)?;
        let numerator: u32 = numerator.parse().map_err(|_| bad())?;
        let denominator: u32 = denominator.parse().map_err(|_| bad())?;
        let sensible =
            numerator > 0 && denominator <= 1000 && (numerator < denominator || (numerator == denominator && !strict));
        if sensible { Ok(Threshold { strict, numerator, denominator, of }) } else { Err(bad()) }
    }

    /// The least number in favour out of `base` that passes.
    pub fn needed(&self, base: u32) -> u32 {
        let product = u64::from(base) * u64::from(self.numerator);
        let denominator = u64::from(self.denominator);
        let needed = if self.strict { product / denominator + 1 } else { product.div_ceil(denominator) };
        u32::try_from(needed).unwrap_or(u32::MAX)
    }

    /// Whether the count passes. Nothing passes where nobody could answer.
    pub fn passes(&self, count: &Count) -> bool {
        let base = self.base(count);
        base > 0 && count.in_favour >= self.needed(base)
    }

    /// The number of whom the share is taken.
    pub fn base(&self, count: &Count) -> u32 {
        match self.of {
            Base::All => count.all,
            Base::Answered => count.answered,
        }
    }

    /// The rule in words: `quá 1/2 tổng số thành viên tán thành`.
    pub fn explain(&self) -> Text {
        let share = match (self.numerator, self.denominator, self.strict) {
            (1, 2, true) => ("quá nửa".to_owned(), "more than half".to_owned()),
            (n, d, true) => (format!("quá {n}/{d}"), format!("more than {n}/{d}")),
            (n, d, false) => (format!("ít nhất {n}/{d}"), format!("at least {n}/{d}")),
        };
        let base = match self.of {
            Base::All => ("tổng số thành viên", "all members"),
            Base::Answered => ("số thành viên đã trả lời", "the members who answered"),
        };
        Text { vi: format!("{} {} tán thành", share.0, base.0), en: format!("{} of {} in favour", share.1, base.1) }
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.strict { ">" } else { ">=" };
        let of = match self.of {
            Base::All => "all",
            Base::Answered => "answered",
        };
        write!(f, "{sign} {}/{} of {of}", self.numerator, self.denominator)
    }
}
impl TryFrom<String> for Threshold {
    type Error = BadThreshold;
    fn try_from(text: String) -> Result<Self, BadThreshold> {
        Threshold::parse(&text)
    }
}
impl From<Threshold> for String {
    fn from(threshold: Threshold) -> String {
        threshold.to_string()
    }
}

/// The count of a ballot or vote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many members the body has.
    pub all: u32,
    /// How many answered, whatever they answered.
    pub answered: u32,
    /// How many answered in favour.
    pub in_favour: u32,
    /// How many gave each answer, by code.
    pub answers: BTreeMap<String, u32>,
}

impl Count {
    /// The share in favour of all members, in hundredths of a per cent, rounded half up: 9429 is 94,29 %.
    pub fn share_of_all(&self) -> Option<u32> {
        share(self.in_favour, self.all)
    }
    /// The share in favour of those who answered, likewise.
    pub fn share_of_answered(&self) -> Option<u32> {
        share(self.in_favour, self.answered)
    }
}

fn share(part: u32, whole: u32) -> Option<u32> {
    let (part, whole) = (u64::from(part), u64::from(whole));
    (whole > 0).then(|| u32::try_from((part * 20_000 + whole) / (2 * whole)).unwrap_or(u32::MAX))
}

/// Hundredths of a per cent as people read them: `94,29 %`.
pub fn percent(hundredths: u32) -> String {
    format!("{},{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(all: u32, answered: u32, in_favour: u32) -> Count {
        Count { all, answered, in_favour, answers: BTreeMap::new() }
    }

    #[test]
    fn the_majority_of_all_members_does_not_depend_on_who_is_present() {
        let half = Threshold::parse("> 1/2 of all").unwrap();
        assert_eq!((half.needed(473), half.needed(500), half.needed(18), half.needed(19)), (237, 251, 10, 10));
        assert!(!half.passes(&count(18, 9, 9)));
        assert!(half.passes(&count(18, 10, 10)));
        assert!(Threshold::parse("> 1/2 of answered").unwrap().passes(&count(18, 9, 9)));
    }

    #[test]
    fn two_thirds_are_rounded_up() {
        let two_thirds = Threshold::parse(">= 2/3 of all").unwrap();
        assert_eq!((two_thirds.needed(473), two_thirds.needed(18), two_thirds.needed(500)), (316, 12, 334));
    }

    #[test]
    fn four_hundred_forty_six_of_473_is_shown_as_94_29_per_cent() {
        let count = count(473, 450, 446);
        assert_eq!(count.share_of_all().map(percent).as_deref(), Some("94,29 %"));
        assert_eq!(count.share_of_answered().map(percent).as_deref(), Some("99,11 %"));
    }

    #[test]
    fn nothing_passes_in_a_body_without_members() {
        for rule in ["> 1/2 of all", ">= 2/3 of all", "> 1/2 of answered"] {
            assert!(!Threshold::parse(rule).unwrap().passes(&count(0, 0, 0)));
        }
    }

    #[test]
    fn texts_that_are_no_threshold_are_refused() {
        for bad in
            ["", "> 1/2", "1/2 of all", "> 1/0 of all", "> 0/2 of all", "> 2/2 of all", "> 1/2 of some", "> 3/2 of all"]
        {
            assert!(Threshold::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_needed_number_is_the_least_that_meets_the_share(n in 1u32..2000, num in 1u32..10, extra in 1u32..10, strict: bool) {
            let threshold = Threshold { strict, numerator: num, denominator: num + extra, of: Base::All };
            let needed = threshold.needed(n);
            let meets = |k: u32| {
                let (left, right) = (u64::from(k) * u64::from(num + extra), u64::from(n) * u64::from(num));
                if strict { left > right } else { left >= right }
            };
            prop_assert!(meets(needed) && (needed == 0 || !meets(needed - 1)) && needed <= n);
            prop_assert_eq!(Threshold::parse(&threshold.to_string()), Ok(threshold));
        }
        #[test]
        fn no_text_makes_the_reader_panic(text in ".*") { let _ = Threshold::parse(&text); }
    }
}
