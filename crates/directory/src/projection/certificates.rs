//! Tables of certificates, of the requests for them, of trusted roots and of indicators.

use super::{private_text, read};
use crate::acts::{
    CertificateActivated, CertificateDelivered, CertificateImported, CertificateIssued, CertificateResumed,
    CertificateRevoked, CertificateSuspended, EnrolmentApproved, EnrolmentProgressed, EnrolmentRefused,
    EnrolmentRequested, IdentityChecked, IndicatorDeclared, TrustConfirmed, TrustProposed, TrustWithdrawn,
};
use journal::{Column, Index, PrivateErased, Projection, Rows, Table, Value};
use kernel::{Act, ActBody, Problem};

/// Certificates, with the sealed key where it is kept here.
pub const CERTIFICATE: Table = Table {
    name: "certificate",
    columns: &[
        Column::text("serial"),
        Column::text("holder"),
        Column::text("certificate"),
        Column::text("fingerprint"),
        Column::int("valid_from"),
        Column::int("valid_until"),
        Column::int("revoked").nullable(),
        Column::text("reason").nullable(),
        Column::text("sealed_key").nullable(),
        // 1: the internal authority issued it and tells its status.
        Column::int("own"),
        // The certificates above an imported one: DER in base64, one a line.
        Column::text("chain").nullable(),
        // When its status last changed: what a delta list tells, and by which caches know that they are old.
        Column::int("status_at").nullable(),
        Column::text("enrolment").nullable(),
        // The label of its key on the token of the authority's services.
        Column::text("token").nullable(),
        Column::int("delivered").nullable(),
        Column::int("activated").nullable(),
        Column::int("version"),
    ],
    key: &["serial"],
    indexes: &[
        Index { columns: &["holder", "valid_until"] },
        Index { columns: &["status_at"] },
        Index { columns: &["revoked"] },
        Index { columns: &["valid_until"] },
    ],
};

/// Requests for certificates.
pub const ENROLMENT: Table = Table {
    name: "enrolment",
    columns: &[
        Column::text("id"),
        Column::text("body"),
        Column::text("letter"),
        Column::text("source"),
        Column::int("until"),
        Column::text("state"),
        Column::text("reason").nullable(),
        Column::text("requested_by").nullable(),
        Column::int("requested"),
        Column::int("people"),
        Column::int("version"),
    ],
    key: &["id"],
    indexes: &[Index { columns: &["requested"] }],
};

/// The people of requests.
pub const ENROLMENT_LINE: Table = Table {
    name: "enrolment_line",
    columns: &[
        Column::text("enrolment"),
        Column::text("person"),
        Column::int("line"),
        Column::int("checked").nullable(),
        Column::text("how").nullable(),
        Column::text("certificate").nullable(),
    ],
    key: &["enrolment", "person"],
    indexes: &[Index { columns: &["person"] }],
};

/// Roots of others.
pub const TRUST_ANCHOR: Table = Table {
    name: "trust_anchor",
    columns: &[
        Column::text("fingerprint"),
        Column::text("name"),
        Column::text("certificate"),
        Column::text("purpose"),
        Column::int("until"),
        Column::text("basis"),
        Column::text("proposed_by"),
        Column::int("proposed"),
        Column::text("confirmed_by").nullable(),
        Column::int("confirmed").nullable(),
        Column::int("withdrawn").nullable(),
        Column::text("reason").nullable(),
        Column::int("version"),
    ],
    key: &["fingerprint"],
    indexes: &[],
};

/// Indicators.
pub const INDICATOR: Table = Table {
    name: "indicator",
    columns: &[
        Column::text("code"),
        Column::text("name"),
        Column::text("name_en"),
        Column::text("measure"),
        Column::int("target"),
        Column::text("by_day"),
        Column::text("basis"),
        Column::text("basis_document").nullable(),
        Column::int("declared"),
        Column::int("version"),
    ],
    key: &["code"],
    indexes: &[],
};

/// Table `certificate`.
pub struct Certificates;

