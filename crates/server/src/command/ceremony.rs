//! `dienhong ceremony`: the root, on a machine apart from the house's database and network. Two persons each give a
//! passphrase; every time has its printed protocol. Nothing here opens the house.

use crate::keyfiles;
use anyhow::{Context, bail};
use kernel::{OsEntropy, SystemClock};
use pki::{KeyKind, Reason, request::CertificationRequest};
use serde_json::{Value, json};
use signing::{
    TokenPlace,
    ceremony::{NewRoot, NewToken, Outside, Person, Persons, Protocol, Root, groups},
};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use typeset::Papers;
use zeroize::Zeroizing;

/// The form of the protocol.
const FORM: &str = "bien-ban-khoa-goc";
/// Most bytes of a request.
const MAX_REQUEST: u64 = 64 * 1024;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Make the root: its key, its certificate, its first revocation list.
    Root(RootArguments),
    /// Sign the certificate of the issuing authority that the house asked for; again for its renewal.
    Sign(SignArguments),
    /// Sign the root's revocation list anew, and revoke what the root gave.
    List(ListArguments),
    /// See that both passphrases still open the key.
    Check(Present),
    /// Hand the key to two other persons.
    HandOver(HandOverArguments),
}

/// Who is there, where, and where the root lies.
#[derive(clap::Args)]
pub struct Present {
    /// The folder of the root.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The first person: "Nguyễn Văn A, Vụ trưởng Vụ X".
    #[arg(long, value_name = "NAME, POSITION", value_parser = person)]
    first: Person,
    /// The second person.
    #[arg(long, value_name = "NAME, POSITION", value_parser = person)]
    second: Person,
    /// A file with the first person's passphrase; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    first_passphrase: Option<PathBuf>,
    /// A file with the second person's passphrase; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    second_passphrase: Option<PathBuf>,
    /// The town, for the protocol.
    #[arg(long, default_value = "Hà Nội")]
    place: String,
    /// The room and its address, for the protocol.
    #[arg(long)]
    room: String,
    /// The office, for the head of the protocol.
    #[arg(long, default_value = "VĂN PHÒNG QUỐC HỘI")]
    office: String,
    /// The body above the office; empty: none.
    #[arg(long, default_value = "QUỐC HỘI")]
    superior: String,
}

/// Arguments of `ceremony root`.
#[derive(clap::Args)]
pub struct RootArguments {
    #[command(flatten)]
    present: Present,
    /// The name of the root.
    #[arg(long, default_value = "CA gốc nội bộ Diên Hồng")]
    name: String,
    /// Whose it is.
    #[arg(long, default_value = "Văn phòng Quốc hội")]
    organization: String,
    /// The kind of key.
    #[arg(long, value_enum, default_value = "p384")]
    kind: Kind,
    /// For how many years the root counts.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=40))]
    years: i64,
    /// For how many days its revocation list counts.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=1000))]
    list_days: i64,
    /// A PKCS #11 module, to make and keep the key on a token; its PIN is changed to one that nobody knows.
    #[arg(long, value_name = "MODULE", requires_all = ["token", "pin_file"])]
    pkcs11: Option<PathBuf>,
    /// The label of the token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,
    /// The label that the key gets.
    #[arg(long, value_name = "LABEL", default_value = "dienhong-root")]
    key_label: String,
    /// A file with the PIN that the token has now.
    #[arg(long, value_name = "FILE", requires = "pkcs11")]
    pin_file: Option<PathBuf>,
}

/// Kinds of keys of a root.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Kind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA with 3072 bits, signing with PSS.
    Rsa3072,
    /// RSA with 4096 bits, signing with PSS.
    Rsa4096,
}

/// Arguments of `ceremony sign`.
#[derive(clap::Args)]
pub struct SignArguments {
    #[command(flatten)]
    present: Present,
    /// The request that `dienhong authority request` wrote (PEM).
    request: PathBuf,
    /// The fingerprint of its key, typed from what that command showed: at least 16 digits.
    #[arg(long, value_name = "DIGITS")]
    fingerprint: String,
    /// Where the certificate goes.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// For how many years it counts.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i64).range(1..=20))]
    years: i64,
    /// The address at which the house publishes the root: `[certificates] address` of its configuration.
    #[arg(long, value_name = "URL")]
    address: Option<String>,
}

