//! Which address is answered by whom.

use crate::{
    acme, api, assets, certification,
    pages::{
        account, ballot, batches, calendar, case, cases, certificates, delegations, devices, document, draft_trial,
        drafts, editor, enrolments, exchange, fields, home, inbox, indicators, journal, laws, login, notices,
        open_case, people, procedures, public, registers, sign, sign_device, step, system, transfers, trust,
        verification,
    },
    state::AppState,
    visit,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// Serves on a bound socket until `stop` ends; requests in hand are ended first.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

/// All routes with their layers.
pub fn router(state: AppState) -> Router {
    // The authority's services answer programs, apart from the pages and their layers.
    let published = state.services.keys.services().address.is_some();
    let mut services = if published { certification::routes() } else { Router::new() };
    if state.services.acme.is_some() {
        services = services.merge(acme::routes());
    }
    let services = services.layer(CatchPanicLayer::new()).with_state(state.clone());
    let pages = Router::new()
        .merge(of_cases())
        .merge(of_documents())
        .merge(of_exchange())
        .merge(of_lookup())
        .merge(of_people_and_sessions())
        .merge(of_certificates())
        .merge(of_everyone())
        .merge(api::routes())
        .fallback(system::nowhere)
        .layer(DefaultBodyLimit::max(state.settings.max_body))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), visit::layer))
        .layer(CompressionLayer::new())
        .with_state(state);
    services.merge(pages)
}

fn of_cases() -> Router<AppState> {
    Router::new()
        .route("/", get(home::show))
        .route("/inbox", get(inbox::list).post(inbox::handle))
        .route("/batches", get(batches::list).post(batches::approve))
        .route("/batches/{batch}", get(batches::show))
        .route("/batches/{batch}/continue", post(batches::go_on))
        .route("/batches/{batch}/stop", post(batches::stop))
        .route("/notices", get(notices::show))
        .route("/notices/read", post(notices::read))
        .route("/notices/letters", post(notices::letters))
        .route("/calendar", get(calendar::show))
        .route("/calendar/feed", post(calendar::open))
        .route("/calendar/feed/end", post(calendar::close))
        .route("/calendar/feed/{secret}", get(calendar::feed))
        .route("/cases", get(cases::list))
        .route("/fields", get(fields::all))
        .route("/fields/{field}", get(fields::field))
        .route("/cases/new", get(open_case::choose))
        .route("/cases/new/{procedure}", get(open_case::form).post(open_case::open))
        .route("/cases/{case}", get(case::show))
        .route("/cases/{case}/step", get(step::show))
        .route("/cases/{case}/complete", post(step::complete))
        .route("/cases/{case}/return", post(step::send_back))
        .route("/cases/{case}/documents/{key}", get(step::attach).post(step::attached))
        .route("/cases/{case}/opinion", get(step::opinion).post(step::give_opinion))
        .route("/cases/{case}/ballot", get(ballot::show).post(ballot::choose))
        .route("/cases/{case}/ballot/confirm", post(ballot::cast))
        .route("/cases/{case}/tally", get(ballot::tally))
        .route("/cases/{case}/vote", get(sign::to_vote).post(sign::vote))
        .route("/cases/{case}/sign", get(sign::show).post(sign::sign))
        .route("/cases/{case}/sign/device", post(sign_device::prepare))
        .route("/cases/{case}/sign/device/paper", post(sign_device::paper))
        .route("/cases/{case}/sign/device/signed", post(sign_device::signed))
        .route("/signing/papers/{word}/{name}", get(sign_device::fetch))
        .route("/signing/signed", post(sign_device::handler))
        .route("/cases/{case}/issue", get(sign::to_issue).post(sign::issue))
        .route("/cases/{case}/publish", get(sign::to_publish).post(sign::publish))
}

fn of_documents() -> Router<AppState> {
    Router::new()
        .route("/documents/{document}", get(document::show))
        .route("/documents/{document}/edit", get(editor::edit).post(editor::keep))
        .route("/documents/{document}/replace", get(document::replace).post(document::replaced))
        .route("/documents/{document}/compare", get(document::compare))
        .route("/documents/{document}/paper.pdf", get(document::pdf))
        .route("/documents/{document}/file", get(document::file))
        .route("/documents/{document}/pages/{version}/{page}", get(document::page_image))
        .route("/previews/{token}/{page}", get(document::preview_image))
}

fn of_exchange() -> Router<AppState> {
    use exchange::{arrival, arrival_acts, arrivals, books, dispatch, dispatches, figures, names, proposing, sending};
    Router::new()
        .route("/incoming", get(arrivals::list))
        .route("/incoming/quarantine", get(arrivals::quarantine))
        .route("/incoming/register", get(books::incoming))
        .route("/incoming/{arrival}", get(arrival::show))
        .route("/incoming/{arrival}/register", post(arrival_acts::register))
        .route("/incoming/{arrival}/open-case", post(arrival_acts::open_case))
        .route("/incoming/{arrival}/refuse", post(arrival_acts::refuse))
        .route("/incoming/{arrival}/direct", post(arrival_acts::direct))
        .route("/incoming/{arrival}/complete", post(arrival_acts::complete))
        .route("/incoming/{arrival}/decide", post(arrival_acts::decide))
        .route("/incoming/{arrival}/files/{place}", get(arrival::file))
        .route("/incoming/{arrival}/package", get(arrival::package))
        .route("/outgoing", get(dispatches::list))
        .route("/outgoing/register", get(books::outgoing))
        .route("/outgoing/names", get(names::show).post(names::say))
        .route("/outgoing/{dispatch}", get(dispatch::show))
        .route("/outgoing/{dispatch}/package", get(dispatch::package))
        .route("/outgoing/{dispatch}/retry", post(dispatch::retry))
        .route("/outgoing/{dispatch}/{what}", get(proposing::show).post(proposing::propose))
        .route("/documents/{document}/send", get(sending::show).post(sending::go_on))
        .route("/axis/figures", get(figures::show))
}

