//! The actor and the resource as Cedar entities.

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use kernel::{Actor, Ctx, Person, PersonId, Resource};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{LazyLock, PoisonError, RwLock},
};

/// A question made ready: asked once or twice.
pub(crate) struct Prepared {
    pub(crate) principal: EntityUid,
    pub(crate) resource: EntityUid,
    pub(crate) entities: Entities,
}

/// Why a question cannot be read. Names attributes, never their content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the attributes of the resource are not an object")]
    NotAnObject,
    #[error("the attribute {0} holds a number that is not whole")]
    Fraction(String),
    #[error("the resource carries no grade")]
    NoGrade,
    #[error("the attribute {0} is nested deeper than {MAX_DEPTH}")]
    TooDeep(String),
    #[error("the entities do not build: {0}")]
    Build(String),
}

const MAX_DEPTH: usize = 8;

/// Sets that policies read without asking whether they are there: empty when absent, so that they match nobody.
const SETS: [&str; 4] = ["participants", "bodies", "holders", "drafters"];

/// Kinds whose secrecy must be stated: a forgotten grade must not read as "not secret".
const GRADED: [&str; 2] = ["Case", "Document"];

type Attrs = HashMap<String, RestrictedExpression>;

/// The kinds of actors, as the schema names them.
pub(crate) const ACTORS: [&str; 3] = ["SignedIn", "System", "Public"];

pub(crate) fn actor_kind(actor: &Actor) -> &'static str {
    match actor {
        Actor::Person(_) => ACTORS[0],
        Actor::System(_) => ACTORS[1],
        Actor::Public => ACTORS[2],
    }
}

/// People as entities, kept while they stay as they are: one request asks about the same person many times.
#[derive(Default)]
pub(crate) struct People(RwLock<HashMap<PersonId, (Person, Entity)>>);

/// More people than this are not kept at once.
const MAX_PEOPLE: usize = 4096;

impl People {
    fn entity(&self, person: &Person) -> Result<Entity, Unreadable> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, entity)) = kept.get(&person.id).filter(|(as_kept, _)| as_kept == person) {
            return Ok(entity.clone());
        }
        drop(kept);
        static PERSON: LazyLock<EntityTypeName> = LazyLock::new(|| type_name(ACTORS[0]));
        let entity = Entity::new(uid(&PERSON, person.id.as_str()), person_attrs(person), person_parents(person))
            .map_err(|why| Unreadable::Build(why.to_string()))?;
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_PEOPLE {
            kept.clear();
        }
        kept.insert(person.id.clone(), (person.clone(), entity.clone()));
        Ok(entity)
    }
}

pub(crate) fn prepare<'a>(
    people: &People,
    ctx: &Ctx,
    actions: impl Iterator<Item = &'a Entity>,
    resource: &Resource,
) -> Result<Prepared, Unreadable> {
    let principal = principal(people, &ctx.actor)?;
    let resource = thing(resource)?;
    let uids = (principal.uid(), resource.uid());
    let mut all = vec![principal, resource];
    for action in actions {
        if !all[2..].iter().any(|other| other.uid() == action.uid()) {
            all.push(action.clone());
        }
    }
    let entities = Entities::from_entities(all, None).map_err(|why| Unreadable::Build(why.to_string()))?;
    Ok(Prepared { principal: uids.0, resource: uids.1, entities })
}

fn principal(people: &People, actor: &Actor) -> Result<Entity, Unreadable> {
    static SYSTEM: LazyLock<EntityTypeName> = LazyLock::new(|| type_name(ACTORS[1]));
    static PUBLIC: LazyLock<EntityTypeName> = LazyLock::new(|| type_name(ACTORS[2]));
    match actor {
        Actor::Person(person) => people.entity(person),
        Actor::System(name) => Ok(Entity::new_no_attrs(uid(&SYSTEM, name), HashSet::new())),
        Actor::Public => Ok(Entity::new_no_attrs(uid(&PUBLIC, "public"), HashSet::new())),
    }
}