/// Arguments of `ceremony list`.
#[derive(clap::Args)]
pub struct ListArguments {
    #[command(flatten)]
    present: Present,
    /// For how many days the list counts.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(i64).range(1..=1000))]
    days: i64,
    /// The number of a certificate that the root gave and now revokes.
    #[arg(long, value_name = "SERIAL")]
    revoke: Vec<String>,
    /// Why.
    #[arg(long, value_enum, default_value = "compromise")]
    reason: Why,
}

/// Why an issuing authority is revoked.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Why {
    /// Its key is, or may be, in other hands.
    Compromise,
    /// Another took its place.
    Superseded,
    /// It is needed no more.
    Cessation,
}

/// Arguments of `ceremony hand-over`.
#[derive(clap::Args)]
pub struct HandOverArguments {
    #[command(flatten)]
    present: Present,
    /// The first person from now on.
    #[arg(long, value_name = "NAME, POSITION", value_parser = person)]
    to_first: Person,
    /// The second person from now on.
    #[arg(long, value_name = "NAME, POSITION", value_parser = person)]
    to_second: Person,
    /// A file with the new first passphrase; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    to_first_passphrase: Option<PathBuf>,
    /// A file with the new second passphrase; without it, it is asked for.
    #[arg(long, value_name = "FILE")]
    to_second_passphrase: Option<PathBuf>,
}

fn person(text: &str) -> Result<Person, String> {
    Person::parse(text).ok_or_else(|| "write name and position: \"Nguyễn Văn A, Vụ trưởng Vụ X\"".into())
}

/// Does it, and prints the protocol.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Root(arguments) => root(arguments)?,
        Command::Sign(arguments) => sign(arguments)?,
        Command::List(arguments) => list(arguments)?,
        Command::Check(present) => {
            let (persons, mut root) = (present.persons(false)?, Root::read(&present.folder)?);
            let protocol = root.check(outside(&persons))?;
            present.print(&mut root, &protocol)?;
        }
        Command::HandOver(arguments) => hand_over(arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn outside(persons: &Persons) -> Outside<'_> {
    Outside { persons, clock: &SystemClock, entropy: &OsEntropy }
}

fn root(arguments: &RootArguments) -> anyhow::Result<()> {
    let present = &arguments.present;
    let persons = present.persons(true)?;
    let token = match (&arguments.pkcs11, &arguments.token, &arguments.pin_file) {
        (Some(module), Some(token), Some(pin)) => Some(NewToken {
            place: TokenPlace { module: module.clone(), token: token.clone() },
            label: arguments.key_label.clone(),
            pin: keyfiles::secret(pin)?,
        }),
        _ => None,
    };
    let new = NewRoot {
        name: arguments.name.clone(),
        organization: arguments.organization.clone(),
        kind: match arguments.kind {
            Kind::P256 => KeyKind::P256,
            Kind::P384 => KeyKind::P384,
            Kind::Rsa3072 => KeyKind::Rsa3072,
            Kind::Rsa4096 => KeyKind::Rsa4096,
        },
        years: arguments.years,
        list_days: arguments.list_days,
        token,
    };
    let (mut root, protocol) = Root::make(&present.folder, &new, outside(&persons))?;
    present.print(&mut root, &protocol)
}

fn sign(arguments: &SignArguments) -> anyhow::Result<()> {
    let present = &arguments.present;
    if arguments.out.exists() {
        bail!("{} is there already", arguments.out.display());
    }
    let asked = request(&arguments.request)?;
    let (persons, mut root) = (present.persons(false)?, Root::read(&present.folder)?);
    let address = arguments.address.as_deref();
    let (certificate, protocol) =
        root.certify(&asked, &arguments.fingerprint, arguments.years, address, outside(&persons))?;
    let written = std::fs::write(&arguments.out, certificate.to_pem());
    written.with_context(|| format!("cannot write {}", arguments.out.display()))?;
    present.print(&mut root, &protocol)
}

