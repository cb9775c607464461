//! Who is equipped with a certificate and who must act next; one certificate, its history and what may be done with it.

use crate::{
    csv,
    form::Posted,
    render::Page,
    trouble::{self, Failure},
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{
    extract::{Path, Query},
    http::header,
    response::{IntoResponse, Response},
};
use directory::{
    AuthorityState, Holder,
    acts::{self, Source},
    apart::{RENEW_ISSUING_SECONDS, RENEW_STAMPING_SECONDS},
    coverage::{self, Counts, Equipment, PersonEquipment},
    keys::StoredCertificate,
    model::Basis,
};
use kernel::{PersonId, Problem, Resource, Timestamp};
use pki::Reason;
use serde::{Deserialize, Serialize};

/// Most people that the page names; the file names all.
const SHOWN: usize = 25;

/// How the Assembly's people are equipped.
#[derive(Debug, Serialize)]
pub struct CertificatesPage {
    /// Everybody together.
    pub all: Group,
    /// By body.
    pub bodies: Vec<Group>,
    /// By position.
    pub titles: Vec<Group>,
    /// Who is waited for, the first of them.
    pub people: Vec<PersonRow>,
    /// How many are waited for.
    pub waiting: usize,
    /// Which of them are shown: the code of a step, or empty.
    pub next: String,
    /// The steps to choose from.
    pub steps: Vec<Choice>,
    /// Whether the reader may ask for certificates.
    pub asks: bool,
    /// The internal authority; none when there is none yet.
    pub authority: Option<AuthorityView>,
}

/// Where the authority's root and keys are, and until when its certificates count.
#[derive(Debug, Clone, Serialize)]
pub struct AuthorityView {
    /// Whether the root is kept apart from the database.
    pub apart: bool,
    /// Whether the issuing authority's key is on a token.
    pub on_token: bool,
    /// Whether the root has revoked the issuing authority.
    pub revoked: bool,
    /// What counts until when.
    pub lasting: Vec<Lasting>,
}

/// What counts until when.
#[derive(Debug, Clone, Serialize)]
pub struct Lasting {
    /// The message of its name.
    pub what: &'static str,
    /// Until when.
    pub until: Timestamp,
    /// Whether it is to be renewed now.
    pub due: bool,
}

impl AuthorityView {
    fn of(state: &AuthorityState, now: Timestamp) -> AuthorityView {
        let lasting =
            |what, until: Timestamp, seconds: i64| Lasting { what, until, due: until < now.plus_seconds(seconds) };
        let mut all = vec![
            lasting("authority-root", state.root.not_after(), RENEW_ISSUING_SECONDS),
            lasting("authority-issuing", state.issuing.not_after(), RENEW_ISSUING_SECONDS),
            lasting("authority-stamping", state.stamping.not_after(), RENEW_STAMPING_SECONDS),
        ];
        all.extend(state.list_until.map(|until| lasting("authority-root-list", until, 30 * 86_400)));
        AuthorityView { apart: state.apart, on_token: state.on_token, revoked: state.revoked.is_some(), lasting: all }
    }
}

/// Counts of a group.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Which.
    pub of: Link,
    /// How many people.
    pub all: i64,
    /// How many of them have a certificate that counts.
    pub equipped: i64,
    /// The share in hundredths of a percent.
    pub points: i64,
    /// By state, in the fixed order of states.
    pub states: Vec<State>,
}

/// How many stand so.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The code of the state.
    pub code: &'static str,
    /// How many.
    pub count: i64,
    /// Where its bar begins and how long it is, of 700.
    pub x: i64,
    /// See above.
    pub width: i64,
}

/// Somebody who is waited for.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    /// Who.
    pub person: Link,
    /// The highest position.
    pub position: String,
    /// The code of the state.
    pub state: &'static str,
    /// Until when the certificate counts.
    pub until: Option<Timestamp>,
    /// How many days are left at most: 90, 30 or 7.
    pub notice: Option<i64>,
    /// The code of the next step.
    pub next: &'static str,
}

