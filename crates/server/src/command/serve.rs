//! `dienhong serve`: pages, API and jobs, until SIGTERM or Ctrl-C.

use crate::{config::Config, correspondence, wire::House};
use anyhow::Context;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Serves until told to stop; requests in hand and begun jobs are ended first.
pub async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let listener = listen(&config).await?;
    let house = House::open(&config).await?;
    serve(house, &config, listener, told_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.web.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another program there already?", config.web.listen))
}

/// Serves an opened house on a bound socket until `until` ends.
pub async fn serve(
    house: House,
    config: &Config,
    listener: TcpListener,
    until: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let recorded = house.cases.record_files().await.context("the procedures cannot be recorded")?;
    if recorded > 0 {
        tracing::info!(recorded, "versions of procedures were recorded");
    }
    let (stop, stopped) = watch::channel(false);
    let sealer = tokio::spawn({
        let (journal, stopped) = (house.journal.clone(), stopped.clone());
        async move { journal.run_sealer(Duration::from_millis(250), stopped).await }
    });
    let jobs = tokio::spawn({
        let (journal, workers, stopped) = (house.journal.clone(), house.workers(), stopped.clone());
        async move { journal.run_jobs(workers, stopped).await }
    });
    let office = tokio::spawn({
        let (office, stopped) = (house.office.clone(), stopped.clone());
        async move { office.run(stopped).await }
    });
    let hub = hub(&house, config, stopped.clone()).await?;
    let road = road(&house, config, stopped).await?;
    tracing::info!(address = %listener.local_addr()?, storage = house.storage(), "serving");
    web::serve(listener, house.app_state(config)?, until).await?;
    stop.send_replace(true);
    let _ =
        tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(sealer, jobs, hub, road, office) }).await;
    house.journal.close().await;
    Ok(())
}

/// Serves the hub where the configuration says so, until `stopped` turns.
async fn hub(house: &House, config: &Config, mut stopped: watch::Receiver<bool>) -> anyhow::Result<JoinHandle<()>> {
    let Some(address) = config.hub.listen else { return Ok(tokio::spawn(async {})) };
    let listener = TcpListener::bind(address).await;
    let listener =
        listener.with_context(|| format!("the hub cannot listen on {address}: is another program there already?"))?;
    tracing::info!(%address, "the hub of the document axis is served");
    let hub = house.hub(config);
    Ok(tokio::spawn(async move {
        let until = async move { drop(stopped.wait_for(|stop| *stop).await) };
        if let Err(error) = web::axis::serve(listener, hub, until).await {
            tracing::error!(%error, "the hub ended");
        }
    }))
}

/// Serves what other members of X-Road call, where the configuration says so, until `stopped` turns.
async fn road(house: &House, config: &Config, mut stopped: watch::Receiver<bool>) -> anyhow::Result<JoinHandle<()>> {
    let Some((address, door)) = correspondence::door(&config.axis, &house.office)? else {
        return Ok(tokio::spawn(async {}));
    };
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!("the service of X-Road cannot listen on {address}: is another program there already?")
    })?;
    tracing::info!(%address, "the service of X-Road is served");
    Ok(tokio::spawn(async move {
        let until = async move { drop(stopped.wait_for(|stop| *stop).await) };
        if let Err(error) = web::xroad::serve(listener, door, until).await {
            tracing::error!(%error, "the service of X-Road ended");
        }
    }))
}

/// Ends at SIGTERM or Ctrl-C.
pub async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupt.await),
    }
    tracing::info!("stopping: requests in hand are ended first");
}