fn request(path: &Path) -> anyhow::Result<CertificationRequest> {
    let size = std::fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?.len();
    if size > MAX_REQUEST {
        bail!("{} is too large for a request", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    CertificationRequest::from_pem(&text).with_context(|| format!("{} is no request", path.display()))
}

fn list(arguments: &ListArguments) -> anyhow::Result<()> {
    let present = &arguments.present;
    let (persons, mut root) = (present.persons(false)?, Root::read(&present.folder)?);
    let reason = match arguments.reason {
        Why::Compromise => Reason::AuthorityCompromise,
        Why::Superseded => Reason::Superseded,
        Why::Cessation => Reason::CessationOfOperation,
    };
    let revoke: Vec<(String, Reason)> = arguments.revoke.iter().map(|serial| (serial.clone(), reason)).collect();
    let (_, protocol) = root.list(&revoke, arguments.days, outside(&persons))?;
    present.print(&mut root, &protocol)
}

fn hand_over(arguments: &HandOverArguments) -> anyhow::Result<()> {
    let present = &arguments.present;
    let (persons, mut root) = (present.persons(false)?, Root::read(&present.folder)?);
    let first = passphrase(&arguments.to_first, arguments.to_first_passphrase.as_deref(), true)?;
    let second = passphrase(&arguments.to_second, arguments.to_second_passphrase.as_deref(), true)?;
    let to = Persons::new((arguments.to_first.clone(), first), (arguments.to_second.clone(), second))?;
    let protocol = root.hand_over(&to, outside(&persons))?;
    present.print(&mut root, &protocol)
}

impl Present {
    /// The two, with their passphrases; new ones are asked for twice.
    fn persons(&self, new: bool) -> anyhow::Result<Persons> {
        let first = passphrase(&self.first, self.first_passphrase.as_deref(), new)?;
        let second = passphrase(&self.second, self.second_passphrase.as_deref(), new)?;
        Ok(Persons::new((self.first.clone(), first), (self.second.clone(), second))?)
    }

    /// Prints the protocol beside the root, and shows what is to be read aloud.
    fn print(&self, root: &mut Root, protocol: &Protocol) -> anyhow::Result<()> {
        let papers = Papers::load(&typeset::Options::default()).context("the papers' forms or fonts do not load")?;
        let paper = papers.render(FORM, &self.data(protocol), protocol.closed)?;
        let path = root.keep_protocol(&paper.pdf)?;
        let fingerprint = groups(&root.certificate().fingerprint());
        println!("root        {}", fingerprint.join(" "));
        for print in protocol.prints.iter().filter(|print| print.of != "root") {
            println!("{:<11} {}", print.of, print.groups.join(" "));
        }
        println!(
            "protocol    {} ({} pages): print it, read the fingerprints aloud, sign it",
            path.display(),
            paper.pages
        );
        Ok(())
    }

    fn data(&self, protocol: &Protocol) -> Value {
        let signer = |title: &str, person: &Person| json!({"title": title, "name": person.name});
        let [first, second] = &protocol.persons;
        let earlier = protocol.earlier.iter().map(|before| {
            let [a, b] = &before.persons;
            let mut row = json!({
                "number": before.number, "what": before.what, "at": before.at, "persons": format!("{}; {}", a.name, b.name),
            });
            if let Some(digest) = &before.digest {
                row["digest"] = json!(digest);
            }
            row
        });
        let mut issuer = json!({"lines": [self.office]});
        if !self.superior.is_empty() {
            issuer["superior"] = json!(self.superior);
        }
        json!({
            "issuer": issuer,
            "place": self.place,
            "room": self.room,
            "date": protocol.closed.day(),
            "number": protocol.number,
            "what": protocol.what,
            "opened": protocol.opened,
            "closed": protocol.closed,
            "persons": protocol.persons,
            "program": concat!("Diên Hồng ", env!("CARGO_PKG_VERSION")),
            "steps": protocol.steps,
            "facts": protocol.facts,
            "prints": protocol.prints,
            "earlier": earlier.collect::<Vec<_>>(),
            "first": signer("NGƯỜI THỨ NHẤT", first),
            "second": signer("NGƯỜI THỨ HAI", second),
        })
    }
}

/// A passphrase from a file that its owner alone may read, or typed without being shown.
fn passphrase(person: &Person, file: Option<&Path>, new: bool) -> anyhow::Result<Zeroizing<String>> {
    if let Some(file) = file {
        return keyfiles::secret(file);
    }
    let ask = |what: &str| {
        let asked = rpassword::prompt_password(format!("{what}, {}: ", person.name));
        asked.map(Zeroizing::new).context("a passphrase cannot be asked for: there is no terminal")
    };
    let typed = ask("Passphrase")?;
    if new && ask("Once more")? != typed {
        bail!("the two are not the same");
    }
    Ok(typed)
}
