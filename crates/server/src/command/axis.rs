//! `dienhong axis`: what goes out and comes in, and who may connect to the hub.

use crate::{config::Config, keyfiles, wire::House};
use exchange::{NewSystem, ParcelLine, Tray};
use kernel::{Ctx, id::RequestId};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Show what waits, what has stopped and how the ways are. Exits with 1 when something waits for a person.
    Status,
    /// Send what is due now. Exits with 1 when something is left.
    Send {
        /// Start packages again that had stopped.
        #[arg(long)]
        resume: bool,
    },
    /// Take what waits at the other end, and synchronise the directory of bodies.
    Receive,
    /// Admit a system to the hub and print its secret, this once; a system that is there gets a new secret.
    Admit {
        /// Its name on the wire.
        system: String,
        /// Whose it is.
        #[arg(long)]
        name: String,
        /// How many packages it may send in a day.
        #[arg(long, default_value_t = 10_000)]
        quota: i64,
        /// A file whose first line is the secret that the system has already, readable by its owner alone: none is made.
        #[arg(long)]
        secret_file: Option<PathBuf>,
    },
    /// List the bodies that are reached through the hub, and through which system.
    Agencies,
}

/// Runs the command. May run beside a serving program.
pub async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let house = House::open(&config).await?;
    let done = carry_out(command, &house, &config).await;
    house.journal.close().await;
    done
}

async fn carry_out(command: Command, house: &House, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Status => return status(house).await,
        Command::Send { resume } => return send(house, resume).await,
        Command::Receive => {
            let ctx = operator(house);
            println!("{} packages taken", house.office.receive().await?);
            println!("{} bodies changed", house.office.synchronise(&ctx).await?);
            let trouble = house.office.health().into_iter().find_map(|way| way.trouble);
            if let Some(trouble) = trouble {
                println!("{trouble}");
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Admit { system, name, quota, secret_file } => {
            let new = NewSystem { id: system, name, quota };
            match secret_file {
                Some(file) => house.hub(config).admit_with(new, &keyfiles::secret(&file)?).await?,
                None => println!("{}", house.hub(config).admit(new).await?),
            }
        }
        Command::Agencies => {
            for agency in house.hub(config).agencies(false).await? {
                println!("{}\t{}\t{}", agency.of.code, agency.of.system, agency.of.name);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The operator at this machine acts as the program does.
fn operator(house: &House) -> Ctx {
    let (clock, entropy) = (house.journal.clock(), house.journal.entropy());
    Ctx::system("exchange", clock.now(), RequestId::mint(clock, entropy))
}

async fn status(house: &House) -> anyhow::Result<ExitCode> {
    let (office, ctx) = (&house.office, operator(house));
    let standing = office.standing(&ctx).await?;
    let known = office.synchronisations().await?;
    for way in &standing.ways {
        let directory = known.iter().find(|one| one.transport == way.transport);
        let directory = directory.map_or("directory not synchronised yet".to_owned(), |one| {
            format!("{} bodies since {}", one.total, one.at.clock_and_day())
        });
        println!("way       {}: {} · {directory}", way.transport, way.address);
    }
    if standing.ways.is_empty() {
        println!("way       none is configured ([axis] in dienhong.toml)");
    }
    println!(
        "outgoing  {} wait · {} stopped · {} receivers silent",
        standing.waiting, standing.stopped, standing.silent
    );
    let trays: Vec<String> =
        Tray::ALL.into_iter().zip(standing.trays).map(|(tray, count)| format!("{count} {}", tray.code())).collect();
    println!("incoming  {}", trays.join(" · "));
    let stopped = office.stopped(&ctx).await?;
    stopped.iter().for_each(tell);
    let calm = standing.stopped + standing.silent + standing.trays[4] == 0;
    Ok(if calm { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(parcel: &ParcelLine) {
    let what = parcel.status.as_deref().map_or("document".to_owned(), |status| format!("status {status}"));
    let why = parcel.why.as_deref().unwrap_or_default();
    println!("stopped   {} ({what}) to {}: {why}", parcel.id, parcel.to.join(", "));
}

async fn send(house: &House, resume: bool) -> anyhow::Result<ExitCode> {
    let (office, ctx) = (&house.office, operator(house));
    if resume {
        for parcel in office.stopped(&ctx).await? {
            office.resume(&ctx, &parcel.id).await?;
        }
    }
    let mut sent = 0;
    // Packages about one document go out one after the other: a round may open the way for the next.
    loop {
        match office.send_due().await? {
            0 => break,
            more => sent += more,
        }
    }
    println!("{sent} packages sent");
    let left = office.standing(&ctx).await?;
    Ok(if left.waiting + left.stopped == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
