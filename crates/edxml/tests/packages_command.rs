//! The command line: what it prints, what it leaves, and that a package of 200 MB costs no memory.

mod house;

use clap::Parser;
use edxml::command::{Arguments, run};
use edxml::package::Wrap;
use house::*;
use kernel::{Clock, Timestamp};
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

struct Today;
impl Clock for Today {
    fn now(&self) -> Timestamp {
        today().start()
    }
}

fn edxml(arguments: &[&str]) -> (Result<bool, String>, String) {
    let line = Line::parse_from([&["edxml"], arguments].concat());
    let mut out = Vec::new();
    let done = run(&line.arguments, &Today, &mut out).map_err(|failure| failure.to_string());
    (done, String::from_utf8(out).unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_package_goes_into_a_folder_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (file, unpacked, again) =
        (folder.path().join("a.edxml"), folder.path().join("a"), folder.path().join("b.edxml"));
    fs::write(&file, sample_bytes(Wrap::Zip)).unwrap();
    let (good, said) = edxml(&["check", "--strict", text(&file)]);
    assert!(good.unwrap() && said.contains("hợp lệ"), "{said}");
    let (good, said) = edxml(&["show", text(&file)]);
    assert!(good.unwrap() && said.contains("05/NQ-A") && said.contains("nghi-quyet.pdf"), "{said}");
    assert!(edxml(&["unpack", text(&file), text(&unpacked)]).0.unwrap());
    assert_eq!(fs::read(unpacked.join("nghi-quyet.pdf")).unwrap(), sample().1);
    assert!(edxml(&["unpack", text(&file), text(&unpacked)]).0.is_err(), "a folder that is there is left alone");
    assert!(edxml(&["pack", text(&unpacked), text(&again)]).0.unwrap());
    assert_eq!(parse(&fs::read(&again).unwrap()).package, sample().0);
    let wrong = fs::read_to_string(unpacked.join("package.json")).unwrap().replace("Cơ quan B", &"B".repeat(201));
    fs::write(unpacked.join("package.json"), wrong).unwrap();
    let (good, said) = edxml(&["pack", text(&unpacked), text(&folder.path().join("c.edxml"))]);
    assert!(!good.unwrap() && said.contains("cơ quan nhận, tên cơ quan: dài 201 ký tự"), "{said}");
    assert!(!folder.path().join("c.edxml").exists());
}

#[test]
fn a_refused_package_leaves_nothing_behind_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (file, unpacked) = (folder.path().join("a.edxml"), folder.path().join("a"));
    fs::write(&file, [b"1212", sample_bytes(Wrap::Zip).as_slice()].concat()).unwrap();
    let (good, said) = edxml(&["unpack", text(&file), text(&unpacked)]);
    assert!(!good.unwrap() && said.contains("1212") && !unpacked.exists(), "{said}");
    let (good, said) = edxml(&["check", "--json", "--language", "en", text(&file)]);
    let line: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(!good.unwrap());
    assert_eq!(line["refusals"][0]["what"], "stray-start");
}

#[test]
fn a_package_of_200_megabytes_is_checked_and_unpacked_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (file, unpacked) = (folder.path().join("large.edxml"), folder.path().join("large"));
    let whole = String::from_utf8(sample_bytes(Wrap::Raw)).unwrap();
    let start = whole.find("ContentTransferEncoded").unwrap();
    let start = start + whole[start..].find('>').unwrap() + 1;
    let end = start + whole[start..].find('<').unwrap();
    let mut out = BufWriter::new(fs::File::create(&file).unwrap());
    out.write_all(&whole.as_bytes()[..start]).unwrap();
    let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkwYWJjZGVmZ2hpamts\r\n".repeat(1000);
    for _ in 0..200 << 20 >> 16 {
        out.write_all(line.as_bytes()).unwrap();
    }
    out.write_all(&whole.as_bytes()[end..]).unwrap();
    out.into_inner().unwrap();
    assert!(fs::metadata(&file).unwrap().len() > 200 << 20);
    assert!(edxml(&["unpack", text(&file), text(&unpacked)]).0.unwrap());
    assert_eq!(fs::metadata(unpacked.join("nghi-quyet.pdf")).unwrap().len(), (200 << 20 >> 16) * 1000 * 48);
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        eprintln!("peak memory {} kB", peak.unwrap());
        assert!(peak.unwrap() < 60 << 10, "{peak:?} kB");
    }
}
