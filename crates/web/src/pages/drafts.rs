//! Drafts of procedures: list, begin, read, change by forms or as a whole text, check, adopt.

use super::{case::Fact, draft_pages::*};
use crate::{
    form::Posted,
    show,
    trouble::Failure,
    view::{Choice, Link, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use cases::drafts::{Draft, MAX_TEXT, acts::Adopted, resource};
use kernel::{Day, Problem, Timestamp};
use procedure::{
    Procedure, ProcedureRef, Text,
    amend::{self, DeadlineForm, Head, StepForm},
    bpmn_import, difference, explain,
    model::Work,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

// ----------------------------------------------------------------------------------------------------------- list

/// `GET /procedure-drafts`
pub async fn list(viewer: Member) -> Result<Response, Failure> {
    let page = list_page(&viewer, [String::new(), String::new(), String::new()], vec![]).await?;
    viewer.page(&page).await
}

async fn list_page(viewer: &Viewer, typed: [String; 3], errors: Vec<Wrong>) -> Result<DraftsPage, Problem> {
    let drafts = viewer.state.services.cases.drafts(&viewer.ctx).await?;
    let names = show::names(viewer, drafts.iter().map(|d| d.who.as_str())).await?;
    let row = |d: &cases::drafts::DraftLine| DraftRow {
        link: Link::new(format!("/procedure-drafts/{}", d.id), d.title.clone()),
        procedure: d.procedure.clone(),
        state: d.state.clone(),
        who: show::name_of(&names, &d.who),
        at: d.changed_at,
    };
    let [id, title, field] = typed;
    Ok(DraftsPage {
        drafts: drafts.iter().map(row).collect(),
        may_draft: may_draft(viewer),
        fields: Work::ALL.map(|w| Choice::new(w.code(), show::pick(viewer, &w.title()))).to_vec(),
        id,
        title,
        field,
        errors,
    })
}

/// Whether the reader may begin drafts.
pub fn may_draft(viewer: &Viewer) -> bool {
    viewer.may("procedure.draft_saved", &resource("any", &BTreeSet::new()))
}

/// `POST /procedures/{procedure}/draft`: a draft of its next version.
pub async fn next(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let version = posted.fields.take("of").parse().unwrap_or(0);
    posted.fields.finish()?;
    let from = ProcedureRef { id, version };
    let cases = &posted.viewer.state.services.cases;
    let draft = cases.draft_next(&posted.viewer.ctx, &from, &posted.once).await?;
    Ok(done(&format!("/procedure-drafts/{draft}"), "done-draft-begun"))
}

/// `POST /procedure-drafts`: a draft of a new procedure, from nothing or from a BPMN file.
pub async fn begin(mut posted: Posted) -> Result<Response, Failure> {
    let typed = ["id", "title", "field"].map(|name| posted.fields.take(name).trim().to_owned());
    let file = posted.fields.file("bpmn");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    match begun(viewer, &typed, file.as_ref().map(|f| f.bytes.as_ref()), &posted.once).await {
        Ok(draft) => Ok(done(&format!("/procedure-drafts/{draft}"), "done-draft-begun")),
        Err(problem) => {
            let page = async |errors| list_page(viewer, typed, errors).await;
            posted.again(problem, "/procedure-drafts", vec![], page).await
        }
    }
}

async fn begun(viewer: &Viewer, typed: &[String; 3], file: Option<&[u8]>, once: &str) -> Result<String, Problem> {
    let [id, title, field] = typed;
    let field =
        Work::ALL.into_iter().find(|w| w.code() == field).ok_or_else(|| Problem::field("field", "field-required"))?;
    if kernel::id::check(id).is_err() || id.len() > 64 {
        return Err(Problem::field("id", "field-not-an-id"));
    }
    let cases = &viewer.state.services.cases;
    let (today, catalogue) = (viewer.state.now().day(), cases.catalogue());
    let (text, note) = match file {
        Some(bytes) => {
            let text = bpmn_import::import(bytes, id, field, today, catalogue.references()).map_err(|why| {
                let problem = kernel::FieldProblem::new("bpmn", "bpmn-not-understood");
                let said = |text: &Text| show::pick(viewer, text);
                let problem = problem.arg("line", why.line).arg("what", said(&why.what)).arg("mend", said(&why.mend));
                Problem::Invalid(vec![problem])
            })?;
            (text, viewer.say("draft-note-bpmn", &[]))
        }
        None if title.is_empty() => return Err(Problem::field("title", "field-required")),
        None => (skeleton(id, title, field, today), String::new()),
    };
    let name = if title.is_empty() { id } else { title };
    cases.draft_new(&viewer.ctx, id, name, text, &note, once).await
}

/// The least that a procedure says, to be changed.
fn skeleton(id: &str, title: &str, field: Work, today: Day) -> String {
    let title = serde_json::Value::from(title);
    format!(
        "id = \"{id}\"\nversion = 1\nfield = \"{}\"\ntitle = {{ vi = {title}, en = {title} }}\n\
         summary = {{ vi = \"\", en = \"\" }}\nbasis = [\"…\"]\nvalid-from = \"{today}\"\nverified = false\n\n\
         [[steps]]\nkey = \"work\"\nkind = \"work\"\ntitle = {{ vi = \"Thực hiện\", en = \"Work\" }}\n\
         owner = \"expert@vu-tong-hop\"\ndeadline = {{ working-days = 5, verified = false }}\nnext = [{{ to = \"done\" }}]\n\n\
         [[steps]]\nkey = \"done\"\nkind = \"end\"\ntitle = {{ vi = \"Hoàn thành\", en = \"Done\" }}\noutcome = \"done\"\n",
        field.code()
    )
}

// ---------------------------------------------------------------------------------------------------------- reading

pub(crate) async fn find(viewer: &Viewer, id: &str) -> Result<Draft, Problem> {
    viewer.state.services.cases.draft(&viewer.ctx, id).await
}

/// What changes against the version from which the draft was made.
fn changes(viewer: &Viewer, draft: &Draft, new: &Procedure) -> Vec<String> {
    let catalogue = viewer.state.services.cases.catalogue();
    let old = draft.from.as_ref().and_then(|from| catalogue.get(from));
    let lines = old.map(|old| difference::between(old, new, catalogue.references())).unwrap_or_default();
    lines.iter().map(|line| show::pick(viewer, line)).collect()
}

/// `GET /procedure-drafts/{draft}`
pub async fn show_one(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    viewer.page(&draft_page(&viewer, &draft, vec![]).await?).await
}

async fn draft_page(viewer: &Viewer, draft: &Draft, errors: Vec<Wrong>) -> Result<DraftPage, Problem> {
    let read = viewer.state.services.cases.read_draft(draft);
    let names = show::names(viewer, draft.story.iter().map(|(who, ..)| who.as_str())).await?;
    let told = |(who, at, kind, note): &(String, Timestamp, String, String)| {
        let what = viewer.say(&format!("act-{}", kind.replace(['.', '_'], "-")), &[]);
        (show::name_of(&names, who), *at, what, note.clone())
    };
    let head = DraftHead::of(draft);
    let asked =
        [("save", "procedure.draft_saved"), ("check", "procedure.draft_checked"), ("adopt", "procedure.adopted")];
    // Adopting asks for the second factor with the very request: here it is only asked whether it could be.
    let fresh = viewer.ctx.clone().stepped_up();
    let policies = viewer.state.services.journal.policies();
    let may = asked.into_iter().filter(|(_, kind)| policies.decide(&fresh, kind, &draft.resource()).allowed);
    Ok(DraftPage {
        from: draft.from.as_ref().map(|from| {
            let words = viewer.say("version-n", &[("n", &from.version.to_string())]);
            Link::new(format!("/procedures/{}?version={}", from.id, from.version), words)
        }),
        becomes: read.as_ref().ok().map(|p| (i64::from(p.version), p.valid_from.to_string())),
        changes: read.as_ref().map(|new| changes(viewer, draft, new)).unwrap_or_default(),
        steps: read.as_ref().map(|new| steps(viewer, draft, new)).unwrap_or_default(),
        found: read.as_ref().err().map(|problems| Found::all(viewer, &draft.text, problems)).unwrap_or_default(),
        sha256: draft.sha256.to_string(),
        story: draft.story.iter().map(told).collect(),
        may: if head.open { may.map(|(name, _)| name).collect() } else { vec![] },
        mine: viewer.ctx.person().is_some_and(|p| draft.drafters.contains(p.id.as_str())),
        draft: head,
        errors,
    })
}

fn steps(viewer: &Viewer, draft: &Draft, procedure: &Procedure) -> Vec<Link> {
    let one = |s: &procedure::Step| {
        Link::new(format!("/procedure-drafts/{}/steps/{}", draft.id, s.key), show::pick(viewer, &s.title))
    };
    procedure.steps.iter().map(one).collect()
}

// --------------------------------------------------------------------------------------------------------- the text

/// `GET /procedure-drafts/{draft}/text`
pub async fn text(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    viewer.page(&text_page(&viewer, &draft, draft.text.clone(), String::new(), vec![])).await
}

fn text_page(viewer: &Viewer, draft: &Draft, text: String, note: String, errors: Vec<Wrong>) -> DraftTextPage {
    let typed = Draft { text: text.clone(), ..draft.clone() };
    let found = viewer.state.services.cases.read_draft(&typed).err().unwrap_or_default();
    let found = Found::all(viewer, &text, &found);
    DraftTextPage { draft: DraftHead::of(draft), found, text, note, errors }
}

/// `POST /procedure-drafts/{draft}/text`: saved also while something is wrong, so that nothing typed is lost.
pub async fn save_text(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (text, note) = (posted.fields.take("text"), posted.fields.take("note"));
    let only_check = posted.fields.opt("try").is_some();
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let draft = find(viewer, &id).await?;
    if only_check && text.len() <= MAX_TEXT {
        return viewer.page(&text_page(viewer, &draft, text, note, vec![])).await;
    }
    let saved = viewer.state.services.cases.save_draft(&viewer.ctx, &id, posted.version, text.clone(), &note).await;
    match saved {
        Ok(()) => Ok(done(&format!("/procedure-drafts/{id}"), "done-draft-saved")),
        Err(problem) => {
            let page = async |errors| Ok(text_page(viewer, &draft, text, note, errors));
            posted.again(problem, &format!("/procedure-drafts/{id}/text"), vec![], page).await
        }
    }
}

// -------------------------------------------------------------------------------------------------------- the forms

/// The procedure of a draft that a form can show; a draft with errors is changed as a text.
fn readable(viewer: &Viewer, draft: &Draft) -> Result<Arc<Procedure>, Problem> {
    let read = viewer.state.services.cases.read_draft(draft);
    read.map_err(|problems| {
        Problem::refused("draft-wrong").arg("n", problems.len()).arg("line", problems.first().map_or(1, |p| p.line))
    })
}

/// `GET /procedure-drafts/{draft}/head`
pub async fn head(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    let head = Head::of(&*readable(&viewer, &draft)?);
    let until = head.valid_until.map(Day::short).unwrap_or_default();
    let values = [
        head.title.vi,
        head.title.en,
        head.summary.vi,
        head.summary.en,
        head.basis.join("\n"),
        head.valid_from.short(),
        until,
    ];
    let values = HEAD.into_iter().zip(values).collect();
    let page = DraftHeadPage { draft: DraftHead::of(&draft), values, verified: head.verified, errors: vec![] };
    viewer.page(&page).await
}

/// `POST /procedure-drafts/{draft}/head`
pub async fn save_head(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let typed = HEAD.map(|name| posted.fields.take(name));
    let verified = !posted.fields.take("verified").is_empty();
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let draft = find(viewer, &id).await?;
    match save_head_as(viewer, &draft, posted.version, &typed, verified).await {
        Ok(()) => Ok(done(&format!("/procedure-drafts/{id}"), "done-draft-saved")),
        Err(problem) => {
            let values = HEAD.into_iter().zip(typed).collect();
            let page = async |errors| Ok(DraftHeadPage { draft: DraftHead::of(&draft), values, verified, errors });
            posted.again(problem, &format!("/procedure-drafts/{id}/head"), vec![], page).await
        }
    }
}

async fn save_head_as(
    viewer: &Viewer,
    draft: &Draft,
    seen: i64,
    typed: &[String; 7],
    verified: bool,
) -> Result<(), Problem> {
    let old = Head::of(&*readable(viewer, draft)?);
    let [vi, en, about_vi, about_en, basis, from, until] =
        typed.each_ref().map(|text| kernel::text::nfc(text.trim()).into_owned());
    let new = Head {
        title: Text { vi, en },
        summary: Text { vi: about_vi, en: about_en },
        basis: basis.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        valid_from: day("valid-from", &from)?.ok_or_else(|| Problem::field("valid-from", "field-required"))?,
        valid_until: day("valid-until", &until)?,
        verified,
    };
    let text = amend::head(&draft.text, &old, &new).map_err(|_| Problem::refused("draft-over"))?;
    let note = viewer.say("draft-note-head", &[]);
    viewer.state.services.cases.save_draft(&viewer.ctx, &draft.id, seen, text, &note).await
}

fn day(name: &'static str, text: &str) -> Result<Option<Day>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    Day::parse(text).map(Some).map_err(|_| Problem::field(name, "field-not-a-day"))
}

/// `GET /procedure-drafts/{draft}/steps/{step}`
pub async fn step(viewer: Member, Path((id, key)): Path<(String, String)>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    let procedure = readable(&viewer, &draft)?;
    let step = procedure.step(&key).ok_or_else(|| Problem::not_found("step", &key))?;
    let form = StepForm::of(step);
    let deadline = form.deadline.as_ref();
    let threshold = form.threshold.as_ref();
    let values = [
        form.title.vi.clone(),
        form.title.en.clone(),
        form.todo.vi.clone(),
        form.todo.en.clone(),
        form.owners.join("\n"),
        form.escalate.clone().unwrap_or_default(),
        deadline.map(|d| d.days.to_string()).unwrap_or_default(),
        if deadline.is_some_and(|d| d.working) { "working-days".into() } else { "days".into() },
        deadline.map_or_else(|| "entered".into(), |d| d.from.clone()),
        if deadline.is_some_and(|d| d.before) { "yes".into() } else { String::new() },
        deadline.and_then(|d| d.basis.clone()).unwrap_or_default(),
        threshold.map(|t| t.0.clone()).unwrap_or_default(),
        threshold.and_then(|t| t.1.clone()).unwrap_or_default(),
    ];
    let values = STEP.into_iter().zip(values).collect();
    let mut marks = Vec::new();
    if deadline.is_some_and(|d| d.verified) {
        marks.push("deadline-verified");
    }
    if threshold.is_some_and(|t| t.2) {
        marks.push("threshold-verified");
    }
    viewer.page(&step_page(&viewer, &draft, &procedure, step, values, marks, vec![])).await
}

fn step_page(
    viewer: &Viewer,
    draft: &Draft,
    procedure: &Procedure,
    step: &procedure::Step,
    values: BTreeMap<&'static str, String>,
    marks: Vec<&'static str>,
    errors: Vec<Wrong>,
) -> DraftStepPage {
    let catalogue = viewer.state.services.cases.catalogue();
    let references = catalogue.references();
    let said = |text: &Text| show::pick(viewer, text);
    let mut events = vec![
        Choice::new("entered", viewer.say("event-entered", &[])),
        Choice::new("opened", viewer.say("event-opened", &[])),
    ];
    let left = |s: &&procedure::Step| s.key != step.key && s.kind != procedure::StepKind::End;
    events.extend(
        procedure
            .steps
            .iter()
            .filter(left)
            .map(|s| Choice::new(format!("left:{}", s.key), viewer.say("event-left", &[("step", &said(&s.title))]))),
    );
    let dates = procedure.form.iter().chain(procedure.steps.iter().flat_map(|s| &s.fields));
    events.extend(
        dates
            .filter(|f| f.kind == procedure::model::FieldKind::Date)
            .map(|f| Choice::new(format!("field:{}", f.key), viewer.say("event-field", &[("field", &said(&f.label))]))),
    );
    let threshold = |text: &&str| {
        let read = procedure::Threshold::parse(text).ok();
        Choice::new(*text, read.map(|t| said(&t.explain())).unwrap_or_default())
    };
    let mut thresholds: Vec<Choice> =
        ["> 1/2 of all", ">= 2/3 of all", ">= 3/4 of all", "> 1/2 of answered"].iter().map(threshold).collect();
    if let Some(own) =
        step.ballot.as_ref().map(|b| b.threshold).filter(|t| thresholds.iter().all(|c| c.value != t.to_string()))
    {
        thresholds.push(Choice::new(own.to_string(), said(&own.explain())));
    }
    let owned =
        !matches!(step.kind, procedure::StepKind::End | procedure::StepKind::Ballot | procedure::StepKind::Opinion);
    let mut seats: Vec<Choice> = references
        .positions
        .iter()
        .filter(|(code, _)| code.contains('@'))
        .map(|(code, name)| Choice::new(code, said(name)))
        .collect();
    for body in references.bodies.iter().filter(|(code, _)| !code.ends_with('*')) {
        for position in ["head", "deputy-head", "expert", "clerk"] {
            if let Some(owner) = procedure::model::Owner::parse(&format!("{position}@{}", body.0)) {
                let name = said(&explain::owner(procedure, references, &owner));
                if seats.iter().all(|known| known.value != owner.to_string()) {
                    seats.push(Choice::new(owner.to_string(), name));
                }
            }
        }
    }
    DraftStepPage {
        draft: DraftHead::of(draft),
        step: step.key.clone(),
        name: said(&step.title),
        values,
        marks,
        owned,
        votes: step.ballot.is_some(),
        owners: step.owners.iter().map(|o| said(&explain::owner(procedure, references, o))).collect(),
        events,
        units: vec![
            Choice::new("working-days", viewer.say("unit-working-days", &[])),
            Choice::new("days", viewer.say("unit-days", &[])),
        ],
        thresholds,
        seats,
        errors,
    }
}

/// `POST /procedure-drafts/{draft}/steps/{step}`
pub async fn save_step(Path((id, key)): Path<(String, String)>, mut posted: Posted) -> Result<Response, Failure> {
    let typed = STEP.map(|name| posted.fields.take(name));
    let marks: Vec<&'static str> = ["deadline-verified", "threshold-verified"]
        .into_iter()
        .filter(|name| !posted.fields.take(name).is_empty())
        .collect();
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let draft = find(viewer, &id).await?;
    let procedure = readable(viewer, &draft)?;
    let step = procedure.step(&key).ok_or_else(|| Problem::not_found("step", &key))?;
    match save_step_as(viewer, &draft, step, posted.version, &typed, &marks).await {
        Ok(()) => Ok(done(&format!("/procedure-drafts/{id}"), "done-draft-saved")),
        Err(problem) => {
            let values = STEP.into_iter().zip(typed).collect();
            let page = async |errors| Ok(step_page(viewer, &draft, &procedure, step, values, marks, errors));
            posted.again(problem, &format!("/procedure-drafts/{id}/steps/{key}"), vec![], page).await
        }
    }
}

async fn save_step_as(
    viewer: &Viewer,
    draft: &Draft,
    step: &procedure::Step,
    seen: i64,
    typed: &[String; 13],
    marks: &[&str],
) -> Result<(), Problem> {
    let old = StepForm::of(step);
    let [vi, en, todo_vi, todo_en, owners, escalate, days, unit, event, before, basis, threshold, threshold_basis] =
        typed.each_ref().map(|text| kernel::text::nfc(text.trim()).into_owned());
    let filled = |text: String| (!text.is_empty()).then_some(text);
    let seat = |name: &'static str, text: &str| match procedure::model::Owner::parse(text) {
        Some(owner) => Ok(owner.to_string()),
        None => Err(Problem::field(name, "field-not-a-seat")),
    };
    let owners = owners.lines().map(str::trim).filter(|l| !l.is_empty());
    let deadline = match filled(days) {
        None => None,
        Some(days) => Some(DeadlineForm {
            days: days.parse().map_err(|_| Problem::field("days", "field-not-a-number"))?,
            working: unit == "working-days",
            from: event,
            before: !before.is_empty(),
            basis: filled(basis),
            verified: marks.contains(&"deadline-verified"),
        }),
    };
    let threshold = match (step.ballot.is_some(), procedure::Threshold::parse(&threshold)) {
        (false, _) => None,
        (true, Ok(read)) => Some((read.to_string(), filled(threshold_basis), marks.contains(&"threshold-verified"))),
        (true, Err(_)) => return Err(Problem::field("threshold", "field-not-an-option")),
    };
    let new = StepForm {
        title: Text { vi, en },
        todo: Text { vi: todo_vi, en: todo_en },
        owners: owners.map(|line| seat("owners", line)).collect::<Result<_, _>>()?,
        escalate: filled(escalate).map(|text| seat("escalate", &text)).transpose()?,
        deadline,
        threshold,
    };
    let text = amend::step(&draft.text, &step.key, &old, &new).ok().flatten();
    let text = text.ok_or_else(|| Problem::not_found("step", &step.key))?;
    let note = viewer.say("draft-note-step", &[("step", &show::pick(viewer, &step.title))]);
    viewer.state.services.cases.save_draft(&viewer.ctx, &draft.id, seen, text, &note).await
}

// ------------------------------------------------------------------------------------- checking, withdrawing, adopting

/// `POST /procedure-drafts/{draft}/check`
pub async fn check(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let note = posted.fields.take("note");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let checked = viewer.state.services.cases.check_draft(&viewer.ctx, &id, posted.version, &note).await;
    answered(&posted, &id, checked, "done-draft-checked").await
}

/// `POST /procedure-drafts/{draft}/withdraw`
pub async fn withdraw(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let reason = posted.fields.take("reason");
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let gone = viewer.state.services.cases.withdraw_draft(&viewer.ctx, &id, posted.version, &reason).await;
    answered(&posted, &id, gone, "done-draft-withdrawn").await
}

async fn answered(posted: &Posted, id: &str, result: Result<(), Problem>, word: &str) -> Result<Response, Failure> {
    match result {
        Ok(()) => Ok(done(&format!("/procedure-drafts/{id}"), word)),
        Err(problem) => {
            let draft = find(&posted.viewer, id).await?;
            let page = async |errors| draft_page(&posted.viewer, &draft, errors).await;
            posted.again(problem, &format!("/procedure-drafts/{id}"), vec![], page).await
        }
    }
}

/// `GET /procedure-drafts/{draft}/adopt`
pub async fn adopt(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let draft = find(&viewer, &id).await?;
    viewer.page(&adopt_page(&viewer, &draft, vec![])?).await
}

fn adopt_page(viewer: &Viewer, draft: &Draft, errors: Vec<Wrong>) -> Result<AdoptPage, Problem> {
    let kind = <Adopted as kernel::ActBody>::KIND;
    let fresh = viewer.ctx.clone().stepped_up();
    viewer.state.services.journal.policies().require(&fresh, kind, &draft.resource())?;
    let procedure = readable(viewer, draft)?;
    let statement = viewer.state.services.cases.adoption_statement(&viewer.ctx, draft)?;
    let fact = |key: &str, value: String| Fact::new(viewer.say(key, &[]), value);
    Ok(AdoptPage {
        draft: DraftHead::of(draft),
        says: vec![
            fact("procedure-name", show::pick(viewer, &procedure.title)),
            fact("version", procedure.version.to_string()),
            fact("procedure-valid", procedure.valid_from.short()),
            fact("draft-sha256", draft.sha256.to_string()),
        ],
        changes: changes(viewer, draft, &procedure),
        statement,
        errors,
    })
}

/// `POST /procedure-drafts/{draft}/adopt`: the adopter's own signed act.
pub async fn adopted(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let fresh = posted.step_up().await;
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    let draft = find(viewer, &id).await?;
    let result = match fresh {
        Ok(ctx) => viewer.state.services.cases.adopt_draft(&ctx, &id, posted.version).await,
        Err(problem) => Err(problem),
    };
    match result {
        Ok(version) => {
            Ok(done(&format!("/procedures/{}?version={}", version.id, version.version), "done-draft-adopted"))
        }
        Err(problem) => {
            let page = async |errors| adopt_page(viewer, &draft, errors);
            posted.again(problem, &format!("/procedure-drafts/{id}"), vec![], page).await
        }
    }
}
