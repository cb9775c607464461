//! The desk of documents that come and go over the interconnection axis: incoming, outgoing, their registers and figures.
//!
//! Each page says where a document stands by a word and a shape, offers the one act of the moment, and tells before it is
//! pressed what the other side will be told.

pub mod arrival;
pub mod arrival_acts;
pub mod arrival_page;
pub mod arrivals;
pub mod books;
pub mod dispatch;
pub mod dispatches;
pub mod figures;
pub mod names;
pub mod proposing;
pub mod sending;

use crate::{form::encoded, view::Choice, viewer::Viewer};
use exchange::ArrivalLine;
use kernel::{BodyId, Day, Problem};
use serde::{Deserialize, Serialize};

/// A tab above a list: what stands there and how many.
#[derive(Debug, Clone, Serialize)]
pub struct Tab {
    /// Its code, which chooses its words.
    pub code: &'static str,
    /// Its address, with the other filters kept.
    pub href: String,
    /// How many, where that is counted.
    pub n: Option<i64>,
    /// There are more than are counted.
    pub more: bool,
    /// Whether it was chosen.
    pub here: bool,
    /// Whether somebody must act on what stands there.
    pub hot: bool,
}

impl Tab {
    /// An example.
    fn sample(code: &'static str, n: i64, here: bool, hot: bool) -> Tab {
        Tab { code, href: format!("?state={code}"), n: Some(n), more: n > 90, here, hot }
    }
}

/// What was typed into the filter of a list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The tab.
    pub state: String,
    /// Words, marks may be left out.
    pub q: String,
    /// A body.
    pub agency: String,
    /// A unit of the house.
    pub unit: String,
    /// From which day.
    pub from: String,
    /// Until which day.
    pub until: String,
    /// Behind which line the page begins.
    #[serde(skip_serializing)]
    pub after: String,
    /// In which shape: `csv`, or as a page.
    #[serde(skip_serializing)]
    pub format: String,
}

impl Typed {
    /// Whether a table is asked for instead of a page.
    fn csv(&self) -> bool {
        self.format == "csv"
    }
    /// The days that were typed, where they are days.
    fn days(&self) -> (Option<Day>, Option<Day>) {
        (Day::parse(&self.from).ok(), Day::parse(&self.until).ok())
    }
    /// The words, of bounded length.
    fn words(&self) -> String {
        self.q.trim().chars().take(200).collect()
    }
    /// The address of the list with these filters, another tab and another beginning.
    fn address(&self, list: &str, state: &str, after: Option<&str>, format: &str) -> String {
        let kept = [
            ("state", state),
            ("q", &self.q),
            ("agency", &self.agency),
            ("unit", &self.unit),
            ("from", &self.from),
            ("until", &self.until),
            ("after", after.unwrap_or_default()),
            ("format", format),
        ];
        let kept: Vec<String> =
            kept.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", encoded(v))).collect();
        if kept.is_empty() { list.to_owned() } else { format!("{list}?{}", kept.join("&")) }
    }
}

/// A day as packages write it, for people: `20/12/2024`; what is no day as it stands.
fn day_words(text: &str) -> String {
    edxml::package::day(text).map_or_else(|| text.to_owned(), Day::short)
}

/// Where a status of the axis (two digits) leaves a document.
fn standing(status: &str) -> &'static str {
    match status {
        "01" => "arrived",
        "02" => "refused",
        "03" => "registered",
        "04" => "assigned",
        "05" => "in-process",
        "06" => "completed",
        "13" => "taking-back",
        "15" => "agreed",
        "16" => "declined",
        "sent" => "sent",
        "cancelled" => "cancelled",
        _ => "waiting",
    }
}

/// What a package wants done, as pages know it.
fn kind_of(kind: &str) -> &'static str {
    ["withdraw", "update", "replace"].into_iter().find(|known| *known == kind).unwrap_or("new")
}

/// Where an arrival stands; a proposal that waits is named so.
fn standing_of(line: &ArrivalLine) -> &'static str {
    match line.state.as_str() {
        "arrived" if line.kind != "new" => "proposed",
        "arrived" => "arrived",
        "registered" => "registered",
        "assigned" => "assigned",
        "in_process" => "in-process",
        "completed" => "completed",
        "refused" => "refused",
        "agreed" => "agreed",
        "declined" => "declined",
        _ => "quarantined",
    }
}

/// The urgency that pages know, 0 to 4.
fn urgency(priority: i64) -> u8 {
    u8::try_from(priority.clamp(0, 4)).unwrap_or(0)
}

/// The bodies in which the reader holds a position, to choose from.
async fn own_units(viewer: &Viewer) -> Result<Vec<Choice>, Problem> {
    let Some(person) = viewer.ctx.person() else { return Ok(vec![]) };
    let mut units: Vec<Choice> = Vec::new();
    for body in person.positions.iter().filter_map(|held| held.split_once('@')).map(|(_, body)| body) {
        if units.iter().any(|unit| unit.value == body) {
            continue;
        }
        let Ok(id) = BodyId::new(body) else { continue };
        let known = viewer.state.services.directory.body(&id).await?;
        let name = known.map_or_else(|| body.to_owned(), |known| known.name_in(viewer.lang().code()).to_owned());
        units.push(Choice::new(body, name));
    }
    Ok(units)
}

/// The label of a state in the reader's language.
fn state_words(viewer: &Viewer, code: &str) -> String {
    viewer.say(&format!("axis-state-{code}"), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_the_other_filters() {
        let typed = Typed { q: "văn bản".into(), from: "2026-11-01".into(), ..Typed::default() };
        assert_eq!(
            typed.address("/incoming", "arrived", None, ""),
            "/incoming?state=arrived&q=v%C4%83n%20b%E1%BA%A3n&from=2026%2D11%2D01"
        );
        assert_eq!(Typed::default().address("/incoming", "", None, ""), "/incoming");
    }

    #[test]
    fn every_status_of_the_axis_stands_somewhere_and_others_wait() {
        for code in edxml::package::StatusCode::ALL {
            assert_ne!(standing(code.code()), "waiting", "{code:?}");
        }
        assert_eq!(standing("99"), "waiting");
    }

    #[test]
    fn days_of_packages_are_written_for_people() {
        assert_eq!(day_words("2026/11/20"), "20/11/2026");
        assert_eq!(day_words("hôm qua"), "hôm qua");
    }
}
