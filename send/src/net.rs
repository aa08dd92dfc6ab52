//! One HTTP client for all providers: no redirects, no proxies, bounded answers, no way into our own network.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, Url, redirect, retry};

/// Time for name resolution, TCP and TLS. Within it a failure is certain: nothing was sent.
const CONNECT: Duration = Duration::from_secs(5);
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

/// The client, with its rule about addresses.
pub(crate) struct Net {
    pub client: Client,
    allow_private: bool,
}

impl Net {
    pub fn new(allow_private: bool) -> Result<Self, SetupError> {
        let mut builder = Client::builder()
            .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE);
        if !allow_private {
            builder = builder.dns_resolver(PublicOnly);
        }
        Ok(Self { client: builder.build()?, allow_private })
    }

    /// Sends `request` and reads the answer, all within `timeout`. Every request passes the address rule here.
    pub async fn exchange(&self, request: RequestBuilder, timeout: Duration) -> Result<Answer, Failure> {
        let request = request.timeout(timeout).build().map_err(|_| Failure::NotSent("the request cannot be built"))?;
        self.check(request.url())?;
        let mut response = self.client.execute(request).await.map_err(|e| failure(&e))?;
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

    /// Plain http and literal addresses inside a network are for development. Names are checked when they resolve.
    fn check(&self, url: &Url) -> Result<(), Failure> {
        if self.allow_private && url.scheme() == "http" {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(Failure::NotSent("the address must be https"));
        }
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if !self.allow_private && literal.is_ok_and(|ip| !is_public(ip)) {
            return Err(Failure::NotSent(PRIVATE));
        }
        Ok(())
    }
}

const PRIVATE: &str = "the address is private";

#[derive(Debug, thiserror::Error)]
#[error("{PRIVATE}")]
struct PrivateAddress;

/// Resolves names to public addresses only. The connection is made to what this returns, so a name that changes its
/// mind between check and use (DNS rebinding) gains nothing.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.filter(|a| is_public(a.ip())).collect();
            if found.is_empty() {
                return Err(PrivateAddress.into());
            }
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
        if cause.is::<PrivateAddress>() {
            return Failure::NotSent(PRIVATE);
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

    #[test]
    fn odd_spellings_of_private_addresses_are_seen_through() {
        let net = Net::new(false).unwrap();
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
            assert_eq!(net.check(&Url::parse(url).unwrap()), Err(Failure::NotSent(PRIVATE)), "{url}");
        }
        for url in ["http://example.com/", "ftp://example.com/", "file:///etc/passwd"] {
            assert!(net.check(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert_eq!(net.check(&Url::parse("https://example.com/").unwrap()), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let net = Net::new(false).unwrap();
        let request = net.client.post("https://localhost:9/");
        let result = net.exchange(request, Duration::from_secs(9)).await.map(|a| a.status);
        assert_eq!(result, Err(Failure::NotSent(PRIVATE)));
    }
}
