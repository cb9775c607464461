//! What people do with an arrival, one form each. Every form names the version of the arrival that the person had read.

use super::{arrival::page, arrival_page::TypedAct};
use crate::{form::Posted, trouble::Failure, viewer::done};
use axum::{extract::Path, response::Response};
use exchange::Direction;
use kernel::{Day, Problem};

/// Where the form leads: to the arrival, which says what was done, or back to the form with what is wrong.
async fn after(
    posted: &Posted,
    id: &str,
    done_key: &str,
    came: Result<(), Problem>,
    typed: TypedAct,
) -> Result<Response, Failure> {
    let address = format!("/incoming/{id}");
    match came {
        Ok(()) => Ok(done(&address, done_key)),
        Err(problem) => {
            let again = async |errors| page(&posted.viewer, id, typed, errors).await;
            posted.again(problem, &address, vec![], again).await
        }
    }
}

/// `POST /incoming/{arrival}/register`: the next number of the register, and the case.
pub async fn register(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let note = posted.fields.take("note");
    posted.fields.finish()?;
    let casework = &posted.viewer.state.services.casework;
    let came = casework.register(&posted.viewer.ctx, &id, posted.version, &note).await.map(drop);
    after(&posted, &id, "done-arrival-registered", came, TypedAct { act: "register", note, ..TypedAct::default() })
        .await
}

/// `POST /incoming/{arrival}/open-case`: the case of a registered arrival, where its opening was interrupted.
pub async fn open_case(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    posted.fields.finish()?;
    let came = posted.viewer.state.services.casework.open(&posted.viewer.ctx, &id).await.map(drop);
    after(&posted, &id, "done-arrival-case-opened", came, TypedAct::default()).await
}

/// `POST /incoming/{arrival}/refuse`
pub async fn refuse(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let reason = posted.fields.take("reason");
    posted.fields.finish()?;
    let office = &posted.viewer.state.services.office;
    let came = office.refuse(&posted.viewer.ctx, &id, posted.version, &reason).await;
    after(&posted, &id, "done-arrival-refused", came, TypedAct { act: "refuse", reason, ..TypedAct::default() }).await
}

/// `POST /incoming/{arrival}/direct`: to a unit, with a day and an instruction.
pub async fn direct(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (unit, due, note) = (posted.fields.take("unit"), posted.fields.take("due"), posted.fields.take("note"));
    posted.fields.finish()?;
    let day = match due.trim() {
        "" => Err(Problem::field("due", "field-required")),
        typed => Day::parse(typed).map_err(|_| Problem::field("due", "field-not-a-day")),
    };
    let came = match day {
        _ if unit.is_empty() => Err(Problem::field("unit", "field-required")),
        Err(problem) => Err(problem),
        Ok(due) => {
            let direction = Direction { unit: unit.clone(), due, note: note.clone() };
            let casework = &posted.viewer.state.services.casework;
            casework.direct(&posted.viewer.ctx, &id, posted.version, &direction).await
        }
    };
    let typed = TypedAct { act: "direct", unit, due, note, ..TypedAct::default() };
    after(&posted, &id, "done-arrival-directed", came, typed).await
}

/// `POST /incoming/{arrival}/complete`
pub async fn complete(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let words = posted.fields.take("words");
    posted.fields.finish()?;
    let office = &posted.viewer.state.services.office;
    let came = match words.trim() {
        "" => Err(Problem::field("words", "field-required")),
        result => named(office.complete(&posted.viewer.ctx, &id, posted.version, result).await),
    };
    after(&posted, &id, "done-arrival-completed", came, TypedAct { act: "complete", words, ..TypedAct::default() })
        .await
}

/// `POST /incoming/{arrival}/decide`: agrees to the sender's proposal, or declines it with a reason.
pub async fn decide(Path(id): Path<String>, mut posted: Posted) -> Result<Response, Failure> {
    let (answer, words) = (posted.fields.take("answer"), posted.fields.take("words"));
    posted.fields.finish()?;
    let agreed = match answer.as_str() {
        "agree" => true,
        "decline" => false,
        _ => return Err(Problem::field("answer", "field-unknown").into()),
    };
    let office = &posted.viewer.state.services.office;
    let came = named(office.answer(&posted.viewer.ctx, &id, posted.version, agreed, &words).await);
    let key = if agreed { "done-arrival-agreed" } else { "done-arrival-declined" };
    after(&posted, &id, key, came, TypedAct { act: "decide", words, ..TypedAct::default() }).await
}

/// What the service calls a note stands on these forms as `words`.
fn named(came: Result<(), Problem>) -> Result<(), Problem> {
    match came {
        Err(Problem::Invalid(mut fields)) => {
            fields.iter_mut().filter(|field| field.field == "note").for_each(|field| field.field = "words".into());
            Err(Problem::Invalid(fields))
        }
        other => other,
    }
}
