//! Enters the roster into the directory: bodies, people with their positions, credentials, certificates.

use super::{
    accounts::Account,
    institution,
    roster::{self, Planned, Term},
};
use directory::{
    Basis, Directory, Holder, Keys, NewAssignment, NewPerson,
    acts::{self, CredentialKind},
    drafts, password, signin, totp,
};
use journal::{Change, Expected};
use kernel::{Ctx, Day, Problem, id::AssignmentId};
use signing::MasterKey;

/// People in one change: a change is one transaction, and a large one holds up other writers.
const PEOPLE_PER_CHANGE: usize = 200;

/// Sets up the bodies.
pub async fn bodies(directory: &Directory, ctx: &Ctx, term: Term) -> Result<usize, Problem> {
    let basis = Basis::cited("Nghị quyết số 178/2025/QH15 và các văn bản về tổ chức (dữ liệu mẫu)");
    let bodies = institution::bodies(term.from);
    let change = bodies.iter().fold(Change::new(), |change, body| drafts::establish(change, body, &basis, None));
    directory.journal().commit(ctx, change).await?;
    Ok(bodies.len())
}

/// Enters everybody with what they hold.
pub async fn people(directory: &Directory, ctx: &Ctx, term: Term, all: &[Planned]) -> Result<(), Problem> {
    for part in all.chunks(PEOPLE_PER_CHANGE) {
        let change = part.iter().fold(Change::new(), |change, person| enter(directory, change, term, person));
        directory.journal().commit(ctx, change).await?;
    }
    Ok(())
}

fn enter(directory: &Directory, change: Change, term: Term, planned: &Planned) -> Change {
    let person = NewPerson {
        id: Some(planned.id.clone()),
        name: planned.name.clone(),
        login: planned.login(),
        clearance: planned.clearance,
        private: planned.private.clone(),
    };
    let journal = directory.journal();
    let mut change = drafts::register(change, &planned.id, &person);
    for seat in &planned.seats {
        let new = NewAssignment {
            id: None,
            person: planned.id.clone(),
            body: seat.body.clone(),
            position: seat.position.clone(),
            from: term.from,
            until: seat.for_term.then_some(term.until),
            full_time: seat.full_time,
            basis: Basis::cited("Dữ liệu mẫu"),
        };
        change = change.act(drafts::start(AssignmentId::mint(journal.clock(), journal.entropy()), &new));
    }
    change
}

/// Gives everybody who acts in the story a password and a second factor. All share one password, drawn at random.
pub async fn credentials(
    directory: &Directory,
    master: &MasterKey,
    ctx: &Ctx,
    all: &[Planned],
    password: &str,
) -> Result<Vec<Account>, Problem> {
    let acting: Vec<&Planned> = all.iter().filter(|p| p.part.is_some()).collect();
    let hashes = hashes(directory, acting.len(), password).await?;
    let (mut change, mut accounts) = (Change::new(), Vec::with_capacity(acting.len()));
    for (planned, hash) in acting.into_iter().zip(hashes) {
        let secret = totp::new_secret(directory.journal().entropy());
        let sealed = signin::seal_totp(master, &*secret, directory.journal().entropy());
        change = change
            .on(acts::credential_stream(&planned.id), Expected::New)
            .act(drafts::set_credential(&planned.id, CredentialKind::Password, hash))
            .act(drafts::set_credential(&planned.id, CredentialKind::Totp, sealed));
        accounts.push(Account::of(planned, totp::base32(&*secret).to_string()));
    }
    directory.journal().commit(ctx, change).await?;
    Ok(accounts)
}

/// One hash each, with its own salt, on all cores: hashing is slow on purpose.
async fn hashes(directory: &Directory, count: usize, password: &str) -> Result<Vec<String>, Problem> {
    let hasher = password::Hasher::new(directory.journal().entropy())?;
    let mut tasks = Vec::with_capacity(count);
    for _ in 0..count {
        let mut salt = [0u8; 16];
        directory.journal().entropy().fill(&mut salt);
        let (hasher, password) = (hasher.clone(), password.to_owned());
        tasks.push(tokio::spawn(async move { hasher.hash(&password, salt).await }));
    }
    let mut hashes = Vec::with_capacity(count);
    for task in tasks {
        hashes.push(task.await.map_err(Problem::fault)??);
    }
    Ok(hashes)
}

/// Makes the internal authority and issues the certificates.
pub async fn certificates(keys: &Keys, ctx: &Ctx, term: Term, today: Day, all: &[Planned]) -> Result<usize, Problem> {
    let basis = Basis::cited("Khởi tạo hệ thống (dữ liệu mẫu)");
    keys.establish_authority(ctx, &basis).await?;
    let people = all.iter().filter(|p| p.certificate).map(|p| Holder::Person(p.id.clone()));
    let holders: Vec<Holder> = people.chain(roster::sealing_bodies().into_iter().map(Holder::Body)).collect();
    // At least a year, also when the term is nearly over.
    let until = term.until.max(today.plus_months(12)).start();
    for part in holders.chunks(PEOPLE_PER_CHANGE) {
        keys.issue(ctx, part, until, &basis).await?;
    }
    Ok(holders.len())
}
