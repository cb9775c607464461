//! Keys on a PKCS #11 token: SoftHSM 2, in a folder of its own.

mod house;

use house::*;
use pki::{Authority, IssuingKey, KeyKind, PrivateKey, Profile, Subject};
use signing::{
    Indication, MasterKey, Protection, Revision, Signer, TokenKey, TokenPlace, TokenSigner, WrappingKey, cades,
    validate, xades,
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

/// SoftHSM reads its folder from the environment of its process, so the test runs itself once more with that set.
#[allow(clippy::disallowed_methods, reason = "SoftHSM is configured by the environment alone")]
fn in_own_folder(test: &str) -> Option<PathBuf> {
    let module = MODULES.iter().map(Path::new).find(|m| m.exists());
    let Some(module) = module.filter(|_| Command::new("softhsm2-util").arg("--version").output().is_ok()) else {
        eprintln!("skipped: SoftHSM 2 is not installed");
        return None;
    };
    if std::env::var("SOFTHSM2_CONF").is_ok_and(|c| Path::new(&c).with_file_name("own").exists()) {
        return Some(module.to_owned());
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tokens")).unwrap();
    std::fs::write(folder.path().join("own"), "").unwrap();
    let conf = folder.path().join("softhsm2.conf");
    std::fs::write(&conf, format!("directories.tokendir = {}/tokens\nlog.level = ERROR\n", folder.path().display()))
        .unwrap();
    let out = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("SOFTHSM2_CONF", &conf)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&[out.stdout, out.stderr].concat()));
    None
}

fn softhsm(arguments: &[&str]) {
    let out = Command::new("softhsm2-util").args(arguments).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&[out.stdout, out.stderr].concat()));
}

/// An authority whose key was made on the token: never outside it, the same when it is opened again.
fn makes_its_own_key(module: &Path) {
    let place = TokenPlace { module: module.to_owned(), token: "ghe".into() };
    let house = House::new(KeyKind::P256);
    for (kind, label) in [(KeyKind::P256, "ca-256"), (KeyKind::P384, "ca-384"), (KeyKind::Rsa3072, "ca-rsa")] {
        let key = TokenKey::make(&place, label, "2468", kind).unwrap();
        let again = TokenKey::obtain(&place, label, "2468", kind).unwrap();
        assert_eq!(key.public_key_info(), again.public_key_info());
        assert!(TokenKey::make(&place, label, "2468", kind).unwrap_err().to_string().contains("1 keys"));
        TokenKey::open(&place, label, "2468", key.public_key_info()).unwrap();
        let other = house.issuing.certificate().public_key_info();
        assert!(TokenKey::open(&place, label, "2468", other).is_err(), "another key's certificate");
        let name = Subject::service("CA trên thiết bị", "VPQH");
        let until = house.now.plus_seconds(900 * DAY);
        let root = Authority::root(&name, Arc::new(key), house.now, until, &kernel::OsEntropy).unwrap();
        assert!(root.certificate().verify_with(root.certificate().public_key()).is_right(), "{kind:?}");
        let list = root.crl(1, house.now, until, &[]).unwrap();
        assert!(list.verify_with(root.certificate().public_key()).is_right());
        assert!(!format!("{again:?}").contains("2468"));
    }
    assert!(TokenKey::make(&place, "khac", "2468", KeyKind::Ed25519).is_err());
}

