//! Opening a case: choose the procedure, then fill in the form that its declaration describes.

use crate::{
    declared::{self, Suggestions},
    form::Posted,
    render::Page,
    show,
    trouble::Failure,
    view::{Choice, Wrong},
    viewer::{Member, Viewer, done},
};
use axum::{extract::Path, response::Response};
use kernel::{Grade, Problem};
use procedure::{
    Procedure,
    model::{BodyRef, Owner, Work},
    tasks,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Which procedure?
#[derive(Debug, Serialize)]
pub struct ChoosePage {
    /// Procedures by field of work.
    pub fields: Vec<FieldOfWork>,
}

/// The procedures of a field.
#[derive(Debug, Serialize)]
pub struct FieldOfWork {
    /// The field: `lawmaking`.
    pub field: String,
    /// Its procedures.
    pub procedures: Vec<ProcedureRow>,
}

/// A procedure in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ProcedureRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Its legal basis.
    pub basis: String,
    /// How many steps it has.
    pub steps: i64,
    /// Whether all its rules are verified against a legal text.
    pub verified: bool,
    /// Whether the person may open a case under it.
    pub may_open: bool,
}

impl ProcedureRow {
    pub(crate) fn sample() -> ProcedureRow {
        ProcedureRow {
            id: "ubtvqh-resolution".into(),
            name: "Nghị quyết cá biệt của Ủy ban Thường vụ Quốc hội".into(),
            about: "Từ tờ trình đến nghị quyết được ký, cấp số, đóng dấu và công bố.".into(),
            basis: "Luật Tổ chức Quốc hội; Nghị quyết 29/2022/UBTVQH15".into(),
            steps: 6,
            verified: false,
            may_open: true,
        }
    }
}

impl Page for ChoosePage {
    const TEMPLATE: &'static str = "case_choose.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let one = FieldOfWork { field: "lawmaking".into(), procedures: vec![ProcedureRow::sample()] };
        vec![("one field", ChoosePage { fields: vec![one] }), ("none allowed", ChoosePage { fields: vec![] })]
    }
}

/// The form of a procedure or of one of its steps, made from its declaration.
#[derive(Debug, Serialize)]
pub struct CaseFormPage {
    /// The procedure.
    pub procedure: ProcedureRow,
    /// The title as typed.
    pub title: String,
    /// The declared fields.
    pub fields: Vec<DeclaredField>,
    /// Grades that the person may give.
    pub grades: Vec<Choice>,
    /// The grade as chosen.
    pub grade: String,
    /// Names that the inputs suggest.
    pub suggested: Suggestions,
    /// What happens after opening.
    pub after: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// A declared field.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeclaredField {
    /// Its name in the form.
    pub name: String,
    /// Its label.
    pub label: String,
    /// `text`, `long`, `number`, `date`, `choice`, `yes`, `person`, `body`, `list`.
    pub kind: &'static str,
    /// What was typed.
    pub value: String,
    /// Choices.
    pub choices: Vec<Choice>,
    /// What to write.
    pub hint: String,
    /// Whether it must be filled.
    pub required: bool,
    /// Rows of a list, each with its cells.
    pub rows: Vec<Vec<DeclaredField>>,
}

impl DeclaredField {
    pub(crate) fn samples() -> Vec<DeclaredField> {
        let field = |name: &str, label: &str, kind| DeclaredField {
            name: name.into(),
            label: label.into(),
            kind,
            required: true,
            ..DeclaredField::default()
        };
        vec![
            DeclaredField {
                choices: vec![Choice::new("ub-phap-luat-tu-phap", "Ủy ban Pháp luật và Tư pháp")],
                ..field("f.proposer", "Cơ quan trình", "body")
            },
            DeclaredField {
                hint: "Ví dụ 20/12/2024".into(),
                ..field("f.effective", "Ngày dự kiến có hiệu lực", "date")
            },
            DeclaredField { required: false, ..field("f.note", "Ghi chú", "long") },
            field("f.count", "Số thành viên", "number"),
            DeclaredField {
                rows: vec![vec![field("f.members.0.person", "Họ và tên", "person")]],
                ..field("f.members", "Thành viên", "list")
            },
            field("f.urgent", "Khẩn", "yes"),
        ]
    }
}

impl Page for CaseFormPage {
    const TEMPLATE: &'static str = "case_form.html";
    fn samples() -> Vec<(&'static str, Self)> {
        let page = |errors: Vec<Wrong>| CaseFormPage {
            procedure: ProcedureRow::sample(),
            title: "Thành lập Ban soạn thảo".into(),
            fields: DeclaredField::samples(),
            grades: vec![Choice::new("0", "Thường"), Choice::new("1", "Mật")],
            grade: "0".into(),
            suggested: Suggestions {
                people: vec!["Đại biểu 001 · person-1".into()],
                bodies: vec!["Ủy ban Thường vụ Quốc hội · ubtvqh".into()],
                positions: vec!["Ủy viên · member".into()],
            },
            after: "Sau khi mở, hồ sơ ở bước Soạn thảo và do Vụ Pháp luật xử lý.".into(),
            errors,
        };
        vec![
            ("empty", page(vec![])),
            (
                "wrong",
                page(vec![
                    Wrong::sample("f.effective", "Nhập ngày theo dạng 20/12/2024."),
                    Wrong::sample("title", "Nhập tên hồ sơ."),
                ]),
            ),
        ]
    }
}

