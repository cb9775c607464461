//! FRBR URIs.

use crate::address::Address;
use crate::cite::DocRef;
use crate::label::Level;
use crate::model::Meta;
use kernel::time::Day;

/// The parts of a work's URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    subtype: &'static str,
    date: String,
    number: String,
}

impl Uri {
    /// The URI of the document that the meta data describe. What is unknown is written as such: year 0001, `khong-so`.
    pub fn of(meta: &Meta) -> Uri {
        let date = meta.issued.map_or_else(|| year(meta.number.as_deref()), |day| day.to_string());
        Uri { subtype: subtype(meta.kind.as_deref().unwrap_or("Luật")), date, number: slug(meta.number.as_deref()) }
    }
    /// The URI of a cited document, as far as its number tells: the year stands for the date.
    pub fn of_cited(document: &DocRef) -> Option<Uri> {
        let number = document.number.as_deref()?;
        Some(Uri { subtype: subtype(&document.kind), date: year(Some(number)), number: slug(Some(number)) })
    }
    /// The work.
    pub fn work(&self) -> String {
        format!("/akn/vn/act/{}/{}/{}", self.subtype, self.date, self.number)
    }
    /// The Vietnamese expression as of a day.
    pub fn expression(&self, day: Option<Day>) -> String {
        match day {
            Some(day) => format!("{}/vie@{day}", self.work()),
            None => format!("{}/vie@", self.work()),
        }
    }
    /// A unit of the work.
    pub fn unit(&self, address: &Address) -> String {
        format!("{}/!main~{}", self.work(), eid(address))
    }
}

/// The id of a unit by its address; articles need nothing above them.
fn eid(address: &Address) -> String {
    let from = address.steps.iter().position(|(level, _)| *level == Level::Article).unwrap_or(0);
    let parts: Vec<String> =
        address.steps[from..].iter().map(|(level, label)| format!("{}_{}", level.eid(), label.eid())).collect();
    parts.join("__")
}

/// The document type of a work's URI.
fn subtype(kind: &str) -> &'static str {
    match kind {
        "Bộ luật" => "bo-luat",
        "Pháp lệnh" => "phap-lenh",
        "Nghị quyết" => "nghi-quyet",
        "Hiến pháp" => "hien-phap",
        "Nghị định" => "nghi-dinh",
        "Lệnh" => "lenh",
        "Sắc lệnh" => "sac-lenh",
        "Quyết định" => "quyet-dinh",
        "Thông tư" => "thong-tu",
        _ => "luat",
    }
}

fn year(number: Option<&str>) -> String {
    let year =
        number.into_iter().flat_map(|n| n.split('/')).find(|p| p.len() == 4 && p.bytes().all(|b| b.is_ascii_digit()));
    year.unwrap_or("0001").to_owned()
}

/// `36/2005/QH11` → `36-2005-qh11`; marks are taken off, so that the URI is plain.
fn slug(number: Option<&str>) -> String {
    let Some(number) = number else { return "khong-so".to_owned() };
    let folded = kernel::text::fold(number);
    let mut out = String::new();
    for c in folded.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let out = out.trim_end_matches('-').to_owned();
    if out.is_empty() { "khong-so".to_owned() } else { out }
}
