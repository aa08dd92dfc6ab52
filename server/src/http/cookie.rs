//! Cookies (RFC 6265): reading one without copying, writing one that cannot break out of its header.

use std::fmt::{self, Write as _};

use axum::http::header::{COOKIE, InvalidHeaderValue};
use axum::http::{HeaderMap, HeaderValue};
use countersign_domain::base::Time;
use countersign_domain::base::time::DAY;

/// The value of the first cookie called `name`. Cookies with a longer path come first.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    all(headers, name).next()
}

/// The values of all cookies called `name`, over all `Cookie` headers.
pub fn all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|&b| b == b';')).filter_map(move |pair| {
        let pair = str::from_utf8(pair).ok()?;
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| unquoted(value.trim()))
    })
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value)
}

/// When a browser sends a cookie along with requests from other sites.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SameSite {
    /// Never.
    Strict,
    /// When somebody follows a link.
    Lax,
    /// Always; browsers take this only with `secure`.
    None,
}

/// A cookie to set.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value: visible ASCII without blank, quote, comma, semicolon, backslash.
    pub value: &'a str,
    /// Seconds it lives. 0 removes it.
    pub max_age: Option<i64>,
    /// When it ends, for clients that read only this.
    pub expires: Option<Time>,
    /// The paths it is sent to.
    pub path: Option<&'a str>,
    /// The domain it is sent to, with all below it. Without one: this host only.
    pub domain: Option<&'a str>,
    /// Hidden from scripts.
    pub http_only: bool,
    /// Sent over HTTPS only.
    pub secure: bool,
    /// Sent with requests from other sites.
    pub same_site: Option<SameSite>,
}

impl fmt::Debug for SetCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value is a credential more often than not.
        f.debug_struct("SetCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Which part of a cookie holds a character that it must not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadCookie(&'static str);

impl fmt::Display for BadCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of a cookie holds a character that is not allowed there", self.0)
    }
}

impl std::error::Error for BadCookie {}

impl From<InvalidHeaderValue> for BadCookie {
    fn from(_: InvalidHeaderValue) -> Self {
        Self("text")
    }
}

impl<'a> SetCookie<'a> {
    /// A cookie for the whole host until the browser closes: hidden from scripts, HTTPS only, `Lax`.
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        Self {
            name,
            value,
            max_age: None,
            expires: None,
            path: Some("/"),
            domain: None,
            http_only: true,
            secure: true,
            same_site: Some(SameSite::Lax),
        }
    }

    /// The same cookie, empty and expired: the browser forgets it.
    #[must_use]
    pub const fn removed(mut self) -> Self {
        self.value = "";
        self.max_age = Some(0);
        self.expires = Some(Time::from_micros(0));
        self
    }

    /// The value of a `Set-Cookie` header.
    pub fn to_header(&self) -> Result<HeaderValue, BadCookie> {
        let attribute = |b: u8| (b' '..=b'~').contains(&b) && b != b';';
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            return Err(BadCookie("name"));
        }
        if !self.value.bytes().all(is_cookie_octet) {
            return Err(BadCookie("value"));
        }
        if !self.path.unwrap_or_default().bytes().all(attribute) {
            return Err(BadCookie("path"));
        }
        if !self.domain.unwrap_or_default().bytes().all(attribute) {
            return Err(BadCookie("domain"));
        }
        Ok(HeaderValue::from_str(&self.text())?)
    }

    fn text(&self) -> String {
        let mut text = String::with_capacity(self.name.len() + self.value.len() + 128);
        text.extend([self.name, "=", self.value]);
        if let Some(seconds) = self.max_age {
            // Writing to a String does not fail.
            let _ = write!(text, "; Max-Age={seconds}");
        }
        if let Some(time) = self.expires {
            text.extend(["; Expires=", &imf_fixdate(time)]);
        }
        if let Some(domain) = self.domain {
            text.extend(["; Domain=", domain]);
        }
        if let Some(path) = self.path {
            text.extend(["; Path=", path]);
        }
        if self.http_only {
            text.push_str("; HttpOnly");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        text.push_str(match self.same_site {
            Some(SameSite::Strict) => "; SameSite=Strict",
            Some(SameSite::Lax) => "; SameSite=Lax",
            Some(SameSite::None) => "; SameSite=None",
            None => "",
        });
        text
    }
}

