//! The minutes of a written ballot (biên bản kiểm phiếu): made by the program once the ballot is closed, a document of
//! the case with every member's answer.

use crate::{Cases, load::Loaded, timers::case_of};
use async_trait::async_trait;
use journal::{Change, JobDraft, JobError, Worker};
use kernel::{CaseId, DocumentId, Problem};
use procedure::{Event, event::BallotClosed, model::Choice, threshold::percent};
use records::{NewBody, NewDocument, Upload};
use serde_json::{Value, json};

const JOB: &str = "ballot-minutes";
/// The duty under which the program writes minutes.
const DUTY: &str = "minutes";
/// The paper form, and the key of the document in the case.
pub(crate) const FORM: &str = "bien-ban-kiem-phieu";

/// Writes the minutes of closed ballots.
pub(crate) struct BallotMinutes(pub Cases);

/// The job that writes the minutes of a ballot closed in the move that ends at `version`.
pub(crate) fn job(case: &CaseId, step: &str, version: i64) -> JobDraft {
    JobDraft::new(JOB, format!("{case}/{version}"), json!({ "case": case, "step": step, "version": version }))
}

#[async_trait]
impl Worker for BallotMinutes {
    fn kind(&self) -> &'static str {
        JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let step = payload.get("step").and_then(Value::as_str).unwrap_or_default();
        let version = payload.get("version").and_then(Value::as_i64).unwrap_or_default();
        Ok(self.0.write_minutes(&case_of(payload)?, step, version).await?)
    }
}

impl Cases {
    async fn write_minutes(&self, id: &CaseId, step: &str, version: i64) -> Result<(), Problem> {
        let ctx = self.program(DUTY);
        let loaded = self.load(&ctx, id).await?;
        let closed = closed_in(&loaded, step, version)?;
        let Some((closed, at)) = closed else { return Ok(()) };
        let data = self.minutes(&loaded, &closed, at).await?;
        let papers = self.records.papers().clone();
        let paper =
            tokio::task::spawn_blocking(move || papers.render(FORM, &data, at)).await.map_err(Problem::fault)??;
        let day = at.day();
        let new = NewDocument {
            kind: FORM.to_owned(),
            title: format!("Biên bản kiểm phiếu lấy ý kiến, {}", day.words()),
            form: None,
            register: None,
            body: NewBody::Upload(Upload { name: format!("{FORM}.pdf"), bytes: paper.pdf }),
            note: String::new(),
        };
        // The same ballot names the same document, so the job may run twice.
        let document = DocumentId::new(format!("document-{}-{version}", id.as_str().trim_start_matches("case-")));
        let document = document.map_err(Problem::fault)?;
        let planned = self.records.plan_record(id, &loaded.access, Some(document), new).await?;
        match self.journal.commit(&ctx, planned.join(Change::new())).await {
            Ok(_) | Err(Problem::Conflict { .. }) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn minutes(&self, loaded: &Loaded, closed: &BallotClosed, at: kernel::Timestamp) -> Result<Value, Problem> {
        let step = loaded.procedure.step(&closed.step);
        let spec = step.and_then(|step| step.ballot.as_ref());
        let spec = spec.ok_or_else(|| Problem::fault(format!("{} is no ballot", closed.step)))?;
        let (casts, opened) = answers(loaded, &closed.step, closed)?;
        let names = self.directory.names(casts.iter().map(|(cast, _)| &cast.by)).await?;
        let mut ballots: Vec<(String, Value)> = Vec::with_capacity(casts.len());
        for (cast, when) in &casts {
            let name = names.get(&cast.by).cloned().unwrap_or_else(|| cast.by.to_string());
            let label = label(&spec.answers, &cast.answer);
            let choice = if cast.text.is_empty() { label } else { format!("{label}: {}", cast.text) };
            ballots.push((kernel::text::name_key(&name), json!({ "name": name, "choices": [choice], "at": when })));
        }
        ballots.sort_by(|a, b| a.0.cmp(&b.0));
        let of = |at: usize| spec.answers.get(at).and_then(|c| closed.count.answers.get(&c.code)).copied().unwrap_or(0);
        let count = &closed.count;
        let share = |hundredths: Option<u32>| hundredths.map_or_else(|| "–".to_owned(), percent);
        let verdict = if closed.passed { "được thông qua" } else { "không được thông qua" };
        let mut data = json!({
            "issuer": { "superior": "QUỐC HỘI", "lines": ["VĂN PHÒNG QUỐC HỘI"] },
            "place": "Hà Nội", "date": at.day(), "subject": loaded.state.title, "opened": opened, "closed": at,
            "counters": ["Hệ thống đếm phiếu; mỗi phiếu có chữ ký số của thành viên"],
            "members": count.all, "sent": count.all,
            "questions": [{
                "text": loaded.state.title, "for": of(0), "against": of(1), "other": of(2), "invalid": 0,
                "passed": closed.passed,
            }],
            "conclusion": [
                format!(
                    "Số phiếu tán thành bằng {} tổng số thành viên và {} số thành viên đã trả lời.",
                    share(count.share_of_all()),
                    share(count.share_of_answered())
                ),
                format!("Theo quy định {}, nội dung lấy ý kiến {verdict}./.", spec.threshold.explain().vi),
            ],
            "secretary": { "title": "NGƯỜI LẬP BIÊN BẢN", "name": "…………………" },
            "witness": { "title": "NGƯỜI CHỨNG KIẾN", "name": "…………………" },
        });
        if !ballots.is_empty() {
            data["ballots"] = ballots.into_iter().map(|(_, ballot)| ballot).collect();
        }
        Ok(data)
    }
}

fn label(answers: &[Choice], code: &str) -> String {
    answers.iter().find(|choice| choice.code == code).map_or_else(|| code.to_owned(), |choice| choice.label.vi.clone())
}

/// The closing of the ballot in the move that ended at `version`, and when.
fn closed_in(loaded: &Loaded, step: &str, version: i64) -> Result<Option<(BallotClosed, kernel::Timestamp)>, Problem> {
    let mut last = None;
    for act in loaded.acts.iter().filter(|act| act.version <= version) {
        match Event::read(&act.kind, &act.body).map_err(Problem::fault)? {
            Some(Event::BallotClosed(closed)) if closed.step == step => last = Some((closed, act.at)),
            _ => {}
        }
    }
    Ok(last)
}

type Cast = (procedure::event::BallotCast, kernel::Timestamp);

/// The answers of the round that was closed so, with their times, and when the round was opened.
fn answers(loaded: &Loaded, step: &str, closed: &BallotClosed) -> Result<(Vec<Cast>, kernel::Timestamp), Problem> {
    let (mut casts, mut opened) = (Vec::new(), loaded.state.opened_at.unwrap_or(kernel::Timestamp::from_micros(0)));
    for act in &loaded.acts {
        match Event::read(&act.kind, &act.body).map_err(Problem::fault)? {
            Some(Event::BallotOpened(e)) if e.step == step => {
                casts.clear();
                opened = act.at;
            }
            Some(Event::BallotCast(e)) if e.step == step => casts.push((e, act.at)),
            Some(Event::BallotClosed(e)) if e == *closed => break,
            _ => {}
        }
    }
    Ok((casts, opened))
}
