//! A small load generator: N readers ask for addresses as fast as the answers come, for a bounded time.
//!
//! Prints one JSON line: requests, answers per second, latency quantiles in milliseconds, errors. It only ever talks to
//! this machine.

use anyhow::{Context, ensure};
use clap::Parser;
use reqwest::{Client, Url, header};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Ask for pages with many readers at once.
#[derive(Parser)]
struct Arguments {
    /// Addresses, asked for in turn. Loopback only.
    #[arg(required = true)]
    urls: Vec<Url>,
    /// How many readers ask at once.
    #[arg(long, default_value_t = 50)]
    readers: usize,
    /// How long, in seconds (1 to 120), after one second of warming up.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// A Cookie header to send.
    #[arg(long)]
    cookie: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    for url in &arguments.urls {
        let host = url.host_str().unwrap_or_default();
        ensure!(matches!(host, "127.0.0.1" | "localhost" | "[::1]"), "{url} is not on this machine");
    }
    let mut headers = header::HeaderMap::new();
    if let Some(cookie) = &arguments.cookie {
        headers.insert(header::COOKIE, cookie.parse().context("the cookie is not a header value")?);
    }
    let client = Client::builder()
        .default_headers(headers)
        .pool_max_idle_per_host(arguments.readers)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let urls = Arc::new(arguments.urls);
    run(&client, &urls, arguments.readers, Duration::from_secs(1)).await;
    let begun = Instant::now();
    let (mut latencies, errors) = run(&client, &urls, arguments.readers, Duration::from_secs(arguments.seconds)).await;
    let took = begun.elapsed().as_secs_f64();
    ensure!(!latencies.is_empty(), "no request was answered ({errors} errors)");
    latencies.sort_unstable();
    let quantile = |q: f64| {
        let at = ((latencies.len() - 1) as f64 * q).round() as usize;
        latencies[at].as_secs_f64() * 1000.0
    };
    println!(
        "{}",
        serde_json::json!({
            "requests": latencies.len(), "errors": errors, "per_second": (latencies.len() as f64 / took).round(),
            "p50_ms": quantile(0.5), "p90_ms": quantile(0.9), "p99_ms": quantile(0.99), "max_ms": quantile(1.0),
        })
    );
    Ok(())
}

/// Asks until the time is over; returns the latency of every good answer and the number of others.
async fn run(client: &Client, urls: &Arc<Vec<Url>>, readers: usize, time: Duration) -> (Vec<Duration>, usize) {
    let until = Instant::now() + time;
    let errors = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..readers)
        .map(|reader| {
            let (client, urls, errors) = (client.clone(), Arc::clone(urls), Arc::clone(&errors));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let mut turn = reader;
                while Instant::now() < until {
                    let begun = Instant::now();
                    let url = urls[turn % urls.len()].clone();
                    turn += 1;
                    let good = match client.get(url).send().await {
                        Ok(answer) => answer.status().is_success() && answer.bytes().await.is_ok(),
                        Err(_) => false,
                    };
                    match good {
                        true => latencies.push(begun.elapsed()),
                        false => drop(errors.fetch_add(1, Ordering::Relaxed)),
                    }
                }
                latencies
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap_or_default());
    }
    (all, errors.load(Ordering::Relaxed))
}
