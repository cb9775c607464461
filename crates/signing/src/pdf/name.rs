//! Names: the keys of dictionaries and much of their values. Nearly all are short, and stand where they are used instead of
//! in memory of their own: a paper has hundreds.

use std::ops::Deref;

/// The longest name that takes no memory of its own: so that a name is not larger than a vector.
const SHORT: usize = 22;

/// A name, without its slash and its escapes.
#[derive(Clone)]
pub(crate) struct Name(Kept);

#[derive(Clone)]
enum Kept {
    Short(u8, [u8; SHORT]),
    Long(Box<[u8]>),
}

impl From<&[u8]> for Name {
    fn from(bytes: &[u8]) -> Name {
        let mut short = [0; SHORT];
        match short.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Name(Kept::Short(bytes.len() as u8, short))
            }
            None => Name(Kept::Long(bytes.into())),
        }
    }
}

impl Deref for Name {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kept::Short(length, bytes) => &bytes[..usize::from(*length).min(SHORT)],
            Kept::Long(bytes) => bytes,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "/{}", String::from_utf8_lossy(self))
    }
}

impl Name {
    /// Appends the name as PDF syntax.
    pub fn write(&self, out: &mut Vec<u8>) {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+*!".contains(byte);
        out.push(b'/');
        if self.iter().all(plain) {
            return out.extend_from_slice(self);
        }
        for byte in self.iter() {
            if plain(byte) {
                out.push(*byte);
            } else {
                out.extend_from_slice(format!("#{byte:02X}").as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_keep_their_bytes() {
        for length in 0..60 {
            let bytes: Vec<u8> = (0..length).map(|n| b'A' + n % 26).collect();
            let name = Name::from(bytes.as_slice());
            assert_eq!(&*name, bytes);
            assert_ne!(name, Name::from([&bytes, b"x".as_slice()].concat().as_slice()));
        }
        assert!(size_of::<Name>() <= size_of::<Vec<u8>>());
    }

    #[test]
    fn what_a_name_may_not_hold_is_escaped() {
        let mut out = Vec::new();
        Name::from(b"A B/c".as_slice()).write(&mut out);
        assert_eq!(out, b"/A#20B#2Fc");
    }
}