impl Page for CertificatesPage {
    const TEMPLATE: &'static str = "certificates.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let group = |of: Link, list: &[(Equipment, i64)]| {
            let mut counts = Counts::default();
            counts.0.extend(list.iter().copied());
            group(of, &counts)
        };
        let row = PersonRow {
            person: Link::new("/people/person-1", "Nguyễn Văn A"),
            position: "Chuyên viên, Vụ Pháp luật".into(),
            state: "expiring",
            until: Some(Timestamp::from_micros(1_734_600_000_000_000)),
            notice: Some(30),
            next: "body",
        };
        let page = CertificatesPage {
            all: group(Link::default(), &[(Equipment::Valid, 512), (Equipment::Expiring, 40), (Equipment::Never, 148)]),
            bodies: vec![group(
                Link::new("/bodies/x", "Vụ Pháp luật"),
                &[(Equipment::Valid, 5), (Equipment::Never, 2)],
            )],
            titles: vec![group(Link::new("", "Chuyên viên"), &[(Equipment::Awaiting, 5)])],
            people: vec![row.clone(), PersonRow { state: "never", until: None, notice: None, ..row }],
            waiting: 2,
            next: String::new(),
            steps: vec![Choice::new("body", "Cơ quan quản lý")],
            asks: true,
            authority: Some(AuthorityView {
                apart: true,
                on_token: true,
                revoked: false,
                lasting: vec![
                    Lasting {
                        what: "authority-root",
                        until: Timestamp::from_micros(2_334_600_000_000_000),
                        due: false,
                    },
                    Lasting {
                        what: "authority-root-list",
                        until: Timestamp::from_micros(1_734_600_000_000_000),
                        due: true,
                    },
                ],
            }),
        };
        vec![("some", page)]
    }
}

fn group(of: Link, counts: &Counts) -> Group {
    let (all, equipped) = (counts.all(), counts.equipped());
    let mut before = 0;
    let states = Equipment::ALL.into_iter().map(|e| {
        let count = counts.of(e);
        let x = before * 700 / all.max(1);
        before += count;
        State { code: e.code(), count, x, width: before * 700 / all.max(1) - x }
    });
    Group { of, all, equipped, points: equipped * 10_000 / all.max(1), states: states.collect() }
}

/// Which people, in which shape.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    next: Option<String>,
    format: Option<String>,
}

/// Whether the reader may look at how people are equipped.
///
/// # Errors
/// [`Problem::Forbidden`].
pub fn may_read(viewer: &Viewer) -> Result<(), Problem> {
    viewer.require("view.certificates", &Resource::new("Enrolment", "all", serde_json::json!({"grade": 0})))
}

/// `GET /certificates`
pub async fn show(viewer: Member, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    may_read(&viewer)?;
    let services = &viewer.state.services;
    let (lang, now) = (viewer.lang(), viewer.state.now());
    let people = services.keys.equipment().await?;
    let next = wanted.next.unwrap_or_default();
    let mut waiting: Vec<&PersonEquipment> = people.iter().filter(|p| p.next != coverage::Next::Nobody).collect();
    let mut steps: Vec<&'static str> = waiting.iter().map(|p| p.next.code()).collect();
    steps.sort_unstable();
    steps.dedup();
    if !next.is_empty() {
        waiting.retain(|p| p.next.code() == next);
    }
    let row = |p: &PersonEquipment| PersonRow {
        person: Link::new(format!("/people/{}", p.person), &p.name),
        position: p.held.as_ref().map_or_else(String::new, |h| {
            format!("{}, {}", lang.pick(&h.title, &h.title_en), lang.pick(&h.body_name, &h.body_name_en))
        }),
        state: p.equipment.code(),
        until: p.until,
        notice: p.notice(now),
        next: p.next.code(),
    };
    if wanted.format.as_deref() == Some("csv") {
        let head = ["person", "position", "state", "until-day", "certificates-next"].map(|k| viewer.say(k, &[]));
        let line = |p: &PersonEquipment| {
            let r = row(p);
            let until = r.until.map(|u| u.day().to_string()).unwrap_or_default();
            let say = |prefix: &str, code: &str| viewer.say(&format!("{prefix}-{code}"), &[]);
            vec![r.person.words, r.position, say("equipment", r.state), until, say("next", r.next)]
        };
        return Ok(csv::answer("trang-bi-chu-ky-so.csv", &head, people.iter().map(line)));
    }
    let mut all = Counts::default();
    people.iter().for_each(|p| all.add(p.equipment));
    let nowhere = viewer.say("certificates-no-position", &[]);
    let names = services.directory.bodies(now.day()).await?;
    let bodies = coverage::by_body(&people).into_iter().map(|(body, counts)| match body {
        Some(id) => {
            let known = names.iter().find(|b| b.id == id);
            let name = known.map_or_else(|| id.to_string(), |b| b.name_in(lang.code()).to_owned());
            group(Link::new(format!("/bodies/{id}"), name), &counts)
        }
        None => group(Link::new("", &nowhere), &counts),
    });
    let titles = coverage::by_title(&people).into_iter().map(|(title, counts)| {
        let words = title.map_or_else(|| nowhere.clone(), |(vi, en)| lang.pick(&vi, &en).to_owned());
        group(Link::new("", words), &counts)
    });
    let page = CertificatesPage {
        all: group(Link::default(), &all),
        bodies: bodies.collect(),
        titles: titles.collect(),
        waiting: waiting.len(),
        people: waiting.iter().take(SHOWN).map(|p| row(p)).collect(),
        next,
        steps: steps.into_iter().map(|s| Choice::new(s, viewer.say(&format!("next-{s}"), &[]))).collect(),
        asks: !super::enrolments::bodies_to_ask_for(&viewer).await?.is_empty(),
        authority: services.keys.authority_state().await?.map(|state| AuthorityView::of(&state, now)),
    };
    viewer.page(&page).await
}

