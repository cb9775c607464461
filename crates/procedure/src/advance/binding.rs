//! Owners and bodies of a step, bound to the fields of the case.

use super::Run;
use crate::{
    command::Refusal,
    model::{BodyRef, Owner, Step},
};
use kernel::BodyId;
use serde_json::{Map, Value};

impl Run<'_> {
    pub(super) fn bind_owners(&self, step: &Step, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
        let mut seats = Vec::new();
        for owner in &step.owners {
            for seat in self.bind_owner(step, owner, fields)? {
                if !seats.contains(&seat) {
                    seats.push(seat);
                }
            }
        }
        Ok(seats)
    }

    pub(super) fn bind_owner(
        &self,
        step: &Step,
        owner: &Owner,
        fields: &Map<String, Value>,
    ) -> Result<Vec<String>, Refusal> {
        match owner {
            Owner::System { duty } => Ok(vec![format!("system:{duty}")]),
            Owner::Person { field } => match fields.get(field).and_then(Value::as_str) {
                Some(person) => Ok(vec![format!("person:{person}")]),
                None => Err(unbound(step, field)),
            },
            Owner::Position { position, body } => {
                Ok(codes(step, body, fields)?.into_iter().map(|body| format!("{position}@{body}")).collect())
            }
        }
    }

    pub(super) fn bind_bodies(&self, step: &Step, bodies: &[BodyRef]) -> Result<Vec<BodyId>, Refusal> {
        let mut out: Vec<BodyId> = Vec::new();
        for body in bodies {
            // A field with no bodies in it asks nobody.
            let codes = match body {
                BodyRef::Field(key) if !self.state.fields.contains_key(key) && self.is_optional(key) => Vec::new(),
                _ => codes(step, body, &self.state.fields)?,
            };
            for code in codes {
                let id = BodyId::new(code.clone()).map_err(|_| unbound(step, &code))?;
                if !out.contains(&id) {
                    out.push(id);
                }
            }
        }
        Ok(out)
    }

    pub(super) fn is_optional(&self, key: &str) -> bool {
        self.procedure.any_field(key).is_some_and(|field| !field.required)
    }
}

fn unbound(step: &Step, field: &str) -> Refusal {
    Refusal::rule("case-owner-unbound").arg("step", &step.key).arg("field", field)
}

/// The codes of a body reference in this case.
fn codes(step: &Step, body: &BodyRef, fields: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    match body {
        BodyRef::Code(code) => Ok(vec![code.clone()]),
        BodyRef::Field(key) => match fields.get(key) {
            Some(Value::String(code)) => Ok(vec![code.clone()]),
            Some(Value::Array(items)) => Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => Err(unbound(step, key)),
        },
    }
}