impl Projection for Certificates {
    fn name(&self) -> &'static str {
        "directory-certificates"
    }
    fn tables(&self) -> &'static [Table] {
        &[CERTIFICATE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.stream.kind() != "certificate" {
            return Ok(());
        }
        let version = ("version", Value::Int(act.version));
        let key = [Value::from(act.stream.id())];
        match act.kind.as_str() {
            CertificateIssued::KIND => {
                let issued: CertificateIssued = read(act)?;
                rows.put(
                    &CERTIFICATE,
                    [
                        ("serial", issued.serial.into()),
                        ("holder", issued.holder.code().into()),
                        ("certificate", issued.certificate.into()),
                        ("fingerprint", issued.fingerprint.into()),
                        ("valid_from", issued.from.into()),
                        ("valid_until", issued.until.into()),
                        ("sealed_key", private_text(act, "sealed_key").into()),
                        ("own", Value::Int(1)),
                        ("enrolment", issued.enrolment.into()),
                        ("token", issued.token.into()),
                        version,
                    ],
                );
            }
            CertificateImported::KIND => {
                let imported: CertificateImported = read(act)?;
                rows.put(
                    &CERTIFICATE,
                    [
                        ("serial", imported.serial.into()),
                        ("holder", imported.holder.code().into()),
                        ("certificate", imported.certificate.into()),
                        ("fingerprint", imported.fingerprint.into()),
                        ("valid_from", imported.from.into()),
                        ("valid_until", imported.until.into()),
                        ("own", Value::Int(0)),
                        ("chain", imported.chain.join("\n").into()),
                        ("enrolment", imported.enrolment.into()),
                        version,
                    ],
                );
            }
            CertificateRevoked::KIND => {
                let revoked: CertificateRevoked = read(act)?;
                let since = revoked.since.unwrap_or(act.at);
                let change = [("revoked", since.into()), ("reason", revoked.reason.into()), status_at(act), version];
                rows.patch(&CERTIFICATE, key, change);
            }
            CertificateSuspended::KIND => {
                let hold = ("reason", Value::from("certificate_hold"));
                rows.patch(&CERTIFICATE, key, [("revoked", act.at.into()), hold, status_at(act), version]);
            }
            CertificateResumed::KIND => {
                let free = [("revoked", Value::Null), ("reason", Value::Null), status_at(act), version];
                rows.patch(&CERTIFICATE, key, free);
            }
            CertificateDelivered::KIND => {
                rows.patch(&CERTIFICATE, key, [("delivered", act.at.into()), version]);
            }
            CertificateActivated::KIND => {
                rows.patch(&CERTIFICATE, key, [("activated", act.at.into()), version]);
            }
            // Only the first act of the stream has private content: the sealed key.
            PrivateErased::KIND => rows.patch(&CERTIFICATE, key, [("sealed_key", Value::Null), version]),
            _ => {}
        }
        Ok(())
    }
}

fn status_at(act: &Act) -> (&'static str, Value) {
    ("status_at", act.at.into())
}

/// Tables `enrolment` and `enrolment_line`.
pub struct Enrolments;

impl Projection for Enrolments {
    fn name(&self) -> &'static str {
        "directory-enrolments"
    }
    fn tables(&self) -> &'static [Table] {
        &[ENROLMENT, ENROLMENT_LINE]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let version = ("version", Value::Int(act.version));
        let state = |state: &str| ("state", Value::from(state));
        match act.kind.as_str() {
            EnrolmentRequested::KIND => request(&read(act)?, act, rows),
            EnrolmentApproved::KIND => {
                let approved: EnrolmentApproved = read(act)?;
                rows.patch(&ENROLMENT, [approved.enrolment.into()], [state("approved"), version]);
            }
            EnrolmentRefused::KIND => {
                let refused: EnrolmentRefused = read(act)?;
                let change = [state("refused"), ("reason", refused.reason.into()), version];
                rows.patch(&ENROLMENT, [refused.enrolment.into()], change);
            }
            IdentityChecked::KIND => {
                let checked: IdentityChecked = read(act)?;
                for person in &checked.people {
                    let key = [checked.enrolment.as_str().into(), person.into()];
                    let how = ("how", checked.how.as_str().into());
                    rows.patch(&ENROLMENT_LINE, key, [("checked", act.at.into()), how]);
                }
                rows.patch(&ENROLMENT, [checked.enrolment.into()], [version]);
            }
            EnrolmentProgressed::KIND => {
                let progressed: EnrolmentProgressed = read(act)?;
                rows.patch(&ENROLMENT, [progressed.enrolment.into()], [version]);
            }
            CertificateIssued::KIND => {
                let issued: CertificateIssued = read(act)?;
                fill(issued.enrolment, &issued.holder, &issued.serial, rows);
            }
            CertificateImported::KIND => {
                let imported: CertificateImported = read(act)?;
                fill(imported.enrolment, &imported.holder, &imported.serial, rows);
            }
            _ => {}
        }
        Ok(())
    }
}