/// A date as HTTP writes it (RFC 9110 §5.6.7): `Sat, 21 Nov 2026 08:00:00 GMT`. Years outside 1970 to 9999 are clamped.
pub fn imf_fixdate(time: Time) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const LAST: i64 = 253_402_300_799_999_999;
    let time = Time::from_micros(time.micros().clamp(0, LAST));
    // The calendar is already in the RFC 3339 form: YYYY-MM-DDTHH:MM:SS.
    let date = time.to_rfc3339();
    let month: usize = date[5..7].parse().unwrap_or(1);
    let weekday = DAYS[(time.micros() / DAY % 7) as usize];
    format!("{weekday}, {} {} {} {} GMT", &date[8..10], MONTHS[month - 1], &date[..4], &date[11..19])
}

fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

fn is_cookie_octet(b: u8) -> bool {
    b.is_ascii_graphic() && !b"\",;\\".contains(&b)
}

#[cfg(test)]
mod tests {
    use countersign_domain::base::testing::START;

    use super::*;

    fn sent(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_in_any_header_by_its_whole_name() {
        let headers = sent(&["a=1; session=x=y==;b=2", "c=\"3\"; a=4;  d = 5 ; flag; e="]);
        assert_eq!(get(&headers, "session"), Some("x=y=="));
        assert_eq!(get(&headers, "a"), Some("1"));
        assert_eq!(all(&headers, "a").collect::<Vec<_>>(), ["1", "4"]);
        assert_eq!(get(&headers, "c"), Some("3"));
        assert_eq!(get(&headers, "d"), Some("5"));
        assert_eq!(get(&headers, "e"), Some(""));
        for absent in ["sess", "ession", "A", "flag", "x", ""] {
            assert_eq!(get(&headers, absent), None, "{absent}");
        }
        assert_eq!(get(&HeaderMap::new(), "a"), None);
    }

    #[test]
    fn bytes_that_are_not_text_hide_only_their_own_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_bytes(b"a=\xff; b=2").unwrap());
        assert_eq!((get(&headers, "a"), get(&headers, "b")), (None, Some("2")));
    }

    #[test]
    fn all_attributes_are_written() {
        let cookie = SetCookie {
            max_age: Some(60),
            expires: Some(START),
            domain: Some("example.com"),
            path: Some("/v1"),
            same_site: Some(SameSite::None),
            ..SetCookie::new("s", "v=")
        };
        assert_eq!(
            cookie.to_header().unwrap(),
            "s=v=; Max-Age=60; Expires=Sat, 21 Nov 2026 08:00:00 GMT; Domain=example.com; Path=/v1; HttpOnly; Secure; \
             SameSite=None"
        );
        let plain =
            SetCookie { http_only: false, secure: false, path: None, same_site: None, ..SetCookie::new("s", "") };
        assert_eq!(plain.to_header().unwrap(), "s=");
        assert_eq!(
            SetCookie::new("s", "v").removed().to_header().unwrap(),
            "s=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
    }

    #[test]
    fn nothing_breaks_out_of_its_place() {
        for bad in ["a\r\nSet-Cookie: x=y", "a;b", "a\n", "a b", "a,b", "a\"", "a\\", "ä", "\0", "\x7f"] {
            assert_eq!(SetCookie::new("s", bad).to_header(), Err(BadCookie("value")), "{bad:?}");
            assert_eq!(SetCookie::new(bad, "v").to_header(), Err(BadCookie("name")), "{bad:?}");
        }
        assert_eq!(SetCookie::new("", "v").to_header(), Err(BadCookie("name")));
        assert_eq!(SetCookie::new("a=b", "v").to_header(), Err(BadCookie("name")));
        for bad in ["/;Domain=evil", "/\r\n", "/\u{e4}"] {
            assert!(SetCookie { path: Some(bad), ..SetCookie::new("s", "v") }.to_header().is_err());
            assert!(SetCookie { domain: Some(bad), ..SetCookie::new("s", "v") }.to_header().is_err());
        }
    }

    #[test]
    fn dates_are_imf_fixdates() {
        let date = |text: &str| imf_fixdate(Time::parse_rfc3339(text).unwrap());
        // The example of RFC 9110.
        assert_eq!(date("1994-11-06T08:49:37Z"), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date("2000-02-29T23:59:59.999Z"), "Tue, 29 Feb 2000 23:59:59 GMT");
        assert_eq!(imf_fixdate(Time::from_micros(i64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(imf_fixdate(Time::from_micros(-1)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
