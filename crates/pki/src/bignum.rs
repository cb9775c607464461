//! Whole numbers of any length, as much as the verification of DSA needs. Not for secrets: times depend on the values.

use std::cmp::Ordering;

/// A non-negative whole number: 32-bit limbs, lowest first, without leading zero limbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Vec<u32>);

impl Number {
    /// From big-endian bytes.
    pub fn from_be_bytes(bytes: &[u8]) -> Number {
        let limbs = bytes.rchunks(4).map(|c| c.iter().fold(0u32, |n, b| (n << 8) | u32::from(*b))).collect();
        Number(limbs).trimmed()
    }
    fn trimmed(mut self) -> Number {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
    /// Length in bits.
    pub fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 32 - top.leading_zeros() as usize)
    }
    /// Zero.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
    /// Odd.
    pub fn is_odd(&self) -> bool {
        self.0.first().is_some_and(|limb| limb & 1 == 1)
    }
    fn bit(&self, at: usize) -> bool {
        self.0.get(at / 32).is_some_and(|limb| limb >> (at % 32) & 1 == 1)
    }
    fn subtract(&mut self, other: &Number) {
        let mut borrow = 0i64;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let difference = i64::from(*limb) - i64::from(other.0.get(i).copied().unwrap_or(0)) + borrow;
            *limb = difference as u32;
            borrow = difference >> 32;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
    /// This number less a small one; zero when that would be negative.
    pub fn minus_small(&self, small: u32) -> Number {
        let small = Number(vec![small]).trimmed();
        let mut out = self.clone();
        if small > out {
            return Number(Vec::new());
        }
        out.subtract(&small);
        out
    }
    /// The remainder, by shifting and subtracting.
    pub fn modulo(&self, modulus: &Number) -> Number {
        let mut rest = Number(Vec::with_capacity(modulus.0.len() + 1));
        for at in (0..self.bits()).rev() {
            let mut carry = u32::from(self.bit(at));
            for limb in &mut rest.0 {
                let next = *limb >> 31;
                *limb = (*limb << 1) | carry;
                carry = next;
            }
            if carry != 0 {
                rest.0.push(carry);
            }
            if &rest >= modulus {
                rest.subtract(modulus);
            }
        }
        rest
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

/// `a · b mod modulus`.
pub fn times(a: &Number, b: &Number, modulus: &Number) -> Number {
    let mut product = vec![0u32; a.0.len() + b.0.len()];
    for (i, x) in a.0.iter().enumerate() {
        let mut carry = 0u64;
        for (j, y) in b.0.iter().enumerate() {
            let sum = u64::from(product[i + j]) + u64::from(*x) * u64::from(*y) + carry;
            product[i + j] = sum as u32;
            carry = sum >> 32;
        }
        product[i + b.0.len()] = carry as u32;
    }
    Number(product).trimmed().modulo(modulus)
}

/// `base ^ exponent mod modulus`.
pub fn power(base: &Number, exponent: &Number, modulus: &Number) -> Number {
    let mut out = Number(vec![1]).modulo(modulus);
    let base = base.modulo(modulus);
    for at in (0..exponent.bits()).rev() {
        out = times(&out, &out, modulus);
        if exponent.bit(at) {
            out = times(&out, &base, modulus);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn small_numbers_agree_with_the_machine(a in any::<u64>(), b in any::<u64>(), m in 2u64..) {
            let number = |n: u64| Number::from_be_bytes(&n.to_be_bytes());
            let expected = (u128::from(a) * u128::from(b) % u128::from(m)) as u64;
            prop_assert_eq!(times(&number(a), &number(b), &number(m)), number(expected));
            let three = power(&number(a), &number(3), &number(m));
            let aa = u128::from(a) * u128::from(a) % u128::from(m);
            prop_assert_eq!(three, number((aa * u128::from(a) % u128::from(m)) as u64));
        }
    }
}
