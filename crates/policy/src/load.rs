//! Reading, parsing and checking the policies.

use crate::{Asked, Policies};
use cedar_policy::{Authorizer, Entity, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use std::{
    collections::BTreeMap,
    fmt::Write,
    path::{Path, PathBuf},
};

/// The policies built into the program.
#[derive(rust_embed::RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../policies"]
#[include = "*.cedar"]
#[include = "*.cedarschema"]
struct Embedded;

const SCHEMA: &str = "schema.cedarschema";

/// Why the policies cannot be used. Says which file and what is wrong in it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or the folder does not read.
    #[error("the policies in {0} cannot be read")]
    Read(PathBuf, #[source] std::io::Error),
    /// The schema is missing.
    #[error("the policies have no {SCHEMA}: it names the acts and what they are done to")]
    NoSchema,
    /// A file is not Cedar.
    #[error("{file} is not valid Cedar: {why}")]
    Syntax {
        /// The file.
        file: String,
        /// What the parser says.
        why: String,
    },
    /// A policy without an id.
    #[error("{file}: the policy {policy} has no @id(\"…\"); its id is the evidence kept with every act")]
    NoId {
        /// The file.
        file: String,
        /// The policy's text.
        policy: String,
    },
    /// Two policies of one id.
    #[error("{file}: the policy id {id} is used twice; every id must be its own")]
    SameId {
        /// The file with the second.
        file: String,
        /// The id.
        id: String,
    },
    /// A policy that does not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Unfit(String),
}

impl From<LoadError> for kernel::Problem {
    fn from(error: LoadError) -> kernel::Problem {
        kernel::Problem::fault(error)
    }
}

/// The texts of a policy folder: file name and content, sorted by name.
pub(crate) struct Sources(BTreeMap<String, String>);

impl Sources {
    pub(crate) fn read(dir: Option<&Path>) -> Result<Sources, LoadError> {
        match dir {
            Some(dir) => Self::from_folder(dir),
            None => {
                let texts = Embedded::iter().filter_map(|name| {
                    let file = Embedded::get(&name)?;
                    Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
                });
                Ok(Sources(texts.collect()))
            }
        }
    }

    fn from_folder(dir: &Path) -> Result<Sources, LoadError> {
        let unread = |why| LoadError::Read(dir.to_owned(), why);
        let mut texts = BTreeMap::new();
        for entry in std::fs::read_dir(dir).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let wanted = matches!(path.extension().and_then(|e| e.to_str()), Some("cedar" | "cedarschema"));
            if let (true, Some(name)) = (wanted, path.file_name().and_then(|n| n.to_str())) {
                let text = std::fs::read_to_string(&path).map_err(|why| LoadError::Read(path.clone(), why))?;
                texts.insert(name.to_owned(), text);
            }
        }
        Ok(Sources(texts))
    }

    pub(crate) fn build(self) -> Result<Policies, LoadError> {
        let schema_text = self.0.get(SCHEMA).ok_or(LoadError::NoSchema)?;
        let (schema, _warnings) = Schema::from_cedarschema_str(schema_text)
            .map_err(|why| LoadError::Syntax { file: SCHEMA.to_owned(), why: in_full(&why) })?;
        let policies = self.policies()?;
        check(&schema, &policies)?;
        let says =
            policies.policies().filter_map(|p| Some((p.id().to_string(), p.annotation("says")?.to_owned()))).collect();
        Ok(Policies {
            authorizer: Authorizer::new(),
            actions: actions(&schema, &policies)?,
            kinds: schema.resources().map(ToString::to_string).collect(),
            says,
            people: Default::default(),
        })
    }

    fn policies(&self) -> Result<PolicySet, LoadError> {
        let mut all = PolicySet::new();
        for (file, text) in self.0.iter().filter(|(name, _)| name.ends_with(".cedar")) {
            let parsed: PolicySet =
                text.parse().map_err(|why| LoadError::Syntax { file: file.clone(), why: in_full(&why) })?;
            for policy in parsed.policies() {
                all.add(named(file, policy)?).map_err(|_| LoadError::SameId {
                    file: file.clone(),
                    id: policy.annotation("id").unwrap_or_default().to_owned(),
                })?;
            }
        }
        Ok(all)
    }
}

fn named(file: &str, policy: &Policy) -> Result<Policy, LoadError> {
    match policy.annotation("id") {
        Some(id) if !id.is_empty() => Ok(policy.new_id(PolicyId::new(id))),
        _ => Err(LoadError::NoId { file: file.to_owned(), policy: policy.to_string().chars().take(120).collect() }),
    }
}

fn check(schema: &Schema, policies: &PolicySet) -> Result<(), LoadError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    if result.validation_passed() {
        return Ok(());
    }
    let mut why = String::new();
    for error in result.validation_errors() {
        let _ = write!(why, "{error}; ");
    }
    Err(LoadError::Unfit(why))
}

/// Every action that applies to something, with the policies that can match it.
fn actions(schema: &Schema, policies: &PolicySet) -> Result<BTreeMap<String, Asked>, LoadError> {
    let unfit = |why: &dyn std::error::Error| LoadError::Unfit(in_full(why));
    let hierarchy = schema.action_entities().map_err(|why| unfit(&why))?;
    let mut out: BTreeMap<String, Asked> = BTreeMap::new();
    for env in schema.request_envs() {
        let uid = env.action().clone();
        let principal = env.principal().to_string();
        let Some(actor) = crate::entities::ACTORS.into_iter().find(|kind| *kind == principal) else {
            return Err(LoadError::Unfit(format!("{uid} is done by {principal}, which is no kind of actor")));
        };
        let asked = out.entry(uid.id().unescaped().to_owned()).or_insert_with(|| {
            let parents = hierarchy.ancestors(&uid).into_iter().flatten().cloned().collect();
            Asked { entity: Entity::new_no_attrs(uid.clone(), parents), uid, policies: BTreeMap::new() }
        });
        asked.policies.insert((actor, env.resource().to_string()), PolicySet::new());
    }
    for policy in policies.policies() {
        for env in policy.get_valid_request_envs(schema) {
            let place = (env.principal().to_string(), env.resource().to_string());
            let asked = out.get_mut(env.action().id().unescaped());
            let slice = asked.and_then(|a| a.policies.iter_mut().find(|((p, r), _)| *p == place.0 && *r == place.1));
            if let Some((_, slice)) = slice {
                slice.add(policy.clone()).map_err(|why| unfit(&why))?;
            }
        }
    }
    Ok(out)
}

/// An error with what lies behind it, in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let _ = write!(text, ": {source}");
        next = source.source();
    }
    text
}