fn request(requested: &EnrolmentRequested, act: &Act, rows: &mut Rows) {
    for line in &requested.people {
        rows.put(
            &ENROLMENT_LINE,
            [
                ("enrolment", requested.enrolment.as_str().into()),
                ("person", (&line.person).into()),
                ("line", line.line.into()),
            ],
        );
    }
    rows.put(
        &ENROLMENT,
        [
            ("id", requested.enrolment.as_str().into()),
            ("body", (&requested.body).into()),
            ("letter", requested.letter.as_str().into()),
            ("source", requested.source.code().into()),
            ("until", requested.until.into()),
            ("state", "requested".into()),
            ("requested_by", requested.requested_by.as_ref().map(ToString::to_string).into()),
            ("requested", act.at.into()),
            ("people", i64::try_from(requested.people.len()).unwrap_or(i64::MAX).into()),
            ("version", act.version.into()),
        ],
    );
}

fn fill(enrolment: Option<String>, holder: &crate::Holder, serial: &str, rows: &mut Rows) {
    if let (Some(enrolment), crate::Holder::Person(person)) = (enrolment, holder) {
        rows.patch(&ENROLMENT_LINE, [enrolment.into(), person.into()], [("certificate", serial.into())]);
    }
}

/// Table `trust_anchor`.
pub struct TrustAnchors;

impl Projection for TrustAnchors {
    fn name(&self) -> &'static str {
        "directory-trust-anchors"
    }
    fn tables(&self) -> &'static [Table] {
        &[TRUST_ANCHOR]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        let key = [Value::from(act.stream.id())];
        let version = ("version", Value::Int(act.version));
        match act.kind.as_str() {
            TrustProposed::KIND => {
                let proposed: TrustProposed = read(act)?;
                rows.put(
                    &TRUST_ANCHOR,
                    [
                        ("fingerprint", proposed.fingerprint.into()),
                        ("name", proposed.name.into()),
                        ("certificate", proposed.certificate.into()),
                        ("purpose", proposed.purpose.into()),
                        ("until", proposed.until.into()),
                        ("basis", proposed.basis.text.into()),
                        ("proposed_by", proposed.proposed_by.into()),
                        ("proposed", act.at.into()),
                        version,
                    ],
                );
            }
            TrustConfirmed::KIND => {
                let by = act.actor.person().map(str::to_owned);
                rows.patch(&TRUST_ANCHOR, key, [("confirmed_by", by.into()), ("confirmed", act.at.into()), version]);
            }
            TrustWithdrawn::KIND => {
                let withdrawn: TrustWithdrawn = read(act)?;
                let change = [("withdrawn", act.at.into()), ("reason", withdrawn.reason.into()), version];
                rows.patch(&TRUST_ANCHOR, key, change);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Table `indicator`.
pub struct Indicators;

impl Projection for Indicators {
    fn name(&self) -> &'static str {
        "directory-indicators"
    }
    fn tables(&self) -> &'static [Table] {
        &[INDICATOR]
    }
    fn apply(&self, act: &Act, rows: &mut Rows) -> Result<(), Problem> {
        if act.kind == IndicatorDeclared::KIND {
            let declared: IndicatorDeclared = read(act)?;
            rows.put(
                &INDICATOR,
                [
                    ("code", declared.code.into()),
                    ("name", declared.name.into()),
                    ("name_en", declared.name_en.into()),
                    ("measure", declared.measure.into()),
                    ("target", declared.target.into()),
                    ("by_day", declared.by.into()),
                    ("basis", declared.basis.text.into()),
                    ("basis_document", declared.basis.document.into()),
                    ("declared", act.at.into()),
                    ("version", act.version.into()),
                ],
            );
        }
        Ok(())
    }
}
