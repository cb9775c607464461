//! The office's correspondence as callers see it.

use crate::office::acts::{Answers, Enclosure, Organ};
use edxml::package::Kind;
use kernel::{CaseId, Day, Digest, DocumentId, Timestamp};
use serde::Serialize;

/// Dispatches or arrivals on one page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The lines.
    pub items: Vec<T>,
    /// The place behind which the next page begins ([`DispatchFilter::after`], [`ArrivalFilter::after`]); none at the end.
    pub next: Option<String>,
}

/// A document to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDispatch {
    /// An issued document of the house.
    pub document: DocumentId,
    /// New, withdraw, update or replace.
    pub kind: Kind,
    /// The dispatch that is withdrawn, updated or replaced; none for a new one.
    pub earlier: Option<String>,
    /// Identifiers of the receivers; for the other kinds empty means all receivers of the earlier dispatch.
    pub to: Vec<String>,
    /// By which way; empty: the house's first one (`axis` where there is one).
    pub transport: String,
    /// Why it is withdrawn, updated or replaced.
    pub reason: String,
    /// Until when an answer is wanted.
    pub due: Option<Day>,
    /// 0 normal, 1 urgent, 2 very urgent, 3 flash, 4 flash at a time.
    pub priority: i64,
}

/// Where a dispatch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DispatchState {
    /// Waits to be sent, or to be tried again.
    Waiting,
    /// At the axis; what becomes of it stands with each receiver.
    Sent,
    /// Given up after five attempts or a refusal; [`crate::Office::resume`] starts it again.
    Stopped,
    /// Taken back before it was sent.
    Cancelled,
}

impl DispatchState {
    /// All states.
    pub const ALL: [DispatchState; 4] =
        [DispatchState::Waiting, DispatchState::Sent, DispatchState::Stopped, DispatchState::Cancelled];
    /// As stored: `waiting`, `sent`, `stopped`, `cancelled`.
    pub fn code(self) -> &'static str {
        ["waiting", "sent", "stopped", "cancelled"][self as usize]
    }
    /// From its code.
    pub fn of(code: &str) -> Option<DispatchState> {
        DispatchState::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// What is looked for among dispatches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DispatchFilter {
    /// Words of number, subject and receivers; marks and case do not matter; all must occur.
    pub query: String,
    /// Only those that stand so.
    pub state: Option<DispatchState>,
    /// Only those to this body.
    pub to: String,
    /// Only those with a receiver that was silent beyond its day.
    pub silent: bool,
    /// Only from this day on.
    pub since: Option<Day>,
    /// Only until this day.
    pub until: Option<Day>,
    /// The [`Page::next`] of the page before.
    pub after: Option<String>,
    /// Lines on the page; 20 when 0, 100 at most.
    pub limit: u32,
}

/// A dispatch in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DispatchLine {
    /// Its id.
    pub id: String,
    /// The version of its stream.
    pub version: i64,
    /// The document of the house.
    pub document: DocumentId,
    /// Its case.
    pub case: CaseId,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: String,
    /// The dispatch that it withdraws, updates or replaces.
    pub earlier: Option<String>,
    /// The identity in the package.
    pub identity: String,
    /// Number and notation.
    pub number: String,
    /// The day of promulgation.
    pub date: String,
    /// The subject.
    pub subject: String,
    /// Why, for withdrawals, updates and replacements.
    pub reason: String,
    /// The sender's identifier.
    pub sender: String,
    /// By which way.
    pub transport: String,
    /// Where it stands.
    pub state: DispatchState,
    /// How many receivers.
    pub receivers: i64,
    /// How many of them have told something.
    pub answered: i64,
    /// How many are at an end: refused or completed.
    pub finished: i64,
    /// Who dispatched it: `person:<id>` or `system:<name>`.
    pub actor: String,
    /// When it was dispatched.
    pub at: Timestamp,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// What went wrong last, in words.
    pub why: Option<String>,
    /// Until when an answer is wanted.
    pub due: Option<String>,
}

/// A receiver of a dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recipient {
    /// Its identifier.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `unsent`, `sent`, `cancelled`, or the status that it told last: `01`, `02`, `03`, `04`, `05`, `06`, `13`, `15`,
    /// `16` (a Fluent message `axis-status-<word>` says it).
    pub status: String,
    /// Since when.
    pub changed_at: Timestamp,
    /// Whether nothing came back yet.
    pub silent: bool,
    /// The day on which a silent receiver is to be asked about.
    pub remind: Day,
    /// Whether that day has passed in silence.
    pub overdue: bool,
    /// The dispatch by which it was withdrawn there, by agreement.
    pub withdrawn: Option<String>,
    /// What it told, oldest first.
    pub statuses: Vec<StatusLine>,
}

/// What a receiver told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusLine {
    /// Two digits.
    pub status: String,
    /// When, as the receiver wrote it: `2026/11/24 09:00:00`.
    pub time: String,
    /// When it came.
    pub at: Timestamp,
    /// In words.
    pub description: String,
    /// The unit.
    pub department: String,
    /// The person.
    pub staff: String,
    /// The electronic address.
    pub email: String,
    /// The telephone.
    pub mobile: String,
}

