//! Which evidence belongs to which signature (VRI; ISO 32000-2, 12.8.4.4; EN 319 142-1, 5.4.2.3).

use crate::pdf::{Dict, File, Object, Update};
use aws_lc_rs::digest;
use pki::{Certificate, Crl, cms::SignedData, ocsp::Response, time_stamp::TimeStampToken};

/// What the store holds, each with the reference under which it is listed.
struct Listed {
    certificates: Vec<(Object, Certificate)>,
    crls: Vec<(Object, Crl)>,
    answers: Vec<(Object, Response)>,
}

/// Enters every signature of the file in the VRI dictionary of the store as it stands after the update so far. True when
/// something was entered.
pub(super) fn enter(file: &File<'_>, update: &Update<'_>, store: &mut Dict) -> bool {
    let listed = Listed {
        certificates: read(file, update, store, "Certs", |der| Certificate::parse(der).ok()),
        crls: read(file, update, store, "CRLs", |der| Crl::parse(der).ok()),
        answers: read(file, update, store, "OCSPs", |der| Response::parse(der).ok()),
    };
    let mut all = file.get_dict(store, "VRI").unwrap_or_default();
    let before = all.clone();
    for (_, _, field) in file.fields() {
        if !field.has_name("FT", "Sig") {
            continue;
        }
        let Some(value) = file.get_dict(&field, "V") else { continue };
        let Some(Object::Text(contents)) = file.get(&value, "Contents") else { continue };
        let Ok(message) = SignedData::parse(&contents) else { continue };
        let entry = entry(&listed, &chain(&message, &listed));
        if !entry.0.is_empty() {
            all.set(&identifier(&contents), Object::Dict(entry));
        }
    }
    let changed = all != before;
    if changed {
        store.set("VRI", Object::Dict(all));
    }
    changed
}

/// The name of a signature in the dictionary: SHA-1 of its contents, padding included.
fn identifier(contents: &[u8]) -> String {
    hex::encode_upper(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, contents))
}

fn entry(listed: &Listed, chain: &[usize]) -> Dict {
    let of = |i: &usize| &listed.certificates[*i].1;
    let covers = |crl: &Crl| chain.iter().any(|i| of(i).issuer() == crl.issuer());
    let about = |response: &Response| {
        let serials = || response.answers().iter().map(|a| a.id.serial.as_slice());
        chain.iter().any(|i| serials().any(|serial| serial == of(i).serial()))
    };
    let certificates: Vec<Object> = chain.iter().map(|i| listed.certificates[*i].0.clone()).collect();
    let crls = listed.crls.iter().filter(|(_, crl)| covers(crl)).map(|(o, _)| o.clone()).collect();
    let answers = listed.answers.iter().filter(|(_, response)| about(response)).map(|(o, _)| o.clone()).collect();
    let mut entry = Dict::new();
    for (key, items) in [("Cert", certificates), ("CRL", crls), ("OCSP", answers)] {
        if !items.is_empty() {
            entry.set(key, Object::Array(items));
        }
    }
    entry
}

/// The certificates of a signature and of its time stamps, and those above them, as far as the store holds them.
fn chain(message: &SignedData, listed: &Listed) -> Vec<usize> {
    let tokens = message.signers.iter().flat_map(|s| s.time_stamps());
    let stamps: Vec<TimeStampToken> = tokens.filter_map(|token| TimeStampToken::parse(token).ok()).collect();
    let inside = || message.certificates.iter().chain(stamps.iter().flat_map(|t| &t.message.certificates));
    let all = &listed.certificates;
    let mut found: Vec<usize> = (0..all.len()).filter(|i| inside().any(|c| *c == all[*i].1)).collect();
    let mut at = 0;
    while let Some(next) = found.get(at).copied() {
        for i in (0..all.len()).filter(|i| all[*i].1.subject() == all[next].1.issuer()) {
            if !found.contains(&i) {
                found.push(i);
            }
        }
        at += 1;
    }
    found.sort_unstable();
    found
}

fn read<T>(
    file: &File<'_>,
    update: &Update<'_>,
    store: &Dict,
    key: &str,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Vec<(Object, T)> {
    let Some(Object::Array(items)) = file.get(store, key) else { return Vec::new() };
    let one = |item: Object| {
        let stream = match item.as_reference().and_then(|id| update.load(id)) {
            Some(Object::Stream(stream)) => stream,
            _ => return None,
        };
        parse(&file.decoded(&stream)?).map(|parsed| (item, parsed))
    };
    items.into_iter().filter_map(one).collect()
}