/// One certificate.
#[derive(Debug, Serialize)]
pub struct CertificatePage {
    /// Its serial number.
    pub serial: String,
    /// Whose.
    pub holder: Link,
    /// The name in it.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// First instant.
    pub from: Timestamp,
    /// Last instant.
    pub until: Timestamp,
    /// SHA-256 of it.
    pub fingerprint: String,
    /// `valid`, `awaiting`, `suspended`, `revoked`, `over`.
    pub state: &'static str,
    /// Whether the internal authority issued it.
    pub own: bool,
    /// What happened to it, the newest last.
    pub history: Vec<Happened>,
    /// What the reader may do: the codes of the forms.
    pub may: Vec<&'static str>,
    /// Reasons of a revocation.
    pub reasons: Vec<Choice>,
    /// What is wrong with the form that was sent.
    pub errors: Vec<Wrong>,
}

/// What happened to a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// The code of what: a Fluent message is `certificate-act-<code>`.
    pub what: String,
    /// Who did it.
    pub who: String,
    /// The act.
    pub act: String,
}

impl Page for CertificatePage {
    const TEMPLATE: &'static str = "certificate.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let at = Timestamp::from_micros(1_734_600_000_000_000);
        let page = |state, may, errors| CertificatePage {
            serial: "4f2a9c0011223344556677889900aabb".into(),
            holder: Link::new("/people/person-1", "Nguyễn Văn A"),
            subject: "CN=Nguyễn Văn A, O=Vụ Pháp luật, C=VN".into(),
            issuer: "CA cấp chứng thư nội bộ Diên Hồng".into(),
            from: at,
            until: at.plus_seconds(100 * 86_400),
            fingerprint: "00".repeat(32),
            state,
            own: true,
            history: vec![Happened {
                at,
                what: "issued".into(),
                who: "Chương trình".into(),
                act: "/journal/certificate:1/1".into(),
            }],
            may,
            reasons: vec![Choice::new("key_compromise", "Mất hoặc lộ khóa")],
            errors,
        };
        vec![
            ("of the holder", page("awaiting", vec!["activate", "suspend", "revoke"], vec![])),
            (
                "at the desk",
                page("suspended", vec!["resume", "revoke", "deliver"], vec![Wrong::sample("how", "Chưa nhập.")]),
            ),
        ]
    }
}

const REASONS: [Reason; 5] = [
    Reason::KeyCompromise,
    Reason::Superseded,
    Reason::AffiliationChanged,
    Reason::CessationOfOperation,
    Reason::PrivilegeWithdrawn,
];

fn holder_of(stored: &StoredCertificate) -> Option<Holder> {
    let person = stored.holder.strip_prefix("person:").and_then(|id| PersonId::new(id).ok())?;
    Some(Holder::Person(person))
}