/// A dispatch with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DispatchView {
    /// As in lists.
    pub line: DispatchLine,
    /// Its receivers.
    pub recipients: Vec<Recipient>,
    /// Its package on the way.
    pub parcel: Option<ParcelLine>,
    /// Arrivals that answer it: `(arrival, number, sender's name)`.
    pub replies: Vec<ArrivalLine>,
    /// Later dispatches that withdraw, update or replace it.
    pub later: Vec<DispatchLine>,
    /// Recipients on the paper that are no agencies of the directory.
    pub unresolved: Vec<String>,
}

/// A package on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParcelLine {
    /// Its id.
    pub id: String,
    /// `edoc` or `status`.
    pub message: String,
    /// By which way.
    pub transport: String,
    /// The receivers.
    pub to: Vec<String>,
    /// The status of a status package.
    pub status: Option<String>,
    /// Its dispatch.
    pub dispatch: Option<String>,
    /// The arrival that a status speaks of.
    pub arrival: Option<String>,
    /// Where it stands.
    pub state: DispatchState,
    /// Attempts since it was queued or started again.
    pub attempts: i64,
    /// Whether the outcome of the last attempt is not known yet.
    pub unknown: bool,
    /// The next attempt.
    pub due: Option<Timestamp>,
    /// Its id at the axis.
    pub package: Option<String>,
    /// What went wrong last: `unreachable`, `unknown`, `refused`, `clock`, `barred`.
    pub trouble: Option<String>,
    /// The same in words.
    pub why: Option<String>,
    /// Since when.
    pub at: Timestamp,
    /// Bytes.
    pub length: i64,
}

/// Where an arrival is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tray {
    /// To be registered.
    New,
    /// A withdrawal, update or replacement to be answered.
    Proposal,
    /// Registered and not done.
    Work,
    /// Done, refused or answered.
    Done,
    /// Packages that could not be taken.
    Quarantine,
}

impl Tray {
    /// All trays.
    pub const ALL: [Tray; 5] = [Tray::New, Tray::Proposal, Tray::Work, Tray::Done, Tray::Quarantine];
    /// As stored: `new`, `proposal`, `work`, `done`, `quarantine`.
    pub fn code(self) -> &'static str {
        ["new", "proposal", "work", "done", "quarantine"][self as usize]
    }
    /// From its code.
    pub fn of(code: &str) -> Option<Tray> {
        Tray::ALL.into_iter().find(|known| known.code() == code)
    }
}

/// What is looked for among arrivals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArrivalFilter {
    /// Words of number, subject and sender; marks and case do not matter; all must occur.
    pub query: String,
    /// Only in this tray.
    pub tray: Option<Tray>,
    /// Only from this body.
    pub from: String,
    /// Only with this unit.
    pub unit: String,
    /// Only from this day on.
    pub since: Option<Day>,
    /// Only until this day.
    pub until: Option<Day>,
    /// The [`Page::next`] of the page before.
    pub after: Option<String>,
    /// Lines on the page; 20 when 0, 100 at most.
    pub limit: u32,
}

/// An arrival in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrivalLine {
    /// Its id.
    pub id: String,
    /// The version of its stream: what the next deed must name as read.
    pub version: i64,
    /// By which way it came.
    pub transport: String,
    /// `new`, `withdraw`, `update`, `replace`.
    pub kind: String,
    /// The sender.
    pub from: Organ,
    /// Number and notation.
    pub number: String,
    /// The day of promulgation as written: `2026/11/20`.
    pub date: String,
    /// The type.
    pub type_name: String,
    /// The subject.
    pub subject: String,
    /// 0 normal … 4 flash at a time.
    pub priority: i64,
    /// Until when an answer is wanted, as written.
    pub due: String,
    /// Where it is kept.
    pub tray: Tray,
    /// `arrived`, `registered`, `assigned`, `in_process`, `completed`, `refused`, `agreed`, `declined`, `quarantined`.
    pub state: String,
    /// The files' signatures in one word: `none`, `valid`, `undecided`, `invalid`.
    pub signatures: String,
    /// When it came.
    pub at: Timestamp,
    /// The arrival that brought the same document before.
    pub duplicate_of: Option<String>,
    /// The arrival that a withdrawal, update or replacement speaks of.
    pub target: Option<String>,
    /// Its number in the register of incoming documents.
    pub register_text: Option<String>,
    /// The day on which it got that number.
    pub register_date: Option<String>,
    /// The unit that it was given to.
    pub unit: Option<String>,
    /// The unit's name.
    pub unit_name: Option<String>,
    /// Until when the unit has time.
    pub unit_due: Option<String>,
    /// The case that was opened for it.
    pub case: Option<CaseId>,
    /// An answered proposal about it: `agreed:<arrival>` or `declined:<arrival>`.
    pub proposal: Option<String>,
}

