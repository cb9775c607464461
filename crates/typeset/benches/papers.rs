//! Papers a second, warm, in one process; beside what Typst itself needs, with the same caches.
//!
//! `cargo bench -p dienhong-typeset`. Prints a table; asserts nothing.

use kernel::Timestamp;
use serde_json::{Value, json};
use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use typeset::{Options, Papers};

const FORM: &str = "nghi-quyet-ubtvqh";

fn main() {
    let started = Instant::now();
    let papers = Papers::load(&Options::default()).expect("forms and fonts");
    println!("load of all forms and fonts          {:>8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let started = Instant::now();
    let sample = two_pages(&papers);
    let first = papers.render(FORM, &sample, Timestamp::from_micros(0)).expect("the sample prints");
    println!("first paper (cold)                   {:>8.1} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("one paper: {} pages, {} bytes of PDF", first.pages, first.pdf.len());

    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "\n{:<42} {:>10} {:>10}",
        "papers/s, every paper with other text",
        "1 thread",
        format!("{threads} threads")
    );
    row("checked, set, PDF/A-2b, anchors, text", threads, &papers, |papers, data, n| {
        black_box(papers.render(FORM, data, Timestamp::from_micros(n)).expect("it prints"));
    });
    row("set only (limit: Typst's layout)", threads, &papers, |papers, data, _| {
        black_box(papers.pages(FORM, data).expect("it sets"));
    });
    row("checked only", threads, &papers, |papers, data, _| papers.check(FORM, data).expect("it fits"));
    row("stamp (number)", threads, &papers, |papers, _, n| {
        let size = typeset::Size { w: 34.0, h: 19.0 };
        black_box(
            papers.stamp("stamps/so-van-ban", &json!({"number": (n % 9999).to_string()}), size).expect("it prints"),
        );
    });
    println!("\nresident memory after all that       {:>8} MB (highest {} MB)", memory("VmRSS"), memory("VmHWM"));
}

/// The sample without its appendix: two pages.
fn two_pages(papers: &Papers) -> Value {
    let mut data = papers.sample(FORM).expect("a sample");
    data["appendices"] = json!([]);
    data
}

fn row(name: &str, threads: usize, papers: &Papers, work: impl Fn(&Papers, &Value, i64) + Sync) {
    let sample = two_pages(papers);
    let counter = AtomicU64::new(0);
    let rate = |threads: usize| {
        let (started, time) = (Instant::now(), Duration::from_secs(3));
        let done = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while started.elapsed() < time {
                        let n = counter.fetch_add(1, Ordering::Relaxed);
                        work(papers, &vary(&sample, n), n as i64);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        done.into_inner() as f64 / started.elapsed().as_secs_f64()
    };
    println!("{name:<42} {:>10.0} {:>10.0}", rate(1), rate(threads));
}

/// Other text in every paragraph, as another paper has, so that no cached result of the last one fits.
fn vary(sample: &Value, n: u64) -> Value {
    match sample {
        Value::String(text) if text.len() > 40 => Value::String(format!("{text} {n}")),
        Value::Array(items) => items.iter().map(|item| vary(item, n)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), vary(v, n))).collect(),
        other => other.clone(),
    }
}

fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