async fn certificate_page(viewer: &Viewer, serial: &str, errors: Vec<Wrong>) -> Result<CertificatePage, Problem> {
    let services = &viewer.state.services;
    let unknown = || Problem::not_found("certificate", serial);
    let stored = services.keys.certificate(serial).await?.ok_or_else(unknown)?;
    let holder = holder_of(&stored);
    let service = Holder::Service(String::new());
    let resource = acts::certificate_resource(serial, holder.as_ref().unwrap_or(&service));
    viewer.require("view.certificates", &resource)?;
    let now = viewer.state.now();
    let state = match () {
        () if stored.on_hold() => "suspended",
        () if stored.revoked.is_some() => "revoked",
        () if now > stored.certificate.not_after() => "over",
        () if stored.awaits_holder() => "awaiting",
        () => "valid",
    };
    let living = !matches!(state, "revoked" | "over");
    let mut may = Vec::new();
    let mut offer = |form, action, fits: bool| {
        if fits && living && viewer.may(action, &resource) {
            may.push(form);
        }
    };
    offer("activate", "certificate.activated", state == "awaiting");
    offer("deliver", "certificate.delivered", stored.delivered.is_none() && holder.is_some());
    offer("resume", "certificate.resumed", state == "suspended");
    offer("suspend", "certificate.suspended", state != "suspended");
    offer("revoke", "certificate.revoked", true);
    let name = match &holder {
        Some(Holder::Person(id)) => {
            let known = services.directory.person(id).await?;
            Link::new(format!("/people/{id}"), known.map_or_else(|| id.to_string(), |p| p.name))
        }
        _ => match stored.holder.strip_prefix("device:") {
            Some(id) => {
                let known = services.keys.device(id).await?;
                Link::new("/certificates/devices", known.map_or_else(|| id.to_owned(), |device| device.name))
            }
            None => Link::new("", &stored.holder),
        },
    };
    let stream = acts::certificate_stream(serial);
    let mut history = Vec::new();
    for act in services.journal.acts(&stream, 0, 100).await? {
        let who = match act.actor.person() {
            Some(id) => match PersonId::new(id) {
                Ok(id) => services.directory.person(&id).await?.map_or_else(|| id.to_string(), |p| p.name),
                Err(_) => id.to_owned(),
            },
            None => viewer.say("certificate-by-program", &[]),
        };
        let what = act.kind.rsplit('.').next().unwrap_or_default().to_owned();
        let address = format!("/journal/{}/{}", crate::form::encoded(stream.as_str()), act.version);
        history.push(Happened { at: act.at, what, who, act: address });
    }
    let reason = |r: &Reason| {
        let code = serde_json::to_value(r).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let words = viewer.say(&format!("reason-{}", code.replace('_', "-")), &[]);
        Choice::new(code, words)
    };
    Ok(CertificatePage {
        serial: serial.to_owned(),
        holder: name,
        subject: stored.certificate.subject().to_string(),
        issuer: stored.certificate.issuer().get(pki::oid::COMMON_NAME).unwrap_or_default().to_owned(),
        from: stored.certificate.not_before(),
        until: stored.certificate.not_after(),
        fingerprint: stored.certificate.fingerprint().to_string(),
        state,
        own: stored.own,
        history,
        may,
        reasons: REASONS.iter().map(reason).collect(),
        errors,
    })
}

/// `GET /certificates/{serial}`
pub async fn certificate(viewer: Member, Path(serial): Path<String>) -> Result<Response, Failure> {
    viewer.page(&certificate_page(&viewer, &serial, vec![]).await?).await
}

/// `GET /certificates/{serial}/chain.pem`: the certificate and those above it, for whoever may see its page.
pub async fn file(viewer: Member, Path((serial, what)): Path<(String, String)>) -> Result<Response, Failure> {
    certificate_page(&viewer, &serial, vec![]).await?;
    let keys = &viewer.state.services.keys;
    let stored = keys.certificate(&serial).await?.filter(|_| what == "chain.pem");
    let stored = stored.ok_or_else(|| Problem::not_found("page", &what))?;
    let mut pem = stored.certificate.to_pem();
    for above in if stored.own { vec![keys.issuer().await?, keys.root().await?] } else { stored.chain.clone() } {
        pem.push_str(&above.to_pem());
    }
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"chain.pem\""),
    ];
    Ok((headers, pem).into_response())
}

/// `POST /certificates/{serial}/{what}`
pub async fn turn(Path((serial, what)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let (how, reason) = (posted.fields.take("how"), posted.fields.take("reason"));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let (keys, ctx) = (&viewer.state.services.keys, &viewer.ctx);
    let basis = Basis::cited(how.trim());
    let turned = match what.as_str() {
        "activate" => keys.activate(ctx, &serial).await,
        "deliver" => keys.deliver(ctx, &serial, &how).await,
        "suspend" => keys.suspend(ctx, &serial, &basis).await,
        "resume" => keys.resume(ctx, &serial, &basis).await,
        "revoke" => match serde_json::from_value::<Reason>(serde_json::json!(reason)) {
            Ok(reason) if REASONS.contains(&reason) => keys.revoke(ctx, &serial, reason, &basis).await,
            _ => Err(Problem::field("reason", "field-required")),
        },
        _ => return Err(Problem::not_found("page", what).into()),
    };
    match turned {
        Ok(()) => Ok(done(&format!("/certificates/{serial}"), "done-certificate")),
        Err(problem) => {
            let status = trouble::status(&problem);
            let errors = viewer.wrong(problem)?;
            viewer.page_as(status, &certificate_page(viewer, &serial, errors).await?).await
        }
    }
}

/// The words of a source.
pub fn source_of(code: &str) -> Source {
    if code == Source::Elsewhere.code() { Source::Elsewhere } else { Source::Here }
}
