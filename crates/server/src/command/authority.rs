//! `dienhong authority`: the internal certification authority, as its operator makes, asks for, enters and renews it.

use crate::{config::Config, wire::House};
use anyhow::{Context, bail};
use directory::{Basis, Handed};
use kernel::{Ctx, Problem, id::RequestId};
use pki::{Certificate, Crl};
use signing::ceremony::{groups, key_fingerprint};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Most bytes of a file with certificates or lists.
const MAX_FILE: u64 = 16 << 20;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Make root, issuing authority and time stamps in one step, with the root in the database: for trying and for small
    /// offices.
    Make(Ground),
    /// Write the request of the issuing authority for a root that is kept apart, and show its fingerprint.
    Request,
    /// Enter what came from the ceremony: certificates and the root's revocation list, in any order (PEM or DER).
    Import {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The fingerprint of the root, typed from the printed protocol: needed the first time.
        #[arg(long, value_name = "DIGITS", default_value = "")]
        fingerprint: String,
        #[command(flatten)]
        ground: Ground,
    },
    /// Renew what the house can renew by itself: the time stamps' certificate, and the issuing authority's where the root
    /// lies in the database.
    Renew(Ground),
    /// Say how the authority stands.
    Show,
}

/// On what ground, for the acts.
#[derive(clap::Args)]
pub struct Ground {
    /// The decision on which it is done.
    #[arg(long, default_value = "Quyết định của người vận hành cơ quan chứng thực")]
    basis: String,
}

/// Runs the command. May run beside a serving program, which knows of it within ten minutes.
pub async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    let done = work(command, &house).await;
    house.journal.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn work(command: Command, house: &House) -> anyhow::Result<()> {
    let (journal, keys) = (&house.journal, &house.keys);
    let now = journal.clock().now();
    let ctx = Ctx::system("certificates", now, RequestId::mint(journal.clock(), journal.entropy()));
    match command {
        Command::Make(ground) => {
            told(keys.establish_authority(&ctx, &Basis::cited(ground.basis)).await)?;
            print!("{}", keys.root().await?.to_pem());
        }
        Command::Request => {
            let request = told(keys.request_authority(&ctx).await)?;
            print!("{}", request.to_pem());
            eprintln!("fingerprint of the key: {}", groups(&key_fingerprint(&request.public_key_info)).join(" "));
        }
        Command::Import { files, fingerprint, ground } => {
            let handed = handed(&files, fingerprint)?;
            let entered = told(keys.import_authority(&ctx, &handed, &Basis::cited(ground.basis)).await)?;
            println!("entered: {}", entered.join(", "));
        }
        Command::Renew(ground) => {
            let renewed = told(keys.renew_authority(&ctx, &Basis::cited(ground.basis)).await)?;
            println!("renewed: {}", if renewed.is_empty() { "nothing was due".to_owned() } else { renewed.join(", ") });
        }
        Command::Show => show(house).await?,
    }
    Ok(())
}

async fn show(house: &House) -> anyhow::Result<()> {
    let Some(state) = house.keys.authority_state().await? else { bail!("there is no authority yet") };
    let until = |certificate: &Certificate| certificate.not_after().day().to_string();
    println!("root      {} ({})", groups(&state.root.fingerprint()).join(" "), until(&state.root));
    println!("          {}", if state.apart { "kept apart" } else { "in this database" });
    println!("issuing   {} ({})", state.issuing.serial_hex(), until(&state.issuing));
    println!("          {}", if state.on_token { "key on the token" } else { "key sealed in the database" });
    if let Some(revoked) = state.revoked {
        println!("          REVOKED by the root on {}", revoked.day());
    }
    println!("stamps    {} ({})", state.stamping.serial_hex(), until(&state.stamping));
    if let Some(until) = state.list_until {
        println!("root list counts until {}", until.day());
    }
    Ok(())
}

fn handed(files: &[PathBuf], fingerprint: String) -> anyhow::Result<Handed> {
    let mut handed = Handed { fingerprint, ..Handed::default() };
    for file in files {
        let before = handed.certificates.len() + handed.lists.len();
        let bytes = read(file)?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            handed.certificates.extend(Certificate::from_pem(text).unwrap_or_default());
            handed.lists.extend(Crl::from_pem(text).unwrap_or_default());
        }
        handed.certificates.extend(Certificate::parse(&bytes));
        handed.lists.extend(Crl::parse(&bytes));
        if handed.certificates.len() + handed.lists.len() == before {
            bail!("{}: there is no certificate and no revocation list in it (PEM or DER)", file.display());
        }
    }
    Ok(handed)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot look at {}", file.display()))?.len();
    if size > MAX_FILE {
        bail!("{} is too large", file.display());
    }
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// A refusal in words.
fn told<T>(done: Result<T, Problem>) -> anyhow::Result<T> {
    let why = match &done {
        Err(Problem::Refused { code, .. }) => match *code {
            "authority-there-already" => "there is an authority already",
            "authority-missing" => "there is no authority yet",
            "authority-root-here" => "the root lies in this database: a root that is kept apart cannot take its place",
            "authority-root-missing" => "the root's certificate is not among the files",
            "authority-other-root" => "this is another root than the one that is known here",
            "authority-other-key" => "the certificate is for no key that was asked for here",
            "authority-issuing-missing" => "the issuing authority's certificate is not among the files",
            "authority-issuing-wrong" => {
                "the issuing certificate is not by this root, does not count now, or is revoked"
            }
            "authority-list-missing" => "the root's revocation list is not among the files",
            "authority-list-wrong" => "the revocation list is not by this root",
            "authority-list-over" => "the revocation list counts no more: have a new one signed",
            "authority-list-old" => "a newer revocation list is known here",
            "authority-two-lists" => "give one revocation list",
            "authority-nothing-new" => "all of this is known here",
            "authority-token-missing" => "the key is on a token: name it in [certificates.token]",
            _ => return done.map_err(Into::into),
        },
        Err(Problem::Invalid(wrong)) if wrong.iter().any(|w| w.field == "fingerprint") => {
            "the fingerprint is not that of the root: type at least its first 16 digits from the protocol"
        }
        _ => return done.map_err(Into::into),
    };
    bail!("{why}")
}
