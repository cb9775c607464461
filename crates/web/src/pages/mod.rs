//! The pages: one file a group, each with its typed contexts, their examples and their handlers.

pub mod account;
pub mod ballot;
pub mod batches;
pub mod calendar;
pub mod case;
pub mod cases;
pub mod certificates;
pub mod delegations;
pub mod devices;
pub mod document;
pub mod draft_pages;
pub mod draft_trial;
pub mod drafts;
pub mod editor;
pub mod enrolments;
pub mod exchange;
pub mod fields;
pub mod home;
pub mod inbox;
pub mod indicators;
pub mod journal;
pub mod laws;
pub mod login;
pub mod notices;
pub mod open_case;
pub mod people;
pub mod problem;
pub mod procedures;
pub mod public;
pub mod registers;
pub mod sign;
pub mod sign_device;
pub mod step;
pub mod system;
pub mod transfers;
pub mod trust;
pub mod verification;

use crate::render::{Sample, samples_of};

/// Names every page once: the gallery shows their examples, a test renders them in both languages and finds any
/// template that is not named here.
macro_rules! pages {
    ($($page:ty),* $(,)?) => {
        /// The examples of all pages.
        pub fn samples() -> Vec<Sample> {
            let mut all = Vec::new();
            $(all.extend(samples_of::<$page>());)*
            all
        }
    };
}

pages![
    login::PasswordPage,
    login::CodePage,
    home::HomePage,
    inbox::InboxPage,
    notices::NoticesPage,
    calendar::CalendarPage,
    delegations::DelegationsPage,
    inbox::HandledPage,
    batches::BatchesPage,
    batches::BatchPage,
    cases::CasesPage,
    fields::FieldsPage,
    fields::FieldPage,
    open_case::ChoosePage,
    open_case::CaseFormPage,
    case::CasePage,
    problem::ProblemPage,
    problem::ConflictPage,
    problem::LatePage,
    step::StepPage,
    step::AttachPage,
    step::OpinionPage,
    ballot::BallotPage,
    ballot::ConfirmBallotPage,
    ballot::TallyPage,
    sign::SignPage,
    sign_device::SignDevicePage,
    sign::FinishPage,
    sign::VotePage,
    document::DocumentPage,
    document::ComparePage,
    editor::EditorPage,
    registers::RegistersPage,
    registers::RegisterPage,
    registers::ContinuePage,
    people::BodiesPage,
    people::BodyPage,
    people::PeoplePage,
    people::PersonPage,
    procedures::ProceduresPage,
    procedures::ProcedurePage,
    draft_pages::DraftsPage,
    draft_pages::DraftPage,
    draft_pages::DraftTextPage,
    draft_pages::DraftHeadPage,
    draft_pages::DraftStepPage,
    draft_pages::AdoptPage,
    draft_trial::TrialPage,
    transfers::TransfersPage,
    indicators::IndicatorsPage,
    journal::JournalPage,
    journal::ActPage,
    exchange::arrivals::ArrivalsPage,
    exchange::arrivals::QuarantinePage,
    exchange::arrival_page::ArrivalPage,
    exchange::dispatches::DispatchesPage,
    exchange::dispatch::DispatchPage,
    exchange::proposing::ProposePage,
    exchange::sending::SendPage,
    exchange::books::BookPage,
    exchange::names::NamesPage,
    exchange::figures::AxisFiguresPage,
    certificates::CertificatesPage,
    certificates::CertificatePage,
    enrolments::EnrolmentsPage,
    enrolments::EnrolmentFormPage,
    enrolments::EnrolmentPage,
    trust::TrustPage,
    devices::DevicesPage,
    devices::DeviceAdmittedPage,
    account::AccountPage,
    account::EnrolPage,
    laws::LawsPage,
    laws::LawPage,
    public::ResolutionsPage,
    public::ResolutionPage,
    verification::VerifyPage,
    public::AboutPage,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        frame::Frame,
        render::Renderer,
        words::{Lang, Words},
    };
    use std::{collections::BTreeSet, sync::Arc};

    #[test]
    fn every_page_renders_its_examples_in_both_languages() {
        let renderer = Renderer::new(Arc::new(Words::load().unwrap()));
        for lang in Lang::ALL {
            for sample in samples() {
                let html = renderer.value(&Frame::sample(lang), sample.template, sample.page.clone());
                let html = html.unwrap_or_else(|e| panic!("{} ({}), {lang:?}: {e}", sample.template, sample.name));
                assert!(html.contains("</html>"), "{} is no whole page", sample.template);
                assert!(!html.contains(" style=\""), "{}: the security policy forbids inline styles", sample.template);
                assert!(!html.contains(" onclick="), "{}: the security policy forbids inline scripts", sample.template);
            }
        }
    }

    #[test]
    fn every_template_has_a_typed_context() {
        let named: BTreeSet<String> = samples().iter().map(|s| s.template.to_owned()).collect();
        let there: BTreeSet<String> = Renderer::page_templates().into_iter().collect();
        assert_eq!(there, named);
    }
}
