//! `sign pdf|cades|xades`: one key, one approval, one or many files; progress is shown, and what is done is not done again.

use super::{Failure, Outside, files, validate::MAX_FILE};
use crate::{
    assess::Trust,
    cades,
    online::{RemoteTimeStamper, Transport},
    pades::{self, Kept, Place, Revision},
    pdf::Source,
    report::Level,
    signer::{LocalTimeStamper, Signer, SoftwareSigner, TimeStamper},
    token::TokenSigner,
    validate::Validation,
    vault::{MasterKey, Sealed},
    xades,
};
use kernel::Timestamp;
use pki::{Certificate, Crl, PrivateKey, TrustAnchors, path::Material};
use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Arguments of `sign`.
#[derive(Debug, clap::Args)]
pub struct SignArguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Format {
    /// PAdES (EN 319 142) in PDF files.
    Pdf(PdfArguments),
    /// CAdES (EN 319 122) beside or around files of any kind.
    Cades(CadesArguments),
    /// XAdES (EN 319 132) in XML files, or beside files of any kind.
    Xades(XadesArguments),
}

#[derive(Debug, clap::Args)]
struct Common {
    /// The files to sign.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the result goes: a file for one file, a folder for several. What is there already is passed over.
    #[arg(long, short, value_name = "FILE_OR_DIR")]
    out: PathBuf,
    /// The private key: PKCS #8 in PEM or DER; with --master, a key that was sealed.
    #[arg(long, value_name = "FILE", required_unless_present = "pkcs11")]
    key: Option<PathBuf>,
    /// The file of the master key under which --key is sealed: 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", requires = "context")]
    master: Option<PathBuf>,
    /// The context in which --key was sealed.
    #[arg(long, value_name = "TEXT")]
    context: Option<String>,
    /// A PKCS #11 module, instead of --key.
    #[arg(long, value_name = "MODULE", conflicts_with = "key", requires_all = ["token", "key_label", "pin_file"])]
    pkcs11: Option<PathBuf>,
    /// The label of the token.
    #[arg(long, value_name = "LABEL")]
    token: Option<String>,
    /// The label of the key on the token.
    #[arg(long, value_name = "LABEL")]
    key_label: Option<String>,
    /// A file that holds the PIN in its first line.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// The signer's certificate first, then those above it (PEM).
    #[arg(long, value_name = "PEM")]
    chain: PathBuf,
    /// RSA keys sign with PKCS #1 v1.5, for validators that know no PSS.
    #[arg(long)]
    pkcs1: bool,
    /// Roots under which the certificate must stand before it signs; without them, the last of the chain.
    #[arg(long, value_name = "PEM_OR_DIR")]
    trust: Vec<PathBuf>,
    /// Certificates, revocation lists and OCSP answers: asked before signing, and kept in the file at B-LT.
    #[arg(long, value_name = "FILE_OR_DIR")]
    known: Vec<PathBuf>,
    /// The address of a time stamp authority. What the evidence for B-LT lacks is then fetched too.
    #[arg(long, value_name = "URL", conflicts_with = "tsa_key")]
    tsa: Option<String>,
    /// The key of a time stamp authority of one's own.
    #[arg(long, value_name = "FILE", requires = "tsa_chain")]
    tsa_key: Option<PathBuf>,
    /// Its certificate first, then those above it (PEM).
    #[arg(long, value_name = "PEM")]
    tsa_chain: Option<PathBuf>,
    /// The level to reach; without it B-T where there is a time stamp authority, else B-B.
    #[arg(long, value_enum)]
    level: Option<Wanted>,
}

/// A level that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum Wanted {
    #[value(name = "B-B")]
    Bb,
    #[value(name = "B-T")]
    Bt,
    #[value(name = "B-LT")]
    Blt,
    #[value(name = "B-LTA")]
    Blta,
}

#[derive(Debug, clap::Args)]
struct PdfArguments {
    #[command(flatten)]
    common: Common,
    /// The name of the signature field: an empty one is taken, otherwise it is made.
    #[arg(long, default_value = "ChuKy")]
    field: String,
    /// The first signature allows only filling in forms and signing from now on.
    #[arg(long)]
    certify: bool,
    /// A one-page PDF with the look of the signature.
    #[arg(long, value_name = "PDF")]
    image: Option<PathBuf>,
    /// Where it is seen: page,x,y,width,height in points from the top left corner.
    #[arg(long, value_name = "PLACE", value_parser = place, requires = "image")]
    place: Option<Place>,
    /// Why it is signed.
    #[arg(long)]
    reason: Option<String>,
    /// Where it is signed.
    #[arg(long)]
    location: Option<String>,
}

