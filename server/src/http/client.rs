//! Who the client is: the socket's address, or what configured proxies say in front of it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use serde::{Deserialize, Deserializer};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// A network: an address and how many of its leading bits count. IPv4 mapped into IPv6 is IPv4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cidr {
    network: IpAddr,
    bits: u32,
}

/// Why a text is no network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotACidr(String);

impl fmt::Display for NotACidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotACidr {}

impl Cidr {
    /// Whether `address` lies in the network, in whatever form it is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => masked_v4(address.to_bits(), self.bits) == network.to_bits(),
            (IpAddr::V6(network), IpAddr::V6(address)) => masked_v6(address.to_bits(), self.bits) == network.to_bits(),
            _ => false,
        }
    }
}

fn masked_v4(address: u32, bits: u32) -> u32 {
    address & u32::MAX.checked_shl(32 - bits).unwrap_or(0)
}

fn masked_v6(address: u128, bits: u32) -> u128 {
    address & u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

impl FromStr for Cidr {
    type Err = NotACidr;

    /// `10.0.0.0/8`, `fd00::/8`, or a single address.
    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let wrong = || NotACidr(format!("{text:?} is not an address or a network like 10.0.0.0/8"));
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|b| b.is_ascii_digit()) => (address, Some(bits)),
            Some(_) => return Err(wrong()),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if written.is_ipv4() { 32 } else { 128 };
        let bits: u32 = bits.map_or(Ok(width), str::parse).map_err(|_| wrong())?;
        let network = written.to_canonical();
        // A mapped network's prefix counts the 96 bits in front of the IPv4 address.
        let front = if network.is_ipv4() && written.is_ipv6() { 96 } else { 0 };
        if bits > width || bits < front {
            return Err(wrong());
        }
        let bits = bits - front;
        let first = match network {
            IpAddr::V4(v4) => IpAddr::V4(masked_v4(v4.to_bits(), bits).into()),
            IpAddr::V6(v6) => IpAddr::V6(masked_v6(v6.to_bits(), bits).into()),
        };
        if first != network {
            return Err(NotACidr(format!("{text:?} has bits set after its prefix; did you mean {first}/{bits}?")));
        }
        Ok(Self { network, bits })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether `address` is one of the proxies that are believed.
pub fn is_trusted(address: IpAddr, trusted: &[Cidr]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// The client's address. Each trusted hop is asked who came before it, from the socket outwards; the first address
/// that is not a trusted proxy is the client. What a hop says that is no address ends the walk at that hop: further
/// left stands only what the client may have written himself.
pub fn client_address(peer: SocketAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let mut hop = peer.ip().to_canonical();
    if !is_trusted(hop, trusted) {
        return hop;
    }
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        for entry in line.as_bytes().rsplit(|&b| b == b',') {
            let Ok(entry) = str::from_utf8(entry) else { return hop };
            let entry = entry.trim();
            if entry.is_empty() {
                continue;
            }
            let Some(address) = parse_hop(entry) else { return hop };
            hop = address;
            if !is_trusted(hop, trusted) {
                return hop;
            }
        }
    }
    hop
}

/// What stands for `address` in the counters of routes: an IPv4 address itself; of IPv6 the /64, because that is what
/// one household or one rented machine has.
pub fn counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether the client speaks HTTPS: only a trusted proxy can say so, since this process itself has no TLS.
pub fn is_https(peer: SocketAddr, headers: &HeaderMap, trusted: &[Cidr]) -> bool {
    if !is_trusted(peer.ip(), trusted) {
        return false;
    }
    // The nearest proxy's word is the last one.
    headers
        .get_all(FORWARDED_PROTO)
        .iter()
        .next_back()
        .and_then(|line| line.as_bytes().rsplit(|&b| b == b',').next())
        .is_some_and(|word| word.trim_ascii().eq_ignore_ascii_case(b"https"))
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    fn forwarded(name: &'static str, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, line.parse().unwrap());
        }
        headers
    }

    fn client(peer: &str, lines: &[&str]) -> String {
        let trusted = [cidr("10.0.0.0/8"), cidr("fd00::/8")];
        client_address(peer.parse().unwrap(), &forwarded(FORWARDED_FOR, lines), &trusted).to_string()
    }

    #[test]
    fn a_network_contains_its_addresses_in_every_form() {
        let contains = |network: &str, address: &str| cidr(network).contains(address.parse().unwrap());
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.6"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "8.8.8.8"));
        assert!(contains("2001:db8::/33", "2001:db8:7fff::") && !contains("2001:db8::/33", "2001:db8:8000::"));
        assert_eq!(cidr("::ffff:0:0/96"), cidr("0.0.0.0/0"));
        assert_eq!(cidr("::1").to_string(), "::1/128");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in
            ["", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "fd00::/129", "::ffff:10.0.0.0/8", "x"]
        {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        let error = "10.1.2.3/8".parse::<Cidr>().unwrap_err();
        assert!(error.to_string().ends_with("did you mean 10.0.0.0/8?"), "{error}");
    }

    #[test]
    fn the_header_of_an_untrusted_peer_is_ignored() {
        assert_eq!(client("192.0.2.1:5", &["198.51.100.1"]), "192.0.2.1");
        assert_eq!(client("[::ffff:192.0.2.1]:5", &["198.51.100.1"]), "192.0.2.1");
    }

    #[test]
    fn the_walk_goes_left_over_trusted_hops_only() {
        assert_eq!(client("10.0.0.1:5", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1:5", &["1.1.1.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1:5", &["1.1.1.1", "198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("[fd00::1]:5", &["2001:db8::7,fd00::2"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1:5", &["10.0.0.3,10.0.0.2"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1:5", &[]), "10.0.0.1");
    }

    #[test]
    fn garbage_and_all_left_of_it_is_ignored() {
        assert_eq!(client("10.0.0.1:5", &["1.1.1.1, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1:5", &["1.1.1.1, <x>, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1:5", &["198.51.100.1, ,"]), "198.51.100.1");
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, axum::http::HeaderValue::from_bytes(b"1.1.1.1, \xff").unwrap());
        assert_eq!(
            client_address("10.0.0.1:5".parse().unwrap(), &headers, &[cidr("10.0.0.0/8")]).to_string(),
            "10.0.0.1"
        );
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        for form in ["198.51.100.1:443", "::ffff:198.51.100.1", "[::ffff:198.51.100.1]:443", "[::ffff:198.51.100.1]"] {
            assert_eq!(client("10.0.0.1:5", &[form]), "198.51.100.1", "{form}");
        }
    }

    #[test]
    fn routes_count_an_address_or_a_64() {
        let counted = |text: &str| counted(text.parse().unwrap());
        assert_eq!(counted("192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(counted("2001:db8:0:1::1"), counted("2001:db8:0:1:ffff::"));
        assert_ne!(counted("2001:db8:0:1::1"), counted("2001:db8:0:2::1"));
    }

    #[test]
    fn only_a_trusted_proxy_can_say_https() {
        let trusted = [cidr("10.0.0.0/8")];
        let https =
            |peer: &str, lines: &[&str]| is_https(peer.parse().unwrap(), &forwarded(FORWARDED_PROTO, lines), &trusted);
        assert!(https("10.0.0.1:5", &["HTTPS"]));
        assert!(https("[::ffff:10.0.0.1]:5", &["http, https"]));
        assert!(!https("10.0.0.1:5", &["https, http"]));
        assert!(!https("10.0.0.1:5", &["https", "http"]));
        assert!(!https("10.0.0.1:5", &[]));
        assert!(!https("192.0.2.1:5", &["https"]));
    }
}
