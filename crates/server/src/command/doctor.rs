//! `dienhong doctor`: says what is wrong with the configuration and the machine, and how to mend it.

use crate::{
    config::{Config, Keys},
    keyfiles,
    wire::House,
    wire::storage_name,
};
use anyhow::Context;
use directory::apart::{RENEW_ISSUING_SECONDS, RENEW_STAMPING_SECONDS};
use policy::Policies;
use procedure::Catalogue;
use std::path::Path;
use std::process::ExitCode;
use typeset::Papers;

/// Checks one after the other; later checks run also when earlier ones fail.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    println!("storage   {} · blobs in {}", storage_name(&config.storage.url), config.storage.blobs.display());
    println!("web       listens on {} as {}", config.web.listen, config.web.public_url);
    println!("keys      master key in {} · {}", config.keys.master.display(), protection(&config.keys));
    println!();
    report.check("policies", Policies::load(None).map(|p| format!("{} actions", p.actions().count())));
    report.check(
        "papers and fonts",
        Papers::load(&typeset::Options::default()).map(|p| format!("{} forms", p.forms().count())),
    );
    procedures(&mut report);
    report.check("master key", master_key(&config.keys));
    report.check("blobs", writable(&config.storage.blobs));
    report.check("address", address(&config).await);
    report.check("journal", journal(&config).await);
    certificates(&mut report, &config).await;
    public_url(&mut report, &config);
    axis(&mut report, &config).await;
    println!(
        "\n{}",
        if report.bad == 0 { "Nothing is wrong." } else { "Mend what is marked BAD and run doctor again." }
    );
    Ok(if report.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Report {
    bad: usize,
}

impl Report {
    fn check<E: Into<anyhow::Error>>(&mut self, what: &str, found: Result<String, E>) {
        match found {
            Ok(fine) => println!("ok   {what}: {fine}"),
            Err(error) => {
                self.bad += 1;
                println!("BAD  {what}: {:#}", error.into());
            }
        }
    }
}

fn procedures(report: &mut Report) {
    match Catalogue::load(None) {
        Ok(catalogue) => {
            let problems: Vec<String> = catalogue.problems().iter().map(ToString::to_string).collect();
            let found = if problems.is_empty() {
                Ok(format!("{} procedures", catalogue.newest().count()))
            } else {
                Err(anyhow::anyhow!(problems.join("\n")))
            };
            report.check("procedures", found);
        }
        Err(error) => report.check("procedures", Err::<String, _>(error)),
    }
}

/// How the master key is kept, in words.
fn protection(keys: &Keys) -> String {
    match (&keys.passphrase_file, &keys.token) {
        (_, Some(token)) => format!("under the key {:?} on the token {:?}", token.key, token.label),
        (Some(file), None) => format!("under the passphrase in {}", file.display()),
        (None, None) => "as it is".into(),
    }
}

fn master_key(keys: &Keys) -> anyhow::Result<String> {
    let path = &keys.master;
    if !path.exists() && !keyfiles::tree_path(path).exists() {
        keyfiles::reachable(keys)?;
        return Ok("not there yet; it is made at the first start".into());
    }
    let master = keyfiles::master(keys, &kernel::OsEntropy)?;
    if keyfiles::tree_path(path).exists() {
        keyfiles::tree(path, &master, &kernel::OsEntropy)?;
    }
    Ok(format!("readable by its owner alone, kept {}; the tree key opens with it", protection(keys)))
}

fn writable(folder: &Path) -> anyhow::Result<String> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".doctor");
    std::fs::write(&probe, b"probe")?;
    std::fs::remove_file(&probe)?;
    Ok("the folder can be written".into())
}

async fn address(config: &Config) -> anyhow::Result<String> {
    match tokio::net::TcpListener::bind(config.web.listen).await {
        Ok(_) => Ok("free".into()),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => {
            Ok("taken (by the running dienhong, or by another program: then set DIENHONG_WEB_LISTEN)".into())
        }
        Err(e) => Err(anyhow::anyhow!("{} cannot be listened on: {e}", config.web.listen)),
    }
}