#[derive(Debug, clap::Args)]
struct CadesArguments {
    #[command(flatten)]
    common: Common,
    /// The message holds the file (.p7m) instead of standing beside it (.p7s).
    #[arg(long)]
    attached: bool,
}

#[derive(Debug, clap::Args)]
struct XadesArguments {
    #[command(flatten)]
    common: Common,
    /// The signature stands in a file of its own beside what it signs.
    #[arg(long)]
    detached: bool,
}

fn place(text: &str) -> Result<Place, String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[page, x, y, width, height]) if page >= 1.0 => Ok(Place { page: page as usize, x, y, width, height }),
        _ => Err("write page,x,y,width,height, such as 1,330,620,150,60".into()),
    }
}

/// The key, the authority and the knowledge for one run.
struct Desk {
    signer: Arc<dyn Signer>,
    stamper: Option<Box<dyn TimeStamper>>,
    kept: Kept,
    trust: Trust,
    level: Wanted,
    /// Where evidence that lacks is fetched from: with a remote authority, whose certificates are known from its stamps only.
    transport: Option<Arc<dyn Transport>>,
}

/// True when every file is signed at the level that was asked for.
pub(super) fn run(arguments: &SignArguments, outside: &mut Outside<'_>) -> Result<bool, Failure> {
    let common = match &arguments.format {
        Format::Pdf(PdfArguments { common, .. })
        | Format::Cades(CadesArguments { common, .. })
        | Format::Xades(XadesArguments { common, .. }) => common,
    };
    let desk = Desk::open(common, outside)?;
    let several = common.files.len() > 1 || common.out.is_dir();
    if several {
        let fail = |error: std::io::Error| Failure(format!("{}: {error}", common.out.display()));
        std::fs::create_dir_all(&common.out).map_err(fail)?;
    }
    let mut good = true;
    for (i, file) in common.files.iter().enumerate() {
        let target = if several { common.out.join(name(&arguments.format, file)?) } else { common.out.clone() };
        write!(outside.log, "[{}/{}] {} ", i + 1, common.files.len(), file.display())?;
        if target.exists() {
            writeln!(outside.log, "is there already: {}", target.display())?;
            continue;
        }
        match one(&arguments.format, &desk, file, &target, outside) {
            Ok((level, warnings)) => {
                good &= warnings.is_empty();
                let level = crate::words::key("level", level).replacen("level-", "", 1).to_uppercase();
                writeln!(outside.log, "{level} {}", target.display())?;
                for warning in warnings {
                    writeln!(outside.log, "  {warning}")?;
                }
            }
            Err(Failure(why)) => {
                good = false;
                writeln!(outside.log, "not signed: {why}")?;
            }
        }
    }
    Ok(good)
}

/// The name of the result in a folder.
fn name(format: &Format, file: &Path) -> Result<String, Failure> {
    let own = file.file_name().map(|n| n.to_string_lossy().into_owned());
    let own = own.ok_or_else(|| Failure(format!("{} is no file", file.display())))?;
    Ok(match format {
        Format::Pdf(_) => own,
        Format::Cades(cades) if cades.attached => own + ".p7m",
        Format::Cades(_) => own + ".p7s",
        Format::Xades(xades) if xades.detached => own + ".xml",
        Format::Xades(_) => own,
    })
}

fn one(
    format: &Format,
    desk: &Desk,
    file: &Path,
    target: &Path,
    outside: &Outside<'_>,
) -> Result<(Level, Vec<String>), Failure> {
    let (signer, stamper, now) = (desk.signer.as_ref(), desk.stamper.as_deref(), outside.clock.now());
    let (level, mut warnings) = match format {
        Format::Pdf(pdf) => desk.sign_pdf(&pdf.revision()?, file, target, now)?,
        Format::Cades(cades) if cades.attached => {
            let signed = cades::sign_attached(&files::read(file, MAX_FILE)?, signer, now, stamper)?;
            write(target, &signed.cms)?;
            (signed.level, signed.warnings)
        }
        Format::Cades(_) => {
            let fail = |error: std::io::Error| Failure(format!("{}: {error}", file.display()));
            let mut digest = signer.scheme().hash().start();
            Source::open(file).map_err(fail)?.each_piece(&mut |part| digest.update(part));
            let signed = cades::sign_digest(&digest.finish(), signer, now, stamper)?;
            write(target, &signed.cms)?;
            (signed.level, signed.warnings)
        }
        Format::Xades(arguments) => {
            let bytes = files::read(file, MAX_FILE)?;
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let signed = match arguments.detached {
                true => xades::sign_detached(&name, &bytes, signer, now, stamper)?,
                false => xades::sign_enveloped(&bytes, signer, now, stamper)?,
            };
            write(target, &signed.xml)?;
            (signed.level, signed.warnings)
        }
    };
    if level < desk.level.level() && warnings.is_empty() {
        warnings.push(format!("the level is {level:?}, lower than what was asked for"));
    }
    Ok((level, warnings))
}

