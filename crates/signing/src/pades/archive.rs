//! Evidence for the long term: the store of certificates and revocation lists (DSS; EN 319 142-1, 5.4.2), and archive time
//! stamps over the whole file (5.4.3).

use super::{
    Appended, Signed, vri,
    write::{Form, Prepared, open},
};
use crate::{
    error::SignError,
    pdf::{Bytes, Data, Dict, File, Id, Object, Source, Stream, Update},
    report::Level,
    signer::TimeStamper,
};
use kernel::Digest;
use pki::{Certificate, Crl, ocsp::Response};

/// The lists of the store, in the order certificates, lists, answers.
const LISTS: [&str; 3] = ["Certs", "CRLs", "OCSPs"];
/// Most entries of one list that are read.
const MAX_KEPT: usize = 2_000;

/// What a later validation needs, beside the signed file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// The certificates of all paths.
    pub certificates: Vec<Certificate>,
    /// The lists that cover them.
    pub crls: Vec<Crl>,
    /// The status answers about them.
    pub answers: Vec<Response>,
}

impl Kept {
    /// There is nothing.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.answers.is_empty()
    }
}

/// As [`keep`], without status answers.
///
/// # Errors
/// [`SignError::Pdf`] for a file that cannot be updated.
pub fn add_evidence(pdf: &[u8], certificates: &[Certificate], crls: &[Crl]) -> Result<Vec<u8>, SignError> {
    keep(pdf, &Kept { certificates: certificates.to_vec(), crls: crls.to_vec(), answers: Vec::new() })
}

/// Adds to the store of a signed file what a later validation needs, and says of every signature which of it is its own
/// (VRI). What is there already is not written again. Gives level B-LT when a time stamp is there and nothing lacks.
///
/// # Errors
/// [`SignError::Pdf`] for a file that cannot be updated.
pub fn keep(pdf: &[u8], kept: &Kept) -> Result<Vec<u8>, SignError> {
    Ok([pdf, &evidence_update(pdf.into(), kept)?].concat())
}

/// As [`keep`], for a file that is read in pieces: gives what is to be appended to it.
///
/// # Errors
/// [`SignError::Pdf`] for a file that cannot be updated.
pub fn append_evidence(source: &Source, kept: &Kept) -> Result<Vec<u8>, SignError> {
    evidence_update(source.bytes(), kept)
}

fn evidence_update(bytes: Bytes<'_>, kept: &Kept) -> Result<Vec<u8>, SignError> {
    let file = open(bytes)?;
    let mut update = Update::new(&file);
    let broken = || SignError::Pdf("its catalogue cannot be read".into());
    let root = file.root_id().ok_or_else(broken)?;
    let mut catalog = file.catalog().clone();
    let mut store = file.get_dict(&catalog, "DSS").unwrap_or_default().with("Type", Object::name("DSS"));
    let ders = [
        kept.certificates.iter().map(Certificate::der).collect::<Vec<_>>(),
        kept.crls.iter().map(Crl::der).collect(),
        kept.answers.iter().map(Response::der).collect(),
    ];
    let mut added = false;
    for (key, ders) in LISTS.iter().zip(&ders) {
        added |= add_streams(&file, &mut update, &mut store, key, ders);
    }
    added |= vri::enter(&file, &update, &mut store);
    if !added {
        return Ok(Vec::new());
    }
    match catalog.get("DSS").and_then(Object::as_reference) {
        Some(id) => update.put(id, Object::Dict(store)),
        None => {
            let id = update.add(Object::Dict(store));
            catalog.set("DSS", Object::Reference(id));
            update.put(root, Object::Dict(catalog));
        }
    }
    let seed = Digest::of(&[&bytes.read(bytes.len().saturating_sub(1024)..bytes.len())]);
    Ok(update.write(seed.bytes()).bytes)
}