async fn journal(config: &Config) -> anyhow::Result<String> {
    let house = House::open(config).await?;
    let acts = house.journal.position().await?;
    house.journal.close().await;
    Ok(format!("{} holds {acts} acts", storage_name(&config.storage.url)))
}

/// Says where root and keys of the internal authority are, and what must be renewed.
async fn certificates(report: &mut Report, config: &Config) {
    if let Some(token) = &config.certificates.token {
        println!("     keys of the authority on the token {:?} by {}", token.label, token.module.display());
    }
    let Ok(house) = House::open(config).await else { return };
    let found = authority(&house, config).await;
    report.check("certificates", found);
    house.journal.close().await;
}

async fn authority(house: &House, config: &Config) -> anyhow::Result<String> {
    let now = house.journal.clock().now();
    let Some(state) = house.keys.authority_state().await? else {
        return Ok("no authority yet: dienhong authority make (root in the database), or the ceremony".into());
    };
    if let Some(revoked) = state.revoked {
        anyhow::bail!("the root revoked the issuing authority on {}: make a new authority", revoked.day());
    }
    house.keys.try_issuing_key().await.context("the issuing authority's key does not sign")?;
    let late = |certificate: &pki::Certificate, seconds| certificate.not_after() < now.plus_seconds(seconds);
    if late(&state.stamping, RENEW_STAMPING_SECONDS) {
        anyhow::bail!("time stamps end on {}: run dienhong authority renew", state.stamping.not_after().day());
    }
    if late(&state.issuing, RENEW_ISSUING_SECONDS) {
        let how = if state.apart { "renew it by the ceremony" } else { "run dienhong authority renew" };
        anyhow::bail!("the issuing authority ends on {}: {how}", state.issuing.not_after().day());
    }
    if let Some(until) = state.list_until.filter(|until| *until < now.plus_seconds(30 * 86_400)) {
        anyhow::bail!("the root's revocation list counts until {}: have a new one signed by the ceremony", until.day());
    }
    if config.certificates.token.is_some() && !state.on_token {
        anyhow::bail!("a token is configured, but the issuing authority's key is sealed in the database");
    }
    let root = if state.apart { "the root is kept apart" } else { "the root lies in this database (small offices)" };
    let keys = if state.on_token { "issuing key on the token" } else { "issuing key sealed in the database" };
    Ok(format!("{root}; {keys}; the issuing authority counts until {}", state.issuing.not_after().day()))
}

/// The ways in and out: whether their configuration works, and whether the other end answers.
async fn axis(report: &mut Report, config: &Config) {
    let axis = &config.axis;
    let none = [&axis.address, &axis.xroad.server, &axis.mail.address].iter().all(|text| text.is_empty());
    if none && axis.folder.is_none() {
        return report.check("document axis", anyhow::Ok("none is configured".to_owned()));
    }
    let house = match House::open(config).await {
        Ok(house) => house,
        Err(error) => return report.check::<anyhow::Error>("document axis", Err(error)),
    };
    for way in house.office.transports() {
        let answer = way.agencies().await.map(|agencies| {
            let skew = way.clock_ahead().filter(|ahead| ahead.abs() > 5);
            let skew = skew.map_or(String::new(), |ahead| format!("; its clock is ahead of ours by {ahead} s"));
            format!("{} names {} bodies{skew}", way.address(), agencies.len())
        });
        report.check(&format!("document axis ({})", way.name()), answer);
    }
    house.journal.close().await;
}

fn public_url(report: &mut Report, config: &Config) {
    let local = config.web.listen.ip().is_loopback();
    let found = match (config.web.public_url.starts_with("https:"), local) {
        (true, _) => Ok("people come by https; cookies are Secure".to_owned()),
        (false, true) => Ok("plain http on this machine only: right for trying, not for an office".to_owned()),
        (false, false) => Err(anyhow::anyhow!(
            "other machines can connect over plain http: put a TLS proxy in front, set DIENHONG_WEB_PUBLIC_URL=https://…, \
             and listen on 127.0.0.1"
        )),
    };
    report.check("public address", found);
}
