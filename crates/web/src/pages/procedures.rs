//! The catalogue of procedures, and one procedure with its steps and rules in words.

use super::open_case::{by_field, procedure_row};
use super::{
    case::Fact,
    open_case::{FieldOfWork, ProcedureRow},
};
use crate::{
    render::Page,
    show,
    trouble::Failure,
    view::Link,
    viewer::{Member, Viewer},
    words::Lang,
};
use axum::{
    extract::{Path, Query},
    response::Response,
};
use kernel::Problem;
use procedure::{
    Catalogue, Procedure, ProcedureRef, Step, Text,
    draw::{self, Language},
    explain,
};
use serde::{Deserialize, Serialize};

/// A declaration that is refused.
#[derive(Debug, Serialize)]
pub struct RefusedFile {
    /// The file, relative to the catalogue.
    pub file: String,
    /// Line, what is wrong, how to mend it.
    pub problems: Vec<(usize, String, String)>,
}

/// The catalogue.
#[derive(Debug, Serialize)]
pub struct ProceduresPage {
    /// Procedures by field of work.
    pub fields: Vec<FieldInUse>,
    /// How many run, of how many declared, and the share in hundredths of a per cent.
    pub share: (i64, i64, i64),
    /// What was looked for.
    pub q: String,
    /// How many match.
    pub found: i64,
    /// Files that are refused, with what is wrong in them.
    pub refused: Vec<RefusedFile>,
}

/// The procedures of a field with how many run and their cases.
#[derive(Debug, Clone, Serialize)]
pub struct FieldInUse {
    /// The field: `lawmaking`.
    pub field: String,
    /// Its procedures, each with how many of its open cases the reader may know of.
    pub procedures: Vec<(ProcedureRow, i64)>,
    /// How many declarations of the field run, of how many there are.
    pub runs: (i64, i64),
}

impl Page for ProceduresPage {
    const TEMPLATE: &'static str = "procedures.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let one = FieldInUse { field: "lawmaking".into(), procedures: vec![(ProcedureRow::sample(), 3)], runs: (1, 2) };
        let problem = (
            12,
            "Bước “read” không có người thực hiện.".into(),
            "Ghi owner = \"chức-vụ@cơ-quan\" vào bước này.".into(),
        );
        let wrong = RefusedFile { file: "direction/meeting.toml".into(), problems: vec![problem] };
        let page =
            |fields, q: &str| ProceduresPage { fields, share: (53, 54, 9815), q: q.into(), found: 1, refused: vec![] };
        let refused = ProceduresPage { refused: vec![wrong], ..page(vec![one], "") };
        vec![("a refused file", refused), ("nothing found", ProceduresPage { found: 0, ..page(vec![], "xyz") })]
    }
}

/// A procedure.
#[derive(Debug, Serialize)]
pub struct ProcedurePage {
    /// The procedure.
    pub procedure: ProcedureRow,
    /// Its version.
    pub version: i64,
    /// The field of work.
    pub field: String,
    /// Legal bases.
    pub bases: Vec<String>,
    /// The first day on which it applies.
    pub from: String,
    /// The last day.
    pub until: Option<String>,
    /// Steps in reading order.
    pub steps: Vec<StepRules>,
    /// Documents needed and produced.
    pub documents: Vec<Fact>,
    /// What an issued document changes.
    pub effects: Vec<String>,
    /// Its drawing as SVG, in the colours of the page; made by the engine, every text in it escaped.
    pub drawing: String,
    /// All versions, newest first.
    pub versions: Vec<VersionLine>,
    /// Whether the reader may draft the next version.
    pub may_draft: bool,
    /// Open cases that the reader may know of, over all versions.
    pub cases: i64,
    /// The whole text.
    pub text: String,
}

/// A version of the procedure.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    /// Its page.
    pub link: Link,
    /// The first day, and the last when there is one.
    pub from: String,
    /// The last day.
    pub until: Option<String>,
    /// New cases follow it today.
    pub in_force: bool,
    /// It is the one shown.
    pub here: bool,
    /// Who adopted it here; empty for one from a file.
    pub adopted_by: String,
    /// Its act in the journal.
    pub act: Option<String>,
}

