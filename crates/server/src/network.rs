//! The network, as far as signatures ask for it: time stamps, issuers, status answers, revocation lists.
//!
//! The addresses stand in files of strangers, so that none is believed: only `http:` and `https:`; only public addresses,
//! looked at after the name is resolved and at every redirect (a stranger must not reach the office's own machines through
//! us), but for those that the office allows; few redirects, a time limit, a size limit, no cookies, no proxies. Over
//! `https:` a server is believed under the machine's roots and those that the office adds; what comes over `http:` is
//! signed by itself, as RFC 3161, 5280 and 6960 have it.

use crate::config::Config;
use anyhow::{Context, bail};
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use signing::online::Transport;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{runtime::Handle, sync::Semaphore};
use zeroize::Zeroizing;

/// Most redirects of one request.
const MAX_REDIRECTS: usize = 3;
/// Most requests under way at once; others wait for their turn.
const SIDE_BY_SIDE: usize = 8;

/// What may be reached although it is not public: hosts by name, addresses, networks.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    hosts: Vec<String>,
    networks: Vec<(IpAddr, u8)>,
}

impl Allowed {
    /// From the words of the configuration: `tsa.vpqh.local`, `10.1.2.3`, `10.1.0.0/16`.
    pub fn read(words: &[String]) -> anyhow::Result<Allowed> {
        let mut allowed = Allowed::default();
        for word in words {
            let (address, length) = match word.split_once('/') {
                Some((address, length)) => (address, Some(length)),
                None => (word.as_str(), None),
            };
            let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() else {
                if length.is_some() || word.is_empty() || word.contains([':', ' ']) {
                    bail!(
                        "{word:?} in [network] allow is no host, address or network: write tsa.example.vn or 10.1.0.0/16"
                    );
                }
                allowed.hosts.push(word.to_ascii_lowercase());
                continue;
            };
            let whole = if address.is_ipv4() { 32 } else { 128 };
            match length.map_or(Ok(whole), str::parse) {
                Ok(length) if length <= whole => allowed.networks.push((address, length)),
                _ => bail!("{word:?} in [network] allow has a length that no network has"),
            }
        }
        Ok(allowed)
    }

    /// Whether an address lies in one of the named networks; public ones alone do not.
    pub fn names(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|(network, length)| within(address, *network, *length))
    }
    /// Whether a host is named.
    pub fn has_hosts(&self) -> bool {
        !self.hosts.is_empty()
    }

    fn address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.names(address)
    }

    /// Why this address is not asked; addresses behind a name are looked at when it is resolved.
    fn refusal(&self, url: &Url) -> Option<String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Some(format!("{} is not asked: only http and https are", url.scheme()));
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
        (!self.address(literal)).then(|| private(host))
    }
}

fn private(host: &str) -> String {
    format!("{host} is no public address: an office allows its own in [network] allow of the configuration")
}

fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    };
    let ((a, size), (b, other)) = (bits(address), bits(network));
    size == other && (length == 0 || (a ^ b) >> (128 - u32::from(length)) == 0)
}

/// The address is one of the Internet at large (the registries of special-purpose addresses: RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    // Of the global unicast space without what carries another address (Teredo, 6to4) or is for documentation.
    (0x2000..0x4000).contains(&a)
        && !(a == 0x2001 && (b < 0x200 || b == 0xdb8))
        && a != 0x2002
        && (a, b >> 12) != (0x3fff, 0)
}