/// A procedure as lists show it.
pub fn procedure_row(viewer: &Viewer, procedure: &Procedure) -> ProcedureRow {
    ProcedureRow {
        id: procedure.id.clone(),
        name: show::pick(viewer, &procedure.title),
        about: show::pick(viewer, &procedure.summary),
        basis: procedure.basis.join("; "),
        steps: i64::try_from(procedure.steps.len()).unwrap_or(0),
        verified: procedure.is_verified(),
        may_open: may_open(viewer, procedure),
    }
}

/// Whether the reader may open a case under a procedure: the owner of its first step may, and the policies agree.
fn may_open(viewer: &Viewer, procedure: &Procedure) -> bool {
    let services = &viewer.state.services;
    procedure.is_valid_on(viewer.state.now().day()) && services.cases.may_open(&viewer.ctx, procedure)
}

/// Procedures by field of work.
pub fn by_field<'a>(viewer: &Viewer, all: impl Iterator<Item = &'a Arc<Procedure>>) -> Vec<FieldOfWork> {
    let rows: Vec<(Work, ProcedureRow)> = all.map(|p| (p.field, procedure_row(viewer, p))).collect();
    let of = |work: Work| rows.iter().filter(|(w, _)| *w == work).map(|(_, row)| row.clone()).collect::<Vec<_>>();
    Work::ALL
        .into_iter()
        .map(|work| FieldOfWork { field: work.code().into(), procedures: of(work) })
        .filter(|f| !f.procedures.is_empty())
        .collect()
}

/// `GET /cases/new`
pub async fn choose(viewer: Member) -> Result<Response, Failure> {
    let catalogue = viewer.state.services.cases.catalogue();
    let fields = by_field(&viewer, catalogue.newest().filter(|p| may_open(&viewer, p)));
    viewer.page(&ChoosePage { fields }).await
}

/// `GET /cases/new/{procedure}`
pub async fn form(viewer: Member, Path(id): Path<String>) -> Result<Response, Failure> {
    let procedure = valid(&viewer, &id)?;
    let values = own_body(&viewer, &procedure);
    let page = form_page(&viewer, &procedure, String::new(), procedure.grade, &values, vec![]).await?;
    viewer.page(&page).await
}

/// The reader's own body, where the form asks which body begins: nearly always that is the one meant.
fn own_body(viewer: &Viewer, procedure: &Procedure) -> Map<String, Value> {
    let seats = tasks::opening_seats(procedure, &viewer.ctx.actor);
    let body = seats.first().and_then(|seat| seat.split_once('@')).map(|(_, body)| Value::from(body));
    let asked = procedure.first_step().owners.iter().find_map(|owner| match owner {
        Owner::Position { body: BodyRef::Field(key), .. } => Some(key.clone()),
        _ => None,
    });
    asked.zip(body).into_iter().collect()
}

fn valid(viewer: &Viewer, id: &str) -> Result<Arc<Procedure>, Problem> {
    let found = viewer.state.services.cases.catalogue().valid_on(id, viewer.state.now().day()).cloned();
    found.ok_or_else(|| Problem::not_found("procedure", id))
}

async fn form_page(
    viewer: &Viewer,
    procedure: &Procedure,
    title: String,
    grade: Grade,
    values: &Map<String, Value>,
    errors: Vec<Wrong>,
) -> Result<CaseFormPage, Problem> {
    let clearance = viewer.ctx.person().map(|p| p.clearance).unwrap_or_default();
    let grades = Grade::ALL.into_iter().filter(|g| *g >= procedure.grade && *g <= clearance.max(procedure.grade));
    let suggested = declared::suggestions(viewer, &procedure.form).await?;
    let first = show::pick(viewer, &procedure.first_step().title);
    Ok(CaseFormPage {
        procedure: procedure_row(viewer, procedure),
        title,
        fields: declared::fields(viewer, &procedure.form, values).await?,
        grades: grades
            .map(|g| Choice::new(g.level().to_string(), viewer.say(&format!("grade-{}", g.level()), &[])))
            .collect(),
        grade: grade.level().to_string(),
        suggested,
        after: viewer.say("case-open-after", &[("step", &first)]),
        errors,
    })
}

/// `POST /cases/new/{procedure}`
pub async fn open(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let procedure = valid(&posted.viewer, &id)?;
    let (title, row) = (posted.fields.take("title"), posted.fields.opt("row"));
    let grade = posted.fields.take("grade").parse::<u8>().ok().and_then(|g| Grade::try_from(g).ok());
    let grade = grade.unwrap_or(procedure.grade);
    let mut values = declared::values(&procedure.form, &posted.fields.below("f."));
    posted.fields.finish()?;
    let viewer = &posted.viewer;
    if let Some(row) = row {
        declared::change_rows(&mut values, &row);
        return viewer.page(&form_page(viewer, &procedure, title, grade, &values, vec![]).await?).await;
    }
    let cases = &viewer.state.services.cases;
    let opened = match declared::resolve(viewer, &procedure.form, &mut values).await {
        Ok(()) => cases.open(&viewer.ctx, &id, &title, grade, values.clone(), &posted.once).await,
        Err(problem) => Err(problem),
    };
    match opened {
        Ok(opened) => Ok(done(&format!("/cases/{}", opened.case), "done-opened")),
        Err(problem) => {
            let problem = declared::named_as_inputs(problem, &procedure.form);
            let page = async |errors| form_page(viewer, &procedure, title, grade, &values, errors).await;
            posted.again(problem, "/cases/new", vec![], page).await
        }
    }
}
