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
    Procedure, ProcedureRef, Step, Text,
    draw::{self, Language},
    explain,
};
use serde::{Deserialize, Serialize};

/// The catalogue.
#[derive(Debug, Serialize)]
pub struct ProceduresPage {
    /// Procedures by field of work.
    pub fields: Vec<FieldOfWork>,
    /// Files that are refused, with what is wrong in them.
    pub refused: Vec<RefusedFile>,
}

/// A declaration that is refused. What is wrong is said in the words of the language, which is English.
#[derive(Debug, Serialize)]
pub struct RefusedFile {
    /// The file, relative to the catalogue.
    pub file: String,
    /// Line, what is wrong, how to mend it.
    pub problems: Vec<(usize, String, String)>,
}

impl Page for ProceduresPage {
    const TEMPLATE: &'static str = "procedures.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let one = FieldOfWork { field: "lawmaking".into(), procedures: vec![ProcedureRow::sample()] };
        let two = FieldOfWork { field: "oversight".into(), procedures: vec![ProcedureRow::sample()] };
        let problem = (12, "the step read has no owner".into(), "write owner = \"position@body\"".into());
        let refused = vec![RefusedFile { file: "direction/meeting.toml".into(), problems: vec![problem] }];
        vec![
            ("one field", ProceduresPage { fields: vec![one], refused: Vec::new() }),
            ("a refused file", ProceduresPage { fields: vec![two], refused }),
        ]
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
    /// Other versions.
    pub versions: Vec<Link>,
}

/// A step in words.
#[derive(Debug, Clone, Serialize)]
pub struct StepRules {
    /// Its name.
    pub name: String,
    /// What is done.
    pub todo: String,
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
            versions: vec![],
        };
        vec![("one", page)]
    }
}

/// `GET /procedures`
pub async fn list(viewer: Member) -> Result<Response, Failure> {
    let catalogue = viewer.state.services.cases.catalogue();
    let mut refused: Vec<RefusedFile> = Vec::new();
    for found in catalogue.problems() {
        let problem = (found.line, found.what.clone(), found.mend.clone());
        match refused.iter_mut().find(|file| file.file == found.file) {
            Some(file) => file.problems.push(problem),
            None => refused.push(RefusedFile { file: found.file.clone(), problems: vec![problem] }),
        }
    }
    viewer.page(&ProceduresPage { fields: by_field(&viewer, catalogue.newest()), refused }).await
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
        None => catalogue.newest().find(|p| p.id == id).cloned(),
    };
    let procedure = found.ok_or_else(|| Problem::not_found("procedure", &id))?;
    let others = catalogue.all().filter(|p| p.id == id && p.version != procedure.version);
    let versions = others.map(|p| {
        let words = viewer.say("version-n", &[("n", &p.version.to_string())]);
        Link::new(format!("/procedures/{id}?version={}", p.version), words)
    });
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
        versions: versions.collect(),
        procedure: procedure_row(&viewer, &procedure),
    };
    viewer.page(&page).await
}

fn step_rules(viewer: &Viewer, procedure: &Procedure, step: &Step) -> StepRules {
    let references = viewer.state.services.cases.catalogue().references();
    let line = |text: Text, basis: Option<&String>, verified: bool| RuleLine {
        words: show::pick(viewer, &text),
        basis: basis.cloned().unwrap_or_default(),
        verified,
    };
    let mut rules = Vec::new();
    if let Some(deadline) = &step.deadline {
        rules.push(line(
            explain::deadline(procedure, deadline),
            deadline.source.basis.as_ref(),
            deadline.source.verified,
        ));
    }
    let ballot = step.ballot.as_ref().map(|b| &b.source);
    for rule in &step.next {
        let verified = rule.when.is_none() || ballot.is_none_or(|s| s.verified);
        rules.push(line(explain::rule(procedure, step, rule), ballot.and_then(|s| s.basis.as_ref()), verified));
    }
    StepRules {
        name: show::pick(viewer, &step.title),
        todo: show::pick(viewer, &step.todo),
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

fn language(viewer: &Viewer) -> Language {
    match viewer.lang() {
        Lang::Vi => Language::Vietnamese,
        Lang::En => Language::English,
    }
}
