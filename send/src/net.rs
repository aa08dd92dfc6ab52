//! The way out: HTTP for all providers (no redirects, no proxies, bounded answers), and the one rule that keeps HTTP
//! and SMTP out of our own networks.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, Url, redirect, retry};

/// Time for name resolution, TCP and TLS. Within it a failure is certain: nothing was sent.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// Idle connections are dropped before most servers drop them, since a break after the request leaves its fate unknown.
const IDLE: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The HTTP client could not be set up, for example because the machine has no root certificates.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub struct SetupError(#[from] reqwest::Error);

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The request certainly did not leave.
    NotSent(&'static str),
    /// The request may have arrived.
    Lost(&'static str),
}

/// What came back.
pub(crate) struct Answer {
    pub status: u16,
    /// The body, cut when it is too long or broke off.
    pub body: Vec<u8>,
}

/// The networks of our own in which providers may be called, also unencrypted. Elsewhere an address must be public and
/// the connection encrypted. It is the operator's word, because project admins choose the addresses.
#[derive(Clone, Default)]
pub enum Private {
    /// None.
    #[default]
    Refused,
    /// The addresses of which this says yes. IPv4 mapped into IPv6 comes as IPv4.
    Within(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>),
    /// All: development and tests only.
    Everywhere,
}

/// Why there is no address to connect to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAddress(pub &'static str);

const UNKNOWN: NoAddress = NoAddress("the name of the server is not known");
const PRIVATE: NoAddress = NoAddress("the address is private and not in private_networks");
const UNENCRYPTED: NoAddress = NoAddress("a connection may be unencrypted only inside private_networks");

impl Private {
    /// The rule for one address.
    fn check(&self, ip: IpAddr, encrypted: bool) -> Result<(), NoAddress> {
        let ours = match self {
            Self::Refused => false,
            Self::Within(contains) => contains(ip.to_canonical()),
            Self::Everywhere => true,
        };
        if ours || encrypted && is_public(ip) {
            return Ok(());
        }
        Err(if encrypted { PRIVATE } else { UNENCRYPTED })
    }

    /// The addresses of `host`, a name or literal, that may be called, at least one. The connection must be made to
    /// what this returns, so that a name that changes its mind between check and use (DNS rebinding) gains nothing.
    pub(crate) async fn resolve(&self, host: &str, port: u16, encrypted: bool) -> Result<Vec<SocketAddr>, NoAddress> {
        let (mut allowed, mut none) = (Vec::new(), UNKNOWN);
        for address in tokio::net::lookup_host((host, port)).await.map_err(|_| UNKNOWN)? {
            match self.check(address.ip(), encrypted) {
                Ok(()) => allowed.push(address),
                Err(reason) => none = reason,
            }
        }
        if allowed.is_empty() { Err(none) } else { Ok(allowed) }
    }
}

/// The clients, with their rule about addresses.
pub(crate) struct Net {
    /// For https. Requests are made with it, whichever client carries them.
    pub client: Client,
    /// For http: a resolver is not told the scheme.
    plain: Client,
    pub private: Private,
}

impl Net {
    pub fn new(private: Private) -> Result<Self, SetupError> {
        let client = |encrypted| {
            Client::builder()
                .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT)
                .pool_idle_timeout(IDLE)
                .dns_resolver(Resolver { private: private.clone(), encrypted })
                .build()
        };
        Ok(Self { client: client(true)?, plain: client(false)?, private })
    }

    /// Sends `request`, if it could be made: [`exchange`](Self::exchange).
    pub async fn ask(&self, request: Result<RequestBuilder, Failure>, timeout: Duration) -> Result<Answer, Failure> {
        self.exchange(request?, timeout).await
    }

    /// Sends `request` and reads the answer, all within `timeout`. Every request passes the address rule here.
    pub async fn exchange(&self, request: RequestBuilder, timeout: Duration) -> Result<Answer, Failure> {
        let request = request.timeout(timeout).build().map_err(|_| Failure::NotSent("the request cannot be built"))?;
        let client = self.carrier(request.url())?;
        let mut response = client.execute(request).await.map_err(|e| failure(&e))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        // A body that breaks off is judged by what arrived: an error status stays an error, half a JSON is unreadable.
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = LONGEST_ANSWER - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                break;
            }
        }
        Ok(Answer { status, body })
    }

    /// The client that may carry a request to `url`. Literal addresses are checked here, names when they resolve.
    fn carrier(&self, url: &Url) -> Result<&Client, Failure> {
        let (client, encrypted) = match url.scheme() {
            "https" => (&self.client, true),
            "http" => (&self.plain, false),
            _ => return Err(Failure::NotSent("the address must be https")),
        };
        let host = url.host_str().unwrap_or_default();
        if let Ok(ip) = host.trim_start_matches('[').trim_end_matches(']').parse() {
            self.private.check(ip, encrypted).map_err(|NoAddress(reason)| Failure::NotSent(reason))?;
        }
        Ok(client)
    }
}

