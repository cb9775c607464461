//! Rows of the tables as callers see them.

use crate::office::acts::{Enclosure, Organ};
use crate::office::model::{
    ArrivalLine, Correspondent, Deed, DispatchLine, DispatchState, ParcelLine, StatusLine, Tray,
};
use journal::Row;
use kernel::{CaseId, Digest, DocumentId, Problem};
use serde::de::DeserializeOwned;

pub(super) fn json<T: DeserializeOwned>(row: &Row, column: &str) -> Result<T, Problem> {
    serde_json::from_str(row.text(column)?).map_err(Problem::fault)
}

fn text(row: &Row, column: &str) -> Result<String, Problem> {
    row.text(column).map(str::to_owned)
}

fn maybe(row: &Row, column: &str) -> Result<Option<String>, Problem> {
    Ok(row.opt_text(column)?.map(str::to_owned))
}

fn state(row: &Row) -> Result<DispatchState, Problem> {
    let code = row.text("state")?;
    DispatchState::of(code).ok_or_else(|| Problem::fault(format!("{code:?} is no state of a dispatch")))
}

pub(super) fn dispatch(row: &Row) -> Result<DispatchLine, Problem> {
    Ok(DispatchLine {
        id: text(row, "dispatch")?,
        version: row.int("version")?,
        document: DocumentId::new(row.text("document")?).map_err(Problem::fault)?,
        case: CaseId::new(row.text("case_id")?).map_err(Problem::fault)?,
        kind: text(row, "kind")?,
        earlier: maybe(row, "earlier")?,
        identity: text(row, "identity")?,
        number: text(row, "number")?,
        date: text(row, "date")?,
        subject: text(row, "subject")?,
        reason: text(row, "reason")?,
        sender: text(row, "sender")?,
        transport: text(row, "transport")?,
        state: state(row)?,
        receivers: row.int("receivers")?,
        answered: row.int("answered")?,
        finished: row.int("finished")?,
        actor: text(row, "actor")?,
        at: row.time("at")?,
        sent_at: row.opt_time("sent_at")?,
        why: maybe(row, "why")?,
        due: maybe(row, "due")?,
    })
}

pub(super) fn status(row: &Row) -> Result<StatusLine, Problem> {
    Ok(StatusLine {
        status: text(row, "status")?,
        time: text(row, "time")?,
        at: row.time("at")?,
        description: text(row, "description")?,
        department: text(row, "department")?,
        staff: text(row, "staff")?,
        email: text(row, "email")?,
        mobile: text(row, "mobile")?,
    })
}

pub(super) fn parcel(row: &Row) -> Result<ParcelLine, Problem> {
    let state = state(row)?;
    Ok(ParcelLine {
        id: text(row, "parcel")?,
        message: text(row, "message")?,
        transport: text(row, "transport")?,
        to: json(row, "receivers")?,
        status: maybe(row, "status")?,
        dispatch: maybe(row, "dispatch")?,
        arrival: maybe(row, "arrival")?,
        attempts: row.int("attempts")?,
        unknown: row.truth("unknown")?,
        due: if state == DispatchState::Waiting { Some(row.time("due")?) } else { None },
        state,
        package: maybe(row, "package")?,
        trouble: maybe(row, "trouble")?,
        why: maybe(row, "why")?,
        at: row.time("at")?,
        length: row.int("length")?,
    })
}

pub(super) fn arrival(row: &Row) -> Result<ArrivalLine, Problem> {
    let tray = row.text("tray")?;
    Ok(ArrivalLine {
        id: text(row, "arrival")?,
        version: row.int("version")?,
        transport: text(row, "transport")?,
        kind: text(row, "kind")?,
        from: Organ { code: text(row, "sender")?, name: text(row, "sender_name")? },
        number: text(row, "number")?,
        date: text(row, "date")?,
        type_name: text(row, "type_name")?,
        subject: text(row, "subject")?,
        priority: row.int("priority")?,
        due: text(row, "due")?,
        tray: Tray::of(tray).ok_or_else(|| Problem::fault(format!("{tray:?} is no tray")))?,
        state: text(row, "state")?,
        signatures: text(row, "signatures")?,
        at: row.time("at")?,
        duplicate_of: maybe(row, "duplicate_of")?,
        target: maybe(row, "target")?,
        register_text: maybe(row, "register_text")?,
        register_date: maybe(row, "register_date")?,
        unit: maybe(row, "unit")?,
        unit_name: maybe(row, "unit_name")?,
        unit_due: maybe(row, "unit_due")?,
        case: row.opt_text("case_id")?.map(CaseId::new).transpose().map_err(Problem::fault)?,
        proposal: maybe(row, "proposal")?,
    })
}

pub(super) fn enclosure(row: &Row) -> Result<Enclosure, Problem> {
    Ok(Enclosure {
        name: text(row, "name")?,
        media_type: text(row, "media_type")?,
        length: row.int("length")?,
        blob: digest(row, "blob")?,
        signature: text(row, "signature")?,
        signers: json(row, "signers")?,
    })
}

pub(super) fn digest(row: &Row, column: &str) -> Result<Digest, Problem> {
    Digest::parse(row.text(column)?).map_err(Problem::fault)
}

pub(super) fn deed(row: &Row) -> Result<Deed, Problem> {
    Ok(Deed { deed: text(row, "deed")?, text: text(row, "text")?, actor: text(row, "actor")?, at: row.time("at")? })
}

pub(super) fn correspondent(row: &Row) -> Result<Correspondent, Problem> {
    Ok(Correspondent {
        transport: text(row, "transport")?,
        code: text(row, "code")?,
        old_code: text(row, "old_code")?,
        parent: text(row, "parent")?,
        name: text(row, "name")?,
        mail: text(row, "mail")?,
        gone: row.truth("gone")?,
    })
}