/// Names, without the addresses that are not to be reached.
struct PublicNames(Arc<Allowed>);

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_ascii_lowercase();
            let own = allowed.hosts.contains(&host);
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> = found.filter(|at| own || allowed.address(at.ip())).collect();
            if usable.is_empty() {
                return Err(private(&host).into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// Sends requests over HTTP. Its calls wait: from asynchronous code, make them on a blocking thread.
pub struct Network {
    client: Client,
    allowed: Arc<Allowed>,
    turns: Arc<Semaphore>,
    handle: Handle,
}

impl Network {
    /// As the configuration allows.
    pub fn of(config: &Config) -> anyhow::Result<Network> {
        let allowed = Allowed::read(&config.network.allow)?;
        let tls = believing(&config.network.roots, None)?;
        Network::new(allowed, Duration::from_secs(config.network.timeout_seconds.max(1)), tls)
    }

    /// On the runtime of the caller.
    pub fn new(allowed: Allowed, patience: Duration, tls: ClientConfig) -> anyhow::Result<Network> {
        let allowed = Arc::new(allowed);
        let at_redirect = Arc::clone(&allowed);
        let policy = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MAX_REDIRECTS {
                return attempt.error("it sends us on again and again");
            }
            match at_redirect.refusal(attempt.url()) {
                Some(why) => attempt.error(why),
                None => attempt.follow(),
            }
        });
        let client = Client::builder()
            .user_agent(concat!("dienhong/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .dns_resolver(PublicNames(Arc::clone(&allowed)))
            .redirect(policy)
            .referer(false)
            .no_proxy()
            .connect_timeout(patience.min(Duration::from_secs(5)))
            .timeout(patience)
            .build()?;
        Ok(Network { client, allowed, turns: Arc::new(Semaphore::new(SIDE_BY_SIDE)), handle: Handle::try_current()? })
    }
}

/// The certificate with which a client shows itself, and its key: PEM files.
pub struct Own<'a> {
    /// The certificate, then those above it.
    pub certificate: &'a Path,
    /// The key, PKCS #8; readable by its owner alone.
    pub key: &'a Path,
}

/// TLS 1.2 and 1.3 by aws-lc-rs, under the machine's roots and those of these PEM files.
pub fn believing(files: &[PathBuf], own: Option<Own<'_>>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    for error in &machine.errors {
        tracing::warn!(%error, "some of the machine's roots for https cannot be read");
    }
    roots.add_parsable_certificates(machine.certs);
    for file in files {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {} of [network] roots", file.display()))?;
        let found =
            pki::pem::decode(&text, "CERTIFICATE").with_context(|| format!("{} of [network] roots", file.display()))?;
        if found.is_empty() {
            bail!("{} of [network] roots holds no certificate", file.display());
        }
        for der in found {
            roots.add(der.into()).with_context(|| format!("{} of [network] roots", file.display()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots);
    let Some(Own { certificate, key }) = own else { return Ok(config.with_no_client_auth()) };
    let wrong = |file: &Path| format!("{} cannot be used", file.display());
    crate::keyfiles::check_owner_only(key)?;
    let (chain, key_text) = (std::fs::read_to_string(certificate), std::fs::read_to_string(key).map(Zeroizing::new));
    let (chain, key_text) = (chain.with_context(|| wrong(certificate))?, key_text.with_context(|| wrong(key))?);
    let chain = pki::pem::decode(&chain, "CERTIFICATE")?.into_iter().map(CertificateDer::from).collect();
    let key_der = pki::pem::decode(&key_text, "PRIVATE KEY")?.into_iter().next();
    let key_der = key_der.with_context(|| format!("{} holds no PRIVATE KEY (PKCS #8)", key.display()))?;
    Ok(config.with_client_auth_cert(chain, PrivatePkcs8KeyDer::from(key_der).into())?)
}

impl Transport for Network {
    fn send(&self, url: &str, body: Option<(&str, &[u8])>, most: usize) -> Result<Vec<u8>, String> {
        let url = Url::parse(url).map_err(|error| format!("the address does not read: {error}"))?;
        if let Some(why) = self.allowed.refusal(&url) {
            return Err(why);
        }
        let request = match body {
            Some((kind, body)) => self.client.post(url).header("content-type", kind).body(body.to_vec()),
            None => self.client.get(url),
        };
        let (turns, (answer, answered)) = (Arc::clone(&self.turns), std::sync::mpsc::sync_channel(1));
        self.handle.spawn(async move {
            let _turn = turns.acquire().await;
            // Nobody may be waiting any more; then nobody misses the answer.
            let _ = answer.send(fetch(request, most).await);
        });
        answered.recv().map_err(|_| "the program is ending".to_owned())?
    }
}

async fn fetch(request: reqwest::RequestBuilder, most: usize) -> Result<Vec<u8>, String> {
    let mut response = request.send().await.map_err(said)?;
    if !response.status().is_success() {
        return Err(format!("it answers with the status {}", response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(said)? {
        if bytes.len() + piece.len() > most {
            return Err(format!("its answer is longer than {most} bytes"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The innermost reason, which is the one that helps; addresses stay out of it.
fn said(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".into();
    }
    let error = error.without_url();
    let mut reason: &dyn std::error::Error = &error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    reason.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn allowed(words: &[&str]) -> Allowed {
        Allowed::read(&words.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn only_addresses_of_the_internet_at_large_are_public() {
        let public = ["8.8.8.8", "203.162.0.1", "2606:4700::1111", "2405:4800::1"];
        let special = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
        ];
        let nothing = Allowed::default();
        assert!(public.iter().all(|ip| nothing.address(ip.parse().unwrap())));
        for ip in special {
            assert!(!nothing.address(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn an_office_allows_its_own_addresses_and_no_others() {
        let own = allowed(&["10.1.0.0/16", "192.168.7.9", "tsa.vpqh.local", "fd00::/8"]);
        for ip in ["10.1.255.1", "192.168.7.9", "fd12::1", "::ffff:10.1.0.1"] {
            assert!(own.address(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["10.2.0.1", "192.168.7.8", "fe80::1"] {
            assert!(!own.address(ip.parse().unwrap()), "{ip}");
        }
        for bad in ["10.0.0.0/33", "tsa.example.vn/8", "http://tsa.example.vn", ""] {
            assert!(Allowed::read(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    /// A server that answers every connection by the path that is asked for.
    fn server(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                let read = stream.read(&mut request).unwrap();
                let text = String::from_utf8_lossy(&request[..read]).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let _ = stream.write_all(&answer(&path));
            }
        });
        port
    }

    fn page(status: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{head}\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { tokio::task::spawn_blocking(work).await.unwrap() })
    }

    #[test]
    fn what_is_not_allowed_is_not_reached_by_address_name_or_redirect() {
        let port = server(|path| match path {
            "/on" => page("302 Found", "location: http://127.0.0.2:1/secret\r\n", b""),
            "/name" => page("302 Found", "location: file:///etc/passwd\r\n", b""),
            "/round" => page("302 Found", "location: /round\r\n", b""),
            "/missing" => page("404 Not Found", "", b""),
            _ => page("200 OK", "", &[7; 1000]),
        });
        run(move || {
            let patience = Duration::from_secs(5);
            let network = Network::new(Allowed::default(), patience, believing(&[], None).unwrap()).unwrap();
            let at =
                |network: &Network, path: &str| network.send(&format!("http://127.0.0.1:{port}{path}"), None, 2000);
            assert!(at(&network, "/").unwrap_err().contains("no public address"));
            let named = network.send(&format!("http://localhost:{port}/"), None, 2000);
            assert!(named.as_ref().unwrap_err().contains("no public address"), "{named:?}");
            for odd in [
                "ftp://example.vn/a",
                "file:///etc/passwd",
                "gopher://x",
                "no address",
                "http://[::1]/",
                "http://0x7f.1/",
            ] {
                assert!(network.send(odd, None, 10).is_err(), "{odd}");
            }
            let network = Network::new(allowed(&["127.0.0.1"]), patience, believing(&[], None).unwrap()).unwrap();
            assert_eq!(at(&network, "/").unwrap(), [7; 1000]);
            let network =
                Network::new(allowed(&["127.0.0.1", "localhost"]), patience, believing(&[], None).unwrap()).unwrap();
            assert_eq!(network.send(&format!("http://localhost:{port}/"), None, 2000).unwrap().len(), 1000);
            assert!(
                network.send(&format!("http://127.0.0.1:{port}/"), None, 999).unwrap_err().contains("longer than 999")
            );
            assert!(at(&network, "/on").unwrap_err().contains("no public address"));
            assert!(at(&network, "/name").is_err());
            assert!(at(&network, "/round").unwrap_err().contains("again and again"));
            assert!(at(&network, "/missing").unwrap_err().contains("404"));
        });
    }

    #[test]
    fn who_does_not_answer_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        run(move || {
            let network =
                Network::new(allowed(&["127.0.0.1"]), Duration::from_millis(300), believing(&[], None).unwrap())
                    .unwrap();
            let answer = network.send(&format!("http://127.0.0.1:{port}/"), Some(("a/b", b"x")), 10);
            assert!(answer.unwrap_err().contains("in time"));
            drop(listener);
            let answer = network.send(&format!("http://127.0.0.1:{port}/"), None, 10);
            assert!(answer.is_err());
        });
    }
}