/// Resolves names to addresses that may be called.
struct Resolver {
    private: Private,
    encrypted: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (private, encrypted) = (self.private.clone(), self.encrypted);
        Box::pin(async move {
            let found = private.resolve(name.as_str(), 0, encrypted).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether `ip` is a globally reachable unicast address (IANA special-purpose registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Networks of IPv4 that are not globally reachable, with their prefix lengths.
const SPECIAL_V4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Carrier-grade NAT.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local, where clouds keep their metadata.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast and reserved.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|(network, prefix)| (ip.to_bits() ^ network.to_bits()) >> (32 - prefix) == 0)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // NAT64 (RFC 6052), how a host without IPv4 reaches it, and 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => embedded(high, low),
        // Protocol assignments (2001::/23, Teredo among them) and documentation.
        [0x2001, b, ..] => b > 0x1ff && b != 0xdb8,
        [0x3fff, b, ..] => b > 0xfff,
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    if !error.is_connect() {
        return Failure::Lost(if error.is_timeout() { "no answer in time" } else { "the connection broke" });
    }
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(NoAddress(reason)) = cause.downcast_ref() {
            return Failure::NotSent(reason);
        }
        if cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
            return Failure::NotSent("connection refused");
        }
        source = cause.source();
    }
    Failure::NotSent(if error.is_timeout() { "no connection in time" } else { "no connection" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_globally_reachable_addresses_are_public() {
        let public = |text: &str| is_public(text.parse().unwrap());
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.255.255.254",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!public(text), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.20.0.1",
            "223.255.255.254",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2001:4860::8888",
            "2a00:1450::1",
            "2002:808:808::1",
        ] {
            assert!(public(text), "{text}");
        }
    }

    /// What the operator listed: 10.0.0.0/8 and 127.0.0.1.
    fn within() -> Private {
        Private::Within(Arc::new(|ip| match ip {
            IpAddr::V4(v4) => v4.octets()[0] == 10 || v4 == Ipv4Addr::LOCALHOST,
            IpAddr::V6(_) => false,
        }))
    }

    #[test]
    fn only_what_is_listed_may_be_called_beside_public_addresses() {
        let check = |rule: &Private, text: &str, encrypted| rule.check(text.parse().unwrap(), encrypted);
        for ip in ["10.0.0.5", "::ffff:10.0.0.5", "127.0.0.1", "::ffff:127.0.0.1"] {
            for encrypted in [true, false] {
                assert_eq!(check(&within(), ip, encrypted), Ok(()), "{ip}");
                assert_eq!(check(&Private::Everywhere, ip, encrypted), Ok(()), "{ip}");
            }
            assert_eq!(check(&Private::Refused, ip, true), Err(PRIVATE), "{ip}");
            assert_eq!(check(&Private::Refused, ip, false), Err(UNENCRYPTED), "{ip}");
        }
        for ip in
            ["169.254.169.254", "::ffff:169.254.169.254", "192.168.0.1", "127.0.0.2", "::1", "::10.0.0.5", "fe80::1"]
        {
            assert_eq!(check(&within(), ip, true), Err(PRIVATE), "{ip}");
            assert_eq!(check(&within(), ip, false), Err(UNENCRYPTED), "{ip}");
        }
        // A gateway (NAT64, 6to4) to a listed address is another address.
        for ip in ["64:ff9b::a00:5", "2002:a00:5::1"] {
            assert_eq!(check(&within(), ip, true), Err(PRIVATE), "{ip}");
        }
        for rule in [Private::Refused, within()] {
            assert_eq!(check(&rule, "1.1.1.1", true), Ok(()));
            assert_eq!(check(&rule, "1.1.1.1", false), Err(UNENCRYPTED), "public addresses need encryption");
        }
    }

    #[tokio::test]
    async fn a_name_is_called_at_its_listed_addresses_only() {
        let only = |text: &str| {
            let ip: IpAddr = text.parse().unwrap();
            Private::Within(Arc::new(move |asked| asked == ip))
        };
        for encrypted in [true, false] {
            // Whatever else localhost is on this machine.
            let found = only("127.0.0.1").resolve("localhost", 25, encrypted).await.unwrap();
            assert!(found.iter().all(|address| address.to_string() == "127.0.0.1:25"), "{found:?}");
        }
        let other = only("127.0.0.2");
        assert_eq!(other.resolve("localhost", 25, true).await, Err(PRIVATE));
        assert_eq!(other.resolve("localhost", 25, false).await, Err(UNENCRYPTED));
        assert_eq!(other.resolve("countersign.invalid", 25, true).await, Err(UNKNOWN));
    }

    fn refusal(net: &Net, url: &str) -> Option<Failure> {
        net.carrier(&Url::parse(url).unwrap()).err()
    }

    #[test]
    fn odd_spellings_of_private_addresses_are_seen_through() {
        let net = Net::new(Private::Refused).unwrap();
        for url in [
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://user@127.0.0.1/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1:8443/",
        ] {
            assert_eq!(refusal(&net, url), Some(Failure::NotSent(PRIVATE.0)), "{url}");
            let plain = url.replace("https:", "http:");
            assert_eq!(refusal(&net, &plain), Some(Failure::NotSent(UNENCRYPTED.0)), "{plain}");
        }
        for url in ["ftp://example.com/", "file:///etc/passwd"] {
            assert!(refusal(&net, url).is_some(), "{url}");
        }
        assert_eq!(refusal(&net, "https://example.com/"), None);
        let net = Net::new(within()).unwrap();
        for url in ["http://10.0.0.5/", "https://0xa000005/", "http://[::ffff:a00:5]/", "http://127.1/"] {
            assert_eq!(refusal(&net, url), None, "{url}");
        }
        for url in ["https://169.254.169.254/", "https://[::ffff:a9fe:a9fe]/", "http://2852039166/", "http://1.1.1.1/"]
        {
            assert!(refusal(&net, url).is_some(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let net = Net::new(Private::Refused).unwrap();
        for (url, NoAddress(reason)) in [("https://localhost:9/", PRIVATE), ("http://localhost:9/", UNENCRYPTED)] {
            let result = net.exchange(net.client.post(url), Duration::from_secs(9)).await.map(|a| a.status);
            assert_eq!(result, Err(Failure::NotSent(reason)));
        }
    }
}