#[test]
fn a_key_on_a_token_signs_in_every_format() {
    let Some(module) = in_own_folder("a_key_on_a_token_signs_in_every_format") else { return };
    softhsm(&["--init-token", "--free", "--label", "ghe", "--so-pin", "12345678", "--pin", "2468"]);
    makes_its_own_key(&module);
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096];
    for (i, kind) in kinds.into_iter().enumerate() {
        let house = House::new(KeyKind::P256);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        let key = PrivateKey::generate(kind).unwrap();
        std::fs::write(&file, pki::pem::encode(key.pkcs8(), "PRIVATE KEY")).unwrap();
        let (label, id) = (format!("khoa-{i}"), format!("0{i}"));
        let import =
            ["--import", file.to_str().unwrap(), "--token", "ghe", "--label", &label, "--id", &id, "--pin", "2468"];
        softhsm(&import);
        let (from, until) = (house.now.plus_seconds(-DAY), house.now.plus_seconds(900 * DAY));
        let chain = issue(&house.issuing, Profile::Person, &Subject::service("x", "VPQH"), key, from, until);
        let open = |token: &str, label: &str, pin: &str, chain: &[pki::Certificate]| {
            TokenSigner::open(&module, token, label, pin, chain.to_vec())
        };
        let signer = open("ghe", &label, "2468", chain.chain()).unwrap();
        let signed = Revision::new("Ky").sign(&sample("paper.pdf"), &signer, house.now, Some(&house.stamper)).unwrap();
        assert!(validate::pdf(&signed.pdf, &house.trust(), house.now).is_all_passed(), "{kind:?}");
        let signed = cades::sign_detached(b"x", &signer, house.now, None).unwrap();
        let report = cades::verify_detached(b"x", &signed.cms, &house.trust(), house.now);
        assert_eq!(report.indication, Indication::TotalPassed, "{kind:?}");
        assert!(xades::sign_enveloped(b"<a/>", &signer, house.now, None).is_ok());
        let signer = signer.with_pkcs1();
        let signed = cades::sign_detached(b"x", &signer, house.now, None).unwrap();
        assert!(cades::verify_detached(b"x", &signed.cms, &house.trust(), house.now).reasons.is_empty());
        let why = |result: Result<TokenSigner, signing::SignError>| result.unwrap_err().to_string();
        assert!(why(open("khac", &label, "2468", chain.chain())).contains("no token with the label"));
        assert!(why(open("ghe", "khac", "2468", chain.chain())).contains("0 keys with the label"));
        assert!(why(open("ghe", &label, "2468", house.body.chain())).contains("token"));
        drop(signer);
        assert!(why(open("ghe", &label, "1111", chain.chain())).contains("the PIN"));
        assert!(why(TokenSigner::open(Path::new("/khong/co.so"), "", "", "", Vec::new())).contains("the module"));
    }
}

#[test]
fn a_master_key_opens_with_the_key_of_its_token_alone() {
    let Some(module) = in_own_folder("a_master_key_opens_with_the_key_of_its_token_alone") else { return };
    for label in ["may-chu", "khac"] {
        softhsm(&["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", "2468"]);
    }
    let at = |token: &str, key: &str, pin: &str| {
        let pin = zeroize::Zeroizing::new(pin.to_owned());
        Protection::Token(WrappingKey { module: module.clone(), token: token.into(), key: key.into(), pin })
    };
    let (entropy, master) = (kernel::OsEntropy, MasterKey::random(&kernel::OsEntropy));
    let right = at("may-chu", "khoa-chinh", "2468");
    let why = |protection: &Protection, text: &str| protection.unwrap(text).unwrap_err().to_string();
    // Nothing is made by looking; the key is made by the first wrapping and used by the second.
    assert!(why(&right, &format!("token.v1.{}.{}", "00".repeat(12), "00".repeat(48))).contains("no secret key"));
    let first = right.wrap(&master, &entropy).unwrap();
    let second = right.wrap(&master, &entropy).unwrap();
    assert_ne!(*first, *second, "never the same nonce");
    for text in [&first, &second] {
        assert_eq!(*right.unwrap(text).unwrap().to_hex(), *master.to_hex());
        assert!(!text.contains(&*master.to_hex()));
    }
    let digit = if first.ends_with('0') { "1" } else { "0" };
    let changed = format!("{}{digit}", &first[..first.len() - 1]);
    assert!(why(&right, &changed).contains("does not open"));
    assert!(why(&right, &master.to_hex()).contains("kept as \"plain\""));
    assert!(why(&at("khong-co", "khoa-chinh", "2468"), &first).contains("khong-co"));
    assert!(why(&at("may-chu", "khoa-khac", "2468"), &first).contains("khoa-khac"));
    let other = at("khac", "khoa-chinh", "2468");
    other.wrap(&master, &entropy).unwrap();
    assert!(why(&other, &first).contains("does not open"));
}
