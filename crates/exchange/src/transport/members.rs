//! The bodies that are reached by a way, from a list that the office keeps by hand.
//!
//! ```text
//! identifier;name;address;certificate     one a line, UTF-8; a line that begins with # is a remark
//! G12.18;Bộ Thử nghiệm;van-thu@bo.example;bo.pem
//! ```
//! What an address is depends on the way. The certificate is a PEM file beside the list, for ways on which senders sign.
//! The list is read whenever it is needed, so that a change needs no new start.

use super::Trouble;
use crate::office::Listed;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes of a list.
const MOST_LIST: u64 = 16 << 20;
/// Bytes of a certificate's file.
const MOST_CERTIFICATE: u64 = 64 << 10;

/// A body that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its identifier.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it is reached; may be empty.
    pub address: String,
    /// The file of its certificate; may be empty.
    pub certificate: String,
}

impl Member {
    /// From a line of the list; none for what names no body.
    pub fn of(line: &str) -> Option<Member> {
        let line = line.trim_start_matches('\u{feff}');
        let mut parts = line.split(';').map(str::trim);
        let (code, name) = (parts.next()?, parts.next()?);
        let mut rest = || parts.next().unwrap_or_default().to_owned();
        let fits = edxml::package::is_organ_id(code) && !name.is_empty();
        fits.then(|| Member { code: code.into(), name: name.into(), address: rest(), certificate: rest() })
    }
    /// As the directory of bodies has it.
    pub(crate) fn listed(self) -> Listed {
        Listed { code: self.code, old_code: String::new(), parent: String::new(), name: self.name, mail: self.address }
    }
}

/// The list of a way.
#[derive(Debug, Clone)]
pub struct Members(PathBuf);

impl Members {
    /// The list in a file.
    pub fn new(file: &Path) -> Members {
        Members(file.to_owned())
    }

    /// All members.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn all(&self) -> io::Result<Vec<Member>> {
        let mut text = String::new();
        File::open(&self.0)?.take(MOST_LIST).read_to_string(&mut text)?;
        Ok(text.lines().filter_map(Member::of).collect())
    }

    /// The members with these identifiers, in their order.
    ///
    /// # Errors
    /// [`Trouble::Refused`] for one that the list does not have, or without an address; [`Trouble::Unreachable`] when the
    /// list cannot be read.
    pub(crate) fn named(&self, codes: &[String]) -> Result<Vec<Member>, Trouble> {
        let all = self.all().map_err(|why| Trouble::Unreachable(format!("{}: {why}", self.0.display())))?;
        let one = |code: &String| {
            let found = all.iter().find(|member| member.code == *code && !member.address.is_empty());
            found.cloned().ok_or_else(|| Trouble::Refused {
                code: "-".into(),
                why: format!("danh sách {} không có địa chỉ của {code}", self.0.display()),
            })
        };
        codes.iter().map(one).collect()
    }

    /// The certificate of a member.
    ///
    /// # Errors
    /// In words, when there is none or it does not read.
    pub(crate) fn certificate(&self, member: &Member) -> Result<pki::Certificate, String> {
        if member.certificate.is_empty() {
            return Err(format!("danh sách không ghi chứng thư của {}", member.code));
        }
        let file = self.0.parent().unwrap_or(Path::new("")).join(&member.certificate);
        let wrong = |why: String| format!("chứng thư {} của {}: {why}", file.display(), member.code);
        let mut text = String::new();
        let opened = File::open(&file).map_err(|why| wrong(why.to_string()))?;
        opened.take(MOST_CERTIFICATE).read_to_string(&mut text).map_err(|why| wrong(why.to_string()))?;
        let found = pki::pem::decode(&text, "CERTIFICATE").map_err(|why| wrong(why.to_string()))?;
        let der = found.into_iter().next().ok_or_else(|| wrong("không có chứng thư nào".into()))?;
        pki::Certificate::parse(&der).map_err(|why| wrong(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_names_a_body_or_nothing() {
        let member = Member::of("\u{feff}G12.18; Bộ Thử nghiệm ;a@example.vn;bo.pem").unwrap();
        assert_eq!((member.code.as_str(), member.name.as_str()), ("G12.18", "Bộ Thử nghiệm"));
        assert_eq!((member.address.as_str(), member.certificate.as_str()), ("a@example.vn", "bo.pem"));
        for line in ["", "# G12.18;Bộ", "x", ";;", "G12.18;"] {
            assert_eq!(Member::of(line), None, "{line}");
        }
    }

    #[test]
    fn who_is_not_in_the_list_is_refused_in_words() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("members.csv");
        std::fs::write(&file, "G12.18;Bộ A;a@example.vn\nG12.19;Bộ B\n").unwrap();
        let members = Members::new(&file);
        assert_eq!(members.named(&["G12.18".into()]).unwrap()[0].address, "a@example.vn");
        for code in ["G12.19", "G12.20"] {
            let refused = members.named(&[code.to_owned()]).unwrap_err();
            assert!(matches!(&refused, Trouble::Refused { why, .. } if why.contains(code)), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in ".*") { let _ = Member::of(&line); }
    }
}