fn of_lookup() -> Router<AppState> {
    Router::new()
        .route("/registers", get(registers::list))
        .route("/registers/{register}", get(registers::show))
        .route("/registers/{register}/continue", get(registers::to_continue).post(registers::go_on))
        .route("/procedures", get(procedures::list))
        .route("/procedures/{procedure}", get(procedures::show))
        .route("/procedures/{procedure}/drawing.svg", get(procedures::drawing))
        .route("/procedures/{procedure}/draft", post(drafts::next))
        .route("/procedures/{procedure}/cases", get(transfers::show_all).post(transfers::move_them))
        .route("/procedure-drafts", get(drafts::list).post(drafts::begin))
        .route("/procedure-drafts/{draft}", get(drafts::show_one))
        .route("/procedure-drafts/{draft}/text", get(drafts::text).post(drafts::save_text))
        .route("/procedure-drafts/{draft}/head", get(drafts::head).post(drafts::save_head))
        .route("/procedure-drafts/{draft}/steps/{step}", get(drafts::step).post(drafts::save_step))
        .route("/procedure-drafts/{draft}/check", post(drafts::check))
        .route("/procedure-drafts/{draft}/withdraw", post(drafts::withdraw))
        .route("/procedure-drafts/{draft}/adopt", get(drafts::adopt).post(drafts::adopted))
        .route("/procedure-drafts/{draft}/trial", get(draft_trial::show_one).post(draft_trial::make))
        .route("/indicators", get(indicators::show))
        .route("/journal", get(journal::list))
        .route("/journal/{stream}", get(journal::stream))
        .route("/journal/{stream}/{version}", get(journal::act))
        .route("/journal/{stream}/{version}/proof.json", get(journal::proof))
}

fn of_people_and_sessions() -> Router<AppState> {
    Router::new()
        .route("/bodies", get(people::bodies))
        .route("/bodies/{body}", get(people::body))
        .route("/people", get(people::people))
        .route("/people/{person}", get(people::person))
        .route("/login", get(login::show).post(login::password))
        .route("/login/code", get(login::code_again).post(login::code))
        .route("/logout", post(login::out))
        .route("/delegations", get(delegations::show).post(delegations::grant))
        .route("/delegations/{delegation}/end", post(delegations::end))
        .route("/account", get(account::show))
        .route("/account/password", post(account::password))
        .route("/account/second-factor", get(account::to_enrol).post(account::enrol))
        .route("/account/sessions/end-others", post(account::end_others))
        .route("/account/sessions/{session}/end", post(account::end_session))
}

fn of_certificates() -> Router<AppState> {
    Router::new()
        .route("/certificates", get(certificates::show))
        .route("/certificates/{serial}", get(certificates::certificate))
        .route("/certificates/{serial}/{what}", get(certificates::file).post(certificates::turn))
        .route("/certificates/devices", get(devices::list).post(devices::admit))
        .route("/certificates/devices/{device}/end", post(devices::end))
        .route("/certificates/requests", get(enrolments::list))
        .route("/certificates/requests/new", get(enrolments::form).post(enrolments::ask))
        .route("/certificates/requests/{enrolment}", get(enrolments::show))
        .route("/certificates/requests/{enrolment}/{what}", post(enrolments::turn))
        .route("/trust", get(trust::show).post(trust::propose))
        .route("/trust/{fingerprint}/{what}", post(trust::turn))
}

fn of_everyone() -> Router<AppState> {
    Router::new()
        .route("/resolutions", get(public::list))
        .route("/resolutions/{document}", get(public::show))
        .route("/resolutions/{document}/paper.pdf", get(public::pdf))
        .route("/resolutions/{document}/proof.json", get(public::proof))
        .route("/laws", get(laws::list))
        .route("/laws/{law}", get(laws::show))
        .route("/verify", get(verification::to_verify).post(verification::verify))
        .route("/verify/reports/{token}/{file}", get(verification::report))
        .route("/about", get(public::about))
        .route("/static/{file}", get(assets::serve))
        .route("/healthz", get(system::health))
        .route("/readyz", get(system::ready))
}

/// A panic is a fault of ours: the reader gets the page for that, the log what it said.
fn panicked(why: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let why = why.downcast_ref::<&str>().map(ToString::to_string).or_else(|| why.downcast_ref::<String>().cloned());
    let problem = kernel::Problem::fault(format!("a handler panicked: {}", why.unwrap_or_default()));
    axum::response::IntoResponse::into_response(crate::trouble::Failure(problem))
}