fn add_streams(file: &File<'_>, update: &mut Update<'_>, store: &mut Dict, key: &str, items: &[&[u8]]) -> bool {
    let mut list = match file.get(store, key) {
        Some(Object::Array(list)) => list,
        _ => Vec::new(),
    };
    let mut there: Vec<Vec<u8>> = streams(file, &list);
    let before = list.len();
    for item in items {
        if there.iter().any(|t| t == item) {
            continue;
        }
        there.push(item.to_vec());
        let stream = Stream { dict: Dict::new(), data: Data::Own(item.to_vec()) };
        list.push(Object::Reference(update.add(Object::Stream(stream))));
    }
    let added = list.len() > before;
    if added {
        store.set(key, Object::Array(list));
    }
    added
}

fn streams(file: &File<'_>, list: &[Object]) -> Vec<Vec<u8>> {
    let read = |object: &Object| match file.resolve(object) {
        Object::Stream(stream) => file.decoded(&stream),
        _ => None,
    };
    list.iter().take(MAX_KEPT).filter_map(read).collect()
}

/// What the store of a file holds; what does not read is passed over. Some of its certificates may be known.
pub(crate) fn evidence(file: &File<'_>, known: &[Certificate]) -> Kept {
    let store = file.get_dict(file.catalog(), "DSS").unwrap_or_default();
    let list = |key| match file.get(&store, key) {
        Some(Object::Array(list)) => streams(file, &list),
        _ => Vec::new(),
    };
    let [certificates, crls, answers] = LISTS.map(list);
    Kept {
        certificates: certificates.iter().filter_map(|der| Certificate::parse_knowing(der, known).ok()).collect(),
        crls: crls.iter().filter_map(|der| Crl::parse(der).ok()).collect(),
        answers: answers.iter().filter_map(|der| Response::parse(der).ok()).collect(),
    }
}

/// Adds an archive time stamp over the whole file as it stands: level B-LTA where the evidence is complete. To be
/// repeated, after adding evidence for the stamp before it, while that stamp's authority is still valid.
///
/// # Errors
/// [`SignError::TimeStamp`] when the authority does not answer, [`SignError::Pdf`] for a file that cannot be updated.
pub fn add_archive_stamp(pdf: &[u8], stamper: &dyn TimeStamper) -> Result<Signed, SignError> {
    Ok(stamp(pdf.into(), stamper)?.to(pdf))
}

/// As [`add_archive_stamp`], for a file that is read in pieces: gives what is to be appended to it.
///
/// # Errors
/// As [`add_archive_stamp`].
pub fn append_archive_stamp(source: &Source, stamper: &dyn TimeStamper) -> Result<Appended, SignError> {
    stamp(source.bytes(), stamper)
}

fn stamp(bytes: Bytes<'_>, stamper: &dyn TimeStamper) -> Result<Appended, SignError> {
    let file = open(bytes)?;
    let taken: Vec<String> = file.fields().into_iter().map(|(name, _, _)| name).collect();
    let name = (1..).map(|n| format!("DauThoiGian{n}")).find(|n| !taken.contains(n)).unwrap_or_default();
    let mut room = stamper.token_room();
    for _ in 0..3 {
        let prepared = prepare(&file, &name, room)?;
        let mut imprint = [0; 32];
        imprint.copy_from_slice(&prepared.digest(bytes, pki::Hash::Sha256));
        let token = stamper.stamp(&Digest(imprint))?;
        if token.len() <= room {
            let bytes = prepared.finish(&token);
            return Ok(Appended { bytes, level: Level::DocumentTimeStamp, warnings: Vec::new() });
        }
        room = token.len() + 1024;
    }
    Err(SignError::TimeStamp("the token is longer than the authority says".into()))
}

fn prepare(file: &File<'_>, name: &str, room: usize) -> Result<Prepared, SignError> {
    let mut update = Update::new(file);
    let mut form = Form::open(file)?;
    let id: Id = update.reserve();
    let field = Dict::new().with("FT", Object::name("Sig")).with("V", Object::Reference(id));
    form.add(&mut update, name, field, None, None)?;
    let stamp = Dict::new()
        .with("Type", Object::name("DocTimeStamp"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.RFC3161"))
        .with("ByteRange", Prepared::range_placeholder())
        .with("Contents", Object::Text(vec![0; room]));
    update.put(id, Object::Dict(stamp));
    form.finish(&mut update, false)?;
    Prepared::new(update, id, room, name.as_bytes())
}
