//! Certificate policies along a path (RFC 5280, 6.1, in the graph form of RFC 9618, whose cost grows with the number of
//! policies and not with their combinations).

use crate::{
    certificate::Certificate,
    oid::{self, Oid},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the caller demands of policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRules {
    /// Only these policies count; `None` is any policy.
    pub initial: Option<Vec<Oid>>,
    /// A policy must be valid for the whole path.
    pub explicit: bool,
    /// Mappings are ignored from the start.
    pub inhibit_mapping: bool,
    /// The policy "any" is ignored from the start.
    pub inhibit_any: bool,
}

struct Node {
    expected: BTreeSet<Oid>,
    /// Policies of the level above from which this one follows.
    parents: BTreeSet<Oid>,
}

type Level = BTreeMap<Oid, Node>;

/// The state while a path is walked from the anchor downwards.
pub(crate) struct Policies {
    levels: Vec<Level>,
    explicit: u64,
    mapping: u64,
    any: u64,
    initial: Option<Vec<Oid>>,
}

impl Policies {
    /// For a path of `length` certificates below the anchor.
    pub fn new(rules: &PolicyRules, length: usize) -> Policies {
        let all = length as u64 + 1;
        let first = Node { expected: BTreeSet::from([oid::ANY_POLICY]), parents: BTreeSet::new() };
        Policies {
            levels: vec![Level::from([(oid::ANY_POLICY, first)])],
            explicit: if rules.explicit { 0 } else { all },
            mapping: if rules.inhibit_mapping { 0 } else { all },
            any: if rules.inhibit_any { 0 } else { all },
            initial: rules.initial.clone(),
        }
    }

    /// Takes the next certificate.
    pub fn step(&mut self, certificate: &Certificate, last: bool) -> Result<(), &'static str> {
        self.descend(certificate, last);
        if self.explicit == 0 && self.current().is_empty() {
            return Err("no policy is valid for the path, and one is required");
        }
        if last {
            return self.finish(certificate);
        }
        self.map(certificate)?;
        let extensions = certificate.extensions();
        if !certificate.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.any = self.any.saturating_sub(1);
        }
        if let Some(constraints) = extensions.policy_constraints {
            self.explicit = constraints.require_explicit.map_or(self.explicit, |n| n.min(self.explicit));
            self.mapping = constraints.inhibit_mapping.map_or(self.mapping, |n| n.min(self.mapping));
        }
        if let Some(skip) = extensions.inhibit_any_policy {
            self.any = self.any.min(skip);
        }
        Ok(())
    }

    fn current(&self) -> &Level {
        &self.levels[self.levels.len() - 1]
    }

    /// The policies of the certificate that follow from those above it (6.1.3 d and e).
    fn descend(&mut self, certificate: &Certificate, last: bool) {
        let above = self.current();
        let mut level = Level::new();
        if let Some(policies) = &certificate.extensions().policies {
            for policy in policies.iter().filter(|p| **p != oid::ANY_POLICY) {
                let mut parents: BTreeSet<Oid> =
                    above.iter().filter(|(_, node)| node.expected.contains(policy)).map(|(p, _)| *p).collect();
                if parents.is_empty() && above.contains_key(&oid::ANY_POLICY) {
                    parents.insert(oid::ANY_POLICY);
                }
                if !parents.is_empty() {
                    level.insert(*policy, Node { expected: BTreeSet::from([*policy]), parents });
                }
            }
            let counts = self.any > 0 || (!last && certificate.is_self_issued());
            if counts && policies.contains(&oid::ANY_POLICY) {
                let expected: BTreeSet<Oid> = above.values().flat_map(|node| node.expected.iter().copied()).collect();
                for policy in expected {
                    if level.contains_key(&policy) {
                        continue;
                    }
                    let parents = above.iter().filter(|(_, node)| node.expected.contains(&policy)).map(|(p, _)| *p);
                    let parents = parents.collect();
                    level.insert(policy, Node { expected: BTreeSet::from([policy]), parents });
                }
            }
        }
        self.levels.push(level);
    }

    /// Mappings of an authority's certificate (6.1.4 a and b).
    fn map(&mut self, certificate: &Certificate) -> Result<(), &'static str> {
        let mappings = &certificate.extensions().policy_mappings;
        if mappings.iter().any(|(from, to)| *from == oid::ANY_POLICY || *to == oid::ANY_POLICY) {
            return Err("it maps the policy \"any\"");
        }
        let allowed = self.mapping > 0;
        let depth = self.levels.len() - 1;
        let level = &mut self.levels[depth];
        let mut mapped: BTreeMap<Oid, BTreeSet<Oid>> = BTreeMap::new();
        for (from, to) in mappings {
            mapped.entry(*from).or_default().insert(*to);
        }
        for (from, to) in mapped {
            if !allowed {
                level.remove(&from);
            } else if let Some(node) = level.get_mut(&from) {
                node.expected = to;
            } else if level.contains_key(&oid::ANY_POLICY) {
                let parents = BTreeSet::from([oid::ANY_POLICY]);
                level.insert(from, Node { expected: to, parents });
            }
        }
        Ok(())
    }

    /// 6.1.5: the policies of the whole path against those that the caller accepts.
    fn finish(&mut self, certificate: &Certificate) -> Result<(), &'static str> {
        self.explicit = self.explicit.saturating_sub(1);
        if certificate.extensions().policy_constraints.is_some_and(|c| c.require_explicit == Some(0)) {
            self.explicit = 0;
        }
        if self.explicit > 0 || self.accepted() { Ok(()) } else { Err("no accepted policy is valid for the path") }
    }

    fn accepted(&self) -> bool {
        let Some(initial) = &self.initial else { return !self.current().is_empty() };
        if self.current().contains_key(&oid::ANY_POLICY) {
            return !initial.is_empty();
        }
        // From the last level upwards, so that only policies that reach the end count.
        let mut live: BTreeSet<Oid> = self.current().keys().copied().collect();
        for level in self.levels.iter().rev() {
            let mut above = BTreeSet::new();
            for (policy, node) in level.iter().filter(|(policy, _)| live.contains(*policy)) {
                let from_any = node.parents.contains(&oid::ANY_POLICY);
                if *policy != oid::ANY_POLICY && from_any && initial.contains(policy) {
                    return true;
                }
                above.extend(node.parents.iter().copied());
            }
            live = above;
        }
        initial.contains(&oid::ANY_POLICY) && !self.current().is_empty()
    }
}