fn part_of(target: &Path) -> PathBuf {
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

/// Written beside and renamed, so that a killed run leaves no half file that looks signed.
fn write(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure(format!("{}: {error}", target.display()));
    let part = part_of(target);
    let mut file = std::fs::File::create(&part).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fail)?;
    std::fs::rename(&part, target).map_err(fail)
}

impl PdfArguments {
    fn revision(&self) -> Result<Revision, Failure> {
        let mut revision = Revision::new(&self.field);
        if let Some(image) = &self.image {
            let image = files::read(image, 16 << 20)?;
            revision = match self.place {
                Some(place) => revision.visible(place, image),
                None => revision.appearance(image),
            };
        }
        if self.certify {
            revision = revision.certify();
        }
        if let Some(reason) = &self.reason {
            revision = revision.reason(reason);
        }
        if let Some(location) = &self.location {
            revision = revision.location(location);
        }
        Ok(revision)
    }
}

impl Wanted {
    fn level(self) -> Level {
        match self {
            Wanted::Bb => Level::Bb,
            Wanted::Bt => Level::Bt,
            Wanted::Blt => Level::Blt,
            Wanted::Blta => Level::Blta,
        }
    }
}

impl Desk {
    fn open(common: &Common, outside: &Outside<'_>) -> Result<Desk, Failure> {
        let chain = certificates(&common.chain)?;
        let signer = signer(common, chain.clone())?;
        let known = files::Bag::read(&common.known)?;
        let trusted = files::Bag::read(&common.trust)?;
        let roots =
            if common.trust.is_empty() { chain.last().cloned().into_iter().collect() } else { trusted.certificates };
        let anchors = TrustAnchors::new(roots);
        let crls: Vec<Crl> = [known.crls, trusted.crls].concat();
        let certificates_known = [chain.clone(), known.certificates].concat();
        let material =
            Material { anchors: &anchors, certificates: &certificates_known, crls: &crls, answers: &known.answers };
        // Circular 15/2025/TT-BKHCN: the certificate is checked before it signs.
        pki::check_with(chain.first(), material, outside.clock.now())
            .map_err(|unfit| Failure(format!("the certificate may not sign: {unfit}")))?;
        let (stamper, stamp_chain) = stamper(common, outside)?;
        let level = common.level.unwrap_or(if stamper.is_some() { Wanted::Bt } else { Wanted::Bb });
        if level > Wanted::Bb && stamper.is_none() {
            return Err(Failure(
                "this level needs a time stamp authority: give --tsa, or --tsa-key and --tsa-chain".into(),
            ));
        }
        let kept = Kept { certificates: [certificates_known, stamp_chain].concat(), crls, answers: known.answers };
        let trust = Trust { anchors, certificates: kept.certificates.clone(), crls: kept.crls.clone() };
        let transport = outside.transport.clone().filter(|_| common.tsa.is_some());
        Ok(Desk { signer, stamper, kept, trust, level, transport })
    }