/// A step in words.
#[derive(Debug, Clone, Serialize)]
pub struct StepRules {
    /// Its name.
    pub name: String,
    /// What is done.
    pub todo: String,
    /// What kind of step.
    pub kind: String,
    /// Who does it.
    pub owners: Vec<String>,
    /// Its rules, one sentence each.
    pub rules: Vec<RuleLine>,
}

/// A rule in words.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLine {
    /// The sentence.
    pub words: String,
    /// Its legal source, where one is named.
    pub basis: String,
    /// Whether it was read in the source.
    pub verified: bool,
}

impl Page for ProcedurePage {
    const TEMPLATE: &'static str = "procedure.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let rule = |words: &str, verified| RuleLine {
            words: words.into(),
            basis: "Nghị quyết 29/2022/UBTVQH15".into(),
            verified,
        };
        let step = |name: &str| StepRules {
            name: name.into(),
            todo: "Mỗi Ủy viên cho ý kiến bằng phiếu.".into(),
            kind: "phiếu lấy ý kiến".into(),
            owners: vec!["Ủy viên Ủy ban Thường vụ Quốc hội".into()],
            rules: vec![
                rule("Hạn 10 ngày kể từ khi gửi phiếu.", false),
                rule("Quá nửa tổng số Ủy viên tán thành thì chuyển Chủ tịch Quốc hội ký.", true),
            ],
        };
        let page = ProcedurePage {
            procedure: ProcedureRow::sample(),
            version: 1,
            field: "lawmaking".into(),
            bases: vec!["Luật Tổ chức Quốc hội".into()],
            from: "2024-12-01".into(),
            until: None,
            steps: vec![step("Soạn thảo"), step("Lấy ý kiến Ủy viên")],
            documents: vec![Fact::new("Nghị quyết", "Soạn theo mẫu; lấy số từ sổ nq-ubtvqh")],
            effects: vec!["Lập Ban soạn thảo với thành viên nêu trong hồ sơ.".into()],
            drawing: "<svg role=\"img\" aria-label=\"Sơ đồ\" viewBox=\"0 0 10 10\"></svg>".into(),
            versions: vec![VersionLine {
                link: Link::new("/procedures/x?version=1", "Phiên bản 1"),
                from: "2024-12-01".into(),
                until: None,
                in_force: true,
                here: true,
                adopted_by: "Đại biểu 014".into(),
                act: Some("/journal/procedure:x/2".into()),
            }],
            may_draft: true,
            cases: 3,
            text: "id = \"x\"\n".into(),
        };
        vec![("one", page)]
    }
}

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    q: String,
}

/// `GET /procedures`
pub async fn list(viewer: Member, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    let cases = &viewer.state.services.cases;
    let catalogue = cases.catalogue();
    let counts = cases.open_by_procedure(&viewer.ctx).await?;
    let q: String = wanted.q.trim().chars().take(100).collect();
    let looked = kernel::text::fold(&q);
    let matches = |p: &Procedure| {
        let basis = p.basis.join(" ");
        let words = [&p.title.vi, &p.title.en, &p.summary.vi, &p.summary.en, &p.id, &basis];
        looked.split(' ').all(|word| words.iter().any(|text| kernel::text::fold(text).contains(word)))
    };
    let failed: std::collections::BTreeSet<&str> = catalogue.problems().iter().map(|p| p.file.as_str()).collect();
    let of_field = |field: &str| failed.iter().filter(|file| file.starts_with(&format!("{field}/"))).count();
    let in_use = |f: FieldOfWork| {
        let declared = catalogue.newest().filter(|p| p.field.code() == f.field).count();
        // A file that stands as it was recorded is refused, and the procedure still runs.
        let broken = failed.iter().filter(|file| file.starts_with(&format!("{}/", f.field)));
        let lost = broken.filter(|file| catalogue.all().all(|p| p.file != **file)).count().min(of_field(&f.field));
        let number = |n: usize| i64::try_from(n).unwrap_or(0);
        let procedures = f.procedures.into_iter().map(|row| {
            let open = counts.get(&row.id).copied().unwrap_or_default();
            (row, open)
        });
        FieldInUse {
            procedures: procedures.collect(),
            runs: (number(declared), number(declared + lost)),
            field: f.field,
        }
    };
    let fields: Vec<FieldInUse> =
        by_field(&viewer, catalogue.newest().filter(|p| matches(p))).into_iter().map(in_use).collect();
    let runs = i64::try_from(catalogue.newest().count()).unwrap_or(0);
    let lost = failed.iter().filter(|file| file.contains('/') && catalogue.all().all(|p| p.file != **file)).count();
    let all = runs + i64::try_from(lost).unwrap_or(0);
    let found = fields.iter().map(|f| f.procedures.len()).sum::<usize>();
    let mut refused: Vec<RefusedFile> = Vec::new();
    for found in catalogue.problems() {
        let problem = (found.line, show::pick(&viewer, &found.what), show::pick(&viewer, &found.mend));
        match refused.iter_mut().find(|file| file.file == found.file) {
            Some(file) => file.problems.push(problem),
            None => refused.push(RefusedFile { file: found.file.clone(), problems: vec![problem] }),
        }
    }
    let page = ProceduresPage {
        fields,
        share: (runs, all, if all > 0 { runs * 10_000 / all } else { 0 }),
        q,
        found: i64::try_from(found).unwrap_or(0),
        refused,
    };
    viewer.page(&page).await
}

