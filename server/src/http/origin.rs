//! `Origin` and `Host`: which page a request comes from, and by which name it reached us.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// A page's origin, as it stands in an `Origin` header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin<'a> {
    /// `http`, `https`, or an application's own scheme.
    pub scheme: &'a str,
    /// Name or address; IPv6 in brackets. In the case it was written in.
    pub host: &'a str,
    /// The port, if it is not the scheme's own.
    pub port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// Reads `scheme://host[:port]` and nothing else: `null`, a path, a user name or a second value is no origin.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let good_scheme = scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let (host, port) = split_port(rest)?;
        (good_scheme && is_host(host)).then_some(Self { scheme, host, port })
    }

    /// The origin of a request. `Ok(None)`: it has none, so it is no page of another site; `Err`: one that no rule can
    /// match (`null`, unreadable, several).
    pub fn of(headers: &'a HeaderMap) -> Result<Option<Self>, Unreadable> {
        let mut lines = headers.get_all(ORIGIN).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return if headers.contains_key(ORIGIN) { Err(Unreadable) } else { Ok(None) };
        };
        line.to_str().ok().and_then(Self::parse).map(Some).ok_or(Unreadable)
    }

    /// Whether it is this server itself, reached under the name in `host_header`.
    pub fn is_same_host(&self, host_header: &str) -> bool {
        let Some((host, port)) = split_port(host_header) else { return false };
        let usual = if self.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        host.eq_ignore_ascii_case(self.host) && port.unwrap_or(usual) == self.port.unwrap_or(usual)
    }
}

/// An `Origin` header that says nothing usable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreadable;

/// Whether a request that changes something comes from a page of ours (security.md 36): its `Origin` is this host or the
/// public address. Without an `Origin` it is no browser, or one that says `Sec-Fetch-Site: same-origin`.
pub fn is_own_page(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    says_own_page(headers, public_url).unwrap_or(true)
}

/// As [`is_own_page`], for requests that only a browser should make: `None` when nothing says where it comes from.
pub fn says_own_page(headers: &HeaderMap, public_url: Option<&str>) -> Option<bool> {
    match Origin::of(headers) {
        Ok(Some(origin)) => {
            let public = public_url.and_then(|url| {
                let (scheme, rest) = url.split_once("://")?;
                let host = rest.split('/').next()?;
                Some(scheme.eq_ignore_ascii_case(origin.scheme) && origin.is_same_host(host))
            });
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            Some(public == Some(true) || host.is_some_and(|host| origin.is_same_host(host)))
        }
        Ok(None) => headers.get("sec-fetch-site").map(|site| site == "same-origin"),
        Err(_) => Some(false),
    }
}

/// Whether a `Host` header names this machine itself: `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port. Any
/// other name may have been pointed at 127.0.0.1 by a stranger (DNS rebinding).
pub fn is_loopback_host(host_header: &str) -> bool {
    let Some((host, _)) = split_port(host_header) else { return false };
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
        None => host.parse().ok().filter(IpAddr::is_ipv4),
    };
    address.is_some_and(|address| address.to_canonical().is_loopback())
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let after_host = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at(after_host);
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((host, None)),
        Some(port) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            Some((host, Some(port.parse().ok()?)))
        }
        _ => None,
    }
}

fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return v6.parse::<Ipv6Addr>().is_ok();
    }
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        let origin = |scheme, host, port| Some(Origin { scheme, host, port });
        assert_eq!(Origin::parse("https://App.example.com"), origin("https", "App.example.com", None));
        assert_eq!(Origin::parse("http://localhost:3000"), origin("http", "localhost", Some(3000)));
        assert_eq!(Origin::parse("http://[::1]:3000"), origin("http", "[::1]", Some(3000)));
        assert_eq!(Origin::parse("appwrite-callback-x://app"), origin("appwrite-callback-x", "app", None));
        for bad in [
            "",
            "null",
            "*",
            "example.com",
            "https://",
            "https://a/",
            "https://a/b",
            "https://u@a",
            "https://a b",
            "https://a, https://b",
            "https://a:",
            "https://a:x",
            "https://a:+1",
            "https://a:99999",
            "https://a\\b",
            "https://a?b",
            "https://a#b",
            "://a",
            "1a://b",
            "https://[::1",
            "https://[x]",
            "https://[::1]x",
            "https://ä.de",
            "https://a%2eb",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn no_origin_differs_from_one_that_cannot_match() {
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(ORIGIN, line.parse().unwrap());
            }
            Origin::of(&headers).map(|origin| origin.map(|origin| origin.host.to_owned()))
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["https://a.b"]), Ok(Some("a.b".to_owned())));
        assert_eq!(of(&["null"]), Err(Unreadable));
        assert_eq!(of(&["https://a.b", "https://a.b"]), Err(Unreadable));
    }

    #[test]
    fn the_same_host_is_told_by_name_and_port() {
        let same = |origin, host| Origin::parse(origin).unwrap().is_same_host(host);
        assert!(same("https://ID.example.com", "id.example.com"));
        assert!(same("https://id.example.com", "id.example.com:443"));
        assert!(same("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(!same("http://127.0.0.1:8081", "127.0.0.1:8080"));
        assert!(!same("https://evil.com", "id.example.com"));
        assert!(!same("http://id.example.com:443", "id.example.com"));
    }

    #[test]
    fn loopback_is_localhost_or_a_loopback_address() {
        for good in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080"] {
            assert!(is_loopback_host(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "localhost.example.com",
            "localhost.",
            "127.0.0.1.nip.io",
            "127.1",
            "0.0.0.0",
            "[::]",
            "::1",
            "192.168.0.1",
            "localhost:",
            "localhost:x",
            "localhost:80:80",
            "user@localhost",
            "2130706433",
            "[::1",
            "[127.0.0.1]",
        ] {
            assert!(!is_loopback_host(bad), "{bad}");
        }
    }

    fn is_own(lines: &[(&'static str, &str)], public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        is_own_page(&headers, public_url)
    }

    #[test]
    fn only_our_own_page_may_send_the_form() {
        let host = ("host", "id.example.com");
        for (lines, own) in [
            (vec![host], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("origin", "https://id.example.com")], true),
            (vec![host, ("origin", "https://id.example.com"), ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("sec-fetch-site", "none")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("origin", "https://evil.com")], false),
            (vec![host, ("origin", "https://id.example.com.evil.com")], false),
            (vec![host, ("origin", "https://id.example.com:8443")], false),
            (vec![host, ("origin", "https://id.example.com"), ("origin", "https://evil.com")], false),
            (vec![("origin", "https://id.example.com")], false),
        ] {
            assert_eq!(is_own(&lines, None), own, "{lines:?}");
        }
    }

    #[test]
    fn behind_a_proxy_that_renames_the_host_the_public_address_counts() {
        let lines = [("host", "10.0.0.7:8080"), ("origin", "https://id.example.com")];
        assert!(is_own(&lines, Some("https://id.example.com/auth")));
        assert!(!is_own(&lines, Some("http://id.example.com")));
        assert!(!is_own(&lines, Some("https://example.com")));
        assert!(!is_own(&lines, None));
    }

    #[test]
    fn who_says_nothing_is_told_from_who_says_that_he_is_ours() {
        let says = |lines: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().unwrap());
            }
            says_own_page(&headers, None)
        };
        let host = ("host", "id.example.com");
        assert_eq!(says(&[host]), None);
        assert_eq!(says(&[host, ("sec-fetch-site", "same-origin")]), Some(true));
        assert_eq!(says(&[host, ("origin", "https://id.example.com")]), Some(true));
        assert_eq!(says(&[host, ("sec-fetch-site", "none")]), Some(false));
        assert_eq!(says(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]), Some(false));
    }
}