    /// Copies the file and appends to the copy: the signature, then evidence and an archive time stamp as the level asks. A
    /// time stamp that fails lowers the level, and so does evidence that lacks something: the file is judged as any other
    /// would judge it.
    fn sign_pdf(
        &self,
        revision: &Revision,
        file: &Path,
        target: &Path,
        now: Timestamp,
    ) -> Result<(Level, Vec<String>), Failure> {
        let part = part_of(target);
        let fail = |error: std::io::Error| Failure(format!("{}: {error}", part.display()));
        let stamper = self.stamper.as_deref();
        let source = || Source::open(&part).map_err(fail);
        let append = |bytes: &[u8]| -> Result<(), Failure> {
            let mut out = std::fs::OpenOptions::new().append(true).open(&part).map_err(fail)?;
            out.write_all(bytes).and_then(|()| out.sync_all()).map_err(fail)
        };
        let signed = {
            let original = Source::open(file).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
            revision.append(&original, self.signer.as_ref(), now, stamper)?
        };
        std::fs::copy(file, &part).map_err(fail)?;
        append(&signed.bytes)?;
        let (mut level, mut warnings) = (signed.level, signed.warnings);
        if self.level >= Wanted::Blt && level >= Level::Bt {
            let found = match self.transport.as_deref() {
                Some(transport) => {
                    let validation = Validation::new(&self.trust, now).with_answers(&self.kept.answers);
                    Some(validation.online(transport).pdf_evidence(&source()?)?)
                }
                None => None,
            };
            append(&pades::append_evidence(&source()?, found.as_ref().unwrap_or(&self.kept))?)?;
            if let Some(stamper) = stamper.filter(|_| self.level == Wanted::Blta) {
                match pades::append_archive_stamp(&source()?, stamper) {
                    Ok(stamp) => append(&stamp.bytes)?,
                    Err(error) => warnings.push(error.to_string()),
                }
            }
            let roots = Trust { anchors: self.trust.anchors.clone(), ..Trust::default() };
            let report = Validation::new(&roots, now).pdf_file(&source()?);
            let own = |s: &&crate::SignatureReport| {
                s.level != Level::DocumentTimeStamp && s.certificate.as_ref() == self.signer.chain().first()
            };
            level = report.signatures.iter().rfind(own).map_or(Level::Bt, |s| s.level);
            if level < Level::Blt {
                let what = "revocation lists or status answers for some certificate are missing: give them by --known";
                warnings.push(what.into());
            }
        }
        std::fs::rename(&part, target).map_err(|error| Failure(format!("{}: {error}", target.display())))?;
        Ok((level, warnings))
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = files::read(path, 1 << 20)?;
    String::from_utf8(bytes).map_err(|_| Failure(format!("{} is no text", path.display())))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, Failure> {
    Ok(files::Bag::read(&[path.to_owned()])?.certificates)
}

fn signer(common: &Common, chain: Vec<Certificate>) -> Result<Arc<dyn Signer>, Failure> {
    if let (Some(module), Some(token), Some(label), Some(pin)) =
        (&common.pkcs11, &common.token, &common.key_label, &common.pin_file)
    {
        let pin = zeroize::Zeroizing::new(text(pin)?);
        let pin = pin.lines().next().unwrap_or_default();
        let signer = TokenSigner::open(module, token, label, pin, chain)?;
        return Ok(if common.pkcs1 { Arc::new(signer.with_pkcs1()) } else { Arc::new(signer) });
    }
    let path = common.key.as_deref().ok_or_else(|| Failure("there is no key: give --key or --pkcs11".into()))?;
    let key = match (&common.master, &common.context) {
        (Some(master), Some(context)) => {
            let master =
                MasterKey::from_hex(&zeroize::Zeroizing::new(text(master)?)).map_err(crate::SignError::from)?;
            let sealed = Sealed::from_text(text(path)?.trim());
            let pkcs8 = master.open(context, &sealed).map_err(crate::SignError::from)?;
            PrivateKey::from_pkcs8(&pkcs8).map_err(crate::SignError::from)?
        }
        _ => files::key(path)?,
    };
    let key = if common.pkcs1 { key.with_pkcs1() } else { key };
    Ok(Arc::new(SoftwareSigner::new(key, chain)?))
}

type Stamper = (Option<Box<dyn TimeStamper>>, Vec<Certificate>);

fn stamper(common: &Common, outside: &Outside<'_>) -> Result<Stamper, Failure> {
    if let Some(url) = &common.tsa {
        let transport = outside.transport.clone();
        let transport = transport.ok_or_else(|| Failure("there is no network here: --tsa cannot be used".into()))?;
        let remote = RemoteTimeStamper::new(url, transport, outside.entropy.clone());
        return Ok((Some(Box::new(remote)), Vec::new()));
    }
    let (Some(key), Some(chain)) = (&common.tsa_key, &common.tsa_chain) else { return Ok((None, Vec::new())) };
    let chain = certificates(chain)?;
    let signer = SoftwareSigner::new(files::key(key)?, chain.clone())?;
    let local = LocalTimeStamper::new(Arc::new(signer), outside.clock.clone(), outside.entropy.clone());
    Ok((Some(Box::new(local)), chain))
}