/// Which version.
#[derive(Debug, Deserialize)]
pub struct Which {
    version: Option<u32>,
}

/// `GET /procedures/{procedure}`
pub async fn show(viewer: Member, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Response, Failure> {
    let catalogue = viewer.state.services.cases.catalogue();
    let found = match which.version {
        Some(version) => catalogue.get(&ProcedureRef { id: id.clone(), version }).cloned(),
        None => in_force(&viewer, &catalogue, &id),
    };
    let procedure = found.ok_or_else(|| Problem::not_found("procedure", &id))?;
    let versions = versions(&viewer, &catalogue, &procedure).await?;
    let counts = viewer.state.services.cases.open_by_procedure(&viewer.ctx).await?;
    let document = |d: &procedure::model::DocumentSpec| {
        let how = viewer.say(if d.paper.is_some() { "document-written" } else { "document-attached" }, &[]);
        let number = d.register.as_ref().map(|r| viewer.say("document-numbered", &[("register", r)]));
        Fact::new(
            show::pick(&viewer, &d.title),
            [Some(how), number].into_iter().flatten().collect::<Vec<_>>().join("; "),
        )
    };
    let page = ProcedurePage {
        version: i64::from(procedure.version),
        field: procedure.field.code().into(),
        bases: procedure.basis.clone(),
        from: procedure.valid_from.to_string(),
        until: procedure.valid_until.map(|d| d.to_string()),
        steps: procedure.steps.iter().map(|s| step_rules(&viewer, &procedure, s)).collect(),
        documents: procedure.documents.iter().map(document).collect(),
        effects: procedure.effects.iter().map(|e| show::pick(&viewer, &e.says)).collect(),
        drawing: draw::svg(&procedure, None, language(&viewer)),
        versions,
        may_draft: super::drafts::may_draft(&viewer),
        cases: counts.get(&id).copied().unwrap_or_default(),
        text: catalogue.text(&procedure.reference()).map(ToString::to_string).unwrap_or_default(),
        procedure: procedure_row(&viewer, &procedure),
    };
    viewer.page(&page).await
}

/// The version that new cases follow today, or the newest when none is valid.
fn in_force(viewer: &Viewer, catalogue: &Catalogue, id: &str) -> Option<std::sync::Arc<Procedure>> {
    let today = catalogue.valid_on(id, viewer.state.now().day());
    today.or_else(|| catalogue.newest().find(|p| p.id == id)).cloned()
}

/// The versions, newest first, with where they come from and which is in force.
async fn versions(viewer: &Viewer, catalogue: &Catalogue, shown: &Procedure) -> Result<Vec<VersionLine>, Problem> {
    let standing = viewer.state.services.cases.standing(&shown.id).await?;
    let names = show::names(viewer, standing.iter().map(|s| s.who.as_str())).await?;
    let now = catalogue.valid_on(&shown.id, viewer.state.now().day()).map(|p| p.version);
    let audits = viewer.may("view.journal", &kernel::Resource::new("Journal", "journal", serde_json::json!({})));
    let line = |p: &std::sync::Arc<Procedure>| {
        let record = standing.iter().find(|s| s.number == p.version);
        VersionLine {
            link: Link::new(
                format!("/procedures/{}?version={}", p.id, p.version),
                viewer.say("version-n", &[("n", &p.version.to_string())]),
            ),
            from: p.valid_from.to_string(),
            until: p.valid_until.map(|d| d.to_string()),
            in_force: now == Some(p.version),
            here: p.version == shown.version,
            adopted_by: record.filter(|s| s.adopted).map(|s| show::name_of(&names, &s.who)).unwrap_or_default(),
            act: record.filter(|_| audits).map(|s| format!("/journal/procedure:{}/{}", p.id, s.act)),
        }
    };
    let mut all: Vec<VersionLine> = catalogue.all().filter(|p| p.id == shown.id).map(line).collect();
    all.reverse();
    Ok(all)
}

fn step_rules(viewer: &Viewer, procedure: &Procedure, step: &Step) -> StepRules {
    let catalogue = viewer.state.services.cases.catalogue();
    let references = catalogue.references();
    let line = |text: Text, basis: Option<&String>, verified: bool| RuleLine {
        words: show::pick(viewer, &text),
        basis: basis.cloned().unwrap_or_default(),
        verified,
    };
    let mut rules = Vec::new();
    let said = explain::step(procedure, references, step);
    let next = step.next.len();
    // Owners and deadline stand apart, with basis and mark; the rules of going on follow below.
    let told = said.len().saturating_sub(next);
    let own = |text: &Text| ["Người thực hiện:", "Thời hạn:", "Thông qua khi"].iter().any(|p| text.vi.starts_with(p));
    rules.extend(said.into_iter().take(told).filter(|t| !own(t)).map(|text| line(text, None, true)));
    if let Some(spec) = &step.ballot {
        let rule = spec.threshold.explain();
        let text = Text { vi: format!("Thông qua khi {}.", rule.vi), en: format!("Adopted with {}.", rule.en) };
        rules.push(line(text, spec.source.basis.as_ref(), spec.source.verified));
    }
    if let Some(deadline) = &step.deadline {
        let words = explain::deadline(procedure, deadline);
        rules.push(line(
            Text { vi: format!("Thời hạn: {}.", words.vi), en: format!("Deadline: {}.", words.en) },
            deadline.source.basis.as_ref(),
            deadline.source.verified,
        ));
    }
    let ballot = step.ballot.as_ref().map(|b| &b.source);
    for (at, rule) in step.next.iter().enumerate() {
        let verified = rule.when.is_none() || ballot.is_none_or(|s| s.verified);
        let mut told = line(explain::rule(procedure, step, rule), ballot.and_then(|s| s.basis.as_ref()), verified);
        // The number that stands beside its arrow in the drawing.
        if step.next.len() > 1 {
            told.words = viewer.say("procedure-rule-n", &[("n", &(at + 1).to_string()), ("rule", &told.words)]);
        }
        rules.push(told);
    }
    StepRules {
        name: show::pick(viewer, &step.title),
        todo: show::pick(viewer, &step.todo),
        kind: show::pick(viewer, &procedure::difference::step_kind(step.kind)),
        owners: step.owners.iter().map(|o| show::pick(viewer, &explain::owner(procedure, references, o))).collect(),
        rules,
    }
}

/// `GET /procedures/{procedure}/drawing.svg`
pub async fn drawing(viewer: Member, Path(id): Path<String>, Query(which): Query<Which>) -> Result<Response, Failure> {
    let catalogue = viewer.state.services.cases.catalogue();
    let found = match which.version {
        Some(version) => catalogue.get(&ProcedureRef { id: id.clone(), version }).cloned(),
        None => catalogue.newest().find(|p| p.id == id).cloned(),
    };
    let procedure = found.ok_or_else(|| Problem::not_found("procedure", &id))?;
    let drawn = draw::svg(&procedure, None, language(&viewer));
    Ok(super::document::inline("image/svg+xml", &format!("{id}.svg"), drawn.into()))
}

pub(crate) fn language(viewer: &Viewer) -> Language {
    match viewer.lang() {
        Lang::Vi => Language::Vietnamese,
        Lang::En => Language::English,
    }
}