/// An arrival with everything about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrivalView {
    /// As in lists.
    pub line: ArrivalLine,
    /// The id of the package at the axis.
    pub package: String,
    /// The identity in the package.
    pub identity: String,
    /// Which of our bodies it was sent to.
    pub to: Vec<String>,
    /// The signer: position and name.
    pub signer: String,
    /// Why it withdraws, updates or replaces.
    pub reason: String,
    /// The signature over the envelope: `none`, `valid`, `invalid`, `undecided`.
    pub envelope: String,
    /// What was odd about the package, or why it is in quarantine, in words.
    pub oddities: Vec<String>,
    /// The package as it came.
    pub blob: Digest,
    /// Its bytes.
    pub length: i64,
    /// The files.
    pub enclosures: Vec<Enclosure>,
    /// What it answers or speaks of.
    pub answers: Vec<Answers>,
    /// What was done with it, oldest first.
    pub deeds: Vec<Deed>,
    /// The statuses that went back for it, oldest first.
    pub statuses: Vec<ParcelLine>,
    /// Open or answered withdrawals, updates and replacements that speak of it.
    pub proposals: Vec<ArrivalLine>,
    /// Later arrivals of the same document.
    pub duplicates: Vec<ArrivalLine>,
    /// What the person may do now.
    pub may: Vec<DeedKind>,
}

/// One thing done with an arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deed {
    /// `registered`, `assigned`, `taken_up`, `completed`, `refused`, `answered`, `case_linked`.
    pub deed: String,
    /// In words: the number, the unit, the reason.
    pub text: String,
    /// Who: `person:<id>` or `system:<name>`.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// What can be done with an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeedKind {
    /// Give it a number: [`crate::Office::register`].
    Register,
    /// Give it to a unit: [`crate::Office::assign`].
    Assign,
    /// Begin to work on it: [`crate::Office::take_up`].
    TakeUp,
    /// Say that the work is done: [`crate::Office::complete`].
    Complete,
    /// Send it back: [`crate::Office::refuse`].
    Refuse,
    /// Agree to or decline a withdrawal, update or replacement: [`crate::Office::answer`].
    Answer,
    /// Open a case for it and link it: [`crate::Office::link_case`].
    OpenCase,
}

/// A body of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Correspondent {
    /// By which way it is reached.
    pub transport: String,
    /// Its identifier.
    pub code: String,
    /// Its identifier before QĐ 20/2020.
    pub old_code: String,
    /// The body above it.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its electronic address.
    pub mail: String,
    /// Whether the axis does not reach it any more.
    pub gone: bool,
}

/// When a directory was synchronised last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synchronisation {
    /// Which way.
    pub transport: String,
    /// When.
    pub at: Timestamp,
    /// How many bodies it names.
    pub total: i64,
}

/// A name of papers' recipients that stands for a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecipientName {
    /// The name as papers have it.
    pub name: String,
    /// The identifier of the body.
    pub code: String,
    /// The body's name, when the directory has it.
    pub agency: Option<String>,
    /// Who said so.
    pub actor: String,
}

/// How far a way out is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Which way: `axis`, `folder`, `xroad`, `mail`.
    pub transport: String,
    /// Where it leads, for people; no secrets.
    pub address: String,
    /// When it answered last, since this program started.
    pub answered: Option<Timestamp>,
    /// What it said last when it did not work.
    pub trouble: Option<String>,
    /// Until when it is left alone after it failed again and again.
    pub open_until: Option<Timestamp>,
    /// Seconds by which its clock is ahead of ours, when that is more than a few.
    pub clock_ahead: Option<i64>,
}

/// What waits and what has stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The ways, first the usual one.
    pub ways: Vec<Health>,
    /// Packages that wait for their way out.
    pub waiting: i64,
    /// Packages that have stopped and wait for a person.
    pub stopped: i64,
    /// Receivers that were silent beyond their day.
    pub silent: i64,
    /// Arrivals by tray, in the order of [`Tray::ALL`]; counted up to 1,000.
    pub trays: [i64; 5],
}

/// Figures of one agency in one week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WeekLine {
    /// The Monday.
    pub week: String,
    /// The agency.
    pub code: String,
    /// Its name, when the directory has it.
    pub name: String,
    /// Documents sent to it.
    pub sent: i64,
    /// Of those, told to have arrived there in this week.
    pub arrived: i64,
    /// Refused there.
    pub refused: i64,
    /// Registered there.
    pub registered: i64,
    /// Completed there.
    pub completed: i64,
    /// Documents that came from it.
    pub received: i64,
    /// Of those, sent back by us.
    pub refused_here: i64,
    /// Registered by us.
    pub registered_here: i64,
    /// Completed by us.
    pub completed_here: i64,
    /// Kept in quarantine.
    pub quarantined: i64,
}

/// A document that was not let out because it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BarredLine {
    /// The document.
    pub document: DocumentId,
    /// `grade` or `mark`.
    pub why: String,
    /// By which way it was to go.
    pub transport: String,
    /// Who wanted it: `person:<id>`.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}