fn person_attrs(person: &Person) -> Attrs {
    let own_bodies: BTreeSet<&str> =
        person.positions.iter().filter_map(|p| p.split_once('@')).map(|(_, body)| body).collect();
    let me = format!("person:{}", person.id);
    let own = person.positions.iter().map(String::as_str).chain([me.as_str()]);
    let acting = person.acting_for.as_ref();
    // Whoever acts for another does so under that seat alone.
    let seats: Vec<&str> = acting.map_or_else(|| own.collect(), |handed| vec![handed.seat.as_str()]);
    let handed = person.handed.iter().map(|handed| handed.seat.as_str());
    let onward = person.handed.iter().filter(|handed| handed.onward).map(|handed| handed.seat.as_str());
    let kinds = acting.into_iter().flat_map(|handed| handed.kinds.iter().map(String::as_str));
    let every = acting.is_some_and(|handed| handed.fields.is_empty()).then_some("*");
    let fields = acting.into_iter().flat_map(|handed| handed.fields.iter().map(String::as_str)).chain(every);
    [
        ("person", text(person.id.as_str())),
        ("clearance", RestrictedExpression::new_long(i64::from(person.clearance.level()))),
        ("positions", set(person.positions.iter().map(String::as_str))),
        ("seats", set(seats.into_iter())),
        ("handed", set(handed)),
        ("onward", set(onward)),
        ("acting", RestrictedExpression::new_bool(acting.is_some())),
        ("kinds", set(kinds)),
        ("fields", set(fields)),
        ("bodies", set(person.bodies.iter().map(String::as_str))),
        ("own_bodies", set(own_bodies.into_iter())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn person_parents(person: &Person) -> HashSet<EntityUid> {
    static ROLE: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Role"));
    static POSITION: LazyLock<EntityTypeName> = LazyLock::new(|| type_name("Position"));
    let mut parents = HashSet::with_capacity(2 * person.positions.len());
    for position in &person.positions {
        parents.insert(uid(&POSITION, position));
        parents.insert(uid(&ROLE, position.split_once('@').map_or(position.as_str(), |(code, _)| code)));
    }
    parents
}

fn thing(resource: &Resource) -> Result<Entity, Unreadable> {
    let given = match &resource.attrs {
        Value::Object(given) => Some(given),
        Value::Null => None,
        _ => return Err(Unreadable::NotAnObject),
    };
    let mut attrs = Attrs::new();
    for (name, value) in given.into_iter().flatten() {
        if let Some(value) = expression(name, value, 0)? {
            attrs.insert(name.clone(), value);
        }
    }
    for name in SETS {
        attrs.entry(name.to_owned()).or_insert_with(|| set(std::iter::empty()));
    }
    if !attrs.contains_key("grade") {
        if GRADED.contains(&resource.kind) {
            return Err(Unreadable::NoGrade);
        }
        attrs.insert("grade".to_owned(), RestrictedExpression::new_long(0));
    }
    Entity::new(uid(&type_name(resource.kind), &resource.id), attrs, HashSet::new())
        .map_err(|why| Unreadable::Build(why.to_string()))
}

/// A JSON value as Cedar sees it; `None` for null, which Cedar does not have.
fn expression(name: &str, value: &Value, depth: usize) -> Result<Option<RestrictedExpression>, Unreadable> {
    if depth > MAX_DEPTH {
        return Err(Unreadable::TooDeep(name.to_owned()));
    }
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(value) => RestrictedExpression::new_bool(*value),
        Value::Number(number) => {
            let whole = number.as_i64().ok_or_else(|| Unreadable::Fraction(name.to_owned()))?;
            RestrictedExpression::new_long(whole)
        }
        Value::String(value) => text(value),
        Value::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|item| expression(name, item, depth + 1)).collect();
            RestrictedExpression::new_set(items?.into_iter().flatten())
        }
        Value::Object(fields) => {
            let mut record = Vec::with_capacity(fields.len());
            for (field, value) in fields {
                if let Some(value) = expression(name, value, depth + 1)? {
                    record.push((field.clone(), value));
                }
            }
            RestrictedExpression::new_record(record).map_err(|why| Unreadable::Build(why.to_string()))?
        }
    }))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn set<'a>(values: impl Iterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(values.map(text))
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// Kinds come from the program's own words and were found in the schema before.
fn type_name(kind: &str) -> EntityTypeName {
    kind.parse().expect("kinds of the schema are Cedar type names")
}
