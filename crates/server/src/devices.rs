//! How devices are asked whether they hold a name (http-01): at addresses within the networks that the office named, and
//! nowhere else, whatever a name resolves to; at one port; without proxies, redirects or cookies; with a time limit and a
//! size limit.
//!
//! Each question has a client of its own, whose name is fixed to the address that was looked at: a name that resolves to
//! another address a moment later changes nothing.

use crate::{config, network::Allowed};
use anyhow::bail;
use async_trait::async_trait;
use directory::acme::{Reach, Unreached};
use reqwest::{Client, Response, redirect};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection is waited for.
const KNOCKING: Duration = Duration::from_secs(5);

/// The networks of devices.
pub struct Devices {
    networks: Allowed,
    port: u16,
}

impl Devices {
    /// As configured; none where no network is named.
    pub fn of(config: &config::Acme) -> anyhow::Result<Option<Devices>> {
        if config.networks.is_empty() {
            return Ok(None);
        }
        let networks = Allowed::read(&config.networks)?;
        if networks.has_hosts() || config.port == 0 {
            bail!("[certificates.acme] takes networks and addresses such as 10.20.0.0/16, and a port from 1");
        }
        Ok(Some(Devices { networks, port: config.port }))
    }

    async fn address_of(&self, name: &str, fixed: Option<IpAddr>) -> Result<SocketAddr, Unreached> {
        let elsewhere = |what: String| {
            Unreached::Dns(format!(
                "{what} lies in no network in which devices are asked ([certificates.acme] networks)"
            ))
        };
        if let Some(address) = fixed {
            let named = self.networks.names(address);
            return if named { Ok((address, self.port).into()) } else { Err(elsewhere(address.to_string())) };
        }
        let found = tokio::time::timeout(KNOCKING, tokio::net::lookup_host((name, self.port))).await;
        let found = found.map_err(|_| Unreached::Dns(format!("{name} is not resolved in time")))?;
        let mut found = found.map_err(|_| Unreached::Dns(format!("{name} does not resolve")))?;
        found.find(|at| self.networks.names(at.ip())).ok_or_else(|| elsewhere(format!("every address of {name}")))
    }
}

#[async_trait]
impl Reach for Devices {
    async fn fetch(
        &self,
        name: &str,
        address: Option<IpAddr>,
        path: &str,
        most: usize,
    ) -> Result<(Vec<u8>, String), Unreached> {
        let at = self.address_of(name, address).await?;
        let failed = |error: reqwest::Error| {
            let why = if error.is_timeout() { "does not answer in time" } else { "is not reached" };
            Unreached::Connection(format!("{at} {why}"))
        };
        let client = Client::builder()
            .user_agent(concat!("dienhong/", env!("CARGO_PKG_VERSION")))
            .resolve(name, at)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .connect_timeout(KNOCKING)
            .timeout(PATIENCE)
            .build()
            .map_err(failed)?;
        let response = client.get(format!("http://{name}:{}{path}", self.port)).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            let status = response.status().as_u16();
            return Err(Unreached::Response(format!("{at} answers with the status {status} for {name}")));
        }
        let answer = body(response, most).await.map_err(failed)?;
        let answer = answer.ok_or_else(|| Unreached::Response(format!("{at} answers with more than {most} bytes")))?;
        Ok((answer, at.to_string()))
    }
}

/// The body, when it is not longer.
async fn body(mut response: Response, most: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if bytes.len() + piece.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn devices(networks: &[&str], port: u16) -> Devices {
        let networks = networks.iter().map(ToString::to_string).collect();
        Devices::of(&config::Acme { networks, port }).unwrap().unwrap()
    }

    /// A server that answers every connection in the same way.
    fn server(answer: Vec<u8>) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                let _ = stream.write_all(&answer);
            }
        });
        port
    }

    #[test]
    fn nothing_is_asked_where_no_network_is_named_and_hosts_are_no_networks() {
        assert!(Devices::of(&config::Acme::default()).unwrap().is_none());
        let named = |word: &str, port| Devices::of(&config::Acme { networks: vec![word.into()], port });
        assert!(named("may-chu.vpqh.local", 80).is_err());
        assert!(named("10.0.0.0/40", 80).is_err());
        assert!(named("10.0.0.0/8", 0).is_err());
    }

    #[tokio::test]
    async fn a_device_is_asked_in_its_network_alone_by_name_or_fixed_address() {
        let port = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nproof".to_vec());
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        let near = devices(&["127.0.0.0/8"], port);
        let (answer, at) = near.fetch("may-chu.example", Some(loopback), "/x", 10).await.unwrap();
        assert_eq!((answer.as_slice(), at), (&b"proof"[..], format!("127.0.0.1:{port}")));
        assert_eq!(near.fetch("localhost", None, "/x", 10).await.unwrap().0, b"proof");
        assert!(matches!(near.fetch("localhost", None, "/x", 4).await, Err(Unreached::Response(_))));
        let far = devices(&["10.20.0.0/16"], port);
        assert!(matches!(far.fetch("may-chu.example", Some(loopback), "/x", 10).await, Err(Unreached::Dns(_))));
        assert!(matches!(far.fetch("localhost", None, "/x", 10).await, Err(Unreached::Dns(_))));
        // Public addresses too are reached only when they are named.
        assert!(matches!(far.fetch("x", Some("8.8.8.8".parse().unwrap()), "/x", 10).await, Err(Unreached::Dns(_))));
    }

    #[tokio::test]
    async fn who_sends_on_or_is_not_there_proves_nothing() {
        let port = server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec());
        let near = devices(&["127.0.0.1"], port);
        assert!(matches!(near.fetch("localhost", None, "/x", 10).await, Err(Unreached::Response(_))));
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let near = devices(&["127.0.0.1"], closed);
        assert!(matches!(near.fetch("localhost", None, "/x", 10).await, Err(Unreached::Connection(_))));
    }
}
