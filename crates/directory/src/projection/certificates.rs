//! Tables of certificates and of indicators.

use super::{private_text, read};
use crate::acts::{CertificateIssued, CertificateRevoked, IndicatorDeclared};
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
        Column::int("version"),
    ],
    key: &["serial"],
    indexes: &[Index { columns: &["holder", "valid_until"] }],
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
                        version,
                    ],
                );
            }
            CertificateRevoked::KIND => {
                let revoked: CertificateRevoked = read(act)?;
                let change = [("revoked", act.at.into()), ("reason", revoked.reason.into()), version];
                rows.patch(&CERTIFICATE, [revoked.serial.into()], change);
            }
            // Only the first act of the stream has private content: the sealed key.
            PrivateErased::KIND => {
                rows.patch(&CERTIFICATE, [act.stream.id().into()], [("sealed_key", Value::Null), version]);
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
